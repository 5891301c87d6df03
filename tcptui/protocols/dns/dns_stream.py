"""One connection parsed as DNS: its `ParsedStream`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.dns.conversation import DnsMessage, DnsQuery, conversation
from tcptui.protocols.dns.detection import dns_sides
from tcptui.protocols.dns.message import Message, Unread
from tcptui.protocols.dns.parts import part_of
from tcptui.protocols.interface import Extent, StreamOfQuestions, Unit
from tcptui.protocols.stream.touching import by_frame, touched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace


@dataclass(slots=True)
class _Read:
    """What was read of both sides."""

    of_side: tuple[list[DnsMessage], list[DnsMessage]] = field(default_factory=lambda: ([], []))
    unread: list[Unread] = field(default_factory=list)
    asked: list[DnsQuery] = field(default_factory=list)
    limited: bool = False


def parse_dns(client: ByteStream, server: ByteStream, limit: int) -> DnsStream | None:
    """The parsed connection, at most ``limit`` messages of each side; None when it is not DNS."""
    sides = dns_sides(client, server)
    return None if sides is None else DnsStream(*sides, limit)


def dns_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = dns_sides(client, server)
    if sides is None:
        return None
    return (one.exchange for one in conversation(*sides, whole=False) if isinstance(one, DnsQuery))


class DnsStream(StreamOfQuestions):
    """The `ParsedStream` of DNS; ``client`` is the side that asks."""

    def __init__(self, client: ByteStream, server: ByteStream, limit: int) -> None:
        self._client, self._server, self._limit = client, server, limit

    @cached_attribute
    def _read(self) -> _Read:
        read = _Read()
        for one in conversation(self._client, self._server):
            if isinstance(one, DnsQuery):
                read.asked.append(one)
            elif isinstance(one, Unread):
                read.unread.append(one)
            elif len(mine := read.of_side[one.message.direction.side]) < self._limit:
                mine.append(one)
            else:
                read.limited = True
                break
        return read

    def shown_in(self, side: int, frame: int) -> list[DnsMessage]:
        """The messages of ``side`` that ``frame`` completed, in order."""
        return self._shown[side].get(frame, [])

    @cached_property
    def _shown(self) -> tuple[dict[int, list[DnsMessage]], dict[int, list[DnsMessage]]]:
        """By side, the messages that each frame completed."""
        first, second = (by_frame(said, lambda one: one.message.frame) for said in self._read.of_side)
        return first, second

    @cached_property
    def _messages(self) -> tuple[list[Message], list[Message]]:
        """The messages of each side, in order."""
        first, second = ([one.message for one in said] for said in self._read.of_side)
        return first, second

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        found = touched(self._messages[place.direction.side], place.start, place.stop, lambda one: one.stop)
        return [Unit(one.start, one.stop, one.frame) for one in found]

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        return Extent(sum(map(len, self._read.of_side)), self._read.limited)

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        said = self._read.of_side[place.direction.side]
        return self._read.limited and (not said or place.start >= said[-1].message.stop)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.dns.tree import add_dns  # imported late: a report needs no tree

        add_dns(dissection, place, self.shown_in(place.direction.side, dissection.view.frame))
        return bool(self.units(place.segment))

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        read = self._read
        found: list[DnsMessage | Unread] = [*read.of_side[0], *read.of_side[1], *read.unread]
        found.sort(key=self._readable_at)
        return (part_of(one) for one in found)

    def _readable_at(self, one: DnsMessage | Unread) -> tuple[int, bool, int]:
        it = one if isinstance(one, Unread) else one.message
        return it.direction.delivered_ns(it.start), it.direction is self._server, it.start

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        found = [one.exchange for one in self._read.asked]
        found.sort(key=lambda one: (one.carried[0].first_ns, one.carried[0].start))
        return iter(found)
