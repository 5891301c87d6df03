"""Why each segment of a transfer was sent when it was (rules/findings.md#where-the-time-went).

Between two segments that bring new payload the sender waited for room in the peer's
window, for an acknowledgment that freed part of its flight, or for its own program.
Which it was is judged by what the *sender* knew when it sent: at the sender that is what
passed here before, elsewhere what the timestamp that it echoes names (RFC 7323, 4.3), or
what had had time to reach it.

Not attempted: the congestion window itself, which is never on the wire; a flight that stays
flat below the peer's window looks the same with a small send buffer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.resend.ip_id import numbers_missing
from tcptui.analysis.stream.table import SCALE_UNKNOWN
from tcptui.analysis.stream.unwrapped_seq import NOTHING, SequenceSpace
from tcptui.analysis.stream.view import StreamView
from tcptui.analysis.timing.had_more import had_more, judge_spread
from tcptui.analysis.timing.handed_over import SHORT_NS, Pieces, handed_over
from tcptui.analysis.timing.pushes import pushes_each
from tcptui.analysis.timing.segments import Segments
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.sender_knowledge import SenderKnowledge, pause_ns
from tcptui.model.arrays import chunks, flatnonzero32
from tcptui.model.batched import Batched, by_member, integer, largest, of_pairs, taken
from tcptui.model.packet_store import I32, I64, U8, OptionBit
from tcptui.model.seq import SEQ_HALF, SEQ_MASK
from tcptui.model.tcp_flags import PSH, RST, SYN

#: Segments no further apart than this were sent in one burst.
BURST_NS: Final = 1_000_000
#: Bytes; payloads above this are super-segments of offload, not the MSS.
LARGEST_SEGMENT: Final = 9_216
#: Bytes; stands for the MSS where payloads do not show it.
USUAL_SEGMENT: Final = 1_448
#: The MSS without an MSS option (RFC 9293, 3.7.1).
LEAST_SEGMENT: Final = 536
#: Bytes of each segment that the timestamps option takes.
TIMESTAMPS_ROOM: Final = 12
#: Less in flight than this many segments says nothing about a congestion window.
FLIGHT_SEGMENTS: Final = 2
#: A flight counts as full from this share (percent) of the largest one of the same transfer.
FULL_PERCENT: Final = 40
#: A timestamp clock must have ticked this many times to be measured (RFC 7323, 5.4: 1 ms to 1 s per tick).
FEWEST_TICKS: Final = 50
#: Larger than any number or window: no limit is known.
NO_LIMIT_NS: Final = 1 << 60

_PAUSE_OR_LOST: Final = np.uint8(SendGapReason.PAUSE | SendGapReason.LOST)
_SPREAD: Final = np.uint8(SendGapReason.SPREAD)
_ALL: Final = slice(None)


def largest_segment(view: StreamView, side: int) -> int:
    """The MSS that ``side`` used, as its payloads show it; `USUAL_SEGMENT` where they are super-segments or missing."""
    most = integer(view.length.max(initial=0, where=view.from_server == bool(side)))
    return most if 0 < most <= LARGEST_SEGMENT else USUAL_SEGMENT


def whole_segment(view: StreamView, side: int) -> int:
    """`largest_segment`, or more where each segment was pushed: then they hold what the program handed over."""
    found = largest_segment(view, side)
    if found >= USUAL_SEGMENT:
        return found
    spoken = (view.from_server == bool(side)) & (view.length > 0)
    if (spoken & ((view.flags & PSH) == 0)).any():
        return found
    offered = integer(view.mss.max(initial=0, where=view.from_server != bool(side)))
    return largest(found, offered - TIMESTAMPS_ROOM, LEAST_SEGMENT)


def tells_window(view: StreamView, side: int) -> NDArray[np.bool_]:
    """Which segments tell the window of ``side``: no SYN, whose field is not scaled (RFC 7323, 2.2), and no RST."""
    tells: NDArray[np.bool_] = (view.from_server == bool(side)) & ((view.flags & (SYN | RST)) == 0)
    return tells


def window_edges(view: StreamView, space: SequenceSpace, which: I64 | I32 | slice = _ALL) -> I64:
    """The highest number that each segment allows its peer to send up to; `NO_LIMIT_NS` where that is not known."""
    of_server, of_client = (scale != SCALE_UNKNOWN for scale in (view.scale_server, view.scale_client))
    return _edges(view, space, which, of_server, of_client)


def _edges(
    view: StreamView | Segments, space: SequenceSpace, which: I64 | I32 | slice, of_server: Any, of_client: Any
) -> I64:
    """`window_edges`, of windows whose scale is known where it is of server and client, for each segment or of all."""
    ack, window = space.ack[which], view.window[which]
    speaks = np.where(view.from_server[which], of_server, of_client) | (window == 0)
    speaks &= (ack != NOTHING) & ((view.flags[which] & RST) == 0)
    edges: I64 = np.where(speaks, ack + window, NO_LIMIT_NS)
    return edges


def window_edge(view: StreamView, space: SequenceSpace, i: int) -> int:
    """`window_edges` of segment ``i``."""
    window, ack = integer(view.window[i]), integer(space.ack[i])
    known = (view.scale_server if view.from_server[i] else view.scale_client) != SCALE_UNKNOWN
    speaks = (known or not window) and ack != NOTHING and not int(view.flags[i]) & RST
    return ack + window if speaks else NO_LIMIT_NS


def send_gaps(segments: Segments, side: int, gaps: SendGaps, transfer: Callable[[I32, I32], I64]) -> None:
    """Judge ``gaps`` (pairs of new segments of ``side``).

    ``transfer`` returns the number of the transfer that each pair belongs to, given their places and later segments.
    """
    judge = _Judge(segments, side, gaps)
    origin = int(transfer(gaps.which[:1], gaps.afters(slice(1)))[0])
    for part in chunks(len(gaps)):
        after = gaps.afters(part)
        gaps.keep(part, *judge.piece(gaps.befores(part), after, transfer(gaps.which[part], after) - origin))
    judge.judge_pieces()
    if all(judge.knowledge.at_hand):
        judge.judge_spread()
        return
    paused = gaps.having(SendGapReason.PAUSE)
    for number, pairs in segments.groups(paused, gaps.afters(paused)):
        if not judge.knowledge.at_hand[number]:
            member = segments.members[number]
            lost = pairs[numbers_missing(member.view, side, gaps.afters(pairs) - np.int32(member.start))]
            gaps.marks[lost] = (gaps.marks[lost] ^ _PAUSE_OR_LOST) & ~_SPREAD
    judge.judge_spread()


class _Judge:
    """Judges pairs of successive segments of one side, chunk by chunk."""

    def __init__(self, segments: Segments, side: int, gaps: SendGaps) -> None:
        self._segments, self._space, self._clock, self._side = segments, segments.space, segments.clock, side
        self._gaps = gaps
        members = segments.members
        self.knowledge = SenderKnowledge(segments, side)
        # Of one stream, only the first pair is looked at: it may have millions.
        before = gaps.befores(slice(1 if len(members) == 1 else None))
        begins = segments.cuts(before)
        sends = [begin < end for begin, end in pairwise(begins)]
        self._lowest = [
            integer(segments.space.seq[int(before[begin])]) if some else 0
            for begin, some in zip(begins, sends, strict=False)
        ]
        self._segment = [
            largest_segment(member.view, side) if some else USUAL_SEGMENT
            for member, some in zip(members, sends, strict=True)
        ]
        self._whole = [
            whole_segment(member.view, side) if some else USUAL_SEGMENT
            for member, some in zip(members, sends, strict=True)
        ]
        self._pushes = [
            some and pushes_each(member.view, side, size)
            for member, size, some in zip(members, self._whole, sends, strict=True)
        ]
        self._scales = [
            [scale != SCALE_UNKNOWN for scale in scales]
            for scales in zip(
                *((member.view.scale_server, member.view.scale_client) for member in members), strict=True
            )
        ]
        self._advanced = _advances(segments, side)
        away = [not known for known in self.knowledge.at_hand]
        self._tick = _SenderClock(segments, side, away) if any(away) else None
        self._highest = 0
        """The largest flight so far, see `_plateau`."""

    def piece(self, before: I32, after: I32, transfer: I64) -> tuple[U8, I32, I64]:
        """For each pair of a chunk: `SendGapReason` marks (some pauses may turn out as losses), release, flight."""
        segments, space, side, knowledge = self._segments, self._space, self._side, self.knowledge
        acknowledged, rtt_ns = space.acknowledged[side], segments.of(knowledge.round_trips_ns, after)
        knew_before, knew_after = knowledge.at(before, before), knowledge.at(after, after - 1)
        up_to = space.sent[side][after - 1]
        slack = pause_ns(rtt_ns)
        gap = self._clock[after] - self._clock[before]
        blocked = self._blocked(after, (knew_before, knew_after), up_to, gap)

        # In recovery a selective acknowledgment frees as much as a cumulative one (RFC 6675, 3).
        release = taken(self._advanced, knew_after)
        release = np.where(release > knew_before, release, np.int32(-1))
        arrived = np.maximum(taken(acknowledged, knew_before), taken(space.sacked[side], knew_before))
        flight = np.clip(up_to - np.maximum(arrived, segments.of(self._lowest, after)), 0, NO_LIMIT_NS)
        drained = taken(acknowledged, knew_after) >= up_to
        del arrived, knew_before, knew_after, up_to

        prompt = knowledge.excess_ns(after, release) <= slack
        if any(knowledge.by_echo):
            # A queue on the way here makes the lag longer than its minimum, so only an empty flight tells a pause.
            prompt = prompt | (~drained & segments.of(knowledge.by_echo, after))
        full = flight * 100 >= self._plateau(flight, transfer) * FULL_PERCENT
        full = full & (flight >= FLIGHT_SEGMENTS * segments.of(self._segment, after))
        released = (release >= 0) & prompt
        if self._tick is not None:
            # What was sent in one burst arrives at the rate of the path.
            near = segments.of(knowledge.at_hand, after)
            released = released | (~drained & (gap <= np.maximum(slack, rtt_ns)) & np.logical_not(near))
        clocked = ~blocked & full & released
        left_together = gap <= BURST_NS
        if self._tick is not None:
            left_together = left_together | (self._tick.gap_ns(before, after) * 2 < gap)
        burst = ~blocked & ~clocked & left_together
        pause = ~blocked & ~clocked & ~burst & (gap > slack)
        spread = ~blocked & ~clocked & ~burst & had_more(segments, self._segment, self._pushes, before)
        # At the sender only a pace is left, of a full flight before the next acknowledgment.
        paced = full & ~drained & (gap <= slack) & (release < 0)
        spread &= paced | np.logical_not(segments.of(knowledge.at_hand, after))
        handed = ~blocked & handed_over(segments, self._whole, self._pushes, before, after)
        # What a program wrote a moment later is no burst, if it does so all the time.
        pause = pause | (handed & ~clocked & (gap > SHORT_NS) & (gap <= BURST_NS))
        marks = np.zeros(len(after), np.uint8)
        for mark, found in (
            (SendGapReason.BLOCKED, blocked), (SendGapReason.CLOCKED, clocked), (SendGapReason.PAUSE, pause),
            (SendGapReason.BURST, burst), (SendGapReason.DRAINED, drained), (SendGapReason.SPREAD, spread),
            (SendGapReason.HANDED_OVER, handed),
        ):  # fmt: skip
            marks = marks | np.where(found, np.uint8(mark), np.uint8(0))
        return marks, release, flight

    def judge_pieces(self) -> None:
        """Judge again, when all pairs were, those between which nothing waited to be sent."""
        gaps = self._gaps
        handed = gaps.having(SendGapReason.HANDED_OVER)
        if len(handed):
            excess = self.knowledge.excess_ns(gaps.afters(handed), gaps.release[handed])
            Pieces(self._segments, gaps, self._advanced, excess, handed).judge()

    def judge_spread(self) -> None:
        """Judge again, when all pairs were, those behind which more was waiting to be sent."""
        of_server, of_client = self._scales
        scaled = of_client if self._side else of_server
        judge_spread(self._segments, self._gaps, self.knowledge, self._segment, self._pushes, scaled)

    def _blocked(self, after: I32, knew: tuple[I32, I32], up_to: I64, gap: I64) -> NDArray[np.bool_]:
        """Which pairs waited for the peer's window, ``up_to`` being the highest number sent before the later segment.

        There was no room when the earlier segment was sent, or it was taken back afterwards, and the later segment was
        sent soon after room came.
        """
        segments = self._segments
        segment, slack = segments.of(self._segment, after), pause_ns(segments.of(self.knowledge.round_trips_ns, after))
        heard = self._space.latest[1 - self._side]
        heard_after = taken(heard, knew[1])
        allowed, allowed_later = self._edge(taken(heard, knew[0])), self._edge(heard_after)
        least = np.minimum(allowed, self._least_between(*knew))
        needed = np.minimum(segments.length[after], segment)
        opening = np.where(allowed_later > least, heard_after, np.int32(-1))
        waited = self.knowledge.excess_ns(after, opening)
        late = (opening >= 0) & (waited > np.maximum(gap // 2, slack))
        # With less room than a whole segment a sender waits on purpose (RFC 9293, 3.8.6.2.1): the window is the cause.
        late = late & (allowed_later - up_to >= segment)
        blocked: NDArray[np.bool_] = (least - up_to < needed) & ~late
        return blocked

    def _edge(self, speaker: I32) -> I64:
        heard = np.maximum(speaker, 0)
        edges = taken(self._edges(_ALL), heard) if isinstance(heard, Batched) else self._edges(heard)
        edges[speaker < 0] = NO_LIMIT_NS
        return edges

    def _edges(self, which: I64 | I32 | slice) -> I64:
        """`window_edges` of some segments."""
        segments = self._segments
        return _edges(segments, self._space, which, *(segments.of(known, which) for known in self._scales))

    def _least_between(self, above: I32, up_to: I32) -> I64:
        """The smallest right edge of the peer's segments ``above + 1 … up_to`` of each pair."""
        part = slice(0, len(self._segments))
        if not isinstance(above, Batched) and not isinstance(up_to, Batched):
            part = slice(int(min(above.min(), up_to.min())) + 1, int(max(up_to.max(), above.max())) + 2)
        edges = self._edges(part)
        edges[self._segments.from_server[part] == bool(self._side)] = NO_LIMIT_NS
        above, up_to = above - np.int32(part.start), up_to - np.int32(part.start)
        least: I64 = (
            by_member(_least, edges, above, up_to)
            if isinstance(edges, Batched)
            else of_pairs(partial(_least, edges), above, up_to)
        )
        return least

    def _plateau(self, flight: I64, transfer: I64) -> I64:
        """The largest flight so far within each transfer (``transfer`` never decreases)."""
        shifted: I64 = np.minimum(flight, (1 << 40) - 1) + (transfer << 40)
        shifted[0] = max(shifted[0], self._highest)
        np.maximum.accumulate(shifted, out=shifted)
        self._highest = shifted[-1]
        shifted &= (1 << 40) - 1
        return shifted


