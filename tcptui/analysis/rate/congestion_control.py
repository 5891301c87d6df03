"""Which congestion control sent, where packets tell it: by what is left of a flight after a loss, or after a start.

Reno halves its window after a loss (RFC 5681, 3.1), CUBIC keeps 70 % of it (RFC 9438, 4.6).  BBR paces, and when its
start has found the rate of the path it drains the queue that it made: the flight falls although nothing was lost.  Only
a capture at the sender shows flights as it knew them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.rate.limit import Limit, Party
from tcptui.analysis.rate.network import leaves_alone, losses
from tcptui.analysis.stream.unwrapped_seq import sequence_space
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.send_gaps import largest_segment
from tcptui.model.finding import Confidence
from tcptui.model.resend_cause import ResendCause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.analysis.rate.limit import RateLimits
    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.send_gap_table import SendGaps
    from tcptui.model.packet_store import I64

#: A smaller flight (segments) before a loss is too coarse to be compared with that after it.
FLIGHT_LEAST: Final = 12
#: What is left after a loss, in percent: from and to.
RENO_PERCENT: Final = (42, 59)
CUBIC_PERCENT: Final = (62, 79)
#: So many losses make it likely, …
LIKELY_LOSSES: Final = 3
#: … if this share (percent) of all agree; fewer losses must all agree, and at least two.
AGREED_PERCENT: Final = 70
#: A sender paces if this share (percent) of its segments leaves upon no acknowledgment.
PACED_PERCENT: Final = 50
#: A flight has drained where it is at most this share (percent) of its largest …
DRAINED_PERCENT: Final = 70
#: … for so many round trips.
DRAINED_ROUND_TRIPS: Final = 10
#: What drains is a queue: round trips showed one for this share (percent) of the time.
QUEUED_PERCENT: Final = 1
#: The program and the receiver had no part in it below this share (percent) of the time.
PART_PERCENT: Final = 5


class Algorithm(Enum):
    """A congestion control by its usual name."""

    RENO = "reno"
    CUBIC = "cubic"
    BBR = "bbr"


@dataclass(frozen=True, slots=True)
class Control:
    """The congestion control that sent, as packets show it."""

    algorithm: Algorithm
    confidence: Confidence
    percent: int
    """What was left of a flight: after a loss, as a median, or once the start was over."""
    losses: int
    """How many losses that was seen after; 0 of BBR."""
    before_frame: int
    after_frame: int
    """The packets at which a flight was compared: the first loss, or the largest flight, and what came of it."""


def congestion_control(view: StreamView, limits: RateLimits) -> Control | None:
    """The congestion control that sent the data of ``limits``; None: it cannot be told."""
    gaps = time_budget(view).sends[limits.side]
    if not limits.at_sender or gaps is None or limits.party is not Party.NETWORK or not limits.base_ns:
        return None
    return _Sent(view, limits, gaps).control()


def by_shares(shares: list[int]) -> tuple[Algorithm, Confidence] | None:
    """The algorithm that leaves these shares (percent) of its flight after losses, and how sure that is; else None."""
    if len(shares) < 2:
        return None
    each, median = np.array(shares), int(np.median(shares))
    for algorithm, (low, high) in ((Algorithm.RENO, RENO_PERCENT), (Algorithm.CUBIC, CUBIC_PERCENT)):
        agreed = np.mean((each >= low) & (each <= high)) * 100
        likely = len(each) >= LIKELY_LOSSES
        if low <= median <= high and agreed >= (AGREED_PERCENT if likely else 100):
            return algorithm, Confidence.LIKELY if likely else Confidence.POSSIBLE
    return None


class _Sent:
    """The flights of one direction."""

    def __init__(self, view: StreamView, limits: RateLimits, gaps: SendGaps) -> None:
        self._view, self._limits, self._side = view, limits, limits.side
        self._after, self._flight = gaps.after, gaps.flight
        self._clock = time_budget(view).waits.clock
        self._at = self._clock[self._after]
        self._space = sequence_space(view)
        self._segment = largest_segment(view, self._side)
        self._lost = losses(view, self._side)

    def control(self) -> Control | None:
        """The congestion control; None where nothing tells."""
        return self._drained() if self._paces() else self._by_losses()

    def _paces(self) -> bool:
        gap = np.diff(self._at, prepend=self._at[0])
        own = leaves_alone(self._space, self._side, self._clock, self._after, gap)
        return bool(np.mean(own) * 100 >= PACED_PERCENT)

    def _drained(self) -> Control | None:
        """BBR: paced, and its flight fell for good before anything was lost, with no other reason."""
        limits = self._limits
        others = limits.by_party[Party.APPLICATION] + limits.by_party[Party.RECEIVER] + limits.spent_ns[Limit.UNKNOWN]
        queued = limits.spent_ns[Limit.PATH_RATE]
        if others * 100 >= PART_PERCENT * limits.elapsed_ns or queued * 100 < QUEUED_PERCENT * limits.elapsed_ns:
            return None
        first = self._lost[0].index if self._lost else len(self._view)
        whole = self._flight[self._after < first]
        if not len(whole):
            return None
        peak = int(np.argmax(whole))
        rest = whole[peak:]
        lasted = self._at[peak + len(rest) - 1] - self._at[peak]
        usual = int(np.median(rest[len(rest) // 2 :]))
        if lasted < DRAINED_ROUND_TRIPS * limits.base_ns or usual * 100 > DRAINED_PERCENT * int(whole[peak]):
            return None
        frames = (int(self._view.frame[self._after[place]]) for place in (peak, peak + len(rest) // 2))
        return Control(Algorithm.BBR, Confidence.LIKELY, 100 * usual // max(int(whole[peak]), 1), 0, *frames)

    def _by_losses(self) -> Control | None:
        found = list(self._kept())
        shares = [share for share, _, _ in found]
        told = by_shares(shares)
        if told is None:
            return None
        return Control(*told, int(np.median(shares)), len(shares), *found[0][1:])

    def _kept(self) -> Iterator[tuple[int, int, int]]:
        """After each loss that was repaired without a time-out: what was left (percent), and both frames."""
        space, side, view, base_ns = self._space, self._side, self._view, self._limits.base_ns
        least = FLIGHT_LEAST * self._segment
        indexes = np.array([resend.index for resend in self._lost], np.int64)
        timers = np.array([resend.cause is not ResendCause.FAST_RECOVERY for resend in self._lost], np.bool_)
        until = -1
        for resend in self._lost:
            begun = resend.index
            if begun <= until or resend.previous < 0:
                continue
            healed = int(space.acknowledged[side].searchsorted(int(space.sent[side][begun])))
            until = healed
            if healed >= len(view):
                return
            again = slice(*indexes.searchsorted((begun, healed + 1)).tolist())
            calm = self._clock[healed] + base_ns
            soon = indexes.searchsorted(healed, "right")
            if timers[again].any() or (soon < len(indexes) and self._clock[indexes[soon]] <= calm):
                continue
            now = int(self._clock[begun])
            before = self._between(now - 2 * base_ns, now)
            behind = self._between(int(self._clock[healed]), int(calm) + base_ns // 5)
            behind = behind[self._after[behind] > healed]
            if len(before) < 2 or len(behind) < 2 or (full := int(self._flight[before].max())) < least:
                continue
            # By then it has grown again by a segment, or by less.
            kept = int(self._flight[behind].max()) - self._segment // 2
            yield 100 * kept // full, int(view.frame[begun]), int(view.frame[self._after[behind[0]]])

    def _between(self, begin_ns: int, end_ns: int) -> I64:
        """The pairs whose later segment left in that time."""
        return np.arange(*self._at.searchsorted((begin_ns, end_ns), "right").tolist())
