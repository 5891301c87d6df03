"""Messages of Protocol Buffers: by their schema, or by field numbers, wire types, and what bytes let one guess.

Source: protobuf.dev, *Encoding*.  Whether bytes are a string, a message or something else the encoding does not say:
what reads as text is taken for a string, else what reads as fields to its last byte for a message.  Fields that the
schema does not have, or has with another wire type, are read like that, too.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.wire_fields import FIXED, NUMBER_MOST, WireType, varint
from tcptui.protocols.message_schema import FieldKind

if TYPE_CHECKING:
    from tcptui.protocols.message_schema import FieldType, MessageType

#: Fields of one message, with those of messages within, that are read, …
FIELDS_MOST: Final = 400
#: … how deep messages within messages are followed, …
DEPTH_MOST: Final = 8
#: … and bytes of a message that are looked at: as many as are read of one (`tcptui.protocols.http2.grpc`).
BYTES_MOST: Final = 16 << 20
_WHITE: Final = frozenset("\n\r\t")
_NAMES: Final = {
    WireType.VARINT: "varint",
    WireType.I64: "64-bit",
    WireType.LEN: "length-delimited",
    WireType.GROUP: "group",
    WireType.I32: "32-bit",
}
_REALS: Final = {FieldKind.DOUBLE: "<d", FieldKind.FLOAT: "<f"}
_SIGNED: Final = {
    FieldKind.INT32: 32, FieldKind.ENUM: 32, FieldKind.SFIXED32: 32, FieldKind.INT64: 64, FieldKind.SFIXED64: 64,
}  # fmt: skip
_ZIGZAG: Final = frozenset({FieldKind.SINT32, FieldKind.SINT64})
_UINT32: Final = 0xFFFF_FFFF
#: How a value of a kind is written; all others are varints.
_WRITTEN: Final = {
    FieldKind.DOUBLE: WireType.I64, FieldKind.FIXED64: WireType.I64, FieldKind.SFIXED64: WireType.I64,
    FieldKind.FLOAT: WireType.I32, FieldKind.FIXED32: WireType.I32, FieldKind.SFIXED32: WireType.I32,
    FieldKind.STRING: WireType.LEN, FieldKind.BYTES: WireType.LEN, FieldKind.MESSAGE: WireType.LEN,
    FieldKind.GROUP: WireType.GROUP,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number that a schema gives its meaning: bytes ``start … stop`` of the message."""

    start: int
    stop: int
    value: int | float
    """Of booleans 0 or 1."""
    text: str
    """As protobuf's text format has it."""


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
    """The fields of what is, or reads as, a message."""
    type: FieldType | None = None
    """As the schema has it; None: it has none, or one that does not fit."""
    scalars: tuple[Scalar, ...] = ()
    """The numbers of a field that has a type; several where they are packed."""
    follows: bool = False
    """Whether the bytes of a message of a known type are one to the last byte."""

    @property
    def wire_name(self) -> str:
        """Wireshark's name of the wire type."""
        return _NAMES[self.wire]

    @property
    def text(self) -> str:
        """The value and what it may be, or is; strings are not yet safe to print."""
        if self.type is not None:
            return self._typed_text(self.type)
        if self.wire is WireType.LEN:
            if self.within:
                return f"{self.stop - self.value_start} bytes (message)"
            return f'"{self.value}" (string)' if isinstance(self.value, str) else f"{len(self._raw)} bytes (bytes)"
        number = self.value if isinstance(self.value, int) else 0
        if self.wire is WireType.VARINT:
            return f"{number} (uint64)" if number < 1 << 63 else f"{number - (1 << 64)} (int64)"
        size = FIXED[self.wire]
        (real,) = struct.unpack("<d" if size == 8 else "<f", number.to_bytes(size, "little"))
        return f"{number} (fixed{8 * size}), {real:g} ({'double' if size == 8 else 'float'})"

    def _typed_text(self, field_type: FieldType) -> str:
        kind = field_type.kind.name.lower()
        if self.scalars:
            values = ", ".join(one.text for one in self.scalars)
            return f"{field_type.name} = {f'[{values}]' if self.is_packed else values} ({kind})"
        if field_type.kind is FieldKind.STRING and isinstance(self.value, str):
            return f'{field_type.name} = "{self.value}" (string)'
        return f"{field_type.name}: {self.stop - self.value_start} bytes ({kind})"

    @property
    def is_packed(self) -> bool:
        """Whether several numbers of a known type are in one field."""
        return self.wire is WireType.LEN and self.type is not None and _wire_of(self.type.kind) is not WireType.LEN

    @property
    def is_message(self) -> bool:
        """Whether it is shown as a message, which may be empty."""
        return bool(self.within) or self.follows

    @property
    def name(self) -> str:
        """As the schema has it, else its number."""
        return str(self.number) if self.type is None else self.type.name

    @property
    def literal(self) -> str:
        """The value as `protobuf_text` has it."""
        if isinstance(self.value, str):
            return json.dumps(self.value, ensure_ascii=False)
        if isinstance(self.value, bytes):
            return f"<{self.value.hex(' ')}>"
        return str(self.value) if self.wire is WireType.VARINT else f"0x{self.value:0{2 * FIXED[self.wire]}x}"

    @property
    def _raw(self) -> bytes:
        return self.value if isinstance(self.value, bytes) else b""


