"""Key logs: the lines of the format, files that grow, and files that are none."""

from __future__ import annotations

import os
import pickle
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcptui.model.errors import InputError
from tcptui.protocols import keylog
from tcptui.protocols.keylog import KeyBlocks, KeyLog, KeyLogFile, Secret

ONE, OTHER = bytes(range(32)), bytes(range(32, 64))
MASTER, TRAFFIC, LONG = bytes([1]) * 48, bytes([2]) * 32, bytes([3]) * 48


def line(label: str, who: bytes = ONE, secret: bytes = TRAFFIC) -> str:
    return f"{label} {who.hex()} {secret.hex()}\n"


def log_of(*lines: str) -> KeyLog:
    return KeyLog([KeyBlocks([[text.encode() for text in lines]])])


@pytest.fixture(autouse=True)
def _looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keylog, "_LOOK_EVERY", 0.0)


def test_each_label_gives_its_secret() -> None:
    log = log_of(
        line("CLIENT_RANDOM", secret=MASTER), line("CLIENT_EARLY_TRAFFIC_SECRET"),
        line("CLIENT_HANDSHAKE_TRAFFIC_SECRET"), line("SERVER_HANDSHAKE_TRAFFIC_SECRET"),
        line("CLIENT_TRAFFIC_SECRET_0"), line("SERVER_TRAFFIC_SECRET_0", secret=LONG),
    )  # fmt: skip

    assert log.of(ONE) == dict.fromkeys(Secret, TRAFFIC) | {Secret.MASTER: MASTER, Secret.SERVER_TRAFFIC: LONG}
    assert not log.of(OTHER)


def test_labels_that_open_no_record_are_no_mistake() -> None:
    known = ("EXPORTER_SECRET", "EARLY_EXPORTER_SECRET", "ECH_SECRET", "ECH_CONFIG", "QUIC_CLIENT_TRAFFIC_SECRET_0")
    premaster = f"RSA {ONE[:8].hex()} {MASTER.hex()}\n"  # of OpenSSL, beside the line with the master secret
    log = log_of("# a comment\n", "\n", "  \r\n", premaster, *map(line, known))

    assert (log.state.wrong_lines, log.state.connections, bool(log)) == (0, 0, False)


def test_lines_of_older_programs_name_the_session() -> None:
    log = log_of(f"RSA Session-ID:{OTHER.hex()} Master-Key:{MASTER.hex()}\n")

    assert log.of(OTHER) == {Secret.MASTER: MASTER}


@pytest.mark.parametrize(
    "wrong",
    ["CLIENT_RANDOM 12 34\n", line("CLIENT_RANDOM"), line("client_random", secret=MASTER), "CLIENT_RANDOM zz zz\n",
     line("CLIENT_TRAFFIC_SECRET_0", secret=b"short"), f"RSA {ONE.hex()} {MASTER.hex()}\n",
     "x" * 9_000 + "\n", "CLIENT_RANDOM\n", "\udcff \udcff \n"],
)  # fmt: skip
def test_what_is_no_line_is_counted_and_left_out(wrong: str) -> None:
    blocks = [wrong.encode("utf-8", "surrogateescape"), line("SERVER_TRAFFIC_SECRET_0").encode()]
    log = KeyLog([KeyBlocks([blocks])])

    assert (log.state.wrong_lines, log.of(ONE)) == (1, {Secret.SERVER_TRAFFIC: TRAFFIC})


def test_windows_line_ends_capital_digits_and_byte_order_marks_are_read() -> None:
    text = "\ufeff" + line("CLIENT_TRAFFIC_SECRET_0").replace("\n", "\r\n").replace("1a", "1A")

    assert log_of(text).of(ONE) == {Secret.CLIENT_TRAFFIC: TRAFFIC}


def test_growing_file_is_read_again_also_in_the_middle_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(line("CLIENT_TRAFFIC_SECRET_0") + line("SERVER_TRAFFIC_SECRET_0")[:40])
    log = KeyLog([KeyLogFile(path)])
    assert log.of(ONE) == {Secret.CLIENT_TRAFFIC: TRAFFIC}
    before = log.revision

    with path.open("a") as more:
        more.write(line("SERVER_TRAFFIC_SECRET_0")[40:])

    assert log.of(ONE) == {Secret.CLIENT_TRAFFIC: TRAFFIC, Secret.SERVER_TRAFFIC: TRAFFIC}
    assert log.revision > before, "what was made without the secret is made again"


