"""Compares two sides, measure by measure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.compare.intervals import RATE, doubt, reach
from tcptui.compare.measures import Kind, Measure, Scale, Values, Worse
from tcptui.compare.resampling import effective_number, quantiles, totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.compare.resampling import Clusters
    from tcptui.compare.side import Side
    from tcptui.model.packet_store import I64

    F64 = NDArray[np.float64]

#: Fewest connections (requests) with a value on each side; with fewer nothing is said.
FEWEST_VALUES: Final = 20
#: Fewest that have what a share counts, and fewest that have not, on both sides together: else it cannot differ.
FEWEST_HAVING: Final = 5
#: Fewest degrees of freedom that are reckoned with: below that an interval says nothing.
_LEAST_FREEDOM: Final = 2.0
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
    """What both sides have of a measure, and how sure their difference is."""

    a: float
    """In seconds, bytes a second, or of 1,000."""
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
    """The difference of ``measure`` between its values of A and B; None: there are too few.

    ``weight``: how much each connection counts; None: each once.
    """
    if min(len(a.row), len(b.row)) < FEWEST_VALUES:
        return None
    ends = []
    for values, of, each in zip((a, b), (clusters.of_a, clusters.of_b), weight or (None, None), strict=True):
        ends.append((values, of[values.row], np.ones(len(values.row)) if each is None else each[values.row]))
    if measure.scale is Scale.PER_1000:
        having, whole = (float(one.sum() + other.sum()) for one, other in ((a.value, b.value), (a.of, b.of)))
        if min(having, whole - having) < FEWEST_HAVING:
            return None
        return _shares(ends, clusters)
    if measure.quantile is None:
        return _means(ends, clusters)
    return _quantiles(measure.quantile, measure.scale, ends, clusters)


_End = tuple[Values, "I64", "F64"]


def _means(ends: list[_End], clusters: Clusters) -> Estimate | None:
    """Geometric means: as good as medians against few that are far off, and better where clients differ."""
    told = []
    for values, of, each in ends:
        with np.errstate(invalid="ignore", divide="ignore"):
            told.append(totals(np.log(values.value) * each, of, clusters.weights) / totals(each, of, clusters.weights))
    return _ratio(ends, told)


def _quantiles(quantile: float, scale: Scale, ends: list[_End], clusters: Clusters) -> Estimate | None:
    found = [quantiles(values.value, of, each, clusters.weights, quantile) for values, of, each in ends]
    if scale is Scale.RATIO:
        return _ratio(ends, [np.log(times) for times in found])
    freedom, error = _error(found, [_effective(of, each) for _, of, each in ends])
    a, b = float(found[0][0]), float(found[1][0])
    return Estimate(a, b, b - a, b - a, error, freedom, scale)


def _ratio(ends: list[_End], logarithms: list[F64]) -> Estimate | None:
    a, b = (float(each[0]) for each in logarithms)
    if not (math.isfinite(a) and math.isfinite(b)):
        return None
    freedom, error = _error(logarithms, [_effective(of, each) for _, of, each in ends])
    return Estimate(math.exp(a), math.exp(b), b - a, b - a, error, freedom, Scale.RATIO)


def _shares(ends: list[_End], clusters: Clusters) -> Estimate | None:
    """Shares, of which either may be nothing or all.

    There the draws do not differ, which says little: as Agresti and Caffo (2000) do, one that has it and one that has
    not are added on each side, after its number was divided by how much more the draws vary than independent ones.
    """
    found, counts, effective = [], [], []
    for values, of, each in ends:
        has = totals(values.value * each, of, clusters.weights)
        whole = totals(values.of * each, of, clusters.weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(has / whole)
        # Connections that count differently vary as fewer that count alike do (Kish).
        counts.append(float(values.of.sum()) * effective_number(each) / len(each))
        effective.append(_effective(of, values.of * each))
    shares = [float(each[0]) for each in found]
    freedom, error = _error(found, effective)
    alone = sum(share * (1 - share) / count for share, count in zip(shares, counts, strict=True))
    together = (
        [max(1.0, error * error / alone)] * 2
        if alone > 0
        else [max(1.0, count / number) for count, number in zip(counts, effective, strict=True)]
    )
    numbers = [count / each for count, each in zip(counts, together, strict=True)]
    added = [(share * number + 1) / (number + 2) for share, number in zip(shares, numbers, strict=True)]
    spread = sum(share * (1 - share) / (number + 2) for share, number in zip(added, numbers, strict=True))
    return Estimate(
        shares[0] * PER, shares[1] * PER, shares[1] - shares[0], added[1] - added[0], math.sqrt(spread), freedom,
        Scale.PER_1000,
    )  # fmt: skip


def _effective(cluster: I64, weight: F64) -> float:
    return effective_number(np.bincount(cluster, weight))


def _error(replicates: list[F64], effective: list[float]) -> tuple[float, float]:
    """Degrees of freedom (Welch and Satterthwaite, by the effective number of clusters) and the standard error."""
    drawn = [each[1:] for each in replicates]
    fine = np.isfinite(drawn[0]) & np.isfinite(drawn[1])
    if fine.sum() < 2:
        return _LEAST_FREEDOM, math.inf
    variances = [float(each[fine].var(ddof=1)) for each in drawn]
    error = float((drawn[1][fine] - drawn[0][fine]).std(ddof=1))
    whole = sum(variances)
    if whole <= 0:
        return max(_LEAST_FREEDOM, min(effective) - 1), error
    parts = sum(one * one / max(number - 1, 1) for one, number in zip(variances, effective, strict=True))
    freedom = max(_LEAST_FREEDOM, whole * whole / parts)
    # So many clusters vary less around their own mean than around that of all clients (Bessel).
    return freedom, error * math.sqrt((freedom + 1) / freedom)


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
