"""DATA frames of HTTP/2 in the header tree, with the bodies that they end and gRPC's messages in them."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.frame_place import LONGEST_VALUE
from tcptui.protocols.http.tree_body import add_stream_body
from tcptui.protocols.http2.frames import Flag, Frame
from tcptui.protocols.http2.grpc import PREFIX, read_message, spans_of
from tcptui.protocols.http2.protobuf import protobuf_fields
from tcptui.protocols.http2.tree_lines import add_padding
from tcptui.protocols.http2.wire_fields import WireType
from tcptui.protocols.message_schema import FieldKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.http2.grpc import GrpcMessage
    from tcptui.protocols.http2.http2_stream import Http2Stream
    from tcptui.protocols.http2.index import FrameIndex
    from tcptui.protocols.http2.protobuf import ProtobufField
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.message_schema import FieldType, MessageType

#: Fragments of one body that are shown.
_FRAGMENTS_SHOWN: Final = 200
_SHOWN_BYTES: Final = 40

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


def add_data_frame(
    dissection: Dissection, place: FramePlace, stream: Http2Stream, frame: Frame, branch: Branch
) -> bool:  # fmt: skip
    """Append the lines of a DATA frame; where it ends a body, those of the whole of it, as tshark does.

    False where its padding is longer than the frame (RFC 9113, 6.1).
    """
    direction, start = place.direction, frame.payload
    is_padded = bool(frame.flags & Flag.PADDED)
    if is_padded and not frame.length:
        return False
    padding = (direction.read(start, 1) or b"\0")[0] if is_padded else 0
    add_padding(branch, place, start, padding if is_padded else None)
    if padding >= frame.length > 0:
        return False
    start += is_padded
    size = max(min(frame.stop, direction.length) - padding - start, 0)
    exchange, ends = stream.by_id.get(str(frame.stream)), bool(frame.flags & Flag.END_STREAM)
    message, index = _message(exchange, place), stream.indexes[direction.side]
    if message is not None and not message.complete:
        message = None
    fragments = index.fragments(message) if message is not None and ends else []
    if message is not None and not ends:
        last = index.ended_by(message)
        branch.concluded(f"Reassembled body in frame: {last}", "http2.body.reassembled.in").target = last
    elif message is not None and fragments and (len(fragments) > 1 or not size):
        _fragments(branch, message, index, fragments)
    if message is not None and ends and (message.body_length or fragments):
        add_stream_body(dissection, branch, message, (start, size), place)
    elif size or not ends or (exchange is not None and _is_bodiless(exchange, direction.side)):
        text = shortened(direction.read(start, min(size, _SHOWN_BYTES))) if size else "<MISSING>"
        place.add(branch, f"Data: {text}", start, size, "http2.data.data")
    if padding:
        text = f"Padding: {shortened(direction.read(start + size, _SHOWN_BYTES))}"
        place.add(branch, text, start + size, padding, "http2.data.padding")
    if size and exchange is not None and exchange.protocol == "grpc":
        _grpc(dissection, place, stream, exchange, branch, (start, start + size))
    return True


def _is_bodiless(exchange: Exchange, side: int) -> bool:
    """Whether the message of that side ends without a byte of body; a body of gRPC's is read message by message."""
    said = [one for one in exchange.messages if one is not None and one.direction.side == side]
    return any(exchange.protocol == "grpc" or not one.body_length for one in said)


def _message(exchange: Exchange | None, place: FramePlace) -> HttpMessage | None:
    """That of the two messages that the packet's direction carries; gRPC's are shown one by one."""
    if exchange is None or exchange.protocol == "grpc":
        return None
    return next((one for one in exchange.messages if one is not None and one.direction is place.direction), None)


def add_body_before(
    dissection: Dissection, branch: Branch, frame: Frame, place: FramePlace, stream: Http2Stream
) -> None:  # fmt: skip
    """What a HEADERS frame that ends a message tells of the body before it, as tshark does."""
    message, index = _message(stream.by_id.get(str(frame.stream)), place), stream.indexes[place.direction.side]
    if message is None or not message.complete or (message.spans and message.spans[-1] > frame.start):
        return
    fragments = index.fragments(message)
    if fragments:
        _fragments(branch, message, index, fragments)
        add_stream_body(dissection, branch, message, (max(fragments[-1][1] - 1, 0), 0), place)


