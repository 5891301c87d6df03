"""Frames of AMQP in the header tree of the packet that completed them, in Wireshark's terms; without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.amqp.arguments import read_arguments
from tcptui.protocols.amqp.message import IDS, holds_secrets
from tcptui.protocols.amqp.methods import (
    BODY,
    CHANNEL_CLOSE,
    CLASSES,
    CONNECTION_CLOSE,
    FRAME_HEAD,
    HEADER,
    METHOD,
    METHODS,
    PROPERTIES,
    PROTOCOL,
    RETURN,
    TYPES,
    Method,
)
from tcptui.protocols.amqp.tree_table import TableLines
from tcptui.protocols.headers.bits import bits_label, shortened
from tcptui.protocols.headers.frame import unix_date_text
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.secret_bodies import body_without_secrets
from tcptui.protocols.secrets_out import words_without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.amqp.arguments import Read
    from tcptui.protocols.amqp.conversation import Said
    from tcptui.protocols.amqp.message import Message
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace

#: Most frames in one packet's tree, and bytes of one that are read for its lines.
_FRAMES_SHOWN: Final = 1_000
_READ_MOST: Final = 1 << 17
_SHOWN_BYTES: Final = 40
#: Class, weight, size and flags of a content's header.
_CONTENT: Final = 14
_FLAGS_FIRST: Final = 15
#: What a reply code says, by the method that has it.
_REPLIES: Final = {
    CHANNEL_CLOSE: "Channel error", CONNECTION_CLOSE: "Connection error", RETURN: "Message was not delivered",
}  # fmt: skip
_FINE: Final = 200


def add_amqp(dissection: Dissection, place: FramePlace, said: Sequence[Said]) -> None:
    """Append a layer for each frame of AMQP that the packet completed."""
    for one in said[:_FRAMES_SHOWN]:
        message = one.message
        if not place.holds(message.start, message.stop):
            shown = not holds_secrets(message)
            add_reassembled(dissection, place.direction, message.start, message.stop, bytes_shown=shown)
        dissection.protocols.append("amqp")
        title = "Advanced Message Queuing Protocol"
        layer = place.add(dissection.parent, title, message.start, message.stop - message.start, "amqp")
        layer.target = 0
        _Frame(layer, place, message).write()
        if not message.complete:
            layer.concluded("Not all of it was captured")
    if len(said) > _FRAMES_SHOWN:
        dissection.parent.concluded("More frames of AMQP are not shown")


class _Frame:
    def __init__(self, layer: Branch, place: FramePlace, message: Message) -> None:
        self._layer, self._place, self._message = layer, place, message
        self._data = place.direction.read(message.start, min(_READ_MOST, message.stop - message.start))

    def _add(self, label: str, at: int, size: int, field: str, parent: Branch | None = None) -> Branch:
        return self._place.add(parent or self._layer, label, self._message.start + at, size, field)

    def write(self) -> None:
        """All lines."""
        message, data = self._message, self._data
        if not message.kind:
            self._protocol()
            return
        if len(data) < FRAME_HEAD:
            return
        self._add(f"Type: {TYPES[message.kind]} ({message.kind})", 0, 1, "amqp.type")
        self._add(f"Channel: {message.channel}", 1, 2, "amqp.channel")
        self._add(f"Length: {int.from_bytes(data[3:7])}", 3, 4, "amqp.length")
        if message.kind == METHOD and len(data) >= FRAME_HEAD + IDS:
            self._method()
        elif message.kind == HEADER and len(data) >= FRAME_HEAD + _CONTENT:
            self._content()
        elif message.kind == BODY and message.size:
            payload = shortened(data[FRAME_HEAD : FRAME_HEAD + min(message.size, _SHOWN_BYTES)])
            self._add(f"Payload: {payload}", FRAME_HEAD, message.size, "amqp.payload")

    def _protocol(self) -> None:
        data = self._data
        if len(data) < len(PROTOCOL):
            return
        self._add("Protocol: AMQP", 0, 4, "amqp.init.protocol")
        titles = ("Protocol ID Major", "Protocol ID Minor", "Version Major", "Version Minor")
        for at, (title, field) in enumerate(zip(titles, ("id_major", "id_minor", "version_major", "version_minor"),
                                                strict=True), 4):  # fmt: skip
            self._add(f"{title}: {data[at]}", at, 1, f"amqp.init.{field}")

    # -- methods -------------------------------------------------------------------------------
    def _method(self) -> None:
        one, number = self._message.ids
        known = METHODS.get((one, number), Method("", is_named=False))
        self._add(f"Class: {CLASSES.get(one, 'Unknown')} ({one})", FRAME_HEAD, 2, "amqp.method.class")
        name = known.name if known.is_named else "Unknown"
        self._add(f"Method: {name} ({number})", FRAME_HEAD + 2, 2, "amqp.method.method")
        start = FRAME_HEAD + IDS
        size = max(self._message.stop - self._message.start - start - 1, 0)
        parent = self._add("Arguments", start, size, "amqp.method.arguments")
        if not known.is_named and known.name:
            self._layer.concluded(f"It is {known.name}")
        for read in read_arguments(self._data[: start + size], start, known.arguments):
            self._argument(parent, read)

    def _argument(self, parent: Branch, read: Read) -> None:
        one, size, name = read.argument, read.stop - read.start, read.argument.field
        field = f"amqp.method.arguments.{name}"
        if one.form == "?":
            text = f"{one.title}: {bool(read.number)}"
            mask = 1 << read.bit
            self._add(bits_label(read.number << read.bit, mask, 8, text), read.start, 1, field, parent)
        elif one.form == "x":
            parent.concluded(f"{one.title} is not shown: {size} bytes")
        elif one.form == "t":
            line = self._add(one.title, read.start - 4, size + 4, field, parent)
            TableLines(self._place, self._message.start + read.start, read.data).write(line)
        elif one.form == "s":
            self._add(f"{one.title}: {_text(read.data)}", read.start - 1, size + 1, field, parent)
        elif one.form == "b":
            self._add(f"{one.title}: {shortened(read.data) or '<MISSING>'}", read.start, size, field, parent)
        else:
            line = self._add(f"{one.title}: {read.number}", read.start, size, field, parent)
            said = _REPLIES.get(self._message.ids, "")
            if name == "reply_code" and said and read.number != _FINE:
                line.expert(ExpertLevel.WARNING, "Response", said, _EXPERTS[self._message.ids])

    # -- contents ------------------------------------------------------------------------------
    def _content(self) -> None:
        data, at = self._data, FRAME_HEAD
        kind, flags = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 12 : at + 14])
        self._add(f"Class ID: {CLASSES.get(kind, 'Unknown')} ({kind})", at, 2, "amqp.header.class")
        self._add(f"Weight: {int.from_bytes(data[at + 2 : at + 4])}", at + 2, 2, "amqp.header.weight")
        self._add(f"Body size: {self._message.size}", at + 4, 8, "amqp.header.body-size")
        self._add(f"Property flags: 0x{flags:04x}", at + 12, 2, "amqp.header.property-flags")
        start, stop = at + _CONTENT, self._message.stop - self._message.start - 1
        parent = self._add("Properties", start, max(stop - start, 0), "amqp.header.properties")
        there = [one for bit, one in enumerate(PROPERTIES) if flags >> (_FLAGS_FIRST - bit) & 1]
        for read in read_arguments(data[:stop], start, there):
            self._property(parent, read)

    def _property(self, parent: Branch, read: Read) -> None:
        one, size = read.argument, read.stop - read.start
        field = f"amqp.method.properties.{one.field}"
        if one.form == "t":
            line = self._add(one.title, read.start - 4, size + 4, field, parent)
            TableLines(self._place, self._message.start + read.start, read.data).write(line)
        elif one.form == "s":
            self._add(f"{one.title}: {_text(read.data)}", read.start - 1, size + 1, field, parent)
        elif one.title == "Timestamp":
            self._add(f"{one.title}: {unix_date_text(read.number)}", read.start, size, field, parent)
        else:
            self._add(f"{one.title}: {read.number}", read.start, size, field, parent)


_EXPERTS: Final = {
    CHANNEL_CLOSE: "amqp.channel.error", CONNECTION_CLOSE: "amqp.connection.error",
    RETURN: "amqp.message.undeliverable",
}  # fmt: skip


def _text(data: bytes) -> str:
    return words_without_secrets(body_without_secrets(data.split(b"\0", 1)[0].decode("utf-8", "replace")))
