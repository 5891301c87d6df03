"""What bytes mean: parts in the order in which they could be heard, each with the bytes it was made from."""

from __future__ import annotations

import gzip
import inspect
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, SERVER, Tape

from tcptui.protocols.application import begins_what_is_judged
from tcptui.protocols.lazy import Lazy
from tcptui.protocols.parts import is_text
from tcptui.protocols.registry import PROTOCOLS
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part

ONE, TWO = f"{CLIENT}:40001", f"{SERVER}:80"
Said = tuple[int, bytes]


@pytest.fixture
def parts(tmp_path: Path) -> Callable[..., list[tuple[Part, bytes, str]]]:
    """The parts of a conversation, each read: the part, its text, its trouble."""

    def run(*turns: Said, lost: int = -1) -> list[tuple[Part, bytes, str]]:
        tape = Tape()
        tape.handshake(0, ONE, TWO)
        said = [1001, 9001]
        for number, (side, data) in enumerate(turns):
            ends = (ONE, TWO) if side == 0 else (TWO, ONE)
            if number != lost:
                tape.tcp(50 + number, *ends, ACK, said[side], said[1 - side], data)
            said[side] += len(data)
        path = tmp_path / "talk.pcap"
        path.write_bytes(tape.pcap())
        session = open_file(path)
        found = []
        for part in session.application(0).parts():
            text = b"".join(data for _, data in part.blocks())
            found.append((part, text, part.trouble()))
        session.close()
        return found

    return run


