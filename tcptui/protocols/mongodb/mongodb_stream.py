"""One connection parsed as MongoDB: its `ParsedStream`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.protocols.interface import DecodedStream
from tcptui.protocols.mongodb.codes import LENGTH
from tcptui.protocols.mongodb.conversation import Asked, Said, conversation
from tcptui.protocols.mongodb.detection import Sides, mongodb_sides
from tcptui.protocols.mongodb.message import Message
from tcptui.protocols.mongodb.parts import parts_of
from tcptui.protocols.stream.message_stream import DetectedStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.unread import Unread

#: Messages of a connection that are looked at for waits, the first ones.
_READ_MOST: Final = 200_000


def parse_mongodb(client: ByteStream, server: ByteStream, limit: int) -> MongodbStream | None:
    """The parsed connection, at most ``limit`` messages of each side; None when it is not MongoDB."""
    sides = mongodb_sides(client, server)
    return None if sides is None else MongodbStream(sides, limit)


def mongodb_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = mongodb_sides(client, server)
    if sides is None:
        return None
    return (one.exchange() for one in conversation(sides) if isinstance(one, Asked))


def mongodb_waits(client: ByteStream, server: ByteStream) -> Iterator[tuple[int, int]] | None:
    """See `ApplicationProtocol.asked_to_wait`: news of the server, and documents that are not there yet."""
    sides = mongodb_sides(client, server)
    return None if sides is None else _waits(sides)


def _waits(sides: Sides) -> Iterator[tuple[int, int]]:
    last: Message | None = None
    for one in islice(conversation(sides), _READ_MOST):
        if isinstance(one, Asked):
            if one.answer is not None and one.waits():
                yield _between(one.request, one.answer)
        elif isinstance(one, Said):
            if one.pushed and last is not None:
                yield _between(last, one.message)
            if one.asked is None or one.message is not one.asked.request:
                last = one.message


def _between(one: Message, other: Message) -> tuple[int, int]:
    return one.direction.delivered_ns(one.stop - 1), other.direction.first_ns(other.start)


class MongodbStream(DetectedStream[Message, Said, Asked, Sides], DecodedStream):
    """The `ParsedStream` of MongoDB."""

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
        from tcptui.protocols.mongodb.tree import add_mongodb  # imported late: a report needs no tree

        add_mongodb(dissection, place, self.shown_in(place.direction.side, dissection.view.frame))
        return bool(self.units(place.segment))
