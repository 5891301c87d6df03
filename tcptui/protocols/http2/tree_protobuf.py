"""Protocol Buffers in the header tree, in Wireshark's terms: what has a field there is what it fills.

By a schema that is all fields.  Without one it is those of the message itself; those of messages within are guesses,
and stand below without a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.protocols.headers.data import shortened
from tcptui.protocols.http2.grpc import PREFIX
from tcptui.protocols.http2.protobuf import protobuf_fields
from tcptui.protocols.http2.wire_fields import WireType
from tcptui.protocols.message_schema import FieldKind

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http2.grpc import GrpcMessage
    from tcptui.protocols.http2.protobuf import ProtobufField
    from tcptui.protocols.message_schema import FieldType, MessageType

#: Characters of a value that are shown, and bytes.
_TEXT_SHOWN: Final = 120
_BYTES_SHOWN: Final = 40
_UINT32_MOST: Final = (1 << 32) - 1
#: What Wireshark calls the value of a field, by its kind.
_NAMES: Final = {
    FieldKind.DOUBLE: "Double", FieldKind.FLOAT: "Float", FieldKind.BOOL: "Bool",
    **dict.fromkeys((FieldKind.INT32, FieldKind.SINT32, FieldKind.SFIXED32, FieldKind.ENUM), "Int32"),
    **dict.fromkeys((FieldKind.INT64, FieldKind.SINT64, FieldKind.SFIXED64), "Int64"),
    **dict.fromkeys((FieldKind.UINT32, FieldKind.FIXED32), "Uint32"),
    **dict.fromkeys((FieldKind.UINT64, FieldKind.FIXED64), "Uint64"),
}  # fmt: skip
#: What Wireshark calls what no schema names.
_UNKNOWN: Final = "<UNKNOWN>"


def add_protobuf(
    dissection: Dissection, place: FramePlace, title: str, one: GrpcMessage, data: bytes,
    message_type: MessageType | None,
) -> None:  # fmt: skip
    """The fields of the gRPC message ``one``, which reads ``data``; nothing where that is no message."""
    fields = protobuf_fields(data, message_type)
    if not fields:
        return
    begin = one.start + PREFIX
    # Bytes that were compressed, or lie in several frames, have no place of their own.
    lines = _Lines(place, data, begin if not one.compressed and one.stop - begin == len(data) else None)
    dissection.protocols.append("protobuf")
    layer = lines.add(dissection.parent, f"Protocol Buffers: {title}", 0, len(data), "protobuf")
    _add_name(lines, layer, message_type, 0, len(data))
    waiting = [(layer, field, True) for field in reversed(fields)]
    while waiting:
        parent, field, is_sure = waiting.pop()
        text = f"Field({field.number}): {safe_text(field.text, _TEXT_SHOWN)}"
        if field.type is None:
            text += f", wire type {field.wire_name}"
        line = lines.add(parent, text, field.start, field.stop)
        if is_sure:
            _details(lines, line, field)
        inner = field.type.message if field.type is not None and field.follows else None
        if inner is not None:
            _add_name(lines, line, inner, field.value_start, field.stop)
        waiting += [(line, one, inner is not None) for one in reversed(field.within)]


def _add_name(lines: _Lines, branch: Branch, message_type: MessageType | None, start: int, stop: int) -> None:
    name = f"{_UNKNOWN} Message Type" if message_type is None else message_type.name
    lines.add(branch, f"Message Name: {name}", start, stop, "protobuf.message.name")


class _Lines:
    """Appends lines for bytes of one message."""

    def __init__(self, place: FramePlace, data: bytes, begin: int | None) -> None:
        """``begin``: where ``data`` is in its direction; None: it has no place there."""
        self.place, self.data, self.begin = place, data, begin

    def add(self, parent: Branch, text: str, start: int, stop: int, field: str = "") -> Branch:
        """A line for bytes ``start … stop`` of the message."""
        if self.begin is not None:
            return self.place.add(parent, text, self.begin + start, stop - start, field)
        line = parent.concluded(text, field)
        if field:
            line.whole = lambda: self.data[start:stop]
        return line


def _details(lines: _Lines, line: Branch, field: ProtobufField) -> None:
    tag, known = field.start, field.type
    name = _UNKNOWN if known is None else known.name
    lines.add(line, f"Field Name: {name}", field.start, field.stop, "protobuf.field.name")
    if known is not None:
        kind = f"Field Type: {known.kind.name.lower()} ({known.kind.value})"
        lines.add(line, kind, field.start, field.stop, "protobuf.field.type")
    lines.add(line, f"Field Number: {field.number}", tag, field.tag_stop, "protobuf.field.number")
    wire = f"Wire Type: {field.wire_name} ({field.wire.value})"
    lines.add(line, wire, tag, field.tag_stop, "protobuf.field.wiretype")
    size = field.stop - field.value_start
    if field.wire is WireType.LEN:
        lines.add(line, f"Value Length: {size}", field.tag_stop, field.value_start, "protobuf.field.value.length")
    shown = shortened(lines.data[field.value_start : field.stop][:_BYTES_SHOWN])
    value = lines.add(line, f"Value: {shown}", field.value_start, field.stop, "protobuf.field.value")
    if known is not None:
        _add_typed(lines, value, field, known, shown)
    elif isinstance(field.value, int):
        wide = field.wire is WireType.I64 or (field.wire is WireType.VARINT and field.value > _UINT32_MOST)
        name = "Uint64" if wide else "Uint32"
        lines.add(
            value, f"{name}: {field.value}", field.value_start, field.stop, f"protobuf.field.value.{name.lower()}"
        )


def _add_typed(lines: _Lines, line: Branch, field: ProtobufField, field_type: FieldType, shown: str) -> None:
    """The value by its declaration."""
    if field_type.kind is FieldKind.STRING:
        text = f"String: {safe_text(str(field.value), _TEXT_SHOWN)}"
        added = lines.add(line, text, field.value_start, field.stop, "protobuf.field.value.string")
        added.whole = lambda: lines.data[field.value_start : field.stop]
    if field.is_packed:
        line = lines.add(
            line, f"Repeated: {shown}", field.value_start, field.stop, "protobuf.field.value.repeated"
        )  # fmt: skip
    name = _NAMES.get(field_type.kind, "")
    for one in field.scalars:
        number = f"{bool(one.value)}" if field_type.kind is FieldKind.BOOL else one.text
        if field_type.kind is FieldKind.ENUM:
            number = str(one.value) if one.text == str(one.value) else f"{one.value} ({one.text})"
        lines.add(line, f"{name}: {number}", one.start, one.stop, f"protobuf.field.value.{name.lower()}")
