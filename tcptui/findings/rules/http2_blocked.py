"""`http2-head-of-line`: requests that waited for a lost segment of others (rules/findings.md).

TCP hands over bytes in order: what arrived behind a lost segment lies in the receiver's kernel until that segment is
sent again, whichever stream it belongs to.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.findings.facts import SIDES
from tcptui.findings.http2_facts import operation_of, packets
from tcptui.findings.rules.spurious import spurious_resends
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.resend_cause import ResendCause
from tcptui.protocols.http2.frames import FrameType

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.http2_facts import Facts
    from tcptui.protocols.http2.history import Event, Http2History
    from tcptui.protocols.stream.reassembly import ByteStream

#: A shorter wait is what any loss costs, …
WAIT_NS: Final = 100_000_000
#: … this is a warning.
SLOW_NS: Final = 1_000_000_000
#: Resends that are looked at.
_RESENDS_MOST: Final = 200
#: Frames behind a lost segment that are looked at.
_FRAMES_MOST: Final = 500
_CAUSES: Final = frozenset(
    {ResendCause.FAST_RECOVERY, ResendCause.RTO, ResendCause.TAIL_LOSS_PROBE, ResendCause.UNKNOWN}
)
_OF_STREAMS: Final = frozenset({FrameType.DATA, FrameType.HEADERS})


@dataclass(slots=True)
class _Hole:
    """A lost segment: bytes ``start … stop`` of one direction."""

    side: int
    start: int
    stop: int
    filled_ns: int
    filled_frame: int
    lost_frame: int
    """The copy that was lost; 0 where it never passed here."""
    owners: set[int] = field(default_factory=set)
    """Streams that have bytes in it."""
    waiting: dict[int, int] = field(default_factory=dict)
    """Other streams with bytes behind it, each with its wait in nanoseconds."""

    @property
    def longest_ns(self) -> int:
        """The longest wait of another stream."""
        return max(self.waiting.values(), default=0)


def http2_head_of_line(connection: ConnectionFacts, history: Http2History) -> Finding | None:
    """Streams whose bytes had arrived, and waited for those of another stream that were lost."""
    holes = [hole for hole in _holes(connection, history) if hole.longest_ns >= WAIT_NS]
    if not holes:
        return None
    worst = max(holes, key=lambda hole: hole.longest_ns)
    by_id = {call.id: call for call in history.calls}
    waiting = sorted(worst.waiting, key=lambda stream: -worst.waiting[stream])
    owner = min(worst.owners)
    side = worst.side
    facts: Facts = {
        "sender": SIDES[side],
        "receiver": SIDES[1 - side],
        "lost_stream": owner,
        "lost_target": operation_of(by_id.get(owner)),
        "waiting_stream": waiting[0],
        "waiting_target": operation_of(by_id.get(waiting[0])),
        "waiting": len(waiting),
        "waited_s": worst.longest_ns / 1e9,
        "total_s": sum(hole.longest_ns for hole in holes) / 1e9,
        "count": len(holes),
        "lost_frame": worst.lost_frame,
        "resent_frame": worst.filled_frame,
        "behind_frame": _frame_after(history, worst, waiting[0]),
    }
    seen = worst.lost_frame == 0
    return connection.finding(
        FindingId.HTTP2_HEAD_OF_LINE,
        packets(connection, [worst.lost_frame, int(facts["behind_frame"]), worst.filled_frame]),
        Severity.WARNING if worst.longest_ns >= SLOW_NS else Severity.NOTE,
        Confidence.CERTAIN if seen else Confidence.LIKELY,
        () if seen else ("http2-arrived-late",),
        shape="" if seen else "sent",
        **facts,
    )


def _holes(connection: ConnectionFacts, history: Http2History) -> list[_Hole]:
    """The segments that were lost, each with its last resend, and who waited."""
    unneeded = spurious_resends(connection)
    filled: dict[tuple[int, int], _Hole] = {}
    for resend in connection.resends[:_RESENDS_MOST]:
        i = resend.index
        if resend.cause not in _CAUSES or i in unneeded or not connection.length[i]:
            continue
        direction = history.directions[connection.side[i]]
        place = direction.range_of_row(int(connection.view.rows[i]))
        if place is None:
            continue
        lost = connection.frame[resend.previous] if resend.previous >= 0 else 0
        filled[direction.side, place[0]] = _Hole(direction.side, *place, connection.time[i], connection.frame[i], lost)
    frames: tuple[list[Event], list[Event]] = ([], [])
    for event in history.events:
        if event.frame.kind in _OF_STREAMS and event.frame.stream:
            frames[event.side].append(event)
    for hole in filled.values():
        _find_waiting(history.directions[hole.side], frames[hole.side], hole)
    return list(filled.values())


def _find_waiting(direction: ByteStream, frames: list[Event], hole: _Hole) -> None:
    """Who had bytes in the hole, and who behind it."""
    first = max(bisect_right(frames, hole.start, key=lambda event: event.frame.start) - 1, 0)
    for event in frames[first : first + _FRAMES_MOST]:
        frame = event.frame
        if frame.stop <= hole.start:
            continue
        if frame.start < hole.stop:
            hole.owners.add(frame.stream)
        last = frame.stop - 1
        passed_ns = direction.first_ns(last)
        if frame.stop > hole.stop:
            if passed_ns > hole.filled_ns:
                break
            if frame.start >= hole.stop:
                hole.waiting[frame.stream] = max(hole.waiting.get(frame.stream, 0), hole.filled_ns - passed_ns)
    for stream in hole.owners:
        hole.waiting.pop(stream, None)
    if not hole.owners:
        hole.waiting.clear()


def _frame_after(history: Http2History, hole: _Hole, stream: int) -> int:
    """The packet that completed the first frame of ``stream`` behind the hole."""
    direction = history.directions[hole.side]
    for event in history.events:
        frame = event.frame
        if (
            event.side == hole.side
            and frame.stream == stream
            and frame.start >= hole.stop
            and frame.kind in _OF_STREAMS
        ):
            return (direction.frames_of(frame.stop - 1, frame.stop) or (0,))[0]
    return 0
