"""`many-round-trips` over HTTP, and over statements that come in turn; healthy look-alikes stay silent."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from captures import ACK, PSH, SYN, Tape

from tcptui.model.finding import Confidence, Severity
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections, title_and_happened
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tcptui.model.finding import Finding

CLIENT, SERVER = "10.0.0.1:40000", "192.0.2.10:80"
Turn = tuple[float, str, bytes]
JSON = "application/json"


def command(*words: str) -> bytes:
    """A command as a client of Redis sends it."""
    return f"*{len(words)}\r\n".encode() + b"".join(f"${len(word)}\r\n{word}\r\n".encode() for word in words)


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: api.example\r\n\r\n".encode()


def answer(media: str = JSON, status: str = "200 OK", size: int = 40) -> bytes:
    kind = f"Content-Type: {media}\r\n" if media else ""
    return f"HTTP/1.1 {status}\r\n{kind}Content-Length: {size}\r\n\r\n".encode() + b"x" * size


def one_by_one(
    paths: Iterable[str], way_ms: float = 40, *, server_ms: float = 1, pause_ms: float = 1, reply: bytes | None = None
) -> list[Turn]:
    """Each path is asked for once the answer before has come, as seen at the client."""
    turns: list[Turn] = []
    at = 0.0
    for path in paths:
        turns += [(at, "C", get(path)), (at + way_ms + server_ms, "S", answer() if reply is None else reply)]
        at += way_ms + server_ms + pause_ms
    return turns


def found(tmp_path: Path, turns: list[Turn], way_ms: float = 40, port: str = "80") -> dict[str, Finding]:
    """What is told of a connection whose answers carry the acknowledgments; rules foresee it, unless it is a note."""
    tape, server = Tape(), SERVER.replace(":80", f":{port}")
    tape.tcp(0, CLIENT, server, SYN, 1000)
    tape.tcp(way_ms, server, CLIENT, SYN | ACK, 9000, 1001)
    tape.tcp(way_ms + 0.1, CLIENT, server, ACK, 1001, 9001)
    seq = {"C": 1001, "S": 9001}
    for ms, who, what in turns:
        ends = (CLIENT, server) if who == "C" else (server, CLIENT)
        other = "S" if who == "C" else "C"
        tape.tcp(way_ms + 10 + ms, *ends, PSH | ACK, seq[who], seq[other], what)
        seq[who] += len(what)
    path = tmp_path / "far.pcap"
    path.write_bytes(tape.pcap())
    with closing(open_file(path)) as session:
        told = {str(finding.id): finding for finding in session.findings(0)}
        known = max(int(session.severity[0]), Severity.NOTE)
    assert all(finding.severity <= known for finding in told.values())
    return told


@pytest.mark.finding("many-round-trips")
@pytest.mark.parametrize(
    "paths",
    [
        [f"/items/{number}" for number in range(40)],
        [f"/orders/{number}/lines?full=1" for number in range(25)],
        [f"/price?sku={number}" for number in range(60)],
        [f"/users/{number:08x}-0000-4000-8000-00000000000a" for number in range(33)],
    ],
    ids=["number", "amid the path", "query", "uuid"],
)
def test_program_that_asks_for_one_after_the_other_is_told(tmp_path: Path, paths: list[str]) -> None:
    finding = found(tmp_path, one_by_one(paths, server_ms=4))["many-round-trips"]

    assert (finding.facts["count"], finding.facts["shape"]) == (len(paths), "http")
    assert finding.confidence is Confidence.CERTAIN
    assert finding.severity is (Severity.WARNING if len(paths) * 0.04 >= 1 else Severity.NOTE)
    assert finding.facts["each_s"] == pytest.approx(0.04, abs=0.005)
    assert finding.facts["server_s"] == pytest.approx(0.004 * len(paths), rel=0.3)
    assert finding.facts["saved_s"] == pytest.approx(0.04 * (len(paths) - 1), rel=0.15)


@pytest.mark.finding("many-round-trips")
def test_two_kinds_of_paths_in_turn_are_one_loop(tmp_path: Path) -> None:
    paths = [path for number in range(16) for path in (f"/items/{number}", f"/items/{number}/price")]
    finding = found(tmp_path, one_by_one(paths))["many-round-trips"]

    assert (finding.facts["shape"], finding.facts["kinds"], finding.facts["count"]) == ("http-in-turn", 2, 32)


@pytest.mark.finding("many-round-trips")
def test_two_statements_in_turn_are_one_loop(tmp_path: Path) -> None:
    turns: list[Turn] = []
    for number in range(32):
        words = ("GET", f"user:{number}") if number % 2 else ("LLEN", f"cart:{number}")
        turns += [(42.0 * number, "C", command(*words)), (42.0 * number + 41, "S", b"$-1\r\n")]
    finding = found(tmp_path, turns, port="6379")["many-round-trips"]

    assert (finding.facts["shape"], finding.facts["kinds"], finding.facts["count"]) == ("in-turn", 2, 32)


@pytest.mark.finding("many-round-trips")
@pytest.mark.parametrize("language", Language)
def test_sentences_have_what_was_lost(tmp_path: Path, language: Language) -> None:
    finding = found(tmp_path, one_by_one((f"/items/{number}" for number in range(40)), server_ms=5))["many-round-trips"]
    words = Words(language)
    lines = [line for section in finding_sections(finding, words) for line in section.lines]
    said = " ".join([*title_and_happened(finding, words), *lines])

    assert "1.6" in said
    assert "GET /items/*" in said
    assert "JOIN" not in said


TWINS: dict[str, Callable[[], list[Turn]]] = {
    "few": lambda: one_by_one(f"/items/{number}" for number in range(12)),
    "polling": lambda: one_by_one((f"/jobs/{number}" for number in range(40)), pause_ms=900),
    "the same path": lambda: one_by_one(["/health"] * 60),
    "pictures of a page": lambda: one_by_one((f"/img/{n}.png" for n in range(60)), reply=answer("image/png")),
    "pictures without an ending": lambda: one_by_one((f"/thumb/{n}" for n in range(60)), reply=answer("image/webp")),
    "pages": lambda: one_by_one((f"/page/{n}" for n in range(60)), reply=answer("text/html; charset=utf-8")),
    "pieces of a film": lambda: one_by_one((f"/v/seg-{n}.m4s" for n in range(60)), reply=answer("video/mp4")),
    "ranges": lambda: one_by_one((f"/big?part={n}" for n in range(60)), reply=answer(status="206 Partial Content")),
    "blobs": lambda: one_by_one((f"/blob/{n}" for n in range(60)), reply=answer("application/octet-stream")),
    "slow server": lambda: one_by_one((f"/items/{n}" for n in range(60)), server_ms=150),
    "pipelined": lambda: [
        (0, "C", b"".join(get(f"/items/{n}") for n in range(60))), (41, "S", answer() * 60),
    ],
    "writes": lambda: [
        (ms, who, what.replace(b"GET ", b"PUT ")) for ms, who, what in one_by_one(f"/items/{n}" for n in range(60))
    ],
    "different things": lambda: one_by_one(f"/{chr(97 + n % 26)}{chr(120 + n // 26)}" for n in range(60)),
}  # fmt: skip


@pytest.mark.finding("many-round-trips", twin=True)
@pytest.mark.parametrize("name", TWINS)
def test_healthy_look_alikes_are_silent(tmp_path: Path, name: str) -> None:
    assert "many-round-trips" not in found(tmp_path, TWINS[name]())


@pytest.mark.finding("many-round-trips", twin=True)
def test_quick_path_is_silent(tmp_path: Path) -> None:
    assert "many-round-trips" not in found(tmp_path, one_by_one((f"/items/{n}" for n in range(60)), way_ms=1), way_ms=1)
