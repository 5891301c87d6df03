"""What each stretch of time between two events of a stream was a wait for (rules/findings.md#where-the-time-went)."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.stream.view import NEVER_NS, StreamView
from tcptui.analysis.timing.answers import Answers
from tcptui.analysis.timing.budget_parts import CLIENT, NO_SENDER, SERVER, Part, TimeBudget, Waits
from tcptui.analysis.timing.by_request import BY_REQUEST, by_request
from tcptui.analysis.timing.events import Events
from tcptui.analysis.timing.path_delay import late_request_ns
from tcptui.analysis.timing.recovery import LOSS, Recovered
from tcptui.analysis.timing.rtt_samples import TRANSFER_SEGMENTS
from tcptui.analysis.timing.segments import Member, Segments
from tcptui.analysis.timing.send_gap_table import SendGapReason, SendGaps
from tcptui.analysis.timing.send_gaps import send_gaps
from tcptui.analysis.timing.uncaptured import lacking, last_hole, may_have_holes, uncaptured_at
from tcptui.model.arrays import chunks, flatnonzero32, indexes_of
from tcptui.model.batched import in_any_member, integer, largest, put, taken
from tcptui.model.packet_store import I32, I64, U8
from tcptui.model.tcp_flags import FIN, RST
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.analysis.timing.budget_parts import ProtocolWait

#: A stream has no turns when both ends sent at once at least this many times …
OVERLAPS: Final = 3
#: … and at this percentage of the changes of sender.
OVERLAP_PERCENT: Final = 10
#: A client that sent this often after a pause, and was never answered, expects no answer.
ONE_WAY_PAUSES: Final = 2
#: Shorter waits are not worth reading what a protocol inside TCP says of them.
PROTOCOL_WAIT_LEAST_NS: Final = 50_000_000
#: In a connection of up to so many segments waits have to be longer, before it is read whether the client asked for
#: them: most connections are as short, and to read one costs more than to judge it.
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

#: Parts that no missing byte makes doubtful: nobody is blamed by them.
_NOBODYS: Final = (Part.NETWORK, Part.RECOVERY, Part.IDLE)
#: What is put down to the ends' programs.
_PROGRAMS: Final = (Part.SERVER_THINK, Part.CLIENT_THINK, Part.SENDER)

_KEEP_ALIVE: Final = int(Verdict.KEEP_ALIVE)


def requested_wait_least_ns(segments: int) -> int:
    """From which length on a wait of a stream of ``segments`` is read: whether the client had asked for it."""
    return SHORT_LEAST_NS if segments <= SHORT else PROTOCOL_WAIT_LEAST_NS


def brings_news(view: StreamView, amid: slice, side: int) -> bool:
    """Whether among the segments ``amid`` one of ``side`` has payload that had not been acknowledged here."""
    spoken = (view.from_server[amid] == bool(side)) & (view.length[amid] > 0)
    return bool((spoken & ((view.verdict[amid] & Verdict.SPURIOUS_RETRANSMISSION) == 0)).any())


class Stretches:
    """Splits the time of one stream, or of several, into a `TimeBudget` of each.

    Columns are those of all streams, one behind the other.  To the stretches between one stream and the next nothing is
    attributed.
    """

    def __init__(self, segments: Segments) -> None:
        self.segments = segments
        self.members = segments.members
        self.clock = segments.clock
        self._opened = [np.int32(member.start + member.delays.opened) for member in self.members]
        events = Events(segments)
        self.events, self.kind, self.stretches = events.at, events.kind, events.stretches
        self.fresh, self._fresh_at, self._turns_at = events.fresh, events.fresh_at, events.turns_at()
        self._known = Answers(segments, events)
        self._late, self._late_way = np.zeros(0, np.int32), np.zeros(0, np.int64)
        """Stretches whose way is that to a late acknowledgment, ascending, and what it is at least."""
        self._read_inside: dict[int, Sequence[ProtocolWait]] = {}
        self._first_stretches = np.array([some.start for some in self.stretches], np.int32)

    # -- the stretches -----------------------------------------------------------------

    def budgets(self) -> list[TimeBudget]:
        """Classify every stretch (the time between two events), subtract recovery from them, and add up."""
        begin, end = self.events[:-1], self.events[1:]
        earlier, later = self.kind[:-1], self.kind[1:]
        self.waits = Waits(self.events, self.clock, later, self._turns_at)
        sends: list[tuple[SendGaps | None, SendGaps | None]] = [(None, None)] * len(self.members)
        in_turns = [False] * len(self.members)
        if self.members[0].delays.opened < 0:
            self._unopened(end)
        else:
            self._opening(begin, end, earlier, later)
            in_turns = self._turn_changes(begin, end, earlier, later)
            sends = self._transfers(earlier, later)
            self._silence(begin, later, in_turns, sends)
            for number, takes_turns in enumerate(in_turns):
                self._held_back(number, in_turns=takes_turns)
                self._by_request(number, in_turns=takes_turns)
            self._asked_to_wait(begin, end, in_turns)
            for number in range(len(self.members)):
                self._lacking(number)
        return self._told(self._add_up(begin, end), sends, in_turns)

    def _told(
        self,
        parts: list[tuple[int, ...]],
        sends: list[tuple[SendGaps | None, SendGaps | None]],
        in_turns: list[bool],
    ) -> list[TimeBudget]:
        """The budget of each stream, of what was found of all of them."""
        if len(self.members) == 1:
            elapsed = self.clock.item(-1) - self.clock.item(0)
            return [TimeBudget(elapsed, parts[0], self.waits, self.members[0].delays, sends[0], in_turns[0])]
        told = []
        for number, turns in enumerate(self._by_stream(self._turns_at)):
            member, some = self.members[number], self.stretches[number]
            turns_at = self._turns_at[turns] - np.int32(some.start)
            waits = self.waits.of_some(some, self._events_of(number), member.clock, turns_at)
            elapsed = member.clock.item(-1) - member.clock.item(0)
            told.append(TimeBudget(elapsed, parts[number], waits, member.delays, sends[number], in_turns[number]))
        return told

    def _by_stream(self, stretches: I32) -> list[slice]:
        """Which of the ``stretches`` (ascending) are those of each stream."""
        cuts = [*stretches.searchsorted(self._first_stretches).tolist(), len(stretches)]
        return [slice(begin, end) for begin, end in pairwise(cuts)]

    def _add_up(self, begin: I32, end: I32) -> list[tuple[int, ...]]:
        """Subtract recovery from each stretch, then the way there and back; returns the sums of all parts."""
        segments, waits, network = self.segments, self.waits, self.waits.network_ns
        recovers = [
            number for number, member in enumerate(self.members) if member.resends or may_have_holes(member.view)
        ]
        for number in recovers:
            self._recover(number)
        parts = segments.sums(len(Part))
        for some in chunks(len(begin)):
            length = self.clock[end[some]] - self.clock[begin[some]]
            length[self._between] = 0
            at = begin[some]
            if recovers:
                length -= waits.recovery_ns[some]
                segments.add(parts, int(Part.RECOVERY), waits.recovery_ns[some], at)
            if network[some].any():
                network[some] = np.minimum(network[some], length)
                length -= network[some]
                segments.add(parts, int(Part.NETWORK), network[some], at)
            segments.add(parts, waits.part[some], length, at)
        return segments.each_sum(parts)

    def _recover(self, number: int) -> None:
        """Set how much of each stretch of a member was recovery."""
        member, waits = self.members[number], self.waits
        recovered = Recovered(member.view, member.space, member.clock, member.resends, member.delays.rtt_ns)
        if not len(recovered):
            return
        stretches, base = self.stretches[number], np.int32(member.start)
        for some in chunks(stretches.stop, stretches.start):
            begin, end = waits.begin[some] - base, waits.end[some] - base
            spent = recovered.between(begin, end)
            found = indexes_of(spent)
            spent[found[self._thought_here(member, begin[found], end[found], waits.part[some][found])]] = 0
            found = indexes_of(spent)
            waits.recovery_ns[some.start + found] = spent[found]
        # What was sent again meanwhile is in both: it counts once.
        place = slice(*self._late.searchsorted((stretches.start, stretches.stop)).tolist())
        late = self._late[place]
        left = waits.network_ns[late] - waits.recovery_ns[late]
        waits.network_ns[late] = np.maximum(left, self._late_way[place])

    @staticmethod
    def _thought_here(member: Member, asked: I32, at: I32, part: U8) -> NDArray[np.bool_]:
        """Which of the stretches from ``asked`` to ``at`` are thinking that nothing on the way can have prolonged.

        Those of the end where the capture was made, if no payload of the other end came meanwhile that it did not have:
        what that waits out a timer for, or had lost, is no part of them.
        """
        here = np.zeros(len(part), np.bool_)
        for side, think in ((CLIENT, Part.CLIENT_THINK), (SERVER, Part.SERVER_THINK)):
            if not member.delays.captured_at(side):
                continue
            for which in indexes_of(part == think).tolist():
                amid = slice(int(asked[which]) + 1, int(at[which]))
                here[which] = not brings_news(member.view, amid, 1 - side)
        return here

    def _unopened(self, end: I32) -> None:
        """Without a completed handshake only the stretch up to the server's first segment is told: network."""
        answered = self.segments.from_server[end]
        if answered.any():
            self.waits.part[int(answered.argmax())] = Part.NETWORK

    def _opening(self, begin: I32, end: I32, earlier: U8, later: U8) -> None:
        """Attribute the handshake, and the stretch up to the first payload."""
        part, segments = self.waits.part, self.segments
        for number, stretches in enumerate(self.stretches):
            opening = int(end[stretches].searchsorted(self._opened[number], side="right"))
            part[stretches.start : stretches.start + opening] = Part.NETWORK
            if self.members[number].delays.mid_stream:
                self._kept_alive_before(later)
                return
            self._late_first_request(number)
        for some in chunks(len(begin), int(begin.searchsorted(self._opened[0]))):
            begun = indexes_of((earlier[some] == NO_SENDER) & (later[some] != NO_SENDER)) + some.start
            begun = begun[begin[begun] >= segments.of(self._opened, begin[begun])]
            if len(begun):
                # After a handshake it is the client's turn, unless the protocol begins with the server's greeting.
                greets = later[begun] == SERVER
                part[begun] = np.where(greets, Part.SERVER_THINK, Part.CLIENT_THINK)
                self.waits.network_ns[begun] = np.where(greets, self.segments.to_end_ns(SERVER, begin[begun]), 0)
                return

    def _kept_alive_before(self, later: U8) -> None:
        """Attribute the stretch up to the first payload of a capture that began later: idle if kept alive."""
        spoken = indexes_of(later != NO_SENDER)
        before = int(self.fresh[0]) if len(self.fresh) else 0
        if len(spoken) and (self.segments.verdict[:before] & _KEEP_ALIVE).any():
            self.waits.part[int(spoken[0])] = Part.IDLE

    def _late_first_request(self, number: int) -> None:
        """Attribute the wait where the client's first packet after the SYN-ACK is a request, and comes late.

        Then its bare ACK was lost or left out, and what passed since is not the way's.  Was it captured at the client,
        the client waited; elsewhere the request may also have been lost once.
        """
        member, waits = self.members[number], self.waits
        late_ns = late_request_ns(member.view, member.delays)
        if not late_ns:
            return
        stretches = self.stretches[number]
        first = stretches.start + int(waits.end[stretches].searchsorted(self._opened[number]))
        here = member.delays.captured_at(CLIENT)
        waits.part[first] = Part.CLIENT_THINK if here else Part.UNATTRIBUTED
        waited_ns = self.clock.item(waits.end[first]) - self.clock.item(waits.begin[first])
        waits.network_ns[first] = largest(waited_ns - late_ns, 0)

    def _turn_changes(self, begin: I32, end: I32, earlier: U8, later: U8) -> list[bool]:
        """Attribute stretches from one end's payload to the other's: thinking.  Returns which ends took turns."""
        changed = earlier != later
        changed &= (earlier != NO_SENDER) & (later != NO_SENDER)
        changes = flatnonzero32(changed)
        overlaps = every = np.zeros(len(self.members), np.int64)
        for some in chunks(len(changes)):
            at = end[changes[some]]
            overlaps = overlaps + self.segments.counts(at, self._known.overlapping(at, earlier[changes[some]]))
            every = every + self.segments.counts(at, np.ones(len(at), np.bool_))
        in_turns: list[bool] = ((overlaps < OVERLAPS) | (overlaps * 100 < OVERLAP_PERCENT * every)).tolist()
        for some in chunks(len(changes)):
            which = changes[some]
            takes_turns = np.broadcast_to(self.segments.of(in_turns, end[which]), len(which))
            if len(answers := which[takes_turns]):
                self._answers(answers, begin[answers], end[answers], earlier[answers])
            if len(others := which[~takes_turns]):
                quiet = ~self._outstanding(end[others] - np.int32(1))
                self.waits.part[others] = np.where(quiet, Part.IDLE, Part.UNATTRIBUTED)
                self.waits.network_ns[others] = self.segments.rtt_ns(end[others])
        return in_turns

    def _answers(self, changes: I32, asked: I32, at: I32, side: U8) -> None:
        """Attribute thinking, from the segments ``asked`` of ``side`` to the answers ``at``."""
        overlapping = self._known.overlapping(at, side)
        way = np.where(side == CLIENT, self.segments.to_end_ns(SERVER, at), self.segments.to_end_ns(CLIENT, at))
        if len(self.fresh) > TRANSFER_SEGMENTS:  # else no message is a transfer
            way = np.maximum(way, self._known.round_trips_ns(asked, at))
        think = np.where(side == CLIENT, Part.SERVER_THINK, Part.CLIENT_THINK).astype(np.uint8)
        # What did not pass by the sender's own clock was not its thinking; nothing tells where it was spent.
        overlapping_or_refuted = overlapping | self._known.refuted(asked, at, (1 - side).astype(np.uint8))
        self.waits.part[changes] = np.where(overlapping_or_refuted, Part.UNATTRIBUTED, think)
        self.waits.part[changes[self._known.lost_before(at, side)]] = Part.RECOVERY
        self.waits.network_ns[changes] = np.where(overlapping, self.segments.rtt_ns(at), way)
        self._heard_late(changes, asked, at, side, way)

    def _heard_late(self, changes: I32, asked: I32, at: I32, side: U8, way: I64) -> None:
        """Take from thinking the time in which the end that answered cannot have had what it was asked.

        Up to an acknowledgment that came late, that is the way's.  Was the answer the first to acknowledge, nothing
        tells whether an acknowledgment before it was lost.
        """
        known = self._known.acknowledged_late(asked, at, side, way)
        if known is None:
            return
        which, heard = known
        of_program = np.isin(self.waits.part[changes[which]], _PROGRAMS)
        which, heard = which[of_program], heard[of_program]
        first = heard == at[which]
        self.waits.part[changes[which[first]]] = Part.UNATTRIBUTED
        which, heard = which[~first], heard[~first]
        late = changes[which]
        self.waits.network_ns[late] = self.clock[heard] - self.clock[asked[which]]
        self._late, self._late_way = np.append(self._late, late), np.append(self._late_way, way[which])

    def _transfers(self, earlier: U8, later: U8) -> list[tuple[SendGaps | None, SendGaps | None]]:
        """Attribute stretches from one segment to the next of the same end, by what the later one waited for."""
        found: list[list[SendGaps | None]] = []
        follows = (earlier == later) & (later != NO_SENDER)
        runs = flatnonzero32(later != earlier)
        # A loss makes the congestion window smaller, so flights are only compared with others since the last loss.
        losses = np.array(
            [
                member.start + resend.index
                for member in self.members
                for resend in member.resends
                if resend.cause in LOSS
            ],
            np.int32,
        )

        def transfer(which: I32, after: I32) -> I64:
            number: I64 = runs.searchsorted(which) + losses.searchsorted(after)
            return number

        for side in (CLIENT, SERVER):
            which = flatnonzero32(follows & (later == side))
            if not len(which):
                found.append([None] * len(self.members))
                continue
            gaps = SendGaps(self.events, which)
            send_gaps(self.segments, side, gaps, transfer)
            self._unmark_lacking(gaps)
            self._unmark_heard_late(gaps, side)
            self.waits.part = put(self.waits.part, which, taken(_PART_OF_GAP, gaps.marks))
            found.append(self._each_gaps(gaps))
        return list(zip(*found, strict=True))

    def _each_gaps(self, gaps: SendGaps) -> list[SendGaps | None]:
        """The ``gaps`` of each stream, in its order; None without any."""
        if len(self.members) == 1:
            return [gaps]
        which = gaps.which - self.segments.of(self._first_stretches, gaps.after)
        release = gaps.release - self.segments.first_of(gaps.after)
        release[gaps.release < 0] = -1
        each: list[SendGaps | None] = []
        for number, pairs in enumerate(self._by_stream(gaps.which)):
            if pairs.start == pairs.stop:
                each.append(None)
                continue
            told = which[pairs], gaps.marks[pairs], release[pairs], gaps.flight[pairs]
            each.append(SendGaps.judged(self._events_of(number), *told))
        return each

    def _events_of(self, number: int) -> I32:
        """The events of a stream, as indexes of its own segments."""
        some = self.stretches[number]
        return self._own_events[some.start : some.stop + 1]

    @cached_property
    def _own_events(self) -> I32:
        events: I32 = self.events - self.segments.first_of(self.events)
        return events

    def _one_way(self, number: int, sends: tuple[SendGaps | None, SendGaps | None]) -> bool:
        """Whether the client sent again and again, each time of its own accord, and the server never sent anything."""
        gaps, some = sends[CLIENT], self.stretches[number]
        kind = self.kind[some.start : some.stop + 1]
        if gaps is None or not self.members[number].view.from_server.any() or (kind == SERVER).any():
            return False
        drained = gaps.having(SendGapReason.PAUSE)
        return int(np.count_nonzero(gaps.marks[drained] & int(SendGapReason.DRAINED))) >= ONE_WAY_PAUSES

    def _silence(
        self, begin: I32, later: U8, in_turns: list[bool], sends: list[tuple[SendGaps | None, SendGaps | None]]
    ) -> None:
        """Attribute what comes after the last payload: its acknowledgment, then nothing, then the close."""
        segments, space = self.segments, self.segments.space
        tail = self._after_payload(begin, later)
        last_sides = [
            int(segments.from_server[self.fresh[upto - 1]]) if since < upto else NO_SENDER
            for since, upto in pairwise(self._fresh_at)
        ]
        # A request without an answer: until somebody closes, nothing tells who let whom wait.
        asked = np.zeros(len(tail), np.bool_)
        for number, own in enumerate(self._by_stream(tail)):
            if last_sides[number] == CLIENT and in_turns[number] and not self._one_way(number, sends[number]):
                asked[own.start : self._open_until(tail, begin, own)] = True
        for some in chunks(len(tail)):
            which, at = tail[some], begin[tail[some]]
            # Data that nobody acknowledged to the stretch's end are still waited for.
            waited = self._outstanding(at) & self._outstanding(self.events[which + np.int32(1)])
            waited &= at < segments.of(self._closings, at)
            self.waits.part[which] = np.where(asked[some] | waited, Part.UNATTRIBUTED, Part.IDLE)
            self.waits.network_ns[which] = np.where(self._outstanding(at), self.segments.rtt_ns(at), 0)
            last_side = segments.of(last_sides, at)
            heard = np.where(last_side == SERVER, space.latest[0][at], space.latest[1][at])
            shut = (heard >= 0) & (segments.window[np.maximum(heard, 0)] == 0) & (last_side != NO_SENDER)
            # The window of a reset means nothing, and after one nobody waits for room.
            shut &= at < segments.of(self._resets, at)
            self.waits.part[which[shut]] = Part.RECEIVE_WINDOW

    def _after_payload(self, begin: I32, later: U8) -> I32:
        """The stretches behind the opening, and behind the last payload, of each stream."""
        behind = later == NO_SENDER
        behind[[some.stop for some in self.stretches[:-1]]] = False  # between two streams
        first = int(begin.searchsorted(self._opened[0]))
        tail = flatnonzero32(behind[first:]) + np.int32(first)
        return tail if len(self.members) == 1 else tail[begin[tail] >= self.segments.of(self._opened, begin[tail])]

    def _open_until(self, tail: I32, begin: I32, own: slice) -> int:
        """The first of the stretches ``tail[own]`` that a FIN or RST begins; ``own.stop`` without one."""
        flags = self.segments.flags
        found: int = next(
            (
                some.start + int(closing[0])
                for some in chunks(own.stop, own.start)
                if len(closing := indexes_of(flags[begin[tail[some]]] & (FIN | RST)))
            ),
            own.stop,
        )
        return found

    def _held_back(self, number: int, *, in_turns: bool) -> None:
        """Attribute what a protocol inside TCP tells, which has windows of its own; it is read only if it may matter.

        Where ends take turns, a receiver that makes no room is one that thinks, and is told as that; but for the time
        behind the last payload, where that broke off.
        """
        member, stretches = self.members[number], self.stretches[number]
        clock = self.clock
        fresh = self.fresh[self._fresh_at[number] : self._fresh_at[number + 1]]
        # This first: nearly all connections end here, and only what `Batched` can do is done for many of them together.
        if in_turns and (len(fresh) < 2 or clock[member.stop - 1] - clock[fresh[-1]] < STUCK_NS):
            return
        part, begin, end = self.waits.part, self.waits.begin, self.waits.end
        first, least_ns = stretches.start, PROTOCOL_WAIT_LEAST_NS
        if in_turns:
            first, least_ns = int(begin.searchsorted(fresh[-1])), STUCK_NS
        long = [
            indexes_of(
                np.isin(part[some], _UNKNOWN_TO_TCP) & (clock[end[some]] - clock[begin[some]] >= least_ns)
            ) + some.start
            for some in chunks(stretches.stop, first)
        ]  # fmt: skip
        which = np.concatenate(long) if long else np.zeros(0, np.int64)
        if not len(which) or (in_turns and not self._ends_within_transfer(fresh)):
            return
        began, ended = clock[begin[which]], clock[end[which]]
        closed = self._first_with(member, FIN | RST)
        for span in self._inside(number):
            if span.part is not Part.FLOW_CONTROL:
                continue
            inside = (began >= span.begin_ns) & (ended <= span.end_ns)
            if span.end_ns == NEVER_NS:  # once an end closes nobody waits
                inside &= begin[which] < closed
            elif in_turns:
                continue
            part[which[inside]] = span.part

    def _inside(self, number: int) -> Sequence[ProtocolWait]:
        """What the protocol inside a member tells of its waits; read once."""
        told = self._read_inside.get(number)
        if told is None:
            delays = self.members[number].delays
            told = self.members[number].view.waits_inside(delays.to_end_ns(CLIENT), delays.to_end_ns(SERVER))
            self._read_inside[number] = told
        return told

    def _by_request(self, number: int, *, in_turns: bool) -> None:
        """Attribute long waits, if there are any, as the requests tell that share a connection.

        What came last in a wait says little then: a server that acknowledges SETTINGS still thinks about a request, and
        a client that opens a window did not.
        """
        waits, clock, stretches = self.waits, self.clock, self.stretches[number]
        least_ns = requested_wait_least_ns(len(self.members[number].view))
        may_be = BY_REQUEST if in_turns else (*BY_REQUEST, Part.UNATTRIBUTED)
        long = [
            indexes_of(in_any_member(
                np.isin(waits.part[some], may_be)
                & (waits.sender[some] != NO_SENDER)
                & (clock[waits.end[some]] - clock[waits.begin[some]] >= least_ns)
            )) + some.start
            for some in chunks(stretches.stop, stretches.start)
        ]  # fmt: skip
        which = np.concatenate(long) if long else np.zeros(0, np.int64)
        told = self._inside(number) if len(which) else ()
        if not len(told):
            return
        by_request(waits, which[self._is_open_question(which)], told)

    def _is_open_question(self, which: I64) -> NDArray[np.bool_]:
        """Of which of the stretches ``which`` neither their sender's clock nor the numbers of its packets tell more."""
        waits = self.waits
        asked, at, sender = waits.begin[which], waits.end[which], waits.sender[which]
        other = (1 - sender).astype(np.uint8)
        is_open: NDArray[np.bool_] = ~(self._known.refuted(asked, at, sender) | self._known.lost_before(at, other))
        is_open |= waits.part[which] == Part.SERVER_THINK  # these were looked at
        return is_open

    def _asked_to_wait(self, begin: I32, end: I32, in_turns: list[bool]) -> None:
        """Attribute what would be the server's processing, where the client had asked it to wait."""
        if not any(in_turns):
            return
        part, clock, segments = self.waits.part, self.clock, self.segments
        least_ns = [requested_wait_least_ns(len(member.view)) for member in self.members]
        long = [
            indexes_of(in_any_member(
                (part[some] == Part.SERVER_THINK)
                & (clock[end[some]] - clock[begin[some]] >= segments.of(least_ns, begin[some]))
            )) + some.start
            for some in chunks(len(begin))
        ]  # fmt: skip
        which = np.concatenate(long) if long else np.zeros(0, np.int64)
        for number, own in segments.groups(which, begin[which]):
            spans = self.members[number].view.asked_to_wait() if in_turns[number] else ()
            if len(spans):
                began, ended = np.array(spans, np.int64).T
                latest = np.searchsorted(began, clock[begin[own]], side="right") - 1
                part[own[(latest >= 0) & (clock[end[own]] <= ended[latest])]] = Part.ASKED_TO_WAIT

    def _lacking(self, number: int) -> None:
        """Attribute to nobody what was waited while bytes of either end passed that were not captured.

        Nor what ends would have done across a reset, or while a hole was open that nobody was seen to fill.
        """
        member, part = self.members[number], self.waits.part
        missing = uncaptured_at(member.view, member.space) + np.int32(member.start)
        reset, hole = self._resets[number], member.stop
        if may_have_holes(member.view):
            hole = member.start + last_hole(member.view, member.space, member.delays.rtt_ns)
        if not len(missing) and reset >= member.stop and hole >= member.stop:
            return
        for some in chunks(self.stretches[number].stop, self.stretches[number].start):
            begin, end = self.waits.begin[some], self.waits.end[some]
            lacks = lacking(missing, begin, end) & ~np.isin(part[some], _NOBODYS)
            idle = ((begin < reset) & (end > reset)) | (end > hole)
            part[some.start + indexes_of(lacks | (idle & np.isin(part[some], _PROGRAMS)))] = Part.UNATTRIBUTED

    def _unmark_lacking(self, gaps: SendGaps) -> None:
        """Take their marks from ``gaps`` of which bytes were not captured: what the later segment waited for."""
        for member in self.members:
            missing = uncaptured_at(member.view, member.space)
            if len(missing):
                places = missing + np.int32(member.start)
                for part in chunks(len(gaps)):
                    which = part.start + indexes_of(lacking(places, gaps.befores(part), gaps.afters(part)))
                    gaps.marks[which] = 0

    def _unmark_heard_late(self, gaps: SendGaps, side: int) -> None:
        """Take their marks from the pauses in ``gaps`` of which half or more passed before an acknowledgment came late.

        What the earlier segment carried was lost or held up meanwhile, though nobody was seen to send it again.
        """
        pauses = gaps.having(SendGapReason.PAUSE)
        if not len(pauses):
            return
        before, after = gaps.befores(pauses), gaps.afters(pauses)
        way = np.zeros(len(after), np.int64) + self.segments.to_end_ns(1 - side, after)
        late = self._known.acknowledged_late(before, after, np.full(len(after), side, np.uint8), way)
        if late is not None:
            which, heard = late
            passed = self.clock[heard] - self.clock[before[which]]
            mostly = passed * 2 >= self.clock[after[which]] - self.clock[before[which]]
            gaps.marks[pauses[which[mostly]]] = 0

    def _ends_within_transfer(self, fresh: I32) -> bool:
        """Whether the last payload may be where a message broke off: the end that sent it had just sent much more.

        ``fresh``: the segments of the stream with new payload.
        """
        latest = fresh[-_LATEST:]
        sides = self.segments.from_server[latest]
        if sides[-1] != sides[-2]:
            return False
        return integer(self.segments.length[latest[sides == sides[-1]]].sum()) >= STUCK_BYTES

    @cached_property
    def _closings(self) -> list[int]:
        """The first FIN or RST of each member; its end without one."""
        return [self._first_with(member, FIN | RST) for member in self.members]

    @cached_property
    def _resets(self) -> list[int]:
        """The first RST of each member; its end without one."""
        return [self._first_with(member, RST) for member in self.members]

    def _first_with(self, member: Member, flags: int) -> int:
        """The first segment behind the opening with one of ``flags``; the member's end without one."""
        found = flatnonzero32((member.view.flags & flags) != 0)
        found = found[found >= max(member.delays.opened, 0)]
        return member.start + (int(found[0]) if len(found) else len(member.view))

    @cached_property
    def _between(self) -> list[int]:
        """The stretches between one member and the next."""
        return [some.stop for some in self.stretches[:-1]]

    def _outstanding(self, at: I32) -> NDArray[np.bool_]:
        """After each of the segments ``at``: whether anything sent was not yet acknowledged."""
        space = self.segments.space
        waiting = np.zeros(len(at), np.bool_)
        for sent, acknowledged in zip(space.sent, space.acknowledged, strict=True):
            waiting |= sent[at] > acknowledged[at]
        return waiting


def _part_of_gap() -> U8:
    """The `Part` for each combination of `SendGapReason` bits; of several, the last one listed here counts."""
    part = np.full(2 * max(SendGapReason), Part.UNATTRIBUTED, np.uint8)
    for mark, what in (
        (SendGapReason.PAUSE, Part.SENDER), (SendGapReason.BURST, Part.NETWORK), (SendGapReason.LOST, Part.RECOVERY),
        (SendGapReason.SPREAD, Part.NETWORK_LIMITED),
        (SendGapReason.CLOCKED, Part.NETWORK_LIMITED), (SendGapReason.BLOCKED, Part.RECEIVE_WINDOW),
    ):  # fmt: skip
        part[(np.arange(len(part)) & int(mark)) != 0] = what
    return part


_PART_OF_GAP: Final = _part_of_gap()
