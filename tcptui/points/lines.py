"""The lines above some points and below others: what two clocks can differ by, when both run evenly.

A clock's offset over time is taken for a line.  Each packet from A to B bounds it from below, each from B to A from
above, for no packet arrives before it left (Moon, Skelly and Towsley 1999).  The lines that fit are a convex set of
(value, slope); only the hulls of both sets of points bound it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

F64 = NDArray[np.float64]

#: Greatest difference of two clocks' rates: each may be slewed by 500 ppm (RFC 5905, MAXFREQ).
MOST_DRIFT: Final = 1e-3
#: Drift is only told where it is known this closely.
CLOSE_DRIFT: Final = 5e-5


class Lines(NamedTuple):
    """The lines that fit; times in seconds from a common origin, values in nanoseconds."""

    at_s: float
    """Where their values differ least."""
    low_ns: float
    """Least value there; minus infinity where nothing bounds it."""
    high_ns: float
    least_slope: float
    """Nanoseconds a second."""
    most_slope: float
    slope: float
    """In the middle of both, …"""
    base_low_ns: float
    """… and of the lines with that slope the lowest at the origin, …"""
    base_high_ns: float
    """… and the highest."""


def upper_hull(x: F64, y: F64) -> NDArray[np.int64]:
    """Indexes of the vertices of the hull above the points, in the order of ``x``, which must ascend."""
    hull: list[int] = []
    xs, ys = x.tolist(), y.tolist()
    for here, (px, py) in enumerate(zip(xs, ys, strict=True)):
        while hull:
            last = hull[-1]
            if xs[last] == px:
                if ys[last] >= py:
                    break
                hull.pop()
                continue
            if len(hull) == 1:
                break
            before = hull[-2]
            # The last one lies on or below the line from the one before it to this one.
            if (ys[last] - ys[before]) * (px - xs[before]) > (py - ys[before]) * (xs[last] - xs[before]):
                break
            hull.pop()
        if not hull or xs[hull[-1]] != px:
            hull.append(here)
    return np.array(hull, np.int64)


def lines_between(lows: tuple[F64, F64], highs: tuple[F64, F64], slack_ns: float) -> Lines | None:
    """The lines above all points ``lows`` (x, y) and below all ``highs``; None: there is none.

    A point may be wrong by ``slack_ns``.  Each x ascends.
    """
    low_x, low_y = (each[upper_hull(*lows)] for each in lows)
    high_x, high_y = (each[upper_hull(highs[0], -highs[1])] for each in highs)
    low_y, high_y = low_y - slack_ns, high_y + slack_ns
    limit = MOST_DRIFT * 1e9
    slopes = np.concatenate(([-limit, 0.0, limit], np.diff(low_y) / np.diff(low_x), np.diff(high_y) / np.diff(high_x)))
    slopes = np.sort(np.clip(slopes, -limit, limit))
    gap = _highest(slopes, high_x, high_y) - _lowest(slopes, low_x, low_y)
    fits = np.flatnonzero(gap >= 0)
    if not len(fits):
        return None
    first, last = int(fits[0]), int(fits[-1])
    least = float(slopes[first]) if first == 0 else _root(slopes, gap, first - 1)
    most = float(slopes[last]) if last == len(slopes) - 1 else _root(slopes, gap, last)
    tried = np.concatenate(([least, most], slopes[first : last + 1]))
    below, above = _lowest(tried, low_x, low_y), _highest(tried, high_x, high_y)
    times = np.concatenate((low_x, high_x, [0.0]))
    lowest = (below[:, None] + tried[:, None] * times).min(axis=0)
    highest = (above[:, None] + tried[:, None] * times).max(axis=0)
    width = highest - lowest
    if not np.isfinite(width).all():
        width = -lowest if np.isfinite(lowest).all() else highest
    best = int(np.argmin(width))
    slope = (least + most) / 2
    of_slope = np.array([slope])
    return Lines(
        float(times[best]), float(lowest[best]), float(highest[best]), least, most, slope,
        float(_lowest(of_slope, low_x, low_y)[0]), float(_highest(of_slope, high_x, high_y)[0]),
    )  # fmt: skip


def _lowest(slopes: F64, x: F64, y: F64) -> F64:
    """For each slope, the value at the origin of the lowest line above all points."""
    found: F64 = np.max(y - slopes[:, None] * x, axis=1, initial=-np.inf)
    return found


def _highest(slopes: F64, x: F64, y: F64) -> F64:
    found: F64 = np.min(y - slopes[:, None] * x, axis=1, initial=np.inf)
    return found


def _root(slopes: F64, gap: F64, place: int) -> float:
    """The slope between ``place`` and the next one at which the gap, linear there, is zero."""
    (left, right), (before, after) = slopes[place : place + 2].tolist(), gap[place : place + 2].tolist()
    return float(left + (right - left) * (0 - before) / (after - before))


def longest_fits(
    x: F64, y: F64, low: NDArray[np.bool_], slack_ns: float, *, from_end: bool = False, most: int = 16
) -> Sequence[int]:
    """Where pieces begin, each the longest that lines fit, from the first point on, or from the last one back.

    Ends after ``most`` pieces; the last piece may then have no line.
    """
    count = len(x)
    borders: list[int] = [count if from_end else 0]
    while len(borders) <= most:
        edge = borders[-1]
        room = edge if from_end else count - edge

        def fits(size: int, edge: int = edge) -> bool:
            part = slice(edge - size, edge) if from_end else slice(edge, edge + size)
            return fit_part(x, y, low, part, slack_ns) is not None

        size = 1
        while size < room and fits(min(2 * size, room)):
            size = min(2 * size, room)
        if size >= room:
            break
        fine, wrong = size, min(2 * size, room)
        while wrong - fine > 1:
            middle = (fine + wrong) // 2
            fine, wrong = (middle, wrong) if fits(middle) else (fine, middle)
        borders.append(edge - fine if from_end else edge + fine)
    return borders


def fit_part(x: F64, y: F64, low: NDArray[np.bool_], part: slice, slack_ns: float) -> Lines | None:
    """`lines_between` of the points in ``part``; ``low``: which of them bound from below."""
    here, there = low[part], ~low[part]
    xs, ys = x[part], y[part]
    return lines_between((xs[here], ys[here]), (xs[there], ys[there]), slack_ns)