def _fragments(
    branch: Branch, message: HttpMessage, index: FrameIndex, spans: list[tuple[int, int]]
) -> None:  # fmt: skip
    """The DATA frames that bytes of ``message`` came in, all or those of one message of gRPC."""
    count, length = len(spans), sum(end - begin for begin, end in spans)
    named = "fragment" if count == 1 else "fragments"
    group = branch.concluded(f"{count} Body {named} ({length} bytes)", "http2.body.fragments")
    at = 0
    for begin, end in spans[:_FRAGMENTS_SHOWN]:
        packet = index.packet_of(max(begin, end - 1))
        carried = f", payload: {at}-{at + end - begin - 1} ({end - begin} bytes)" if end > begin else " (no data)"
        group.concluded(f"Frame: {packet}{carried}", "http2.body.fragment").target = packet
        at += end - begin
    group.concluded(f"Body fragment count: {count}", "http2.body.fragment.count")
    group.concluded(f"Reassembled body length: {length}", "http2.body.reassembled.length")
    if not length:
        group.concluded("Reassembled body data: <MISSING>", "http2.body.reassembled.data")
        return
    shown = shortened(_joined(message, spans, _SHOWN_BYTES))
    line = group.concluded(f"Reassembled body data: {shown}", "http2.body.reassembled.data")
    line.whole = lambda: _joined(message, spans, LONGEST_VALUE)


def _joined(message: HttpMessage, spans: list[tuple[int, int]], most: int) -> bytes:
    """The first ``most`` bytes of ``spans``."""
    found, left = [], most
    for begin, end in spans:
        found.append(message.direction.read(begin, min(end - begin, left)))
        left -= end - begin
        if left <= 0:
            break
    return b"".join(found)


def _as_read(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """``spans`` of a message of gRPC as tshark counts them: where several have its prefix, it is put together first."""
    left = PREFIX
    found: list[tuple[int, int]] = []
    for begin, end in spans:
        if found and 0 < left < end - begin:
            found.append((begin, begin + left))
            begin += left
            left = 0
        left = max(left - (end - begin), 0)
        found.append((begin, end))
    return found


def _grpc(
    dissection: Dissection, place: FramePlace, stream: Http2Stream, exchange: Exchange, branch: Branch,
    data: tuple[int, int],
) -> None:  # fmt: skip
    """The gRPC messages of which bytes are within ``data``, those of the frame of ``branch``, or which end there.

    As tshark has it, the DATA frames of a message are its fragments: a stream may be open for as long as it likes.
    """
    message = next((one for one in exchange.messages if one is not None and one.direction is place.direction), None)
    if message is None:
        return
    start, stop = data
    found, is_named = stream.grpc_of(message), False
    for at in range(bisect_right(found, start, key=lambda one: one.stop), len(found)):
        one = found[at]
        if one.start >= stop:
            return
        if one.trouble:
            continue
        if one.start < start or one.stop > stop:
            low, high = max(one.start, start), min(one.stop, stop)
            text = f"DATA segment data ({high - low} byte{'' if high - low == 1 else 's'})"
            place.add(branch, text, low, high - low, "http2.data.segment")
            last = stream.indexes[place.direction.side].packet_of(one.stop - 1)
            branch.concluded(f"Reassembled body in frame: {last}", "http2.body.reassembled.in").target = last
        if one.stop > stop:
            return
        if one.start < start:
            _fragments(branch, message, stream.indexes[place.direction.side], _as_read(spans_of(message, one)))
        side = "Response" if message.head.is_response else "Request"
        if one.start < start or not is_named:  # those that are whole in the frame are one layer
            dissection.protocols.append("grpc")
        is_named = one.start >= start
        title = f"GRPC Message: {exchange.operation}, {side}"
        layer = place.add(dissection.parent, title, one.start, one.stop - one.start, "grpc")
        text = "Compressed" if one.compressed else "Not Compressed"
        place.add(layer, "Frame Type: Data (0)", one.start, 1, "grpc.frame_type")
        place.add(layer, f"Compressed Flag: {text} ({one.compressed:d})", one.start, 1, "grpc.compressed_flag")
        place.add(layer, f"Message Length: {one.length}", one.start + 1, 4, "grpc.message_length")
        if one.length:
            held, trouble = read_message(message, one)
            line = place.add(
                layer, f"Message Data: {one.length} bytes", one.start + 5, one.stop - one.start - 5, "grpc.message_data"
            )
            line.whole = lambda held=held: held
            if trouble.startswith("coding"):
                layer.concluded("Body decompression failed", "grpc.body_decompression_failed")
            elif not trouble:
                known = stream.schema.message_of(exchange.operation, is_response=message.head.is_response)
                _add_protobuf(dissection, place, f"{exchange.operation},{side.lower()}", one, held, known)


# Protocol Buffers in the header tree, in Wireshark's terms: what has a field there is what it fills.
#
# By a schema that is all fields.  Without one it is those of the message itself; those of messages within are guesses,
# and stand below without a field.


def _add_protobuf(
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
