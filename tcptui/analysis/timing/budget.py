"""Where a stream's time went: each nanosecond belongs to exactly one part (rules/findings.md#where-the-time-went).

The stream is cut at its *events*, the segments that bring new payload.  The time between two of
them was a wait for something: the answer to a request, the next request, room in a window, an
acknowledgment, the sender's program.  Recovery from loss overrides that.  The parts add up to
the time from the first to the last segment, exactly; what cannot be told is
`Part.UNATTRIBUTED` and is shown as such.

Findings about speed take their numbers from here, so that a finding and the bar agree.  What is changed here has to
be changed in `tcptui.analysis.timing.budget_short` and `tcptui.analysis.stream.clean_streams`, which give the same
parts of plain streams faster; a property test compares the three: tests/analysis/test_time_budget.py.

Not attempted: turns where both ends send at once (HTTP/2, pipelining, WebSocket); there only what TCP itself shows is
split up, and what a protocol inside tells of waits for its own windows (`StreamView.held_back`).
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.resend.classify import resends
from tcptui.analysis.resend.ip_id import PacketNumbers
from tcptui.analysis.resend.resend import Resend
from tcptui.analysis.stream.unwrapped_seq import SequenceSpace, sent_before, sequence_space
from tcptui.analysis.stream.view import NEVER_NS, StreamView
from tcptui.analysis.timing.budget_parts import CLIENT, NO_SENDER, SERVER, Part, TimeBudget, Turns, Waits
from tcptui.analysis.timing.path_delay import PathDelays, late_request_ns, path_delays
from tcptui.analysis.timing.recovery import LOSS, Recovered
from tcptui.analysis.timing.rtt_samples import TRANSFER_SEGMENTS, RttSamples
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.send_gaps import pause_ns, send_gaps
from tcptui.analysis.timing.sender_stamps import refuted_waits
from tcptui.model.arrays import chunks, flatnonzero32, indexes_of
from tcptui.model.lanes import integer, put, taken, zeros_like
from tcptui.model.packet_store import I32, I64, U8
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import FIN, RST
from tcptui.model.verdict import Verdict

__all__ = ["Part", "TimeBudget", "Turns", "Waits", "time_budget"]

#: A stream has no turns when both ends sent at once at least this many times …
OVERLAPS: Final = 3
#: … and at this percentage of the changes of sender.
OVERLAP_PERCENT: Final = 10
#: A client that sent this often after a pause, and was never answered, expects no answer.
ONE_WAY_PAUSES: Final = 2
#: A clock that goes back by more than this between two segments measures nothing.
CLOCK_STEP_NS: Final = 1_000_000
#: Shorter waits are not worth reading what a protocol inside TCP says of them.
HELD_LEAST_NS: Final = 50_000_000
#: In a connection of up to so many segments waits have to be longer, before it is read whether the client asked for
#: them: those that `tcptui.analysis.stream.clean_streams` judges have none.
SHORT: Final = 24
SHORT_LEAST_NS: Final = 200_000_000
#: Behind the last payload of ends that take turns, a shorter silence is not worth it.
STUCK_NS: Final = 2_000_000_000
#: … nor behind less payload of that end …
STUCK_BYTES: Final = 16_384
#: … among so many segments.
_LATEST: Final = 64
#: What TCP alone makes of a wait for a window that is not its own, where the ends take no turns.
_UNKNOWN_TO_TCP: Final = (Part.IDLE, Part.SENDER, Part.UNATTRIBUTED)

_PROBE: Final = int(Verdict.ZERO_WINDOW_PROBE)
_KEEP_ALIVE: Final = int(Verdict.KEEP_ALIVE)


def time_budget(view: StreamView, space: SequenceSpace | None = None) -> TimeBudget:
    """Split the time of ``view``; the cost grows linearly with its length.

    ``space``: the stream's unwrapped numbers, if they are known already.
    """
    delays = path_delays(view)
    times = view.time_ns
    count = len(view)
    if count < 2:
        return _whole(view, delays)
    one_sided = bool(view.from_server.all()) or not view.from_server.any()
    back_ns = max((times[:-1][part] - times[1:][part]).max().item() for part in chunks(count - 1))
    if times.item(-1) < times.item(0) or back_ns > CLOCK_STEP_NS:
        return _whole(view, delays)
    clock: I64 = np.minimum(np.maximum.accumulate(times), times[-1]) if back_ns > 0 else times
    if one_sided and (delays.mid_stream or view.length.any()):
        return _whole(view, delays)
    return _Split(view, clock, delays, space or sequence_space(view)).budget()


def asked_least_ns(segments: int) -> int:
    """From which length on a wait of a stream of ``segments`` is read: whether the client had asked for it."""
    return SHORT_LEAST_NS if segments <= SHORT else HELD_LEAST_NS


def _whole(view: StreamView, delays: PathDelays) -> TimeBudget:
    """The budget of a stream of which nothing can be told: all time is unattributed."""
    elapsed = max(0, view.time_ns.item(-1) - view.time_ns.item(0)) if len(view) else 0
    events = np.array([0, len(view) - 1] if len(view) > 1 else [], np.int32)
    sender = np.full(max(len(events) - 1, 0), NO_SENDER, np.uint8)
    waits = Waits(events, view.time_ns, sender, np.zeros(0, np.int32))
    parts = tuple(elapsed if part is Part.UNATTRIBUTED else 0 for part in Part)
    return TimeBudget(elapsed, parts, waits, delays, (None, None), in_turns=False)


def brings_news(view: StreamView, amid: slice, side: int) -> bool:
    """Whether among the segments ``amid`` one of ``side`` has payload that had not been acknowledged here."""
    spoken = (view.from_server[amid] == bool(side)) & (view.length[amid] > 0)
    return bool((spoken & ((view.verdict[amid] & Verdict.SPURIOUS_RETRANSMISSION) == 0)).any())


class _Split:
    """Splits the time of one stream into a `TimeBudget`."""

    def __init__(self, view: StreamView, clock: I64, delays: PathDelays, space: SequenceSpace) -> None:
        self.view = view
        self.clock = clock
        self.delays = delays
        self.space = space
        self.resends: tuple[Resend, ...] = resends(view)
        self._known_numbers: dict[int, PacketNumbers] = {}
        self._events()

    def _events(self) -> None:
        """Set `events`: what opened the stream, segments with new payload, and everything after the last of these."""
        view, count, opened = self.view, len(self.view), self.delays.opened
        self.fresh: I32 = np.zeros(0, np.int32)
        head: list[int] = []
        if opened >= 0:
            new = self._fresh()
            new[:opened] = False
            self.fresh = flatnonzero32(new)
            first = int(self.fresh[0]) if len(self.fresh) else count - 1
            head = [0] if opened in (0, first) else [0, opened]
            if len(self.fresh) and first == 0:
                head = []
        last = int(self.fresh[-1]) if len(self.fresh) else head[-1] if head else -1
        tail = np.arange(last + 1, count, dtype=np.int32)
        self.events: I32 = np.concatenate((np.array(head, np.int32), self.fresh, tail))
        self.kind: U8 = np.full(len(self.events), NO_SENDER, np.uint8)
        self.kind[len(head) : len(head) + len(self.fresh)] = view.from_server[self.fresh]

    def _fresh(self) -> NDArray[np.bool_]:
        view, space = self.view, self.space
        new: NDArray[np.bool_] = view.length > 0
        new &= (view.flags & RST) == 0
        new &= (view.verdict & _PROBE) == 0
        if self.delays.mid_stream:
            new[self._first_keep_alives()] = False
        for part in chunks(len(view), 1):
            new[part] &= space.end[part] > sent_before(view, space, part)
        return new

    def _first_keep_alives(self) -> list[int]:
        """Segments of a byte with which the capture of a side begins, and which its keep-alives repeat: no news."""
        repeated = {resend.previous for resend in self.resends if resend.cause is ResendCause.KEEP_ALIVE}
        firsts = [int((self.view.from_server == bool(side)).argmax()) for side in (CLIENT, SERVER)]
        return [i for i in firsts if i in repeated and integer(self.view.length[i]) == 1]

    # -- the stretches -----------------------------------------------------------------

    def budget(self) -> TimeBudget:
        """Classify every stretch (the time between two events), subtract recovery from them, and add up."""
        begin, end = self.events[:-1], self.events[1:]
        earlier, later = self.kind[:-1], self.kind[1:]
        self.waits = Waits(self.events, self.clock, later, self._turns_at())
        if self.delays.opened < 0:
            self._unopened(end)
            in_turns = False
            sends: tuple[SendGaps | None, SendGaps | None] = (None, None)
        else:
            self._opening(begin, end, earlier, later)
            in_turns = self._turn_changes(begin, end, earlier, later)
            sends = self._transfers(earlier, later)
            self._silence(begin, later, asks=in_turns and not self._one_way(sends))
            self._held_back(begin, end, in_turns=in_turns)
            if in_turns:
                self._asked_to_wait(begin, end)
        parts = self._add_up(begin, end)
        elapsed = self.clock.item(-1) - self.clock.item(0)
        return TimeBudget(elapsed, parts, self.waits, self.delays, sends, in_turns)

    def _add_up(self, begin: I32, end: I32) -> tuple[int, ...]:
        """Subtract recovery from each stretch, then the way there and back; returns the sums of all parts."""
        waits, network, recovery = self.waits, self.waits.network_ns, self.waits.recovery_ns
        recovered = Recovered(self.view, self.space, self.clock, self.resends) if self.resends else None
        parts = zeros_like(self.clock, len(Part))
        for some in chunks(len(begin)):
            length = self.clock[end[some]] - self.clock[begin[some]]
            if recovered is not None:
                spent = recovered.between(begin[some], end[some])
                found = indexes_of(spent)
                spent[found[self._thought_here(begin[some][found], end[some][found], waits.part[some][found])]] = 0
                found = indexes_of(spent)
                recovery[some.start + found] = spent[found]
                length -= spent
                parts[Part.RECOVERY] += spent.sum()
            if network[some].any():
                network[some] = np.minimum(network[some], length)
                length -= network[some]
                parts[Part.NETWORK] += network[some].sum()
            np.add.at(parts, waits.part[some], length)
        return tuple(parts.tolist())

    def _thought_here(self, asked: I32, at: I32, part: U8) -> NDArray[np.bool_]:
        """Which of the stretches from ``asked`` to ``at`` are thinking that nothing on the way can have prolonged.

        Those of the end where the capture was made, if no payload of the other end came meanwhile that it did not have:
        what that waits out a timer for, or had lost, is no part of them.
        """
        here = np.zeros(len(part), np.bool_)
        for side, think in ((CLIENT, Part.CLIENT_THINK), (SERVER, Part.SERVER_THINK)):
            if not self.delays.captured_at(side):
                continue
            for which in indexes_of(part == think).tolist():
                amid = slice(int(asked[which]) + 1, int(at[which]))
                here[which] = not brings_news(self.view, amid, 1 - side)
        return here

    def _turns_at(self) -> I32:
        """The stretches with which turns begin: where the client brings new payload, and not right after itself."""
        speaks = flatnonzero32(self.kind != NO_SENDER)
        begins = self.kind[speaks] == CLIENT
        begins[1:] &= ~begins[:-1]
        at: I32 = speaks[begins]
        return at[: int(at.searchsorted(np.int32(len(self.kind) - 1)))]

    def _unopened(self, end: I32) -> None:
        """Without a completed handshake only the stretch up to the server's first segment is told: network."""
        answered = self.view.from_server[end]
        if answered.any():
            self.waits.part[int(answered.argmax())] = Part.NETWORK

    def _opening(self, begin: I32, end: I32, earlier: U8, later: U8) -> None:
        """Attribute the handshake, and the stretch up to the first payload."""
        part, opened = self.waits.part, np.int32(self.delays.opened)
        part[: int(end.searchsorted(opened, side="right"))] = Part.NETWORK
        if self.delays.mid_stream:
            self._kept_alive_before(later)
            return
        self._late_first_request(end)
        for some in chunks(len(begin), int(begin.searchsorted(opened))):
            begun = indexes_of((earlier[some] == NO_SENDER) & (later[some] != NO_SENDER))
            if len(begun):
                first = some.start + int(begun[0])
                # After a handshake it is the client's turn, unless the protocol begins with the server's greeting.
                part[first] = Part.SERVER_THINK if later[first] == SERVER else Part.CLIENT_THINK
                self.waits.network_ns[first] = self.delays.to_server_ns if later[first] == SERVER else 0
                return

    def _kept_alive_before(self, later: U8) -> None:
        """Attribute the stretch up to the first payload of a capture that began later: idle if kept alive."""
        spoken = indexes_of(later != NO_SENDER)
        before = int(self.fresh[0]) if len(self.fresh) else 0
        if len(spoken) and (self.view.verdict[:before] & _KEEP_ALIVE).any():
            self.waits.part[int(spoken[0])] = Part.IDLE

    def _late_first_request(self, end: I32) -> None:
        """Attribute the wait where the client's first packet after the SYN-ACK is a request, and comes late.

        Then its bare ACK was lost or left out, and what passed since is not the way's.  Was it captured at the client,
        the client waited; elsewhere the request may also have been lost once.
        """
        late_ns = late_request_ns(self.view, self.delays)
        if not late_ns:
            return
        first = int(end.searchsorted(np.int32(self.delays.opened)))
        here = self.delays.captured_at(CLIENT)
        self.waits.part[first] = Part.CLIENT_THINK if here else Part.UNATTRIBUTED
        waited_ns = self.clock.item(end[first]) - self.clock.item(self.waits.begin[first])
        self.waits.network_ns[first] = max(waited_ns - late_ns, 0)

    def _turn_changes(self, begin: I32, end: I32, earlier: U8, later: U8) -> bool:
        """Attribute stretches from one end's payload to the other's: thinking.  Returns whether the ends took turns."""
        changed = earlier != later
        changed &= (earlier != NO_SENDER) & (later != NO_SENDER)
        changes = flatnonzero32(changed)
        if not len(changes):
            return True
        overlaps = sum(
            int(np.count_nonzero(self._overlapping(end[changes[some]], earlier[changes[some]])))
            for some in chunks(len(changes))
        )
        in_turns = overlaps < OVERLAPS or overlaps * 100 < OVERLAP_PERCENT * len(changes)
        for some in chunks(len(changes)):
            which = changes[some]
            if in_turns:
                self._answers(which, begin[which], end[which], earlier[which])
            else:
                quiet = ~self._outstanding(end[which] - np.int32(1))
                self.waits.part[which] = np.where(quiet, Part.IDLE, Part.UNATTRIBUTED)
                self.waits.network_ns[which] = self.delays.rtt_ns
        return in_turns

    def _overlapping(self, at: I32, side: U8) -> NDArray[np.bool_]:
        """Which of the segments ``at`` do not yet acknowledge all that ``side``, the other end, had sent."""
        sent = np.where(side == SERVER, self.space.sent[1][at], self.space.sent[0][at])
        overlapping: NDArray[np.bool_] = self.space.ack[at] < sent
        return overlapping

    def _answers(self, changes: I32, asked: I32, at: I32, side: U8) -> None:
        """Attribute thinking, from the segments ``asked`` of ``side`` to the answers ``at``."""
        overlapping = self._overlapping(at, side)
        way = np.where(side == CLIENT, self.delays.to_server_ns, self.delays.to_client_ns)
        if len(self.fresh) > TRANSFER_SEGMENTS:  # else no message is a transfer
            way = np.maximum(way, self._trips.latest(asked, at))
        think = np.where(side == CLIENT, Part.SERVER_THINK, Part.CLIENT_THINK).astype(np.uint8)
        # What did not pass by the sender's own clock was not its thinking; nothing tells where it was spent.
        overlapping_or_refuted = overlapping | refuted_waits(self.view, asked, at, (1 - side).astype(np.uint8))
        self.waits.part[changes] = np.where(overlapping_or_refuted, Part.UNATTRIBUTED, think)
        self.waits.part[changes[self._lost_before(at, side)]] = Part.RECOVERY
        self.waits.network_ns[changes] = np.where(overlapping, self.delays.rtt_ns, way)

    @cached_property
    def _trips(self) -> RttSamples:
        return RttSamples(self.view, self.clock, self.resends, self.fresh)

    def _lost_before(self, at: I32, asked: U8) -> NDArray[np.bool_]:
        """Which of the answers ``at`` (``asked`` by a side) had been sent before and lost on their way here.

        Their sender's IP identification numbers tell.
        """
        lost = np.zeros(len(at), np.bool_)
        for side in (CLIENT, SERVER):
            theirs = indexes_of(asked == 1 - side)
            if len(theirs) and not self.delays.may_be_at(side):
                theirs = theirs[self.clock[at[theirs]] - self.clock[at[theirs] - 1] > pause_ns(self.delays.rtt_ns)]
                if len(theirs):
                    lost[theirs] = self._numbers(side).lost(at[theirs])
        return lost

    def _numbers(self, side: int) -> PacketNumbers:
        if side not in self._known_numbers:
            self._known_numbers[side] = PacketNumbers(self.view, side)
        return self._known_numbers[side]

    def _transfers(self, earlier: U8, later: U8) -> tuple[SendGaps | None, SendGaps | None]:
        """Attribute stretches from one segment to the next of the same end, by what the later one waited for."""
        found: list[SendGaps | None] = [None, None]
        follows = (earlier == later) & (later != NO_SENDER)
        if not follows.any():
            return None, None
        runs = flatnonzero32(later != earlier)
        # A loss makes the congestion window smaller, so flights are only compared with others since the last loss.
        losses = np.array([resend.index for resend in self.resends if resend.cause in LOSS], np.int32)

        def transfer(which: I32, after: I32) -> I64:
            number: I64 = runs.searchsorted(which) + losses.searchsorted(after)
            return number

        for side in (CLIENT, SERVER):
            which = flatnonzero32(follows & (later == side))
            if not len(which):
                continue
            gaps = found[side] = SendGaps(self.events, which)
            send_gaps(self.view, self.space, self.clock, self.delays, side, gaps, transfer)
            self.waits.part = put(self.waits.part, which, taken(_PART_OF_GAP, gaps.marks))
        return found[0], found[1]

    def _one_way(self, sends: tuple[SendGaps | None, SendGaps | None]) -> bool:
        """Whether the client sent again and again, each time of its own accord, and the server never sent anything."""
        gaps = sends[CLIENT]
        if gaps is None or not self.view.from_server.any() or (self.kind == SERVER).any():
            return False
        drained = gaps.having(SendGapReason.PAUSE)
        return int(np.count_nonzero(gaps.marks[drained] & int(SendGapReason.DRAINED))) >= ONE_WAY_PAUSES

    def _silence(self, begin: I32, later: U8, *, asks: bool) -> None:
        """Attribute what comes after the last payload: its acknowledgment, then nothing, then the close.

        ``asks``: what the client sends may be a request.
        """
        first = int(begin.searchsorted(np.int32(self.delays.opened)))
        tail = flatnonzero32(later[first:] == NO_SENDER) + np.int32(first)
        last_side = int(self.view.from_server[self.fresh[-1]]) if len(self.fresh) else NO_SENDER
        open_until = 0
        if last_side == CLIENT and asks:
            # A request without an answer: until somebody closes, nothing tells who let whom wait.
            open_until = next(
                (
                    some.start + int(closing[0])
                    for some in chunks(len(tail))
                    if len(closing := indexes_of(self.view.flags[begin[tail[some]]] & (FIN | RST)))
                ),
                len(tail),
            )
        for some in chunks(len(tail)):
            which, at = tail[some], begin[tail[some]]
            asked = np.arange(some.start, some.stop) < open_until
            self.waits.part[which] = np.where(asked, Part.UNATTRIBUTED, Part.IDLE)
            self.waits.network_ns[which] = np.where(self._outstanding(at), self.delays.rtt_ns, 0)
            if last_side != NO_SENDER:
                heard = self.space.latest[1 - last_side][at]
                shut = (heard >= 0) & (self.view.window[np.maximum(heard, 0)] == 0)
                # The window of a reset means nothing, and after one nobody waits for room.
                shut &= at < self._reset
                self.waits.part[which[shut]] = Part.RECEIVE_WINDOW

    def _held_back(self, begin: I32, end: I32, *, in_turns: bool) -> None:
        """Attribute what a protocol inside TCP tells, which has windows of its own; it is read only if it may matter.

        Where ends take turns, a receiver that makes no room is one that thinks, and is told as that; but for the time
        behind the last payload, where that broke off.
        """
        part, clock = self.waits.part, self.clock
        # This first: nearly all connections end here, and only what lanes can do is done for many of them together.
        if in_turns and (len(self.fresh) < 2 or clock[-1] - clock[self.fresh[-1]] < STUCK_NS):
            return
        first, least_ns = (int(begin.searchsorted(self.fresh[-1])), STUCK_NS) if in_turns else (0, HELD_LEAST_NS)
        long = [
            indexes_of(
                np.isin(part[some], _UNKNOWN_TO_TCP) & (clock[end[some]] - clock[begin[some]] >= least_ns)
            ) + some.start
            for some in chunks(len(begin), first)
        ]  # fmt: skip
        which = np.concatenate(long) if long else np.zeros(0, np.int64)
        if not len(which) or (in_turns and not self._ends_amid_transfer()):
            return
        began, ended = clock[begin[which]], clock[end[which]]
        closed = self._closed
        for span in self.view.held_back(self.delays.to_end_ns(CLIENT), self.delays.to_end_ns(SERVER)):
            inside = (began >= span.begin_ns) & (ended <= span.end_ns)
            if span.end_ns == NEVER_NS:  # once an end closes nobody waits
                inside &= begin[which] < closed
            elif in_turns:
                continue
            part[which[inside]] = span.part

    def _asked_to_wait(self, begin: I32, end: I32) -> None:
        """Attribute what would be the server's processing, where the client had asked it to wait."""
        part, clock, least_ns = self.waits.part, self.clock, asked_least_ns(len(self.view))
        long = [
            indexes_of((part[some] == Part.SERVER_THINK) & (clock[end[some]] - clock[begin[some]] >= least_ns))
            + some.start
            for some in chunks(len(begin))
        ]
        which = np.concatenate(long) if long else np.zeros(0, np.int64)
        spans = self.view.asked_to_wait() if len(which) else ()
        if not len(spans):
            return
        began, ended = np.array(spans, np.int64).T
        latest = np.searchsorted(began, clock[begin[which]], side="right") - 1
        part[which[(latest >= 0) & (clock[end[which]] <= ended[latest])]] = Part.ASKED_TO_WAIT

    def _ends_amid_transfer(self) -> bool:
        """Whether the last payload may be where a message broke off: the end that sent it had just sent much more."""
        latest = self.fresh[-_LATEST:]
        sides = self.view.from_server[latest]
        if sides[-1] != sides[-2]:
            return False
        return integer(self.view.length[latest[sides == sides[-1]]].sum()) >= STUCK_BYTES

    @cached_property
    def _closed(self) -> int:
        """Index of the first FIN or RST; the number of segments without one."""
        return self._first_with(FIN | RST)

    @cached_property
    def _reset(self) -> int:
        """Index of the first RST; the number of segments without one."""
        return self._first_with(RST)

    def _first_with(self, flags: int) -> int:
        found = flatnonzero32((self.view.flags & flags) != 0)
        return int(found[0]) if len(found) else len(self.view)

    def _outstanding(self, at: I32) -> NDArray[np.bool_]:
        """After each of the segments ``at``: whether anything sent was not yet acknowledged."""
        waiting = np.zeros(len(at), np.bool_)
        for sent, acknowledged in zip(self.space.sent, self.space.acknowledged, strict=True):
            waiting |= sent[at] > acknowledged[at]
        return waiting


def _part_of_gap() -> U8:
    """The `Part` for each combination of `SendGapReason` bits; of several, the last one listed here counts."""
    part = np.full(2 * max(SendGapReason), Part.UNATTRIBUTED, np.uint8)
    for mark, what in (
        (SendGapReason.PAUSE, Part.SENDER), (SendGapReason.BURST, Part.NETWORK), (SendGapReason.LOST, Part.RECOVERY),
        (SendGapReason.CLOCKED, Part.NETWORK_LIMITED), (SendGapReason.BLOCKED, Part.RECEIVE_WINDOW),
    ):  # fmt: skip
        part[(np.arange(len(part)) & int(mark)) != 0] = what
    return part


_PART_OF_GAP: Final = _part_of_gap()
