"""What `tcptui.analysis.time_budget` says: where a stream's time went, part by part and turn by turn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final

import numpy as np

from tcptui.analysis.path_delays import PathDelays
from tcptui.analysis.send_gaps import SendGaps
from tcptui.model.packet_store import I32, I64, U8


class Part(IntEnum):
    """What time was spent on."""

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

    @property
    def label(self) -> str:
        """The part as the JSON report names it: ``server_think`` …"""
        return self.name.lower()


#: Who brings new payload: the client, the server, neither.
CLIENT: Final = 0
SERVER: Final = 1
NOBODY: Final = 2


@dataclass(frozen=True)
class Waits:
    """The stretches between successive events; each one's three times add up to its length, in nanoseconds."""

    begin: I32
    """Index of the segment at which the stretch begins."""
    end: I32
    """… and of the segment that ends it, which brings new payload while `sender` is an end."""
    sender: U8
    """Who sent `end`: `CLIENT`, `SERVER`, or `NOBODY` when it brings no payload."""
    turn: I32
    """Number of the turn it belongs to; -1 before the first."""
    part: U8
    """`Part` of `own_ns`."""
    own_ns: I64
    network_ns: I64
    """The way there and back that every answer takes: `Part.NETWORK`."""
    recovery_ns: I64
    """`Part.RECOVERY`."""


@dataclass(frozen=True)
class Turns:
    """Requests and their responses, one row a turn; it lasts until the next request begins."""

    request: I32
    """Index of the first segment of the request."""
    response: I32
    """Index of the first segment of the response; -1 without one."""
    last: I32
    """Index of the last new segment of the turn."""
    parts: I64
    """Nanoseconds, one row a turn and one column a `Part`."""

    def __len__(self) -> int:
        return len(self.request)

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
    """What released each segment within a transfer, by sender."""
    in_turns: bool
    """The ends took turns; without that, nobody's thinking is told apart from silence."""

    def __getitem__(self, part: Part) -> int:
        return self.parts[part]

    @cached_property
    def turns(self) -> Turns:
        """The requests of the stream; none where the ends took no turns."""
        waits = self.waits
        count = int(waits.turn[-1]) + 1 if len(waits.turn) and self.in_turns else 0
        table = np.zeros((count, len(Part)), np.int64)
        if not count:
            nothing = np.zeros(0, np.int32)
            return Turns(nothing, nothing, nothing, table)
        inside = np.flatnonzero(waits.turn >= 0)
        turn = waits.turn[inside]
        np.add.at(table, (turn, waits.part[inside]), waits.own_ns[inside])
        np.add.at(table[:, Part.NETWORK], turn, waits.network_ns[inside])
        np.add.at(table[:, Part.RECOVERY], turn, waits.recovery_ns[inside])
        request = waits.begin[inside[np.searchsorted(turn, np.arange(count))]]
        response, last = np.full(count, -1, np.int32), request.copy()
        answers = inside[waits.sender[inside] == SERVER]
        # Of several rows of a turn the first assigned last is kept.
        response[waits.turn[answers[::-1]]] = waits.end[answers[::-1]]
        data = inside[waits.sender[inside] != NOBODY]
        data = data[
            (waits.sender[data] == SERVER) | (waits.turn[data] == waits.turn[np.minimum(data + 1, len(waits.turn) - 1)])
        ]
        last[waits.turn[data]] = waits.end[data]
        return Turns(request, response, last, table)
