"""Packets of MQTT in the header tree of the packet that completed them, in Wireshark's terms; without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.mqtt.codes import (
    ACKNOWLEDGMENTS,
    AUTH,
    BRIDGE,
    CONNACK,
    CONNECT,
    DISCONNECT,
    PUBLISH,
    PUBREL,
    QOS,
    RETAIN_HANDLING,
    RETURN_CODES,
    SUBACK,
    SUBSCRIBE,
    TITLES,
    TOPIC_ALIAS,
    UNSUBACK,
    UNSUBSCRIBE,
    VERSION_5,
    VERSION_31,
    VERSION_311,
    VERSIONS,
    reason_name,
)
from tcptui.protocols.mqtt.fields import Incomplete
from tcptui.protocols.mqtt.message import PASSWORD, USER, WILL, holds_secrets
from tcptui.protocols.mqtt.tree_lines import PacketLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.mqtt.conversation import Said
    from tcptui.protocols.mqtt.detection import Sides
    from tcptui.protocols.mqtt.fields import Property

#: Most packets of MQTT in one packet's tree, and bytes of one that are read for its lines.
_PACKETS_SHOWN: Final = 1_000
_READ_MOST: Final = 1 << 18
#: Bits of header flags, connect flags, and options of a subscription: mask, title, field.
_DUP: Final = (0x08, "DUP Flag", "mqtt.dupflag")
_QOS: Final = (0x06, "QoS Level", "mqtt.qos")
_RETAIN: Final = (0x01, "Retain", "mqtt.retain")
_CONNECT: Final = (
    (0x80, "User Name Flag", "mqtt.conflag.uname"), (0x40, "Password Flag", "mqtt.conflag.passwd"),
    (0x20, "Will Retain", "mqtt.conflag.retain"), (0x18, "QoS Level", "mqtt.conflag.qos"),
    (0x04, "Will Flag", "mqtt.conflag.willflag"), (0x02, "Clean Session Flag", "mqtt.conflag.cleansess"),
    (0x01, "(Reserved)", "mqtt.conflag.reserved"),
)  # fmt: skip
_OPTIONS: Final = (
    (0xC0, "Reserved", "mqtt.subscription_options_reserved"),
    (0x30, "Retain Handling", "mqtt.subscription_options_retain"),
    (0x08, "Retain As Published", "mqtt.subscription_options_rap"),
    (0x04, "No Local", "mqtt.subscription_options_nl"), (0x03, "QoS", "mqtt.subscription_options_qos"),
)  # fmt: skip


def add_mqtt(dissection: Dissection, place: FramePlace, said: Sequence[Said], sides: Sides) -> None:
    """Append a layer for each packet of MQTT that the packet completed."""
    for one in said[:_PACKETS_SHOWN]:
        message = one.message
        if not place.holds(message.start, message.stop):
            shown = not holds_secrets(message)
            add_reassembled(dissection, place.direction, message.start, message.stop, bytes_shown=shown)
        dissection.protocols.append("mqtt")
        title = f"MQ Telemetry Transport Protocol, {TITLES[message.kind]}"
        layer = place.add(dissection.parent, title, message.start, message.stop - message.start, "mqtt")
        layer.target = 0
        lines = PacketLines(place, layer, message.start, message.data(_READ_MOST))
        try:
            _Packet(lines, one, sides).write()
        except Incomplete:
            layer.concluded("Not all of it was captured, or it is malformed")
        else:
            if not message.complete:
                layer.concluded("Not all of it was captured")
    if len(said) > _PACKETS_SHOWN:
        dissection.parent.concluded("More packets of MQTT are not shown")


class _Packet:
    """Writes the lines of one packet.  Its methods raise `Incomplete` where the bytes end."""

    def __init__(self, out: PacketLines, said: Said, sides: Sides) -> None:
        self._out, self._said, self._message = out, said, said.message
        self._is_told = sides.is_told
        # Where no CONNECT tells the version, Wireshark takes none but for what has the same form in all of them.
        self._version = sides.version if sides.is_told or sides.version == VERSION_5 else 0

    def write(self) -> None:
        """All lines."""
        out, message = self._out, self._message
        kind, head = message.kind, message.head
        if kind == CONNECT and head is not None and head.version:
            self._version = head.version
        if not self._is_told:
            note = "Unknown version (missing the CONNECT packet?)"
            out.layer.expert(ExpertLevel.NOTE, "Protocol", note, "mqtt.unknown_version")
        self._header()
        writer = _WRITERS.get(kind)
        if writer is not None and (out.left or kind not in (DISCONNECT, AUTH)):
            writer(self)

    @property
    def _is_new(self) -> bool:
        return self._version == VERSION_5

    def _header(self) -> None:
        out, message = self._out, self._message
        first, kind = message.first, message.kind
        like_publish = kind == PUBLISH or (self._version == VERSION_31 and kind in (PUBREL, SUBSCRIBE, UNSUBSCRIBE))
        texts = [f"Message Type: {TITLES[kind]}"]
        if like_publish:
            texts += ["DUP Flag"] if message.is_again else []
            texts.append(f"QoS Level: {QOS[message.qos]}")
            texts += ["Retain"] if kind == PUBLISH and first & 1 else []
        line = out.number(out.layer, f"Header Flags: 0x{first:02x}, {', '.join(texts)}", 1, "mqtt.hdrflags")
        out.bits(line, first, 0xF0, f"Message Type: {TITLES[kind]} ({kind})", "mqtt.msgtype")
        if not like_publish:
            out.bits(line, first, 0x0F, f"Reserved: {first & 15}", "mqtt.hdr_reserved")
        else:
            out.flag(line, first, *_DUP)
            out.bits(line, first, _QOS[0], f"QoS Level: {QOS[message.qos]} ({message.qos})", _QOS[2])
            if kind == PUBLISH:
                out.flag(line, first, *_RETAIN)
            else:
                out.bits(line, first, 1, f"Reserved: {first & 1}", "mqtt.retain_reserved")
        out.variable(out.layer, "Msg Len: {}", "mqtt.len")

    def connect(self) -> None:
        """CONNECT."""
        out, layer = self._out, self._out.layer
        out.text(layer, "Protocol Name", "mqtt.proto_len", "mqtt.protoname")
        version = out.peek(1)
        name = VERSIONS.get(version & ~BRIDGE if version & BRIDGE else version, "Unknown")
        out.number(layer, f"Version: {name if not version & BRIDGE else 'Unknown'} ({version})", 1, "mqtt.ver")
        flags = self._connect_flags()
        out.number(layer, "Keep Alive: {}", 2, "mqtt.kalive")
        if self._is_new:
            out.properties(layer, "Properties", "mqtt.properties")
        out.text(layer, "Client ID", "mqtt.clientid_len", "mqtt.clientid")
        if flags & WILL:
            if self._is_new:
                out.properties(layer, "Will Properties", "mqtt.will_properties")
            out.text(layer, "Will Topic", "mqtt.willtopic_len", "mqtt.willtopic")
            out.binary(layer, "Will Message", "mqtt.willmsg_len", "mqtt.willmsg")
        if flags & USER and out.left:
            out.text(layer, "User Name", "mqtt.username_len", "mqtt.username")
        if flags & PASSWORD and out.left:
            out.secret(layer, "Password", "mqtt.passwd_len")

    def _connect_flags(self) -> int:
        out = self._out
        flags = out.peek(1)
        qos = flags >> 3 & 3
        texts = [
            f"QoS Level: {QOS[qos]}" if mask == 0x18 else title
            for mask, title, _ in _CONNECT if mask == 0x18 or flags & mask
        ]  # fmt: skip
        line = out.number(out.layer, f"Connect Flags: 0x{flags:02x}, {', '.join(texts)}", 1, "mqtt.conflags")
        for mask, title, field in _CONNECT:
            if mask == 0x18:
                out.bits(line, flags, mask, f"QoS Level: {QOS[qos]} ({qos})", field)
            else:
                out.flag(line, flags, mask, title, field)
        return flags

    def connack(self) -> None:
        """CONNACK."""
        out, layer = self._out, self._out.layer
        flags = out.peek(1)
        if self._version == VERSION_31:
            out.number(layer, f"Reserved: {'Set' if flags else 'Not set'}", 1, "mqtt.conack.flags.reserved")
        else:
            texts = ", Session Present" if flags & 1 else ""
            texts = (", Reserved" if flags & 0xFE else "") + texts
            line = out.number(layer, f"Acknowledge Flags: 0x{flags:02x}{texts}", 1, "mqtt.conack.flags")
            out.flag(line, flags, 0xFE, "Reserved", "mqtt.conack.flags.reserved")
            out.flag(line, flags, 0x01, "Session Present", "mqtt.conack.flags.sp")
        if self._version in (VERSION_31, VERSION_311):
            code = out.peek(1)
            out.number(layer, f"Return Code: {RETURN_CODES.get(code, 'Unknown')} ({code})", 1, "mqtt.conack.val")
        else:
            self._reason()
        if self._is_new:
            out.properties(layer, "Properties", "mqtt.properties")

    def _reason(self) -> None:
        kind, code = self._message.kind, self._out.peek(1)
        field = f"mqtt.{self._message.name.lower()}.reason_code"
        name = reason_name(kind, code) or "Unknown"
        self._out.number(self._out.layer, f"Reason Code: {name} ({code})", 1, field)

    def _number(self) -> None:
        self._out.number(self._out.layer, "Message Identifier: {}", 2, "mqtt.msgid")

    def publish(self) -> None:
        """PUBLISH."""
        out, layer = self._out, self._out.layer
        is_empty = out.peek(2) == 0
        line = out.text(layer, "Topic", "mqtt.topic_len", "mqtt.topic", is_shown_empty=False)
        if self._message.qos:
            self._number()
        found: list[Property] = []
        if self._is_new:
            found = out.properties(layer, "Properties", "mqtt.properties")
        alias = any(one.number == TOPIC_ALIAS for one in found)
        if alias:
            topic = self._said.topics[0].decode("utf-8", "replace") if self._said.topics else ""
            concluded = layer.concluded(f"Topic: {topic}", "mqtt.topic")
            if not topic:
                concluded.expert(ExpertLevel.NOTE, "Protocol", "Unknown topic alias", "mqtt.unknown_topic_alias")
        elif is_empty:
            line.expert(ExpertLevel.WARNING, "Protocol", "Length cannot be 0", "mqtt.illegal_topic_length")
        out.rest(layer, "Message", "mqtt.msg", self._message.stop)

    def subscribe(self) -> None:
        """SUBSCRIBE."""
        out, layer = self._out, self._out.layer
        self._filters_begin()
        while out.left:
            out.text(layer, "Topic", "mqtt.topic_len", "mqtt.topic")
            options = out.peek(1)
            if self._is_new:
                self._options(options)
            else:
                qos = QOS[options] if options < len(QOS) else "Unknown"
                out.number(layer, f"Requested QoS: {qos} ({options})", 1, "mqtt.sub.qos")

    def _filters_begin(self) -> None:
        self._number()
        if self._is_new:
            self._out.properties(self._out.layer, "Properties", "mqtt.properties")

    def _options(self, options: int) -> None:
        out = self._out
        handling, qos = options >> 4 & 3, options & 3
        texts = [f"Retain Handling: {RETAIN_HANDLING[handling]}"]
        texts += [title for mask, title, _ in _OPTIONS[2:4] if options & mask]
        texts.append(f"QoS: {QOS[qos]}")
        text = f"Subscription Options: 0x{options:02x}, {', '.join(texts)}"
        line = out.number(out.layer, text, 1, "mqtt.subscription_options")
        reserved, retained, published, local, level = _OPTIONS
        out.bits(line, options, reserved[0], f"Reserved: 0x{options >> 6:x}", reserved[2])
        out.bits(line, options, retained[0], f"Retain Handling: {RETAIN_HANDLING[handling]} ({handling})", retained[2])
        out.flag(line, options, *published)
        out.flag(line, options, *local)
        out.bits(line, options, level[0], f"QoS: {QOS[qos]} ({qos})", level[2])

    def unsubscribe(self) -> None:
        """UNSUBSCRIBE."""
        self._filters_begin()
        while self._out.left:
            self._out.text(self._out.layer, "Topic", "mqtt.topic_len", "mqtt.topic")

    def suback(self) -> None:
        """SUBACK."""
        out, layer = self._out, self._out.layer
        self._filters_begin()
        while out.left:
            if self._version in (VERSION_31, VERSION_311):
                code = out.peek(1)
                name = QOS[code] if code < len(QOS) else "Failure" if code == 0x80 else "Unknown"
                out.number(layer, f"Granted QoS: {name} ({code})", 1, "mqtt.suback.qos")
            else:
                self._reason()

    def unsuback(self) -> None:
        """UNSUBACK."""
        self._number()
        if self._is_new and self._out.left:
            self._out.properties(self._out.layer, "Properties", "mqtt.properties")
            while self._out.left:
                self._reason()

    def acknowledgment(self) -> None:
        """PUBACK, PUBREC, PUBREL, PUBCOMP."""
        self._number()
        self.farewell()

    def farewell(self) -> None:
        """DISCONNECT and AUTH, and what others end with: a reason and properties, where there are any."""
        out = self._out
        if self._is_new and out.left:
            self._reason()
            if out.left:
                out.properties(out.layer, "Properties", "mqtt.properties")


_WRITERS: Final = {
    CONNECT: _Packet.connect, CONNACK: _Packet.connack, PUBLISH: _Packet.publish, SUBSCRIBE: _Packet.subscribe,
    SUBACK: _Packet.suback, UNSUBSCRIBE: _Packet.unsubscribe, UNSUBACK: _Packet.unsuback,
    DISCONNECT: _Packet.farewell, AUTH: _Packet.farewell,
    **dict.fromkeys(ACKNOWLEDGMENTS, _Packet.acknowledgment),
}  # fmt: skip
