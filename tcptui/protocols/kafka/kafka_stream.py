"""One connection parsed as Kafka: its `ParsedStream`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.protocols.interface import DecodedStream
from tcptui.protocols.kafka.apis import LENGTH
from tcptui.protocols.kafka.conversation import Asked, Said, conversation
from tcptui.protocols.kafka.detection import Sides, kafka_sides
from tcptui.protocols.kafka.message import Message
from tcptui.protocols.kafka.parts import parts_of
from tcptui.protocols.stream.message_stream import DetectedStream
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream

#: Requests of a connection that are looked at for waits, the first ones.
_READ_MOST: Final = 65_536


def parse_kafka(client: ByteStream, server: ByteStream, limit: int) -> KafkaStream | None:
    """The parsed connection, at most ``limit`` messages of each side; None when it is not Kafka."""
    sides = kafka_sides(client, server)
    return None if sides is None else KafkaStream(sides, limit)


def kafka_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = kafka_sides(client, server)
    if sides is None:
        return None
    return (one.exchange() for one in conversation(sides) if isinstance(one, Asked))


def kafka_waits(client: ByteStream, server: ByteStream) -> Iterator[tuple[int, int]] | None:
    """See `ApplicationProtocol.asked_to_wait`: a Fetch for records, members of a group for each other."""
    sides = kafka_sides(client, server)
    if sides is None:
        return None
    asked = (one for one in islice(conversation(sides), _READ_MOST) if isinstance(one, Asked))
    return (
        (one.request.direction.delivered_ns(one.request.stop - 1), one.answer.direction.first_ns(one.answer.start))
        for one in asked if one.answer is not None and one.waits()
    )  # fmt: skip


class KafkaStream(DetectedStream[Message, Said, Asked, Sides], DecodedStream):
    """The `ParsedStream` of Kafka."""

    HEADER = LENGTH
    REQUEST = Asked

    def _conversation(self) -> Iterator[Said | Asked | Unread]:
        return conversation(self.sides)

    def _exchange(self, request: Asked) -> Exchange:
        return request.exchange()

    def _parts_of(self, one: Said | Unread) -> Iterable[Part]:
        return parts_of(one)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.kafka.tree import add_kafka  # imported late: a report needs no tree

        add_kafka(dissection, place, self.shown_in(place.direction.side, dissection.view.frame))
        return bool(self.units(place.segment))
