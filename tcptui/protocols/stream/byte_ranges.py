"""Which segment first carried each byte of a direction: interval arithmetic on NumPy arrays.

Everything here is linear, or O(n log n) in the number of segments that fill holes; nothing reads payload.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np

from tcptui.model.arrays import chunks, flatnonzero32, sorted_unique
from tcptui.model.packet_store import I32, I64

#: Less than any offset.
_LOWEST: Final = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Runs:
    """Disjoint, ascending ranges of bytes, each with the segment that carried it."""

    start: I64
    stop: I64
    segment: I32
    """Index into the direction's segments, in capture order."""

    def __len__(self) -> int:
        return len(self.start)

    def at(self, offset: int) -> int:
        """Index of the run that contains ``offset``, or of the first one behind it."""
        return int(np.searchsorted(self.stop, offset, side="right"))


def first_copies(start: I64, stop: I64) -> Runs:
    """For each byte the earliest of the segments ``start[i] … stop[i]`` (in capture order) that covers it.

    Bytes below 0 are left out; an empty segment covers nothing.
    """
    runs, late = _in_order(start, stop)
    hole_start, hole_stop = holes_of(runs, 0)
    if not len(hole_start) or not len(late):
        return runs
    late_start = np.maximum(start[late], 0)
    # Only the part below the highest byte before it: the rest is in the runs already.
    late_stop = np.minimum(stop[late], runs.stop[np.searchsorted(runs.segment, late) - 1])
    at = np.searchsorted(hole_stop, late_start, side="right")
    touching = np.append(hole_start, late_stop.max())[at] < late_stop
    if not touching.any():
        return runs
    filling = _within(_earliest(late_start[touching], late_stop[touching], late[touching]), hole_start, hole_stop)
    places = np.searchsorted(runs.start, filling.start)
    return Runs(
        np.insert(runs.start, places, filling.start),
        np.insert(runs.stop, places, filling.stop),
        np.insert(runs.segment, places, filling.segment),
    )


def _in_order(start: I64, stop: I64) -> tuple[Runs, I32]:
    """The runs of bytes above the highest byte before each segment, and the segments that begin below that byte.

    Bytes above the highest one before are first copies in any case.
    """
    # Pages that are never written to take no memory.
    begins, stops = np.empty(len(start), np.int64), np.empty(len(start), np.int64)
    segment = np.empty(len(start), np.int32)
    late = [segment[:0]]
    done, highest = 0, _LOWEST
    for part in chunks(len(start)):
        first, last = np.maximum(start[part], 0), stop[part]
        last = np.where(first < last, last, _LOWEST)
        high = np.maximum.accumulate(np.concatenate(([highest], last)))
        highest, before = int(high[-1]), high[:-1]
        begin = np.maximum(first, before)
        new = np.flatnonzero(begin < last)
        upto = done + len(new)
        begins[done:upto], stops[done:upto], segment[done:upto] = begin[new], last[new], new + part.start
        done = upto
        late.append((np.flatnonzero((first < before) & (last > _LOWEST)) + part.start).astype(np.int32))
    return Runs(begins[:done], stops[:done], segment[:done]), np.concatenate(late)


def _earliest(start: I64, stop: I64, segment: I32) -> Runs:
    """`first_copies` of arbitrary segments: a sweep over their starts, with the current candidates in a heap."""
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
    edges = sorted_unique(np.concatenate((runs.start, runs.stop, start, stop)))
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
    """Starts and stops of the ranges within ``0 … length`` that ``runs`` do not cover."""
    if not len(runs):
        return np.zeros(1 if length > 0 else 0, np.int64), np.full(1 if length > 0 else 0, length, np.int64)
    behind = flatnonzero32(runs.start[1:] > runs.stop[:-1])
    first = np.zeros(1 if int(runs.start[0]) > 0 else 0, np.int64)
    last = runs.stop[-1:] if length > int(runs.stop[-1]) else first[:0]
    return (
        np.concatenate((first, runs.stop[behind], last)),
        np.concatenate((runs.start[: len(first)], runs.start[behind + 1], last * 0 + length)),
    )


def outside(whole: Runs, part: Runs) -> tuple[I64, I64]:
    """Starts and stops of the ranges of ``whole`` that ``part`` does not cover, split at every edge of both."""
    starts, stops = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for some in chunks(len(whole)):
        start, stop = whole.start[some], whole.stop[some]
        low = int(np.searchsorted(part.stop, start[0], side="right"))
        high = int(np.searchsorted(part.start, stop[-1]))
        held = Runs(part.start[low:high], part.stop[low:high], part.segment[low:high])
        edges = sorted_unique(np.concatenate((start, stop, held.start, held.stop)))
        begin, end = edges[:-1], edges[1:]
        left = _covers(start, stop, begin) & ~_covers(held.start, held.stop, begin)
        starts.append(begin[left])
        stops.append(end[left])
    return np.concatenate(starts), np.concatenate(stops)
