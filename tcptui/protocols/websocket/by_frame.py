"""WebSocket frames by the packet that completed them, for the header tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tcptui.protocols.interface import Unit
from tcptui.protocols.stream.touching import touched
from tcptui.protocols.websocket.frames import Fault, Frame

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace
    from tcptui.protocols.websocket.conversation import Direction, WebSocketConversation
    from tcptui.protocols.websocket.messages import WebSocketMessage


@dataclass(frozen=True, slots=True)
class PlacedFrame:
    """One WebSocket frame and the message that it belongs to."""

    way: Direction
    frame: Frame
    group: int
    """Index of its message in `Direction.groups`."""
    is_last: bool
    """It is the last frame of its message."""

    @property
    def message(self) -> WebSocketMessage:
        """The message that the frame belongs to; reads its payload."""
        return self.way.message(self.group)

    @property
    def faults(self) -> list[Fault]:
        """The faults within its bytes."""
        return [fault for fault in self.way.faults if self.frame.start <= fault.offset < max(self.frame.stop, 1)]


class WebSocketPlaces:
    """Finds the WebSocket frames of a conversation by packet."""

    def __init__(self, talk: WebSocketConversation, directions: tuple[ByteStream, ByteStream]) -> None:
        self.talk = talk
        self._directions = directions

    @cached_property
    def _by_packet(self) -> dict[int, list[PlacedFrame]]:
        found: dict[int, list[PlacedFrame]] = {}
        for way, direction in zip(self.talk.directions, self._directions, strict=True):
            placed = [
                PlacedFrame(way, frame, number, frame is group[-1])
                for number, group in enumerate(way.groups)
                for frame in group
            ]
            for one in sorted(placed, key=lambda one: one.frame.start):
                found.setdefault(_completed_by(direction, one.frame), []).append(one)
        return found

    def shown_in(self, packet: int) -> list[PlacedFrame]:
        """The frames that ``packet`` completed, in order; an incomplete frame counts where its last byte came."""
        return self._by_packet.get(packet, [])

    def units(self, place: SegmentPlace) -> list[Unit]:
        """The frames of which the segment carries at least one byte, in order, each with the packet that shows it."""
        frames = touched(
            self.talk.directions[place.direction.side].frames, place.start, place.stop, lambda one: one.stop
        )
        return [Unit(one.start, one.stop, _completed_by(place.direction, one), one.length_bytes) for one in frames]


def _completed_by(direction: ByteStream, frame: Frame) -> int:
    """The number of the packet that completed ``frame``, or that brought its last byte where it is not whole."""
    return direction.delivered_frame(min(frame.stop, direction.length) - 1)
