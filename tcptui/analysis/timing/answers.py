"""What is known of answers, an end's first segments behind payload of the other: whose the time before them was."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tcptui.analysis.resend.ip_id import PacketNumbers
from tcptui.analysis.timing.budget_parts import CLIENT, SERVER
from tcptui.analysis.timing.recovery import LONGEST_DELAYED_ACK_NS
from tcptui.analysis.timing.rtt_samples import RttSamples
from tcptui.analysis.timing.sender_knowledge import pause_ns
from tcptui.analysis.timing.sender_stamps import COMPARED_NS, refuted_waits
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import in_any_member
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.timing.events import Events
    from tcptui.analysis.timing.segments import Segments
    from tcptui.model.packet_store import I32, I64, U8


class Answers:
    """Looks at answers in one stream, or in several: segments ``at`` behind the segments ``asked`` of the other end."""

    def __init__(self, segments: Segments, events: Events) -> None:
        self._segments, self._members, self._events = segments, segments.members, events
        self._known_numbers: dict[tuple[int, int], PacketNumbers] = {}
        self._alone: dict[tuple[int, int], bool] = {}

    def overlapping(self, at: I32, side: U8) -> NDArray[np.bool_]:
        """Mask of the segments ``at`` that do not yet acknowledge all that ``side``, the other end, had sent."""
        space = self._segments.space
        sent = np.where(side == SERVER, space.sent[1][at], space.sent[0][at])
        overlapping: NDArray[np.bool_] = space.ack[at] < sent
        return overlapping

    def round_trips_ns(self, asked: I32, at: I32) -> I64:
        """`RttSamples.latest`, of transfers that end at ``asked``."""
        return self._trips.latest(asked, at)

    @cached_property
    def _trips(self) -> RttSamples:
        return RttSamples(self._segments, self._events.fresh, self._events.fresh_at)

    def refuted(self, asked: I32, at: I32, speakers: U8) -> NDArray[np.bool_]:
        """`refuted_waits` of each member."""
        refuted = np.zeros(len(at), np.bool_)
        long = indexes_of(self._segments.time_ns[at] - self._segments.time_ns[asked] >= COMPARED_NS)
        for number, which in self._segments.groups(long, at[long]):
            member, base = self._members[number], np.int32(self._members[number].start)
            refuted[which] = refuted_waits(member.view, asked[which] - base, at[which] - base, speakers[which])
        return refuted

    def acknowledged_late(self, asked: I32, at: I32, side: U8, way: I64) -> tuple[I64, I32] | None:
        """The answers to ``side`` before which the other end cannot have had what it was ``asked``; None without any.

        By their places in ``at``, and with the segment that first acknowledged what was asked.  No stack holds that
        back as long; away from that end it was still under way, or what acknowledged it was.
        """
        clock = self._segments.clock
        passed = clock[at] - clock[asked]
        long = indexes_of(in_any_member(passed > way + LONGEST_DELAYED_ACK_NS))
        found: list[tuple[I64, I32]] = []
        for number, which in self._segments.groups(long, at[long]):
            member = self._members[number]
            for one in (CLIENT, SERVER):
                if member.delays.may_be_at(1 - one) or not self._acks_alone(number, 1 - one):
                    continue
                some = which[side[which] == one]
                begin = asked[some] - np.int32(member.start)
                heard = member.space.acknowledged[one].searchsorted(member.space.sent[one][begin]) + member.start
                late = clock[np.minimum(heard, at[some])] - clock[asked[some]] > way[some] + LONGEST_DELAYED_ACK_NS
                found.append((some[late], np.minimum(heard, at[some])[late].astype(np.int32)))
        if not found:
            return None
        places, heard_at = (np.concatenate(columns) for columns in zip(*found, strict=True))
        order = np.argsort(places)
        return places[order], heard_at[order]

    def _acks_alone(self, number: int, side: int) -> bool:
        """Whether ``side`` sent any acknowledgment without data: else a filter may have left those out."""
        if (number, side) not in self._alone:
            view = self._members[number].view
            bare = ((view.flags & (ACK | SYN | FIN | RST)) == ACK) & (view.length == 0)
            self._alone[number, side] = bool((bare & (view.from_server == bool(side))).any())
        return self._alone[number, side]

    def lost_before(self, at: I32, asked: U8) -> NDArray[np.bool_]:
        """Mask of the answers ``at`` (``asked`` by a side) that had been sent before and lost on their way here.

        Their sender's IP identification numbers tell.
        """
        lost = np.zeros(len(at), np.bool_)
        for side in (CLIENT, SERVER):
            away = [not member.delays.may_be_at(side) for member in self._members]
            theirs = indexes_of((asked == 1 - side) & self._segments.of(away, at)) if any(away) else ()
            if not len(theirs):
                continue
            answers, clock = at[theirs], self._segments.clock
            paused = clock[answers] - clock[answers - 1] > pause_ns(self._segments.rtt_ns(answers))
            # Those alone are looked at; of a batch, those that came after a pause in any.
            among = in_any_member(paused)
            theirs, paused = theirs[among], paused[among]
            for number, which in self._segments.groups(theirs, at[theirs]):
                base = np.int32(self._members[number].start)
                lost[which] = self._numbers(number, side).lost(at[which] - base)
            lost[theirs] &= paused
        return lost

    def _numbers(self, number: int, side: int) -> PacketNumbers:
        if (number, side) not in self._known_numbers:
            self._known_numbers[number, side] = PacketNumbers(self._members[number].view, side)
        return self._known_numbers[number, side]
