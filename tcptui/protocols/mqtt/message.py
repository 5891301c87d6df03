"""Packets of MQTT as bytes of one direction of a connection, and what they say (MQTT 3.1.1 and 5.0, 2, 3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.mqtt.codes import (
    ACKNOWLEDGMENTS,
    AUTH,
    BRIDGE,
    CONNACK,
    CONNECT,
    DISCONNECT,
    ERROR,
    NAMES,
    PINGREQ,
    PINGRESP,
    PUBLISH,
    PUBREL,
    REASON_STRING,
    SERVER_KEEP_ALIVE,
    SUBACK,
    SUBSCRIBE,
    TOPIC_ALIAS,
    UNSUBACK,
    UNSUBSCRIBE,
    VERSION_5,
    VERSION_31,
    VERSIONS,
)
from tcptui.protocols.mqtt.fields import Fields, Incomplete
from tcptui.protocols.secrets_out import uri_without_secrets

if TYPE_CHECKING:
    from tcptui.protocols.mqtt.fields import Property
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of a packet that are read for what it says.
HEAD_READ: Final = 4_096
#: Topics of a packet that are named.
_TOPICS_NAMED: Final = 3
#: Flags that packets other than PUBLISH have; before 3.1.1 QoS 1, and that it is sent again, stood there.
_FLAGS: Final = {PUBREL: 2, SUBSCRIBE: 2, UNSUBSCRIBE: 2}
_DUP: Final = 8
_QOS_MOST: Final = 2
#: Packets that always have a packet identifier.
_NUMBERED: Final = ACKNOWLEDGMENTS | {SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK}
#: In CONNECT: there is a will, a password, a user name.
WILL, PASSWORD, USER = 0x04, 0x40, 0x80


class Head(NamedTuple):
    """What a packet says, as far as its beginning goes."""

    number: int = 0
    """Packet identifier; 0 without one."""
    code: int = 0
    """Reason, or return, code; of several the worst."""
    topics: tuple[bytes, ...] = ()
    alias: int = 0
    """Stands for the topic; 0 without one."""
    version: int = 0
    """Of CONNECT."""
    keep_alive: int = -1
    """Seconds, of CONNECT, or of the server's CONNACK; -1: nothing is said."""
    client: bytes = b""
    """The client's identifier."""
    session: bool = False
    """Of CONNACK: the session goes on; of CONNECT: a session is not asked to begin anew."""
    reason: bytes = b""
    """Words of the server."""


@dataclass(frozen=True, slots=True)
class Message:
    """A packet at bytes ``start … stop`` of its direction."""

    direction: ByteStream = field(repr=False)
    start: int
    body: int
    """Where its body begins."""
    stop: int
    """At most the bytes that are known to have been sent."""
    first: int
    """Its first byte: type and flags."""
    complete: bool
    head: Head | None
    """None where it is cut, or malformed."""
    after_unread: bool = False
    """Bytes before it could not be read."""

    @property
    def kind(self) -> int:
        """Which packet it is: `CONNECT` …"""
        return self.first >> 4

    @property
    def name(self) -> str:
        """``PUBLISH``."""
        return NAMES[self.kind]

    @property
    def qos(self) -> int:
        """Of PUBLISH: how surely it is delivered."""
        return self.first >> 1 & 3

    @property
    def is_again(self) -> bool:
        """Of PUBLISH: it may have been sent before (DUP)."""
        return bool(self.first & _DUP)

    @property
    def frame(self) -> int:
        """The frame number of the packet that completed it."""
        return self.direction.delivered_frame(self.stop - 1)

    def data(self, size: int) -> bytes:
        """Its first bytes."""
        return self.direction.read(self.start, min(size, self.stop - self.start))


def holds_secrets(message: Message) -> bool:
    """Whether there may be a password in ``message``, or data of an authentication."""
    return message.kind in (CONNECT, CONNACK, AUTH)


def operation(message: Message, topics: tuple[bytes, ...] | None = None) -> str:
    """``SUBSCRIBE plant/#, alarm/#``; ``topics``: where those of the packet are not its own.

    Text from the packet without secrets, not yet safe to print.
    """
    head = message.head
    if head is None:
        return message.name
    said = [head.client] if message.kind == CONNECT and head.client else list(topics or head.topics)
    texts = [topic_text(one) for one in said[:_TOPICS_NAMED]]
    more = f" +{len(said) - _TOPICS_NAMED}" if len(said) > _TOPICS_NAMED else ""
    return f"{message.name} {', '.join(texts)}{more}".rstrip()


def topic_text(topic: bytes) -> str:
    """A topic, or a name, without the secrets that may stand in it as in an address; not yet safe to print."""
    return uri_without_secrets(topic.decode("utf-8", "replace"))


def may_begin(first: int) -> bool:
    """Whether a packet may have ``first`` as its first byte, in any version."""
    kind, flags = first >> 4, first & 15
    if kind == PUBLISH:
        return flags >> 1 & 3 <= _QOS_MOST
    wanted = _FLAGS.get(kind, 0)
    return kind > 0 and (flags == wanted or (bool(wanted) and flags == wanted | _DUP))


def read_head(first: int, body: bytes, version: int, *, whole: bool = False) -> Head | None:
    """What a packet says; None where its ``body``, or the beginning of that, is no packet of ``version``.

    ``whole``: the body is all here, and has to be as the specification says to the last byte.
    """
    fields = Fields(body)
    try:
        head = _READERS[first >> 4](first, fields, version)
    except Incomplete:
        return None
    return None if head is None or (whole and (fields.left or not _is_sound(first, head))) else head


