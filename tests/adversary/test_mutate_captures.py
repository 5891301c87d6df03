"""Captures with anything wrong in them: the whole program reads, explains and writes of them all the same."""

from __future__ import annotations

import os
import random
import secrets
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.adversary import mutate_captures
from tests.adversary.capture_mutants import mutated
from tests.adversary.capture_pieces import take_apart
from tests.adversary.capture_trial import TrialError, command, try_out
from tests.adversary.mutate_captures import Mutants, run, seeds

#: Of a fresh seed so many are tried; by hand, tens of thousands.
_MUTANTS = 80


@pytest.fixture(autouse=True)
def _keeps_its_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own process runs the commands here: what they give up would be missing in the next test."""
    for module in ("text_commands", "follow_command", "export_command"):
        monkeypatch.setattr(f"tcptui.{module}.drop_root", lambda _identity: None)


def _seed() -> int:
    given = os.environ.get("TCPTUI_SEED")
    return secrets.randbelow(1 << 32) if given is None else int(given)


def test_fresh_mutations_crash_and_hang_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = _seed()

    tally = run(seed, _MUTANTS, 1, tmp_path)

    with capsys.disabled():
        print(f"\nmutated captures: TCPTUI_SEED={seed}, {tally}")
    assert tally.failures == [], f"TCPTUI_SEED={seed}, captures in {tmp_path}"
    assert tally.mutants == _MUTANTS


def test_same_seed_and_number_give_the_same_bytes() -> None:
    captures = seeds()
    made = [Mutants(captures, 5).make(number)[0] for number in (3, 3, 4)]

    assert made[0] == made[1] != made[2]


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
        patch.setattr("tcptui.inspection.header_tree.frame_layer", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            try_out(path, random.Random(1))
    with monkeypatch.context() as patch:
        patch.setattr("tests.adversary.capture_trial.tree_text", lambda _tree: "a\x1b[31mb")
        with pytest.raises(TrialError, match=r"header tree of row .*\[31m"):
            try_out(path, random.Random(1))


def test_worker_that_dies_is_a_failure_and_the_next_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dies.py"
    program.write_text(
        "import sys\n"
        "at, step, count = int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[7])\n"
        "for number in range(at, count, step):\n"
        "    print('begin', number, flush=True)\n"
        "    if number == 1: sys.exit(3)\n"
        "    print('end', number, 7, 20, 1, 0, 0, '', flush=True)\n"
    )
    monkeypatch.setattr(mutate_captures, "__file__", str(program))

    tally = run(1, 4, 1, tmp_path)

    assert tally.mutants == 4
    assert tally.packets == 21
    assert [failure.split(":")[0] for failure in tally.failures] == ["1"]
    assert (tmp_path / "1-1.pcap").exists()


def test_command_gives_code_and_both_streams(tmp_path: Path) -> None:
    path = tmp_path / "seed.pcap"
    path.write_bytes(next(data for name, data in seeds().items() if "hello" in name))
    code, out, err = command("report", str(tmp_path / "nothing.pcap"))

    assert (code, out) == (1, b"")
    assert b"nothing.pcap" in err
    code, out, err = command("report", str(path))
    assert (code, err) == (0, b"")
    assert b"192." in out
