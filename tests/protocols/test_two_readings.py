"""Where a message ends by two programs: each kind of two readings, and the near twins that have one."""

from __future__ import annotations

from typing import Final

import pytest
from http_halves import Dialogue

from tcptui.protocols.http.conversation import HttpMessage, conversation
from tcptui.protocols.http.framing import ChunkWalk
from tcptui.protocols.http.two_readings import Follows, ReadingShape, TwoReadings

POST: Final = b"POST / HTTP/1.1\r\nHost: h\r\n"
NEXT: Final = b"GET /admin HTTP/1.1\r\nHost: h\r\n\r\n"
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"
#: Ends after five bytes by its chunks.
EMPTY: Final = b"0\r\n\r\n"


def messages(asked: bytes, answered: bytes = OK) -> list[HttpMessage]:
    return conversation(*Dialogue().client(asked).server(answered).close(1).close(0).directions()).messages


def readings(asked: bytes, answered: bytes = OK) -> TwoReadings | None:
    return next((message.readings for message in messages(asked, answered) if message.readings is not None), None)


def ends(found: TwoReadings, head: int) -> list[int | None]:
    return [None if one.end is None else one.end - head for one in (found.one, found.other)]


@pytest.mark.parametrize(
    "field",
    [
        b"Transfer-Encoding: chunked", b"Transfer-Encoding : chunked", b"Transfer-Encoding\t:chunked",
        b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", b"Transfer-Encoding:\r\n chunked",
        b"X: a\r\n Transfer-Encoding: chunked", b"X: a\rTransfer-Encoding: chunked",
        b"X: a\nTransfer-Encoding: chunked",
        b"TRANSFER-ENCODING: Chunked",
    ],
)  # fmt: skip
@pytest.mark.parametrize("length", [6, 9, 5 + len(NEXT)])
def test_coding_beside_a_length_has_two_readings(field: bytes, length: int) -> None:
    head = POST + b"Content-Length: %d\r\n" % length + field + b"\r\n\r\n"
    found = readings(head + EMPTY + NEXT)

    assert found is not None
    assert found.shape is ReadingShape.LINES
    assert ends(found, len(head)) == [5, length]
    assert found.other.line == b"Content-Length: %d" % length
    assert (found.one.follows, found.one.message) == (Follows.MESSAGE, "GET /admin HTTP/1.1")
    assert b"hunked" in found.one.line


@pytest.mark.parametrize("field", [b"Transfer-Encoding: chunked", b"Transfer-Encoding : chunked"])
def test_both_readings_that_end_at_one_byte_are_one(field: bytes) -> None:
    assert readings(POST + b"Content-Length: 5\r\n" + field + b"\r\n\r\n" + EMPTY + NEXT) is None


def test_length_that_ends_within_a_chunk_has_a_request_behind_it() -> None:
    head = POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    found = readings(head + b"%x\r\n" % len(NEXT) + NEXT + b"\r\n" + EMPTY)

    assert found is not None
    assert ends(found, len(head)) == [4 + len(NEXT) + 2 + 5, 4]
    assert found.earlier.message == "GET /admin HTTP/1.1"


def test_two_lengths_have_two_readings_and_the_next_request_begins_at_one() -> None:
    head = POST + b"Content-Length: 5\r\nContent-Length: %d\r\n\r\n" % (5 + len(NEXT))
    found = readings(head + b"abcde" + NEXT)

    assert found is not None
    assert ends(found, len(head)) == [5, 5 + len(NEXT)]
    asked = [message.head.method for message in messages(head + b"abcde" + NEXT) if not message.from_server]
    assert asked == ["POST", "GET"]  # not abcdeGET


@pytest.mark.parametrize("line", [b"Content-Length: +%d", b"Content-Length : %d", b"Content-Length:\r\n %d"])
def test_length_that_not_every_program_obeys_has_two_readings(line: bytes) -> None:
    head = POST + line % len(NEXT) + b"\r\n\r\n"
    found = readings(head + NEXT)

    assert found is not None
    assert found.shape is ReadingShape.LINE
    assert ends(found, len(head)) == [len(NEXT), 0]
    assert found.other.message == "GET /admin HTTP/1.1"


