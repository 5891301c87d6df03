"""One connection parsed as HTTP/1.x, with its server-sent events and WebSocket frames: the `ParsedStream` of HTTP."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.event_stream.by_frame import PlacedEvent, events_by_packet
from tcptui.protocols.http.conversation import CONNECTED, HttpMessage, SkipReason, conversation
from tcptui.protocols.http.parts import HttpParts
from tcptui.protocols.http.requests import Disputed, exchange_of
from tcptui.protocols.http.tshark_pairs import Pair, tshark_pairs
from tcptui.protocols.interface import UNIT_LIMIT, Extent, Unit
from tcptui.protocols.stream.touching import touched
from tcptui.protocols.websocket.by_frame import WebSocketPlaces
from tcptui.protocols.websocket.conversation import websocket_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.conversation import HttpConversation
    from tcptui.protocols.interface import CarryingStream, Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace


def parse_http(client: ByteStream, server: ByteStream, limit: int) -> HttpStream | CarryingStream | None:
    """The parsed connection, at most ``limit`` messages; None when it is not HTTP/1.x.

    Behind a CONNECT that a proxy granted it is TLS where that is what both ends say, else what is said in the tunnel.
    """
    stream = HttpStream(client, server, limit)
    said = stream.conversation
    if said.switched_to == CONNECTED:
        from tcptui.protocols.tls.parse import parse_starttls  # most captures have no proxy

        tls = parse_starttls(client, server, limit)
        if tls is not None:
            tls.before = stream
            return tls
        from tcptui.protocols.http.tunnel import behind_connect
        from tcptui.protocols.http.tunnel_stream import TunnelStream

        inside = behind_connect(said, client, server)
        if inside is not None and any(len(direction.captured) for direction in inside):
            return TunnelStream(stream, inside)
    return stream if said else None


class HttpStream:
    """The `ParsedStream` of HTTP."""

    def __init__(self, client: ByteStream, server: ByteStream, limit: int = UNIT_LIMIT) -> None:
        self.directions = (client, server)
        self._limit = limit

    @cached_attribute
    def conversation(self) -> HttpConversation:
        """The messages; parsed on first use."""
        return conversation(*self.directions, limit=self._limit)

    @cached_property
    def websocket(self) -> WebSocketPlaces | None:
        """The WebSocket frames after an upgrade, by packet; None without a valid upgrade."""
        talk = websocket_in(self.conversation, *self.directions)
        return None if talk is None else WebSocketPlaces(talk, self.directions)

    @cached_property
    def events(self) -> dict[int, list[PlacedEvent]]:
        """The server-sent events by the frame with which each became readable."""
        return events_by_packet(self.conversation)

    @cached_property
    def _by_frame(self) -> dict[int, list[HttpMessage]]:
        shown: dict[int, list[HttpMessage]] = {}
        for message in self.conversation.messages:
            shown.setdefault(message.shown_frame, []).append(message)
        return shown

    @cached_property
    def tshark_pairs(self) -> dict[int, Pair]:
        """How tshark pairs the messages, by frame."""
        return tshark_pairs(self.conversation.messages)

    @cached_property
    def _of_direction(self) -> tuple[list[HttpMessage], list[HttpMessage]]:
        sides: tuple[list[HttpMessage], list[HttpMessage]] = ([], [])
        for message in self.conversation.messages:
            sides[message.from_server].append(message)
        for side in sides:
            side.sort(key=lambda message: message.start)
        return sides

    def shown_in(self, frame: int) -> list[HttpMessage]:
        """The messages that the header tree of ``frame`` shows, in order."""
        return sorted(self._by_frame.get(frame, []), key=lambda message: message.start)

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        found = [Unit(one.start, one.body_end, one.shown_frame) for one in self.touched_by(place)]
        return found if self.websocket is None else [*found, *self.websocket.units(place)]

    def touched_by(self, place: SegmentPlace) -> list[HttpMessage]:
        """The messages of which the segment carries at least one byte, in order."""
        messages = self._of_direction[place.direction.side]
        return touched(messages, place.start, place.stop, lambda message: message.body_end)

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        said = self.conversation
        return Extent(len(said.messages), any(one.reason is SkipReason.LIMIT for one in said.skipped))

    def was_left_out(self, place: SegmentPlace) -> bool:
        """Whether reading stopped before the segment because of the limit on messages."""
        return any(
            one.reason is SkipReason.LIMIT
            and one.from_server == bool(place.direction.side)
            and one.start <= place.start
            for one in self.conversation.skipped
        )

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.http.tree import add_http  # imported late: a report needs no tree

        return add_http(dissection, place, self)

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        return HttpParts(self.conversation, self.directions).parts()

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`: method and target as the operation, and the status."""
        doubts = Disputed()
        for message in self.conversation.messages:
            if not message.head.is_response:
                doubts.add(message)
                yield exchange_of(message, message.response, doubts)
            elif message.request is None:
                yield exchange_of(None, message)
