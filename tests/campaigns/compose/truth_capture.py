"""Whether it is true what findings say of the capture: by what its recorder was made to do wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.campaigns.compose.capture_faults import CaptureFaultKind
from tests.campaigns.compose.truth import Question, Truth, no, open_, yes

if TYPE_CHECKING:
    from tests.campaigns.compose.packet import Packet

_THINS: Final = frozenset(
    {
        CaptureFaultKind.LOSES,
        CaptureFaultKind.LOSES_BURST,
        CaptureFaultKind.ONE_WAY,
        CaptureFaultKind.NO_BARE_ACKS,
        CaptureFaultKind.ONLY_CONTROL,
        CaptureFaultKind.BEGINS_LATE,
        CaptureFaultKind.ENDS_EARLY,
    }
)


def _kind(q: Question) -> CaptureFaultKind | None:
    return q.fault.kind if q.fault else None


def _passed(q: Question) -> list[Packet]:
    """What passed this end's interface."""
    return [p for p in q.talk.packets if any(p.frames_at(q.end))]


def capture_missed_packets(q: Question) -> Truth:
    """Packets of the connection that passed here are not in the capture (headers)."""
    missed = [p for p in _passed(q) if not q.sees(p)]
    if not missed:
        return no("the capture has every packet of the connection")
    return yes(f"missed {len(missed)} packets", visible=False)


def capture_dropped(q: Question) -> Truth:
    """The recorder says that it lost packets."""
    return yes("the recorder says so", visible=False) if q.fault and q.fault.reported else no("it says nothing")


def capture_truncated(q: Question) -> Truth:
    """The recorder kept the head of each frame."""
    return yes("frames are cut", visible=False) if _kind(q) is CaptureFaultKind.CUTS_FRAMES else no("frames are whole")


def capture_duplicates(q: Question) -> Truth:
    """The recorder wrote each frame twice."""
    if _kind(q) is CaptureFaultKind.MIRRORS:
        return yes("each frame twice", len(q.seen(q.talk.packets)) > 5)
    return no("each frame once")


def capture_clock_step(q: Question) -> Truth:
    """The recorder's clock was set back while it wrote."""
    if _kind(q) is CaptureFaultKind.CLOCK_BACK:
        return yes("the clock was set back", visible=False)
    if _kind(q) is CaptureFaultKind.CLOCK_FORWARD:
        return open_("the clock was set forward")
    return no("the clock ran on")


def capture_started_mid_stream(q: Question) -> Truth:
    """No SYN of either end is in the capture (headers)."""
    syns = [p for p in _passed(q) if p.is_syn or p.is_syn_ack]
    if not q.seen(syns):
        return yes("no SYN here", bool(syns))
    return no("a SYN is here")


def one_sided_capture(q: Question) -> Truth:
    """Packets of one end passed here and are not in the capture, those of the other are (headers)."""
    passed = _passed(q)
    for end in {p.sender for p in passed if p.sender}:
        there = [p for p in passed if p.sender is end]
        if not q.seen(there) and q.seen([p for p in passed if p.sender is not end]):
            return yes(f"nothing of the {end.value} is here", len(q.seen(passed)) > 3)
    return no("both directions are here, or one end was silent")


def capture_padding(_: Question) -> Truth:
    """The link carries frames as they were sent, and no composition pads any (plan)."""
    return no("no frame is padded")


def offloaded_segments(_: Question) -> Truth:
    """The bench's devices know no offload: one segment, one frame (plan)."""
    return no("one segment is one frame")
