"""Copies that did not come in time: how long an answer was surely waited for, wherever the capture was made."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.classify import resends
from tcptui.analysis.resend.ip_id import FIRST_TIMER_NS, Calibration, PacketNumbers
from tcptui.analysis.stream.unwrapped_seq import sequence_space
from tcptui.analysis.timing.recovery import LONGEST_DELAYED_ACK_NS
from tcptui.analysis.timing.sender_stamps import SenderStamps
from tcptui.analysis.timing.uncaptured import lacking, uncaptured_at
from tcptui.model.batched import integer, places_of
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import ahead

if TYPE_CHECKING:
    from tcptui.analysis.resend.resend import Resend
    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I32, I64

#: Packets behind an answer among which its first copy may be, late.
LATE_REACH: Final = 64
#: Believed for short connections, too: of their few steps, half are 1 where others are lost or overtaken.
_SHORT: Final = Calibration(steps=3, percent=50, gap=11, special=True)


@dataclass(frozen=True, slots=True)
class LateCopies:
    """What of the waits of one stream may have passed while copies were on their way.  Segments are told by index."""

    view: StreamView
    rtt_ns: int
    captured_at: tuple[bool, bool]
    """Whether the capture was made at the client, and at the server."""
    lacks_bare_acks: bool
    """A filter may have left out acknowledgments without data."""

    def surely_waited_ns(self, asked: int, answer: int) -> int:
        """From segment ``asked`` to its ``answer``, less what may have passed with a copy of either on its way (ns).

        At the end that answers, every copy is seen when it comes or leaves.  Elsewhere the request may have arrived no
        sooner than its last repetition before that end acknowledged it; an answer had been sent before where an older
        copy of it comes later, and may have been as long before as IP packet numbers leave room for one that never
        came.
        """
        side = self._side(answer)
        if lacking(uncaptured_at(self.view, sequence_space(self.view)), asked, answer):
            return 0  # what the end answered, or had answered before, is not here
        if self.captured_at[side]:
            return self._time(answer) - self._time(asked)
        if self._comes_late(answer):
            return 0
        before_ns = int(sent_before_ns(self.view, side, _one(answer))[0])
        before_ns = max(before_ns, self._unheard_ns(asked, answer), self.held_ns(asked, answer))
        since_ns = self._time(self._last_copy(asked, answer))
        heard = self._acknowledged_at(asked)
        if heard < answer and self._time(heard) - since_ns > self.rtt_ns + LONGEST_DELAYED_ACK_NS:
            since_ns = self._time(heard)
        return max(self._time(answer) - before_ns - since_ns, 0)

    def held_ns(self, asked: int, answer: int) -> int:
        """How long segment ``answer`` was held on its way, or the capture's clock jumped, by its sender's stamps."""
        return int(_stamps(self.view, self._side(answer)).held_ns(_one(asked), _one(answer))[0])

    def had_been_sent(self, index: int) -> bool:
        """Whether segment ``index`` is a repetition whose first copy was lost on its way here, or comes late."""
        numbers = _numbers(self.view, self._side(index))
        return bool(numbers.lost(_one(index))[0]) or self._comes_late(index)

    def resends_between(self, after: int, before: int) -> tuple[Resend, ...]:
        """The segments sent again between the segments ``after`` and ``before``."""
        found = resends(self.view)
        first = bisect_right(found, after, key=lambda resend: resend.index)
        return found[first : bisect_left(found, before, lo=first, key=lambda resend: resend.index)]

    def _side(self, index: int) -> int:
        return int(self.view.from_server[index])

    def _time(self, index: int) -> int:
        return self.view.time_ns.item(index)

    def _acknowledged_at(self, asked: int) -> int:
        """Index of the first segment that acknowledges the end of segment ``asked``."""
        space = sequence_space(self.view)
        return int(places_of(space.acknowledged[self._side(asked)], integer(space.end[asked]), side="left"))

    def _unheard_ns(self, asked: int, answer: int) -> int:
        """How long before it the ``answer`` may have been sent, as the first to acknowledge what was ``asked`` (ns).

        No stack takes so long for that: a first copy of the answer may have been lost, or the acknowledgment, or what
        was asked.  Where IP packet numbers tell, nothing is left open.
        """
        if self.lacks_bare_acks or _numbers(self.view, self._side(answer)).told:
            return 0
        late_ns = self._time(answer) - self._time(asked) - self.rtt_ns
        return FIRST_TIMER_NS if self._acknowledged_at(asked) >= answer and late_ns > LONGEST_DELAYED_ACK_NS else 0

    def _last_copy(self, asked: int, answer: int) -> int:
        """Index of the last copy of the end of the request, ``asked``, that may have been the first to arrive."""
        space, side = sequence_space(self.view), self._side(asked)
        end = integer(space.end[asked])
        copies = (
            again.index
            for again in self.resends_between(asked, min(self._acknowledged_at(asked), answer))
            if self._side(again.index) == side
            and integer(space.seq[again.index]) < end <= integer(space.end[again.index])
        )
        return max(copies, default=asked)

    def _comes_late(self, index: int) -> bool:
        """Whether an older copy of segment ``index`` comes behind it."""
        view = self.view
        if not int(view.options[index]) & OptionBit.TIMESTAMPS:
            return False
        return any(
            view.from_server[i] == view.from_server[index]
            and view.seq[i] == view.seq[index]
            and view.length[i] > 0
            and bool(int(view.options[i]) & OptionBit.TIMESTAMPS)
            and ahead(view.ts_value.item(i), view.ts_value.item(index)) < 0
            for i in range(index + 1, min(index + LATE_REACH, len(view)))
        )


def sent_before_ns(view: StreamView, side: int, indexes: I32 | I64) -> I64:
    """How long before each of the segments ``indexes`` of ``side`` IP packet numbers let a first copy be sent (ns)."""
    return _numbers(view, side).reach_ns(indexes)


def _one(index: int) -> I32:
    return np.array([index], np.int32)


def _stamps(view: StreamView, side: int) -> SenderStamps:
    """The timestamp clock of ``side``, measured once."""
    kept: list[SenderStamps | None] = view.kept.setdefault(_stamps, [None, None])
    stamps = kept[side]
    if stamps is None:
        stamps = kept[side] = SenderStamps(view, side)
    return stamps


def _numbers(view: StreamView, side: int) -> PacketNumbers:
    """The packet numbers of ``side``, prepared once."""
    kept: list[PacketNumbers | None] = view.kept.setdefault(_numbers, [None, None])
    numbers = kept[side]
    if numbers is None:
        numbers = kept[side] = PacketNumbers(view, side, _SHORT)
    return numbers
