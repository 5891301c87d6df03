"""Why was this segment sent again?  One answer per suspicious segment, or an honest *unknown*.

The rules, first match wins: rules/findings.md#why-a-segment-was-sent-again.  The RFCs: 5681 and
6675 for recovery by duplicate ACKs and SACK, 8985 for RACK and the tail-loss probe, 6298
for the retransmission time-out, 9293 (3.8.6.1) for window probes, 1122 (4.2.3.6) for
keep-alives.  Only segments that tshark's verdict makes suspicious are visited one by one,
so the cost grows with the stream by array operations alone.

A lone segment after silence looks the same as probe and as time-out.  The probe timer is never later than
the retransmission timer (RFC 8985, 7.2), and there is no probe without SACK (RFC 8985, 3): so with SACK it is
taken for the probe, unless doubling gaps show a sender that does not probe, and without SACK for the time-out.

Not attempted: stacks whose time-out is below `RTO_MIN_NS` (FreeBSD allows 30 ms) come
out as unknown rather than as a probe.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np

from tcptui.analysis.capture_point import FAR_TIMES, NEAR_NS
from tcptui.analysis.resend.copies import (
    NUMBER_REACH,
    REORDERING_DEFAULT_NS,
    empty_copy,
    network_copy,
    number_missing,
    overtaken,
    suspicious_segments,
)
from tcptui.analysis.resend.eifel import echoes_earlier_copy
from tcptui.analysis.resend.ip_id import PROOF, PacketNumbers
from tcptui.analysis.resend.resend import RTO_MIN_NS, SUSPICIOUS, Resend
from tcptui.analysis.resend.same_start import SameStart
from tcptui.analysis.resend.sender_view import (
    DuplicateAcks,
    Sent,
    Silence,
    Silences,
    TsEchoIndex,
    answer_delay_ns,
    sack_agreed,
    silences,
)
from tcptui.analysis.stream.unwrapped_seq import NOTHING, SequenceSpace, cells, sequence_space
from tcptui.analysis.stream.view import StreamView
from tcptui.model.arrays import first_after, indexes_of
from tcptui.model.batched import integer, largest, places_of
from tcptui.model.packet_store import U8, DecodeIssue, OptionBit
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, RST, SYN
from tcptui.model.verdict import Verdict

#: RFC 8985, 7.2: a probe waits two smoothed RTTs; the smallest RTT seen is a lower bound of the smoothed one.
PROBE_WAIT_NUMERATOR: Final = 3
PROBE_WAIT_DENOMINATOR: Final = 2
#: RFC 8985, 7.2 (TLP.max_ack_delay): added to the probe's wait when one segment is in flight.
ACK_DELAY_NS: Final = 200_000_000
#: Each further time-out doubles (RFC 6298, 5.5), within this share.
BACKOFF_TOLERANCE: Final = 0.15
#: Duplicate ACKs that start a fast retransmission (RFC 5681, 3.2).
DUPLICATE_ACKS: Final = 3
#: What an ACK sets off leaves within this (a scheduler's delay) and this part of the round trip (its jitter) after it.
ACK_CLOCK_NS: Final = 5_000_000
ACK_CLOCK_RTT_PARTS: Final = 8
#: Copies above this share of the segments mean a mirror port, not the network (rules/findings.md#capture-duplicates).
MIRROR_SHARE: Final = 0.3
#: A crossing SYN is looked for among so many first segments of the other end.
_FIRST: Final = 4
_SYN_ACK: Final = SYN | ACK
_CUT: Final = int(DecodeIssue.HEADER_CUT)

_T = TypeVar("_T")


def causes(view: StreamView) -> U8:
    """`ResendCause` of every segment of ``view``; `ResendCause.NOT_RESENT` where the question does not arise."""
    column = np.zeros(len(view), np.uint8)
    for resend in resends(view):
        column[resend.index] = resend.cause
    return column


def resends(view: StreamView) -> tuple[Resend, ...]:
    """All suspicious segments of ``view`` in order, judged once."""
    if resends not in view.kept:
        suspect = (view.verdict & SUSPICIOUS).any() or (view.issues & _CUT).any()
        view.kept[resends] = _judged(view) if suspect else ()
    found: tuple[Resend, ...] = view.kept[resends]
    return found


def _judged(view: StreamView) -> tuple[Resend, ...]:
    space = sequence_space(view)
    suspicious = suspicious_segments(view, space)
    judge = _Judge(view, space, suspicious)
    found = [judge.judge(index) for index in suspicious]
    copies = sum(resend.copy for resend in found)
    carriers = int(np.count_nonzero(view.end != view.seq))
    if copies > MIRROR_SHARE * carriers and copies > 1:
        # A mirror port or `-i any` shows every packet twice: nothing was duplicated on the network.
        found = [replace(resend, cause=ResendCause.NONE) if resend.copy else resend for resend in found]
    return tuple(found)


class _BySide(dict[int, _T]):
    """A value of each side, made when it is first asked for: many resends need those of one side, or none."""

    def __init__(self, make: Callable[[int], _T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, side: int) -> _T:
        value = self[side] = self._make(side)
        return value


class _Judge:
    """Applies the rules, and keeps what happened so far on each side; indexes must be judged in order."""

    def __init__(self, view: StreamView, space: SequenceSpace, suspicious: list[int]) -> None:
        self._view = view
        self._space = space
        self._suspicious = suspicious
        self._time = cells(view.time_ns)
        self._sent = _BySide(lambda side: Sent(view, space, side))
        self._heard = _BySide(lambda side: TsEchoIndex(view, side))
        self._duplicates = _BySide(lambda side: DuplicateAcks(view, space, side))
        #: By side: time from the capture point to that side and back.
        measured = (view.min_rtt_from_server_ns, view.min_rtt_from_client_ns)
        self._loop = tuple(loop or answer_delay_ns(view, space, side) for side, loop in enumerate(measured))
        both = sum(self._loop) if all(self._loop) else 0
        self._rtt = largest(view.irtt_ns, 0) or both or largest(*self._loop)
        self._clocked_ns = self._rtt // ACK_CLOCK_RTT_PARTS + ACK_CLOCK_NS
        """Longest silence after which a segment may still have been sent because of the ACK before it."""
        self._timeout_until = [NOTHING, NOTHING]
        """By side: highest number sent at the last time-out; resends below it belong to that."""
        self._timed_out = [-1, -1]
        """By side: index of the segment that the last time-out sent again; -1 without one."""
        self._timer_ns = [0, 0]
        """By side: how long the timer ran before the last time-out."""
        self._probed = [NOTHING, NOTHING]
        """By side: highest number sent when the tail was last probed."""
        self._recovery_until = [NOTHING, NOTHING]
        """By side: highest number sent when the last fast recovery began (RecoveryPoint of RFC 6675)."""
        self._begun = _BySide(lambda side: indexes_of(view.from_server == bool(side))[:_FIRST].tolist())
        """By side: its first segments."""
        self._syn_acks = _BySide(
            lambda side: indexes_of((view.from_server == bool(side)) & (view.flags == _SYN_ACK)).tolist()
        )
        """By side: its SYN-ACKs."""
        loop = self._loop  # not `self`: in a cycle the view would be freed late
        self._silences = _BySide(
            lambda side: Silences(silences(view, space, side, RTO_MIN_NS, NUMBER_REACH, loop[side]))
        )
        self._numbers = _BySide(lambda side: PacketNumbers(view, side, PROOF))

    @cached_property
    def _sack(self) -> bool | None:
        return sack_agreed(self._view)

    def judge(self, i: int) -> Resend:
        """The first rule of the table that fits segment ``i`` (rules/findings.md#why-a-segment-was-sent-again)."""
        view, side = self._view, int(self._view.from_server[i])
        start, end = integer(self._space.seq[i]), integer(self._space.end[i])
        if i == 0:
            return Resend(i, ResendCause.UNKNOWN)
        sent = self._sent[side]
        previous = sent.last_copy(start, i)
        resend = network_copy(view, i, previous, self._rtt) or overtaken(view, self._space, i, side, previous)
        if resend is None and end == start:
            resend = empty_copy(view, self._space, i, side, self._rtt)
        if resend is None and int(view.flags[i]) & SYN:
            resend = self._syn(i, side, previous)
        if resend is None:
            known = self._known(i, side)
            resend = self._syn_data(i, side, start, previous)
            resend = resend or self._probe(i, side, start, end, known, previous)
            if resend is None and start >= integer(self._space.sent[side][i - 1]) != NOTHING:
                resend = Resend(
                    i, ResendCause.NONE
                )  # new bytes in order: only a RST, perhaps a forged one, was ahead of them
            if resend is None and end == start:
                resend = Resend(
                    i, ResendCause.NONE
                )  # an empty ACK with an old number: there is nothing in it to resend
            if resend is None:
                covered = sent.covered(start, end, i)
                resend = self._out_of_order(i, side, start, end, known) if not covered else None
                resend = resend or self._repeat(i, side, start, end, known, previous)
        if end > start and not resend.copy:  # its sender did not send a copy
            sent.note(i, start, end)
        return resend

    # -- one function per row of the table ----------------------------------------

    def _syn(self, i: int, side: int, previous: int) -> Resend:
        """SYN or SYN-ACK again; the SYN-ACK of a simultaneous open only looks repeated (RFC 9293, 3.5)."""
        view = self._view
        answers = int(view.flags[i]) & ACK
        if previous >= 0 and answers and not int(view.flags[previous]) & ACK:
            opened = any(j < i and int(view.flags[j]) & (SYN | ACK) == SYN for j in self._begun[1 - side])
            if opened:
                return Resend(i, ResendCause.NONE, previous)
        if previous < 0:
            return Resend(i, ResendCause.UNKNOWN)
        waited = self._time[i] - self._time[previous]
        asked = int(self._space.latest[1 - side][i - 1])
        again = answers and asked > previous and int(view.flags[asked]) & SYN
        # An impossible answer, refused by a RST, makes Linux ask again at once (tcp_rcv_synsent_state_process).
        refused = self._space.latest[side][i - 1]
        again = again or (not answers and int(view.flags[refused]) & RST and refused > previous)
        # Sooner than any stack's timer, and nothing asked for it: this is not a retry.
        cause = ResendCause.SYN_RETRY if waited >= RTO_MIN_NS or again else ResendCause.UNKNOWN
        return Resend(i, cause, previous, waited_ns=waited)

    def _syn_data(self, i: int, side: int, start: int, previous: int) -> Resend | None:
        """Data of a SYN that the SYN-ACK left unacknowledged, sent again (RFC 7413, 4.2.2): not taken, and not lost."""
        view = self._view
        if previous < 0 or not int(view.flags[previous]) & ~int(view.flags[i]) & SYN:
            return None
        answer = first_after(self._syn_acks[1 - side], previous)
        if not 0 <= answer < i:
            return None
        taken = integer(self._space.ack[answer]) > start
        return None if taken else Resend(i, ResendCause.NONE, previous)

    def _probe(self, i: int, side: int, start: int, end: int, known: int, previous: int) -> Resend | None:
        """Zero-window probe or keep-alive: nothing new, and the peer's window or the silence is the reason."""
        view = self._view
        verdict = int(view.verdict[i])
        acknowledged = self._acknowledged(side, known)
        closed = known >= 0 and integer(view.window[known]) == 0 and integer(self._space.ack[known]) != NOTHING
        if verdict & Verdict.ZERO_WINDOW_PROBE:
            return Resend(i, ResendCause.ZERO_WINDOW_PROBE, previous, trigger=known)
        if verdict & Verdict.KEEP_ALIVE:
            if closed:
                return Resend(i, ResendCause.ZERO_WINDOW_PROBE, previous, trigger=known)
            if self._acknowledged(side, i - 1) >= self._space.sent[side][i - 1]:
                latest = max(int(self._space.latest[0][i - 1]), int(self._space.latest[1][i - 1]))
                return Resend(i, ResendCause.KEEP_ALIVE, previous, waited_ns=self._time[i] - self._time[latest])
            return None
        if known < 0 or end <= start or start != acknowledged:
            return None
        scaled = (view.scale_client, view.scale_server)[1 - side] != -1
        right_edge = acknowledged + integer(view.window[known])
        if closed or (scaled and right_edge < end and right_edge <= start):
            return Resend(i, ResendCause.ZERO_WINDOW_PROBE, previous, trigger=known)
        return None

    def _out_of_order(self, i: int, side: int, start: int, end: int, known: int) -> Resend | None:
        """Bytes not captured before that were sent *earlier* than segments already captured: overtaken, not resent."""
        view = self._view
        overtaker = self._sent[side].sent_just_after(start, i)
        if overtaker < 0:  # no bytes behind these have passed: a bare ACK or probe that counts them as sent, perhaps
            beyond = int(places_of(self._space.sent[side], end, side="left"))
            overtaker = beyond if beyond < i else -1
        newest = int(self._space.latest[side][i - 1])
        if overtaker < 0 or newest < 0:
            return None
        if int(view.options[i]) & int(view.options[overtaker]) & OptionBit.TIMESTAMPS:
            age = ahead(view.ts_value.item(i), view.ts_value.item(overtaker))
            if age:
                return Resend(i, ResendCause.NONE, trigger=overtaker, proved=True) if age < 0 else None
        numbers = view.ip_id.item(i), view.ip_id.item(overtaker)
        if all(numbers) and numbers[0] != numbers[1]:
            step = (numbers[0] - numbers[1]) & 0xFFFF
            if step >= 0x10000 - NUMBER_REACH:
                return Resend(i, ResendCause.NONE, trigger=overtaker, proved=True)
            if step < NUMBER_REACH:
                return None
        age_ns = self._time[i] - self._time[overtaker]
        limit = self._rtt // 2 if self._rtt else REORDERING_DEFAULT_NS
        if age_ns < limit and not self._judged_by_acks(side, start, known)[0]:
            return Resend(i, ResendCause.NONE, trigger=overtaker)
        return None

    def _repeat(self, i: int, side: int, start: int, end: int, known: int, previous: int) -> Resend:
        """Sent again: by an earlier time-out, by what ACKs told, by the probe timer, by the time-out, or unknown."""
        acknowledged = self._acknowledged(side, known)
        if acknowledged == NOTHING:
            acknowledged = (
                start  # the peer was never heard: the segment is the first one missing as far as anybody knows
            )
        highest = integer(self._space.sent[side][i - 1])
        quiet, heard = self._quiet(i, side)
        waited, since = self._waited(i, side, start, acknowledged, previous)
        unknown = Resend(i, ResendCause.UNKNOWN, previous, waited_ns=waited, since=since)
        if self._needless(side, known):
            self._timeout_until[side] = NOTHING
        told, duplicates = self._judged_by_acks(side, start, known)
        # What leaves as soon as an ACK asks for it was let go by that, unless the silence was the timer's for sure.
        asked = told and start == acknowledged and self._loop[side] > 0 and quiet < RTO_MIN_NS
        silence = self._silence_before(i, side, start) if previous < 0 else None
        if silence is not None and not (asked and not self._was_timers(silence, side)):
            if not silence.counted:
                return unknown
            if start == acknowledged and self._expires(side, waited, quiet, previous):
                return replace(unknown, cause=ResendCause.RTO, waited_ns=waited)
            if start != silence.start:  # in the wake of the silence's time-out, which is told once, with the first
                return replace(unknown, cause=ResendCause.RTO, waited_ns=0)
            waited, since = silence.waited_ns, silence.before
            return replace(unknown, cause=ResendCause.RTO, trigger=silence.index, waited_ns=waited, since=since)
        if acknowledged < self._timeout_until[side] and start < self._timeout_until[side]:
            again = start == acknowledged and self._expires(side, waited, quiet, previous)
            if again:
                self._timed_out[side], self._timer_ns[side] = i, waited
            return replace(unknown, cause=ResendCause.RTO, waited_ns=waited if again else 0)
        newest = int(self._space.latest[1 - side][i - 1])
        if not told and known < newest and self._is_here(side) and quiet <= self._clocked_ns:
            # At the sender's own interface the order of packets says more than a timestamp that its end echoes late.
            told, duplicates = self._judged_by_acks(side, start, newest)
            known = newest if told else known
        if (told or self._recovery_until[side] > acknowledged) and start >= acknowledged:
            clocked = quiet < RTO_MIN_NS
            # Away from the sender its silence is only reckoned: beyond a round trip it may as well be the timer's.
            overdue = start == acknowledged and waited >= RTO_MIN_NS + self._rtt
            overdue &= 0 < self._rtt < quiet - self._clocked_ns and not self._is_here(side)
            again = previous >= 0 and self._view.verdict[previous] & SUSPICIOUS and waited >= RTO_MIN_NS + self._rtt
            if clocked and not overdue and not (again and start == acknowledged and quiet > self._clocked_ns):
                if self._recovery_until[side] <= acknowledged:
                    self._recovery_until[side] = highest
                return replace(unknown, cause=ResendCause.FAST_RECOVERY, trigger=known, duplicate_acks=duplicates)
        if end == highest and not told:
            resend = self._tail(unknown, side, start, acknowledged, (quiet, heard))
            if resend is not None:
                return resend
        if start == acknowledged and waited >= largest(RTO_MIN_NS, self._rtt):
            self._timeout_until[side] = highest
            self._timed_out[side], self._timer_ns[side] = i, waited
            return replace(unknown, cause=ResendCause.RTO)
        return unknown

    def _expires(self, side: int, waited: int, quiet: int, previous: int) -> bool:
        """Whether the timer expires again in the recovery that it began, ``waited`` after it was restarted.

        Else an ACK let the sender repeat what follows (go-back-N): such segments leave soon after that ACK.
        """
        if waited < largest(RTO_MIN_NS, self._rtt):
            return False
        backed_off = previous == self._timed_out[side] and _doubles(self._timer_ns[side], waited)
        return backed_off or quiet > self._clocked_ns

    def _needless(self, side: int, known: int) -> bool:
        """Whether the sender has learnt that its last time-out was spurious, and undoes it (RFC 3522, RFC 3708)."""
        view, resend = self._view, self._timed_out[side]
        if resend < 0:
            return False
        answer = self._duplicates[side].progress(integer(self._space.seq[resend]) + 1)
        if not resend < answer <= known:
            return False
        if int(view.options[answer]) & OptionBit.DSACK:
            return True
        first = self._sent[side].first_copy(integer(self._space.seq[resend]), resend)
        return echoes_earlier_copy(view, resend, first, answer)

    def _silence_before(self, i: int, side: int, start: int) -> Silence | None:
        """The silence showing that a time-out had ``start`` sent again, whose first copy was not captured; or None."""
        silence = self._silences[side].first_with(start)
        return silence if silence is not None and silence.index < i else None

    def _was_timers(self, silence: Silence, side: int) -> bool:
        """Whether ``silence`` was longer than any ACK takes, and the sender's own counter shows that it sent in it."""
        if silence.waited_ns < RTO_MIN_NS + self._rtt:
            return False
        return bool(self._numbers[side].missing(np.array([silence.index]))[0])

    def _tail(
        self, unknown: Resend, side: int, start: int, acknowledged: int, silence: tuple[int, int]
    ) -> Resend | None:
        """The highest segment again after silence: tail-loss probe (RFC 8985, 7.2) or time-out.

        With more than one segment in flight a time-out would take the first, not the
        last.  With one, the lengths of the silences decide, or nothing does.  ``silence``: see `_quiet`.
        """
        probe_wait = self._rtt * PROBE_WAIT_NUMERATOR // PROBE_WAIT_DENOMINATOR
        highest = integer(self._space.sent[side][unknown.index - 1])
        probed = self._probed[side] == highest  # a tail is probed once (RFC 8985, 7.3)
        probe = replace(unknown, cause=ResendCause.TAIL_LOSS_PROBE)
        if start > acknowledged:
            self._probed[side] = highest
            quiet, since = silence
            return replace(probe, waited_ns=quiet, since=since) if 0 < probe_wait <= quiet else None
        waited = unknown.waited_ns
        first = self._sent[side].first_copy(start, unknown.index)
        hidden = unknown.previous < 0 or number_missing(self._view, self._space, side, first)
        gaps = self._gaps(unknown.index, first if unknown.previous == first and not hidden else -1)
        backs_off = len(gaps) > 1 and _doubles(gaps[0], gaps[1])
        if hidden and not backs_off and self._sack is not False and waited > 0:
            return replace(unknown, lone=True)  # the capture does not show how often it had been sent before
        if unknown.previous < 0 or waited <= 0 or probed:
            return None
        if backs_off:
            return None if waited >= RTO_MIN_NS else unknown
        if unknown.previous == first and self._sack and waited >= RTO_MIN_NS and start == acknowledged:
            self._probed[side] = highest
            return probe if self._recovery_until[side] <= acknowledged else None
        if not self._rtt:
            return None if waited >= 1_000_000_000 else replace(unknown, lone=waited >= RTO_MIN_NS)
        if start < acknowledged or waited > 8 * (2 * self._rtt + ACK_DELAY_NS) // 5:
            return None
        if probe_wait <= waited < RTO_MIN_NS or (len(gaps) > 2 and _doubles(gaps[1], gaps[2])):
            self._probed[side] = highest
            return probe
        if unknown.previous != first or self._sack is False:
            return None
        return replace(unknown, lone=waited >= probe_wait)

    # -- what the rules ask --------------------------------------------------------

    def _known(self, i: int, side: int) -> int:
        """The newest segment of the peer that had reached the sender when it sent ``i``; -1 when none."""
        newest = int(self._space.latest[1 - side][i - 1])
        if newest >= 0 and int(self._view.options[i]) & OptionBit.TIMESTAMPS:
            echoed = self._heard[1 - side].newest_echoed(self._view.ts_echo.item(i))
            if 0 <= echoed < newest:
                return echoed
        return newest

    def _acknowledged(self, side: int, until: int) -> int:
        """Highest number of ``side`` acknowledged up to segment ``until``; `NOTHING` before the first ACK."""
        return integer(self._space.acknowledged[side][until]) if until >= 0 else NOTHING

    def _judged_by_acks(self, side: int, start: int, known: int) -> tuple[bool, int]:
        """Whether ACKs that had reached the sender say ``start`` is missing; and how many were duplicates."""
        if known < 0:
            return False, 0
        acknowledged = self._acknowledged(side, known)
        counter = self._duplicates[side]
        duplicates = counter.since(counter.progress(acknowledged), known)
        if integer(self._space.sacked[side][known]) > start >= acknowledged:
            return True, duplicates
        return duplicates >= DUPLICATE_ACKS and start == acknowledged, duplicates

    def _is_here(self, side: int) -> bool:
        """Whether the capture was made at ``side``: the way there and back takes next to nothing of the round trip."""
        loop = self._loop[side]
        return 0 < loop <= NEAR_NS and FAR_TIMES * loop <= self._rtt

    def _quiet(self, i: int, side: int) -> tuple[int, int]:
        """How long the sender had neither sent nor heard anything (its own clock, as seen from here); since which."""
        own = int(self._space.latest[side][i - 1])
        peer = int(self._space.latest[1 - side][i - 1])
        return self._since(i, (own, 0), (peer, self._loop[side]))

    def _waited(self, i: int, side: int, start: int, acknowledged: int, previous: int) -> tuple[int, int]:
        """How long since it was last sent or the ACK moved on, whichever was later (RFC 6298, 5); since which."""
        sent = previous if previous >= 0 else self._sent[side].sent_just_after(start, i)
        progress = -1
        if acknowledged != NOTHING and start == acknowledged:
            progress = self._duplicates[side].progress(acknowledged)
        return self._since(i, (sent, 0), (progress if progress < i else -1, self._loop[side]))

    def _since(self, i: int, *begins: tuple[int, int]) -> tuple[int, int]:
        """The time up to segment ``i`` from the latest of ``begins``, segments (-1: none) and what passed after them.

        With the index of that segment; 0 and -1 without one.
        """
        begin, since = self._time[i], -1
        for index, later_ns in begins:
            if index >= 0 and (since < 0 or self._time[index] + later_ns > begin):
                begin, since = self._time[index] + later_ns, index
        return largest(0, self._time[i] - begin), since

    @cached_property
    def _same_start(self) -> SameStart:
        return SameStart(self._view, self._space, self._suspicious)

    def _gaps(self, i: int, first: int) -> list[int]:
        """Times between the first copy, ``i`` and the next resends of the same byte."""
        chain = self._same_start.of(i)
        position = bisect_left(chain, i)
        moments = ([first] if first >= 0 else []) + chain[position : position + 3]
        return [self._time[b] - self._time[a] for a, b in pairwise(moments)]


def _doubles(first: int, second: int) -> bool:
    return first > 0 and abs(second - 2 * first) <= BACKOFF_TOLERANCE * 2 * first
