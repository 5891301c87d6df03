"""How sure a difference is: its interval, and which of many differences count (compare.md#how-it-is-computed).

Many things are compared at once, so some differ by chance.  Which differences are told is decided by Benjamini and
Hochberg's procedure (1995), and the intervals of those that are told are as wide as their selection demands (false
coverage rate: Benjamini and Yekutieli 2005).  Where nothing differs at all, that tells anything in at most one of
twenty comparisons; where much differs, it does not demand ever more of each difference, as simultaneous intervals do.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

#: Of what is told, so much may be wrong.
RATE: Final = 0.05
_NORMAL: Final = NormalDist()
#: No level is told apart that is closer to certain.
_LEAST: Final = 1e-15


def doubt(distance: float, freedom: float) -> float:
    """How likely chance alone gives ``distance`` (in standard errors) or more, with ``freedom`` degrees of freedom.

    Student's distribution by Wallace's approximation (1959), as in `reach`.
    """
    if not math.isfinite(distance):
        return 0.0
    size = abs(distance)
    normal = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(size * size / freedom))
    return math.erfc(normal / math.sqrt(2))


def reach(level: float, freedom: float) -> float:
    """How many standard errors an interval reaches to either side that is wrong with the probability ``level``."""
    normal = -_NORMAL.inv_cdf(max(level, _LEAST) / 2)
    scaled = normal * (8 * freedom + 3) / (8 * freedom + 1)
    return math.sqrt(freedom * math.expm1(min(scaled * scaled / freedom, 700.0)))


def selected(doubts: Sequence[float], rate: float = RATE) -> tuple[NDArray[np.bool_], float]:
    """Which of ``doubts`` count, by Benjamini and Hochberg, and the level of the intervals of those."""
    count = len(doubts)
    if not count:
        return np.zeros(0, np.bool_), rate
    each = np.asarray(doubts)
    ordered = np.sort(each)
    passing = np.flatnonzero(ordered <= rate * np.arange(1, count + 1) / count)
    if not len(passing):
        return np.zeros(count, np.bool_), rate
    level = rate * (int(passing[-1]) + 1) / count
    return each <= level, level
