"""One connection parsed as PostgreSQL: its `ParsedStream`; what is within TLS is the TLS reader's."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.interface import Extent, Unit
from tcptui.protocols.postgresql.conversation import operations
from tcptui.protocols.postgresql.detection import postgresql_sides
from tcptui.protocols.postgresql.message import HEADER, Kind, Message
from tcptui.protocols.postgresql.notes import Notes
from tcptui.protocols.postgresql.opening import opening_of
from tcptui.protocols.postgresql.parts import parts_of
from tcptui.protocols.postgresql.reader import Reader
from tcptui.protocols.postgresql.runs import completed, within
from tcptui.protocols.stream.touching import touched
from tcptui.protocols.stream.turns import turn_borders
from tcptui.protocols.stream.unread import Unread
from tcptui.protocols.tls.parse import parse_starttls, turned_streams
from tcptui.protocols.tls.tls_stream import TlsStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.postgresql.opening import Opening
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace


@dataclass(slots=True)
class _Read:
    """What was read of one side."""

    messages: list[Message] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    limited: bool = False


def parse_postgresql(client: ByteStream, server: ByteStream, limit: int) -> PostgresqlStream | TlsStream | None:
    """The parsed connection, at most ``limit`` messages, or runs of rows, of each side; None when it is another's.

    Where it turned to TLS, that is TLS, with what was said before.
    """
    sides = postgresql_sides(client, server)
    if sides is None:
        return None
    stream = PostgresqlStream(*sides, limit)
    if stream.opening.by is Kind.SSL_REQUEST and sides[0] is client:
        tls = parse_starttls(client, server, limit)
        if tls is not None:
            tls.before = stream
            return tls
    return stream


def postgresql_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = postgresql_sides(client, server)
    if sides is None:
        return None
    found = _exchanges(*sides)
    opening = opening_of(*sides)
    plain = turned_streams(*sides) if opening.by is Kind.SSL_REQUEST else None
    return found if plain is None or postgresql_sides(*plain) is None else chain(found, _exchanges(*plain))


def _exchanges(client: ByteStream, server: ByteStream) -> Iterator[Exchange]:
    return (one.exchange(client, server) for one in operations(client, server))


class PostgresqlStream:
    """The `ParsedStream` of PostgreSQL; ``client`` is the side that asks."""

    def __init__(self, client: ByteStream, server: ByteStream, limit: int) -> None:
        self._client, self._server, self._limit = client, server, limit

    @cached_property
    def opening(self) -> Opening:
        """How it begins."""
        return opening_of(self._client, self._server)

    @cached_attribute
    def _read(self) -> dict[int, _Read]:
        """What was read, by side of the connection."""
        opening, found = self.opening, dict[int, _Read]()
        stops = opening.sealed or (None, None)
        borders = turn_borders(self._client, self._server)
        for side, direction in enumerate((self._client, self._server)):
            reader = Reader(direction, side, first=opening.answers if side else 0, stop=stops[side], borders=borders)
            read = found[direction.side] = _Read()
            while (one := reader.next()) is not None:
                if len(read.messages) >= self._limit:
                    read.limited = True
                    break
                if isinstance(one, Unread):
                    read.unread.append(one)
                else:
                    read.messages.append(one)
        return found

    @cached_property
    def _notes(self) -> Notes:
        read = self._read[self._client.side]
        stop = read.messages[-1].stop if read.messages and read.limited else self._client.length
        asked = [one for one in self._read[self._server.side].messages if one.kind is Kind.AUTHENTICATION]
        return Notes(operations(self._client, self._server), asked, stop=stop)

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        found = touched(self._read[place.direction.side].messages, place.start, place.stop, lambda one: one.stop)
        each = chain.from_iterable(within(one, place.start, place.stop) for one in found)
        return [Unit(one.start, one.stop, one.frame, HEADER) for one in each]

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        reads = self._read.values()
        return Extent(sum(len(read.messages) for read in reads), any(read.limited for read in reads))

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        read = self._read[place.direction.side]
        return read.limited and (not read.messages or place.start >= read.messages[-1].stop)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.postgresql.tree import add_postgresql  # imported late: a report needs no tree

        segment = place.segment
        messages = self._read[segment.direction.side].messages
        add_postgresql(dissection, place, list(completed(messages, dissection.view.frame)), self._notes)
        return bool(touched(messages, segment.start, segment.stop, lambda one: one.stop))

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        reads = self._read.values()
        found: list[Message | Unread] = []
        for read in reads:
            found += [*read.messages, *read.unread]
        found.sort(key=lambda one: (one.direction.delivered_ns(one.start), one.direction is self._server, one.start))
        return parts_of(found, self._notes)

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        return _exchanges(self._client, self._server)
