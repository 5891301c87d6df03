"""One connection parsed as AMQP: its `ParsedStream`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.amqp.conversation import Asked, Said, conversation
from tcptui.protocols.amqp.detection import Sides, amqp_sides
from tcptui.protocols.amqp.message import Message
from tcptui.protocols.amqp.methods import CONSUME, DELIVER, METHOD
from tcptui.protocols.amqp.parts import parts_of
from tcptui.protocols.interface import ChannelledStream
from tcptui.protocols.stream.message_stream import DetectedStream
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream


def parse_amqp(client: ByteStream, server: ByteStream, limit: int) -> AmqpStream | None:
    """The parsed connection, at most ``limit`` frames of each side; None when it is not AMQP 0-9-1."""
    sides = amqp_sides(client, server)
    return None if sides is None else AmqpStream(sides, limit)


def amqp_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = amqp_sides(client, server)
    if sides is None:
        return None
    return (one.exchange() for one in conversation(sides) if isinstance(one, Asked))


def amqp_waits(client: ByteStream, server: ByteStream) -> Iterator[tuple[int, int]] | None:
    """See `ApplicationProtocol.asked_to_wait`: who consumes waits for messages."""
    sides = amqp_sides(client, server)
    return None if sides is None else _waits(sides)


def _waits(sides: Sides) -> Iterator[tuple[int, int]]:
    since_ns, consumes = 0, not sides.client.has_first_byte
    for one in conversation(sides):
        if not isinstance(one, Said):
            continue
        message = one.message
        if message.kind == METHOD and message.direction is sides.server and message.ids == DELIVER:
            begin_ns = message.direction.first_ns(message.start)
            if consumes and 0 < since_ns < begin_ns:
                yield since_ns, begin_ns
        consumes |= message.kind == METHOD and message.ids == CONSUME
        since_ns = message.direction.delivered_ns(message.stop - 1)


class AmqpStream(DetectedStream[Message, Said, Asked, Sides], ChannelledStream):
    """The `ParsedStream` of AMQP."""

    HEADER = 8  # Wireshark reads so many bytes for a length
    REQUEST = Asked

    def _conversation(self) -> Iterator[Said | Asked | Unread]:
        return conversation(self.sides)

    def _exchange(self, request: Asked) -> Exchange:
        return request.exchange()

    def _parts_of(self, one: Said | Unread) -> Iterable[Part]:
        return parts_of(one)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.amqp.tree import add_amqp  # imported late: a report needs no tree

        add_amqp(dissection, place, self.shown_in(place.direction.side, dissection.view.frame))
        return bool(self.units(place.segment))
