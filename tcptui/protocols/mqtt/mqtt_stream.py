"""One connection parsed as MQTT: its `ParsedStream`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.interface import BrokeredStream
from tcptui.protocols.mqtt.codes import (
    AUTHENTICATION_DATA,
    CONNECT,
    OF_CLIENT,
    PINGREQ,
    PINGRESP,
    PROPERTIES,
    PUBLISH,
    VERSION_5,
    VERSIONS,
    Form,
    status_of,
)
from tcptui.protocols.mqtt.conversation import Asked, Said, conversation
from tcptui.protocols.mqtt.detection import Sides, mqtt_sides
from tcptui.protocols.mqtt.fields import Fields, Incomplete
from tcptui.protocols.mqtt.message import PASSWORD, USER, WILL, Message, operation, topic_text
from tcptui.protocols.parts import Label, Part, PartText, frame_at, text_part, unread_part
from tcptui.protocols.secret_names import LEFT_OUT, hides
from tcptui.protocols.secrets_out import words_without_secrets
from tcptui.protocols.stream.conversation import chunks
from tcptui.protocols.stream.message_stream import DetectedStream
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.mqtt.fields import Property, Span
    from tcptui.protocols.stream.reassembly import ByteStream


#: Bytes of a packet that are read for what it says.
_READ_MOST: Final = 1 << 16
_LABEL_MOST: Final = 300
_NO_DETAIL: Final = frozenset({PINGREQ, PINGRESP})


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
        return _packet_parts(one, self.sides.version)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.mqtt.tree import add_mqtt  # imported late: a report needs no tree

        add_mqtt(dissection, place, self.shown_in(place.direction.side, dissection.view.frame), self.sides)
        return bool(self.units(place.segment))


def _packet_parts(one: Said | Unread, version: int) -> Iterator[Part]:
    """The decoded parts of one packet, or of bytes that are not read."""
    if isinstance(one, Unread):
        yield unread_part("mqtt-unread", one)
        return
    message = one.message
    body = _body_of(message)
    told, payload = _told(message, body, version)
    label = Label("mqtt-packet", {"said": _said(one, version)[:_LABEL_MOST]})
    text = "".join(f"{line}\n" for line in told).encode("utf-8", "replace")
    cut = "" if message.complete else "cut"
    if message.kind != PUBLISH:
        yield text_part(message.direction, message.start, message.stop, label, text, cut)
        return
    payload = min(payload, message.stop)
    yield text_part(message.direction, message.start, payload, label, text)
    size = Label("mqtt-message", {"count": f"{message.stop - payload:,}"})
    direction = message.direction
    yield Part(
        direction.side, payload, message.stop, frame_at(direction, payload), direction.delivered_ns(payload), size,
        lambda: chunks(direction, payload, message.stop), exact=True, trouble=lambda: cut, text=PartText.BODY,
    ) if payload < message.stop else text_part(direction, payload, payload, size, b"", cut)  # fmt: skip


def _said(one: Said, version: int) -> str:
    """``PUBLISH plant/1, QoS 1, id 7``."""
    message, head = one.message, one.message.head
    if head is None or message.kind in _NO_DETAIL:
        return message.name
    number = f", id {head.number}" if head.number else ""
    if message.kind == CONNECT:
        return f"{operation(message)}, {VERSIONS[head.version]}, keep-alive {head.keep_alive} s"
    if message.kind == PUBLISH:
        again = ", again" if message.is_again else ""
        return f"{operation(message, one.topics)}, QoS {message.qos}{number}{again}"
    if message.kind in OF_CLIENT:
        return f"{operation(message)}{number}"
    status = status_of(message.kind, head.code, version)
    return f"{message.name}{number.replace(', id', '')}: {status}" if message.stop - message.body else message.name


def _body_of(message: Message) -> Fields:
    return Fields(message.direction.read(message.body, min(message.stop - message.body, _READ_MOST)))


def _told(message: Message, fields: Fields, version: int) -> tuple[list[str], int]:
    """What a packet says beside its label, a line each, and where its message begins."""
    told: list[str] = []
    try:
        if message.kind == CONNECT:
            told += _connect(fields)
        elif message.kind == PUBLISH:
            fields.span()
            if message.qos:
                fields.number(2)
            told += _properties(fields, version)
        elif message.head is not None and message.head.reason:
            told.append(f"Reason String: {words_without_secrets(message.head.reason.decode('utf-8', 'replace'))}")
    except Incomplete:
        pass
    return told, message.body + fields.at


def _connect(fields: Fields) -> Iterator[str]:
    fields.span()
    version, flags, _ = fields.number(1) & 0x7F, fields.number(1), fields.number(2)
    yield from _properties(fields, version)
    fields.span()
    if flags & WILL:
        yield from (f"Will {line}" for line in _properties(fields, version))
        yield f"Will Topic: {topic_text(fields.span().data)}"
        yield f"Will Message: {_body(fields.span())}"
    if flags & USER:
        yield f"User Name: {topic_text(fields.span().data)}"
    if flags & PASSWORD:
        yield f"Password: {len(fields.span().data)} bytes, not shown"


def _properties(fields: Fields, version: int) -> list[str]:
    return [_line(one) for one in fields.properties()[2]] if version == VERSION_5 else []


def _line(one: Property) -> str:
    if not one.is_known:
        return f"Unknown property 0x{one.number:02x}"
    name, form = PROPERTIES[one.number]
    if one.number == AUTHENTICATION_DATA:
        return f"{name}: {len(one.spans[0].data)} bytes, not shown"
    if form is Form.BINARY:
        return f"{name}: {shortened(one.spans[0].data)}"
    if len(one.spans) > 1:
        key, value = (span.text for span in one.spans)
        return f"{name}: {key} = {LEFT_OUT if hides(key, value) else words_without_secrets(value)}"
    return f"{name}: {topic_text(one.spans[0].data) if one.spans else one.value}"


def _body(span: Span) -> str:
    from tcptui.protocols.secret_bodies import body_without_secrets  # seldom there

    return body_without_secrets(span.text)
