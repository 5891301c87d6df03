"""What became of packets that one point saw and the other did not.

A packet that passed the first point and not the second was lost between them, or the second capture missed it.  The
receiver tells: what it acknowledged before a copy of it passed the second point did pass there.  A packet that only the
second point saw passed the first one, whose capture missed it, unless something between them made it, or doubled it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.tcp_flags import ACK, RST, SYN
from tcptui.points.keys import copies, found_among, mixed
from tcptui.points.numbers import NEVER, first_acknowledged, first_seen, way_of
from tcptui.points.twins import twins_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.points.numbers import Way
    from tcptui.points.packets import Links, Side
    from tcptui.points.segments import Mask

#: By so much an ACK may seem to come before what it acknowledges, as well as the clocks are known.
_EARLY_NS: Final = 100_000_000


class Fate(IntEnum):
    """What became of a packet of one point at the other."""

    SEEN = -1
    UNKNOWN = 0
    LOST_BETWEEN = 1
    NOT_CAPTURED = 2
    DUPLICATED = 3
    """A second copy, made between the points, of one that passed both."""

    @property
    def word(self) -> str:
        """What reports, and the keys of the words, call it; the values are contracts."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Missing:
    """Packets of one side that the other did not see, as columns."""

    index: I64
    """Into the side."""
    fate: NDArray[np.int8]
    """`Fate`."""
    outside: I64
    """Indexes of packets that the other capture cannot have: from before its first packet or after its last one."""


def find_missing(
    sides: Sequence[Side], links: Links, goes_ab: Mask, known: Mask, times: Sequence[NDArray[np.float64]],
    spans: Sequence[tuple[float, float]], count: int, passed: Sequence[Mask] | None = None,
) -> tuple[Missing, Missing]:  # fmt: skip
    """The packets of each side that the other has not.

    ``goes_ab``, ``known``: by pair, whether endpoint *a* is on A's side, and whether that is known.  ``times``: of
    each side's segments by A's clock.  ``spans``: first and last time of both captures by A's clock.
    ``passed``: of each side's segments, whether it is known otherwise that it passed the other point.
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
        twins = twins_of(side, index, linked[here])
        # Of what was doubled before this point, or by its capture, nobody knows which copy was lost.
        sure[twins.is_copy] = Fate.UNKNOWN
        sure[twins.is_network & ~upstream] = Fate.DUPLICATED
        sure[~known[side.pair[index]]] = Fate.UNKNOWN
        if passed is not None:
            sure[passed[here][index]] = Fate.NOT_CAPTURED
        missed[1 - here] |= bool((sure == Fate.NOT_CAPTURED).any())
        found.append((index, sure, upstream, twins.is_copy, alone[~inside]))
    # A capture that is shown to have missed packets may have missed any.
    result = []
    for here, (index, fate, upstream, is_copy, outside) in enumerate(found):
        open_ones = (fate == Fate.UNKNOWN) & upstream & known[sides[here].pair[index]] & ~is_copy
        if missed[1 - here]:
            fate[fate == Fate.DUPLICATED] = Fate.UNKNOWN  # it may have passed there twice
        else:
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
    covered = first_seen(way, other, end)
    # What acknowledges a packet comes after it; an earlier one is of another connection with the same ports.
    left = times[here][index] - _EARLY_NS
    answered = _from(first_acknowledged(way, other, end), times[1 - here], left)
    answered_here = _from(first_acknowledged(way, mine, end), times[here], left)
    passed = takes & (answered < covered)
    passed |= takes & (covered == NEVER) & (answered_here != NEVER)
    fate[passed] = Fate.NOT_CAPTURED
    # A copy had to come after this one; one that was there before says nothing.
    later = takes & ~passed & (covered != NEVER)
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
        fate[stamps[found_among(wanted, echoed) & ~found_among(wanted, sent)]] = Fate.NOT_CAPTURED
    return fate


def _from(index: I64, times: NDArray[np.float64], earliest: NDArray[np.float64]) -> I64:
    """Each ``index`` of a segment, or `NEVER` where that is before ``earliest``."""
    found = np.where(index == NEVER, -np.inf, times[np.minimum(index, len(times) - 1)])
    return np.where(found >= earliest, index, NEVER)


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
