"""Times of sending by a sender's own timestamps (RFC 7323), beside the capture's clock.

The capture's clock may have been set, or a segment may have been held on its way here: then the time that passed
here was not the sender's.  Stamps show it where they advance far less than the capture's clock.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.stream.view import StreamView
from tcptui.analysis.timing.send_gaps import FEWEST_TICKS
from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.model.batched import in_each
from tcptui.model.packet_store import I32, I64, U8, OptionBit
from tcptui.model.seq import SEQ_HALF, SEQ_MASK

#: rules/findings.md#where-the-time-went: shorter waits are not compared with stamps.
COMPARED_NS: Final = 200_000_000
#: A wait is refuted when at least this share (percent) of it did not pass by the sender's stamps.
REFUTED_PERCENT: Final = 50
#: How far (percent) the measured rate of a timestamp clock may be off.
RATE_PERCENT: Final = 5
#: Share (percent) of all ticks that must agree on the rate within twice that.
AGREED_PERCENT: Final = 60
#: Segments of a side by which its rate is measured, from the first on; more would cost memory and tell nothing new.
MEASURED: Final = 65_536
#: What systems count in (ns): believed where intervals do not agree, but first and last stamp do.
USUAL_TICKS_NS: Final = (1_000_000, 4_000_000, 10_000_000)


class SenderStamps:
    """The timestamp clock of one side, and its rate as the stream shows it; without one nothing is refuted."""

    def __init__(self, view: StreamView, side: int) -> None:
        self._view = view
        self._own = flatnonzero32(view.from_server == bool(side))
        self._tick_ns = 0
        if len(self._own) > 2 and ((view.options[self._own] & OptionBit.TIMESTAMPS) != 0).all():
            self._tick_ns = self._measured()

    def _measured(self) -> int:
        """Nanoseconds a tick: the median of all intervals, weighted by ticks; 0 where they do not agree.

        An interval in which stamps stand still while the capture's clock runs has few ticks, so it does not count.
        What was held on its way comes in a heap, and is as much too soon behind that as it was late before: then
        first and last tell what the intervals do not, where that is a usual tick.
        """
        own = self._own[:MEASURED]
        passed = np.diff(self._view.time_ns[own])
        ticks = self._ticks(own[:-1], own[1:])
        runs = (ticks > 0) & (passed > 0)
        if ticks[runs].sum().item() < FEWEST_TICKS:
            return 0
        agreed = in_each(_tick_ns, passed[runs], ticks[runs])
        return agreed or _usual_tick_ns(passed.sum().item(), ticks.sum().item())

    def _ticks(self, earlier: I32, later: I32) -> I64:
        """How far the clock went between segments; 0 where it went back."""
        ticks = (self._view.ts_value[later].astype(np.int64) - self._view.ts_value[earlier]) & SEQ_MASK
        return np.where(ticks < SEQ_HALF, ticks, 0)

    def refuted(self, asked: I32, at: I32) -> NDArray[np.bool_]:
        """For segments ``at`` of this side, which followed ``asked``: whether the wait before them was not its own."""
        waited = self._view.time_ns[at] - self._view.time_ns[asked]
        return (waited >= COMPARED_NS) & (self.held_ns(asked, at) * 100 >= waited * REFUTED_PERCENT)

    def held_ns(self, asked: I32, at: I32) -> I64:
        """For segments ``at`` of this side, behind ``asked``: what of the wait did not pass at their sender (ns).

        Compared with its last segment before ``asked``, and with its last one before ``at``.
        """
        held = np.zeros(len(at), np.int64)
        if not self._tick_ns:
            return held
        for place in (self._own.searchsorted(asked, side="right") - 1, self._own.searchsorted(at) - 1):
            before = self._own[np.maximum(place, 0)]
            passed = self._view.time_ns[at] - self._view.time_ns[before]
            stamped = (self._ticks(before, at) + 1) * self._tick_ns
            beyond = passed - stamped - passed * RATE_PERCENT // 100
            held = np.maximum(held, np.where(place >= 0, beyond, 0))
        return held


def _usual_tick_ns(passed_ns: int, ticks: int) -> int:
    """The usual tick that fits so many in this time; 0 without one."""
    return next((each for each in USUAL_TICKS_NS if abs(passed_ns - ticks * each) * 100 <= RATE_PERCENT * passed_ns), 0)


def _tick_ns(passed: I64 | list[int], ticks: I64 | list[int]) -> int:
    """Nanoseconds a tick, from the times (ns) and the ticks of intervals; 0 where they do not agree."""
    passed, ticks = np.asarray(passed), np.asarray(ticks)
    total = int(ticks.sum())
    rate = passed / ticks
    order = np.argsort(rate)
    tick = float(rate[order[np.searchsorted(np.cumsum(ticks[order]), total / 2)]])
    # Each end of an interval may be up to a tick late.
    alike = np.abs(passed - ticks * tick) <= 2 * RATE_PERCENT * passed / 100 + 2 * tick
    return round(tick) if int(ticks[alike].sum()) * 100 >= AGREED_PERCENT * total else 0


def refuted_waits(view: StreamView, asked: I32, at: I32, speakers: U8) -> NDArray[np.bool_]:
    """Mask of the waits before segments ``at`` of ``speakers`` (0: client) that their senders' stamps refute."""
    refuted = np.zeros(len(at), np.bool_)
    long = view.time_ns[at] - view.time_ns[asked] >= COMPARED_NS
    for side in (0, 1):
        which = indexes_of(long & (speakers == side))
        if len(which):
            refuted[which] = SenderStamps(view, side).refuted(asked[which], at[which])
    return refuted
