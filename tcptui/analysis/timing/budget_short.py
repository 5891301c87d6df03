"""The time budget of a short, plain stream, computed without arrays, for reports on a hundred thousand connections.

The same rules as `tcptui.analysis.timing.stretches`, for streams that hold nothing but a handshake, one segment per
message, acknowledgments, FINs and RSTs, and for attempts to open one; everything else is left to it.
`tcptui.analysis.stream.clean_streams` has them a third time, for thousands of streams at once.  All thresholds are
shared (`stretches`, `path_delay`, `send_gaps`, `ip_id`), and property tests compare the three:
tests/analysis/test_time_budget.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

import numpy as np

from tcptui.analysis.resend.classify import resends
from tcptui.analysis.resend.ip_id import HINT, numbers_missing
from tcptui.analysis.stream.unwrapped_seq import sequence_space
from tcptui.analysis.stream.view import StreamView
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import CLIENT, NO_SENDER, Part, TimeBudget, Waits
from tcptui.analysis.timing.path_delay import LATE_REQUEST_NS, PathDelays, path_delays
from tcptui.analysis.timing.recovery import recovery_spans
from tcptui.analysis.timing.send_gaps import pause_ns
from tcptui.analysis.timing.sender_stamps import COMPARED_NS, SenderStamps
from tcptui.analysis.timing.stretches import OVERLAPS, asked_least_ns, brings_news
from tcptui.model.lanes import column, largest, smallest
from tcptui.model.seq import SEQ_HALF
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.verdict import Verdict

#: Most segments of a stream; for longer ones this is not faster.
LONGEST: Final = 40
#: Verdicts that change nothing: of bytes that were not captured it is known who had sent them, and when they were
#: acknowledged; and those of which recovery is told.
_HARMLESS: Final = int(
    Verdict.WINDOW_UPDATE
    | Verdict.DUPLICATE_ACK
    | Verdict.LOST_SEGMENT
    | Verdict.ACK_LOST_SEGMENT
    | Verdict.RETRANSMISSION
    | Verdict.FAST_RETRANSMISSION
    | Verdict.SPURIOUS_RETRANSMISSION
    | Verdict.OUT_OF_ORDER
)


def time_parts(view: StreamView) -> tuple[int, ...]:
    """`TimeBudget.parts` of ``view``, computed by `simple_parts` where possible."""
    return simple_parts(view) or time_budget(view).parts


def simple_parts(view: StreamView) -> tuple[int, ...] | None:
    """The parts of a plain stream, or of one that was not opened; None for any other."""
    if not 1 < len(view) <= LONGEST:
        return None
    flags = view.flags.tolist()
    if flags[0] & SYN and all(bits & (SYN | RST | ACK) != ACK for bits in flags):
        return _unopened(view)
    plain = _plain(view)
    return plain.parts if plain is not None else None


def simple_budget(view: StreamView) -> TimeBudget | None:
    """The `TimeBudget` of a plain stream; None for any other."""
    plain = _plain(view)
    return plain.budget() if plain is not None else None


def is_plain(view: StreamView) -> bool:
    """Whether `simple_budget` knows the budget of ``view``; it is worked out once."""
    return _plain(view) is not None


def _recovered(spans: list[tuple[int, int]], begin: int, end: int) -> int:
    """How much of the time from ``begin`` to ``end`` lies in ``spans``, which are sorted and may overlap."""
    recovery, counted = 0, begin
    for start, stop in spans:
        counted = largest(counted, start)
        if counted < smallest(stop, end):
            recovery += smallest(stop, end) - counted
            counted = smallest(stop, end)
    return recovery


def _spans(view: StreamView) -> list[tuple[int, int]]:
    """The times of recovery in a stream whose clock never goes back."""
    tried = resends(view)
    return recovery_spans(view, sequence_space(view), view.time_ns, tried) if tried else []


def _unopened(view: StreamView) -> tuple[int, ...] | None:
    """The parts of a stream of SYNs and RSTs: the way there and back, recovery, and what nothing tells."""
    sides, times = view.from_server.tolist(), view.time_ns.tolist()
    if any(later < earlier for earlier, later in pairwise(times)):
        return None
    if all(side == sides[0] for side in sides) and view.length.any():
        return None  # nothing is told of one direction with data
    answered = next((i for i, side in enumerate(sides) if i and side), 0)
    spans, spent = _spans(view), [0] * len(Part)
    for i, (begin, end) in enumerate(pairwise(times)):
        recovery = _recovered(spans, begin, end)
        spent[Part.RECOVERY] += recovery
        spent[Part.NETWORK if i == answered - 1 else Part.UNATTRIBUTED] += end - begin - recovery
    return tuple(spent)


def _plain(view: StreamView) -> _Attributed | None:
    """The time of ``view``, attributed once; None where it is not plain."""
    if _plain not in view.kept:
        view.kept[_plain] = _attributed(view)
    plain: _Attributed | None = view.kept[_plain]
    return plain


def _attributed(view: StreamView) -> _Attributed | None:
    if not 4 <= len(view) <= LONGEST:
        return None
    if int(np.bitwise_or.reduce(view.verdict)) & ~_HARMLESS or view.issues.any():
        return None
    flags, sides, times = view.flags.tolist(), view.from_server.tolist(), view.time_ns.tolist()
    if [bits & (SYN | ACK | RST) for bits in flags[:3]] != [SYN, SYN | ACK, ACK] or (flags[0] | flags[1]) & FIN:
        return None
    if sides[:3] != [False, True, False] or any(bits & SYN or not bits & (ACK | RST) for bits in flags[2:]):
        return None
    # The window of a reset means nothing.
    if not all(window or bits & RST for window, bits in zip(view.window.tolist(), flags, strict=True)):
        return None
    if any(later < earlier for earlier, later in pairwise(times)):
        return None
    plain = _Plain(view, flags, sides, times)
    if not plain.is_told():
        return None
    told = plain.attributed()
    return None if told.longest_think_ns >= asked_least_ns(len(view)) and len(view.asked_to_wait()) else told


@dataclass(frozen=True, slots=True)
class _Attributed:
    """The time of one plain stream, attributed.

    The view keeps it, so it must not refer to the view: in such a cycle, views would keep their blocks of rows until
    the next garbage collection.
    """

    parts: tuple[int, ...]
    """In nanoseconds."""
    times: list[int]
    """Of the segments, in nanoseconds."""
    delays: PathDelays
    events: list[int]
    """The segments between which the stretches lie."""
    stretches: list[tuple[int, Part, int, int]]
    """Of each: who sends its end, part, network and recovery."""

    @property
    def longest_think_ns(self) -> int:
        """The longest of the stretches that are the server's processing."""
        begins = [self.times[at] for at in self.events[:-1]]
        ends = [self.times[at] for at in self.events[1:]]
        each = zip(begins, ends, self.stretches, strict=True)
        return largest(0, *(end - begin for begin, end, (_, part, *_) in each if part is Part.SERVER_THINK))

    def budget(self) -> TimeBudget:
        """The same, as `time_budget` has it."""
        sender, part, network, recovery = zip(*self.stretches, strict=True)
        # One segment a message: each of the client's begins a turn, unless nothing comes behind it.
        turns = [event for event, side in enumerate(sender[:-1], 1) if side == CLIENT]
        times = column(self.times)
        waits = Waits(np.array(self.events, np.int32), times, np.array(sender, np.uint8), np.array(turns, np.int32))
        waits.part[:], waits.network_ns[:], waits.recovery_ns[:] = part, column(network), column(recovery)
        elapsed = self.times[-1] - self.times[0]
        return TimeBudget(elapsed, self.parts, waits, self.delays, (None, None), in_turns=True)


