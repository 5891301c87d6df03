"""Sequence numbers of both points as one ascending column for each direction, and who saw which of them first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.tcp_flags import ACK, FIN, SYN
from tcptui.points.keys import by_group, stable_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.packet_store import I64
    from tcptui.points.packets import Side

#: Relative numbers count from so far before the first one seen, so that none is negative.
_ROOM: Final = 1 << 30
_SEQUENCE: Final = 1 << 32
#: A relative number below this, beside the number of its direction.
_SPAN: Final = 1 << 33
#: Index of what a point never saw.
NEVER: Final = np.iinfo(np.int64).max


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


def first_seen(way: Way, side: Side, end: I64) -> I64:
    """Index of the first segment of ``side`` that has the byte before each ``end``; `NEVER` without one."""
    if not len(end):
        return end
    _, starts, ends = way.numbers(side)
    takes = np.flatnonzero(ends > starts)
    order = takes[stable_order(ends[takes])]
    place = np.searchsorted(ends[order], end)
    found = np.full(len(end), NEVER)
    there = np.flatnonzero(place < len(order))
    chosen = order[place[there]]
    has = starts[chosen] < end[there]
    found[there[has]] = chosen[has]
    return found


def first_acknowledged(way: Way, side: Side, end: I64) -> I64:
    """Index of the first segment of ``side`` that acknowledges all before each ``end``; `NEVER` without one."""
    having, number = way.acknowledged(side)
    found = np.full(len(end), NEVER)
    if not len(having):
        return found
    order = by_group(number // _SPAN)
    having, number = having[order], number[order]
    highest = np.maximum.accumulate(number)  # directions ascend, so none reaches into the next one
    place = np.searchsorted(highest, end)
    there = np.flatnonzero(place < len(highest))
    same = highest[place[there]] // _SPAN == end[there] // _SPAN
    found[there[same]] = having[place[there[same]]]
    return found
