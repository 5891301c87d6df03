"""Where a stream's time went: each nanosecond belongs to exactly one part (rules/findings.md#where-the-time-went).

The stream is cut at its *events*, the segments that bring new payload.  The time between two of
them was a wait for something: the answer to a request, the next request, room in a window, an
acknowledgment, the sender's program.  Recovery from loss overrides that.  The parts add up to
the time from the first to the last segment, exactly; what cannot be told is
`Part.UNATTRIBUTED` and is shown as such.

Findings about speed take their numbers from here, so that a finding and the bar agree.

Not attempted: turns where both ends send at once (HTTP/2, pipelining, WebSocket); there only what TCP itself shows is
split up, and what a protocol inside tells of waits for its own windows (`StreamView.held_back`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.unwrapped_seq import SequenceSpace, sequence_space
from tcptui.analysis.stream.view import StreamView
from tcptui.analysis.timing.budget_parts import NO_SENDER, Part, TimeBudget, Turns, Waits
from tcptui.analysis.timing.path_delay import PathDelays, path_delays
from tcptui.analysis.timing.segments import Member, segments_of
from tcptui.analysis.timing.stretches import Stretches
from tcptui.model.arrays import PIECE, chunks
from tcptui.model.batched import largest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.model.packet_store import I64

__all__ = ["Part", "TimeBudget", "Turns", "Waits", "split_batched", "time_budget"]

#: A clock that goes back by more than this between two segments measures nothing.
CLOCK_STEP_NS: Final = 1_000_000
#: Segments of the longest stream that is split together with others, …
BATCHED_SEGMENTS_MOST: Final = 4_096
#: … and how long it lasts (ns): times of many, one behind the other, stay far below 2**63.
LONGEST_NS: Final = 100_000_000_000_000


def time_budget(view: StreamView, space: SequenceSpace | None = None) -> TimeBudget:
    """Split the time of ``view``; the cost grows linearly with its length.

    ``space``: the stream's unwrapped numbers, if they are known already.
    """
    known: TimeBudget | None = view.kept.get(time_budget)
    if known is not None:
        return known
    delays = path_delays(view)
    times = view.time_ns
    count = len(view)
    if count < 2:
        return _whole(view, delays)
    one_sided = bool(view.from_server.all()) or not view.from_server.any()
    back_ns = max((times[:-1][part] - times[1:][part]).max().item() for part in chunks(count - 1))
    if times.item(-1) < times.item(0) or back_ns > CLOCK_STEP_NS:
        return _whole(view, delays)
    clock: I64 = np.minimum(np.maximum.accumulate(times), times[-1]) if back_ns > 0 else times
    if one_sided and (delays.mid_stream or view.length.any()):
        return _whole(view, delays)
    (budget,) = Stretches(segments_of([Member(view, clock, delays, space or sequence_space(view), 0)])).budgets()
    return budget


def split_batched(views: Iterable[StreamView]) -> None:
    """Split the time of those of ``views`` that are ordinary, many at a time; `time_budget` of them then knows it.

    They must not be `SameShapeView`s, nor change until then.
    """
    waiting: list[Member] = []
    for view in views:
        if len(view) > BATCHED_SEGMENTS_MOST:
            continue
        delays = path_delays(view)
        if not _is_ordinary(view, delays):
            continue
        if waiting and waiting[-1].stop + len(view) > PIECE:
            _split(waiting)
            waiting = []
        start = waiting[-1].stop if waiting else 0
        waiting.append(Member(view, view.time_ns, delays, sequence_space(view), start))
    if waiting:
        _split(waiting)


def _split(members: list[Member]) -> None:
    for member, budget in zip(members, Stretches(segments_of(members)).budgets(), strict=True):
        member.view.kept[time_budget] = budget


def _is_ordinary(view: StreamView, delays: PathDelays) -> bool:
    """Whether ``view`` has a handshake, both ends speak, and its clock never goes back."""
    if delays.mid_stream or delays.opened < 0 or not 0 < np.count_nonzero(view.from_server) < len(view):
        return False
    times = view.time_ns
    return times.item(-1) - times.item(0) <= LONGEST_NS and not (times[1:] < times[:-1]).any()


def _whole(view: StreamView, delays: PathDelays) -> TimeBudget:
    """The budget of a stream of which nothing can be told: all time is unattributed."""
    elapsed = largest(0, view.time_ns.item(-1) - view.time_ns.item(0)) if len(view) else 0
    events = np.array([0, len(view) - 1] if len(view) > 1 else [], np.int32)
    sender = np.full(max(len(events) - 1, 0), NO_SENDER, np.uint8)
    waits = Waits(events, view.time_ns, sender, np.zeros(0, np.int32))
    parts = tuple(elapsed if part is Part.UNATTRIBUTED else 0 for part in Part)
    return TimeBudget(elapsed, parts, waits, delays, (None, None), in_turns=False)