def protobuf_fields(data: bytes, message_type: MessageType | None = None) -> tuple[ProtobufField, ...]:
    """The fields of a message; empty where ``data`` is none to its last byte, or more than is read."""
    if not data or len(data) > BYTES_MOST:
        return ()
    return _Reader(data).message(0, len(data), 0, message_type) or ()


def protobuf_text(fields: tuple[ProtobufField, ...]) -> str:
    """The fields in lines, as ``protoc --decode`` and ``--decode_raw`` have them: ``id: 150``, ``1: 150``.

    Messages within are in braces.  Strings are escaped as JSON's are, so that each stays in its line; bytes are in
    hexadecimal.
    """
    lines: list[str] = []
    waiting: list[tuple[int, ProtobufField | None]] = [(0, field) for field in reversed(fields)]
    while waiting:
        depth, field = waiting.pop()
        margin = "  " * depth
        if field is None:
            lines.append(f"{margin}}}")
        elif field.is_message:
            lines.append(f"{margin}{field.name} {{")
            waiting.append((depth, None))
            waiting += [(depth + 1, inner) for inner in reversed(field.within)]
        elif field.scalars:
            lines += [f"{margin}{field.name}: {one.text}" for one in field.scalars]
        elif not field.is_packed:  # else it has no value at all
            lines.append(f"{margin}{field.name}: {field.literal}")
    return "\n".join(lines) + "\n"


