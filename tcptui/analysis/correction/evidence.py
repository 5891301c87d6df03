"""One stream as the rules of hindsight see it: what was sent, by whom, and what has been found out so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.capture_point import FAR_TIMES, NEAR_NS, SHORTEST_TELLING_NS
from tcptui.analysis.correction.correction import Correction, Reason
from tcptui.analysis.kernel.columns import NOT_RECEIVED, PADDED, STALE
from tcptui.analysis.resend.classify import resends
from tcptui.analysis.stream.unwrapped_seq import NOTHING, sequence_space
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import largest
from tcptui.model.packet_store import OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_HALF, SEQ_MASK
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.analysis.resend.resend import Resend
    from tcptui.analysis.stream.view import StreamView

#: Most repeats of a packet that are examined: no end repeats more often for want of an answer (Linux: tcp_retries2);
#: what looks so is no TCP, and must not cost more the longer it goes on.
REPEATS: Final = 16
#: No end delays an acknowledgment for longer (RFC 1122, 4.2.3.2).
ACK_DELAY_NS: Final = 500_000_000

#: Reasons that mean a loss after the capture point, and what they become where the capture was made at the receiving
#: end: there the packet did arrive.
AT_THE_END: Final = {
    Reason.NO_THIRD_PACKET: Reason.NOT_ACCEPTED,
    Reason.NO_ANSWER: Reason.NO_EFFECT,
    Reason.FIN_LOST: Reason.NO_EFFECT,
    Reason.ACK_LOST: Reason.NO_EFFECT,
}


_STAMPED: Final = int(OptionBit.TIMESTAMPS)


class StreamEvidence:
    """A stream with the flags and corrections noted so far; a side is 0 for the client, 1 for the server."""

    def __init__(self, view: StreamView) -> None:
        self.view = view
        self.space = sequence_space(view)
        self.flags = np.zeros(len(view), np.int64)
        """Row flags for the kernel."""
        self.found: dict[int, Correction] = {}
        """Corrections by index of the packet."""
        self.time = view.time_ns
        self.of = (~view.from_server, view.from_server)
        """By side: whether it sent each segment."""
        self.kind = view.flags & (SYN | FIN | RST | ACK)
        self.loop = (view.min_rtt_from_server_ns, view.min_rtt_from_client_ns)
        """By side: time from the capture point to that side and back; 0 when not known."""
        self._mine = [indexes_of(mine) for mine in self.of]
        self.flags_of = [int(np.bitwise_or.reduce(self.kind[mine])) for mine in self._mine]
        """By side: the flags that any of its segments has."""
        self._sent: dict[tuple[int, int, int], NDArray[np.int64]] = {}
        """Cache of `sent`, because several rules ask for the same."""
        self._near: list[bool | None] = [None, None]
        self.stale = self._stale_segments()
        self.flags[self.stale] |= STALE
        if view.padding.any():
            self.flags[view.padding > 0] |= PADDED

    def _stale_segments(self) -> NDArray[np.bool_]:
        """Which segments are copies, or came later than ones sent after them: by cause, ACK number or timestamp."""
        view = self.view
        stale = np.zeros(len(view), np.bool_)
        for resend in resends(view):
            stale[resend.index] = _is_old(resend)
        stamped = (view.options & _STAMPED) != 0
        stamped &= (self.kind & RST) == 0
        for mine, acknowledged in zip(self._mine, self.space.acknowledged[::-1], strict=True):
            if len(mine) < 2:
                continue
            acks = self.space.ack[mine]
            stale[mine] |= (acks != NOTHING) & (acks < acknowledged[mine])
            chosen = mine[stamped[mine]]
            if len(chosen):
                ages = (view.ts_value[chosen].astype(np.int64) - view.ts_value.item(chosen[0]) + SEQ_HALF) & SEQ_MASK
                stale[chosen] |= ages < np.maximum.accumulate(ages)
        return stale

    def is_near(self, side: int) -> bool:
        """Whether the capture was made at this end."""
        if self._near[side] is None:
            self._near[side] = self._placed(side)
        return bool(self._near[side])

    def _placed(self, side: int) -> bool:
        view = self.view
        own, other = self.loop[side], self.loop[1 - side]
        if not own:
            syns, answers = self.sent(1 - side, SYN | ACK, SYN), self.sent(side, SYN | ACK, SYN | ACK)
            own = self.time.item(answers[0]) - self.time.item(syns[-1]) if len(syns) and len(answers) else 0
            own = own if own > 0 and answers[0] > syns[-1] else 0
        whole = largest(own + other, view.irtt_ns)
        if other or view.irtt_ns > 0:
            return 0 < own < NEAR_NS and whole > FAR_TIMES * own and whole >= SHORTEST_TELLING_NS
        return 0 < own < NEAR_NS  # the other end never answered anything

    def echoes(self, speaker: int, packet: int) -> bool:
        """Whether the segment ``speaker`` echoes the timestamp of the segment ``packet``."""
        view = self.view
        stamped = int(view.options[speaker]) & int(view.options[packet]) & _STAMPED
        return bool(stamped) and view.ts_echo.item(speaker) == view.ts_value.item(packet)

    def sent(self, side: int, mask: int, value: int) -> NDArray[np.int64]:
        """Segments of ``side`` whose flags, under ``mask``, are ``value``."""
        asked = side, mask, value
        found = self._sent.get(asked)
        if found is None:
            # Most rules ask for what the side never sent.
            never = value & ~self.flags_of[side]
            found = self._mine[side][:0] if never else indexes_of(self.of[side] & ((self.kind & mask) == value))
            self._sent[asked] = found
        return found

    def between(self, side: int, after: int, before: int) -> NDArray[np.int64]:
        """Segments of ``side`` after one index and before another."""
        mine = self._mine[side]
        return mine[mine.searchsorted(after, "right") : mine.searchsorted(before)]

    def untaken(self, which: Iterable[int], side: int, reason: Reason, evidence: int) -> None:
        """Note that the segments ``which`` had not reached ``side`` when it sent ``evidence``."""
        for index in which:
            self.note(int(index), side, NOT_RECEIVED, reason, evidence)

    def note(self, index: int, side: int, flag: int, reason: Reason, evidence: int) -> None:
        """Note that ``evidence`` (-1: silence) shows that ``index`` did not have its assumed effect on ``side``.

        ``flag`` is the row flag that tells the kernel so.
        """
        if reason in AT_THE_END and self.is_near(side):
            reason = AT_THE_END[reason]
        self.flags[index] |= flag
        self.found.setdefault(index, Correction(index, bool(side), reason, evidence))


def _is_old(resend: Resend) -> bool:
    """Whether it is a copy made by the network, or a segment that others overtook."""
    return resend.copy or (resend.cause is ResendCause.NONE and resend.proved)
