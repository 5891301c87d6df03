"""Copies that did not come in time: how long an answer was surely waited for, wherever the capture was made."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.ip_id import FIRST_TIMER_NS, Calibration, PacketNumbers
from tcptui.analysis.timing.recovery import HELD_BACK_NS
from tcptui.analysis.timing.sender_stamps import SenderStamps
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import ahead

if TYPE_CHECKING:
    from tcptui.analysis.resend.resend import Resend
    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.packet_store import I32, I64

#: Packets behind an answer among which its first copy may be, late.
LATE_REACH: Final = 64
#: Believed for short connections, too: of their few steps, half are 1 where others are lost or overtaken.
_SHORT: Final = Calibration(steps=3, percent=50, gap=11, special=True)


def surely_waited_ns(connection: ConnectionFacts, asked: int, answer: int) -> int:
    """From segment ``asked`` to its ``answer``, less what may have passed while a copy of either was on its way (ns).

    At the end that answers, every copy is seen when it comes or leaves.  Elsewhere the request may have arrived no
    sooner than its last repetition before that end acknowledged it; an answer had been sent before where an older copy
    of it comes later, and may have been as long before as IP packet numbers leave room for one that never came.
    """
    if connection.at_sender(connection.side[answer]):
        return connection.time[answer] - connection.time[asked]
    if _comes_late(connection, answer):
        return 0
    side = connection.side[answer]
    before_ns = int(sent_before_ns(connection.view, side, _one(answer))[0])
    before_ns = max(before_ns, _unheard_ns(connection, asked, answer), held_ns(connection, asked, answer))
    return max(connection.time[answer] - before_ns - connection.time[_last_copy(connection, asked, answer)], 0)


def held_ns(connection: ConnectionFacts, asked: int, answer: int) -> int:
    """How long segment ``answer`` was held on its way, or the capture's clock jumped, by its sender's stamps (ns)."""
    return int(_stamps(connection.view, connection.side[answer]).held_ns(_one(asked), _one(answer))[0])


def _unheard_ns(connection: ConnectionFacts, asked: int, answer: int) -> int:
    """How long before it the ``answer`` may have been sent, as it is the first to acknowledge what was ``asked`` (ns).

    No stack takes so long for that: a first copy of the answer may have been lost, or the acknowledgment, or what was
    asked.  Where IP packet numbers tell, nothing is left open.
    """
    if connection.context.quality.kinds.lacks_bare_acks or _numbers(connection.view, connection.side[answer]).told:
        return 0
    side, end = connection.side[asked], int(connection.space.end[asked])
    covered = int(connection.space.acknowledged[side].searchsorted(end, side="left"))
    late_ns = connection.time[answer] - connection.time[asked] - connection.budget.delays.rtt_ns
    return FIRST_TIMER_NS if covered >= answer and late_ns > HELD_BACK_NS else 0


def _last_copy(connection: ConnectionFacts, asked: int, answer: int) -> int:
    """Index of the last copy of the end of the request, ``asked``, that may have been the first to arrive."""
    side, end = connection.side[asked], int(connection.space.end[asked])
    covered = int(connection.space.acknowledged[side].searchsorted(end, side="left"))
    copies = (
        again.index
        for again in resends_between(connection, asked, min(covered, answer))
        if connection.side[again.index] == side
        and int(connection.space.seq[again.index]) < end <= int(connection.space.end[again.index])
    )
    return max(copies, default=asked)


def had_been_sent(connection: ConnectionFacts, index: int) -> bool:
    """Whether segment ``index`` is a repetition whose first copy was lost on its way here, or comes late."""
    numbers = _numbers(connection.view, connection.side[index])
    return bool(numbers.lost(_one(index))[0]) or _comes_late(connection, index)


def _one(index: int) -> I32:
    return np.array([index], np.int32)


def _comes_late(connection: ConnectionFacts, index: int) -> bool:
    """Whether an older copy of segment ``index`` comes behind it."""
    view, side = connection.view, connection.side[index]
    if not int(view.options[index]) & OptionBit.TIMESTAMPS:
        return False
    return any(
        connection.side[i] == side
        and connection.seq[i] == connection.seq[index]
        and connection.length[i] > 0
        and bool(int(view.options[i]) & OptionBit.TIMESTAMPS)
        and ahead(view.ts_value.item(i), view.ts_value.item(index)) < 0
        for i in range(index + 1, min(index + LATE_REACH, connection.count))
    )


def sent_before_ns(view: StreamView, side: int, indexes: I32 | I64) -> I64:
    """How long before each of the segments ``indexes`` of ``side`` IP packet numbers let a first copy be sent (ns)."""
    return _numbers(view, side).reach_ns(indexes)


def resends_between(connection: ConnectionFacts, after: int, before: int) -> tuple[Resend, ...]:
    """The segments sent again between the segments ``after`` and ``before``."""
    found = connection.resends
    first = bisect_right(found, after, key=lambda resend: resend.index)
    return found[first : bisect_left(found, before, lo=first, key=lambda resend: resend.index)]


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