class _Reader:
    """Reads one message, and the messages within, up to `FIELDS_MOST` tries."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = FIELDS_MOST

    def message(
        self, at: int, stop: int, depth: int, message_type: MessageType | None = None
    ) -> tuple[ProtobufField, ...] | None:
        """The fields of bytes ``at … stop``; None where they are no message."""
        found = []
        while at < stop:
            self._left -= 1
            field = self._field(at, stop, depth, message_type) if self._left >= 0 else None
            if field is None:
                return None
            found.append(field)
            at = field.stop
        return tuple(found)

    def _field(self, start: int, stop: int, depth: int, message_type: MessageType | None) -> ProtobufField | None:
        tag, tag_stop = varint(self._data, start, stop)
        at = tag_stop
        number = tag >> 3
        if at < 0 or not 0 < number <= NUMBER_MOST or tag & 7 not in _NAMES:
            return None
        wire = WireType(tag & 7)
        declared = None if message_type is None else message_type.fields.get(number)
        if wire is WireType.GROUP:
            fits = declared is not None and declared.kind is FieldKind.GROUP and depth < DEPTH_MOST
            return self._group(number, start, at, stop, depth, declared) if fits and declared else None
        if wire is WireType.VARINT:
            value, end = varint(self._data, at, stop)
            if end < 0:
                return None
            return _typed(ProtobufField(number, wire, start, at, end, value, tag_stop), declared)
        size = FIXED.get(wire, 0)
        if wire is WireType.LEN:
            size, at = varint(self._data, at, stop)
        if at < 0 or size > stop - at:
            return None
        raw = self._data[at : at + size]
        if wire is not WireType.LEN:
            value = int.from_bytes(raw, "little")
            return _typed(ProtobufField(number, wire, start, at, at + size, value, tag_stop), declared)
        field = ProtobufField(number, wire, start, at, at + size, raw, tag_stop)
        typed = None if declared is None else self._declared(field, declared, depth)
        return self._guessed(field, depth) if typed is None else typed

    def _guessed(self, field: ProtobufField, depth: int) -> ProtobufField:
        at, stop = field.value_start, field.stop
        text = _text(self._data[at:stop])
        if text is not None:
            return replace(field, value=text)
        within = self.message(at, stop, depth + 1) if depth < DEPTH_MOST else None
        return replace(field, within=within or ())

    def _declared(self, field: ProtobufField, field_type: FieldType, depth: int) -> ProtobufField | None:
        """What is length-delimited, by its declaration; None where that does not fit."""
        at, stop, kind = field.value_start, field.stop, field_type.kind
        if kind is FieldKind.MESSAGE:
            within = self.message(at, stop, depth + 1, field_type.message) if depth < DEPTH_MOST else None
            return replace(field, type=field_type, within=within or (), follows=within is not None)
        if kind is FieldKind.STRING:
            return replace(field, type=field_type, value=self._data[at:stop].decode("utf-8", "replace"))
        if kind is FieldKind.BYTES:
            return replace(field, type=field_type)
        scalars = self._packed(at, stop, field_type)
        return None if scalars is None else replace(field, type=field_type, scalars=scalars)

    def _packed(self, at: int, stop: int, field_type: FieldType) -> tuple[Scalar, ...] | None:
        """Numbers one after the other, up to `FIELDS_MOST`; None where they do not end with the field."""
        size, found = FIXED.get(_wire_of(field_type.kind), 0), list[Scalar]()
        if field_type.kind is FieldKind.GROUP:
            return None
        while at < stop:
            if size:
                value, end = int.from_bytes(self._data[at : at + size], "little"), at + size
            else:
                value, end = varint(self._data, at, stop)
            if not at < end <= stop:
                return None
            if len(found) < FIELDS_MOST:
                found.append(_scalar(at, end, value, field_type))
            at = end
        return tuple(found)

    def _group(
        self, number: int, start: int, at: int, stop: int, depth: int, field_type: FieldType
    ) -> ProtobufField | None:  # fmt: skip
        """A group: its fields, up to the tag that ends it."""
        found, begin = list[ProtobufField](), at
        while at < stop and self._left > 0:
            tag, behind = varint(self._data, at, stop)
            if behind > 0 and tag == number << 3 | WireType.GROUP_END:
                made = ProtobufField(number, WireType.GROUP, start, begin, behind, self._data[begin:at], begin)
                return replace(made, type=field_type, within=tuple(found), follows=True)
            self._left -= 1
            field = self._field(at, stop, depth + 1, field_type.message)
            if field is None:
                return None
            found.append(field)
            at = field.stop
        return None


def _wire_of(kind: FieldKind) -> WireType:
    return _WRITTEN.get(kind, WireType.VARINT)


def _typed(field: ProtobufField, field_type: FieldType | None) -> ProtobufField:
    """The number with its meaning, where it is written as the schema has it."""
    if field_type is None or _wire_of(field_type.kind) is not field.wire or not isinstance(field.value, int):
        return field
    return replace(field, type=field_type, scalars=(_scalar(field.value_start, field.stop, field.value, field_type),))


def _scalar(start: int, stop: int, raw: int, field_type: FieldType) -> Scalar:
    """What the unsigned number ``raw`` means."""
    kind, value = field_type.kind, raw
    if kind in _REALS:
        (real,) = struct.unpack(_REALS[kind], raw.to_bytes(8 if kind is FieldKind.DOUBLE else 4, "little"))
        return Scalar(start, stop, real, f"{real:.{15 if kind is FieldKind.DOUBLE else 6}g}")
    if kind is FieldKind.BOOL:
        return Scalar(start, stop, int(raw != 0), "true" if raw else "false")
    if kind in (FieldKind.UINT32, FieldKind.SINT32):
        value &= _UINT32
    if kind in _ZIGZAG:
        value = (value >> 1) ^ -(value & 1)
    elif kind in _SIGNED:
        half = 1 << (_SIGNED[kind] - 1)
        value = ((value & (2 * half - 1)) ^ half) - half
    name = field_type.values.names.get(value, "") if field_type.values is not None else ""
    return Scalar(start, stop, value, name or str(value))


def _text(raw: bytes) -> str | None:
    """``raw`` as text; None where it is none that a person would write."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(sign.isprintable() or sign in _WHITE for sign in text) else None
