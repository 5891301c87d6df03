"""TLS in the header tree of the packet that completed its records, in Wireshark's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.builder import Joined
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.tls.codes import SHORT_VERSIONS, TLS_1_3, ContentType, named
from tcptui.protocols.tls.message import read_message, title_of
from tcptui.protocols.tls.records import HEADER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.handshake import Message
    from tcptui.protocols.tls.lines import Line
    from tcptui.protocols.tls.records import Record

_TITLES: Final[dict[int, str]] = {
    ContentType.CHANGE_CIPHER_SPEC: "Change Cipher Spec Protocol: Change Cipher Spec",
    ContentType.APPLICATION_DATA: "Application Data Protocol",
    ContentType.HEARTBEAT: "Heartbeat",
}
#: How the names of the lines below a layer begin, and of notes on them.
_OWN: Final = ("tls.", "_ws.")
_ENCRYPTED: Final = "Encrypted Handshake Message"
#: Most records of one packet that are shown.
_SHOWN: Final = 200


def add_tls(
    dissection: Dissection, place: FramePlace, conversation: TlsConversation, side: int, shown: Sequence[int]
) -> None:
    """Append the records ``shown`` of ``side``, which the packet completed; nothing without any.

    They have one layer, or two where the first record began in an earlier packet: Wireshark puts that one together by
    itself, unless not even its header was in the earlier ones.
    """
    asked = dissection.options.asked
    is_asked = asked is None or any(name.startswith(_OWN) for name in asked)
    records = conversation.records[side].each
    alone = int(bool(shown) and place.is_reassembled_alone(records[shown[0]].start, HEADER))
    for at, index in enumerate(shown):
        record = records[index]
        if not place.holds(record.start, record.stop):
            within = [index] if alone or at else shown
            stop = place.last_end(record.stop, (records[each].stop for each in within))
            add_reassembled(dissection, record.direction, record.start, stop)
    for some in filter(None, (shown[:alone], shown[alone:])):
        dissection.protocols.append("tls")
        start, stop = records[some[0]].start, records[some[-1]].stop
        layer = place.add(dissection.parent, "Transport Layer Security", start, stop - start, "tls")
        layer.target = 0
        for index in some[:_SHOWN] if is_asked else ():
            _RecordTree(layer, place, conversation, side, index).add()
        if len(some) > _SHOWN:
            layer.concluded(f"{len(some) - _SHOWN} more records")


class _RecordTree:
    """The lines of one record."""

    def __init__(self, layer: Branch, place: FramePlace, conversation: TlsConversation, side: int, index: int) -> None:
        self._layer, self._place, self._said, self._side, self._index = layer, place, conversation, side, index
        self._record: Record = conversation.records[side].each[index]
        self._kind: int = conversation.opened[side].kinds.get(index, self._record.content_type)
        """The type inside, where keys opened it."""

    def add(self) -> None:
        record, said = self._record, self._said
        is_opaque = said.version == TLS_1_3 and record.content_type == ContentType.APPLICATION_DATA
        version = SHORT_VERSIONS.get(said.version or record.version, "TLS")
        line = self._line(self._layer, f"{version} Record Layer: {self._title()}", record.start, 5 + record.length,
                          "tls.record")  # fmt: skip
        kind = named("tls.record.content_type", record.content_type)
        title, field = ("Opaque Type", "opaque_type") if is_opaque else ("Content Type", "content_type")
        self._line(line, f"{title}: {kind}", record.start, 1, f"tls.record.{field}")
        self._line(line, f"Version: {named('tls.record.version', record.version, 4)}", record.start + 1, 2,
                   "tls.record.version")  # fmt: skip
        self._line(line, f"Length: {record.length}", record.start + 3, 2, "tls.record.length")
        if is_opaque and self._index in said.opened[self._side].kinds:
            text = f"Content Type: {named('tls.record.content_type', self._kind)}"
            line.concluded(text, "tls.record.content_type").whole = lambda: bytes((self._kind,))
        self._body(line)
        if not record.complete:
            line.concluded("The record was not captured whole")

    def _title(self) -> str:
        if self._kind == ContentType.HANDSHAKE:
            messages = self._messages()
            if not messages:
                return f"Handshake Protocol: {_ENCRYPTED}"
            if len(messages) > 1:
                return "Handshake Protocol: Multiple Handshake Messages"
            part = "" if messages[0].last == self._index else " (fragment)"
            return f"Handshake Protocol: {title_of(messages[0])}{part}"
        if self._kind == ContentType.ALERT:
            alert = self._said.alert(self._side, self._index)
            if alert is None:
                return "Encrypted Alert"
            return f"Alert (Level: {_name('level', alert[0])}, Description: {_name('desc', alert[1])})"
        return _TITLES.get(self._kind, "")

    def _messages(self) -> list[Message]:
        return self._said.messages[self._side].parts.get(self._index, [])

    def _line(self, parent: Branch, label: str, start: int, length: int, field: str) -> Branch:
        return self._place.add(parent, label, start, length, field)

    def _body(self, line: Branch) -> None:
        record = self._record
        start, length = record.body, record.length
        if self._kind == ContentType.CHANGE_CIPHER_SPEC:
            self._line(line, "Change Cipher Spec Message", start, length, "tls.change_cipher_spec")
        elif self._kind == ContentType.APPLICATION_DATA:
            text = f"Encrypted Application Data: {shortened(record.direction.read(start, min(length, 64)))}"
            self._line(line, text, start, length, "tls.app_data")
        elif self._kind == ContentType.ALERT:
            self._alert(line)
        elif self._kind == ContentType.HANDSHAKE:
            self._handshake(line)

    def _alert(self, line: Branch) -> None:
        record, alert = self._record, self._said.alert(self._side, self._index)
        title = "Alert Message" + (": Encrypted Alert" if alert is None else "")
        inside = self._line(line, title, record.body, record.length, "tls.alert_message")
        if alert is None:
            return
        if self._index in self._said.opened[self._side].alerts:
            inside.within = Joined(bytes(alert))
        for at, (name, value) in enumerate(zip(("level", "desc"), alert, strict=True)):
            text = f"{'Level' if name == 'level' else 'Description'}: {named(f'tls.alert_message.{name}', value)}"
            if inside.within is None:
                self._line(inside, text, record.body + at, 1, f"tls.alert_message.{name}")
            else:
                inside.add(text, at, 1, f"tls.alert_message.{name}")

    def _handshake(self, line: Branch) -> None:
        record = self._record
        messages = self._messages()
        if not messages:
            self._line(line, f"Handshake Protocol: {_ENCRYPTED}", record.body, record.length, "tls.handshake")
        for message in messages:
            if message.last == self._index:
                self._fragments(line, message)
                self._draw(line, read_message(message, self._said.suite, self._said.version), message)
            else:
                self._part(line, message)

    def _part(self, line: Branch, message: Message) -> None:
        """A fragment of a message that a later record ends."""
        start, length = self._piece(message)
        self._line(line, f"Handshake Protocol: {title_of(message)} (fragment)", start, length, "tls.handshake")
        last = self._said.records[self._side].each[message.last]
        frame = last.direction.delivered_frame(last.stop - 1)
        text = f"Reassembled Handshake Message in frame: {frame}"
        line.concluded(text, "tls.handshake.reassembled_in").target = frame

    def _piece(self, message: Message) -> tuple[int, int]:
        """Offset and length of the part of a message that is in this record."""
        record = self._record
        return next(piece for piece in message.pieces if record.body <= piece[0] < record.stop)

    def _fragments(self, line: Branch, message: Message) -> None:
        if len(message.pieces) == 1:
            return
        title = f"Handshake Protocol: {title_of(message)} (last fragment)"
        self._line(line, title, *self._piece(message), "tls.handshake")
        direction = self._record.direction
        frames = [direction.delivered_frame(start + length - 1) for start, length in message.pieces]
        count = len(message.pieces)
        title = f"{count} Reassembled Handshake Fragments ({len(message.data)} bytes)"
        layer = line.concluded(title, "tls.handshake.fragments")
        at = 0
        for frame, (_, length) in list(zip(frames, message.pieces, strict=True))[:_SHOWN]:
            text = f"Frame: {frame}, payload: {at}-{at + length - 1} ({length} bytes)"
            layer.concluded(text, "tls.handshake.fragment").target = frame
            at += length
        layer.concluded(f"Handshake Fragment count: {count}", "tls.handshake.fragment.count")

    def _draw(self, parent: Branch, line: Line, message: Message) -> None:
        field = f"tls.{line.field}" if line.field else ""
        if line.generated:
            # The label is cut where it is long; a filter compares all of it.
            parent.concluded(line.label, field).whole = lambda: str(line.value).encode()
            return
        if message.opened:
            self._draw_opened(parent, line, message)
            return
        start = message.place(line.start)
        stop = message.place(line.start + line.length - 1) + 1 if line.length else start
        branch = self._line(parent, line.label, start, stop - start, field)
        if field and stop - start != line.length:
            branch.whole = lambda: message.data[line.start : line.start + line.length]
        for inside in line.lines:
            self._draw(branch, inside, message)

    def _draw_opened(self, parent: Branch, line: Line, message: Message) -> None:
        """Draw a message that the frames have only encrypted: its lines count in the message itself."""
        outside = parent.within
        parent.within = Joined(message.data)
        branch = parent.add(line.label, line.start, line.length, f"tls.{line.field}" if line.field else "")
        parent.within = outside
        for inside in line.lines:
            self._draw(branch, inside, message)


def _name(part: str, value: int) -> str:
    return named(f"tls.alert_message.{part}", value).rpartition(" ")[0]
