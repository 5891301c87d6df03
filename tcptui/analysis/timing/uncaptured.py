"""Bytes that never passed the capture point, by when something else shows that they exist; and holes of receivers.

A recorder that drops packets leaves no repetition behind, only numbers: a segment begins above the last one, an end
acknowledges what was never seen, or reports by SACK that bytes are missing and acknowledges them later although nobody
was seen to send them again.  What was waited for meanwhile cannot be told (rules/findings.md#where-the-time-went).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.analysis.stream.unwrapped_seq import NOTHING, SequenceSpace
from tcptui.model.arrays import chunks, indexes_of
from tcptui.model.packet_store import I32, I64, DecodeIssue, OptionBit
from tcptui.model.tcp_flags import ACK, RST, SYN
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView

#: rules/findings.md#where-the-time-went: a hole is a loss from so many round trips on; segments that were overtaken
#: come sooner …
HOLE_RTTS: Final = 2
#: … and from this time on, also where the round trip is shorter or not known (ns).
HOLE_NS: Final = 20_000_000

_SHOWN_BY: Final = int(Verdict.LOST_SEGMENT | Verdict.ACK_LOST_SEGMENT)
_SACK: Final = int(OptionBit.SACK)


def uncaptured_at(view: StreamView, space: SequenceSpace) -> I32:
    """The segments, ascending, that first show bytes of either end which passed here neither before nor later."""
    found: I32 | None = view.kept.get(uncaptured_at)
    if found is None:
        found = _NOWHERE
        # Segments whose header was cut have no verdict.
        suspect = int(np.bitwise_or.reduce(view.verdict)) & _SHOWN_BY
        if suspect or int(np.bitwise_or.reduce(view.issues)) & DecodeIssue.TRUNCATED:
            found = np.union1d(_of_side(view, space, 0), _of_side(view, space, 1)).astype(np.int32)
        view.kept[uncaptured_at] = found
    return found


def lacking(places: I32, begin: Any, end: Any) -> Any:
    """Whether one of the ascending ``places`` lies behind ``begin`` and not behind ``end``: of each pair, or of one."""
    return places.searchsorted(end, side="right") > places.searchsorted(begin, side="right")


def _of_side(view: StreamView, space: SequenceSpace, side: int) -> I32:
    """`uncaptured_at` of the bytes of ``side``."""
    at, low, high, again = [], [], [], []
    for part in chunks(len(view), 1):
        before = slice(part.start - 1, part.stop - 1)
        known = space.sent[side][before]
        reached = np.maximum(known, space.acknowledged[side][before])
        mine = view.from_server[part] == bool(side)
        plain = (view.flags[part] & (SYN | RST)) == 0
        seq = space.seq[part]
        shown = np.where(mine, seq, space.acknowledged[side][part])
        shown[~plain] = NOTHING
        which = indexes_of((known != NOTHING) & (shown > reached))
        at.append(which + part.start)
        low.append(reached[which])
        high.append(shown[which])
        again.append(part.start + indexes_of(mine & plain & (seq < reached) & (space.end[part] > seq)))
    missing = np.concatenate([_NOWHERE, *at]).astype(np.int32)
    if not len(missing):
        return missing
    filled = _covered(space, np.concatenate(again), np.concatenate(low), np.concatenate(high))
    return missing[~filled]


def _covered(space: SequenceSpace, segments: I64, low: I64, high: I64) -> NDArray[np.bool_]:
    """Which of the numbers from ``low`` up to ``high`` lie wholly in ``segments``."""
    if not len(segments):
        return np.zeros(len(low), np.bool_)
    begins, ends = space.seq[segments], space.end[segments]
    order = np.argsort(begins, kind="stable")
    begins, ends = begins[order], np.maximum.accumulate(ends[order])
    opens = np.append(True, begins[1:] > ends[:-1])
    starts = begins[opens]
    stops = ends[np.append(indexes_of(opens)[1:] - 1, len(ends) - 1)]
    place = np.searchsorted(starts, low, side="right") - 1
    within: NDArray[np.bool_] = (place >= 0) & (stops[np.maximum(place, 0)] >= high)
    return within


def may_have_holes(view: StreamView) -> bool:
    """Whether any segment of ``view`` has a SACK block."""
    return bool(int(np.bitwise_or.reduce(view.options)) & _SACK)


class Holes(NamedTuple):
    """Holes in the data of one side that its receiver reported by SACK and later acknowledged."""

    side: int
    first: I64
    """The number with which each begins (`SequenceSpace`)."""
    reported: I64
    """The segment that first reported bytes behind it."""
    healed: I64
    """The segment that acknowledges its first byte."""
    filled_here: NDArray[np.bool_]
    """Whether that byte was seen to be sent again, or late."""


def healed_holes(view: StreamView, space: SequenceSpace, clock: I64, rtt_ns: int) -> tuple[Holes, ...]:
    """The holes of both sides that lasted too long for an overtaking; ``clock``: times that never go back.

    A hole lasts from the first report of bytes behind it until its first byte is acknowledged, whoever was seen to send
    that again: a repair that the recorder missed was waited for as well.  Not of an end whose acknowledgments without
    data are not here: what acknowledges the repair is then its program's next data.
    """
    found: tuple[Holes, ...] | None = view.kept.get(healed_holes)
    if found is None:
        sides = (0, 1) if len(view) > 1 and may_have_holes(view) else ()
        found = tuple(_holes(view, space, clock, rtt_ns, side) for side in sides if _reports_truly(view, space, side))
        view.kept[healed_holes] = found
    return found


def _reports_truly(view: StreamView, space: SequenceSpace, side: int) -> bool:
    """Whether the peer of ``side`` sends acknowledgments without data, and none reports what ``side`` never sent."""
    reported = int(space.sacked[side][-1])
    if reported == NOTHING or reported > max(int(space.sent[side][-1]), int(space.acknowledged[side][-1])):
        return False
    peers = view.from_server != bool(side)
    return bool((peers & (view.length == 0) & ((view.flags & (ACK | SYN | RST)) == ACK)).any())


def _holes(view: StreamView, space: SequenceSpace, clock: I64, rtt_ns: int, side: int) -> Holes:
    acknowledged, reported = space.acknowledged[side], space.sacked[side]
    columns: list[tuple[I64, I64, I64]] = []
    again = [_NO_TIMES]
    for part in chunks(len(acknowledged), 1):
        before = slice(part.start - 1, part.stop - 1)
        had = acknowledged[before]
        healed = indexes_of((reported[before] > had) & (acknowledged[part] > had) & (had != NOTHING))
        first, births = had[healed], np.asarray(reported.searchsorted(had[healed], side="right"), np.int64)
        healed += part.start
        long = clock[healed] - clock[births] > max(HOLE_RTTS * rtt_ns, HOLE_NS)
        columns.append((first[long], births[long], healed[long]))
        mine = (view.from_server[part] == bool(side)) & (view.length[part] > 0)
        again.append(part.start + indexes_of(mine & (space.seq[part] < space.sent[side][before])))
    first, births, healed = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Holes(side, first, births, healed, _covered(space, np.concatenate(again), first, first + 1))


def last_hole(view: StreamView, space: SequenceSpace, rtt_ns: int) -> int:
    """The segment that first reported the hole which is still open at the end; the length of ``view`` without one."""
    first = len(view)
    for side in (0, 1):
        reached = int(space.acknowledged[side][-1])
        if reached == NOTHING or int(space.sacked[side][-1]) <= reached or not _reports_truly(view, space, side):
            continue
        birth = int(space.sacked[side].searchsorted(reached, side="right"))
        if view.time_ns.item(-1) - view.time_ns.item(birth) > max(HOLE_RTTS * rtt_ns, HOLE_NS):
            first = min(first, birth)
    return first


_NOWHERE: Final = np.zeros(0, np.int32)
_NO_TIMES: Final = np.zeros(0, np.int64)
