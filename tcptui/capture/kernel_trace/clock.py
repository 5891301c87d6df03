"""The offset between the trace clock (CLOCK_MONOTONIC) and that of packets (CLOCK_REALTIME), as an interval."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

_READINGS: Final = 5


class Offset(NamedTuple):
    """Bounds of what must be added to a trace time to get a packet time, in nanoseconds."""

    low: int
    high: int

    def hull(self, other: Offset) -> Offset:
        """The interval that holds both: the clock may have been set between the two measurements."""
        return Offset(min(self.low, other.low), max(self.high, other.high))


def measure() -> Offset:
    """The offset now, by the tightest of some readings."""
    best = Offset(-(1 << 62), 1 << 62)
    for _ in range(_READINGS):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        if after - before < best.high - best.low:
            best = Offset(wall - after, wall - before)
    return best
