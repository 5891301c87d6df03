"""A sender's knowledge when it sent: the ACKs that had reached it, and what it had sent before.

A passive observer sees packets at one point of the path.  The TSecr chain (RFC 7323,
4.3) tells which packet of the peer had arrived when a segment left; without timestamps
the newest packet seen here is taken, which is exact for a capture made at the sender.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.ip_id import number_step
from tcptui.analysis.stream.unwrapped_seq import NOTHING, SequenceSpace, cells
from tcptui.analysis.stream.view import StreamView
from tcptui.model.arrays import chunks, first_after, flatnonzero32, indexes_of
from tcptui.model.batched import NumberDict, integer, places_of, put
from tcptui.model.packet_store import I64, OptionBit
from tcptui.model.seq import SEQ_HALF, SEQ_MASK, ahead
from tcptui.model.tcp_flags import RST, SYN
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

#: Beyond every number.
LARGEST: Final = 1 << 62
#: What follows an ACK later than this, a program's pause let go; round trips are shorter.
LONGEST_ANSWER_NS: Final = 1_000_000_000
#: Fewest delays by which the way to a sender is measured.
FEWEST_ANSWERS: Final = 5

# Plain integers: for single segments, the arithmetic of enums costs more than what is computed.
_STAMPED: Final = int(OptionBit.TIMESTAMPS)
_PERMITTED: Final = int(OptionBit.SACK_PERMITTED)
_SACK: Final = int(OptionBit.SACK)
_PROBE: Final = int(Verdict.ZERO_WINDOW_PROBE)
_DUPLICATE: Final = int(Verdict.DUPLICATE_ACK)


class TsEchoIndex:
    """Timestamped segments of one side: tells by an echoed timestamp which of them the *other* side had received."""

    def __init__(self, view: StreamView, side: int) -> None:
        stamped = view.from_server == bool(side)
        stamped &= (view.options & _STAMPED) != 0
        stamped &= (view.flags & RST) == 0
        chosen = flatnonzero32(stamped)
        self._index = cells(chosen)
        self._origin = view.ts_value.item(chosen[0]) if len(chosen) else 0
        # Relative to the first timestamp, as signed 32-bit numbers: before it, or after it.
        ages = view.ts_value[chosen]
        ages -= ages[:1]
        signed = ages.view(np.int32)
        self._ages = cells(np.maximum.accumulate(signed, out=signed))

    def newest_echoed(self, echo: int) -> int:
        """Index of the newest segment whose TSval is at most ``echo``; -1 when there is none."""
        age = ahead(echo, self._origin)
        position = bisect_right(self._ages, age)
        return self._index[position - 1] if position else -1


class Sent:
    """The bytes that one side had sent, each with its segment: first copies and resends.

    First copies are the segments that moved the side's highest number on; they are
    sorted by number, so a copy is found by bisection.  Resends are noted as they are met.
    """

    def __init__(self, view: StreamView, space: SequenceSpace, side: int) -> None:
        # A probe's byte is not counted as sent, by its sender (RFC 9293, 3.8.6.1) nor by tshark: it is sent again.
        sends = view.from_server == bool(side)
        sends &= view.end != view.seq
        sends &= (view.verdict & _PROBE) == 0
        # Memory that is not written to costs nothing.
        most = int(np.count_nonzero(sends))
        starts: I64 = np.empty(most, np.int64)
        index = np.empty(most, np.int32)
        done, highest = 0, -LARGEST
        for part in chunks(len(view)):
            mine = indexes_of(sends[part]) + part.start
            end = space.end[mine]
            before = np.maximum.accumulate(np.concatenate(([highest], end)))
            highest = integer(before[-1])
            new = end > before[:-1]
            upto = done + int(np.count_nonzero(new))
            # A resend may carry new bytes behind old ones: only those are its first copy, and starts stay sorted.
            starts = put(starts, slice(done, upto), np.maximum(space.seq[mine[new]], before[:-1][new]))
            index[done:upto] = mine[new]
            done = upto
        self._start = cells(starts[:done])
        self._index = cells(index[:done])
        self._first_copies = starts[:done], index[:done]
        self._space_end = space.end
        self._again = NumberDict[int]()
        self._filled = NumberDict[int]()

    def _end(self, position: int) -> int:
        return integer(self._space_end[self._index[position]])

    def note(self, index: int, start: int, end: int) -> None:
        """Remember that ``index`` sent ``start``..``end`` again, or for the first time into a hole."""
        self._again[start] = index
        self._filled[start] = max(end, self._filled.get(start, end))

    def last_copy(self, start: int, before: int) -> int:
        """The newest segment before ``before`` that carried byte ``start``; -1 when none passed here."""
        return max(self._again.get(start, -1), self.first_copy(start, before))

    def first_copy(self, start: int, before: int) -> int:
        """The segment that first carried byte ``start``; -1 when it did not pass here before ``before``."""
        position = bisect_right(self._start, start) - 1
        if position < 0 or self._end(position) <= start or self._index[position] >= before:
            return -1
        return self._index[position]

    def sent_just_after(self, start: int, before: int) -> int:
        """The first copy of the bytes that follow ``start``: tells when a missing segment was sent; -1 without one."""
        position = bisect_right(self._start, start)
        if position >= len(self._index) or self._index[position] >= before:
            return -1
        return self._index[position]

    def covered(self, start: int, end: int, before: int) -> bool:
        """Whether all of ``start``..``end`` passed here before segment ``before``."""
        passed: list[int] = []
        while start < end:
            passed.append(start)
            filled = self._filled.get(start, start)
            if filled > start:
                start = filled
                continue
            position = bisect_right(self._start, start) - 1
            if position < 0 or self._end(position) <= start or self._index[position] >= before:
                break
            if len(passed) > 1:
                position = min(first_after(self._run_ends, position), bisect_left(self._index, before)) - 1
            start = self._end(position)
        # Who comes to one of these numbers again need not follow the same steps.
        for number in passed if len(passed) > 2 else ():
            self._filled[number] = start
        return start >= end

    @cached_property
    def _run_ends(self) -> list[int]:
        """First copies that do not begin where the one before ends, by their place; and where all end."""
        starts, index = self._first_copies
        holes = indexes_of(starts[1:] != self._space_end[index[:-1]]) + 1 if len(index) else index
        return [*holes.tolist(), len(index)]


class DuplicateAcks:
    """Counts tshark's duplicate ACKs of one side between two moments."""

    def __init__(self, view: StreamView, space: SequenceSpace, data_side: int) -> None:
        duplicates = view.from_server != bool(data_side)
        duplicates &= (view.verdict & _DUPLICATE) != 0
        self._count = len(view)
        self._duplicates = cells(flatnonzero32(duplicates))
        self._acknowledged = space.acknowledged[data_side]

    def progress(self, acknowledged: int) -> int:
        """Index of the peer's segment that first acknowledged up to ``acknowledged``."""
        return int(places_of(self._acknowledged, acknowledged, side="left"))

    def since(self, index: int, until: int) -> int:
        """Duplicate ACKs after segment ``index`` up to and including ``until``."""
        if until < 0 or index >= self._count:
            return 0
        return max(0, bisect_right(self._duplicates, until) - bisect_right(self._duplicates, index))


