"""How long packets took between two points, by pair of connections: columns for all pairs at once.

Times at two clocks differ by an offset of which only an interval is known, so a delay is counted from the fastest
packet of its direction; there the offset cancels out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.points.keys import by_group

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.points.lines import F64

#: Percentiles that are told beside least, median and most.
PERCENTILES: Final = (90, 99)


@dataclass(frozen=True, slots=True)
class Spread:
    """Delays of one direction, in nanoseconds."""

    least_ns: float
    median_ns: float
    most_ns: float
    percentiles_ns: tuple[float, ...]
    """Of `PERCENTILES`: the least delay that so many in a hundred do not exceed."""


@dataclass(frozen=True, slots=True)
class Spreads:
    """`Spread` of each of several groups, as columns; NaN of a group without delays."""

    least_ns: F64
    median_ns: F64
    most_ns: F64
    percentiles_ns: tuple[F64, ...]

    def of(self, group: int) -> Spread | None:
        """That of one group; None: it has no delays."""
        least = float(self.least_ns[group])
        if np.isnan(least):
            return None
        return Spread(
            least, float(self.median_ns[group]), float(self.most_ns[group]),
            tuple(float(column[group]) for column in self.percentiles_ns),
        )  # fmt: skip


def spreads_by(groups: I64, delay_ns: F64, count: int) -> Spreads:
    """The spread of the delays of each of ``count`` groups."""
    by_delay = np.argsort(delay_ns)  # which of equal ones comes first is all one
    order = by_delay[by_group(groups[by_delay])]
    values = delay_ns[order]
    sizes = np.bincount(groups, minlength=count)
    begins = np.cumsum(sizes) - sizes
    some = np.flatnonzero(sizes)
    begin, size = begins[some], sizes[some]

    def column(found: F64) -> F64:
        whole = np.full(count, np.nan)
        whole[some] = found
        return whole

    middle = (values[begin + (size - 1) // 2] + values[begin + size // 2]) / 2
    return Spreads(
        column(values[begin]), column(middle), column(values[begin + size - 1]),
        tuple(column(values[begin + -(-size * share // 100) - 1]) for share in PERCENTILES),
    )  # fmt: skip
