"""The HTTP messages of one stream, and which frames hold them: what the header tree asks for."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tcptui.protocols.event_stream.by_frame import PlacedEvent, events_by_packet
from tcptui.protocols.http.conversation import HttpMessage, SkipReason, conversation
from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.protocols.stream.segments import Segments
from tcptui.protocols.websocket.by_frame import WebSocketPlaces
from tcptui.protocols.websocket.conversation import websocket_in

if TYPE_CHECKING:
    from tcptui.protocols.http.conversation import HttpConversation


@dataclass(frozen=True, slots=True)
class SegmentPlace:
    """Which bytes of which half one segment carries."""

    half: ByteStream
    start: int
    stop: int
    first_copy: bool
    """It brought at least one byte that had not passed before."""


def shown_frame(message: HttpMessage) -> int:
    """The frame whose header tree shows ``message``.

    Wireshark dissects a message at its last segment.  One that never became whole it does not
    show at all; here it stands where its head had arrived.
    """
    if message.complete:
        return message.last_frame
    return message.half.delivered_frame(max(message.head.end - 1, message.start))


def shown_ns(message: HttpMessage) -> int:
    """The time of `shown_frame`."""
    if message.complete:
        return message.last_ns
    return message.half.delivered_ns(max(message.head.end - 1, message.start))


class StreamMessages:
    """All messages of one connection, by frame."""

    def __init__(self, client: ByteStream, server: ByteStream) -> None:
        self._halves = (client, server)
        self._ends: dict[int, list[int]] = {}

    @cached_property
    def conversation(self) -> HttpConversation:
        """The messages; read when first asked for."""
        return conversation(*self._halves)

    def __bool__(self) -> bool:
        return bool(self.conversation)

    @cached_property
    def websocket(self) -> WebSocketPlaces | None:
        """What was said after an upgrade to WebSocket, by frame; None without one."""
        talk = websocket_in(self.conversation, *self._halves)
        return None if talk is None else WebSocketPlaces(talk, self._halves)

    @cached_property
    def events(self) -> dict[int, list[PlacedEvent]]:
        """Server-sent events by the frame with which each could first be read."""
        return events_by_packet(self.conversation)

    @cached_property
    def _by_frame(self) -> dict[int, list[HttpMessage]]:
        shown: dict[int, list[HttpMessage]] = {}
        for message in self.conversation.messages:
            shown.setdefault(shown_frame(message), []).append(message)
        return shown

    @cached_property
    def _of_half(self) -> tuple[list[HttpMessage], list[HttpMessage]]:
        sides: tuple[list[HttpMessage], list[HttpMessage]] = ([], [])
        for message in self.conversation.messages:
            sides[message.from_server].append(message)
        for side in sides:
            side.sort(key=lambda message: message.start)
        return sides

    def place(self, row: int, frame: int) -> SegmentPlace | None:
        """Where the segment in ``row`` stands; None when it carries no byte of either half."""
        for half in self._halves:
            span = half.range_of_row(row)
            if span is not None:
                return SegmentPlace(half, *span, first_copy=frame in half.frames_of(*span))
        return None

    def shown_in(self, frame: int) -> list[HttpMessage]:
        """The messages that the tree of ``frame`` shows, in order."""
        return sorted(self._by_frame.get(frame, []), key=lambda message: message.start)

    def touched_by(self, place: SegmentPlace) -> list[HttpMessage]:
        """The messages of which the segment carries at least one byte, in order."""
        messages = self._of_half[place.half.side]
        at = max(bisect_right(messages, place.start, key=lambda message: message.start) - 1, 0)
        found = []
        for message in messages[at:]:
            if message.start >= place.stop:
                break
            if message.body_end > place.start:
                found.append(message)
        return found

    def was_left_out(self, place: SegmentPlace) -> bool:
        """Whether there were too many messages to read as far as this segment."""
        return any(
            one.reason is SkipReason.LIMIT and one.from_server == bool(place.half.side) and one.start <= place.start
            for one in self.conversation.skipped
        )


def segment_messages(payload: bytes, length: int, row: int, frame: int, time_ns: int) -> StreamMessages:
    """The messages within one segment, for a packet without its stream; ``length`` is that on the wire."""
    one = np.ones(1, np.int64)
    segments = Segments(
        rows=np.array([row], np.int32), frame=np.array([frame], np.uint32), time_ns=one * time_ns,
        start=one * 0, stop=one * length, held=one * len(payload),
        fin=-1, acknowledged=-1, reset=False, from_start=False, first_seq=1,
    )  # fmt: skip
    none = np.empty(0, np.int64)
    silent = Segments(
        rows=none.astype(np.int32), frame=none.astype(np.uint32), time_ns=none, start=none, stop=none, held=none,
        fin=-1, acknowledged=-1, reset=False, from_start=False, first_seq=1,
    )  # fmt: skip
    return StreamMessages(ByteStream(0, segments, lambda _row: payload), ByteStream(1, silent, lambda _row: b""))
