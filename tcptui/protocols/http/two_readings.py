"""Two readings of where an HTTP/1.x message ends: what is body for one program begins the next message for another.

    two_readings(head, framing, window)    by the fields of the head, or by a request as the body of GET
    chunk_readings(head, start, fault, window)    by the size line of a chunk

RFC 9112, 6.1, 6.3 and 11.2 (request smuggling), 2.2 (lone CR and LF), 5.1 (blanks before the colon), 5.2 (folded
lines), 7.1 (chunks); RFC 9110, 8.6 (lengths), 9.3.1 (GET with a body).  Readings that end at the same byte are one:
equal lengths, a folded line in any other field, lone LFs throughout.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.http.fault import Cut, Fault, FaultKind
from tcptui.protocols.http.framing import CHUNK_LINE_LIMIT, ChunkWalk
from tcptui.protocols.http.head import HEAD_LIMIT, parse_head, parse_trailers
from tcptui.protocols.http.message import Framing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.http.head import HeaderLine, MessageHead
    from tcptui.protocols.http.read_window import Window

#: Bytes read of what follows an end.
_LOOKED_AT: Final = 2_048
#: Chunks that are walked for another reading than the message's own: it may reach over many messages, each with one.
_CHUNKS_MOST: Final = 64
#: Bytes that end a line (CR LF): where there are more, the value continues on the next line.
_LINE_END: Final = 2
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++:")
_DIGITS: Final = re.compile(r"[0-9]{1,18}")
#: How a lenient program reads a number: a sign, then what digits there are.
_NUMBER: Final = re.compile(r"\+?([0-9]{1,18})(?![0-9])")
_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]{1,15}")
_ODD_SIZE: Final = re.compile(rb"[ \t]*+\+?(?:0[xX])?([0-9A-Fa-f]{1,15})")
#: A field within the value of another: behind a lone CR, or on a folded line.
_HIDDEN: Final = re.compile(r"[\r ]((?:content-length|transfer-encoding)[ \t]*+:[ \t]*+[^\s]{1,40})", re.IGNORECASE)
_STRIPPED: Final = " \t\r\0\x0b\x0c"
_LENGTH, _CODING = "content-length", "transfer-encoding"
#: Methods behind which some programs expect no body.
_BODILESS: Final = frozenset({"GET", "HEAD"})


class ReadingShape(StrEnum):
    """What the two readings rest on."""

    LINES = "lines"
    """Two header lines."""
    LINE = "line"
    """One header line that not every program takes for one."""
    CHUNK = "chunk"
    """The size line of a chunk."""
    BODY = "body"
    """A body, itself a request, behind a method that needs none."""


class Follows(StrEnum):
    """What lies behind the end of one reading."""

    MESSAGE = "message"
    BYTES = "bytes"
    """Bytes that begin no message."""
    END = "end"
    """Nothing: the captured bytes end with it."""
    BEYOND = "beyond"
    """It ends behind the captured bytes: its reader waits for more."""
    BROKEN = "broken"
    """It ends nowhere: there is no chunk where one must be."""
    CLOSE = "close"
    """It ends with the connection."""


class Reading(NamedTuple):
    """One reading of where a message ends."""

    line: bytes
    """What says so, as it was sent; empty where nothing does."""
    end: int | None
    """Offset behind the last byte; None where it ends with the connection, behind the captured bytes or nowhere."""
    follows: Follows
    message: str = ""
    """The start line behind it; not safe to print, and its target may hold secrets."""


class TwoReadings(NamedTuple):
    """Both readings of one message."""

    shape: ReadingShape
    one: Reading
    other: Reading

    @property
    def reach(self) -> int | None:
        """Offset up to which what follows belongs to the message by one reading alone; None: to the end."""
        ends = [reading.end for reading in self[1:] if reading.end is not None]
        return max(ends) if len(ends) > 1 else None

    @property
    def earlier(self) -> Reading:
        """The one that ends first."""
        known = [reading for reading in (self.one, self.other) if reading.end is not None]
        return min(known, key=lambda reading: reading.end or 0)


class _Length(NamedTuple):
    line: bytes
    number: int
    is_plain: bool


def two_readings(
    head: MessageHead, framing: Framing, window: Window, walk: ChunkWalk | None = None
) -> TwoReadings | None:
    """The readings of a complete ``head``; None where there is one, or where too little was captured to tell.

    ``walk``: the chunks behind it, where they have been walked to their end.
    """
    if not head.complete or (head.is_response and framing in (Framing.NONE, Framing.SWITCHED)):
        return None
    fields = list(_fields(head))
    lengths = [length for line, value, plain in fields if _is(line, _LENGTH) for length in _lengths(line, value, plain)]
    coded = [(line, value, plain) for line, value, plain in fields if _is(line, _CODING) and "chunked" in value.lower()]
    if coded:
        every = all(plain for _line, _value, plain in coded)
        last = ",".join(value for line, value, _plain in fields if _is(line, _CODING)).rpartition(",")[2]
        odd = [line for line, value, plain in coded if not plain or value.strip().lower() != "chunked"]
        if not lengths and every and last.strip().lower() == "chunked":
            return None
        line = (odd or [coded[-1][0]])[0]
        chunked = _by_chunks(line, head.end, window) if walk is None else _by_walk(line, walk, window)
        if chunked is None:
            return None
        if lengths:
            return _both(ReadingShape.LINES, chunked, _by_length(lengths[0], head, window), window)
        return _both(ReadingShape.LINE, chunked, _without(head, window), window)
    if not lengths:
        return None
    first = lengths[0]
    unlike = next((length for length in lengths if length.number != first.number), None)
    if unlike is not None:
        one, other = _by_length(first, head, window), _by_length(unlike, head, window)
        return _both(ReadingShape.LINES, one, other, window)
    if not any(length.is_plain for length in lengths):
        return _both(ReadingShape.LINE, _by_length(first, head, window), _without(head, window), window)
    if head.method in _BODILESS and first.number:
        without = _without(head, window)
        if without.follows is Follows.MESSAGE:
            return _both(ReadingShape.BODY, _by_length(first, head, window), without, window)
    return None


def _fields(head: MessageHead) -> Iterator[tuple[bytes, str, bool]]:
    """Line, value and whether every program reads it so, of the fields that say where a message ends."""
    ends_so = head.start_line_length - len(head.start_line) == _LINE_END
    before: HeaderLine | None = None
    for line in head.headers:
        name = line.name.strip(_STRIPPED).lower()
        folded = line.length - len(line.raw) > _LINE_END
        if name in (_LENGTH, _CODING):
            lone = before is not None and ends_so and before.length - len(before.raw) < _LINE_END
            plain = _TOKEN.match(line.raw) is not None and not folded and not lone
            sent = line.raw if not folded else line.raw.partition(b":")[0] + b": " + line.value.encode()
            yield sent, line.value, plain and line.value.isprintable()
        elif folded or "\r" in line.value:
            for match in _HIDDEN.finditer(" " + line.value):
                yield match[1].encode(), match[1].partition(":")[2].strip(), False
        before = line


def _is(line: bytes, name: str) -> bool:
    return line.partition(b":")[0].decode("latin-1").strip(_STRIPPED).lower() == name


def _lengths(line: bytes, value: str, plain: bool) -> Iterator[_Length]:
    for part in value.split(","):
        text = part.strip()
        match = _NUMBER.match(text)
        if match is not None:
            yield _Length(line, int(match[1]), plain and _DIGITS.fullmatch(text) is not None)


def _by_length(length: _Length, head: MessageHead, window: Window) -> Reading:
    return _at(length.line, head.end + length.number, window)


def _without(head: MessageHead, window: Window) -> Reading:
    """As by no field at all (RFC 9112, 6.3, rules 7 and 8)."""
    return Reading(b"", None, Follows.CLOSE) if head.is_response else _at(b"", head.end, window)


def _by_chunks(line: bytes, start: int, window: Window) -> Reading | None:
    """As by chunks from ``start`` on; None where there are too many of them."""
    walk = ChunkWalk(window, start)
    for count, _chunk in enumerate(walk):
        if count >= _CHUNKS_MOST:
            return None
    return _by_walk(line, walk, window)


def _by_walk(line: bytes, walk: ChunkWalk, window: Window) -> Reading:
    if walk.finished:
        return _at(line, walk.end, window)
    cut = next((fault for fault in walk.faults if fault.kind is FaultKind.BODY_CUT), None)
    if cut is None:
        return Reading(line, None, Follows.BROKEN)
    return Reading(line, None, Follows.BYTES if cut.cut is Cut.GAP else Follows.BEYOND)


def _at(line: bytes, end: int, window: Window) -> Reading:
    length = window.direction.length
    if end >= length:
        return Reading(line, end, Follows.END if end == length else Follows.BEYOND)
    behind = parse_head(window.read(end, _LOOKED_AT).lstrip(b"\r\n"))
    # A body may begin with a word as well: a start line of such a form only.
    if behind is None or any(fault.kind is FaultKind.START_LINE for fault in behind.faults):
        return Reading(line, end, Follows.BYTES)
    return Reading(line, end, Follows.MESSAGE, behind.start_line.decode("utf-8", "replace"))


def _both(shape: ReadingShape, one: Reading | None, other: Reading | None, window: Window) -> TwoReadings | None:
    """Both, where it is settled that they differ: the earlier end was captured, and no bytes before it are missing."""
    if one is None or other is None:
        return None
    known = [reading.end for reading in (one, other) if reading.end is not None]
    length = window.direction.length
    if one.end == other.end or not known or min(known) > length:
        return None
    if any(reading.end is None and reading.follows is Follows.BYTES for reading in (one, other)):
        return None
    if Follows.CLOSE in (one.follows, other.follows) and min(known) == length:
        return None  # what was announced came, and then the end
    return TwoReadings(shape, one, other)


def chunk_readings(head: MessageHead, start: int, fault: Fault, window: Window) -> TwoReadings | None:
    """The readings of a chunked body behind ``start`` of which the first odd size line has ``fault``."""
    line_at = _line_start(start, fault.offset, window)
    data = window.read(line_at, CHUNK_LINE_LIMIT)
    lone = min((at for at in (data.find(b"\n"), _lone_return(data)) if at >= 0), default=-1)
    strict = data.find(b"\r\n")
    if fault.kind is FaultKind.CHUNK_SIZE:
        match, digits = _ODD_SIZE.match(data), _HEXADECIMAL.match(data)
        if match is None or strict < 0:
            return None
        line = data[:strict]
        one = _behind(line, int(match[1], 16), line_at + strict + 2, window)
        other = (
            Reading(line, None, Follows.BROKEN) if digits is None
            else _behind(line, int(digits[0], 16), line_at + strict + 2, window)
        )  # fmt: skip
        return _both(ReadingShape.CHUNK, one, other, window)
    ends_so = head.start_line_length - len(head.start_line) == _LINE_END
    size = _HEXADECIMAL.match(data)
    if size is None or not ends_so or lone < 0 or strict < 0 or b";" not in data[:lone]:
        return None  # a program that wants CR LF refuses it, and others agree
    one = _behind(data[:strict], int(size[0], 16), line_at + lone + 1, window)
    other = _behind(data[:strict], int(size[0], 16), line_at + strict + 2, window)
    return _both(ReadingShape.CHUNK, one, other, window)


def _lone_return(data: bytes) -> int:
    """Where the first CR is that no LF follows; -1: nowhere."""
    match = re.search(rb"\r(?=[^\n])", data)
    return -1 if match is None else match.start()


def _line_start(start: int, offset: int, window: Window) -> int:
    """Where the size line begins that has the byte at ``offset``, in a body that begins at ``start``."""
    at = start
    for chunk in ChunkWalk(window, start):
        if chunk.start <= offset < chunk.data_start:
            return chunk.start
        if chunk.end > offset:
            break
        at = chunk.end
    return at


def _behind(line: bytes, size: int, data_at: int, window: Window) -> Reading | None:
    """Where a chunked body ends, of which a chunk has so many bytes from ``data_at`` on."""
    if not size:
        _fields_behind, end, ended, _faults = parse_trailers(window.read(data_at, HEAD_LIMIT), data_at)
        return _at(line, end, window) if ended else Reading(line, None, Follows.BEYOND)
    behind = data_at + size
    if behind + _LINE_END > window.direction.length:
        return Reading(line, None, Follows.BEYOND)
    if window.read(behind, _LINE_END) != b"\r\n":
        return Reading(line, None, Follows.BROKEN)
    return _by_chunks(line, behind + _LINE_END, window)


__all__ = ["Follows", "Reading", "ReadingShape", "TwoReadings", "chunk_readings", "two_readings"]
