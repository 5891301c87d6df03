"""Layers as dots of a grid, by array operations: what it takes depends little on how many entries there are.

A column of dots shows the least and the greatest value in its stretch of time, so no spike is lost between two dots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.arrays import PIECE, chunks, sorted_unique

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.charts.chart import Layer
    from tcptui.model.packet_store import I64

    Dots = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Viewport:
    """The part of a chart that is drawn: a stretch of time and of values, both ends included.

    Where `is_log`, ``low`` is positive, and what is not is below the picture.
    """

    begin_ns: int
    end_ns: int
    low: int
    high: int
    is_log: bool = False
    """Whether equal factors, not equal differences, are equally high."""


@dataclass(frozen=True, slots=True)
class Grid:
    """``columns`` × ``rows`` dots on a viewport; row 0 is the uppermost."""

    view: Viewport
    columns: int
    rows: int

    def column_of(self, time_ns: int) -> int:
        """The column of a time; outside of the grid for one that is not in the viewport."""
        return (time_ns - self.view.begin_ns) * self.columns // self._duration

    @property
    def _duration(self) -> int:
        return self.view.end_ns - self.view.begin_ns + 1

    def begins(self) -> I64:
        """When each column begins, and when the last one ends."""
        # In Python's integers: a viewport of years times a thousand columns leaves 64 bits.
        duration, columns = self._duration, self.columns
        bounds = (self.view.begin_ns - (-duration * column // columns) for column in range(columns + 1))
        begins: I64 = np.fromiter(bounds, np.int64, columns + 1)
        return begins

    def columns_of(self, time_ns: I64) -> I64:
        """The columns of times in the viewport, which never go back."""
        columns: I64 = np.repeat(np.arange(self.columns), np.diff(time_ns.searchsorted(self.begins())))
        return columns

    def rows_of(self, values: I64) -> I64:
        """The rows of values: -1 for those above the viewport, as many as there are rows for those below."""
        low, high = self.view.low, self.view.high
        if self.view.is_log:
            bottom, top = math.log(low), math.log(high)
            logs: NDArray[np.float64] = np.log(np.maximum(values, 1))
            places = np.where(values < low, self.rows, (logs - bottom) * ((self.rows - 1) / (bottom - top)))
        else:
            places = (values - low) * ((self.rows - 1) / (low - high))
        places += self.rows + 0.5  # rounded, and one more, for a cut towards zero is none downwards below it
        np.maximum(places, 0, out=places)
        np.minimum(places, self.rows + 1, out=places)
        rows: I64 = places.astype(np.int64)
        rows -= 1
        return rows


def bars(layer: Layer, grid: Grid) -> Dots:
    """Vertical lines from low to high at each time."""
    part = layer.between(grid.view.begin_ns, grid.view.end_ns)
    if part.start == part.stop:
        return np.zeros((grid.rows, grid.columns), np.bool_)
    joints = layer.joints[layer.joints.searchsorted(part.start) : layer.joints.searchsorted(part.stop)]
    if len(joints) > (part.stop - part.start) // 2:
        return lines(grid.columns_of(layer.time_ns[part]), layer.high[part], layer.low[part], grid)
    # Bars that go on where the one before ended are one line: only the ends of such runs are drawn.
    begins = layer.time_ns.searchsorted(grid.begins())[:-1]
    runs = np.concatenate((begins, joints, (part.start,)))
    runs = runs[(runs >= part.start) & (runs < part.stop)]
    runs = sorted_unique(runs) if len(runs) < PIECE else _distinct(runs, part)
    last = np.append(runs[1:], part.stop) - 1
    columns = grid.columns_of(layer.time_ns[runs])
    return lines(columns, layer.high[last], layer.low[runs], grid)


def _distinct(places: I64, part: slice) -> I64:
    """The distinct ``places`` within ``part``, without sorting a million of them."""
    found = np.zeros(part.stop - part.start, np.bool_)
    found[places - part.start] = True
    distinct: I64 = np.flatnonzero(found) + part.start
    return distinct


def lines(columns: I64, high: I64, low: I64, grid: Grid) -> Dots:
    """Vertical lines from the values ``low`` to ``high``, as far as they are in the grid."""
    size = (grid.rows + 1) * grid.columns
    changes = np.zeros(size, np.int64)
    for part in chunks(len(columns)):  # what is computed between fits into the processor's cache
        tops, bottoms, at = grid.rows_of(high[part]), grid.rows_of(low[part]), columns[part]
        seen = (bottoms >= 0) & (tops < grid.rows)
        if not seen.all():
            tops, bottoms, at = tops[seen], bottoms[seen], at[seen]
        # One more line at its top, one less below its end: sums down each column count the lines at every dot.
        changes += np.bincount(np.maximum(tops, 0) * grid.columns + at, minlength=size)
        changes -= np.bincount((np.minimum(bottoms, grid.rows - 1) + 1) * grid.columns + at, minlength=size)
    sums: Dots = np.cumsum(changes.reshape(grid.rows + 1, grid.columns), axis=0)[:-1] > 0
    return sums


def steps(layer: Layer, grid: Grid, *, dotted: bool = False) -> Dots:
    """A line that keeps its value until the next one, with all that it goes through in a column."""
    begins = layer.time_ns.searchsorted(grid.begins())
    first, stop = int(begins[0]), int(layer.time_ns.searchsorted(np.int64(grid.view.end_ns), "right"))
    begins[-1] = stop
    columns = np.arange(grid.columns)
    some = begins[1:] > begins[:-1]
    least = np.full(grid.columns, np.iinfo(np.int64).max)
    most = np.full(grid.columns, np.iinfo(np.int64).min)
    if stop > first:
        starts = begins[:-1][some]
        least[some] = np.minimum.reduceat(layer.low[:stop], starts)
        most[some] = np.maximum.reduceat(layer.high[:stop], starts)
    # The value with which a column begins is the last one before it.
    before = begins[:-1] - 1
    known = before >= 0
    carried = layer.low[np.maximum(before, 0)]
    least[known] = np.minimum(least, carried)[known]
    most[known] = np.maximum(most, carried)[known]
    shown = known | some
    drawn = lines(columns[shown], most[shown], least[shown], grid)
    if dotted:
        rise = grid.rows_of(np.where(shown, least, 0)) - grid.rows_of(np.where(shown, most, 0))
        flat = rise < 2
        drawn[:, flat & (columns % 4 > 1)] = False
        drawn[1::2, ~flat] = False
    return drawn


def dots(layer: Layer, grid: Grid) -> Dots:
    """A dot for each entry, at its upper end."""
    part = layer.between(grid.view.begin_ns, grid.view.end_ns)
    found = np.zeros(grid.rows * grid.columns, np.bool_)
    columns, high = grid.columns_of(layer.time_ns[part]), layer.high[part]
    for piece in chunks(len(columns)):
        rows = grid.rows_of(high[piece])
        seen = (rows >= 0) & (rows < grid.rows)
        found[(rows * grid.columns + columns[piece])[seen]] = True
    return found.reshape(grid.rows, grid.columns)