@pytest.mark.parametrize(
    ("chunks", "ends_so"),
    [
        (b"2;\nxx\r\n27\r\n0\r\n\r\n" + NEXT + b"\r\n0\r\n\r\n", [None, 16]),  # an extension goes on to CR LF
        (b"3;\rx\r\nabc\r\n0\r\n\r\n" + NEXT, [None, 16]),
        (b"0x3\r\n\r\nb\r\n0\r\n\r\n" + NEXT, [15, 7]),
        (b"+3\r\nabc\r\n0\r\n\r\n" + NEXT, [14, None]),
    ],
)
def test_odd_size_line_has_two_readings(chunks: bytes, ends_so: list[int | None]) -> None:
    head = POST + b"Transfer-Encoding: chunked\r\n\r\n"
    found = readings(head + chunks)

    assert found is not None
    assert found.shape is ReadingShape.CHUNK
    assert ends(found, len(head)) == ends_so


def test_request_within_the_body_of_get_has_two_readings() -> None:
    found = readings(b"GET / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(NEXT) + NEXT)

    assert found is not None
    assert found.shape is ReadingShape.BODY


@pytest.mark.parametrize(
    "asked",
    [
        POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde" + NEXT,  # RFC 9112, 6.3
        POST + b"Content-Length: 5, 5\r\n\r\nabcde" + NEXT,
        POST + b"Content-Length: 0005\r\n\r\nabcde" + NEXT,  # RFC 9110, 8.6: 1*DIGIT
        POST + b"Content-Length: 5 \r\n\r\nabcde" + NEXT,
        POST + b"X: a\r\n b\r\nContent-Length: 5\r\n\r\nabcde" + NEXT,  # folded, and about something else
        (POST + b"Content-Length: 5\r\n\r\n").replace(b"\r", b"") + b"abcde" + NEXT,  # lone LFs throughout
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n").replace(b"\r", b"") + NEXT,
        POST + b"Transfer-Encoding: chunked\r\n\r\n5  \r\nabcde\r\n0\r\n\r\n" + NEXT,
        POST + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nabcde\r\n0\r\n\r\n" + NEXT,
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n" + NEXT,
        POST + b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nabcde" + NEXT,
        POST + b"Content-Length: none\r\n\r\n" + NEXT,
        b'GET / HTTP/1.1\r\nContent-Length: 8\r\n\r\n{"a":1}\n' + NEXT,  # a search in JSON
        POST + b"X-Quoted: Content-Length: 7\r\nContent-Length: 5\r\n\r\nabcde" + NEXT,
    ],
)
def test_message_that_every_program_reads_alike_has_one_reading(asked: bytes) -> None:
    assert readings(asked) is None


def test_answer_to_head_with_both_fields_has_no_end_to_tell() -> None:
    both = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert readings(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", both) is None


def test_body_that_has_not_come_yet_is_waited_for() -> None:
    head = POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert readings(head + b"0\r\n") is None
    assert readings(head + EMPTY) is not None  # by the length a byte is missing


def test_many_odd_messages_within_one_another_walk_few_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each one's body by its coding reaches over all that follow; by its length it ends at once."""
    odd = POST + b"Content-Length: 4\r\nTransfer-Encoding: xchunked"
    walked = 0
    walk = ChunkWalk.__iter__

    def counted(self: ChunkWalk):  # type: ignore[no-untyped-def]
        nonlocal walked
        for chunk in walk(self):
            walked += 1
            yield chunk

    monkeypatch.setattr(ChunkWalk, "__iter__", counted)
    monkeypatch.setattr("tcptui.protocols.http.two_readings._CHUNKS_MOST", 16)

    def steps(count: int) -> int:
        nonlocal walked
        walked = 0
        block = b"%02x\r\n" % (len(odd) + 2) + odd + b"\r\n\r\n"
        assert len(messages(odd + b"\r\n\r\n" + block * count)) > count
        return walked

    assert steps(800) < 4.5 * steps(200)