ASK = (0, b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")


def test_coded_and_chunked_body_is_text_again(parts: Callable[..., list[tuple[Part, bytes, str]]]) -> None:
    coded = gzip.compress(b"hello, world\n" * 20, mtime=0)
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = b"".join(b"%x\r\n%b\r\n" % (len(coded[at : at + 9]), coded[at : at + 9]) for at in range(0, len(coded), 9))

    found = parts(ASK, (1, head), (1, body + b"0\r\n\r\n"))

    assert [(part.side, part.label.name, text, trouble) for part, text, trouble in found] == [
        (0, "request", ASK[1], ""),
        (1, "response", head, ""),
        (1, "body-coded", b"hello, world\n" * 20, ""),
    ]
    part = found[2][0]
    assert (part.start, part.stop, part.frame) == (len(head), len(head) + len(body) + 5, 6)
    assert part.label.facts["coding"] == "gzip, chunked"


def test_body_with_a_hole_says_why_it_ends(parts: Callable[..., list[tuple[Part, bytes, str]]]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"

    found = parts(ASK, (1, head), (1, b"def"), (1, b"ghi"), lost=2)

    assert (found[-1][1], found[-1][2]) == (b"abc", "gap")


def test_events_are_parts_of_their_own_with_their_packets(parts: Callable[..., list[tuple[Part, bytes, str]]]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

    found = parts(ASK, (1, head), (1, b"data: one\n\n"), (1, b"event: tick\nid: 7\ndata: two\ndata: three\n\n"))[2:]

    assert [(part.label.name, part.label.facts["kind"], text, part.frame) for part, text, _ in found] == [
        ("event", "message", b"one\n", 6),
        ("event-id", "tick", b"two\nthree\n", 7),
    ]
    assert (found[1][0].start, found[1][0].stop) == (len(head) + 11, len(head) + 11 + 41)


def _frame(opcode: int, data: bytes, mask: bytes = b"") -> bytes:
    length = bytes([0x80 | opcode, len(data) | (0x80 if mask else 0)])
    return length + mask + bytes(byte ^ mask[at % 4] if mask else byte for at, byte in enumerate(data))


def test_websocket_messages_of_both_sides_stand_in_order(
    parts: Callable[..., list[tuple[Part, bytes, str]]],
) -> None:
    ask = (
        b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    answer = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )
    close = _frame(8, struct.pack(">H", 1000) + b"bye")

    found = parts(
        (0, ask), (1, answer), (0, _frame(1, "早上好".encode(), b"abcd")), (1, _frame(1, b"hello")),
        (0, _frame(9, b"?", b"wxyz")), (1, close),
    )[2:]  # fmt: skip

    assert [(part.side, part.label.name, text) for part, text, _ in found] == [
        (0, "websocket-text", "早上好".encode()),
        (1, "websocket-text", b"hello"),
        (0, "websocket-ping", b"?"),
        (1, "websocket-close", b"bye"),
    ]
    assert found[-1][0].label.facts["code"] == 1000
    assert found[1][0].start == len(answer)


def test_other_protocols_are_not_decoded(parts: Callable[..., list[tuple[Part, bytes, str]]]) -> None:
    assert parts((0, b"PING\r\n"), (1, b"+PONG\r\n")) == []


@pytest.mark.parametrize(
    ("sample", "text"),
    [
        (b"", True),
        (b"plain\r\n\ttext\x1b[1m", True),
        ("中文".encode()[:-1], True),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", False),
        (bytes(range(128, 256)), False),
        (b"\x01\x02\x03\x04", False),
    ],
)
def test_text_is_told_from_what_is_none(sample: bytes, text: bool) -> None:
    assert is_text(sample) is text


def asked(tmp_path: Path, *turns: Said) -> list[Exchange]:
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    said = [1001, 9001]
    for number, (side, data) in enumerate(turns):
        tape.tcp(50 + number, *((ONE, TWO) if side == 0 else (TWO, ONE)), ACK, said[side], said[1 - side], data)
        said[side] += len(data)
    path = tmp_path / "asked.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    found = list(session.application(0).requests())
    session.close()
    return found


def test_http_requests_with_status_and_packets(tmp_path: Path) -> None:
    found = asked(tmp_path, ASK, (1, b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n"), (1, b"no"), ASK)

    assert [(one.operation, one.status) for one in found] == [("GET /a", "404"), ("GET /a", "")]
    (request, answer), (again,) = (one.carried for one in found)
    assert [(one.first_frame, one.last_frame) for one in (request, answer, again)] == [(4, 4), (5, 6), (7, 7)]
    assert answer.last_ns - request.first_ns == 2_000_000


def test_what_is_in_no_protocol_of_the_registry_has_no_requests(tmp_path: Path) -> None:
    assert asked(tmp_path, (0, b"hello"), (1, b"world")) == []


def test_a_row_is_found_by_its_first_bytes_and_judged_only_where_there_are_rules() -> None:
    begun = {
        payload: [row.name for row in PROTOCOLS if row.begins(payload)] for payload in (ASK[1], b"EHLO me\r\n", b"x")
    }

    assert list(begun.values()) == [["http"], ["smtp"], []]
    assert [begins_what_is_judged(payload) for payload in begun] == [True, False, False]


def shape_of(function: Callable[..., object] | None) -> tuple[str, ...]:
    """The parameters of what a row names."""
    assert isinstance(function, Lazy)
    return tuple(inspect.signature(function.load()).parameters)


def test_every_name_in_a_row_is_a_function_that_takes_what_it_is_given() -> None:
    """Nothing else looks at names of what is imported late before a capture needs it."""
    of_both = ("requests", "requests_late", "behind_requests", "held_back", "asked_to_wait")
    for row in PROTOCOLS:
        late = [getattr(row, name) for name in of_both if getattr(row, name) is not None]
        assert all(shape_of(one) == ("client", "server") for one in late), row.name
        assert bool(row.kinds) == (row.requests is not None), row.name
        assert shape_of(row.begins) == ("payload",), row.name
        assert all(shape_of(one) == ("client", "server", "limit") for one in row.parsers), row.name
        assert all(shape_of(one.read) == ("payload",) for one in row.summaries), row.name
        assert all(shape_of(kind.statement) == ("operation",) for kind in row.kinds if kind.statement), row.name
        assert all(shape_of(kind.has_results) == ("operation",) for kind in row.kinds if kind.has_results), row.name
        for layer in row.as_tshark:
            assert layer.lines is None or shape_of(layer.lines) == ("application", "frame")
            assert layer.header is None or shape_of(layer.header) == ("frame",)
        if row.tables is not None:
            assert shape_of(row.tables.fields) == ()
            assert shape_of(row.tables.build) == ("application", "deeper", "names", "pause")
