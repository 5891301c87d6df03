"""Parses server-sent events (WHATWG HTML, 9.2) from a response's body, each with the packets that carried it.

An event's time is when the receiver *could first have shown* it: when the last byte of the empty line behind it
had arrived, together with everything before it, and, for a compressed body, when the decompressor could output
that byte.  So the parser is fed with pieces and the time at which each became readable, and an event has the
time of the piece that completes it.

The parser is our own because it must know the offset and packet of each event; it follows the standard's
grammar: CR, LF or CR LF end a line, one BOM may come first, and without an empty line behind it nothing is an event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.http.body import DecodedPiece

#: Most events kept of one stream; the others are only counted.
MAX_STORED_EVENTS: Final = 10_000
#: Most characters kept of an event's data; longer data is cut.
MAX_STORED_DATA: Final = 65_536
#: Most bytes kept of a line; longer lines are cut, as the standard has no limit.
LINE_LIMIT: Final = 1 << 20
#: Most decoded bytes read of one stream.
BODY_LIMIT: Final = 64 << 20
#: Events less than this after the first event of a burst belong to it: a person cannot tell them apart.
BURST_NS: Final = 100_000_000

_BOM: Final = b"\xef\xbb\xbf"
_LINE_END: Final = re.compile(rb"[\r\n]")
MEDIA_TYPE: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event as a client dispatches it; offsets count from the first byte of the decoded body."""

    kind: str
    """The ``event`` field; ``message`` when there was none."""
    data: str
    """The ``data`` lines, joined by line feeds; cut at `MAX_STORED_DATA`."""
    last_id: str
    """The stream's last event id when this event was dispatched."""
    start: int
    stop: int
    first_frame: int
    """The frame that brought its first byte."""
    frame: int
    """The frame that completed it."""
    time_ns: int
    """When it could first have been shown, in ns since the epoch."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Events that became readable at about the same time, within `BURST_NS`."""

    first: int
    """Index of the first event."""
    count: int
    time_ns: int
    """Time of the first event."""
    until_ns: int
    """Time of the last event."""


@dataclass(slots=True)
class EventStream:
    """The events of one stream parsed so far."""

    events: list[ServerEvent] = field(default_factory=list)
    """The first `MAX_STORED_EVENTS` events."""
    dispatched: int = 0
    """Number of all events, kept or not."""
    comments: int = 0
    """Number of comment lines."""
    retry_ms: int | None = None
    """The last reconnection time that the server set."""
    unfinished: int = 0
    """Number of bytes behind the last empty line: the beginning of an event that is dropped unless it is completed."""
    not_utf8: int = -1
    """Offset of the first event with a line that is not UTF-8; -1 when all are."""
    stopped: bool = False
    """Reading stopped at `BODY_LIMIT`."""

    @property
    def bursts(self) -> list[Burst]:
        """The kept events grouped: events within `BURST_NS` of the first of a group belong to it."""
        found: list[Burst] = []
        for index, event in enumerate(self.events):
            last = found[-1] if found else None
            if last is not None and event.time_ns - last.time_ns < BURST_NS:
                found[-1] = Burst(last.first, last.count + 1, last.time_ns, event.time_ns)
            else:
                found.append(Burst(index, 1, event.time_ns, event.time_ns))
        return found


class EventReader:
    """Parses events from pieces; `stream` holds the result so far."""

    def __init__(self) -> None:
        self.stream = EventStream()
        self._line = bytearray()
        self._offset = 0
        """Number of decoded bytes parsed."""
        self._after_cr = False
        self._is_first_line = True
        self._began = 0
        """Offset at which the current event begins."""
        self._began_frame = 0
        self._data: list[str] = []
        self._data_size = 0
        self._has_data = False
        self._kind = ""
        self._id = ""
        self._latest_ns = 0

    def feed(self, piece: DecodedPiece) -> list[ServerEvent]:
        """The events that this piece completes."""
        stream, data = self.stream, piece.data
        # A piece may have passed before one in front of it that was resent: an event needs both.
        self._latest_ns = max(self._latest_ns, piece.time_ns)
        before, at = stream.dispatched, 0
        if self._offset + len(data) > BODY_LIMIT:
            stream.stopped = True
            return []
        if self._after_cr and data:
            self._after_cr = False
            at = 1 if data[:1] == b"\n" else 0
            self._began += at if self._began == self._offset else 0
        base, kept = self._offset, len(stream.events)
        while at < len(data):
            found = _LINE_END.search(data, at)
            end = found.start() if found else -1
            if self._began_frame == 0 or self._began == base + at:
                self._began_frame = piece.frame
            if end < 0:
                self._take(data[at:])
                break
            self._take(data[at:end])
            at = end + 1
            if data[end] == 0x0D:
                self._after_cr = at == len(data)
                at += data[at : at + 1] == b"\n"
            self._end_line(base + at, piece.frame)
        self._offset = base + len(data)
        stream.unfinished = self._offset - self._began
        return stream.events[kept:] if stream.dispatched > before else []

    def _take(self, part: bytes) -> None:
        if len(self._line) < LINE_LIMIT:
            self._line += part[: LINE_LIMIT - len(self._line)]

    def _end_line(self, stop: int, frame: int) -> None:
        raw = bytes(self._line)
        self._line.clear()
        if self._is_first_line:
            self._is_first_line = False
            raw = raw.removeprefix(_BOM)
        if not raw:
            self._dispatch(stop, frame)
            return
        name, colon, value = raw.partition(b":")
        if not name and colon:
            self.stream.comments += 1
            return
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        if self.stream.not_utf8 < 0 and "\ufffd" in text and not _is_utf8(value):
            self.stream.not_utf8 = self._began
        if name == b"data":
            self._has_data = True
            if self._data_size < MAX_STORED_DATA:
                self._data.append(text[: MAX_STORED_DATA - self._data_size])
                self._data_size += len(text) + 1
        elif name == b"event":
            self._kind = text[:256]
        elif name == b"id" and "\0" not in text:
            self._id = text[:256]
        elif name == b"retry" and text.isascii() and text.isdigit() and len(text) < 12:
            self.stream.retry_ms = int(text)

    def _dispatch(self, stop: int, frame: int) -> None:
        stream = self.stream
        if self._has_data:
            stream.dispatched += 1
            if len(stream.events) < MAX_STORED_EVENTS:
                event = ServerEvent(
                    kind=self._kind or "message",
                    data="\n".join(self._data),
                    last_id=self._id,
                    start=self._began,
                    stop=stop,
                    first_frame=self._began_frame,
                    frame=frame,
                    time_ns=self._latest_ns,
                )
                stream.events.append(event)
        self._data, self._data_size, self._has_data, self._kind = [], 0, False, ""
        self._began, self._began_frame = stop, 0


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def each_event(pieces: Iterable[DecodedPiece]) -> Iterator[ServerEvent]:
    """The events of a body one by one, as they complete; stops at `BODY_LIMIT`."""
    reader = EventReader()
    for piece in pieces:
        yield from reader.feed(piece)
        if reader.stream.stopped:
            return
