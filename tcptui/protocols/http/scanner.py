"""Scans one direction for HTTP messages, also past broken or missing bytes."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.model.packet_store import I64
from tcptui.protocols.http.fault import Cut, Fault, FaultKind
from tcptui.protocols.http.framing import ChunkWalk, framing_of
from tcptui.protocols.http.head import HEAD_LIMIT, parse_head
from tcptui.protocols.http.message import Framing, HttpMessage, Skipped, SkipReason
from tcptui.protocols.http.read_window import SEQUENTIAL_READ, Window
from tcptui.protocols.http.two_readings import Follows, chunk_readings, two_readings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.http.head import MessageHead
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes searched for the first start line in a direction that is not known to be HTTP …
FIRST_BYTES: Final = 65_536
#: … and, once it is known, for the next start line behind a message.
SEARCHED_BYTES: Final = 64 << 20
#: Longest request target that the search finds.
_TARGET_LIMIT: Final = 8_192
#: Bytes by which searched blocks overlap: a start line may lie across their border.
_OVERLAP: Final = _TARGET_LIMIT + 600
_HEAD_SIZES: Final = (2_048, 16_384, HEAD_LIMIT)
#: Faults of a chunk's size line by which it may have two readings.
_ODD_CHUNKS: Final = (FaultKind.BARE_LF, FaultKind.BARE_CR, FaultKind.CHUNK_SIZE)
_VERSION: Final = b"HTTP/1."
_RESPONSE_AT: Final = re.compile(rb"HTTP/1\.[0-9] [1-5][0-9][0-9](?: [^\r\n]{0,512})?\r?\n(?:[!-9;-~]+:|\r?\n)")
_REQUEST_BEFORE: Final = re.compile(
    rb"(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND) [^\x00-\x20]+ \Z"
)
_VERSION_TAIL: Final = re.compile(rb"HTTP/1\.[0-9]\r?\n(?:[!-9;-~]+:|\r?\n)")
#: PROXY protocol (haproxy.org/download/1.8/doc/proxy-protocol.txt), versions 1 and 2.
_PROXY_V1: Final = re.compile(rb"PROXY (?:TCP4|TCP6|UNKNOWN)[^\r\n]{0,90}\r\n")
_PROXY_V2: Final = b"\r\n\r\n\x00\r\nQUIT\n"


class MessageScanner:
    """Reads the messages of ``direction``; never holds more of its bytes than one `Window`."""

    def __init__(self, direction: ByteStream) -> None:
        self.direction = direction
        self.window = Window(direction)
        self.position = 0
        """Offset at which the next message is expected."""
        self.skipped: list[Skipped] = []
        self.resynchronised = False
        """Bytes are missing between the last message and the last head found."""
        self._count = 0
        self._previous: HttpMessage | None = None
        self._open_ended = False
        """The previous message has no known end: it ends where the next one begins."""
        self._walk: ChunkWalk | None = None
        """Over the chunks of the message that is being made."""

    @property
    def from_server(self) -> bool:
        """Whether this is the server's direction."""
        return self.direction.side == 1

    # -- finding heads -------------------------------------------------------------------
    def next_head(self, *, known: bool = True) -> MessageHead | None:
        """The next message's head; None without one.

        Bytes before it are listed as skipped, or become a fault of the previous message.  If the direction is
        not ``known`` to be HTTP, only `FIRST_BYTES` are searched, and only where segments begin.
        """
        begin = self.position
        at = self._after_line_ends(begin)
        head = self._head_at(at)
        if head is None:
            if self._previous is None:
                at = self._after_proxy_header(begin)
                head = self._head_at(at) if at > begin else None
            if head is None:
                head = self._search(begin, SEARCHED_BYTES if known else FIRST_BYTES, known)
            self._account(begin, self.direction.length if head is None else head.start, found=head is not None)
        else:
            self.resynchronised = False
            self._end_previous(begin)
        if head is None:
            self.position = self.direction.length
        return head

    def peek(self) -> bool:
        """Whether a message begins exactly where the next one is expected."""
        return self._head_at(self._after_line_ends(self.position)) is not None

    def _after_line_ends(self, at: int) -> int:
        """The offset behind empty lines at ``at``, which are to be ignored before a start line (RFC 9112, 2.2)."""
        while (data := self.window.read(at, 64))[:1] in (b"\r", b"\n"):
            rest = data.lstrip(b"\r\n")
            at += len(data) - len(rest)
            if rest:
                break
        return at

    def _after_proxy_header(self, at: int) -> int:
        data = self.window.read(at, 512)
        if match := _PROXY_V1.match(data):
            return at + match.end()
        if data.startswith(_PROXY_V2) and len(data) >= 16:
            return at + 16 + int.from_bytes(data[14:16], "big")
        return at

    def _head_at(self, at: int) -> MessageHead | None:
        for size in _HEAD_SIZES:
            data = self.window.read(at, size)
            head = parse_head(data, 0, at)
            if head is None and (b"\n" in data or len(data) < size):
                return None
            if head is not None and (head.complete or len(data) < size or size == HEAD_LIMIT):
                return head
        return None

    def _search(self, begin: int, searched: int, anywhere: bool) -> MessageHead | None:
        """The next head from ``begin`` on: a valid start line, followed by a field line or the empty line.

        Only where a segment begins, or ``anywhere``; then also an incomplete head in a segment right after a gap.
        """
        at, limit = begin, min(begin + searched, self.direction.length)
        while at < limit:
            data = self.window.read(at, SEQUENTIAL_READ)
            found = data.find(_VERSION)
            while found >= 0:
                start = self._start_around(data, found, at)
                if start is not None and start >= begin and (anywhere or self._begins_segment(start)):
                    head = self._head_at(start)
                    if head is not None and not any(fault.kind is FaultKind.START_LINE for fault in head.faults):
                        return head
                found = data.find(_VERSION, found + 1)
            if len(data) == SEQUENTIAL_READ:
                at += SEQUENTIAL_READ - _OVERLAP
            elif data or self.window.past_gap(at) > at:
                at = self.window.past_gap(at + len(data))
                # In truncated packets there may be no complete line at all.
                head = self._head_at(at) if anywhere and self._begins_segment(at) else None
                if head is not None:
                    return head
            else:
                return None  # the spool file was truncated
        return None

    def _start_around(self, data: bytes, found: int, base: int) -> int | None:
        """Offset of the start line whose ``HTTP/1.`` is at ``data[found]``; None when it is no start line."""
        if _RESPONSE_AT.match(data, found):
            return base + found
        if not _VERSION_TAIL.match(data, found) or data[found - 1 : found] != b" ":
            return None
        low = max(data.rfind(b"\n", 0, found) + 1, found - _TARGET_LIMIT, 0)
        match = _REQUEST_BEFORE.search(data[low:found])
        if match:
            return base + low + match.start()
        at = int(np.searchsorted(self._segment_starts, base + found, side="right")) - 1
        return max(base + low, int(self._segment_starts[at]) if at >= 0 else 0)

    @cached_property
    def _segment_starts(self) -> I64:
        return sorted_unique(self.direction.segments.start)

    def _begins_segment(self, offset: int) -> bool:
        at = int(np.searchsorted(self._segment_starts, offset))
        return at < len(self._segment_starts) and int(self._segment_starts[at]) == offset

    def _account(self, begin: int, stop: int, *, found: bool) -> None:
        """List the bytes from ``begin`` to ``stop`` as skipped, or add them to the previous message."""
        first_missing, missing = self.window.missing(begin, stop)
        self.resynchronised = missing > 0
        previous = self._previous
        if stop <= begin:
            self._end_previous(begin)
            return
        if previous is None:
            self.skipped.append(Skipped(self.from_server, begin, stop, SkipReason.BEGINNING))
        elif self._open_ended:
            self._end_previous(stop)
        else:
            self._end_previous(begin)
            if first_missing > begin:
                fault = Fault(FaultKind.EXTRA_BYTES, begin, first_missing - begin)
                previous.faults = (*previous.faults, fault)
            reason = SkipReason.GAP if missing else SkipReason.GARBAGE
            if not found and stop - begin > SEARCHED_BYTES:
                reason = SkipReason.LIMIT
            self.skipped.append(Skipped(self.from_server, begin, stop, reason))

    # -- making messages -----------------------------------------------------------------
    def message(self, head: MessageHead, asked_method: str = "") -> HttpMessage:
        """The message of ``head``, the last one that `next_head` returned; `position` moves behind it."""
        framing, faults = framing_of(head, asked_method)
        if framing is Framing.LENGTH and head.is_response and not asked_method and self._another_follows(head.end):
            framing = Framing.NONE  # the request, which was not captured, was HEAD
        found = [*head.faults, *faults]
        first_frame, first_ns = self.window.carried_by(head.start)
        made = HttpMessage(
            direction=self.direction, from_server=self.from_server, number=self._count, head=head, framing=framing,
            body_start=head.end, body_end=head.end, body_length=0, complete=head.complete, faults=(),
            first_frame=first_frame, first_ns=first_ns,
        )  # fmt: skip
        self._open_ended = framing is Framing.UNKNOWN
        if not head.complete:
            found.append(self._cut_head(head))
        elif framing is Framing.LENGTH:
            found += self._measure_length(made)
        elif framing is Framing.CHUNKED:
            found += self._measure_chunks(made)
        elif framing is Framing.UNTIL_CLOSE:
            found += self._measure_until_close(made)
        made.faults = tuple(found)
        self._read_otherwise(made)
        self._stamp(made)
        self.position = min(made.body_end, self.direction.length)
        self._previous = made
        self._count += 1
        return made

    def _read_otherwise(self, made: HttpMessage) -> None:
        """Add the other reading of where it ends, if there is one; where none counts more, it ends before a message."""
        head, walk = made.head, self._walk
        made.readings = two_readings(head, made.framing, self.window, walk)
        if walk is not None and made.readings is None:
            odd = next((fault for fault in walk.faults if fault.kind in _ODD_CHUNKS), None)
            made.readings = None if odd is None else chunk_readings(head, made.body_start, odd, self.window)
        self._walk = None
        if made.framing is Framing.UNKNOWN and made.readings is not None:
            ends = (one.end for one in made.readings[1:] if one.follows is Follows.MESSAGE)
            made.body_end = next((end for end in ends if end is not None), made.body_end)
            made.body_length = made.body_end - made.body_start
            self._open_ended = made.body_end == made.body_start

    def message_at(self, start: int) -> HttpMessage | None:
        """The message with a body that was found at offset ``start`` before, parsed without those before it."""
        head = self._head_at(start)
        return None if head is None else self.message(head, "GET")

    def _another_follows(self, at: int) -> bool:
        return _RESPONSE_AT.match(self.window.read(at, 1_024)) is not None

    def _cut_head(self, head: MessageHead) -> Fault:
        data = self.window.read(head.start, HEAD_LIMIT)
        if len(data) == HEAD_LIMIT:
            return Fault(FaultKind.HEAD_TOO_LONG, head.start, HEAD_LIMIT)
        stop = head.start + len(data)
        return Fault(FaultKind.HEAD_CUT, stop, 0, self.window.cut_at(stop))

    def _measure_length(self, message: HttpMessage) -> Iterator[Fault]:
        length = message.head.content_length or 0
        end = message.body_start + length
        message.body_end, message.body_length = end, length
        yield from self._holes(message, min(end, self.direction.length))
        if end > self.direction.length:
            message.complete = False
            cut = self.window.cut_at(self.direction.length)
            yield Fault(FaultKind.BODY_CUT, self.direction.length, end - self.direction.length, cut)

    def _holes(self, message: HttpMessage, stop: int) -> Iterator[Fault]:
        first, missing = self.window.missing(message.body_start, stop)
        if missing:
            message.complete = False
            cut = self.window.cut_at(first)
            yield Fault(FaultKind.BODY_GAP if cut is Cut.GAP else FaultKind.BODY_CUT, first, missing, cut)

    def _measure_chunks(self, message: HttpMessage) -> Iterator[Fault]:
        self._walk = walk = ChunkWalk(self.window, message.body_start)
        message.body_length = sum(chunk.size for chunk in walk)
        message.body_end, message.trailers = walk.end, walk.trailers
        message.complete = walk.finished
        self._open_ended = walk.lost
        yield from walk.faults
        if not any(fault.kind is FaultKind.BODY_CUT for fault in walk.faults):
            yield from self._holes(message, walk.end)

    def _measure_until_close(self, message: HttpMessage) -> Iterator[Fault]:
        message.body_end = self.direction.length
        message.body_length = message.body_end - message.body_start
        yield from self._holes(message, message.body_end)
        if message.complete and self.window.cut_at(self.direction.length) is Cut.CAPTURE_END:
            message.complete = False
            yield Fault(FaultKind.BODY_CUT, self.direction.length, 0, Cut.CAPTURE_END)

    def _end_previous(self, stop: int) -> None:
        """Set the end of an open-ended previous message to ``stop``, where the next one begins."""
        previous = self._previous
        if previous is None or not self._open_ended:
            return
        previous.body_end = max(stop, previous.body_start)
        if previous.framing is Framing.UNKNOWN:
            previous.body_length = previous.body_end - previous.body_start
        self._open_ended = False
        self._stamp(previous)

    def _stamp(self, message: HttpMessage) -> None:
        last = max(min(message.body_end, self.direction.length) - 1, message.start)
        message.last_frame, message.last_ns = self.direction.delivered_frame(last), self.direction.delivered_ns(last)

    def leave(self, reason: SkipReason) -> None:
        """Stop reading; the rest is listed as skipped for ``reason``."""
        if self.position < self.direction.length:
            self.skipped.append(Skipped(self.from_server, self.position, self.direction.length, reason))
        self.position = self.direction.length
