"""Bodies as streams: dechunked, decoded, and tied to the packet with which each byte was there."""

from __future__ import annotations

import gzip
import zlib

import pytest
from http_halves import MS, Dialogue, in_pieces

from tcptui.protocols.http.body import BodyProblem, body_of, decoded_pieces
from tcptui.protocols.http.conversation import HttpMessage, conversation

GET = b"GET /a HTTP/1.1\r\n\r\n"
TEXT = b"The quick brown fox jumps over the lazy dog. " * 50


def _chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _response(dialogue: Dialogue) -> HttpMessage:
    return next(conversation(*dialogue.directions()).responses())


def _answer(head: bytes, body: bytes, size: int = 1460) -> HttpMessage:
    whole = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body
    return _response(Dialogue().client(GET).server(*in_pieces(whole, size)).close())


@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_chunked_and_compressed_body_becomes_what_was_sent(size: int) -> None:
    packed = gzip.compress(TEXT)
    body = _chunked(packed[:10], packed[10:33], packed[33:])

    message = _answer(b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip", body, size)

    reading = body_of(message)
    assert b"".join(reading) == TEXT
    assert (reading.encoded, reading.decoded, reading.problem) == (len(packed), len(TEXT), None)
    assert b"".join(body_of(message, decoded=False)) == packed


def test_transfer_coding_below_the_chunks_is_undone_too() -> None:
    message = _answer(b"Transfer-Encoding: gzip, chunked", _chunked(gzip.compress(TEXT)))

    assert b"".join(body_of(message)) == TEXT


def test_message_without_a_body_gives_none() -> None:
    message = _answer(b"Content-Length: 0", b"")

    assert list(decoded_pieces(message)) == []


def test_each_packet_says_what_it_made_available() -> None:
    machine = zlib.compressobj(wbits=31)
    dialogue = Dialogue().client(GET)
    dialogue.server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n")
    for text, flushed in ((b"one", True), (b"two", False), (b"three", True)):
        packed = machine.compress(text) + (machine.flush(zlib.Z_SYNC_FLUSH) if flushed else b"\0"[:0])
        dialogue.server(b"%x\r\n%s\r\n" % (len(packed), packed) if packed else b"")

    given = [(piece.frame, piece.time_ns, piece.data) for piece in decoded_pieces(_response(dialogue))]

    assert [(frame, data) for frame, _, data in given if data] == [(3, b"one"), (5, b"twothree")]
    assert given[-1][1] == 5 * MS


def test_packet_that_decodes_to_nothing_is_still_named() -> None:
    packed = gzip.compress(TEXT)
    message = _answer(b"Content-Encoding: gzip\r\nContent-Length: %d" % len(packed), packed, 40)

    frames = [piece.frame for piece in decoded_pieces(message)]

    assert sorted(set(frames)) == list(range(message.first_frame + 1, message.last_frame + 1))


def test_bytes_behind_a_hole_are_available_when_it_is_filled() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
    dialogue = Dialogue().client(GET).server(head).at(1, len(head) + 3, b"def").at(1, len(head), b"abc")

    given = [(piece.frame, piece.data) for piece in decoded_pieces(_response(dialogue))]

    assert given == [(4, b"abc"), (4, b"def")]


def test_gap_ends_the_body_where_it_is() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    dialogue = Dialogue().client(GET).server(head + b"abc").lost(1, 3).server(b"ghi")

    reading = body_of(_response(dialogue))

    assert b"".join(reading) == b"abc"
    assert (reading.problem, reading.problem_offset) == (BodyProblem.GAP, len(head) + 3)


@pytest.mark.parametrize(
    ("head", "body", "problem"),
    [
        (b"Content-Length: 9", b"abc", BodyProblem.CUT),
        (b"Content-Encoding: gzip\r\nContent-Length: 30", b"not gzip at all, whatever said", BodyProblem.CODING_BROKEN),
        (b"Content-Encoding: gzip\r\nContent-Length: 20", gzip.compress(TEXT, mtime=0)[:20], BodyProblem.CODING_SHORT),
        (b"Content-Encoding: sdch\r\nContent-Length: 3", b"abc", BodyProblem.CODING_UNKNOWN),
    ],
)
def test_what_ended_a_body_early_is_said(head: bytes, body: bytes, problem: BodyProblem) -> None:
    reading = body_of(_answer(head, body))
    list(reading)

    assert reading.problem is problem


def test_decoded_bytes_are_bounded() -> None:
    bomb = gzip.compress(bytes(10 << 20))
    reading = body_of(_answer(b"Content-Encoding: gzip\r\nContent-Length: %d" % len(bomb), bomb), limit=100_000)

    assert sum(map(len, reading)) == 100_000
    assert reading.problem is BodyProblem.LIMIT


def test_plain_body_has_no_bound() -> None:
    message = _answer(b"Content-Length: 500", b"a" * 500)

    assert sum(map(len, body_of(message, limit=10))) == 500
