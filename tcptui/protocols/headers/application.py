"""The payload of TCP in the tree: messages that the packet completes, and its parts of longer messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.verdict import Verdict
from tcptui.protocols.application import ApplicationStream
from tcptui.protocols.headers.cursor import Protocol
from tcptui.protocols.headers.data import data_step
from tcptui.protocols.headers.frame_place import FramePlace
from tcptui.protocols.stream.segment_place import lone_segment

if TYPE_CHECKING:
    from tcptui.protocols.headers.cursor import Dissection, Step
    from tcptui.protocols.interface import ParsedStream, Unit
    from tcptui.protocols.stream.segment_place import SegmentPlace

_SEGMENT_DATA: Final = "tcp.segment_data"
#: Copies that Wireshark hands to no protocol, also where they were cut, and whole ones; a fast retransmission, a
#: keep-alive and a probe it reads again.
_PASSED_OVER_CUT: Final = (Verdict.RETRANSMISSION, Verdict.OUT_OF_ORDER)
_PASSED_OVER: Final = (Verdict.SPURIOUS_RETRANSMISSION, *_PASSED_OVER_CUT)
_KINDS: Final = (Verdict.FAST_RETRANSMISSION, *_PASSED_OVER)


def read_application(dissection: Dissection, step: Step) -> Step | None:
    """Append the messages that the packet completes; returns the step for plain bytes where there is no message."""
    stream, segment = _stream_of(dissection, step)
    parsed = stream.parsed
    if segment is not None and not segment.first_copy:
        is_cut = step.source.captured_end() < step.source.end
        again = _copy_verdict(dissection)
        if parsed is not None or again in (_PASSED_OVER_CUT if is_cut else _PASSED_OVER):
            # Wireshark names these bytes only of a whole segment that is a plain retransmission, or the beginning of
            # what several segments carry.
            is_plain = again is Verdict.RETRANSMISSION and not is_cut
            field = _SEGMENT_DATA if is_plain or (parsed and _is_beginning(parsed, segment)) else ""
            length = segment.stop - segment.start
            _segment_line(dissection, "Retransmitted TCP segment data", length, step.start, field)
            return None
    if segment is None or parsed is None:
        return data_step(step.start, step.source, Protocol.TCP_DATA, step.number)
    place = FramePlace(segment, step.start)
    units = parsed.units(segment) if dissection.transport is not None else ()
    for unit in units:
        is_alone = unit.start >= segment.start or not unit.header or place.is_reassembled_alone(unit.start, unit.header)
        stop = unit.stop if is_alone else place.last_end(unit.stop, (one.stop for one in units))
        _segment_lines(dissection, place, unit, stop)
    if parsed.add_layers(dissection, place):
        return None
    return data_step(step.start, step.source, Protocol.TCP_DATA, step.number)


def _is_beginning(parsed: ParsedStream, segment: SegmentPlace) -> bool:
    """Whether the segment is the beginning of a message that is not all in it."""
    return any(unit.start == segment.start and unit.stop > segment.stop for unit in parsed.units(segment))


def _copy_verdict(dissection: Dissection) -> Verdict:
    """What Wireshark takes the segment for, of what decides whether it hands the payload to a protocol."""
    analysis = dissection.view.analysis
    verdict = Verdict(0) if analysis is None else Verdict(analysis.verdict)
    return next((kind for kind in _KINDS if verdict & kind), Verdict(0))


def _stream_of(dissection: Dissection, step: Step) -> tuple[ApplicationStream, SegmentPlace | None]:
    """The packet's stream and its place there; a stream of this segment alone where that is not known.

    The place is None when the known stream has no byte of this packet.
    """
    view, source = dissection.view, step.source
    stream = dissection.application
    if stream is not None:
        segment = stream.place(view.row, view.frame)
        if segment is not None and not stream.was_left_out(segment):
            return stream, segment
        if segment is None and stream:
            return stream, None
    payload = source.data[step.start : source.captured_end()]
    alone = ApplicationStream(*lone_segment(payload, source.end - step.start, view.row, view.frame, view.time_ns))
    return alone, alone.place(view.row, view.frame)


def _segment_lines(dissection: Dissection, place: FramePlace, unit: Unit, stop: int) -> None:
    """Append lines for the packet's part of a message that several segments carry, put together up to ``stop``."""
    tcp = dissection.transport
    if place.holds(unit.start, min(unit.stop, place.direction.length)) or tcp is None:
        return
    if unit.frame != dissection.view.frame:
        line = tcp.concluded(f"Reassembled PDU in frame: {unit.frame}", "tcp.reassembled_in")
        line.target = unit.frame
    low, high = max(unit.start, place.segment.start), min(stop, place.segment.stop)
    _segment_line(dissection, "TCP segment data", high - low, place.payload + low - place.segment.start)


def _segment_line(dissection: Dissection, title: str, length: int, at: int, field: str = _SEGMENT_DATA) -> None:
    if dissection.transport is not None:
        plural = "" if length == 1 else "s"
        dissection.transport.add(f"{title} ({length} byte{plural})", at, length, field)
