"""Which segment carried each byte of a half first: interval arithmetic on NumPy arrays.

Everything here is linear, or n log n in the segments that fill holes; nothing reads a byte.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np

from tcptui.model.distinct import distinct
from tcptui.model.packet_store import I32, I64

#: Below every offset.
_LOWEST: Final = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Runs:
    """Disjoint, ascending ranges of bytes, each with the segment that carried it."""

    start: I64
    stop: I64
    segment: I32
    """Index into the half's segments, in capture order."""

    def __len__(self) -> int:
        return len(self.start)

    def at(self, offset: int) -> int:
        """Index of the run that holds ``offset``, or of the first one behind it."""
        return int(np.searchsorted(self.stop, offset, side="right"))


def first_copies(start: I64, stop: I64) -> Runs:
    """For each byte the earliest of the segments ``start[i] … stop[i]`` (in capture order) that covers it.

    Bytes below 0 are left out; an empty segment covers nothing.
    """
    start = np.maximum(start, 0)
    chosen = np.flatnonzero(start < stop)
    start, stop = start[chosen], stop[chosen]
    high = np.full(len(chosen), _LOWEST, np.int64)
    if len(chosen):
        np.maximum.accumulate(stop[:-1], out=high[1:])
    # What lies above all that came before is new, whatever came before.
    begin = np.maximum(start, high)
    new = np.flatnonzero(begin < stop)
    runs = Runs(begin[new], stop[new], chosen[new].astype(np.int32))
    hole_start, hole_stop = holes_of(runs, 0)
    late = np.flatnonzero(start < high)
    if not len(hole_start) or not len(late):
        return runs
    late_stop = np.minimum(stop[late], high[late])
    at = np.searchsorted(hole_stop, start[late], side="right")
    touching = np.append(hole_start, late_stop.max())[at] < late_stop
    late, late_stop = late[touching], late_stop[touching]
    if not len(late):
        return runs
    filling = _within(_earliest(start[late], late_stop, chosen[late].astype(np.int32)), hole_start, hole_stop)
    begins = np.concatenate((runs.start, filling.start))
    order = np.argsort(begins, kind="stable")
    return Runs(
        begins[order],
        np.concatenate((runs.stop, filling.stop))[order],
        np.concatenate((runs.segment, filling.segment))[order],
    )


def _earliest(start: I64, stop: I64, segment: I32) -> Runs:
    """`first_copies` of segments in any arrangement: a sweep with the candidates in a heap."""
    order = np.argsort(start, kind="stable")
    starts, stops, segments = (column[order].tolist() for column in (start, stop, segment))
    begins: list[int] = []
    ends: list[int] = []
    owners: list[int] = []
    active: list[tuple[int, int]] = []
    position, coming = 0, 0
    while coming < len(starts) or active:
        if not active:
            position = max(position, starts[coming])
        while coming < len(starts) and starts[coming] <= position:
            heapq.heappush(active, (segments[coming], stops[coming]))
            coming += 1
        while active and active[0][1] <= position:
            heapq.heappop(active)
        if not active:
            continue
        owner, end = active[0]
        upto = min(end, starts[coming]) if coming < len(starts) else end
        if owners and owners[-1] == owner and ends[-1] == position:
            ends[-1] = upto
        else:
            begins.append(position)
            ends.append(upto)
            owners.append(owner)
        position = upto
    return Runs(np.array(begins, np.int64), np.array(ends, np.int64), np.array(owners, np.int32))


def _within(runs: Runs, start: I64, stop: I64) -> Runs:
    """The parts of ``runs`` inside the disjoint, ascending ranges ``start … stop``."""
    edges = distinct(np.concatenate((runs.start, runs.stop, start, stop)))
    begin, end = edges[:-1], edges[1:]
    at = np.searchsorted(runs.stop, begin, side="right")
    inside = _covers(runs.start, runs.stop, begin) & _covers(start, stop, begin)
    return Runs(begin[inside], end[inside], runs.segment[at[inside]])


def _covers(start: I64, stop: I64, offset: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each offset lies in one of the disjoint, ascending ranges."""
    if not len(start):
        return np.zeros(len(offset), np.bool_)
    at = np.searchsorted(stop, offset, side="right")
    return (at < len(start)) & (start[np.minimum(at, len(start) - 1)] <= offset)


def holes_of(runs: Runs, length: int) -> tuple[I64, I64]:
    """Starts and stops of what ``runs`` leave uncovered of ``0 … length``."""
    before = np.concatenate((np.zeros(1, np.int64), runs.stop))
    after = np.concatenate((runs.start, np.full(1, length, np.int64)))
    empty = after > before
    return before[empty], after[empty]


def outside(start: I64, stop: I64, runs: Runs) -> tuple[I64, I64]:
    """The parts of the ranges ``start … stop`` that ``runs`` do not cover."""
    edges = distinct(np.concatenate((start, stop, runs.start, runs.stop)))
    if len(edges) < 2:
        return edges[:0], edges[:0]
    begin, end = edges[:-1], edges[1:]
    left = _covers(start, stop, begin) & ~_covers(runs.start, runs.stop, begin)
    return begin[left], end[left]
