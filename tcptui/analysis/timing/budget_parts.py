"""The result of `tcptui.analysis.timing.budget`: where a stream's time went, part by part and turn by turn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from tcptui.analysis.timing.path_delay import PathDelays
from tcptui.analysis.timing.send_gap_table import SendGaps
from tcptui.model.arrays import chunks, flatnonzero32, indexes_of
from tcptui.model.batched import integer, zeros_like
from tcptui.model.packet_store import I32, I64, U8


class Part(IntEnum):
    """A purpose on which time was spent."""

    NETWORK = 0
    """The way there and back: the opening, each turn's round trip, segments that follow one another."""
    SERVER_THINK = 1
    CLIENT_THINK = 2
    RECEIVE_WINDOW = 3
    """The receiver had no room."""
    NETWORK_LIMITED = 4
    """A full flight was under way and the sender waited for an acknowledgment: congestion window or path."""
    SENDER = 5
    """The sending program (or its buffer) had nothing to send, in the middle of a transfer."""
    RECOVERY = 6
    """Loss: from the time-out's wait, or the first resend, until all of that flight was acknowledged."""
    IDLE = 7
    """Nothing under way and no request pending."""
    UNATTRIBUTED = 8
    FLOW_CONTROL = 9
    """The receiver's program had not made room, by the flow control of a protocol inside TCP: TCP's window was open."""
    ASKED_TO_WAIT = 10
    """The server waited for something to happen, as the client had asked (BLPOP of Redis): nobody's."""

    @property
    def label(self) -> str:
        """The part as the JSON report names it: ``server_think`` …"""
        return self.name.lower()


class ProtocolWait(NamedTuple):
    """A time, in ns since the epoch, of which a protocol inside TCP tells what was waited for."""

    begin_ns: int
    end_ns: int
    part: Part


#: Who brings new payload: the client, the server, neither.
CLIENT: Final = 0
SERVER: Final = 1
NO_SENDER: Final = 2


class Waits:
    """The stretches between successive events; each one's three times add up to its length, in nanoseconds.

    The property `own_ns` is an array of all stretches, computed at each access: for long streams use `own`.
    """

    def __init__(self, events: I32, clock: I64, sender: U8, turns_at: I32) -> None:
        """``events``: the segments between which they lie; ``clock``: the segments' times, never going back.

        Each turn begins at one of ``turns_at``.
        """
        count = max(len(events) - 1, 0)
        self.clock = clock
        """Times of the stream's segments, in ns since the epoch, never going back unless nothing was split."""
        self.begin = events[:-1]
        """Index of the segment at which the stretch begins."""
        self.end = events[1:]
        """Index of the segment that ends the stretch; it brings new payload unless `sender` is `NO_SENDER`."""
        self.sender = sender
        """Who sent `end`: `CLIENT`, `SERVER`, or `NO_SENDER` when it brings no payload."""
        self.turns_at = turns_at
        """The stretches with which the turns begin."""
        self.part: U8 = np.full(count, Part.UNATTRIBUTED, np.uint8)
        """`Part` of `own_ns`."""
        # Most stretches have none of either: what is not written to takes no memory.
        self.network_ns: I64 = zeros_like(clock, count)
        """The way there and back that every answer takes: `Part.NETWORK`."""
        self.recovery_ns: I64 = zeros_like(clock, count)
        """`Part.RECOVERY`."""

    def of_some(self, stretches: slice, events: I32, clock: I64, turns_at: I32) -> Waits:
        """The ``stretches`` alone, as those of a stream with these ``events``, ``clock`` and ``turns_at``."""
        some = Waits.__new__(Waits)
        some.clock, some.begin, some.end, some.turns_at = clock, events[:-1], events[1:], turns_at
        some.sender, some.part = self.sender[stretches], self.part[stretches]
        some.network_ns, some.recovery_ns = self.network_ns[stretches], self.recovery_ns[stretches]
        return some

    def __len__(self) -> int:
        return len(self.part)

    def own(self, which: slice | I32 | I64) -> I64:
        """How much of each of the stretches ``which`` belongs to its `part`."""
        length = self.clock[self.end[which]] - self.clock[self.begin[which]]
        own: I64 = np.maximum(length - self.network_ns[which] - self.recovery_ns[which], 0)
        return own

    def own_sum(self, which: I32) -> int:
        """The sum of `own` of the stretches ``which``."""
        return sum(integer(self.own(which[part]).sum()) for part in chunks(len(which)))

    @property
    def own_ns(self) -> I64:
        """`own` of all stretches."""
        return self.own(slice(None))

    def turn(self, which: int) -> int:
        """Number of the turn that a stretch belongs to; -1 before the first."""
        return int(np.searchsorted(self.turns_at, np.int32(which), side="right")) - 1


