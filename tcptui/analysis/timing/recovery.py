"""How much of a stream's time was spent on recovery from loss (rules/findings.md#where-the-time-went).

Recovery lasts from the first resend (or from the beginning of the silence that a timer waited out) until
everything sent by then is acknowledged.  A resend of what had arrived all the same, or one that only probes a closed
window, is no recovery.  So does a hole that the receiver reported, whether its repair was captured or not.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.analysis.resend.resend import Resend
from tcptui.analysis.resend.same_start import SameStart
from tcptui.analysis.stream.unwrapped_seq import SequenceSpace
from tcptui.analysis.stream.view import StreamView
from tcptui.analysis.timing.send_gaps import window_edge
from tcptui.analysis.timing.uncaptured import healed_holes
from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.model.batched import column, integer, largest, places_of, smallest
from tcptui.model.packet_store import I32, I64, OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import seq_distance
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.verdict import Verdict

#: Resends that mean recovery from loss.
LOSS: Final = frozenset({ResendCause.RTO, ResendCause.FAST_RECOVERY, ResendCause.TAIL_LOSS_PROBE, ResendCause.UNKNOWN})
#: The first resend of a segment comes sooner after it (RFC 6298, 2.1 and 5.7: 3 s at most until a round trip is known).
LONGEST_FIRST_WAIT_NS: Final = 3_000_000_000
#: No timer waits longer (RFC 6298, 2.4 asks for 60 s at least; Linux' TCP_RTO_MAX).
LONGEST_WAIT_NS: Final = 120_000_000_000
#: No stack holds an acknowledgment back for longer, whatever RFC 1122, 4.2.3.2 allows (500 ms).
LONGEST_DELAYED_ACK_NS: Final = 200_000_000
#: D-SACK reports that are examined after a resend.
REPORTS: Final = 8

_DSACK: Final = int(OptionBit.DSACK)
_ZERO: Final = int(Verdict.ZERO_WINDOW)


class Recovered:
    """How much of a stream's time was spent in recovery."""

    def __init__(
        self, view: StreamView, space: SequenceSpace, clock: I64, resends: tuple[Resend, ...], rtt_ns: int
    ) -> None:
        """``clock``: the segments' times, never going back."""
        self._clock = clock
        spans = recovery_spans(view, space, clock, resends, rtt_ns)
        starts, stops = column([start for start, _ in spans]), column([stop for _, stop in spans])
        holes = [hole for hole in healed_holes(view, space, clock, rtt_ns) if len(hole.healed)]
        if holes:
            starts = np.concatenate((starts, *(clock[hole.reported] for hole in holes)))
            stops = np.concatenate((stops, *(clock[hole.healed] for hole in holes)))
            order = np.argsort(starts, kind="stable")
            starts, stops = starts[order], stops[order]
        stops = np.maximum.accumulate(stops)
        opens = np.ones(len(starts), np.bool_)
        opens[1:] = starts[1:] > stops[:-1]
        self._starts = starts[opens]
        self._stops = stops[np.append(indexes_of(opens)[1:] - 1, len(stops) - 1)] if len(stops) else stops
        self._before = np.concatenate(([0], np.cumsum(self._stops - self._starts)))

    def __len__(self) -> int:
        return len(self._starts)

    def between(self, begin: I32, end: I32) -> I64:
        """How much of each time from segment ``begin`` to segment ``end`` was recovery, in nanoseconds."""
        if not len(self._starts):
            return np.zeros(len(begin), np.int64)
        return self._until(self._clock[end]) - self._until(self._clock[begin])

    def spans(self, begin_ns: I64, end_ns: I64) -> I64:
        """How much of each time from ``begin_ns`` to ``end_ns``, which is not before it, was recovery."""
        if not len(self._starts):
            return np.zeros(len(begin_ns), np.int64)
        return self._until(np.maximum(begin_ns, end_ns)) - self._until(begin_ns)

    def _until(self, times: I64) -> I64:
        """How much of the time up to each of ``times`` was recovery, in nanoseconds."""
        place = np.searchsorted(self._starts, times, side="right") - 1
        known = np.maximum(place, 0)
        inside = np.minimum(times, self._stops[known]) - self._starts[known]
        return np.where(place >= 0, self._before[known] + inside, 0)


def recovery_spans(
    view: StreamView, space: SequenceSpace, clock: I64, resends: tuple[Resend, ...], rtt_ns: int
) -> list[tuple[int, int]]:
    """Begin and end (ns) of the recovery that each of ``resends`` stands for, if any; ascending, and may overlap."""
    recovery = _Recovery(view, space, clock, resends, rtt_ns)
    return sorted(span for resend in resends if (span := recovery.span(resend)) is not None)


