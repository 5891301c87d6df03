"""The decoded parts of an HTTP connection: heads, bodies without codings, server-sent events, WebSocket messages."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from tcptui.protocols.event_stream.parser import MEDIA_TYPE, each_event
from tcptui.protocols.http.body import Body, body_of, decoded_pieces
from tcptui.protocols.http.message import Framing
from tcptui.protocols.parts import Label, Part, PartText, exact_part, frame_at, once
from tcptui.protocols.stream.conversation import chunks
from tcptui.protocols.websocket.conversation import read_websocket, upgrade_of
from tcptui.protocols.websocket.frames import Opcode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.protocols.http.message import HttpConversation, HttpMessage, Skipped
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.websocket.conversation import WebSocketConversation
    from tcptui.protocols.websocket.messages import WebSocketMessage


class HttpParts:
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
