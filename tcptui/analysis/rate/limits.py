"""Judges what limited each direction of a stream, by what `tcptui.analysis.timing.send_gaps` knows of its waits.

That says of each pair of successive segments whether the sender waited for room in its peer's window, for an
acknowledgment, or for nothing that passed here.  Here each wait gets a `Limit`: a window is told to be small, growing,
unscaled or unread, and what was a wait for an acknowledgment is handed to `tcptui.analysis.rate.network`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.rate.limit import Limit, RateLimits
from tcptui.analysis.rate.network import Network
from tcptui.analysis.stream.table import SCALE_OFF, SCALE_UNKNOWN
from tcptui.analysis.stream.unwrapped_seq import NOTHING, sequence_space
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.send_gaps import (
    BURST_NS,
    NO_LIMIT_NS,
    largest_segment,
    tells_window,
    window_edges,
)
from tcptui.analysis.timing.sender_knowledge import pause_ns
from tcptui.analysis.timing.uncaptured import lacking, uncaptured_at
from tcptui.model.tcp_flags import PSH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.unwrapped_seq import SequenceSpace
    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget import TimeBudget
    from tcptui.model.packet_store import I32, I64, U8

    Mask = NDArray[np.bool_]

#: Fewest waits that say something of a rate: two initial windows (RFC 6928).
FEWEST: Final = 20
#: A transfer lasts at least this long …
LEAST_NS: Final = 200_000_000
#: … and so many round trips: of a shorter one nothing can be told but that it was short.
LEAST_ROUND_TRIPS: Final = 4
#: With more (percent) of its time unknown, nothing is said of it.
UNKNOWN_PERCENT: Final = 20
#: A sender goes on within this time and an eighth of the round trip after the window was opened.
PROMPT_NS: Final = 3_000_000
#: Away from the sender a pause is longer than this share (percent) of a round trip.
AWAY_PERCENT: Final = 150
#: What is sent upon an acknowledgment leaves sooner; a stack that gathers segments waits for 1 ms at most.
UNUSED_NS: Final = 2_000_000
#: A sender that paces sends fewer segments at once, unless it does so every millisecond.
BURST_SEGMENTS: Final = 3
#: A send buffer lets flights of one size go, to within so many segments …
LEVEL_SEGMENTS: Final = 1.5
#: … at least so many of them, …
LEVEL_WAITS: Final = 10
#: … within this part of a round trip after an acknowledgment, as a median.
WOKEN_PART: Final = 4
#: Bytes; a receiver that may not scale its window, and offers as much as this, would offer more.
UNSCALED_LEAST: Final = 32_768
#: A window grows from its size now to at least this share (percent) of it later.
GROWN_PERCENT: Final = 150
#: A window that is less than this share (percent) of the largest so far is full of what nobody read.
UNREAD_PERCENT: Final = 50


def rate_limits(view: StreamView) -> tuple[RateLimits | None, RateLimits | None]:
    """The limits of client and server; None for a direction that is no transfer, or of which nothing can be told."""
    if rate_limits not in view.kept:
        budget, space = time_budget(view), sequence_space(view)
        view.kept[rate_limits] = tuple(_of_side(view, space, budget, side) for side in (0, 1))
    found: tuple[RateLimits | None, RateLimits | None] = view.kept[rate_limits]
    return found


def _of_side(view: StreamView, space: SequenceSpace, budget: TimeBudget, side: int) -> RateLimits | None:
    gaps = budget.sends[side]
    if gaps is None or len(gaps) < FEWEST:
        return None
    clock = budget.waits.clock
    elapsed_ns = int((clock[gaps.after] - clock[gaps.before]).sum())
    if elapsed_ns < max(LEAST_NS, LEAST_ROUND_TRIPS * budget.delays.rtt_ns):
        return None
    found = _Judge(view, space, budget, side, gaps).judged()
    unknown = found.spent_ns[Limit.UNKNOWN]
    return found if unknown * 100 <= UNKNOWN_PERCENT * elapsed_ns else None


#: What flights of one size may otherwise be.
_LEVEL: Final = (Limit.NETWORK, Limit.PACING, Limit.APPLICATION)


class _Waits(NamedTuple):
    """Columns of `RateLimits`."""

    before: I32
    after: I32
    begin: I64
    end: I64
    limit: U8


class _Judge:
    """Judges the waits of one side."""

    def __init__(self, view: StreamView, space: SequenceSpace, budget: TimeBudget, side: int, gaps: SendGaps) -> None:
        self._view, self._space, self._side, self._gaps = view, space, side, gaps
        self._budget, self._delays = budget, budget.delays
        self._clock = budget.waits.clock
        self.before, self.after = gaps.before, gaps.after
        self.begin, self.end = self._clock[self.before], self._clock[self.after]
        self.at_sender = self._delays.captured_at(side)
        self._segment = largest_segment(view, side)
        self._slack = pause_ns(self._delays.rtt_ns)
        self._buffered = np.zeros(len(gaps), np.bool_)
        """Waits that the send buffer explains, see `_of_program`."""
        heard = np.flatnonzero(view.from_server != bool(side))
        #: Segments of the peer that acknowledged something new.
        self._news = heard[np.diff(space.acknowledged[side][heard], prepend=NOTHING) > 0]

    def judged(self) -> RateLimits:
        """The limits of all waits."""
        marks, gap = self._gaps.marks, self.end - self.begin
        recovery = self._budget.waits.recovery_ns[self._gaps.which] * 2 > gap
        blocked = (marks & SendGapReason.BLOCKED) != 0
        unknown = (marks & SendGapReason.LOST) != 0
        unknown |= (marks == 0) & (gap > self._slack) & ~recovery
        missing = uncaptured_at(self._view, self._space)
        if len(missing):
            unknown |= lacking(missing, self.before, self.after)
        emptied = self._emptied()
        free = ~blocked & ~recovery
        application = free & ((marks & SendGapReason.PAUSE) != 0)
        if self.at_sender:
            application |= self._of_program(free & self._left_unused(), free & emptied & (gap > BURST_NS))
        else:
            # Flights are a round trip apart, too, and of what drained them the sender knew as late.
            longer = gap * 100 > self._delays.rtt_ns * AWAY_PERCENT
            application &= (longer & ((marks & SendGapReason.DRAINED) != 0)) | (
                (marks & SendGapReason.HANDED_OVER) != 0
            )
        limit = np.full(len(marks), Limit.NETWORK, np.uint8)
        limit[application] = Limit.APPLICATION
        limit[blocked] = self._windows(blocked)
        limit[unknown] = Limit.UNKNOWN
        held = limit == Limit.NETWORK
        if not self.at_sender:
            # Whether acknowledgments were used at once does not show elsewhere.
            limit[held] = np.where(recovery[held], Limit.LOSS, Limit.UNKNOWN)
            held[:] = False
        network = Network(self._view, self._space, self._budget, self._side, self._gaps)
        limit[held] = network.limits(held, recovery, limit == Limit.APPLICATION, emptied)[held]
        limit[held & self._buffered & np.isin(limit, _LEVEL)] = Limit.SEND_BUFFER
        waits = _Waits(self.before, self.after, self.begin, self.end, limit)
        if self.at_sender and blocked.any():
            waits = self._without_late(waits, blocked & ~unknown, emptied)
        sent = int(self._view.length[self.after].sum())
        return RateLimits(
            self._side, self.at_sender, waits.before, waits.after, waits.begin, waits.end, waits.limit, sent,
            losses=network.losses, base_ns=network.base_ns, queue_ns=network.queue_ns(limit == Limit.PATH_RATE),
        )  # fmt: skip

    def _emptied(self) -> Mask:
        """After which earlier segments the sender had nothing left: what is no whole segment was pushed."""
        view = self._view
        part = view.length[self.before] % self._segment != 0
        emptied: Mask = part & ((view.flags[self.before] & PSH) != 0)
        return emptied

    def _left_unused(self) -> Mask:
        """Before which later segments an acknowledgment came that nothing was sent upon, and then a burst by itself.

        With data waiting a sender uses each acknowledgment at once, unless it paces, and then it sends no bursts: so
        nothing had been waiting since the earlier segment.
        """
        news = self._news
        if not len(news):
            return np.zeros(len(self.after), np.bool_)
        place = news.searchsorted(self.before, "right")
        first = news[np.minimum(place, len(news) - 1)]
        unused = (place < len(news)) & (first < self.after) & (self.end - self._clock[first] > UNUSED_NS)
        together = self.end.searchsorted(self.end + BURST_NS, "right") - np.arange(len(self.end))
        left: Mask = unused & (together >= BURST_SEGMENTS)
        return left

    def _of_program(self, chosen: Mask, emptied: Mask) -> Mask:
        """``chosen`` and ``emptied``, or none where the send buffer explains ``chosen``: it lets go by a third.

        Then flights end at one size, to within a segment, and acknowledgments wake the program up (Linux:
        ``sk_stream_write_space``), however long that takes on a busy host.
        """
        which = np.flatnonzero(chosen)
        if len(which) < LEVEL_WAITS:
            return chosen | emptied
        latest = self._news[np.maximum(self._news.searchsorted(self.after[which]) - 1, 0)]
        lag_ns = float(np.median(self.end[which] - self._clock[latest]))
        low, high = np.quantile(self._gaps.flight[which], (0.1, 0.9))
        woken = lag_ns <= max(BURST_NS, self._delays.rtt_ns // WOKEN_PART)
        if not woken or high - low > LEVEL_SEGMENTS * self._segment:
            return chosen | emptied
        self._buffered |= chosen | emptied
        return np.zeros(len(chosen), np.bool_)

    def _windows(self, blocked: Mask) -> U8:
        """The limits of waits for room."""
        view, space, peer = self._view, self._space, 1 - self._side
        scale = view.scale_client if self._side else view.scale_server
        told = tells_window(view, peer)
        largest = int(view.window.max(initial=0, where=told))
        heard = np.maximum(space.latest[peer][self.before[blocked]], 0)
        latest = np.maximum(space.latest[peer][self.after[blocked] - np.int32(1)], 0)
        so_far = np.maximum.accumulate(np.where(told, view.window, 0).astype(np.int64))
        fell = np.zeros(len(heard), np.bool_)
        for at in (heard, latest):
            fell |= told[at] & (view.window[at].astype(np.int64) * 100 < so_far[at] * UNREAD_PERCENT)
        limit = np.full(len(heard), Limit.WINDOW, np.uint8)
        limit[so_far[latest] * GROWN_PERCENT <= largest * 100] = Limit.WINDOW_GROWING
        if scale == SCALE_OFF and largest >= UNSCALED_LEAST:
            limit[:] = Limit.WINDOW_UNSCALED
        limit[fell] = Limit.WINDOW_UNREAD
        if scale == SCALE_UNKNOWN:
            limit[:] = Limit.WINDOW
        return limit

    def _without_late(self, waits: _Waits, blocked: Mask, emptied: Mask) -> _Waits:
        """``waits`` with what a sender let pass after the window had been opened as its program's."""
        which = np.flatnonzero(blocked)
        opened = self._opened(which)
        late = self.end[which] - opened > PROMPT_NS + self._delays.rtt_ns // 8
        which, opened = which[late], opened[late]
        whole = emptied[which]
        waits.limit[which[whole]] = Limit.APPLICATION
        which, opened = which[~whole], opened[~whole]
        ends = waits.end.copy()
        ends[which] = opened
        at = which + 1
        return _Waits(
            np.insert(waits.before, at, waits.before[which]).astype(np.int32),
            np.insert(waits.after, at, waits.after[which]).astype(np.int32),
            np.insert(waits.begin, at, opened).astype(np.int64),
            np.insert(ends, at, waits.end[which]).astype(np.int64),
            np.insert(waits.limit, at, np.uint8(Limit.APPLICATION)).astype(np.uint8),
        )

    def _opened(self, which: I64) -> I64:
        """When the peer made the room that the later segments of the pairs ``which`` needed."""
        view, space, side = self._view, self._space, self._side
        peers = np.flatnonzero(view.from_server != bool(side))
        edges = window_edges(view, space, peers)
        edges = np.maximum.accumulate(np.where(edges < NO_LIMIT_NS, edges, 0))
        after = self.after[which]
        needed = space.sent[side][after - np.int32(1)] + np.minimum(view.length[after], self._segment)
        place = edges.searchsorted(needed)
        opening = peers[np.minimum(place, len(peers) - 1)]
        opened = np.where(place < len(peers), self._clock[opening], self.end[which])
        return np.clip(opened, self.begin[which], self.end[which])
