"""Protocol Buffers in the header tree, in Wireshark's terms: what has a field there is what it fills without a schema.

That is the fields of the message itself; those of messages within are guesses, and stand below without a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.protocols.headers.data import shortened
from tcptui.protocols.http2.grpc import PREFIX
from tcptui.protocols.http2.protobuf import WireType, protobuf_fields

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http2.grpc import GrpcMessage
    from tcptui.protocols.http2.protobuf import ProtobufField

#: Characters of a value that are shown, and bytes.
_TEXT_SHOWN: Final = 120
_BYTES_SHOWN: Final = 40
_UINT32_MOST: Final = (1 << 32) - 1
#: What Wireshark calls what no schema names.
_UNKNOWN: Final = "<UNKNOWN>"


def add_protobuf(dissection: Dissection, place: FramePlace, title: str, one: GrpcMessage, data: bytes) -> None:
    """The fields of the gRPC message ``one``, which reads ``data``; nothing where that is no message."""
    fields = protobuf_fields(data)
    if not fields:
        return
    begin = one.start + PREFIX
    # Bytes that were compressed, or lie in several frames, have no place of their own.
    lines = _Lines(place, data, begin if not one.compressed and one.stop - begin == len(data) else None)
    dissection.protocols.append("protobuf")
    layer = lines.add(dissection.parent, f"Protocol Buffers: {title}", 0, len(data), "protobuf")
    lines.add(layer, f"Message Name: {_UNKNOWN} Message Type", 0, len(data), "protobuf.message.name")
    waiting = [(layer, field, True) for field in reversed(fields)]
    while waiting:
        parent, field, outermost = waiting.pop()
        text = f"Field({field.number}): {safe_text(field.text, _TEXT_SHOWN)}, wire type {field.wire_name}"
        line = lines.add(parent, text, field.start, field.stop)
        if outermost:
            _details(lines, line, field)
        waiting += [(line, inner, False) for inner in reversed(field.within)]


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
    tag = field.start
    lines.add(line, f"Field Name: {_UNKNOWN}", field.start, field.stop, "protobuf.field.name")
    lines.add(line, f"Field Number: {field.number}", tag, field.tag_stop, "protobuf.field.number")
    wire = f"Wire Type: {field.wire_name} ({field.wire.value})"
    lines.add(line, wire, tag, field.tag_stop, "protobuf.field.wiretype")
    size = field.stop - field.value_start
    if field.wire is WireType.LEN:
        lines.add(line, f"Value Length: {size}", field.tag_stop, field.value_start, "protobuf.field.value.length")
    shown = shortened(lines.data[field.value_start : field.stop][:_BYTES_SHOWN])
    value = lines.add(line, f"Value: {shown}", field.value_start, field.stop, "protobuf.field.value")
    if isinstance(field.value, int):
        wide = field.wire is WireType.I64 or (field.wire is WireType.VARINT and field.value > _UINT32_MOST)
        name = "Uint64" if wide else "Uint32"
        lines.add(
            value, f"{name}: {field.value}", field.value_start, field.stop, f"protobuf.field.value.{name.lower()}"
        )
