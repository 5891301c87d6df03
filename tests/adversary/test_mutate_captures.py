"""Captures with anything wrong in them: the whole program reads, explains and writes of them all the same."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from other_frames import pcap, udp
from seeds import SEED_VARIABLE, seed

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tcptui.protocols.scapy_child.channel import BOOT
from tcptui.protocols.scapy_child.client import ScapyChild
from tests.adversary import mutate_captures
from tests.adversary.app_trial import try_app
from tests.adversary.capture_mutants import mutated
from tests.adversary.capture_pieces import take_apart
from tests.adversary.capture_trial import TrialError, command, try_out
from tests.adversary.capture_worker import Trial
from tests.adversary.evolution import Mutants, seeds
from tests.adversary.mutate_captures import run
from tests.adversary.reached import Reached

pytestmark = pytest.mark.slow

#: So many are tried; by hand, tens of thousands.
_MUTANTS = 40
#: … and of this one so many, of which those that reach something new are mutated further.
_GUIDED, _GUIDED_SEED = 60, 20_261_120


@pytest.fixture(autouse=True)
def _keeps_its_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own process runs the commands here: what they give up would be missing in the next test."""
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)


#: Whatever scapy is given ends its process.
_DIES = "import os; from tcptui.protocols.scapy_child import dissect; dissect._dissected = lambda _question: os.abort()"


def test_mutations_crash_and_hang_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin = seed(20_261_130)

    tally = run(begin, _MUTANTS, 1, tmp_path)

    with capsys.disabled():
        print(f"\nmutated captures: {SEED_VARIABLE}={begin}, {tally}")
    assert tally.failures == [], f"{SEED_VARIABLE}={begin}, captures in {tmp_path}"
    assert tally.mutants == _MUTANTS


def test_guided_mutations_reach_more_and_more_and_crash_and_hang_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = run(_GUIDED_SEED, _GUIDED, 1, tmp_path, trial=Trial.GUIDED)

    with capsys.disabled():
        print(f"\nguided mutations: {tally}")
    assert tally.failures == [], f"captures in {tmp_path}"
    assert (tally.mutants, tally.kept) == (_GUIDED, len(list((tmp_path / "pool").iterdir())))
    assert 0 < tally.kept < _GUIDED


def test_same_seed_and_number_give_the_same_bytes() -> None:
    captures = seeds()
    made = [Mutants(captures, 5).make(number).data for number in (3, 3, 4)]

    assert made[0] == made[1] != made[2]


def test_kept_mutants_are_mutated_further_by_a_later_process_too(tmp_path: Path) -> None:
    mutants, later = Mutants(seeds(), 5), Mutants(seeds(), 5)
    kept = next(mutant for number in range(50) if mutants.keep(mutant := mutants.make(number)))
    (tmp_path / "5-0.pcap").write_bytes(kept.plain)
    later.load(tmp_path)

    assert (mutants.kept, later.kept) == (1, 1)
    assert [mutants.make(number).data for number in range(9)] == [later.make(number).data for number in range(9)]
    assert [mutants.make(number).data for number in range(9)] != [Mutants(seeds(), 5).make(n).data for n in range(9)]


def test_only_what_comes_somewhere_new_is_new(tmp_path: Path) -> None:
    plain, other = (
        next(data for name, data in seeds().items() if word in name) for word in ("three-packet", "rst-abortive")
    )
    reached, path, news = Reached(), tmp_path / "seed.pcap", []
    for data in (plain, plain, other):
        path.write_bytes(data)
        try_out(path, random.Random(1), reached)
        news.append(reached.is_new())

    assert news == [True, False, True]
    assert reached.arcs > 1000 < reached.traits * 1000


def test_screens_show_mutants_as_text(tmp_path: Path) -> None:
    mutants, path, packets = Mutants(seeds(), 3), tmp_path / "mutant.pcap", []
    for number in range(3):
        mutant = mutants.make(number)
        path.write_bytes(mutant.data)
        packets.append(try_app(path, mutant.chance))

    assert any(packets)


def test_screen_that_fails_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "seed.pcap"
    path.write_bytes(next(data for name, data in seeds().items() if "hello" in name))
    with monkeypatch.context() as patch:
        patch.setattr("tests.adversary.app_trial.unprintable", lambda text: "it moves" if "SYN" in text else None)
        with pytest.raises(TrialError, match="it moves on the screen"):
            try_app(path, random.Random(1))
    monkeypatch.setattr("tcptui.ui.main.header_pane.HeaderPane.render_line", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        try_app(path, random.Random(1))


def test_capture_taken_apart_is_the_same_put_together() -> None:
    for name, data in list(seeds().items())[::9]:
        if not name.endswith(".gz") and "malformed" not in name and len(data) < 50_000:
            assert data.startswith(take_apart(data, 1 << 20).joined()), name


def test_most_mutants_still_have_packets(tmp_path: Path) -> None:
    captures, path = list(seeds().values()), tmp_path / "mutant.pcap"
    counts = []
    for number in range(12):
        chance = random.Random(number)
        path.write_bytes(mutated(chance.choice(captures), captures, chance))
        counts.append(try_out(path, chance))

    assert sum(count > 0 for count in counts) > len(counts) // 2


def test_trial_notices_a_crash_and_a_leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "seed.pcap"
    path.write_bytes(next(iter(seeds().values())))
    with monkeypatch.context() as patch:
        patch.setattr("tcptui.protocols.headers.tree.frame_layer", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            try_out(path, random.Random(1))
    with monkeypatch.context() as patch:
        patch.setattr("tests.adversary.capture_trial.tree_text", lambda _tree: "a\x1b[31mb")
        with pytest.raises(TrialError, match=r"header tree of row .*\[31m"):
            try_out(path, random.Random(1))


def test_trial_notices_that_a_packet_ends_scapys_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "seed.pcap"
    path.write_bytes(pcap([udp("10.0.0.1:40000", "10.0.0.2:123", b"\x23" + bytes(47))]))
    child = ScapyChild(BOOT.replace("from tcptui", f"exec({_DIES!r}); from tcptui", 1))
    monkeypatch.setattr("tcptui.protocols.headers.tree.scapy_child", child)

    with pytest.raises(TrialError, match="did not stand row 0"):
        try_out(path, random.Random(1))
    child.close()


def test_worker_that_dies_is_a_failure_and_the_next_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dies.py"
    program.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "at, step, count = int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[7])\n"
        "for number in range(at, count, step):\n"
        "    print('begin', number, flush=True)\n"
        "    if number == 1:\n"
        "        Path(sys.argv[9], 'lane-0.pcap').write_bytes(b'deadly')\n"
        "        sys.exit(3)\n"
        "    print('end', number, 7, 20, 1, 0, 0, 0, '', flush=True)\n"
    )
    monkeypatch.setattr(mutate_captures, "__file__", str(program))

    tally = run(1, 4, 1, tmp_path)

    assert tally.mutants == 4
    assert tally.packets == 21
    assert [failure.split(":")[0] for failure in tally.failures] == ["1"]
    assert (tmp_path / "1-1.pcap").read_bytes() == b"deadly"


def test_command_gives_code_and_both_streams(tmp_path: Path) -> None:
    path = tmp_path / "seed.pcap"
    path.write_bytes(next(data for name, data in seeds().items() if "hello" in name))
    code, out, err = command("report", str(tmp_path / "nothing.pcap"))

    assert (code, out) == (1, b"")
    assert b"nothing.pcap" in err
    code, out, err = command("report", str(path), "--explain")
    assert (code, err) == (0, b"")
    assert b"192." in out