def _is_sound(first: int, head: Head) -> bool:
    """Whether ``head`` has what the specification asks for."""
    kind = first >> 4
    is_numbered = kind in _NUMBERED or (kind == PUBLISH and bool(first >> 1 & 3))
    if is_numbered and not head.number:
        return False
    if kind == PUBLISH:
        return bool(head.topics or head.alias) and all(map(_is_topic, head.topics))
    return bool(head.topics) or kind not in (SUBSCRIBE, UNSUBSCRIBE)


def _connect(_first: int, fields: Fields, _version: int) -> Head | None:
    name = fields.span()
    if name.data not in (b"MQTT", b"MQIsdp"):
        return None
    version = fields.number(1) & ~BRIDGE
    flags, keep_alive = fields.number(1), fields.number(2)
    if version not in VERSIONS:
        return None
    if version == VERSION_5:
        fields.properties()
    client = fields.span().data
    head = Head(version=version, keep_alive=keep_alive, client=client, session=not flags & 2)
    try:
        if flags & WILL:
            if version == VERSION_5:
                fields.properties()
            fields.span()
            fields.span()
        for flag in (USER, PASSWORD):
            if flags & flag and (fields.left or version != VERSION_31):
                fields.span()
    except Incomplete:
        return head if fields.at else None
    return head


def _connack(_first: int, fields: Fields, version: int) -> Head | None:
    flags, code = fields.number(1), fields.number(1)
    if flags > 1:
        return None
    found: list[Property] = []
    if version == VERSION_5 and fields.left:
        found = fields.properties()[2]
    keep_alive = next((one.value for one in found if one.number == SERVER_KEEP_ALIVE), -1)
    return Head(code=code, keep_alive=keep_alive, session=bool(flags), reason=_words(found))


def _publish(first: int, fields: Fields, version: int) -> Head | None:
    topic = fields.span().data
    number = fields.number(2) if first >> 1 & 3 else 0
    alias = 0
    if version == VERSION_5:
        alias = next((one.value for one in fields.properties()[2] if one.number == TOPIC_ALIAS), 0)
    fields.at = len(fields.data)  # the rest is the message
    return Head(number=number, topics=(topic,) if topic else (), alias=alias)


def _is_topic(topic: bytes) -> bool:
    """Whether ``topic`` is text, without what only filters have."""
    if b"\0" in topic or b"#" in topic or b"+" in topic:
        return False
    try:
        topic.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _acknowledgment(_first: int, fields: Fields, version: int) -> Head | None:
    number, code, words = fields.number(2), 0, b""
    if version == VERSION_5 and fields.left:
        code = fields.number(1)
        if fields.left:
            words = _words(fields.properties()[2])
    return Head(number=number, code=code, reason=words)


def _subscribe(_first: int, fields: Fields, version: int) -> Head | None:
    return _filters(fields, version, options=True)


def _unsubscribe(_first: int, fields: Fields, version: int) -> Head | None:
    return _filters(fields, version, options=False)


def _filters(fields: Fields, version: int, *, options: bool) -> Head | None:
    number = fields.number(2)
    if version == VERSION_5:
        fields.properties()
    topics: list[bytes] = []
    try:
        while fields.left:
            start = fields.at
            topics.append(fields.span().data)
            if options:
                fields.number(1)
    except Incomplete:
        fields.at = start
        if not topics:
            raise
    return Head(number=number, topics=tuple(topics))


def _suback(_first: int, fields: Fields, version: int) -> Head | None:
    number, words = fields.number(2), b""
    if version == VERSION_5:
        words = _words(fields.properties()[2])
    codes = fields.data[fields.at :]
    fields.at = len(fields.data)
    return Head(number=number, code=_worst(codes), reason=words) if codes else None


def _unsuback(_first: int, fields: Fields, version: int) -> Head | None:
    number, words, codes = fields.number(2), b"", b""
    if version == VERSION_5 and fields.left:  # mosquitto leaves them out
        words = _words(fields.properties()[2])
        codes = fields.data[fields.at :]
        fields.at = len(fields.data)
    return Head(number=number, code=_worst(codes), reason=words)


def _worst(codes: bytes) -> int:
    """The first error of ``codes``; without one the highest."""
    return next((code for code in codes if code >= ERROR), max(codes, default=0))


def _nothing(_first: int, _fields: Fields, _version: int) -> Head | None:
    return Head()


def _farewell(_first: int, fields: Fields, version: int) -> Head | None:
    code, words = 0, b""
    if version == VERSION_5 and fields.left:
        code = fields.number(1)
        if fields.left:
            words = _words(fields.properties()[2])
    return Head(code=code, reason=words)


def _words(found: list[Property]) -> bytes:
    return next((one.spans[0].data for one in found if one.number == REASON_STRING), b"")


_READERS: Final = {
    0: lambda *_: None, CONNECT: _connect, CONNACK: _connack, PUBLISH: _publish, SUBSCRIBE: _subscribe, SUBACK: _suback,
    UNSUBSCRIBE: _unsubscribe, UNSUBACK: _unsuback, PINGREQ: _nothing, PINGRESP: _nothing, DISCONNECT: _farewell,
    AUTH: _farewell, **dict.fromkeys(ACKNOWLEDGMENTS, _acknowledgment),
}  # fmt: skip
