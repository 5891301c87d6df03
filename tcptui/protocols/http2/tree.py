"""HTTP/2 frames, and gRPC messages in them, in the header tree of the packet that completed them; Wireshark's terms."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.data import shortened
from tcptui.protocols.headers.frame_place import LONGEST_VALUE
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.http.tree_body import add_stream_text, decoded_beginning
from tcptui.protocols.http2.frames import HEADER, Flag, Frame, FrameType
from tcptui.protocols.http2.grpc import PREFIX, read_message, spans_of
from tcptui.protocols.http2.messages import value_in
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.http2.tree_frames import add_payload
from tcptui.protocols.http2.tree_headers import HeaderLists
from tcptui.protocols.http2.tree_lines import add_flags, add_padding, add_reserved, number_label, type_name
from tcptui.protocols.http2.tree_protobuf import add_protobuf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.http2.http2_stream import Http2Stream
    from tcptui.protocols.http2.index import FrameIndex
    from tcptui.protocols.interface import Exchange

_TITLE: Final = "HyperText Transfer Protocol 2"
#: Frames of one packet that are shown, and fragments of one body.
_FRAMES_SHOWN: Final = 400
_FRAGMENTS_SHOWN: Final = 200
_SHOWN_BYTES: Final = 40
#: Lines of a body, for which the messages of its stream are read.
_BODY_LINES: Final = frozenset(
    {
        "http2.data.data",
        "http2.body.fragments",
        "http2.body.fragment",
        "http2.body.fragment.count",
        "http2.body.reassembled.length",
    }
)


def add_http2(dissection: Dissection, place: FramePlace, stream: Http2Stream) -> bool:
    """Append the frames that the packet completed; False where it has no byte of any."""
    before = stream.opening.http
    was_http = before is not None and before.add_layers(dissection, place)
    side, packet = place.half.side, dissection.view.frame
    magic = stream.magic_at(side)
    if magic is not None and place.half.delivered_frame(magic + len(PREFACE) - 1) != packet:
        magic = None
    frames = stream.indexes[side].completed_by(packet)
    if magic is not None:
        _name_layer(dissection)
        _magic(dissection, place, magic)
    is_alone = bool(frames) and place.is_put_together(frames[0].start, HEADER)
    for at, frame in enumerate(frames[:_FRAMES_SHOWN]):
        if (at == 0 and magic is None) or (at == 1 and is_alone):  # what Wireshark reads at once is one layer
            _name_layer(dissection)
        within = [frame] if is_alone or at else frames
        _frame(dissection, place, stream, frame, place.last_end(frame.stop, (one.stop for one in within)))
    if len(frames) > _FRAMES_SHOWN:
        dissection.parent.concluded(f"{len(frames) - _FRAMES_SHOWN} more HTTP/2 frames")
    return was_http or bool(frames) or bool(stream.units(place.segment))


def _name_layer(dissection: Dissection) -> None:
    # Of a connection in clear, tshark takes HTTP/2 for what HTTP turned into.
    if dissection.transport is not None and dissection.protocols[-1] != "http":
        dissection.protocols.append("http")
    dissection.protocols.append("http2")


def _magic(dissection: Dissection, place: FramePlace, start: int) -> None:
    layer = place.add(dissection.parent, f"{_TITLE}, Magic", start, len(PREFACE), "http2")
    branch = place.add(layer, "Stream: Magic", start, len(PREFACE), "http2.stream")
    text = "PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n"
    place.add(branch, f"Magic: {text}", start, len(PREFACE), "http2.magic")


def _frame(dissection: Dissection, place: FramePlace, stream: Http2Stream, frame: Frame, together: int) -> None:
    """``together``: up to where its bytes were put together from segments, where it is in several."""
    half, index = place.half, stream.indexes[place.half.side]
    stop = min(frame.stop, half.length)
    if not place.holds(frame.start, stop):
        add_reassembled(dissection, half, frame.start, min(together, half.length))
    title = f"{_TITLE}, {type_name(frame.kind)}[{frame.stream}]"  # one of many: closed, it is to say which it is
    layer = place.add(dissection.parent, title, frame.start, stop - frame.start, "http2")
    layer.target = 0
    branch = place.add(layer, _headline(frame, index), frame.start, stop - frame.start, "http2.stream")
    branch.target = 0
    place.add(branch, f"Length: {frame.length}", frame.start, 3, "http2.length")
    place.add(branch, f"Type: {type_name(frame.kind)} ({frame.kind})", frame.start + 3, 1, "http2.type")
    add_flags(branch, frame, place)
    first = half.read(frame.start + 5, 1)
    add_reserved(branch, place, frame.start + 5, first, "http2.r")
    place.add(branch, number_label(frame.stream, "Stream Identifier"), frame.start + 5, 4, "http2.streamid")
    if frame.stop > half.length or len(half.read(frame.start, min(HEADER + frame.length, LONGEST_VALUE))) < min(
        HEADER + frame.length, LONGEST_VALUE
    ):
        branch.concluded("The frame is not whole in the capture")
        if frame.kind != FrameType.DATA:
            return
    if frame.kind == FrameType.DATA:
        _data(dissection, place, stream, frame, branch)
    else:
        asked = dissection.options.asked
        is_asked = asked is None or not _BODY_LINES.isdisjoint(asked)
        if is_asked and frame.kind == FrameType.HEADERS and frame.flags & Flag.END_STREAM:
            _body_before(branch, frame, place, stream.by_id.get(str(frame.stream)), index)
        add_payload(branch, frame, place, HeaderLists(index, asked))


def _headline(frame: Frame, index: FrameIndex) -> str:
    text = f"Stream: {type_name(frame.kind)}, Stream ID: {frame.stream}, Length {frame.length}"
    block = index.block(frame) if frame.kind == FrameType.HEADERS else None
    what = ""
    if block is not None:
        status = value_in(block, b":status")
        asked = f"{value_in(block, b':method')} {value_in(block, b':path')}".strip()
        what = asked or status
    return f"{text}, {what}" if what else text


def _is_bodiless(exchange: Exchange, side: int) -> bool:
    """Whether the message of that side ends without a byte of body; a body of gRPC's is read message by message."""
    said = [one for one in exchange.messages if one is not None and one.half.side == side]
    return any(exchange.protocol == "grpc" or not one.body_length for one in said)