@dataclass(frozen=True)
class Turns:
    """Requests and their responses, one row per turn; a turn lasts until the next request begins."""

    request: I32
    """Index of the first segment of the request."""
    response: I32
    """Index of the first segment of the response; -1 without one."""
    last: I32
    """Index of the last new segment of the turn."""
    at: I32
    """The stretches of ``waits`` with which they begin."""
    waits: Waits

    def __len__(self) -> int:
        return len(self.request)

    @cached_property
    def parts(self) -> I64:
        """Nanoseconds, one row per turn and one column per `Part`."""
        waits, at = self.waits, self.at
        table = np.zeros((len(at), len(Part)), np.int64)
        for some in chunks(len(waits), int(at[0])) if len(at) else ():
            turn = np.searchsorted(at, np.arange(some.start, some.stop, dtype=np.int32), side="right") - 1
            np.add.at(table, (turn, waits.part[some]), waits.own(some))
            np.add.at(table[:, Part.NETWORK], turn, waits.network_ns[some])
            np.add.at(table[:, Part.RECOVERY], turn, waits.recovery_ns[some])
        return table

    @property
    def elapsed_ns(self) -> I64:
        """How long each turn lasted."""
        total: I64 = self.parts.sum(axis=1)
        return total


@dataclass(frozen=True)
class TimeBudget:
    """How the time of one stream was spent."""

    elapsed_ns: int
    """From the first segment to the last; 0 where the capture's clock went back in between."""
    parts: tuple[int, ...]
    """Nanoseconds by `Part`; their sum is `elapsed_ns`."""
    waits: Waits
    delays: PathDelays
    sends: tuple[SendGaps | None, SendGaps | None]
    """What each segment within a transfer waited for, by sender."""
    in_turns: bool
    """Whether the ends took turns; without that, thinking cannot be told apart from silence."""

    def __getitem__(self, part: Part) -> int:
        return self.parts[part]

    @cached_property
    def turns(self) -> Turns:
        """The requests of the stream; none where the ends took no turns."""
        waits, at = self.waits, self.waits.turns_at
        count = len(at) if self.in_turns else 0
        if not count:
            nothing = np.zeros(0, np.int32)
            return Turns(nothing, nothing, nothing, nothing, waits)
        upto = np.append(at[1:], np.int32(len(waits)))
        request = waits.begin[at]
        response, last = np.full(count, -1, np.int32), request.copy()
        answers = flatnonzero32(waits.sender == SERVER)
        first = np.searchsorted(answers, at)
        answered = indexes_of(first < len(answers))
        answered = answered[answers[first[answered]] < upto[answered]]
        response[answered] = waits.end[answers[first[answered]]]
        del answers
        # The stretch before the next turn ends with the next request.
        said = flatnonzero32(waits.sender != NO_SENDER)
        ends = upto - np.int32(1)
        ends[:-1] -= np.int32(1)
        place = np.searchsorted(said, ends, side="right") - 1
        spoken = indexes_of(place >= 0)
        spoken = spoken[said[place[spoken]] >= at[spoken]]
        last[spoken] = waits.end[said[place[spoken]]]
        return Turns(request, response, last, at, waits)
