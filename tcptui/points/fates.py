"""What became of packets that one point saw and the other did not.

A packet that passed the first point and not the second was lost between them, or the second capture missed it.  The
receiver tells: what it acknowledged before a copy of it passed the second point did pass there.  A packet that only the
second point saw passed the first one, whose capture missed it, unless something between them made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.points.keys import copies, mixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.packets import Links, Side
    from tcptui.points.segments import Mask

#: Relative numbers count from so far before the first one seen, so that none is negative.
_ROOM: Final = 1 << 30
_SEQUENCE: Final = 1 << 32
#: A relative number below this, beside the number of its direction.
_SPAN: Final = 1 << 33
#: By so much an ACK may seem to come before what it acknowledges, as well as the clocks are known.
_EARLY_NS: Final = 100_000_000
_NEVER: Final = np.iinfo(np.int64).max


class Fate(IntEnum):
    """Why a point did not see a packet."""

    UNKNOWN = 0
    LOST_BETWEEN = 1
    NOT_CAPTURED = 2


@dataclass(frozen=True, slots=True)
class Missing:
    """Packets of one side that the other did not see, as columns."""

    index: I64
    """Into the side."""
    fate: NDArray[np.int8]
    """`Fate`."""
    outside: I64
    """Indexes of packets that the other capture cannot have: from before its first packet or after its last one."""


@dataclass(frozen=True, slots=True)
class Way:
    """The relative numbers of each direction of each pair, for both sides."""

    base: I64
    """By direction (pair x 2 + endpoint): what relative numbers count from."""

    def numbers(self, side: Side) -> tuple[I64, I64, I64]:
        """The direction of each segment, and its first and its last number + 1 beside that direction."""
        way = side.pair * 2 + side.by_b
        takes = ((side.flags & np.uint16(SYN)) != 0).astype(np.int64) + ((side.flags & np.uint16(FIN)) != 0)
        begin = way * _SPAN + (side.seq - self.base[way]) % _SEQUENCE
        return way, begin, begin + side.length + takes

    def acknowledged(self, side: Side) -> tuple[I64, I64]:
        """Segments with an ACK number, and that number beside the direction it acknowledges."""
        has_ack = np.flatnonzero((side.column("flags") & np.uint16(ACK)) != 0)
        way = (side.pair * 2 + (1 - side.by_b.astype(np.int64)))[has_ack]
        return has_ack, way * _SPAN + (side.ack[has_ack] - self.base[way]) % _SEQUENCE


def way_of(sides: Sequence[Side], count: int) -> Way:
    """What numbers of ``count`` pairs count from: the first one that either side has."""
    base = np.zeros(2 * count, np.int64)
    for side in sides[::-1]:
        way = side.pair * 2 + side.by_b
        # The first one of each direction is written last.
        base[way[::-1]] = side.seq[::-1]
    return Way((base - _ROOM) % _SEQUENCE)


def find_missing(
    sides: Sequence[Side], links: Links, goes_ab: Mask, known: Mask, times: Sequence[NDArray[np.float64]],
    spans: Sequence[tuple[float, float]], count: int,
) -> tuple[Missing, Missing]:  # fmt: skip
    """The packets of each side that the other has not.

    ``goes_ab``, ``known``: by pair, whether endpoint *a* is on A's side, and whether that is known.  ``times``: of
    each side's segments by A's clock.  ``spans``: first and last time of both captures by A's clock.
    """
    way = way_of(sides, count)
    linked = [np.zeros(len(side), np.bool_) for side in sides]
    linked[0][links.a], linked[1][links.b] = True, True
    found = []
    missed = [False, False]
    for here in (0, 1):
        alone = np.flatnonzero(~linked[here])
        begin, end = spans[1 - here]
        when = times[here][alone]
        inside = (when >= begin) & (when <= end)
        index = alone[inside]
        side = sides[here]
        upstream = goes_ab[side.pair[index]] ^ side.by_b[index] ^ (here == 1)
        sure = np.zeros(len(index), np.int8)
        sure[upstream] = _upstream_fates(sides, way, here, index[upstream], times)
        missed[1 - here] = bool((sure == Fate.NOT_CAPTURED).any())
        sure[_are_several(way, side, index) & upstream & (sure == Fate.NOT_CAPTURED)] = Fate.UNKNOWN
        sure[~upstream] = _downstream_fates(sides[here], linked[here], index[~upstream])
        sure[~known[side.pair[index]]] = Fate.UNKNOWN
        missed[1 - here] |= bool((sure == Fate.NOT_CAPTURED).any())
        found.append((index, sure, upstream, alone[~inside]))
    # A capture that is shown to have missed packets may have missed any.
    result = []
    for here, (index, fate, upstream, outside) in enumerate(found):
        open_ones = (fate == Fate.UNKNOWN) & upstream & known[sides[here].pair[index]]
        if not missed[1 - here]:
            fate[open_ones] = Fate.LOST_BETWEEN
        result.append(Missing(index, fate, outside))
    return result[0], result[1]


def _are_several(way: Way, side: Side, index: I64) -> Mask:
    """Whether the other point has none of several copies: nobody knows which of them it did not capture."""
    _, begin, end = (each[index] for each in way.numbers(side))
    return (copies(end.view(np.uint64)) > 1) & (end > begin)


def _upstream_fates(
    sides: Sequence[Side], way: Way, here: int, index: I64, times: Sequence[NDArray[np.float64]]
) -> NDArray[np.int8]:
    """Proved fates of packets that passed the point ``here`` first."""
    fate = np.zeros(len(index), np.int8)
    if not len(index):
        return fate
    mine, other = sides[here], sides[1 - here]
    of_way, begin, end = (each[index] for each in way.numbers(mine))
    takes = end > begin
    covered = _first_seen(way, other, end)
    # What acknowledges a packet comes after it; an earlier one is of another connection with the same ports.
    left = times[here][index] - _EARLY_NS
    answered = _from(_first_acknowledged(way, other, end), times[1 - here], left)
    answered_here = _from(_first_acknowledged(way, mine, end), times[here], left)
    passed = takes & (answered < covered)
    passed |= takes & (covered == _NEVER) & (answered_here != _NEVER)
    fate[passed] = Fate.NOT_CAPTURED
    # A copy had to come after this one; one that was there before says nothing.
    later = takes & ~passed & (covered != _NEVER)
    clock = times[1 - here][np.minimum(covered, len(other) - 1)]
    fate[later & (clock >= times[here][index])] = Fate.LOST_BETWEEN
    # An ACK whose timestamp the other end echoes did arrive.
    stamps = np.flatnonzero(~takes & mine.segments.has_stamps(mine.places[index]))
    if len(stamps):
        stamp = mine.column("ts_value")[index[stamps]]
        wanted = mixed(of_way[stamps], stamp)
        there = other.segments.has_stamps(other.places)
        sent = mixed(other.pair * 2 + other.by_b, other.column("ts_value"))[there]
        echoed = mixed(other.pair * 2 + (1 - other.by_b.astype(np.int64)), other.column("ts_echo"))[there]
        fate[stamps[np.isin(wanted, echoed) & ~np.isin(wanted, sent)]] = Fate.NOT_CAPTURED
    return fate


def _from(index: I64, times: NDArray[np.float64], earliest: NDArray[np.float64]) -> I64:
    """Each ``index`` of a segment, or `_NEVER` where that is before ``earliest``."""
    found = np.where(index == _NEVER, -np.inf, times[np.minimum(index, len(times) - 1)])
    return np.where(found >= earliest, index, _NEVER)


def _downstream_fates(side: Side, linked: Mask, index: I64) -> NDArray[np.int8]:
    """Proved fates of packets that passed the other point first: by their hops, that they did."""
    fate = np.zeros(len(index), np.int8)
    if not len(index):
        return fate
    way = side.pair * 2 + side.by_b
    ttl = side.column("ttl").astype(np.int64)
    usual = np.unique(way[linked] << 8 | ttl[linked])
    flags = side.flags[index]
    made = (flags & np.uint16(RST)) != 0
    made |= ((flags & np.uint16(SYN)) != 0) & ((side.column("flags")[index] & np.uint16(ACK)) != 0)
    fate[np.isin(way[index] << 8 | ttl[index], usual) & ~made] = Fate.NOT_CAPTURED
    return fate


def _first_seen(way: Way, side: Side, end: I64) -> I64:
    """Index of the first segment of ``side`` that has the byte before each ``end``; `_NEVER` without one."""
    _, starts, ends = way.numbers(side)
    takes = np.flatnonzero(ends > starts)
    order = takes[np.lexsort((takes, ends[takes]))]
    place = np.searchsorted(ends[order], end)
    found = np.full(len(end), _NEVER)
    there = np.flatnonzero(place < len(order))
    chosen = order[place[there]]
    has = starts[chosen] < end[there]
    found[there[has]] = chosen[has]
    return found


def _first_acknowledged(way: Way, side: Side, end: I64) -> I64:
    """Index of the first segment of ``side`` that acknowledges all before each ``end``; `_NEVER` without one."""
    having, number = way.acknowledged(side)
    found = np.full(len(end), _NEVER)
    if not len(having):
        return found
    order = np.lexsort((having, number // _SPAN))
    having, number = having[order], number[order]
    highest = np.maximum.accumulate(number)  # directions ascend, so none reaches into the next one
    place = np.searchsorted(highest, end)
    there = np.flatnonzero(place < len(highest))
    same = highest[place[there]] // _SPAN == end[there] // _SPAN
    found[there[same]] = having[place[there[same]]]
    return found
