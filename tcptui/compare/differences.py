"""Compares two sides, measure by measure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.compare.clusters import FEWEST_FREEDOM, damped, freedom_of
from tcptui.compare.intervals import RATE, doubt, reach
from tcptui.compare.measures import Kind, Measure, Scale, Values, Worse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.compare.clusters import Clusters
    from tcptui.compare.side import Side
    from tcptui.model.packet_store import I64

    F64 = NDArray[np.float64]

#: Fewest connections (requests) with a value on each side; with fewer nothing is said.
FEWEST_VALUES: Final = 20
#: Fewest that have what a share counts, and fewest that have not, on both sides together: else it cannot differ.
FEWEST_HAVING: Final = 5
#: Standard errors to either side within which the steepness at a quantile is taken.
_REACH: Final = 1.5
_TINY: Final = 1e-9
#: What a share of `Scale.PER_1000` is told in.
PER: Final = 1_000.0
#: Connections that are named behind a difference, on each side.
MOST_STREAMS: Final = 100


@dataclass(frozen=True)
class Effect:
    """A difference with its interval, in the unit of the measure's scale."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """A measure's values on both sides, and how sure their difference is."""

    a: float
    """Value on side A: seconds, bytes a second, or of 1,000."""
    b: float
    raw: float
    """The difference as it was captured, on the scale on which its error is known: logarithms of ratios."""
    centre: float
    """The middle of its interval there."""
    error: float
    """Its standard error."""
    freedom: float
    scale: Scale

    @property
    def doubt(self) -> float:
        """How likely chance alone gives that."""
        if self.error <= 0:
            return 0.0 if self.centre else 1.0
        return doubt(self.centre / self.error, self.freedom)

    def effect(self, level: float = RATE) -> Effect:
        """The difference with an interval that is wrong with the probability ``level``."""
        half = reach(level, self.freedom) * self.error
        ends = min(self.centre - half, self.raw), self.raw, max(self.centre + half, self.raw)
        match self.scale:
            case Scale.RATIO:
                low, estimate, high = (math.exp(min(end, 700.0)) for end in ends)
            case Scale.SECONDS:
                low, estimate, high = ends
            case Scale.PER_1000:
                low, estimate, high = (PER * min(max(end, -1.0), 1.0) for end in ends)
        return Effect(estimate, low, high)


def estimate(
    measure: Measure, a: Values, b: Values, clusters: Clusters, weight: tuple[F64, F64] | None = None
) -> Estimate | None:  # fmt: skip
    """The difference of ``measure`` between its values of A and B; None: there are too few, or too few clients.

    ``weight``: how much each connection counts; None: each once.
    """
    if min(len(a.row), len(b.row)) < FEWEST_VALUES:
        return None
    if measure.scale is Scale.PER_1000:
        having, whole = (float(one.sum() + other.sum()) for one, other in ((a.value, b.value), (a.of, b.of)))
        if min(having, whole - having) < FEWEST_HAVING:
            return None
    ends = []
    for values, of, each in zip((a, b), (clusters.of_a, clusters.of_b), weight or (None, None), strict=True):
        ends.append((values, of[values.row], values.of if each is None else values.of * each[values.row]))
    if not all(counts.any() for _, _, counts in ends):
        return None
    sizes = [np.bincount(of, counts / counts.mean(), clusters.count).astype(np.float64) for _, of, counts in ends]
    found = []
    for (values, of, counts), size, told in zip(ends, sizes, damped(sizes), strict=True):
        counted = counts * (told / np.where(size > 0, size, 1))[of]
        each = np.log(values.value) if measure.scale is Scale.RATIO else values.value / values.of
        if measure.quantile is None:
            found.append(_mean(each, counted, of, clusters.count))
        else:
            found.append(_quantile(each, counted, of, clusters.count, measure.quantile))
    return _between(found[0], found[1], measure.scale)


class _Found(NamedTuple):
    """A number of one side."""

    value: float
    without: F64
    """How far it moves when a cluster is left out, by cluster: the jackknife."""
    share: F64
    """How much of it is of each cluster."""


def _between(a: _Found, b: _Found, scale: Scale) -> Estimate | None:
    """The difference; None: too few clients count."""
    freedom = freedom_of([a.share, b.share])
    if freedom < FEWEST_FREEDOM:
        return None
    raw = b.value - a.value
    if abs(raw) < _TINY:  # the same, but for the order in which it was added up
        raw = 0.0
    squares = np.square(b.without - a.without)
    centre, error = raw, math.sqrt(float(squares.sum()))
    if error > _TINY:
        # Where few clients make most of the spread, it is known less well; 3 is the kurtosis of normal ones.
        freedom = min(freedom, 3 * error**4 / float(np.square(squares).sum()) - 1)
    if scale is Scale.PER_1000 and error < _TINY:
        centre, error = _of_nothing(a, b)
    match scale:
        case Scale.RATIO:
            shown = math.exp(a.value), math.exp(b.value)
        case Scale.SECONDS:
            shown = a.value, b.value
        case Scale.PER_1000:
            shown = a.value * PER, b.value * PER
    return Estimate(*shown, raw, centre, error, freedom, scale)


def _mean(values: F64, weight: F64, of: I64, count: int) -> _Found:
    """A mean: of logarithms as good as a median against few that are far off, and better where clients differ."""
    whole = float(weight.sum())
    mean = float(weight @ values) / whole
    share = np.bincount(of, weight, count) / whole
    return _Found(mean, np.bincount(of, weight * (mean - values), count) / whole / (1 - share + _TINY), share)


def _quantile(values: F64, weight: F64, of: I64, count: int, quantile: float) -> _Found:
    """As Woodruff (1952): how sure the share of values below it is, and how steeply values rise around it."""
    order = np.argsort(values, kind="stable")
    ranked, each = values[order], weight[order]
    upto = (np.cumsum(each) - each / 2) / each.sum()
    value = float(np.interp(quantile, upto, ranked))
    below = _mean((values <= value).astype(np.float64), weight, of, count)
    near = _REACH * math.sqrt(float(np.square(below.without).sum()))
    ends = np.clip([quantile - near, quantile + near], upto[0], upto[-1])
    # The steeper side counts: of a tail, the outer one.
    steep = float(np.max(np.abs(np.interp(ends, upto, ranked) - value) / np.maximum(np.abs(ends - quantile), _TINY)))
    return _Found(value, -steep * below.without, below.share)


def _of_nothing(*sides: _Found) -> tuple[float, float]:
    """Difference and error of shares that are nothing or all of each client, so that none shows how they vary.

    As Agresti and Caffo (2000) do, one that has it and one that has not are added on each side: clients here.
    """
    centre = spread = 0.0
    for sign, side in zip((-1, 1), sides, strict=True):
        number = 1 / float(np.square(side.share).sum()) + 2
        share = (side.value * (number - 2) + 1) / number
        centre += sign * share
        spread += share * (1 - share) / number
    return centre, math.sqrt(spread)


def worse_side(measure: Measure, value: Estimate) -> str:
    """``a`` or ``b``; ``unclear`` where neither is."""
    if measure.worse is Worse.NEITHER:
        return "unclear"
    return "b" if (value.raw > 0) == (measure.worse is Worse.MORE) else "a"


def streams_behind(measure: Measure, side: Side, values: Values, level: float) -> list[int]:
    """The connections to look at, `MOST_STREAMS` at most.

    Of a share those that have most of it, of an option those that lack it; of times those that are the most like the
    quantile ``level``: the usual ones, not the most extreme.
    """
    if measure.scale is Scale.PER_1000:
        having = values.value == 0 if measure.kind is Kind.OPTION else values.value > 0
        rows, rank = values.row[having], -values.value[having]
    else:
        rows, rank = values.row, np.abs(values.value - level)
    order = np.lexsort((rows, rank))
    chosen = dict.fromkeys(rows[order[: MOST_STREAMS * 4]].tolist())
    return side.streams[list(chosen)[:MOST_STREAMS]].tolist() if chosen else []
