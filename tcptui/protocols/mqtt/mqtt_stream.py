"""One connection parsed as MQTT: its `ParsedStream`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.interface import BrokeredStream, Extent, Unit
from tcptui.protocols.mqtt.conversation import Asked, Said, conversation
from tcptui.protocols.mqtt.detection import mqtt_sides
from tcptui.protocols.mqtt.message import Unread
from tcptui.protocols.mqtt.parts import parts_of
from tcptui.protocols.stream.touching import by_frame, touched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.mqtt.detection import Sides
    from tcptui.protocols.mqtt.message import Message
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace

#: Bytes by which Wireshark knows how long a packet is: its type, and the first of its length.
_HEADER: int = 2


@dataclass(slots=True)
class _Read:
    """What was read of both sides."""

    of_side: tuple[list[Said], list[Said]] = field(default_factory=lambda: ([], []))
    unread: list[Unread] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    limited: bool = False


def parse_mqtt(client: ByteStream, server: ByteStream, limit: int) -> MqttStream | None:
    """The parsed connection, at most ``limit`` packets of each side; None when it is not MQTT."""
    sides = mqtt_sides(client, server)
    return None if sides is None else MqttStream(sides, limit)


def mqtt_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = mqtt_sides(client, server)
    if sides is None:
        return None
    return (one.exchange(sides.version) for one in conversation(sides) if isinstance(one, Asked))


class MqttStream(BrokeredStream):
    """The `ParsedStream` of MQTT."""

    def __init__(self, sides: Sides, limit: int) -> None:
        self.sides, self._limit = sides, limit

    @cached_attribute
    def _read(self) -> _Read:
        read = _Read()
        for one in conversation(self.sides):
            if isinstance(one, Asked):
                read.asked.append(one)
            elif isinstance(one, Unread):
                read.unread.append(one)
            elif len(mine := read.of_side[one.message.direction.side]) < self._limit:
                mine.append(one)
            else:
                read.limited = True
                break
        return read

    @cached_property
    def _shown(self) -> tuple[dict[int, list[Said]], dict[int, list[Said]]]:
        """By side, the packets that each frame completed."""
        first, second = (by_frame(said, lambda one: one.message.frame) for said in self._read.of_side)
        return first, second

    @cached_property
    def _messages(self) -> tuple[list[Message], list[Message]]:
        """The packets of each side, in order."""
        first, second = ([one.message for one in said] for said in self._read.of_side)
        return first, second

    def said_by(self, direction: ByteStream) -> list[Message]:
        """The packets of a direction, in order, as far as they were read."""
        return self._messages[direction.side]

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        found = touched(self._messages[place.direction.side], place.start, place.stop, lambda one: one.stop)
        return [Unit(one.start, one.stop, one.frame, _HEADER) for one in found]

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        return Extent(sum(map(len, self._read.of_side)), self._read.limited)

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        said = self._messages[place.direction.side]
        return self._read.limited and (not said or place.start >= said[-1].stop)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.mqtt.tree import add_mqtt  # imported late: a report needs no tree

        shown = self._shown[place.direction.side].get(dissection.view.frame, [])
        add_mqtt(dissection, place, shown, self.sides)
        return bool(self.units(place.segment))

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        read = self._read
        found: list[Said | Unread] = [*read.of_side[0], *read.of_side[1], *read.unread]
        found.sort(key=self._readable_at)
        return (part for one in found for part in parts_of(one, self.sides.version))

    def _readable_at(self, one: Said | Unread) -> tuple[int, bool, int]:
        it = one if isinstance(one, Unread) else one.message
        return it.direction.delivered_ns(it.start), it.direction is self.sides.server, it.start

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        found = [one.exchange(self.sides.version) for one in self._read.asked]
        found.sort(key=lambda one: (one.carried[0].first_ns, one.carried[0].start))
        return iter(found)
