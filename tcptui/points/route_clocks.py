"""Clocks of the points along a path, each against that of the first one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tcptui.points.clock import Interval, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.points.clock import Clocks
    from tcptui.points.route import Route


@dataclass(frozen=True, slots=True)
class PointClock:
    """How the clock of a point stands to that of the first one, as `Clocks` says of two."""

    at_ns: int
    """Time of the first point for which `offset` holds."""
    offset: Interval
    drift: float | None
    drift_range: tuple[float, float]
    steps: tuple[Step, ...]


def clock_of(route: Route, point: int) -> PointClock | None:
    """The clock of a point; None: no packets tell.

    By the packets that both have, or by those of each hop between: what bounds it more closely.
    """
    direct = route.hops[0, point].clocks
    between = [route.hops[one].clocks for one in pairwise(range(point + 1))]
    told = [] if direct is None else [_summed([direct])]
    if point > 1 and all(one is not None for one in between):
        told.append(_summed([one for one in between if one is not None]))
    return min(told, key=lambda one: np.inf if one.offset.width_ns is None else one.offset.width_ns, default=None)


def _summed(clocks: Sequence[Clocks]) -> PointClock:
    """The first clock against the last: offsets of one moment add up, as their bounds do."""
    first = clocks[0]
    if len(clocks) == 1:
        return PointClock(first.at_ns, first.offset, first.drift, first.drift_range, first.steps)
    at, low, high = first.at_ns, 0.0, 0.0
    steps: list[Step] = []
    for one in clocks:
        moved = at - first.at_ns
        steps.extend(Step(step.time_ns - moved, step.offset_ns) for step in one.steps)
        least, most = (float(bound[0]) for bound in one.bounds(np.array([at])))
        low, high = low + least, high + most
        known = [bound for bound in (least, most) if np.isfinite(bound)]
        at -= round(sum(known) / len(known))
    drifts = [one.drift for one in clocks if one.drift is not None]
    ranges = [one.drift_range for one in clocks]
    return PointClock(
        first.at_ns,
        Interval(low if np.isfinite(low) else None, high if np.isfinite(high) else None),
        sum(drifts) if len(drifts) == len(clocks) else None,
        (sum(one for one, _ in ranges), sum(one for _, one in ranges)),
        tuple(sorted(steps, key=lambda step: step.time_ns)),
    )
