"""Tells the congestion window from the path, where packets can tell.

The congestion window is on no packet.  What shows are flights, round trips, losses and when segments leave: a flight
that doubles is in slow start; one that was cut by a loss grows again; round trips that grow with it are a queue; losses
without a queue, at one rate, are a policer; flights of one size are a buffer, even distances a pace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.rate.limit import Limit
from tcptui.analysis.resend.classify import resends
from tcptui.analysis.timing.recovery import LOSS
from tcptui.analysis.timing.send_gaps import BURST_NS, largest_segment
from tcptui.model.arrays import indexes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.resend.resend import Resend
    from tcptui.analysis.stream.unwrapped_seq import SequenceSpace
    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget import TimeBudget
    from tcptui.analysis.timing.send_gap_table import SendGaps
    from tcptui.model.packet_store import I32, I64, U8

    Mask = NDArray[np.bool_]

#: A round trip is that of a queue from this share (percent) of the shortest one more …
QUEUED_PERCENT: Final = 25
#: … and from this time more.
QUEUED_NS: Final = 4_000_000
#: Round trips of which the shortest counts: an acknowledgment may be delayed.
LATEST: Final = 4
#: A flight grows as in slow start from this share (percent) of that two round trips before on.
GROWTH_PERCENT: Final = 150
#: Nothing was sent for so long, and for a round trip: the congestion window may begin anew (RFC 9293, 3.8.6.1).
IDLE_NS: Final = 200_000_000
#: Losses with a queue are the path's from this share (percent) on.
OVERFLOWS_PERCENT: Final = 50
#: Flights are of one size where they differ by at most two segments, or this share (percent).
LEVEL_PERCENT: Final = 20
#: … for so many round trips.
LEVEL_ROUND_TRIPS: Final = 8
#: … and in so many waits.
LEVEL_WAITS: Final = 10
#: A segment leaves upon an acknowledgment within this time.
UPON_NS: Final = 1_000_000
#: Of segments that leave at the sender's own time at least this share (percent) does not leave upon acknowledgments; …
OWN_PERCENT: Final = 15
#: … a program that makes its data as it goes leaves nothing to send after this share (percent) of its segments.
EMPTIED_PERCENT: Final = 2

#: Fewest lost segments, and fewest stretches between losses, that tell.
LOST_LEAST: Final = 8
#: Between losses at least this share (percent) of the stretches …
STEADY_PERCENT: Final = 80
#: … has a rate that differs by at most so much (percent) from the median.
RATE_PERCENT: Final = 10
#: Losses nearer to each other than this are one.
APART_NS: Final = 20_000_000
#: At a loss the bucket holds less than so many segments, …
EMPTY_SEGMENTS: Final = 3
#: … in this share (percent) of them, …
EMPTY_PERCENT: Final = 85
#: … and of what passed less than this share (percent) met as empty a bucket.
PASSED_PERCENT: Final = 60


def losses(view: StreamView, side: int) -> list[Resend]:
    """The resends of one side's segments that mean recovery from loss."""
    return [resend for resend in resends(view) if resend.cause in LOSS and view.from_server[resend.index] == bool(side)]


def leaves_alone(space: SequenceSpace, side: int, clock: I64, segments: I32, gap_ns: I64) -> Mask:
    """Mask of one side's ``segments`` sent upon no acknowledgment, nor right behind the segment ``gap_ns`` before."""
    heard = space.latest[1 - side][segments]
    upon: Mask = (heard >= 0) & (clock[segments] - clock[np.maximum(heard, 0)] <= UPON_NS)
    return ~upon & (gap_ns > BURST_NS)