class _Recovery:
    """Finds the span of recovery that each resend stands for."""

    def __init__(
        self, view: StreamView, space: SequenceSpace, clock: I64, resends: tuple[Resend, ...], rtt_ns: int
    ) -> None:
        self.view = view
        self.rtt_ns = rtt_ns
        self.space = space
        self.clock = clock
        self.reports = flatnonzero32((view.options & _DSACK) != 0)
        asked = len(self.reports) or any(resend.waited_ns > LONGEST_FIRST_WAIT_NS for resend in resends)
        #: The resends of the same bytes, where anybody will ask for them.
        self.tries = SameStart(view, space, [resend.index for resend in resends] if asked else ())
        self.bare: dict[int, bool] = {}
        #: Segments by which each side closed its window, and all that it sent.
        self.shut: list[I32] = []
        self.own: list[I32] = []
        if int(np.bitwise_or.reduce(view.verdict)) & _ZERO:
            shut = flatnonzero32((view.verdict & _ZERO) != 0)
            self.shut = [shut[view.from_server[shut] == bool(side)] for side in (0, 1)]
            self.own = [flatnonzero32(view.from_server == bool(side)) for side in (0, 1)]

    def span(self, resend: Resend) -> tuple[int, int] | None:
        """Times of the wait before a resend and of the ACK of all that had been sent; None when nothing was lost."""
        i = resend.index
        now = self.clock.item(i)
        if int(self.view.flags[i]) & SYN and self._lost_nothing(resend):
            return None
        if resend.cause is ResendCause.SYN_RETRY:
            return self.clock.item(max(resend.previous, 0)), now
        if resend.cause not in LOSS or self._was_needless_probe(resend):
            return None
        side = int(self.view.from_server[i])
        if resend.cause is ResendCause.UNKNOWN and (
            resend.waited_ns > LONGEST_WAIT_NS or self._follows_silence(resend, side) or self._came_at_once(resend)
        ):
            return None
        heard = int(self.space.latest[1 - side][i])
        if heard >= 0 and window_edge(self.view, self.space, heard) < integer(self.space.end[i]):
            return None  # a probe: the receiver had no room, or had taken it back
        # A timer runs while nothing can be done; acknowledgments that ask for a segment come while others still arrive.
        waited = 0 if resend.cause is ResendCause.FAST_RECOVERY else largest(resend.waited_ns, 0)
        start = largest(now - waited, self.clock.item(0), self._room_since(1 - side, i))
        if resend.previous < 0:
            # The first copy never came here: the loss shows from the first segment beyond it.
            beyond = int(places_of(self.space.sent[side], integer(self.space.end[i])))
            start = smallest(start, self.clock.item(smallest(beyond, i)))
        healed = int(places_of(self.space.acknowledged[side], self.space.sent[side][i]))
        if not i < healed < len(self.view):
            return start, now
        ended = self.clock.item(healed)
        if ended - now > largest(LONGEST_DELAYED_ACK_NS, 2 * self.view.irtt_ns) and not self._acks_alone(1 - side):
            return start, now
        return start, ended

    def _acks_alone(self, side: int) -> bool:
        """Whether ``side`` sent any acknowledgment without data: else a filter may have left those out.

        Then what acknowledges a resend is its program's next data, however long that thought about it.
        """
        if side not in self.bare:
            view = self.view
            bare = (view.flags & (ACK | SYN | FIN | RST)) == ACK
            self.bare[side] = bool((bare & (view.length == 0) & (view.from_server == bool(side))).any())
        return self.bare[side]

    def _lost_nothing(self, resend: Resend) -> bool:
        """Whether a SYN was repeated though none was lost: the first was refused, or no timer waits so briefly."""
        if resend.cause is ResendCause.UNKNOWN:
            return True
        view, tried = self.view, slice(max(resend.previous, 0), resend.index)
        answers = view.from_server[tried] != view.from_server[resend.index]
        return bool((answers & ((view.flags[tried] & RST) != 0)).any())

    def _follows_silence(self, resend: Resend, side: int) -> bool:
        """Whether it came later than a first time-out ever does, and all of it had been acknowledged here before.

        Later copies of the same bytes may be a timer's that doubles; without a first one here, nothing was compared.
        """
        i = resend.index
        if resend.previous < 0 or resend.waited_ns <= LONGEST_FIRST_WAIT_NS or i != self.tries.of(i)[0]:
            return False
        return integer(self.space.acknowledged[side][i - 1]) >= integer(self.space.end[i])

    def _came_at_once(self, resend: Resend) -> bool:
        """Whether it followed the copy before within a round trip: nobody can have known, and no timer is that short.

        Whoever made it, packets are recorded twice, or sent twice on purpose: no time was lost by that.
        """
        if resend.previous < 0:
            return False
        return self.clock.item(resend.index) - self.clock.item(resend.previous) < self.rtt_ns

    def _was_needless_probe(self, resend: Resend) -> bool:
        """Whether it is a tail-loss probe that the peer reports as a duplicate (RFC 2883): nothing was lost.

        With several resends of the same bytes the report is of one of them, and nobody knows of which.  A
        time-out that was needless still made the sender begin anew: that remains recovery.
        """
        view, i = self.view, resend.index
        if resend.cause is not ResendCause.TAIL_LOSS_PROBE or resend.previous < 0 or len(self.tries.of(i)) != 1:
            return False
        place = int(np.searchsorted(self.reports, np.int32(i)))
        return any(
            seq_distance(integer(view.sack_left[k]), integer(view.seq[i]))
            < seq_distance(integer(view.sack_left[k]), integer(view.sack_right[k]))
            for k in self.reports[place : place + REPORTS].tolist()
            if view.from_server[k] != view.from_server[i]
        )

    def _room_since(self, side: int, i: int) -> int:
        """When ``side`` last reopened its window before segment ``i``, 0 if never: recovery could not begin before."""
        place = int(np.searchsorted(self.shut[side], np.int32(i))) - 1 if self.shut else -1
        if place < 0:
            return 0
        own = self.own[side]
        after = int(np.searchsorted(own, self.shut[side][place], side="right"))
        return self.clock.item(min(int(own[after]), i)) if after < len(own) else self.clock.item(i)