@dataclass(frozen=True, slots=True)
class Silence:
    """A sender fell silent, then sent the first missing byte, then bytes far ahead: what lies between was lost."""

    before: int
    """Its last segment before the silence."""
    index: int
    """Its first segment after the silence."""
    start: int
    end: int
    """The bytes between that segment and the next."""
    counted: bool
    """IP packet numbers show that packets of it are missing: it had sent those bytes before."""
    waited_ns: int
    """How long it lasted."""


class Silences:
    """Silences by the bytes that were lost in them."""

    def __init__(self, found: Sequence[Silence]) -> None:
        """``found``: in the order of their indexes; bytes may be of several."""
        self._found = found
        waiting = sorted(range(len(found)), key=lambda place: found[place].start, reverse=True)
        self._bounds = sorted(bound for silence in found for bound in (silence.start, silence.end))
        """Where others are the first from."""
        self._first: list[int] = []
        """By bound: the place of the first that has the number; -1: none has."""
        open_now: list[int] = []
        for bound in self._bounds:
            while waiting and found[waiting[-1]].start <= bound:
                heappush(open_now, waiting.pop())
            while open_now and found[open_now[0]].end <= bound:
                heappop(open_now)
            self._first.append(open_now[0] if open_now else -1)

    def first_with(self, number: int) -> Silence | None:
        """The first silence that has the byte ``number``; None without one."""
        place = bisect_right(self._bounds, number) - 1
        first = self._first[place] if place >= 0 else -1
        return self._found[first] if first >= 0 else None


