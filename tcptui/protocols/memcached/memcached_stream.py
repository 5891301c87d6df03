"""One connection parsed as memcached: its `ParsedStream`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.interface import DecodedStream
from tcptui.protocols.memcached.codes import HEADER
from tcptui.protocols.memcached.conversation import Asked, Said, conversation
from tcptui.protocols.memcached.detection import Sides, memcached_sides
from tcptui.protocols.memcached.message import Message
from tcptui.protocols.memcached.parts import parts_of
from tcptui.protocols.stream.message_stream import DetectedStream
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream


def parse_memcached(client: ByteStream, server: ByteStream, limit: int) -> MemcachedStream | None:
    """The parsed connection, at most ``limit`` messages of each side; None when it is not memcached."""
    sides = memcached_sides(client, server)
    if sides is None:
        return None
    return (BinaryStream if sides.is_binary else MemcachedStream)(sides, limit)


def memcached_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = memcached_sides(client, server)
    if sides is None:
        return None
    return (one.exchange() for one in conversation(sides) if isinstance(one, Asked))


class MemcachedStream(DetectedStream[Message, Said, Asked, Sides], DecodedStream):
    """The `ParsedStream` of memcached."""

    REQUEST = Asked

    def _conversation(self) -> Iterator[Said | Asked | Unread]:
        return conversation(self.sides)

    def _exchange(self, request: Asked) -> Exchange:
        return request.exchange()

    def _parts_of(self, one: Said | Unread) -> Iterable[Part]:
        return parts_of(one)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.memcached.tree import add_memcached  # imported late: a report needs no tree

        add_memcached(dissection, place, self.shown_in(place.direction.side, dissection.view.frame))
        return bool(self.units(place.segment))


class BinaryStream(MemcachedStream):
    """… whose headers say how long messages are."""

    HEADER = HEADER // 2  # Wireshark reads up to the length
