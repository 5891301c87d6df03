"""One connection parsed as MQTT: its `ParsedStream`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.interface import BrokeredStream
from tcptui.protocols.mqtt.conversation import Asked, Said, conversation
from tcptui.protocols.mqtt.detection import Sides, mqtt_sides
from tcptui.protocols.mqtt.message import Message
from tcptui.protocols.mqtt.parts import parts_of
from tcptui.protocols.stream.message_stream import DetectedStream
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream


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


class MqttStream(DetectedStream[Message, Said, Asked, Sides], BrokeredStream):
    """The `ParsedStream` of MQTT."""

    HEADER = 2  # its type, and the first byte of its length
    REQUEST = Asked

    def _conversation(self) -> Iterator[Said | Asked | Unread]:
        return conversation(self.sides)

    def _exchange(self, request: Asked) -> Exchange:
        return request.exchange(self.sides.version)

    def _parts_of(self, one: Said | Unread) -> Iterable[Part]:
        return parts_of(one, self.sides.version)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.mqtt.tree import add_mqtt  # imported late: a report needs no tree

        add_mqtt(dissection, place, self.shown_in(place.direction.side, dissection.view.frame), self.sides)
        return bool(self.units(place.segment))