def silences(
    view: StreamView, space: SequenceSpace, side: int, least_ns: int, reach: int, loop_ns: int
) -> list[Silence]:
    """Silences of ``side`` of at least ``least_ns`` that a time-out ended, in a capture that lacks the lost copies.

    ``reach``: how far apart numbers of one counter may be.  ``loop_ns``: from here to ``side`` and back.
    """
    mine = view.from_server == bool(side)
    carrying = flatnonzero32(mine & (view.end != view.seq))
    found = []
    for before, index in _quiet(view, mine, least_ns):
        if view.end[index] == view.seq[index]:
            continue
        later = int(carrying.searchsorted(np.int32(index), side="right"))
        end = integer(space.end[index])
        peer = int(space.latest[1 - side][index])
        if peer >= 0 and view.time_ns[index] - view.time_ns[peer] < least_ns + loop_ns:
            continue  # it may have waited for the other end to speak
        if later == len(carrying) or space.acknowledged[side][index] != space.seq[index]:
            continue
        following = integer(space.seq[carrying[later]])
        if following <= end:
            continue
        numbers = view.ip_id.item(before), view.ip_id.item(index)
        counted = all(numbers) and 1 < number_step(*numbers) < reach
        if counted or not all(numbers):
            waited = view.time_ns.item(index) - view.time_ns.item(before)
            found.append(Silence(before, index, end, following, counted, waited))
    return found


def _quiet(view: StreamView, mine: NDArray[np.bool_], least_ns: int) -> Iterator[tuple[int, int]]:
    """Pairs of successive segments, of those that are ``mine``, with at least ``least_ns`` in between."""
    earlier = -1
    for part in chunks(len(view)):
        rows = indexes_of(mine[part]) + part.start
        if not len(rows):
            continue
        rows = np.concatenate(([earlier if earlier >= 0 else rows[0]], rows))
        for place in indexes_of(np.diff(view.time_ns[rows]) >= least_ns).tolist():
            yield int(rows[place]), int(rows[place + 1])
        earlier = int(rows[-1])


def answer_delay_ns(view: StreamView, space: SequenceSpace, side: int) -> int:
    """How long new data of ``side`` take to follow an ACK of all that it had sent; 0 where that is not shown.

    That is the time from the capture point to ``side`` and back where no ACK of its own measures it.  Its program's
    pauses make such times longer and data under way shorter, so it is the lower quartile of those up to
    `LONGEST_ANSWER_NS`.
    """
    acknowledged, sent = space.acknowledged[side], space.sent[side]
    if len(view) <= FEWEST_ANSWERS:
        return 0
    moved = indexes_of(acknowledged[1:] > acknowledged[:-1]) + 1
    if len(moved) < FEWEST_ANSWERS:
        return 0
    mine = view.from_server == bool(side)
    carrying = flatnonzero32(mine & (view.end != view.seq))
    moved = moved[(acknowledged[moved] >= sent[moved]) & (sent[moved] > NOTHING)]
    following = carrying.searchsorted(moved.astype(np.int32), side="right")
    followed = following < len(carrying)
    delays = view.time_ns[carrying[following[followed]]] - view.time_ns[moved[followed]]
    delays = np.sort(delays[delays <= LONGEST_ANSWER_NS])
    return integer(delays[len(delays) // 4]) if len(delays) >= FEWEST_ANSWERS else 0


def sack_agreed(view: StreamView) -> bool | None:
    """Whether both SYNs offered SACK (RFC 2018, 2); None when they were not seen and no block was either."""
    syns = (view.flags & SYN) != 0
    offers = [view.options[syns & mine] for mine in (~view.from_server, view.from_server)]
    if all(len(options) for options in offers):
        return all(bool(int(options[0]) & _PERMITTED) for options in offers)
    return True if (view.options & _SACK).any() else None


def timestamp_tick_ns(view: StreamView, side: int) -> int:
    """Time per count of ``side``'s timestamp clock, from its first and last segment; 0 when it did not advance."""
    key = timestamp_tick_ns, side
    if key not in view.kept:
        view.kept[key] = _tick_ns(view, side)
    found: int = view.kept[key]
    return found


def _tick_ns(view: StreamView, side: int) -> int:
    stamped = (view.from_server == bool(side)) & ((view.options & _STAMPED) != 0)
    first, last = int(stamped.argmax()), len(stamped) - 1 - int(stamped[::-1].argmax())
    if last <= first or not stamped[first]:
        return 0
    counts = (view.ts_value.item(last) - view.ts_value.item(first)) & SEQ_MASK
    elapsed = view.time_ns.item(last) - view.time_ns.item(first)
    return elapsed // counts if 0 < counts < SEQ_HALF else 0