def test_secrets_nobody_asked_for_make_nothing_stale(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.touch()
    log = KeyLog([KeyLogFile(path)])
    log.of(OTHER)
    before = log.revision
    path.write_text(line("CLIENT_TRAFFIC_SECRET_0"))

    assert log.revision == before
    assert log.of(ONE)


@pytest.mark.parametrize("how", ["emptied", "replaced"])
def test_file_that_begins_anew_is_read_from_its_beginning(tmp_path: Path, how: str) -> None:
    path = tmp_path / "keys"
    path.write_text(line("CLIENT_TRAFFIC_SECRET_0") * 3)
    log = KeyLog([KeyLogFile(path)])
    assert log.of(ONE)
    if how == "replaced":
        path.rename(tmp_path / "old")
    path.write_text(line("CLIENT_TRAFFIC_SECRET_0", OTHER))

    assert log.of(OTHER)
    assert log.of(ONE), "what was known stays known"


def test_last_line_without_its_end_counts(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(line("CLIENT_TRAFFIC_SECRET_0").rstrip())

    assert KeyLog([KeyLogFile(path)]).of(ONE)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused_by_its_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "keys"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)

    with pytest.raises(InputError) as raised:
        KeyLogFile(path)
    assert raised.value.key.endswith("keylog_unreadable")


def test_secrets_of_the_file_win_over_those_of_the_capture() -> None:
    carried = KeyBlocks([[line("CLIENT_TRAFFIC_SECRET_0", secret=LONG).encode()]])
    given = KeyBlocks([[line("CLIENT_TRAFFIC_SECRET_0").encode()]])

    assert KeyLog([carried, given]).of(ONE) == {Secret.CLIENT_TRAFFIC: TRAFFIC}


def test_garbage_and_a_million_lines_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keylog, "MOST_CONNECTIONS", 100)
    garbage = random.Random(1).randbytes(3 << 20)
    lines = "".join(line("CLIENT_TRAFFIC_SECRET_0", number.to_bytes(32, "big")) for number in range(1_000))
    log = KeyLog([KeyBlocks([[garbage, b"\0" * (1 << 20), lines.encode()]])])

    assert log.state.connections == 100
    assert log.state.forgotten == 900
    assert 0 < log.state.wrong_lines < 20_000
    assert log.of((999).to_bytes(32, "big")), "the newest are kept"


def test_connections_beyond_those_kept_are_forgotten_at_the_same_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleting the oldest one by one took 108 s for a million lines."""
    monkeypatch.setattr(keylog, "MOST_CONNECTIONS", 100)
    searches = 0

    class Counted(dict[bytes, bytes]):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal searches
            searches += 1
            return super().__iter__()

    lines = "".join(line("CLIENT_TRAFFIC_SECRET_0", number.to_bytes(32, "big")) for number in range(20_000))
    log = KeyLog([KeyBlocks([[lines.encode()]])])
    log._tables = [Counted()]

    assert log.state.forgotten == 19_900
    assert 0 < searches < 100, "the oldest are looked for once in each piece"


def test_screen_reads_what_came_a_piece_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keylog, "_READ", 1_000)
    path = tmp_path / "keys"
    path.write_text(line("CLIENT_TRAFFIC_SECRET_0", OTHER))
    log = KeyLog([KeyLogFile(path)])
    log.of(ONE)
    before = log.revision
    with path.open("a") as more:
        more.write("# of others\n" * 200 + line("CLIENT_TRAFFIC_SECRET_0"))

    assert log.news == before, "its line is in the third piece"
    assert [log.news, log.news] == [before, before + 1]
    assert log.of(ONE)


def test_another_process_gets_what_is_known_and_no_text_shows_it() -> None:
    log = log_of(line("CLIENT_TRAFFIC_SECRET_0"))

    assert pickle.loads(pickle.dumps(log)).of(ONE) == {Secret.CLIENT_TRAFFIC: TRAFFIC}
    assert TRAFFIC.hex() not in repr(log) + str(log.state) + repr(vars(log).keys())
