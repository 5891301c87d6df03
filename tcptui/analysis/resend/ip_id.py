"""Finds packets that are missing from the capture by IP identification numbers (rules/findings.md#ip-packet-numbers).

Many stacks number the packets of a connection one by one (RFC 6864 asks for less).  Where they do, a step of more
than 1 means packets that were sent and are not in the capture.  All conclusions from these numbers are made here, with
one table of thresholds; `tcptui.findings.gates` checks first, by `may_skip`, whether there can be anything to find.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import chunks, flatnonzero32, indexes_of
from tcptui.model.batched import put
from tcptui.model.tcp_flags import RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I32, I64, U16


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds for believing that an end's numbers count the packets of this connection alone."""

    steps: int
    """Fewest steps from one packet to the next; so a side of no more packets than this is never believed."""
    percent: int
    """Least percentage of the steps that must be 1."""
    gap: int
    """Largest step that is a gap in this connection; a longer one, up to `LARGEST_STEP`, shows a shared counter."""
    special: bool
    """Whether SYNs and RSTs count: they may be sent without a socket, and be numbered by another counter."""


#: A larger step is another connection's traffic, or a counter that was reset.
LARGEST_STEP: Final = 64
#: A timer's first wait (RFC 6298, 2.1); a round trip longer than this is no ordinary path.
FIRST_TIMER_NS: Final = 1_000_000_000
#: For the time budget: what is missing was a first flight at most (RFC 6928: ten segments), and hosts behind a NAT, or
#: with a counter for all they send, leave out more than that sooner or later.
HINT: Final = Calibration(steps=8, percent=80, gap=11, special=True)
#: For findings (rules/findings.md#ip-packet-numbers).
PROOF: Final = Calibration(steps=8, percent=80, gap=LARGEST_STEP, special=False)


@dataclass(frozen=True, slots=True)
class IpIdGap:
    """``missing`` numbers are left out between two packets of one end, the segments ``before`` and ``after``."""

    before: int
    after: int
    missing: int


class PacketNumbers:
    """The IP numbers of one side's packets, as far as they are believed."""

    def __init__(self, view: StreamView, side: int, calibration: Calibration = HINT) -> None:
        self._numbers, self._times = view.ip_id, view.time_ns
        self._own = _numbered(view, side, calibration)
        steps = max(len(self._own) - 1, 0)
        ones, shared = 0, False
        for part in chunks(len(self._own), 1):
            step = self._step(np.arange(part.start, part.stop))
            ones += int(np.count_nonzero(step == 1))
            shared |= bool(((step > calibration.gap) & (step <= LARGEST_STEP)).any())
        #: Whether the numbers are believed: mostly they count one by one.
        self.told = not shared and steps >= calibration.steps and ones * 100 >= calibration.percent * steps

    def _step(self, place: I64) -> U16:
        """The step in number, modulo 2**16, to the packet at each ``place`` of the side's own from the one before."""
        number, before = self._numbers[self._own[place]], self._numbers[self._own[place - 1]]
        step: U16 = number - before - (number < before)  # behind the wrap: see `number_step`
        return step

    def missing(self, after: I32 | I64) -> NDArray[np.bool_]:
        """Whether packets are missing right before each of the segments ``after``; False without believed numbers."""
        lacking = np.zeros(len(after), np.bool_)
        for part in chunks(len(after)) if self.told else ():
            asked = after[part].astype(np.int32, copy=False)
            place = np.clip(self._own.searchsorted(asked), 1, len(self._own) - 1)
            lacking[part] = (self._own[place] == asked) & _leaves_out(self._step(place))
        return lacking

    def lost(self, after: I32 | I64) -> NDArray[np.bool_]:
        """`missing` packets that may have been copies of each of the segments ``after``, by how long these took.

        So many copies by a timer that begins with `FIRST_TIMER_NS` and doubles take no longer.
        """
        lacking = self.missing(after)
        found = indexes_of(lacking)
        place = self._own.searchsorted(after[found].astype(np.int32, copy=False))
        passed = self._times[self._own[place]] - self._times[self._own[place - 1]]
        lacking[found] = passed <= FIRST_TIMER_NS * (np.int64(1) << (self._step(place).astype(np.int64) - 1))
        return lacking

    def reach_ns(self, after: I32 | I64) -> I64:
        """How long before each of the segments ``after`` a `missing` copy of it was sent, at most (ns); 0: none was."""
        found: I64 = np.zeros(len(after), np.int64)
        lacking = indexes_of(self.missing(after))
        place = self._own.searchsorted(after[lacking].astype(np.int32, copy=False))
        reach = FIRST_TIMER_NS * ((np.int64(1) << (self._step(place).astype(np.int64) - 1)) - 1)
        told: I64 = put(found, lacking, reach)
        return told

    def skips(self) -> list[IpIdGap]:
        """All gaps; none when a step is neither 1 nor a gap: packets were reordered, or the counter is shared."""
        found: list[IpIdGap] = []
        for part in chunks(len(self._own), 1) if self.told else ():
            places = np.arange(part.start, part.stop)
            steps = self._step(places)
            odd = indexes_of(steps != 1)
            if not _leaves_out(steps[odd]).all():
                return []
            for place, step in zip(places[odd].tolist(), steps[odd].tolist(), strict=True):
                found.append(IpIdGap(int(self._own[place - 1]), int(self._own[place]), step - 1))
        return found


def numbers_missing(view: StreamView, side: int, after: I32 | I64) -> NDArray[np.bool_]:
    """`PacketNumbers.lost` of ``side``."""
    return PacketNumbers(view, side).lost(after)


def skipped(view: StreamView, side: int) -> list[IpIdGap]:
    """The gaps in the packet numbers of ``side``; empty unless it counts up by one for this connection alone.

    SYN-ACKs and resets without a socket carry number 0 and are left out, as is whatever the
    decoder calls a copy or a late packet: its number is smaller.
    """
    return PacketNumbers(view, side, PROOF).skips()


def may_skip(view: StreamView, side: int) -> bool:
    """Whether `skipped` can find anything, a much cheaper test: the last number is not the one that counting gives."""
    own = _numbered(view, side, PROOF)
    if len(own) <= PROOF.steps:
        return False
    first, last = view.ip_id.item(own[0]), view.ip_id.item(own[-1])
    return number_step(first, last) != (len(own) - 1) & 0xFFFF


def number_step(before: int, after: int) -> int:
    """How many numbers a counter went on from one packet's to another's, 1 for neighbours; neither is 0.

    0 is not counted: a stack leaves it out at the wrap, or its packet looks as if it had no number.
    """
    return (after - before - (after < before)) & 0xFFFF


def _numbered(view: StreamView, side: int, calibration: Calibration) -> I32:
    """The packets of ``side`` numbered by its counter; answers without a connection carry 0, and are left out."""
    own = view.from_server == bool(side)
    own &= view.ip_id != 0
    if not calibration.special:
        own &= (view.flags & (SYN | RST)) == 0
    return flatnonzero32(own)


def _leaves_out(step: U16) -> NDArray[np.bool_]:
    gap: NDArray[np.bool_] = (step > 1) & (step <= LARGEST_STEP)
    return gap
