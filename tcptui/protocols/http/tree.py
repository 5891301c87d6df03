"""HTTP in the tree of the packet with which a message had arrived, and what its other packets say of it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.protocols.event_stream.tree import add_events
from tcptui.protocols.headers.data import data_step, shortened
from tcptui.protocols.http.by_frame import segment_messages, shown_frame
from tcptui.protocols.http.conversation import Framing
from tcptui.protocols.http.tree_body import add_body
from tcptui.protocols.http.tree_head import add_faults, add_head, add_links
from tcptui.protocols.http.tree_place import FramePlace
from tcptui.protocols.stream.reassembly import Gap
from tcptui.protocols.websocket.tree import add_websocket

if TYPE_CHECKING:
    from tcptui.protocols.headers.cursor import Dissection, Step
    from tcptui.protocols.http.by_frame import SegmentPlace, StreamMessages
    from tcptui.protocols.http.conversation import HttpMessage

#: Segments of one message that are listed.
_SEGMENTS_SHOWN: Final = 200
_TITLE_FRAMES: Final = 24
_SHOWN_BYTES: Final = 40


def read_http(dissection: Dissection, step: Step) -> Step | None:
    """HTTP where a message of the stream, or of this segment alone, had arrived; else the payload's bytes."""
    messages, segment = _messages_of(dissection, step)
    if segment is None or not messages:
        return data_step(step.start, step.source)
    place = FramePlace(segment, step.start)
    if not segment.first_copy:
        _segment_line(dissection, "Retransmitted TCP segment data", segment.stop - segment.start, step.start)
        return None
    shown = messages.shown_in(dissection.view.frame)
    touched = messages.touched_by(segment)
    if not shown and not touched:
        spoken = messages.websocket is not None and add_websocket(dissection, place, messages.websocket)
        return None if spoken else data_step(step.start, step.source)
    _segment_lines(dissection, place, touched, shown)
    for message in shown:
        _message(dissection, message, place)
    add_events(dissection, messages.events.get(dissection.view.frame, []))
    if messages.websocket is not None:
        add_websocket(dissection, place, messages.websocket)
    return None


def _messages_of(dissection: Dissection, step: Step) -> tuple[StreamMessages, SegmentPlace | None]:
    """The stream's messages, or those within this segment where the stream is not known so far."""
    view, source = dissection.view, step.source
    messages = dissection.messages
    if messages is not None:
        segment = messages.place(view.row, view.frame)
        if segment is not None and not messages.was_left_out(segment):
            return messages, segment
        if segment is None and messages:
            return messages, None
    payload = source.data[step.start : source.captured_end()]
    alone = segment_messages(payload, source.end - step.start, view.row, view.frame, view.time_ns)
    return alone, alone.place(view.row, view.frame)


def _segment_lines(
    dissection: Dissection, place: FramePlace, touched: list[HttpMessage], shown: list[HttpMessage]
) -> None:
    """What this segment holds of messages that need others, too."""
    tcp = dissection.transport
    for message in touched:
        low = max(message.start, place.segment.start)
        high = min(message.body_end, place.segment.stop)
        if place.holds(message.start, min(message.body_end, place.half.length)) or tcp is None:
            continue
        if message not in shown:
            frame = shown_frame(message)
            tcp.concluded(f"Reassembled PDU in frame: {frame}", "tcp.reassembled_in").target = frame
        at = place.payload + low - place.segment.start
        _segment_line(dissection, "TCP segment data", high - low, at)


def _segment_line(dissection: Dissection, title: str, length: int, at: int) -> None:
    if dissection.transport is not None:
        plural = "" if length == 1 else "s"
        dissection.transport.add(f"{title} ({length} byte{plural})", at, length, "tcp.segment_data")


def _message(dissection: Dissection, message: HttpMessage, place: FramePlace) -> None:
    stop = min(message.body_end, message.half.length)
    if message.complete and not place.holds(message.start, stop):
        _reassembled(dissection, message, stop)
    dissection.protocols.append("http")
    layer = place.add(dissection.parent, "Hypertext Transfer Protocol", message.start, stop - message.start, "http")
    layer.target = 0
    add_head(layer, message, place)
    add_links(layer, message)
    add_faults(layer, message)
    if message.head.complete and message.has_body and message.framing is not Framing.UNKNOWN:
        add_body(dissection, layer, message, place)


def _reassembled(dissection: Dissection, message: HttpMessage, stop: int) -> None:
    """Which segments the message came in."""
    half, start = message.half, message.start
    frames = half.frames_of(start, stop)
    listed = list(islice(half.pieces(start, stop), _SEGMENTS_SHOWN))
    parts = [(piece.frame, piece.start, piece.stop) for piece in listed if not isinstance(piece, Gap)]
    named = ", ".join(f"#{frame}({to - begin})" for frame, begin, to in parts[:_TITLE_FRAMES])
    title = f"{len(frames)} Reassembled TCP Segments ({stop - start} bytes): {named}"
    layer = dissection.parent.concluded(title, "tcp.segments")
    for frame, begin, to in parts:
        text = f"Frame: {frame}, payload: {begin - start}-{to - start - 1} ({to - begin} bytes)"
        layer.concluded(text, "tcp.segment").target = frame
    if len(frames) > len(parts):
        layer.concluded(f"{len(frames) - len(parts)} more segments")
    layer.concluded(f"Segment count: {len(frames)}", "tcp.segment.count")
    layer.concluded(f"Reassembled TCP length: {stop - start}", "tcp.reassembled.length")
    first = half.read(start, _SHOWN_BYTES)
    layer.concluded(f"Reassembled TCP Data: {shortened(first)}", "tcp.reassembled.data")
