"""Where a stream's time went: every nanosecond of it belongs to exactly one part (findings.md, section 8).

The stream is cut at its *events*, the segments that bring new payload.  What lies between two
of them was waited for by somebody: the answer to a request, the next request, room in a
window, an acknowledgment, the sender's program.  On top of that lies recovery from loss.  The
parts add up to the time from the first to the last segment, exactly; what cannot be told is
`Part.UNATTRIBUTED` and is shown as such.

Findings about speed take their numbers from here, so that a finding and the bar agree.

Not attempted: turns where both ends send at once (HTTP/2, pipelining, WebSocket); there only
what TCP itself shows is split up.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.cause import resends
from tcptui.analysis.path_delays import PathDelays, path_delays
from tcptui.analysis.recovery_time import LOSS, time_in_recovery
from tcptui.analysis.resend import Resend
from tcptui.analysis.send_gaps import SendGaps, numbers_missing, pause_ns, send_gaps
from tcptui.analysis.sequence_space import SequenceSpace, sequence_space
from tcptui.analysis.stream_view import StreamView
from tcptui.analysis.time_budget_parts import CLIENT, NOBODY, SERVER, Part, TimeBudget, Turns, Waits
from tcptui.model.packet_store import I32, I64, U8
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

__all__ = ["Part", "TimeBudget", "Turns", "Waits", "time_budget"]

#: Both ends sent at once so often that there are no turns to speak of.
OVERLAPS: Final = 3
OVERLAP_PERCENT: Final = 10
#: A clock that goes back further than this between two segments measures nothing.
CLOCK_STEP_NS: Final = 1_000_000
#: So many new segments before the last one make a message a transfer.
TRANSFER_SEGMENTS: Final = 8

_FIN: Final = int(TcpFlag.FIN)
_RST: Final = int(TcpFlag.RST)
_PROBE: Final = int(Verdict.ZERO_WINDOW_PROBE)


def time_budget(view: StreamView, space: SequenceSpace | None = None) -> TimeBudget:
    """Split the time of ``view``; the cost grows linearly with its length.

    ``space`` spares working out the numbers where they are known already.
    """
    delays = path_delays(view)
    times = view.time_ns
    count = len(view)
    if count < 2:
        return _whole(view, delays)
    one_sided = bool(view.from_server.all()) or not view.from_server.any()
    steps = times[1:] - times[:-1]
    back_ns = -int(steps.min())
    del steps
    if int(times[-1]) < int(times[0]) or back_ns > CLOCK_STEP_NS:
        return _whole(view, delays)
    clock: I64 = np.minimum(np.maximum.accumulate(times), times[-1]) if back_ns > 0 else times
    if one_sided and (delays.mid_stream or view.length.any()):
        return _whole(view, delays)
    return _Split(view, clock, delays, space or sequence_space(view)).budget()


def _whole(view: StreamView, delays: PathDelays) -> TimeBudget:
    """Nothing can be told."""
    elapsed = max(0, int(view.time_ns[-1]) - int(view.time_ns[0])) if len(view) else 0
    ends = np.array([0] if len(view) > 1 else [], np.int32)
    none, zeros = np.full(len(ends), -1, np.int32), np.zeros(len(ends), np.int64)
    waits = Waits(
        begin=ends,
        end=ends + np.int32(len(view) - 1),
        sender=np.full(len(ends), NOBODY, np.uint8),
        turn=none,
        part=np.full(len(ends), Part.UNATTRIBUTED, np.uint8),
        own_ns=zeros + elapsed,
        network_ns=zeros,
        recovery_ns=zeros,
    )
    parts = tuple(elapsed if part is Part.UNATTRIBUTED else 0 for part in Part)
    return TimeBudget(elapsed, parts, waits, delays, (None, None), in_turns=False)


class _Split:
    """One stream on its way to a `TimeBudget`."""

    def __init__(self, view: StreamView, clock: I64, delays: PathDelays, space: SequenceSpace) -> None:
        self.view = view
        self.clock = clock
        self.delays = delays
        self.space = space
        self.resends: tuple[Resend, ...] = resends(view)
        self._events()

    def _events(self) -> None:
        """The segments with new payload, what opened the stream, and everything after the last payload."""
        view, count, opened = self.view, len(self.view), self.delays.opened
        kind = np.full(count, NOBODY, np.uint8)
        if opened < 0:
            fresh = np.zeros(0, np.int64)
            head = np.arange(count)
        else:
            fresh = np.flatnonzero(self._fresh()[opened:]) + opened
            kind[fresh] = view.from_server[fresh]
            first = int(fresh[0]) if len(fresh) else count - 1
            head = np.array([0] if opened in (0, first) else [0, opened], np.int64)
            if len(fresh) and first == 0:
                head = head[:0]
            head = np.concatenate((head, fresh))
            head = np.concatenate((head, np.arange(int(head[-1]) + 1, count)))
        self.events: I32 = head.astype(np.int32)
        self.fresh = fresh
        self.kind = kind[self.events]

    def _fresh(self) -> NDArray[np.bool_]:
        view, space = self.view, self.space
        new: NDArray[np.bool_] = (view.length > 0) & ((view.flags & _RST) == 0) & ((view.verdict & _PROBE) == 0)
        for side in (CLIENT, SERVER):
            mine = np.flatnonzero(view.from_server == bool(side))
            own = space.sent[side][mine[:-1]]
            new[mine[1:]] &= space.end[mine[1:]] > own
        return new

    # -- the stretches -----------------------------------------------------------------

    def budget(self) -> TimeBudget:
        """Classify every stretch, lay recovery over all of them, and add up."""
        begin, end = self.events[:-1], self.events[1:]
        earlier, later = self.kind[:-1], self.kind[1:]
        self.part = np.full(len(begin), Part.UNATTRIBUTED, np.uint8)
        self.cap_ns = np.zeros(len(begin), np.int64)
        if self.delays.opened < 0:
            self._unopened(end)
            in_turns = False
            sends: tuple[SendGaps | None, SendGaps | None] = (None, None)
        else:
            self._opening(begin, end, earlier, later)
            in_turns = self._turn_changes(begin, end, earlier, later)
            sends = self._transfers(begin, end, earlier, later)
            self._silence(begin, later)
        length = self.clock[end] - self.clock[begin]
        recovery = np.zeros(len(length), np.int64)
        if self.resends:
            recovered = time_in_recovery(self.view, self.space, self.clock, self.resends)
            recovery = recovered[end] - recovered[begin]
        network = np.minimum(self.cap_ns, length - recovery)
        own = length - recovery - network
        parts = np.zeros(len(Part), np.int64)
        np.add.at(parts, self.part, own)
        parts[Part.NETWORK] += network.sum()
        parts[Part.RECOVERY] += recovery.sum()
        waits = Waits(begin, end, later, self._turn_numbers(), self.part, own, network, recovery)
        elapsed = int(self.clock[-1] - self.clock[0])
        return TimeBudget(elapsed, tuple(parts.tolist()), waits, self.delays, sends, in_turns)

    def _turn_numbers(self) -> I32:
        """For each stretch, which turn the segment at its beginning belongs to."""
        speaks = np.flatnonzero(self.kind != NOBODY)
        starts = np.zeros(len(self.kind), np.int32)
        said = self.kind[speaks]
        begins = (said == CLIENT) & np.concatenate(([True], said[:-1] != CLIENT))
        starts[speaks[begins]] = 1
        return np.cumsum(starts, dtype=np.int32)[:-1] - 1

    def _unopened(self, end: I32) -> None:
        """No handshake came about: the way there, as far as anything came back at once."""
        answers = np.flatnonzero(self.view.from_server[end])
        self.part[answers[:1]] = Part.NETWORK

    def _opening(self, begin: I32, end: I32, earlier: U8, later: U8) -> None:
        """The handshake, and who spoke first."""
        self.part[end <= self.delays.opened] = Part.NETWORK
        begun = np.flatnonzero((earlier == NOBODY) & (later != NOBODY) & (begin >= self.delays.opened))
        if not len(begun) or self.delays.mid_stream:
            return
        first = int(begun[0])
        # After a handshake it is the client's turn, unless the protocol begins with the server's greeting.
        self.part[first] = Part.SERVER_THINK if later[first] == SERVER else Part.CLIENT_THINK
        self.cap_ns[first] = self.delays.to_server_ns if later[first] == SERVER else 0

    def _turn_changes(self, begin: I32, end: I32, earlier: U8, later: U8) -> bool:
        """From one end's payload to the other's: thinking.  Returns whether the ends took turns at all."""
        changes = np.flatnonzero((earlier != later) & (earlier != NOBODY) & (later != NOBODY))
        if not len(changes):
            return True
        at, side = end[changes], earlier[changes]
        sent = np.where(side == SERVER, self.space.sent[1][at], self.space.sent[0][at])
        overlapping = self.space.ack[at] < sent
        overlaps = int(np.count_nonzero(overlapping))
        in_turns = overlaps < OVERLAPS or overlaps * 100 < OVERLAP_PERCENT * len(changes)
        way = np.where(side == CLIENT, self.delays.to_server_ns, self.delays.to_client_ns)
        way = np.maximum(way, self._latest_round_trip(begin[changes], at))
        think = np.where(side == CLIENT, Part.SERVER_THINK, Part.CLIENT_THINK).astype(np.uint8)
        if in_turns:
            self.part[changes] = np.where(overlapping, Part.UNATTRIBUTED, think)
            self.part[changes[self._lost_before(at, side)]] = Part.RECOVERY
            self.cap_ns[changes] = np.where(overlapping, self.delays.rtt_ns, way)
        else:
            quiet = ~self._outstanding()[at - 1]
            self.part[changes] = np.where(quiet, Part.IDLE, Part.UNATTRIBUTED)
            self.cap_ns[changes] = self.delays.rtt_ns
        return in_turns

    def _lost_before(self, at: I32, asked: U8) -> NDArray[np.bool_]:
        """Which answers to ``asked`` were sent before, and lost on their way here: their sender's IP numbers tell."""
        lost = np.zeros(len(at), np.bool_)
        for side in (CLIENT, SERVER):
            theirs = np.flatnonzero(asked == 1 - side)
            if len(theirs) and not self.delays.captured_at(side):
                long = self.clock[at[theirs]] - self.clock[at[theirs] - 1] > pause_ns(self.delays)
                lost[theirs] = long & numbers_missing(self.view, side, at[theirs])
        return lost

    def _latest_round_trip(self, last: I32, answer: I32) -> I64:
        """The newest round trip measured before each ``answer`` in a transfer that ends at ``last``; else 0.

        A transfer fills the queues on its way: its last byte takes longer than the first one did.  The
        acknowledgment of the last segment itself does not count, for it may have been delayed.
        """
        view = self.view
        longest = np.zeros(len(last), np.int64)
        acking = np.flatnonzero(view.acked >= 0)
        source = np.searchsorted(view.rows, view.acked[acking])
        if self.resends:
            resent = np.array([resend.index for resend in self.resends], np.int64)
            clear = np.searchsorted(resent, source) == np.searchsorted(resent, acking)
            acking, source = acking[clear], source[clear]
        if not len(acking):
            return longest
        place = np.searchsorted(acking, answer) - 1
        place = np.where((place > 0) & (source[np.maximum(place, 0)] >= last), place - 1, place)
        known = place >= 0
        at = np.maximum(place, 0)
        sent_by = view.from_server
        run = np.searchsorted(self.fresh, last)
        first = np.maximum(run - TRANSFER_SEGMENTS, 0)
        # All of them by the same end, none of the other's in between.
        message = np.cumsum(np.concatenate(([0], np.diff(sent_by[self.fresh].view(np.int8)) != 0)))
        known &= (run >= TRANSFER_SEGMENTS) & (message[first] == message[run])
        known &= (source[at] >= self.fresh[first]) & (source[at] < last) & (sent_by[source[at]] == sent_by[last])
        return np.where(known, self.clock[acking[at]] - self.clock[source[at]], longest)

    def _transfers(self, begin: I32, end: I32, earlier: U8, later: U8) -> tuple[SendGaps | None, SendGaps | None]:
        """From one segment to the next of the same end: what let it leave."""
        run = np.cumsum(np.concatenate(([0], (self.kind[1:] != self.kind[:-1]).astype(np.int64))))[:-1]
        found: list[SendGaps | None] = [None, None]
        for side in (CLIENT, SERVER):
            which = np.flatnonzero((earlier == side) & (later == side))
            if not len(which):
                continue
            pairs = (begin[which], end[which])
            # A loss makes the congestion window smaller: flights are compared with those since the last one.
            losses = [resend.index for resend in self.resends if resend.cause in LOSS]
            epoch = run[which] + np.searchsorted(np.array(losses, np.int64), end[which])
            gaps = send_gaps(self.view, self.space, self.clock, self.delays, side, pairs, epoch)
            found[side] = gaps
            part = np.full(len(which), Part.UNATTRIBUTED, np.uint8)
            part[gaps.pause] = Part.SENDER
            part[gaps.burst] = Part.NETWORK
            part[gaps.lost] = Part.RECOVERY
            part[gaps.clocked] = Part.NETWORK_LIMITED
            part[gaps.blocked] = Part.RECEIVE_WINDOW
            self.part[which] = part
        return found[0], found[1]

    def _silence(self, begin: I32, later: U8) -> None:
        """What comes after the last payload: its acknowledgment, then nothing, then the close."""
        tail = np.flatnonzero((later == NOBODY) & (begin >= self.delays.opened))
        if not len(tail):
            return
        at = begin[tail]
        self.part[tail] = Part.IDLE
        self.cap_ns[tail] = np.where(self._outstanding()[at], self.delays.rtt_ns, 0)
        if not len(self.fresh):
            return
        last_side = int(self.kind[self.kind != NOBODY][-1])
        if last_side == CLIENT:
            # A request without an answer: who let whom wait is not to be seen, until somebody closes.
            closing = np.flatnonzero(self.view.flags[at] & (_FIN | _RST))
            open_until = int(closing[0]) if len(closing) else len(tail)
            self.part[tail[:open_until]] = Part.UNATTRIBUTED
        windows = np.where(self.view.from_server == (last_side == CLIENT), self.view.window, -1)
        heard = self.space.latest[1 - last_side][at]
        shut = (heard >= 0) & (windows[np.maximum(heard, 0)] == 0)
        self.part[tail[shut]] = Part.RECEIVE_WINDOW

    def _outstanding(self) -> NDArray[np.bool_]:
        """After each segment: whether anything sent was not yet acknowledged."""
        waiting = np.zeros(len(self.view), np.bool_)
        for sent, acknowledged in zip(self.space.sent, self.space.acknowledged, strict=True):
            waiting |= sent[:] > acknowledged[:]
        return waiting
