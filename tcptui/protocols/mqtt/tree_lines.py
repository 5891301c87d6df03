"""Lines about the bytes of one packet of MQTT: what every part of its header tree writes with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label, shortened
from tcptui.protocols.mqtt.codes import AUTHENTICATION_DATA, CONTENT_TYPE, MAXIMUM_QOS, PROPERTIES, QOS, TOPIC_ALIAS
from tcptui.protocols.mqtt.fields import Fields, Incomplete
from tcptui.protocols.secret_names import hides

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.mqtt.fields import Property, Span

#: Lines of one packet, at most, and bytes that are shown of a value.
_LINES_MOST: Final = 20_000
_SHOWN_BYTES: Final = 40
_LENGTH: Final = 2


class PacketLines:
    """Reads a packet part by part and writes a line for each.  Methods raise `Incomplete` where its bytes end."""

    def __init__(self, place: FramePlace, layer: Branch, start: int, data: bytes) -> None:
        self.layer = layer
        self._place, self._start = place, start
        self._fields = Fields(data)
        self._lines = _LINES_MOST

    @property
    def left(self) -> int:
        """How many bytes follow."""
        return self._fields.left

    def peek(self, size: int) -> int:
        """The next number, which stays the next."""
        at = self._fields.at
        value = self._fields.number(size)
        self._fields.at = at
        return value

    def number(self, parent: Branch, label: str, size: int, field: str) -> Branch:
        """A number of ``size`` bytes; ``{}`` in the label stands for it."""
        at = self._fields.at
        value = self._fields.number(size)
        return self._add(parent, label.replace("{}", str(value)), at, size, field)

    def variable(self, parent: Branch, label: str, field: str) -> int:
        """A number of variable length."""
        at = self._fields.at
        value = self._fields.variable()
        self._add(parent, label.replace("{}", str(value)), at, self._fields.at - at, field)
        return value

    def bits(self, line: Branch, value: int, mask: int, text: str, field: str) -> None:
        """Bits of the byte that ``line`` is about."""
        bit = line.add(bits_label(value, mask, 8, text), line.start, line.length, field)
        bit.target = line.target

    def flag(self, line: Branch, value: int, mask: int, title: str, field: str) -> None:
        """A bit that is set, or not."""
        self.bits(line, value, mask, f"{title}: {'Set' if value & mask else 'Not set'}", field)

    def text(self, parent: Branch, title: str, length_field: str, field: str, *, is_shown_empty: bool = True) -> Branch:
        """The length of a text, whose line is returned, and the text."""
        span = self._fields.span()
        line = self._length(parent, title, span, length_field)
        if span.data or is_shown_empty:
            self._value(parent, title, span, field)
        return line

    def binary(self, parent: Branch, title: str, length_field: str, field: str) -> None:
        """The length of bytes, and they."""
        span = self._fields.span()
        self._length(parent, title, span, length_field)
        self._bytes(parent, title, span.start + _LENGTH, span.data, len(span.data), field)

    def secret(self, parent: Branch, title: str, length_field: str) -> None:
        """The length of what is not shown."""
        self._length(parent, title, self._fields.span(), length_field)
        parent.concluded(f"{title} is not shown")

    def rest(self, parent: Branch, title: str, field: str, stop: int) -> None:
        """What is left, up to ``stop`` in the direction."""
        at = self._fields.at
        data = self._fields.data[at : at + _SHOWN_BYTES]
        self._fields.at = len(self._fields.data)
        self._bytes(parent, title, at, data, stop - self._start - at, field)

    def properties(self, parent: Branch, title: str, field: str) -> list[Property]:
        """Properties, and they."""
        start, first, found = self._fields.properties()
        line = self._add(parent, title, start, self._fields.at - start, field)
        self._add(line, f"Total Length: {self._fields.at - first}", start, first - start, "mqtt.property_len")
        for one in found:
            self._property(line, one)
        return found

    def _property(self, line: Branch, one: Property) -> None:
        name = PROPERTIES[one.number][0] if one.is_known else "Unknown"
        self._add(line, f"ID: {name} (0x{one.number:02x})", one.start, 1, "mqtt.property_id")
        at, length = one.start + 1, one.stop - one.start - 1
        if not one.is_known:
            (rest,) = one.spans
            self._add(line, f"Unknown Property: {_printed(rest.data)}", at, length, "mqtt.prop_unknown")
        elif one.number == CONTENT_TYPE:
            self._add(line, f"Content Type: {_printed(one.spans[0].data)}", at, length, "mqtt.property.content_type")
        elif one.number == MAXIMUM_QOS:
            qos = QOS[one.value] if one.value < len(QOS) else "Unknown"
            self._add(line, f"QoS: {qos} ({one.value})", at, length, "mqtt.property.max_qos")
        elif one.number == TOPIC_ALIAS:
            self._add(line, f"Topic Alias: {one.value}", at, length, "mqtt.property.topic_alias")
        elif not one.spans:
            self._add(line, f"Value: {one.value}", at, length, "mqtt.prop_number")
        elif one.number == AUTHENTICATION_DATA:
            self._length(line, "", one.spans[0], "mqtt.prop_string_len")
            line.concluded("Authentication data is not shown")
        elif len(one.spans) == 1:
            self._length(line, "", one.spans[0], "mqtt.prop_string_len")
            self._value(line, "Value", one.spans[0], "mqtt.prop_string")
        else:
            self._pair(line, *one.spans)

    def _pair(self, line: Branch, key: Span, value: Span) -> None:
        self._length(line, "Key", key, "mqtt.prop_key_len")
        self._value(line, "Key", key, "mqtt.prop_key")
        self._length(line, "Value", value, "mqtt.prop_value_len")
        if hides(key.text, value.text):
            line.concluded("Value is not shown, for it may be a secret")
        else:
            self._value(line, "Value", value, "mqtt.prop_value")

    # -- lines ---------------------------------------------------------------------------------
    def _add(self, parent: Branch, label: str, at: int, length: int, field: str) -> Branch:
        self._lines -= 1
        if self._lines < 0:
            raise Incomplete
        return self._place.add(parent, label, self._start + at, length, field)

    def _length(self, parent: Branch, title: str, span: Span, field: str) -> Branch:
        return self._add(parent, f"{title} Length: {len(span.data)}".lstrip(), span.start, _LENGTH, field)

    def _value(self, parent: Branch, title: str, span: Span, field: str) -> None:
        self._add(parent, f"{title}: {_printed(span.data)}", span.start + _LENGTH, len(span.data), field)

    def _bytes(self, parent: Branch, title: str, at: int, data: bytes, length: int, field: str) -> None:
        self._add(parent, f"{title}: {shortened(data) or '<MISSING>'}", at, length, field)


def _printed(data: bytes) -> str:
    """A text as Wireshark prints it: up to the first NUL."""
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")