def _least(edges: I64, above: I64, up_to: I64) -> I64:
    """The smallest of ``edges`` from behind ``above`` up to ``up_to`` of each pair; `NO_LIMIT_NS` of none."""
    bounds = np.empty(2 * len(above), np.int64)
    bounds[::2], bounds[1::2] = above + 1, up_to + 1
    most = int(bounds.max()) + 1
    edges = np.append(edges, (NO_LIMIT_NS,) * max(most - len(edges), 0))
    least = np.minimum.reduceat(edges, bounds)[::2]
    between: I64 = np.where(up_to > above, least, NO_LIMIT_NS)
    return between


def _advances(segments: Segments, side: int) -> I32:
    """For each segment the newest one up to it that acknowledged (also by SACK) something new of ``side``; or -1."""
    acknowledged, reported = segments.space.acknowledged[side], segments.space.sacked[side]
    advanced = np.arange(len(acknowledged), dtype=np.int32)
    newest = -1
    for part in chunks(len(advanced)):
        with_last = slice(max(part.start - 1, 0), part.stop)
        numbers, reports = acknowledged[with_last], reported[with_last]
        new = numbers != NOTHING
        new[1:] &= (numbers[1:] > numbers[:-1]) | (reports[1:] > reports[:-1])
        new[segments.later_starts] = numbers[segments.later_starts] != NOTHING
        here = advanced[part]
        here[~new[-len(here) :]] = -1
        here[0] = max(int(here[0]), newest)
        np.maximum.accumulate(here, out=here)
        newest = int(here[-1])
    if len(segments.members) > 1:
        # Not one of the stream before.
        advanced[advanced < segments.first_of(_ALL)] = -1
    return advanced


