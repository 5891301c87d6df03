"""How the line of a field is drawn from its value: title, bits, number, name; by the registry and Wireshark's table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.names import drawing_of, has_value_strings, value_text
from tcptui.model.field import Field
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS
from tcptui.protocols.headers.bits import bit_pattern, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

#: Labels that are kept.
_LABELS: Final = 8192
NS_PER_SECOND: Final = 1_000_000_000
#: Bytes that a value has where nothing else is said.
_SIZES: Final = {
    T.UINT8: 1, T.UINT16: 2, T.UINT24: 3, T.UINT32: 4, T.UINT64: 8, T.BOOLEAN: 1, T.IPV4: 4, T.IPV6: 16, T.ETHER: 6,
}  # fmt: skip
_NUMBERS: Final = frozenset({T.UINT8, T.UINT16, T.UINT24, T.UINT32, T.UINT64, T.BOOLEAN})


class ChecksumStatus(IntEnum):
    """Wireshark's values of ``checksum.status``."""

    BAD = 0
    GOOD = 1
    UNVERIFIED = 2
    NOT_PRESENT = 3
    ILLEGAL = 4


@dataclass(frozen=True, slots=True, eq=False)
class FieldLine:
    """The form that all lines of a field have."""

    field: Field
    title: str
    offset: int
    """Where in its header it stands, if it always does."""
    size: int
    """Number of its bytes; 0: each line says it."""
    mask: int
    """Its bits of these bytes; 0: all."""
    width: int
    """How many bits are drawn; 0: none."""
    base: str
    """How its numbers are written (`Drawing`)."""
    digits: int
    """How many hexadecimal digits its numbers have."""
    is_named: bool
    """Whether its numbers have names."""

    is_number: bool
    """Whether its bytes are an unsigned integer in network byte order."""
    shift: int
    """By how many bits it is moved in them."""
    unit: int
    """The factor that makes its value of that number (`Place`)."""

    def value(self, raw: bytes) -> int | bytes:
        """The value of ``raw``: the number that the field's bits are, in its unit, or the bytes."""
        if not self.is_number:
            return raw
        number = int.from_bytes(raw)
        if self.mask:
            number = (number & self.mask) >> self.shift
        return number * self.unit

    def text(self, value: int | bytes | str) -> str:
        """``value`` in words, without the title: ``"TCP (6)"``."""
        if isinstance(value, str):
            return value
        if isinstance(value, bytes):
            return _TEXTS.get(self.field.type, shortened)(value)
        if self.field.type is T.RELATIVE_TIME:
            return f"{seconds_text(value)} seconds"
        if self.field.type is T.BOOLEAN:
            return value_text(self.field.name, int(value != 0)) or str(value != 0)
        name = value_text(self.field.name, value) if self.is_named else ""
        if self.base == "NONE":
            return name
        shown = f"0x{value:0{self.digits}x}" if self.base.startswith("HEX") else str(value)
        if self.is_named and (name := name or self.field.unnamed):
            return f"{name} ({shown})"
        other = {"HEX_DEC": str(value), "DEC_HEX": f"0x{value:0{self.digits}x}"}.get(self.base)
        return shown if other is None else f"{shown} ({other})"


def label_of(line: FieldLine, value: int | bytes | str, title: str, text: str | None, note: str) -> str:
    """The whole of a line: drawn bits, ``title``, ``text`` (None: that of ``value``), ``note``."""
    return (_cached_label if isinstance(value, int) else _label)(line, value, title, text, note)


def _label(line: FieldLine, value: int | bytes | str, title: str, text: str | None, note: str) -> str:
    drawn = f"{title}: {line.text(value) if text is None else text}{note}"
    if not line.width or not isinstance(value, int):
        return drawn
    return f"{bit_pattern(value // line.unit << line.shift, line.mask, line.width)} = {drawn}"


#: Most lines with numbers are the same in many packets.
_cached_label = lru_cache(maxsize=_LABELS)(_label)


def seconds_text(time_ns: int) -> str:
    """Nanoseconds as seconds with nine decimals: ``"-0.000122000"``."""
    whole, rest = divmod(abs(time_ns), NS_PER_SECOND)
    return f"{'-' if time_ns < 0 else ''}{whole}.{rest:09d}"


def dotted(address: bytes) -> str:
    """The address in dotted decimal: ``192.168.0.50``."""
    return ".".join(map(str, address))


def written(address: bytes) -> str:
    """An IPv6 address in the text form of RFC 5952."""
    return str(IPv6Address(address))


def _with_colons(address: bytes) -> str:
    return address.hex(":")


_TEXTS: Final[dict[T, Callable[[bytes], str]]] = {T.IPV4: dotted, T.IPV6: written, T.ETHER: _with_colons}


@cache
def field_line(name: str) -> FieldLine:
    """The line of the field ``name``.  Raises KeyError for an unknown field."""
    field, drawing = FIELDS[name], drawing_of(name)
    place = field.place
    size = _SIZES.get(field.type, 0) if place is None else place.size
    mask = drawing.mask if place is None else place.mask
    shift = (mask & -mask).bit_length() - 1 if mask else 0
    bits = mask >> shift if mask else 256**size - 1
    width = int(drawing.base) if drawing.base.isdigit() and drawing.base != "0" else 8 * size
    return FieldLine(
        field, field.title or drawing.title, 0 if place is None else place.offset, size, mask, width if mask else 0,
        drawing.base, math.ceil(bits.bit_length() / 4), has_value_strings(name),
        field.type in _NUMBERS, shift, 1 if place is None else place.unit,
    )  # fmt: skip