class _Plain:
    """Attributes the time of one plain stream, stretch by stretch (`Waits`)."""

    def __init__(self, view: StreamView, flags: list[int], sides: list[bool], times: list[int]) -> None:
        self.view = view
        self.flags = flags
        self.sides = sides
        self.times = times
        self.delays: PathDelays = path_delays(view)
        self._spans = _spans(view)
        self._spent = [0] * len(Part)
        #: As in `_Attributed`.
        self._events = [0]
        self._stretches: list[tuple[int, Part, int, int]] = []

    def attributed(self) -> _Attributed:
        """The result, once it `is_told`."""
        return _Attributed(tuple(self._spent), self.times, self.delays, self._events, self._stretches)

    def is_told(self) -> bool:
        """Attribute all time; False where the stream turns out not to be plain."""
        length, end, ack = self.view.length.tolist(), self.view.end.tolist(), self.view.ack.tolist()
        said = [number for number, bits in zip(ack, self.flags, strict=True) if bits & (ACK | RST) == ACK]
        # Which of them is the largest differs by lane; that none is too large does not.
        if length[0] or length[1] or any(number >= SEQ_HALF for number in chain(end, said)):
            return False
        if length[2] and self.times[2] - self.times[1] >= LATE_REQUEST_NS:
            return False
        sent, acknowledged = [-1, -1], [-1, -1]
        outstanding: list[bool] = []
        last, overlaps = -1, 0
        for i, side in enumerate(self.sides):
            fresh = length[i] > 0 and end[i] > sent[side]
            if not self.flags[i] & RST:  # what a reset acknowledges, or ends, moves nothing
                sent[side] = max(sent[side], end[i])
                if self.flags[i] & ACK:
                    acknowledged[not side] = max(acknowledged[not side], ack[i])
            outstanding.append(sent[0] > acknowledged[0] or sent[1] > acknowledged[1])
            if not fresh:
                continue
            if last < 0:
                self._first(i)
            elif self.sides[last] == side:
                return False
            else:
                overlapping = ack[i] < sent[not side]
                overlaps += overlapping
                self._answer(last, i, overlapping)
            last = i
        if overlaps >= OVERLAPS:
            return False
        self._rest(last, outstanding)
        return True

    def _spend(self, until: int, sender: int, part: Part, way_ns: int = 0, *, here: bool = False) -> None:
        """Attribute the stretch up to segment ``until``, which ``sender`` sent; ``here``: without recovery."""
        begin, end = self.times[self._events[-1]], self.times[until]
        recovery = _recovered(self._spans, begin, end) if self._spans and not here else 0
        way = smallest(way_ns, end - begin - recovery)
        self._spent[Part.RECOVERY] += recovery
        self._spent[Part.NETWORK] += way
        self._spent[part] += end - begin - recovery - way
        self._events.append(until)
        self._stretches.append((sender, part, way, recovery))

    def _first(self, i: int) -> None:
        """Attribute the handshake, and the time up to the first payload, segment ``i``."""
        if i == 2:
            self._spend(i, CLIENT, Part.NETWORK)
            return
        self._spend(2, NO_SENDER, Part.NETWORK)
        side = int(self.sides[i])
        part, way_ns = (Part.SERVER_THINK, self.delays.to_server_ns) if side else (Part.CLIENT_THINK, 0)
        self._spend(i, side, part, way_ns, here=self._thought_here(side, 2, i))

    def _answer(self, earlier: int, later: int, overlapping: bool) -> None:
        side = int(self.sides[later])
        passed = self.times[later] - self.times[earlier]
        think = Part.SERVER_THINK if side else Part.CLIENT_THINK
        unclear = overlapping or (passed >= COMPARED_NS and self._refuted(side, earlier, later))
        part = Part.RECOVERY if self._lost(side, later) else Part.UNATTRIBUTED if unclear else think
        way_ns = self.delays.rtt_ns if overlapping else self.delays.to_end_ns(side)
        self._spend(later, side, part, way_ns, here=part is think and self._thought_here(side, earlier, later))

    def _thought_here(self, side: int, earlier: int, later: int) -> bool:
        """See `tcptui.analysis.timing.stretches`."""
        if not self._spans or not self.delays.captured_at(side):
            return False
        return not brings_news(self.view, slice(earlier + 1, later), 1 - side)

    def _refuted(self, side: int, earlier: int, later: int) -> bool:
        asked, at = np.array([earlier], np.int32), np.array([later], np.int32)
        return bool(SenderStamps(self.view, side).refuted(asked, at)[0])

    def _lost(self, side: int, i: int) -> bool:
        if self.delays.may_be_at(side) or self.times[i] - self.times[i - 1] <= pause_ns(self.delays.rtt_ns):
            return False
        if self.sides.count(bool(side)) <= HINT.steps:
            return False
        return bool(numbers_missing(self.view, side, np.array([i], np.int64))[0])

    def _rest(self, last: int, outstanding: list[bool]) -> None:
        """Attribute the time from the last payload (or the handshake, without any) to the end."""
        if last < 0:
            self._spend(2, NO_SENDER, Part.NETWORK)
        waiting = last >= 0 and not self.sides[last]
        for i in range(max(last, 2), len(self.times) - 1):
            if self.flags[i] & (FIN | RST):
                waiting = False
            part = Part.UNATTRIBUTED if waiting else Part.IDLE
            self._spend(i + 1, NO_SENDER, part, self.delays.rtt_ns if outstanding[i] else 0)