# -- DATA ----------------------------------------------------------------------------------


def _data(dissection: Dissection, place: FramePlace, stream: Http2Stream, frame: Frame, branch: Branch) -> None:
    half, start = place.half, frame.payload
    is_padded = bool(frame.flags & Flag.PADDED) and frame.length > 0
    padding = 0
    if is_padded:
        padding = min((half.read(start, 1) or b"\0")[0], frame.length - 1)
    add_padding(branch, place, start, padding if is_padded else None)
    start += is_padded
    size = max(min(frame.stop, half.length) - padding - start, 0)
    exchange = stream.by_id.get(str(frame.stream))
    if size:
        text = f"Data: {shortened(half.read(start, min(size, _SHOWN_BYTES)))}"
        line = place.add(branch, text, start, size, "http2.data.data")
        message = _message(exchange, place)
        if message is not None and message.complete and frame.flags & Flag.END_STREAM:
            line.whole = lambda: decoded_beginning(message)  # as tshark has it
    elif not frame.flags & Flag.END_STREAM or (exchange is not None and _is_bodiless(exchange, half.side)):
        place.add(branch, "Data: <MISSING>", start, 0, "http2.data.data")  # as tshark shows what is empty
    if padding:
        text = f"Padding: {shortened(half.read(start + size, _SHOWN_BYTES))}"
        place.add(branch, text, start + size, padding, "http2.data.padding")
    if exchange is not None:
        _body(branch, frame, place, exchange, stream.indexes[half.side], is_empty=not size)
        message = _message(exchange, place)
        if message is not None and message.complete and message.body_length and frame.flags & Flag.END_STREAM:
            add_stream_text(dissection, message, start, size, place)
        if exchange.protocol == "grpc":
            _grpc(dissection, place, stream, exchange, branch, (start, start + size))


def _message(exchange: Exchange | None, place: FramePlace) -> HttpMessage | None:
    """That of the two messages that the packet's direction carries; gRPC's are shown one by one."""
    if exchange is None or exchange.protocol == "grpc":
        return None
    return next((one for one in exchange.messages if one is not None and one.half is place.half), None)


def _body(
    branch: Branch, frame: Frame, place: FramePlace, exchange: Exchange, index: FrameIndex, *, is_empty: bool
) -> None:  # fmt: skip
    message = _message(exchange, place)
    if message is None or not message.complete:
        return
    if not frame.flags & Flag.END_STREAM:
        last = index.ended_by(message)
        branch.concluded(f"Reassembled body in frame: {last}", "http2.body.reassembled.in").target = last
    elif is_empty:
        _body_before(branch, frame, place, exchange, index)
    elif len(fragments := index.fragments(message)) > 1:
        _fragments(branch, message, index, fragments)


def _body_before(
    branch: Branch, frame: Frame, place: FramePlace, exchange: Exchange | None, index: FrameIndex
) -> None:  # fmt: skip
    """What a frame that ends a message and has none of its body (trailers, mostly) tells of it, as tshark does."""
    message = _message(exchange, place)
    if message is None or not message.complete or (message.spans and message.spans[-1] > frame.start):
        return
    fragments = index.fragments(message)
    if not fragments:
        return
    _fragments(branch, message, index, fragments)
    data = decoded_beginning(message)
    branch.concluded(f"Data: {shortened(data[:_SHOWN_BYTES])}", "http2.data.data").whole = lambda: data


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
        found.append(message.half.read(begin, min(end - begin, left)))
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
    message = next((one for one in exchange.messages if one is not None and one.half is place.half), None)
    if message is None:
        return
    start, stop = data
    found = stream.grpc_of(message)
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
            last = stream.indexes[place.half.side].packet_of(one.stop - 1)
            branch.concluded(f"Reassembled body in frame: {last}", "http2.body.reassembled.in").target = last
        if one.stop > stop:
            return
        if one.start < start:
            _fragments(branch, message, stream.indexes[place.half.side], _as_read(spans_of(message, one)))
        side = "Response" if message.head.is_response else "Request"
        dissection.protocols.append("grpc")
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
                add_protobuf(dissection, place, f"{exchange.operation},{side.lower()}", one, held, known)
