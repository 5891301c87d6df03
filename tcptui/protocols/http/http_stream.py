"""One connection parsed as HTTP/1.x, with its server-sent events and WebSocket frames: the `ParsedStream` of HTTP."""

from __future__ import annotations

import heapq
from functools import cached_property
from typing import TYPE_CHECKING

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.event_stream.by_frame import PlacedEvent, events_by_packet
from tcptui.protocols.event_stream.parser import MEDIA_TYPE, each_event
from tcptui.protocols.http.body import Body, body_of, decoded_pieces
from tcptui.protocols.http.conversation import CONNECTED, HttpMessage, SkipReason, conversation
from tcptui.protocols.http.message import Framing
from tcptui.protocols.http.requests import Disputed, exchange_of
from tcptui.protocols.http.tshark_pairs import Pair, tshark_pairs
from tcptui.protocols.interface import UNIT_LIMIT, Extent, Unit
from tcptui.protocols.parts import Label, Part, PartText, exact_part, frame_at, once
from tcptui.protocols.stream.conversation import chunks
from tcptui.protocols.stream.touching import touched
from tcptui.protocols.websocket.by_frame import WebSocketPlaces
from tcptui.protocols.websocket.conversation import read_websocket, upgrade_of, websocket_in
from tcptui.protocols.websocket.frames import Opcode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.conversation import HttpConversation, Skipped
    from tcptui.protocols.interface import CarryingStream, Exchange
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace
    from tcptui.protocols.websocket.conversation import WebSocketConversation
    from tcptui.protocols.websocket.messages import WebSocketMessage


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
        return _HttpParts(self.conversation, self.directions).parts()

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`: method and target as the operation, and the status."""
        doubts = Disputed()
        for message in self.conversation.messages:
            if not message.head.is_response:
                doubts.add(message)
                yield exchange_of(message, message.response, doubts)
            elif message.request is None:
                yield exchange_of(None, message)


class _HttpParts:
    """Makes the parts of an HTTP/1.x connection, with its server-sent events and WebSocket messages."""

    def __init__(self, conversation: HttpConversation, directions: Sequence[ByteStream]) -> None:
        self._conversation = conversation
        self._directions = directions

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream.parts`."""
        conversation = self._conversation
        said: list[tuple[int, Iterator[Part]]] = []
        said += [(message.first_ns, self._message(message)) for message in conversation.messages]
        socket = self._websocket()
        begins = conversation.client_offset or 0, conversation.server_offset or 0
        for skipped in conversation.skipped:
            if socket is None or skipped.start < begins[skipped.from_server]:
                at = self._directions[skipped.from_server].delivered_ns(skipped.start)
                said.append((at, self._skipped(skipped)))
        for _, parts in sorted(said, key=lambda one: one[0]):
            yield from parts
        if socket is not None:
            yield from self._talk(socket)

    def _message(self, message: HttpMessage) -> Iterator[Part]:
        head, side = message.head, int(message.from_server)
        kind = "response" if head.is_response else "request"
        yield Part(
            side, message.start, message.body_start, message.first_frame, message.first_ns, Label(kind),
            lambda: chunks(message.direction, message.start, message.body_start), exact=True, text=PartText.HEAD,
        )  # fmt: skip
        if not message.has_body:
            return
        if head.media_type == MEDIA_TYPE:
            yield from self._events(message)
            return
        coding = ", ".join((*message.codings, *(("chunked",) if message.framing is Framing.CHUNKED else ())))
        name = "body-coded" if coding else "body"
        facts: dict[str, object] = {
            "type": head.media_type or "?", "coding": coding, "count": f"{message.body_length:,}"
        }  # fmt: skip
        body = body_of(message)
        direction = message.direction
        yield Part(
            side, message.body_start, message.body_end, frame_at(direction, message.body_start),
            direction.delivered_ns(message.body_start), Label(name, facts), lambda: _body_blocks(message, body),
            exact=not coding, text=PartText.BODY,
            trouble=lambda: body.problem.value if body.problem is not None else "",
        )  # fmt: skip

    def _events(self, message: HttpMessage) -> Iterator[Part]:
        direction, side = message.direction, int(message.from_server)
        for number, event in enumerate(each_event(decoded_pieces(message)), 1):
            text = f"{event.data}\n".encode("utf-8", "surrogateescape")
            facts: dict[str, object] = {"number": number, "kind": event.kind, "id": event.last_id}
            start, stop = _bytes_of_frame(direction, event.frame, message.body_start)
            yield Part(
                side, start, stop, event.frame, event.time_ns, Label("event-id" if event.last_id else "event", facts),
                once(start, text), text=PartText.BODY,
            )  # fmt: skip

    def _skipped(self, skipped: Skipped) -> Iterator[Part]:
        label = Label("bytes", {"count": f"{skipped.stop - skipped.start:,}"})
        yield exact_part(self._directions[skipped.from_server], skipped.start, skipped.stop, label, PartText.BODY)

    def _websocket(self) -> WebSocketConversation | None:
        conversation = self._conversation
        switch = conversation.switch
        if switch is None or switch.request is None:
            return None
        upgrade = upgrade_of(switch.request.head, switch.head)
        starts = conversation.client_offset, conversation.server_offset
        if upgrade is None or starts[0] is None or starts[1] is None:
            return None
        return read_websocket(upgrade, self._directions[0], self._directions[1], starts[0], starts[1])

    def _talk(self, socket: WebSocketConversation) -> Iterator[Part]:
        ways = [self._way(side, way.messages) for side, way in enumerate(socket.directions)]
        yield from heapq.merge(*ways, key=lambda part: part.time_ns)

    def _way(self, side: int, messages: Sequence[WebSocketMessage]) -> Iterator[Part]:
        direction = self._directions[side]
        for message in messages:
            name = Opcode(message.opcode).name.lower() if message.opcode in set(Opcode) else "other"
            code = message.close_code
            facts: dict[str, object] = {"count": f"{message.length:,}", "opcode": message.opcode}
            data = message.data
            if code is not None:
                facts["code"] = code
                data = message.close_reason.encode("utf-8", "replace")
            last = max(message.stop - 1, message.start)
            yield Part(
                side, message.start, message.stop, direction.delivered_frame(last), direction.delivered_ns(last),
                Label(f"websocket-{name}", facts), once(message.start, data), text=PartText.BODY,
                trouble=_trouble_of(message),
            )  # fmt: skip


def _body_blocks(message: HttpMessage, body: Body) -> Iterator[tuple[int, bytes]]:
    """The chunks of a body, each with its offset; of a coded body, that of the packet that made it readable."""
    direction, offset, frame = message.direction, message.body_start, -1
    coded = bool(message.codings) or message.framing is Framing.CHUNKED
    for piece in body.pieces():
        if not piece.data:
            continue
        if coded and piece.frame != frame:
            frame = piece.frame
            offset = max(_bytes_of_frame(direction, frame, offset)[0], message.body_start)
        yield offset, piece.data
        if not coded:
            offset += len(piece.data)


def _trouble_of(message: WebSocketMessage) -> Callable[[], str]:
    trouble = "" if message.readable and message.finished else "gap" if not message.finished else "coding-broken"
    return lambda: trouble


def _bytes_of_frame(direction: ByteStream, frame: int, otherwise: int) -> tuple[int, int]:
    """The bytes of ``direction`` that packet ``frame`` carried; ``otherwise`` twice when it carried none."""
    segments = direction.segments
    at = int(segments.frame.searchsorted(segments.frame.dtype.type(frame)))
    if at < len(segments.frame) and int(segments.frame[at]) == frame:
        return max(int(segments.start[at]), 0), int(segments.stop[at])
    return otherwise, otherwise
