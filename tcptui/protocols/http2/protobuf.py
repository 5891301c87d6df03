"""Protocol Buffers without their schema: field numbers, wire types, and what lengths and bytes let one guess.

Source: protobuf.dev, *Encoding*.  Whether bytes are a string, a message or something else the encoding does not say:
what reads as text is taken for a string, else what reads as fields to its last byte for a message.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

#: Fields of one message, with those of messages within, that are read, …
FIELDS_MOST: Final = 400
#: … how deep messages within messages are followed, …
DEPTH_MOST: Final = 8
#: … and bytes of a message that are looked at.
BYTES_MOST: Final = 65_536
_VARINT_MOST: Final = 10
_NUMBER_MOST: Final = (1 << 29) - 1
_WHITE: Final = frozenset("\n\r\t")


class WireType(IntEnum):
    """How a field's value is written; groups (3 and 4) are history."""

    VARINT = 0
    I64 = 1
    LEN = 2
    I32 = 5


_FIXED: Final = {WireType.I64: 8, WireType.I32: 4}
_NAMES: Final = {
    WireType.VARINT: "varint",
    WireType.I64: "64-bit",
    WireType.LEN: "length-delimited",
    WireType.I32: "32-bit",
}


@dataclass(frozen=True, slots=True)
class ProtobufField:
    """One field: bytes ``start … stop`` of the message, with the value from ``value_start`` on."""

    number: int
    wire: WireType
    start: int
    value_start: int
    stop: int
    value: int | str | bytes
    """Of a varint and of fixed numbers the unsigned integer; of others the text, or the bytes."""
    tag_stop: int
    """Where the number and the wire type end."""
    within: tuple[ProtobufField, ...] = ()
    """The fields of what reads as a message."""

    @property
    def wire_name(self) -> str:
        """Wireshark's name of the wire type."""
        return _NAMES[self.wire]

    @property
    def text(self) -> str:
        """The value and what it may be; strings are not yet safe to print."""
        if self.wire is WireType.LEN:
            if self.within:
                return f"{self.stop - self.value_start} bytes (message)"
            return f'"{self.value}" (string)' if isinstance(self.value, str) else f"{len(self._raw)} bytes (bytes)"
        number = self.value if isinstance(self.value, int) else 0
        if self.wire is WireType.VARINT:
            return f"{number} (uint64)" if number < 1 << 63 else f"{number - (1 << 64)} (int64)"
        size = _FIXED[self.wire]
        (real,) = struct.unpack("<d" if size == 8 else "<f", number.to_bytes(size, "little"))
        return f"{number} (fixed{8 * size}), {real:g} ({'double' if size == 8 else 'float'})"

    @property
    def literal(self) -> str:
        """The value as `protobuf_text` has it."""
        if isinstance(self.value, str):
            return json.dumps(self.value, ensure_ascii=False)
        if isinstance(self.value, bytes):
            return f"<{self.value.hex(' ')}>"
        return str(self.value) if self.wire is WireType.VARINT else f"0x{self.value:0{2 * _FIXED[self.wire]}x}"

    @property
    def _raw(self) -> bytes:
        return self.value if isinstance(self.value, bytes) else b""


def protobuf_fields(data: bytes) -> tuple[ProtobufField, ...]:
    """The fields of a message; empty where ``data`` is none to its last byte, or more than is read."""
    if not data or len(data) > BYTES_MOST:
        return ()
    return _Reader(data).message(0, len(data), 0) or ()


def protobuf_text(fields: tuple[ProtobufField, ...]) -> str:
    """The fields in lines, as ``protoc --decode_raw`` has them: ``1: 150``, messages within in braces.

    Strings are escaped as JSON's are, so that each stays in its line; bytes are in hexadecimal.
    """
    lines: list[str] = []
    waiting: list[tuple[int, ProtobufField | None]] = [(0, field) for field in reversed(fields)]
    while waiting:
        depth, field = waiting.pop()
        margin = "  " * depth
        if field is None:
            lines.append(f"{margin}}}")
        elif field.within:
            lines.append(f"{margin}{field.number} {{")
            waiting.append((depth, None))
            waiting += [(depth + 1, inner) for inner in reversed(field.within)]
        else:
            lines.append(f"{margin}{field.number}: {field.literal}")
    return "\n".join(lines) + "\n"


class _Reader:
    """Reads one message, and the messages within, up to `FIELDS_MOST` tries."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = FIELDS_MOST

    def message(self, at: int, stop: int, depth: int) -> tuple[ProtobufField, ...] | None:
        """The fields of bytes ``at … stop``; None where they are no message."""
        found = []
        while at < stop:
            self._left -= 1
            field = self._field(at, stop, depth) if self._left >= 0 else None
            if field is None:
                return None
            found.append(field)
            at = field.stop
        return tuple(found)

    def _field(self, start: int, stop: int, depth: int) -> ProtobufField | None:
        tag, tag_stop = self._varint(start, stop)
        at = tag_stop
        number = tag >> 3
        if at < 0 or not 0 < number <= _NUMBER_MOST or tag & 7 not in _NAMES:
            return None
        wire = WireType(tag & 7)
        if wire is WireType.VARINT:
            value, end = self._varint(at, stop)
            return None if end < 0 else ProtobufField(number, wire, start, at, end, value, tag_stop)
        size = _FIXED.get(wire, 0)
        if wire is WireType.LEN:
            size, at = self._varint(at, stop)
        if at < 0 or size > stop - at:
            return None
        raw = self._data[at : at + size]
        if wire is not WireType.LEN:
            return ProtobufField(number, wire, start, at, at + size, int.from_bytes(raw, "little"), tag_stop)
        text = _text(raw)
        if text is not None:
            return ProtobufField(number, wire, start, at, at + size, text, tag_stop)
        within = self.message(at, at + size, depth + 1) if depth < DEPTH_MOST else None
        return ProtobufField(number, wire, start, at, at + size, raw, tag_stop, within or ())

    def _varint(self, at: int, stop: int) -> tuple[int, int]:
        """The number at ``at``, and the offset behind it: -1 where it does not end, or is too long."""
        value = 0
        for place in range(min(_VARINT_MOST, stop - at)):
            byte = self._data[at + place]
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, at + place + 1
        return 0, -1


def _text(raw: bytes) -> str | None:
    """``raw`` as text; None where it is none that a person would write."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(sign.isprintable() or sign in _WHITE for sign in text) else None