class _SenderClock:
    """The clock of a side's timestamps, in each stream."""

    def __init__(self, segments: Segments, side: int, wanted: list[bool]) -> None:
        """``wanted``: in which of the streams."""
        self._segments = segments
        own = segments.from_server == bool(side)
        lacking = segments.each_any(own & ((segments.options & OptionBit.TIMESTAMPS) == 0))
        index = flatnonzero32(own)
        self._tick_ns = [
            self._measured(int(index[begin]), int(index[end - 1])) if asked and begin < end and not lacks else None
            for asked, lacks, (begin, end) in zip(wanted, lacking, pairwise(segments.cuts(index)), strict=True)
        ]
        self._runs = [tick is not None for tick in self._tick_ns]

    def _measured(self, first: int, last: int) -> int | None:
        """Nanoseconds a tick, by a side's first and last segment; None where that tells nothing."""
        segments = self._segments
        ticks = (segments.ts_value.item(last) - segments.ts_value.item(first)) & SEQ_MASK
        elapsed: int = segments.time_ns.item(last) - segments.time_ns.item(first)
        return elapsed // ticks if FEWEST_TICKS <= ticks < SEQ_HALF and elapsed > 0 else None

    def gap_ns(self, before: I32, after: I32) -> I64:
        """The times (ns) between segments by that clock, rounded up to a tick; very large without one that runs."""
        segments = self._segments
        unknown = np.full(len(after), NO_LIMIT_NS // 4, np.int64)
        if not any(self._runs):
            return unknown
        passed = ((segments.ts_value[after].astype(np.int64) - segments.ts_value[before]) & SEQ_MASK) + 1
        tick_ns = segments.of([tick or 0 for tick in self._tick_ns], after)
        told = (passed < SEQ_HALF) & segments.of(self._runs, after)
        return np.where(told, np.minimum(passed, 1 << 30) * tick_ns, unknown)
