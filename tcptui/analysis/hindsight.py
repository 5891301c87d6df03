"""What later packets say about earlier states: which packets did not do what they were assumed to do.

The kernel judges each packet when it comes: what an end sent is proof, what was sent to it is
assumed to arrive.  An end that speaks again may contradict that.  Here a whole stream is looked at:
`hindsight` finds the packets that had no effect (lost, late, ignored, sent by somebody else), and
`Hindsight.flags` has the kernel judge the states once more with that knowledge, by the same rules.

Only streams that the kernel marked `StreamMark.CONTRADICTED` or `SYN_REPEATED`, or whose opening was
not answered, can have something to correct (`may_need`), so healthy streams cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.analyzer import TTL_STEP
from tcptui.analysis.cause import resends
from tcptui.analysis.correction import Correction, Reason
from tcptui.analysis.kernel import CLOSES, FILLS, OLDER, STALE, UNTAKEN
from tcptui.analysis.resend import Resend
from tcptui.analysis.sequence_space import NOTHING, sequence_space
from tcptui.analysis.stream_table import Completeness, StreamMark
from tcptui.model.cause import Cause
from tcptui.model.packet_store import I64, OptionBit
from tcptui.model.seq import SEQ_HALF, SEQ_MASK
from tcptui.model.tcp_flags import TcpFlag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.analysis.stream_table import StreamTable
    from tcptui.analysis.stream_view import StreamView

#: A way to an end and back shorter than this is no way: the capture was made there (findings.md, section 2).
NEAR_NS: Final = 1_000_000
#: A listening host answers a SYN at once, and repeats its answer after 1 s (RFC 6298, 2.1): longer silence is none.
ANSWER_NS: Final = 1_000_000_000
#: No end holds back an acknowledgment for longer (RFC 1122, 4.2.3.2).
ACK_DELAY_NS: Final = 500_000_000
#: Segments so close together were waiting at the interface together.
BURST_NS: Final = 1_000_000
#: So many packets one way and none the other are no accident (findings.md, `one-sided-capture`).
ONE_SIDED: Final = 3
#: So many packets show what a sender's TTL is.
TTL_SAMPLES: Final = 3

_SYN, _FIN, _RST, _ACK = TcpFlag.SYN, TcpFlag.FIN, TcpFlag.RST, TcpFlag.ACK


@dataclass(frozen=True)
class Hindsight:
    """What looking back at one stream found."""

    flags: I64
    """Row flags for the kernel, one per segment."""
    corrections: tuple[Correction, ...]

    def __bool__(self) -> bool:
        return bool(self.flags.any())


def may_need(streams: StreamTable, rows: slice) -> NDArray[np.bool_]:
    """Which of the streams ``rows`` can have anything to correct, by the stream table alone."""
    signs = int(StreamMark.CONTRADICTED | StreamMark.SYN_REPEATED)
    needed: NDArray[np.bool_] = ((streams.marks[rows] & signs) != 0) | may_wait(streams, rows)
    return needed


def may_wait(streams: StreamTable, rows: slice) -> NDArray[np.bool_]:
    """Which of them are told by silence, so that a longer capture can tell more."""
    seen = streams.completeness[rows]
    opening = int(Completeness.SYN | Completeness.SYN_ACK)
    unanswered = ((seen & opening) == Completeness.SYN) | ((seen & opening) == Completeness.SYN_ACK)
    # The server said nothing but SYN-ACK although the client sent data: not accepted, or lost behind here.
    mute = ((streams.payload_a[rows] == 0) | (streams.payload_b[rows] == 0)) & ((seen & Completeness.DATA) != 0)
    mute &= (seen & opening) == opening
    waiting: NDArray[np.bool_] = unanswered | mute
    return waiting


def hindsight(view: StreamView) -> Hindsight:
    """Looks back at ``view``; depends on what was captured only, never on states given so far."""
    return _LookBack(view).run()


class _LookBack:
    """The rules; each notes flags and corrections."""

    def __init__(self, view: StreamView) -> None:
        self._view = view
        self._space = sequence_space(view)
        self._flags = np.zeros(len(view), np.int64)
        self._found: dict[int, Correction] = {}
        self._time = view.time_ns
        self._of = (~view.from_server, view.from_server)
        self._kind = view.flags & (_SYN | _FIN | _RST | _ACK)
        self._loop = (view.min_rtt_from_server_ns, view.min_rtt_from_client_ns)
        self._resends = {resend.index: resend for resend in resends(view)}
        self._stale = self._stale_segments()

    def run(self) -> Hindsight:
        self._flags[self._stale] |= STALE
        for side in (0, 1):
            self._resets(side)
            self._syns(side)
            self._syn_acks(side)
            self._fins(side)
            self._fin_again(side)
            self._silent_server(side)
            self._no_socket(side)
            self._silent_end(side)
        found = tuple(self._found[index] for index in sorted(self._found))
        return Hindsight(self._flags, found)

    # -- one function a kind of packet ---------------------------------------------------

    def _syn_acks(self, side: int) -> None:
        """A SYN-ACK again: no packet that should have ended SYN-RECEIVED had come (RFC 9293, 3.10.7.4)."""
        answers = self._sent(side, _SYN | _RST | _ACK, _SYN | _ACK)
        if len(answers) < 2:
            return
        early = int(self._space.ack[answers[0]]) > 1
        # Where the capture was made at this end they did come.
        reason = Reason.NOT_ACCEPTED if self._is_near(side) else Reason.NO_THIRD_PACKET
        talk = self._sent(side, _SYN | _RST, 0)
        for again in answers[1:].tolist():
            if self._stale[again] or (len(talk) and talk[0] < again and not early):
                continue
            between = self._between(1 - side, int(answers[0]), again)
            self._untaken(between, side, reason, again)

    def _syns(self, side: int) -> None:
        """A SYN again: no answer had come; and which SYN the other end answered (RFC 7323, 4.3)."""
        syns = self._sent(side, _SYN | _RST | _ACK, _SYN)
        peer_syns = self._sent(1 - side, _SYN | _RST, _SYN)
        answers = self._sent(1 - side, _SYN | _RST | _ACK, _SYN | _ACK)
        for again in syns[1:].tolist():
            if not self._stale[again]:
                self._untaken(self._between(1 - side, -1, again), side, Reason.NO_ANSWER, again)
        unanswered = len(self._view.quotes) > 0
        for place, syn in enumerate(syns.tolist()):
            following = int(syns[place + 1]) if place + 1 < len(syns) else len(self._view)
            if ((peer_syns < following) & (peer_syns > syn)).any() or (len(peer_syns) and peer_syns[0] < syn):
                continue
            reply = self._between(1 - side, syn, following)
            refusal = reply[(self._kind[reply] & _RST) != 0]
            challenge = reply[(self._kind[reply] & _RST) == 0]
            if len(challenge):
                self._note_one(syn, 1 - side, UNTAKEN | OLDER, Reason.OLDER_CONNECTION, int(challenge[0]))
            elif len(refusal):
                self._note_one(syn, 1 - side, UNTAKEN, Reason.REFUSED, int(refusal[0]))
            elif len(answers) and self._echoes(int(answers[0]), syn):
                continue
            elif following < len(self._view):
                self._note_one(syn, 1 - side, UNTAKEN, Reason.UNANSWERED, following)
                unanswered = True
            elif unanswered or self._view.capture_end_ns - int(self._time[syn]) >= ANSWER_NS:
                self._note_one(syn, 1 - side, UNTAKEN, Reason.UNANSWERED, -1)

    def _fins(self, side: int) -> None:
        """When the other end had this side's FIN: by what it acknowledges (RFC 9293, 3.10.7.4, eighth)."""
        fins = self._sent(side, _FIN | _RST, _FIN)
        fins = fins[~self._stale[fins]]
        if not len(fins):
            return
        edge = int(self._space.end[fins[0]])
        said = self._sent(1 - side, _RST | _ACK, _ACK)
        said = said[(said > fins[0]) & ~self._stale[said]]
        covers = said[self._space.ack[said] >= edge]
        covering = int(covers[0]) if len(covers) else len(self._view)
        early = said[said < covering]
        last_early = int(early[-1]) if len(early) else -1
        for place, fin in enumerate(fins.tolist()):
            again = int(fins[place + 1]) if place + 1 < len(fins) else -1
            if fin < last_early:
                shown = int(early[np.searchsorted(early, fin)])
                lost = 0 <= again < covering
                self._note_one(fin, 1 - side, UNTAKEN, Reason.FIN_LOST if lost else Reason.CROSSED, shown)
            elif 0 <= again < covering and self._fin_was_lost(side, fin, again, covering):
                self._note_one(fin, 1 - side, UNTAKEN, Reason.FIN_LOST, again)
        if last_early > fins[0] and covering < len(self._view):
            self._fills(side, int(fins[0]), last_early, covering)

    def _fin_was_lost(self, side: int, fin: int, again: int, covering: int) -> bool:
        """Whether a FIN that was sent again, without an acknowledgment seen between, had not arrived.

        An end that had it says so: by D-SACK (RFC 2883), in TIME-WAIT by an old timestamp echo, at once
        when the capture was made there.
        """
        view = self._view
        if covering >= len(view):
            return self._is_near(1 - side)
        if int(view.options[covering]) & OptionBit.DSACK:
            return False
        if self._echoes(covering, fin) and not self._echoes(covering, again):
            return False
        if self._echoes(covering, again) or self._is_near(1 - side):
            return True
        sack = int(view.options[self._sent(1 - side, 0, 0)[0]]) & OptionBit.SACK_PERMITTED
        return bool(sack) and int(self._time[again] - self._time[fin]) >= ACK_DELAY_NS

    def _fills(self, side: int, fin: int, last_early: int, covering: int) -> None:
        """The segment with which all before an early FIN had come."""
        space = self._space
        edge = int(space.ack[last_early])
        segments = self._sent(side, _RST, 0)
        segments = segments[(segments < covering) & (space.end[segments] > edge)]
        waiting = sorted((int(space.seq[i]), int(space.end[i])) for i in segments[segments <= last_early].tolist())
        for segment in segments[segments > last_early].tolist():
            if not self._flags[segment] & UNTAKEN and int(space.seq[segment]) <= edge < int(space.end[segment]):
                reached = int(space.end[segment])
                for start, end in waiting:
                    reached = max(reached, end) if start <= reached else reached
                if reached >= int(space.end[fin]):
                    self._flags[segment] |= FILLS
                    return
                edge = reached
            else:
                waiting = sorted([*waiting, (int(space.seq[segment]), int(space.end[segment]))])

    def _fin_again(self, side: int) -> None:
        """A FIN again: no acknowledgment of it had come (RFC 6298, 5)."""
        fins = self._sent(side, _FIN | _RST, _FIN)
        for again in fins[1:].tolist():
            if self._stale[again]:
                continue
            edge = int(self._space.end[fins[0]])
            acks = self._between(1 - side, int(fins[0]), again)
            acks = acks[(self._space.ack[acks] >= edge) & ((self._kind[acks] & _RST) == 0)]
            if not any(self._had(again, ack) for ack in acks.tolist()):
                self._untaken(acks, side, Reason.ACK_LOST, again)

    def _had(self, speaker: int, packet: int) -> bool:
        """Whether ``speaker`` proves that its sender had ``packet`` of the other end."""
        view, space = self._view, self._space
        if space.end[packet] > space.seq[packet] and space.ack[speaker] >= space.end[packet]:
            return True
        if not int(view.options[speaker]) & int(view.options[packet]) & OptionBit.TIMESTAMPS:
            return False
        age = (int(view.ts_echo[speaker]) - int(view.ts_value[packet])) & SEQ_MASK
        earlier = self._between(int(view.from_server[packet]), -1, packet)
        first = not len(earlier) or int(view.ts_value[earlier[-1]]) != int(view.ts_value[packet])
        return 0 < age < SEQ_HALF or (age == 0 and first)

    def _resets(self, side: int) -> None:
        """A RST that ended nothing: its receiver, or even its sender, goes on (RFC 5961, 3.2)."""
        resets = self._sent(side, _RST, _RST)
        if not len(resets):
            return
        view = self._view
        talk = self._sent(1 - side, _RST | _SYN, 0)
        talk = talk[(talk > resets[0]) & ~self._stale[talk] & ((self._kind[talk] & _ACK) != 0)]
        way = self._loop[1 - side] or view.irtt_ns
        limit = way * 5 // 4 + NEAR_NS if way >= NEAR_NS else 0
        ignored: dict[int, int] = {}
        for reset in resets.tolist():
            after = talk[talk > reset]
            late = after[self._time[after] - self._time[reset] >= limit]
            if len(late):
                ignored[int(view.seq[reset])] = int(late[0])
                self._note_one(reset, 1 - side, UNTAKEN, Reason.TALKED_ON, int(late[0]))
            elif int(view.seq[reset]) in ignored:  # the same RST had been ignored before (RFC 1337)
                self._note_one(reset, 1 - side, UNTAKEN, Reason.TALKED_ON, ignored[int(view.seq[reset])])
            elif not (self._kind[reset] & _SYN):
                self._flags[after] |= STALE  # they had left before the RST could arrive
        own = self._sent(side, _RST | _SYN, 0)
        own = own[~self._stale[own]]
        for reset in resets.tolist():
            later = own[own > reset]
            later = later[self._space.end[later] > self._space.seq[reset]]
            if len(later):
                self._note_one(reset, side, STALE, Reason.FOREIGN, int(later[0]))
            elif self._is_foreign(side, reset):
                self._note_one(reset, side, STALE, Reason.FOREIGN, reset)

    def _is_foreign(self, side: int, reset: int) -> bool:
        """Whether a RST came another way than its sender's packets, or before an answer could (findings.md, 5).

        One sign is enough when it is clear, two when they are not.
        """
        others = self._sent(side, _RST, 0)
        known = self._view.ttl[others].astype(np.int64)
        steps = np.abs(known - int(self._view.ttl[reset]))
        other_way = len(others) > 0 and bool((steps >= TTL_STEP).all()) and int(np.ptp(known)) < TTL_STEP
        if other_way and len(others) >= TTL_SAMPLES:
            return True
        loop = self._loop[side]
        if self._kind[reset] & _ACK or loop < NEAR_NS:
            return False
        # Without ACK it answers a segment that has its number: none of those can have been at its sender yet.
        asked = self._between(1 - side, -1, reset)
        asked = asked[((self._kind[asked] & (_RST | _ACK)) == _ACK) & (self._view.ack[asked] == self._view.seq[reset])]
        waited = int(self._time[reset] - self._time[asked[0]]) if len(asked) else loop
        return waited < loop // 2 or (other_way and waited < loop * 9 // 10)

    def _no_socket(self, side: int) -> None:
        """A RST without ACK takes its number from the segment that found no connection (RFC 9293, 3.10.7.1).

        An end that has closed and waits for the peer's FIN is ended by data (RFC 9293, 3.6.1), so it holds there, too.
        """
        resets = self._sent(side, _RST | _ACK, _RST)
        if not len(resets) or self._flags[resets[0]] & STALE:
            return
        view, first = self._view, int(resets[0])
        alive = self._sent(side, _RST, 0)
        alive = alive[alive < first]
        opening = len(alive) > 0 and not ((self._kind[alive] & (_SYN | _ACK)) != _SYN).any()
        if opening and int(view.seq[first]) != 1:
            return  # in SYN-SENT: it refuses an impossible ACK and goes on asking (RFC 9293, 3.10.7.3)
        asked = self._between(1 - side, int(alive[-1]) if len(alive) else -1, first)
        asked = asked[((self._kind[asked] & (_RST | _ACK)) == _ACK) & (view.ack[asked] == view.seq[first])]
        asked = asked[self._time[asked] <= self._time[first] - max(0, self._loop[side] * 4 // 5 - NEAR_NS)]
        if not len(asked):
            return
        chosen = len(asked) - 1
        while chosen and self._time[asked[chosen]] - self._time[asked[chosen - 1]] < BURST_NS:
            chosen -= 1
        # Each of them draws a RST of its own: those before were still taken.
        drawn = np.count_nonzero((resets > asked[-1]) & (self._time[resets] - self._time[first] < BURST_NS))
        for segment in asked[max(chosen, len(asked) - int(drawn)) :].tolist():
            self._note_one(segment, side, CLOSES, Reason.NO_SOCKET, first)

    def _silent_server(self, side: int) -> None:
        """At the server: data that nobody acknowledges were not accepted (a full accept queue)."""
        answers = self._sent(side, _SYN | _RST | _ACK, _SYN | _ACK)
        if not len(answers) or not self._is_near(side):
            return
        talk = self._sent(side, _SYN | _RST, 0)
        until = int(talk[0]) if len(talk) else len(self._view)
        end = int(self._time[until]) if len(talk) else max(int(self._time[-1]), self._view.capture_end_ns)
        came = self._between(1 - side, int(answers[0]), until)
        data = came[(self._view.length[came] > 0) & (end - self._time[came] >= ACK_DELAY_NS)]
        if len(data):
            # It speaks by what came last; where it never does, nothing was taken.
            ignored = came[came <= data[-1]] if len(talk) else came
            self._untaken(ignored, side, Reason.NOT_ACCEPTED, until if len(talk) else -1)

    def _silent_end(self, side: int) -> None:
        """An end of which nothing was captured, though it talks, has no states here (findings.md, section 3)."""
        heard = self._sent(1 - side, _RST, 0)
        if not self._of[side].any() and len(heard) >= ONE_SIDED and (self._kind[heard] & _ACK).any():
            self._flags[self._of[1 - side]] |= OLDER

    # -- what the rules ask --------------------------------------------------------------

    def _stale_segments(self) -> NDArray[np.bool_]:
        """Copies, and packets that came later than ones sent after them: by cause, ACK number or timestamp."""
        view = self._view
        stale = np.zeros(len(view), np.bool_)
        for resend in self._resends.values():
            stale[resend.index] = _is_old(resend)
        stamped = (view.options & OptionBit.TIMESTAMPS) != 0
        for mine in self._of:
            acking = np.flatnonzero(mine & (self._space.ack != NOTHING))
            acks = self._space.ack[acking]
            stale[acking] |= acks < np.maximum.accumulate(acks) if len(acks) else False
            chosen = np.flatnonzero(mine & stamped & ((view.flags & _RST) == 0))
            if len(chosen):
                ages = (view.ts_value[chosen].astype(np.int64) - int(view.ts_value[chosen[0]]) + SEQ_HALF) & SEQ_MASK
                stale[chosen] |= ages < np.maximum.accumulate(ages)
        return stale

    def _is_near(self, side: int) -> bool:
        """Whether the capture was made at this end."""
        view = self._view
        own, other = self._loop[side], self._loop[1 - side]
        if not own:
            syns, answers = self._sent(1 - side, _SYN | _ACK, _SYN), self._sent(side, _SYN | _ACK, _SYN | _ACK)
            own = int(self._time[answers[0]] - self._time[syns[-1]]) if len(syns) and len(answers) else 0
            own = own if own > 0 and answers[0] > syns[-1] else 0
        return 0 < own < NEAR_NS and (max(other, view.irtt_ns) > 4 * own or not other)

    def _echoes(self, speaker: int, packet: int) -> bool:
        view = self._view
        stamped = int(view.options[speaker]) & int(view.options[packet]) & OptionBit.TIMESTAMPS
        return bool(stamped) and int(view.ts_echo[speaker]) == int(view.ts_value[packet])

    def _sent(self, side: int, mask: int, value: int) -> NDArray[np.int64]:
        """Segments of ``side`` whose flags, under ``mask``, are ``value``."""
        return np.flatnonzero(self._of[side] & ((self._kind & mask) == value))

    def _between(self, side: int, after: int, before: int) -> NDArray[np.int64]:
        """Segments of ``side`` after one index and before another."""
        return np.flatnonzero(self._of[side][after + 1 : before]) + after + 1

    def _untaken(self, which: Iterable[int], side: int, reason: Reason, evidence: int) -> None:
        """These segments had not reached ``side`` when ``evidence`` left it."""
        for index in which:
            self._note_one(int(index), side, UNTAKEN, reason, evidence)

    def _note_one(self, index: int, side: int, flag: int, reason: Reason, evidence: int) -> None:
        self._flags[index] |= flag
        self._found.setdefault(index, Correction(index, bool(side), reason, evidence))


def _is_old(resend: Resend) -> bool:
    """A copy made by the network, or a segment that others overtook."""
    return resend.copy or (resend.cause is Cause.NONE and resend.proved)
