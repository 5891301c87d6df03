"""Which streams are read byte by byte: the suspect ones, and of the others a few short ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import ACK, FIN, PSH, Tape

from tcptui.protocols.http import prefilter as screening
from tcptui.protocols.http.prefilter import HttpPrefilter
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
SERVER = "192.0.2.10:80"


def response(body: bytes = b"ok", status: str = "200 OK", *, field: str = "", length: int | None = None) -> bytes:
    size = f"Content-Length: {len(body) if length is None else length}\r\n"
    return f"HTTP/1.1 {status}\r\n{field}{size}\r\n".encode() + body


def talk(tape: Tape, number: int, *answers: bytes, end: bool = True) -> None:
    client, ms = f"10.0.0.1:{40000 + number}", 1_000.0 * number
    tape.handshake(ms, client, SERVER)
    asked, told = 1001, 9001
    for answer in answers:
        ms += 50
        tape.tcp(ms, client, SERVER, PSH | ACK, asked, told, GET)
        asked += len(GET)
        tape.tcp(ms + 10, SERVER, client, PSH | ACK, told, asked, answer)
        told += len(answer)
    if end:
        tape.tcp(ms + 20, SERVER, client, FIN | ACK, told, asked)
        tape.tcp(ms + 30, client, SERVER, FIN | ACK, asked, told + 1)
        tape.tcp(ms + 40, SERVER, client, ACK, told + 1, asked + 1)


def opened(tmp_path: Path, tape: Tape) -> Session:
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def screen(session: Session) -> HttpPrefilter:
    found = HttpPrefilter(session.store, session.streams, session._pipeline.noted, session.reader.payload)
    found.update()
    return found


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"


@pytest.mark.parametrize(
    ("answers", "suspect"),
    [
        ([response()], False),
        ([response()] * 5, False),
        ([response()] * 19, False),
        ([response()] * 60, True),
        ([response(), response(status="502 Bad Gateway")], True),
        ([response(status="400 Bad Request")], True),
        ([response(status="404 Not Found")], False),
        ([response()] * 18 + [response(status="500 Oops")], True),
        ([response(field="Content-Type: text/event-stream\r\n")], True),
        ([response(b"short", length=50)], True),
        ([response(b"longer than that", length=3)], True),
        ([CHUNKED + b"0\r\n\r\n"], False),
        ([CHUNKED], True),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], False),
        ([b"HTTP/1.1 200 OK\r\n\r\nuntil the end"], False),
    ],
)
def test_stream_is_suspect_by_a_glance(tmp_path: Path, answers: list[bytes], suspect: bool) -> None:
    tape = Tape()
    talk(tape, 0, *answers)

    assert screen(opened(tmp_path, tape)).suspects()[:1].tolist() == [suspect]


ASKS = b"POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "wait_ms", "suspect"),
    [(ASKS, 1_000, True), (ASKS, 20, False), (ASKS.replace(b"Expect: 100-continue\r\n", b""), 1_000, False)],
    ids=["waited", "hardly waited", "did not ask"],
)
def test_a_body_that_was_held_back_is_suspect(tmp_path: Path, head: bytes, wait_ms: int, suspect: bool) -> None:
    tape, client = Tape(), "10.0.0.1:40000"
    tape.handshake(0, client, SERVER)
    tape.tcp(50, client, SERVER, PSH | ACK, 1001, 9001, head)
    tape.tcp(51, SERVER, client, ACK, 9001, 1001 + len(head))
    tape.tcp(50 + wait_ms, client, SERVER, PSH | ACK, 1001 + len(head), 9001, b"body")
    tape.tcp(60 + wait_ms, SERVER, client, PSH | ACK, 9001, 1005 + len(head), response())

    assert screen(opened(tmp_path, tape)).suspects()[:1].tolist() == [suspect]


def test_length_of_a_stream_that_goes_on_is_not_suspect(tmp_path: Path) -> None:
    tape = Tape()
    talk(tape, 0, response(b"short", length=50), end=False)

    assert screen(opened(tmp_path, tape)).suspects()[:1].tolist() == [False]


def test_glancing_and_reading_are_bounded_in_capture_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "SHORT_READ", 2)
    monkeypatch.setattr(screening, "SUSPECTS_READ", 1)
    tape = Tape()
    for number in range(5):
        talk(tape, number, response(status="500 Oops" if number in (2, 4) else "200 OK"))
    found = screen(opened(tmp_path, tape))

    assert found.suspects()[:5].tolist() == [False, False, True, False, False]
    assert found.read(found.suspects())[:5].tolist() == [True, True, True, False, False]
    assert found.speaks(4)
    assert not found.speaks(99)


def test_spool_that_was_given_up_leaves_nothing_to_suspect(tmp_path: Path) -> None:
    tape = Tape()
    talk(tape, 0, CHUNKED)
    talk(tape, 1, response(b"short", length=50))
    session = opened(tmp_path, tape)

    def gone(_row: int) -> bytes:
        raise OSError(9, "Bad file descriptor")

    found = HttpPrefilter(session.store, session.streams, session._pipeline.noted, gone)
    found.update()

    assert found.suspects()[:2].tolist() == [False, False]


def test_upgraded_streams_have_a_bound_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "UPGRADES_READ", 1)
    tape = Tape()
    for number in range(3):
        talk(tape, number, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")

    assert screen(opened(tmp_path, tape)).suspects()[:3].tolist() == [True, False, False]


def test_any_cut_into_looks_gives_the_same(tmp_path: Path) -> None:
    tape = Tape()
    for number in range(4):
        talk(tape, number, *[response()] * 12, response(b"x", length=3 + number % 2))
    session = opened(tmp_path, tape)
    whole, later = screen(session), HttpPrefilter(
        session.store, session.streams, session._pipeline.noted, session.reader.payload
    )  # fmt: skip
    count = session.store.count
    for upto in range(1, count + 1, 7):
        session.store.count = upto
        later.update()
    session.store.count = count
    later.update()

    assert later.responses[:4].tolist() == whole.responses[:4].tolist()
    assert later.suspects()[:4].tolist() == whole.suspects()[:4].tolist()