class Network:
    """Judges the waits of one side for acknowledgments."""

    def __init__(self, view: StreamView, space: SequenceSpace, budget: TimeBudget, side: int, gaps: SendGaps) -> None:
        self._view, self._space, self._side, self._gaps = view, space, side, gaps
        self._clock = budget.waits.clock
        self._after = gaps.after
        self._at = self._clock[self._after]
        self._segment = largest_segment(view, side)
        lost = losses(view, side)
        self._resent = np.array([resend.index for resend in lost], np.int64)
        self._originals = np.array([resend.previous for resend in lost if resend.previous >= 0], np.int64)
        self._sampled, self._rtts = self._samples()
        known = [ns for ns in (int(self._rtts.min(initial=1 << 60)), budget.delays.rtt_ns) if 0 < ns < 1 << 60]
        self.base_ns = min(known, default=0)
        self.rtt = self._latest_rtt(self._after)
        times = self._clock[self._resent]
        apart = np.diff(times, prepend=-(1 << 60)) > max(self.base_ns, 1_000_000)
        self._episodes = self._resent[apart]
        self.losses = len(self._episodes)

    def _samples(self) -> tuple[I64, I64]:
        """ACKs that measured a round trip of this side's data, and that, the shortest of the `LATEST`."""
        view = self._view
        acking = indexes_of((view.acked >= 0) & (view.from_server != bool(self._side)))
        source = view.rows.searchsorted(view.acked[acking])
        source = np.minimum(source, len(view) - 1)
        good = (view.from_server[source] == bool(self._side)) & (view.length[source] > 0)
        good &= self._resent.searchsorted(source) == self._resent.searchsorted(acking)
        acking, source = acking[good], source[good]
        rtts = self._clock[acking] - self._clock[source]
        least = rtts.copy()
        for back in range(1, LATEST):
            least[back:] = np.minimum(least[back:], rtts[:-back])
        return acking, least

    def _latest_rtt(self, index: NDArray[np.integer]) -> I64:
        if not len(self._rtts):
            return np.zeros(len(index), np.int64)
        place = self._sampled.searchsorted(index) - 1
        return np.where(place >= 0, self._rtts[np.maximum(place, 0)], self.base_ns)

    def queued(self, rtt: I64) -> Mask:
        """Mask of the round trips that contain a queue."""
        return rtt > self.base_ns + max(self.base_ns * QUEUED_PERCENT // 100, QUEUED_NS)

    def queue_ns(self, chosen: Mask) -> int:
        """By how much the round trips of the ``chosen`` waits were longer than the shortest, as a median."""
        return int(np.median(self.rtt[chosen])) - self.base_ns if chosen.any() else 0

    def limits(self, held: Mask, recovery: Mask, paused: Mask, emptied: Mask) -> U8:
        """The limits of the waits ``held``.

        ``recovery``: those in repair; ``paused``: in which the program did; ``emptied``: behind a segment after which
        nothing was left to send.
        """
        limit = np.full(len(held), Limit.NETWORK, np.uint8)
        if not held.any():
            return limit
        gap = np.diff(self._at, prepend=self._clock[self._gaps.befores(slice(1))])
        restart = paused & (gap > max(IDLE_NS, self.base_ns))
        after_loss = self._episodes.searchsorted(self._after, "right")
        phase = np.cumsum(restart) + after_loss
        first = np.flatnonzero(np.diff(phase, prepend=-1))
        growing = self._growing(phase)
        queued = self.queued(self.rtt)
        overflows = self.queued(self._latest_rtt(self._episodes))
        self._level(limit, phase, held & ~growing & ~queued, gap, emptied)
        limit[after_loss > 0] = Limit.LOSS
        idle = self._began_idle(phase, first, restart)
        limit[growing & idle] = Limit.AFTER_IDLE
        limit[growing & (phase == 0)] = Limit.SLOW_START
        limit[recovery] = Limit.LOSS
        if overflows.sum() * 100 < self.losses * OVERFLOWS_PERCENT and _is_policed(
            self._view, self._side, self._clock, self._originals, self.base_ns
        ):
            limit[after_loss > 0] = Limit.POLICER
        limit[queued & ~recovery] = Limit.PATH_RATE
        return limit

    def _growing(self, phase: I64) -> Mask:
        """In which waits the largest flight of their phase was still growing as in slow start, without interruption."""
        flight = np.minimum(self._gaps.flight.astype(np.int64), (1 << 40) - 1)
        largest = np.maximum.accumulate(flight + (phase << 40))
        ago = self._at.searchsorted(self._at - 2 * np.maximum(self.rtt, self.base_ns)) - 1
        before = np.where(ago >= 0, largest[np.maximum(ago, 0)], -1)
        same = (before >> 40) == phase
        size, earlier = largest & ((1 << 40) - 1), before & ((1 << 40) - 1)
        stopped = same & (size * 100 < earlier * GROWTH_PERCENT)
        stops = np.maximum.accumulate(np.where(stopped, phase, -1))
        growing: Mask = stops != phase
        return growing

    def _began_idle(self, phase: I64, first: I64, restart: Mask) -> Mask:
        """Which waits are of a phase that a pause began, with less in flight than there had been."""
        flight = self._gaps.flight
        largest = np.maximum.reduceat(flight, first)
        so_far = np.maximum.accumulate(largest)
        begins = np.zeros(len(first), np.bool_)
        begins[1:] = restart[first[1:]]
        place = np.cumsum(np.diff(phase, prepend=-1) != 0) - 1
        smaller = flight < np.append(0, so_far[:-1])[place] * 9 // 10
        idle: Mask = begins[place] & smaller
        return idle

    def _level(self, limit: U8, phase: I64, steady: Mask, gap: I64, emptied: Mask) -> None:
        """Set the limit of ``steady`` waits of which all flights are of one size, phase by phase."""
        flight = self._gaps.flight
        places = np.flatnonzero(steady)
        for some in np.split(places, np.flatnonzero(np.diff(phase[places])) + 1):
            waited = some[gap[some] > BURST_NS]
            if len(waited) < LEVEL_WAITS or self._at[some[-1]] - self._at[some[0]] < LEVEL_ROUND_TRIPS * self.base_ns:
                continue
            low, high = np.quantile(flight[waited], (0.1, 0.9))
            if high - low <= max(2 * self._segment, high * LEVEL_PERCENT / 100):
                limit[some] = self._held_at(some, gap, emptied)

    def _held_at(self, some: I64, gap: I64, emptied: Mask) -> Limit:
        """What holds flights at one size in the waits ``some``."""
        own = leaves_alone(self._space, self._side, self._clock, self._after[some], gap[some])
        if np.mean(own) * 100 < OWN_PERCENT:
            return Limit.SEND_BUFFER
        return Limit.APPLICATION if np.mean(emptied[some[0] : some[-1] + 1]) * 100 >= EMPTIED_PERCENT else Limit.PACING


def _is_policed(view: StreamView, side: int, clock: I64, lost: I64, rtt_ns: int) -> bool:
    """Whether the segments ``lost`` (first copies) fit a bucket that fills at one rate and is empty at each loss.

    After Flach et al., An Internet-Wide Analysis of Traffic Policing (2016).  A bucket that was never full passes the
    same rate between any two losses; one that was full at times still is empty at each.  ``rtt_ns``: the round trip.
    """
    lost = np.unique(lost)
    if len(lost) < LOST_LEAST:
        return False
    gone = np.zeros(len(view), np.bool_)
    gone[lost] = True
    own = (view.from_server == bool(side)) & (view.length > 0)
    passed = np.cumsum(np.where(own & ~gone, view.length, 0), dtype=np.int64)
    return _at_one_rate(passed[lost], clock[lost], rtt_ns) or _meets_empty_bucket(view, side, clock, own, gone, lost)


def _at_one_rate(passed: I64, at: I64, rtt_ns: int) -> bool:
    apart = np.diff(at) > max(rtt_ns, APART_NS)
    rates = np.diff(passed)[apart] / np.diff(at)[apart]
    if len(rates) < LOST_LEAST:
        return False
    near = np.abs(rates / max(float(np.median(rates)), 1e-12) - 1) * 100 < RATE_PERCENT
    return bool(np.mean(near) * 100 >= STEADY_PERCENT)


def _meets_empty_bucket(
    view: StreamView, side: int, clock: I64, own: NDArray[np.bool_], gone: NDArray[np.bool_], lost: I64
) -> bool:
    inside = np.flatnonzero(own[lost[0] : lost[-1] + 1]) + lost[0]
    dropped = gone[inside]
    passed = np.where(dropped, 0, view.length[inside]).astype(np.int64)
    elapsed_ns = int(clock[inside[-1]] - clock[inside[0]])
    if elapsed_ns <= 0:
        return False
    tokens = passed.sum() / elapsed_ns * (clock[inside] - clock[inside[0]]) - (np.cumsum(passed) - passed)
    level = tokens - np.minimum.accumulate(np.minimum(tokens, 0))
    empty = level < EMPTY_SEGMENTS * largest_segment(view, side)
    met = np.mean(empty[dropped]) * 100 >= EMPTY_PERCENT
    return bool(met and np.mean(empty[~dropped]) * 100 < PASSED_PERCENT)
