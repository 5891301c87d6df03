"""What nobody should ask, and captures of another kind: one clear line each, in bounded time, nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from captures import ACK, PSH, Tape, mixed
from run_command import run

from tcptui.access.notes.notebook import Notebook, notes_path
from tcptui.dfilter.compile import compile_filter
from tcptui.model.notes import Note
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

#: Filters that are refused, what is said, and in Chinese.
REFUSED: Final = {
    "100 kB": ("tcp or " * 14_285 + "tcp", "characters; the limit is 65536", "最多 65536 个"),
    "10,000 parentheses": ("(" * 10_000 + "tcp" + ")" * 10_000, "deeper", "层"),
}
TIMES: Final = 1_000
#: A line of hundreds of characters is none that somebody reads.
LONGEST: Final = 500


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return path


@pytest.mark.parametrize(
    "words", [("packets",), ("slice", "-w", "-"), ("report",), ("verdicts", "--jsonl"), ("requests",)]
)
@pytest.mark.parametrize("name", REFUSED)
def test_hostile_filter_is_refused_by_one_line(name: str, words: tuple[str, ...], capture: Path) -> None:
    text, said, _ = REFUSED[name]
    code, out, complaint = run(words[0], capture, "-Y", text, *words[1:])

    assert (code, out) == (2, "")
    assert complaint.count("\n") == 1
    assert said in complaint
    assert len(complaint) < LONGEST


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_rule_is_refused_by_one_line(name: str, capture: Path, tmp_path: Path) -> None:
    text, said, _ = REFUSED[name]
    code, out, complaint = run("assert", capture, f"no {text}", "--slice", tmp_path / "broken")

    assert (code, out) == (2, "")
    assert complaint.count("\n") == 1
    assert said in complaint
    assert len(complaint) < LONGEST
    assert not (tmp_path / "broken").exists()


@pytest.mark.parametrize("name", REFUSED)
def test_the_line_is_chinese_where_the_user_is(name: str, capture: Path) -> None:
    text, _, said = REFUSED[name]
    code, _, complaint = run("packets", capture, "-Y", text, lang="zh")

    assert (code, complaint.count("\n")) == (2, 1)
    assert said in complaint


def test_pattern_that_backtracks_for_ever_is_given_up_by_one_line(tmp_path: Path) -> None:
    tape = Tape()
    tape.tcp(0, "10.0.0.1:40000", "10.0.0.2:9999", PSH | ACK, 1, 1, b"a" * 60 + b"!")
    path = tmp_path / "a.pcap"
    path.write_bytes(tape.pcap())

    # Tried to its end, it never ends.
    code, out, complaint = run("packets", path, "-Y", 'tcp.payload matches "(a|aa)+$"')

    assert (code, out) == (2, "")
    assert complaint.count("\n") == 1
    assert "too slow (" in complaint


def repeated(path: Path) -> Path:
    """One request with a field that occurs 1,000 times, and its answer."""
    tape, client, server = Tape(), "10.0.0.1:40001", "192.0.2.10:80"
    tape.handshake(0, client, server)
    asked = b"GET / HTTP/1.1\r\n" + b"".join(b"X-N: %d\r\n" % number for number in range(TIMES)) + b"\r\n"
    tape.tcp(50, client, server, PSH | ACK, 1001, 9001, asked)
    tape.tcp(90, server, client, ACK, 9001, 1001 + len(asked))
    path.write_bytes(tape.pcap())
    return path


def test_field_that_occurs_a_thousand_times_in_a_packet_has_them_all(tmp_path: Path) -> None:
    path = repeated(tmp_path / "many.pcap")
    session = open_file(path)

    def passing(text: str) -> list[int]:
        rows = FilterRun(session, compile_filter(text)).matching(0, session.store.count)
        return (rows.nonzero()[0] + 1).tolist()

    name = "http.request.line"
    assert passing(f"count({name}) == {TIMES}") == [4]
    assert passing(f'{name} contains "X-N: 999"') == [4]
    assert passing(f'all {name} contains "X-N"') == [4]
    assert passing(f'any {name} matches "N: 1000"') == []
    assert passing(f"{name} === {name}") == []
    assert passing(f"{name} == {name}") == [4]
    code, out, complaint = run("packets", path, "-e", name, "-Y", name)
    assert (code, complaint) == (0, "")
    assert out.count("X-N: ") == TIMES
    assert out.count("\n") == 1


def without_tcp(path: Path) -> Path:
    tape = Tape()
    for number in range(3):
        tape.ip(number, "10.0.0.1", "10.0.0.2", 17, bytes((0, 99, 0, 99, 0, 12, 0, 0)) + b"ping")
    path.write_bytes(tape.pcap())
    return path


@pytest.mark.parametrize(
    ("words", "code", "out"),
    [
        (("packets", "-Y", "tcp", "--count"), 0, "0\n"),
        (("packets", "-Y", "not tcp", "--count"), 0, "3\n"),
        (("packets", "-Y", "tcp.stream == 0"), 0, ""),
        (("packets", "-Y", 'tcptui.finding == "retransmission-timeout"', "--count"), 0, "0\n"),
        (("assert", "no tcp", "count tcp.analysis.retransmission < 1%"), 0, None),
        (("assert", "p99 tcp.time_delta < 1"), 1, None),
    ],
)
def test_capture_without_tcp_is_asked_like_any_other(
    words: tuple[str, ...], code: int, out: str | None, tmp_path: Path
) -> None:
    path = without_tcp(tmp_path / "udp.pcap")

    found, said, complaint = run(words[0], path, *words[1:])

    assert (found, complaint) == (code, "")
    assert said.count("\n") <= 2
    assert out is None or said == out


def test_slice_of_a_capture_without_tcp(tmp_path: Path) -> None:
    path, out = without_tcp(tmp_path / "udp.pcap"), tmp_path / "out.pcapng"

    assert run("slice", path, "-Y", "udp.port == 99", "--whole-streams", "-w", out)[0] == 0
    assert open_file(out).store.count == 3
    code, _, complaint = run("slice", path, "--stream", "0", "-w", tmp_path / "none.pcapng")
    assert complaint.count("\n") == 1, code


@pytest.mark.parametrize(
    "content",
    [b"\0" * 5_000, b'{"format": "tcptui-notes", "sche', b'{"format": "other"}', b"[" * 100_000, b"\xff\xfe{}"],
    ids=["zeros", "cut", "foreign", "deep", "encoding"],
)  # fmt: skip
def test_damaged_or_foreign_notes_are_one_line_and_stay(content: bytes, capture: Path) -> None:
    notes_path(capture).write_bytes(content)

    code, out, complaint = run("packets", capture, "-Y", "tcptui.marked", "--count")

    assert (code, out) == (1, ""), "whoever asks for marks is not told that there are none"
    assert complaint.count("\n") == 1
    assert len(complaint) < LONGEST
    assert notes_path(capture).read_bytes() == content


def test_notes_of_another_capture_are_one_line_and_stay(capture: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pcap"
    without_tcp(other)
    book = Notebook(other)
    book.set_packet(2, Note(marked=True))
    book.save()
    content = notes_path(other).read_bytes()
    notes_path(capture).write_bytes(content)

    code, out, complaint = run("packets", capture, "-Y", "tcptui.marked", "--count")

    assert (code, out) == (1, "")
    assert complaint.count("\n") == 1
    assert notes_path(capture).read_bytes() == content
