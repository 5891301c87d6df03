"""Where the body of a message ends (RFC 9112, 6.3), and contradictions in the head's fields about its length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http.fault import Cut, Fault, FaultKind
from tcptui.protocols.http.head import HEAD_LIMIT, parse_trailers
from tcptui.protocols.http.message import Framing

if TYPE_CHECKING:
    from tcptui.protocols.http.head import HeaderLine, MessageHead
    from tcptui.protocols.http.read_window import Window

#: Most bytes of a chunk's size line with its extensions (RFC 9112, 7.1.1 asks for a limit).
CHUNK_LINE_LIMIT: Final = 4_096
#: Bytes read of a size line at first, also behind a long chunk: nearly always enough.
_SIZE_LINE: Final = 48
_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
#: The reason phrase of proxies that grant a CONNECT (draft-luotonen-web-proxy-tunneling-01, 3.2; as they still say).
GRANTED: Final = b"connection established"
#: Responses that never have a body.
_BODILESS: Final = frozenset({204, 304})


def framing_of(head: MessageHead, asked_method: str) -> tuple[Framing, tuple[Fault, ...]]:
    """How the end of the body after ``head`` is known, and faults in its length fields.

    ``asked_method``: the method of the request that it answers; empty when unknown, and for a request.
    """
    if not head.complete:
        return Framing.UNKNOWN, ()
    faults = tuple(_length_faults(head))
    if head.is_response:
        if head.status == 101 or (200 <= head.status < 300 and _grants_tunnel(head, asked_method)):
            return Framing.SWITCHED, faults
        if asked_method == "HEAD" or head.status < 200 or head.status in _BODILESS:
            return Framing.NONE, faults
    if head.transfer_codings:
        if head.is_chunked:
            return Framing.CHUNKED, faults
        return (Framing.UNTIL_CLOSE if head.is_response else Framing.UNKNOWN), faults
    if any(fault.kind in (FaultKind.LENGTH_CONFLICT, FaultKind.LENGTH_INVALID) for fault in faults):
        return Framing.UNKNOWN, faults
    length = head.content_length
    if length is not None:
        return (Framing.LENGTH if length else Framing.NONE), faults
    return (Framing.UNTIL_CLOSE if head.is_response else Framing.NONE), faults


def _grants_tunnel(head: MessageHead, asked_method: str) -> bool:
    """Whether a response of success answers a CONNECT: where the request is not known, its reason phrase says so."""
    return asked_method == "CONNECT" or (not asked_method and head.phrase.strip().lower().encode() == GRANTED)


def _length_faults(head: MessageHead) -> Iterator[Fault]:
    lines = [line for line in head.headers if line.name.lower() == "content-length"]
    values = head.values("Content-Length")
    if any(not (value.isascii() and value.isdigit() and len(value) < 19) for value in values) or (lines and not values):
        yield Fault(FaultKind.LENGTH_INVALID, lines[0].start, lines[0].length)
    elif len({int(value) for value in values}) > 1:
        yield Fault(FaultKind.LENGTH_CONFLICT, lines[-1].start, lines[-1].length)
    elif len(values) > 1:
        yield Fault(FaultKind.LENGTH_REPEATED, lines[-1].start, lines[-1].length)
    coded = [line for line in head.headers if line.name.lower() == "transfer-encoding"]
    if coded and lines:
        yield Fault(FaultKind.LENGTH_AND_CHUNKED, lines[0].start, lines[0].length)
    if coded and not head.is_chunked:
        yield Fault(FaultKind.CODING_UNKNOWN, coded[-1].start, coded[-1].length)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a chunked body; offsets in the byte stream."""

    start: int
    data_start: int
    size: int
    end: int
    """Offset behind the line end that closes it."""


class ChunkWalk:
    """Iterates over the chunks of a body; afterwards its attributes say how the body ended."""

    def __init__(self, window: Window, start: int) -> None:
        self._window = window
        self.end = start
        """Offset behind the last byte read as part of the body."""
        self.last_start = start
        """Offset of the last chunk (size 0), once `finished`."""
        self.finished = False
        """The last chunk and the end of the trailers were captured."""
        self.lost = False
        """The end of the body is unknown: what follows cannot be parsed as chunks."""
        self.trailers: tuple[HeaderLine, ...] = ()
        self.faults: list[Fault] = []

    def __iter__(self) -> Iterator[Chunk]:
        """Yield the chunks with data, without the last one (size 0)."""
        window = self._window
        stop = window.direction.length
        while True:
            line = window.read(self.end, _SIZE_LINE, _SIZE_LINE)
            if len(line) == _SIZE_LINE and b"\n" not in line:
                line = window.read(self.end, CHUNK_LINE_LIMIT)
            match = _CHUNK_LINE.match(line)
            if match is None:
                self._no_size(line)
                return
            data_start, size = self.end + match.end(), int(match[1], 16)
            if (returns := match.group().count(b"\r")) != 1:
                self._blame(FaultKind.BARE_CR if returns else FaultKind.BARE_LF, data_start - 1)
            if size == 0:
                self.last_start = self.end
                self._trailers(data_start)
                return
            behind = data_start + size
            if behind > stop:
                yield Chunk(self.end, data_start, stop - data_start, stop)
                self._cut(stop, behind - stop)
                return
            ending = window.read(behind, 2, _SIZE_LINE)
            width = 2 if ending == b"\r\n" else int(ending[:1] == b"\n")
            yield Chunk(self.end, data_start, size, behind + width)
            if width == 0:
                self._no_end(behind, ending)
                return
            self.end = behind + width

    def _blame(self, kind: FaultKind, offset: int) -> None:
        if not any(fault.kind is kind for fault in self.faults):
            self.faults.append(Fault(kind, offset, 1))

    def _cut(self, offset: int, missing: int = 0) -> None:
        cut = self._window.cut_at(offset)
        self.faults.append(Fault(FaultKind.BODY_CUT, offset, missing, cut))
        self.end = offset
        self.lost = cut is Cut.GAP

    def _no_size(self, line: bytes) -> None:
        ended = len(line) < CHUNK_LINE_LIMIT and b"\n" not in line
        if ended and re.fullmatch(rb"(?:[0-9A-Fa-f]{1,15}(?:[ \t;][^\n]*)?\r?)?", line):
            self._cut(self.end + len(line))
            return
        self.faults.append(Fault(FaultKind.CHUNK_SIZE, self.end, min(len(line), 16)))
        self.lost = True

    def _no_end(self, behind: int, ending: bytes) -> None:
        if ending in (b"", b"\r"):
            self._cut(behind + len(ending))
            return
        self.faults.append(Fault(FaultKind.CHUNK_END, behind, 2))
        self.end, self.lost = behind, True

    def _trailers(self, start: int) -> None:
        data = self._window.read(start, HEAD_LIMIT)
        self.trailers, self.end, ended, faults = parse_trailers(data, start)
        self.faults.extend(faults)
        if ended:
            self.finished = True
        elif len(data) < HEAD_LIMIT:
            self._cut(start + len(data))
        else:
            self.faults.append(Fault(FaultKind.HEAD_TOO_LONG, start, len(data)))
            self.lost = True
