"""HTTP/2 frames, and gRPC messages in them, in the header tree of the packet that completed them; Wireshark's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.frame_place import LONGEST_VALUE
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.http.status import status_description
from tcptui.protocols.http2.frames import HEADER, Flag, Frame, FrameType
from tcptui.protocols.http2.messages import status_of, value_in
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.http2.tree_data import add_body_before, add_data_frame
from tcptui.protocols.http2.tree_frames import add_payload
from tcptui.protocols.http2.tree_headers import HeaderLists
from tcptui.protocols.http2.tree_lines import add_flags, add_reserved, number_label, type_name

if TYPE_CHECKING:
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http2.http2_stream import Http2Stream
    from tcptui.protocols.http2.index import FrameIndex

_TITLE: Final = "HyperText Transfer Protocol 2"
#: Frames of one packet that are shown, and fragments of one body.
FRAMES_SHOWN: Final = 400
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
    side, packet = place.direction.side, dissection.view.frame
    magic = stream.magic_at(side)
    if magic is not None and place.direction.delivered_frame(magic + len(PREFACE) - 1) != packet:
        magic = None
    frames = stream.indexes[side].completed_by(packet)
    if magic is not None:
        _name_layer(dissection)
        _magic(dissection, place, magic)
    is_alone = bool(frames) and place.is_reassembled_alone(frames[0].start, HEADER)
    for at, frame in enumerate(frames[:FRAMES_SHOWN]):
        if (at == 0 and magic is None) or (at == 1 and is_alone):  # what Wireshark reads at once is one layer
            _name_layer(dissection)
        within = [frame] if is_alone or at else frames
        _frame(dissection, place, stream, frame, place.last_end(frame.stop, (one.stop for one in within)))
    if len(frames) > FRAMES_SHOWN:
        dissection.parent.concluded(f"{len(frames) - FRAMES_SHOWN} more HTTP/2 frames")
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
    direction, index = place.direction, stream.indexes[place.direction.side]
    stop = min(frame.stop, direction.length)
    if not place.holds(frame.start, stop):
        add_reassembled(dissection, direction, frame.start, min(together, direction.length))
    title = f"{_TITLE}, {type_name(frame.kind)}[{frame.stream}]"  # one of many: closed, it is to say which it is
    layer = place.add(dissection.parent, title, frame.start, stop - frame.start, "http2")
    layer.target = 0
    branch = place.add(layer, _headline(frame, index), frame.start, stop - frame.start, "http2.stream")
    branch.target = 0
    place.add(branch, f"Length: {frame.length}", frame.start, 3, "http2.length")
    place.add(branch, f"Type: {type_name(frame.kind)} ({frame.kind})", frame.start + 3, 1, "http2.type")
    add_flags(branch, frame, place)
    first = direction.read(frame.start + 5, 1)
    add_reserved(branch, place, frame.start + 5, first, "http2.r")
    place.add(branch, number_label(frame.stream, "Stream Identifier"), frame.start + 5, 4, "http2.streamid")
    if frame.stop > direction.length or len(
        direction.read(frame.start, min(HEADER + frame.length, LONGEST_VALUE))
    ) < min(HEADER + frame.length, LONGEST_VALUE):
        branch.concluded("The frame is not whole in the capture")
        if frame.kind != FrameType.DATA:
            return
    if frame.kind == FrameType.DATA:
        is_enough = add_data_frame(dissection, place, stream, frame, branch)
    else:
        asked = dissection.options.asked
        is_asked = asked is None or not _BODY_LINES.isdisjoint(asked)
        if is_asked and frame.kind == FrameType.HEADERS and frame.flags & Flag.END_STREAM:
            add_body_before(dissection, branch, frame, place, stream)
        is_enough = add_payload(branch, frame, place, HeaderLists(index, asked))
    if not is_enough:
        branch.concluded("The frame ends before what its type has in it, or its padding is longer than it is")
        dissection.malformed("HTTP2")


def _headline(frame: Frame, index: FrameIndex) -> str:
    text = f"Stream: {type_name(frame.kind)}, Stream ID: {frame.stream}, Length {frame.length}"
    block = index.block(frame) if frame.kind == FrameType.HEADERS else None
    what = ""
    if block is not None:
        code = status_of(block)
        asked = f"{value_in(block, b':method')} {value_in(block, b':path')}".strip()
        what = asked or (f"{code} {status_description(code)}" if code else value_in(block, b":status"))
    return f"{text}, {what}" if what else text
