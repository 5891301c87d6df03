"""Lines of a packet's payload in the header tree, read one value after another."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.names import value_text
from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.field_line import NS_PER_SECOND
from tcptui.protocols.headers.frame import date_text
from tcptui.protocols.mysql.fields import NULL, Fields, ShortError
from tcptui.protocols.mysql.packets import HEADER

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.mysql.packets import Packet

#: Bytes of a payload that are read for its lines; what is longer is one value.
READ: Final = 65_536
_SHOWN: Final = 40
#: What a name of tshark's field is, where the number is a set of bits: the field and the title of each, lowest first.
Bits = tuple[tuple[str, str], ...]


class Lines:
    """Appends lines for the values of ``packet``.  Raises ShortError where it ends early."""

    def __init__(self, place: FramePlace, packet: Packet) -> None:
        self._place, self._begin = place, packet.start + HEADER
        self.length = packet.length
        self.fields = Fields(packet.body(READ))
        self._packet, self._base = packet, 0

    @property
    def at(self) -> int:
        """Offset, in the payload, of what was not read yet."""
        return self._base + self.fields.at

    @property
    def left(self) -> int:
        """Payload bytes that were not read yet, as far as captured."""
        return self.fields.left

    @property
    def next_byte(self) -> int:
        """The byte that is read next; -1 at the end."""
        return self.fields.data[self.fields.at] if self.fields.left else -1

    def line(self, parent: Branch, label: str, begin: int, length: int, field: str = "") -> Branch:
        """A line for ``length`` bytes of the payload at ``begin``."""
        name = _name(field)
        return self._place.add(parent, label, self._begin + begin, length, name)

    def number(self, parent: Branch, size: int, title: str, field: str, digits: int = 0) -> int:
        """A whole number, with its name where it has one; in hexadecimal with so many ``digits``."""
        value = self.fields.number(size)
        shown = f"0x{value:0{digits}x}" if digits else str(value)
        name = value_text(_name(field), value) if field else ""
        self.line(parent, f"{title}: {name} ({shown})" if name else f"{title}: {shown}", self.at - size, size, field)
        return value

    def bits(self, parent: Branch, title: str, field: str, bits: Bits, size: int = 2) -> int:
        """A number of ``size`` bytes, each bit a line of its own where it has a name."""
        value = self.fields.number(size)
        begin = self.at - size
        line = self.line(parent, f"{title}: 0x{value:0{2 * size}x}", begin, size, field)
        for place, (name, what) in enumerate(bits):
            if name:
                bit = value >> place & 1
                self.line(line, f"{_drawn(place, bit, 8 * size)} = {what}: {_set(bit)}", begin, size, name)
        return value

    def moment(self, parent: Branch, title: str, field: str) -> None:
        """Seconds since 1970, in four bytes."""
        seconds = self.fields.number(4)
        self.line(parent, f"{title}: {date_text(seconds * NS_PER_SECOND, UTC)}", self.at - 4, 4, field)

    def encoded(self, parent: Branch, title: str, field: str) -> int:
        """A length-encoded number."""
        begin = self.at
        value = self.fields.encoded()
        self.line(parent, f"{title}: {value}", begin, self.at - begin, field)
        return value

    def sized(self, parent: Branch, title: str, field: str, length_title: str, length_field: str) -> tuple[Branch, int]:
        """Data behind a length-encoded number of their bytes: their line, with a line of that number, and their end."""
        begin = self.at
        size = self.fields.encoded()
        line = self.line(parent, title, begin, self.at - begin + size, field)
        self.line(line, f"{length_title}: {size}", begin, self.at - begin, length_field)
        return line, self.at + size

    def text(self, parent: Branch, title: str, field: str) -> str:
        """A length-encoded string."""
        if self.next_byte == NULL:
            self.fields.take(1)
            parent.add(f"{title}: NULL", None, 0, f"mysql.{field}")
            return ""
        size = self.fields.encoded()
        return self.plain(parent, size, title, field)

    def line_text(self, parent: Branch, title: str, field: str) -> str:
        """A string that a NUL ends."""
        begin = self.at
        data = self.fields.line()
        self.line(parent, f"{title}: {_text(data)}", begin, len(data) + 1, field)
        return _text(data)

    def plain(self, parent: Branch, size: int, title: str, field: str) -> str:
        """A string of ``size`` bytes; of a longer one than is read, its beginning."""
        begin = self.at
        whole = begin + size <= self.length
        if not whole:
            raise ShortError
        data = self.fields.take(min(size, self.left))
        self.line(parent, f"{title}: {_text(data)}", begin, size, field)
        if len(data) < size:
            self._jump(begin + size)
        return _text(data)

    def _jump(self, at: int) -> None:
        """Goes on at that offset of the payload, behind a value that is longer than what is read."""
        if self._packet.parts > 1:  # headers of parts lie between
            raise ShortError
        left = min(READ, self.length - at)
        self._base, self.fields = at, Fields(self._packet.direction.read(self._begin + at, left) if left else b"")

    def raw(self, parent: Branch, size: int, title: str, field: str) -> None:
        """Bytes in hexadecimal."""
        data = self.fields.take(size)
        self.line(parent, f"{title}: {shortened(data[:_SHOWN])}", self.at - size, size, field)

    def hidden(self, parent: Branch, size: int, title: str, field: str) -> None:
        """Bytes that are, or may be, a secret: how many there are."""
        self.fields.take(min(size, self.left))
        parent.concluded(f"{title}: not shown ({size} bytes)", f"mysql.{field}" if field else "")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _name(field: str) -> str:
    """Wireshark's name of a field, of which only MariaDB's own are written whole."""
    return field if not field or field.startswith("mariadb.") else f"mysql.{field}"


def _drawn(place: int, bit: int, count: int) -> str:
    """The bit at ``place`` of ``count``, as Wireshark draws it."""
    signs = ["."] * count
    signs[count - 1 - place] = str(bit)
    return " ".join("".join(signs[at : at + 4]) for at in range(0, count, 4))


def _set(bit: int) -> str:
    return "Set" if bit else "Not set"
