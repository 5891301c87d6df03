"""What a sender had received when it sent: what passed here before, what it echoes, or what had had time to arrive."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from tcptui.analysis.timing.path_delay import HERE_NS
from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.model.batched import Batched, NotBatchableError, largest, put, taken
from tcptui.model.packet_store import I32, I64, OptionBit
from tcptui.model.seq import SEQ_HALF

if TYPE_CHECKING:
    from tcptui.analysis.timing.segments import Segments

#: A pause is longer than a quarter of the round trip and this (rules/findings.md#where-the-time-went).
PAUSE_NS: Final = 5_000_000
#: In streams of up to so many segments nobody asks how far a sender is that no acknowledgment measures.
SHORT: Final = 16

_Time = TypeVar("_Time", int, I64)


def pause_ns(rtt_ns: _Time) -> _Time:
    """How long a sender must be silent for that to be a pause of its own; for one round trip or an array of them."""
    return rtt_ns // 4 + PAUSE_NS


class SenderKnowledge:
    """What one side had received when it sent: for each of its segments, the peer's newest segment that it knew."""

    def __init__(self, segments: Segments, side: int) -> None:
        self._segments = segments
        self._clock = segments.clock
        delays = [member.delays for member in segments.members]
        self._lag_ns = [0 if each.captured_at(side) else each.to_end_ns(side) for each in delays]
        unknown = [
            each.mid_stream and not each.to_end_ns(side) and len(member.view) > SHORT
            for each, member in zip(delays, segments.members, strict=True)
        ]
        #: The capture was made at this side: it knew what had passed here.
        self.at_hand = [not lag_ns and not lost for lag_ns, lost in zip(self._lag_ns, unknown, strict=True)]
        #: Echoed timestamps tell what it knew; `_lag_ns` is a lower bound, as the sender's way here may hold a queue.
        self.by_echo = [False] * len(delays)
        if not all(self.at_hand):
            self._read_stamps(side)
        for number in indexes_of(np.array(unknown)).tolist():
            self._measure(number, side)
        #: The round trip of each stream (ns), 0 where nothing tells.
        self.round_trips_ns = [
            each.rtt_ns + (lag_ns if lost else 0)
            for each, lag_ns, lost in zip(delays, self._lag_ns, unknown, strict=True)
        ]
        self._by_lag = [not known and not echoed for known, echoed in zip(self.at_hand, self.by_echo, strict=True)]

    def _read_stamps(self, side: int) -> None:
        """Set `by_echo`, and how far the peer's clock had gone at each of its segments."""
        segments = self._segments
        lacking = segments.each_any((segments.options & OptionBit.TIMESTAMPS) == 0)
        peers = flatnonzero32(segments.from_server != bool(side))
        begins = segments.cuts(peers)
        speaks = [begin < end for begin, end in pairwise(begins)]
        self.by_echo = [
            speaking and not lacks and not known
            for speaking, lacks, known in zip(speaks, lacking, self.at_hand, strict=True)
        ]
        if not any(self.by_echo):
            return
        firsts = [int(peers[begin]) if speaking else 0 for begin, speaking in zip(begins, speaks, strict=False)]
        self._bases = [segments.ts_value[first] for first in firsts]
        values = segments.ts_value[peers]
        values -= segments.of(self._bases, peers)
        values[values >= SEQ_HALF] = 0
        values = segments.lifted(values, peers)
        self._peers = peers
        self._values = np.maximum.accumulate(values, out=values)

    def _measure(self, number: int, side: int) -> None:
        """Set how far the sender of a stream is, which no acknowledgment of its own tells.

        With timestamps it is the least time from a segment of the peer to the data that echo it.  Without them nothing
        measures it; but where the peer is far away, and data mostly follow its segments at once, the sender is here.
        """
        segments, member = self._segments, self._segments.members[number]
        if isinstance(segments.clock, Batched):
            raise NotBatchableError
        view = member.view
        own = ((view.from_server == bool(side)) & (view.length > 0)).nonzero()[0].astype(np.int32) + member.start
        if self.by_echo[number]:
            known = self._echoed(own, own)
            heard = (known < own) & (segments.ts_value[known] == segments.ts_echo[own])
            passed = self._clock[own[heard]] - self._clock[known[heard]]
            self._lag_ns[number] = largest(int(passed.min()), 0) if heard.any() else 0
            here = heard.any() and self._lag_ns[number] <= HERE_NS
        else:
            follows = own[(own > member.start) & (segments.from_server[own - 1] != bool(side))]
            passed = self._clock[follows] - self._clock[follows - 1]
            here = member.delays.to_end_ns(1 - side) > HERE_NS and len(passed) and np.median(passed) <= HERE_NS
        if here:
            self.at_hand[number], self.by_echo[number], self._lag_ns[number] = True, False, 0

    def at(self, indexes: I32, latest: I32) -> I32:
        """The newest index known when each of ``indexes`` was sent; never above ``latest``."""
        known = latest
        for told, way in ((self.by_echo, self._echoed), (self._by_lag, self._arrived)):
            if all(told):
                return way(indexes, latest)
            if any(told):
                which = indexes_of(self._segments.of(told, indexes))
                known = put(known.copy(), which, way(indexes[which], latest[which]))
        return known

    def _echoed(self, indexes: I32, latest: I32) -> I32:
        """`at`, by the stamp that each of them echoes."""
        segments = self._segments
        echo = segments.lifted(segments.ts_echo[indexes] - segments.of(self._bases, indexes), indexes)
        place = np.searchsorted(self._values, echo, side="right") - 1
        known: I32 = np.minimum(np.where(place >= 0, taken(self._peers, place), np.int32(0)), latest)
        return known

    def _arrived(self, indexes: I32, latest: I32) -> I32:
        """`at`, by what had had time to arrive."""
        segments = self._segments
        known = segments.searched(self._clock[indexes] - segments.of(self._lag_ns, indexes), indexes)
        arrived: I32 = np.clip(known, segments.first_of(indexes), latest).astype(np.int32)
        return arrived

    def excess_ns(self, later: I32, earlier: I32) -> I64:
        """How long (ns) after receiving ``earlier`` the sender waited before it sent ``later``."""
        known_ns = taken(self._clock, np.maximum(earlier, 0)) + self._segments.of(self._lag_ns, later)
        waited: I64 = self._clock[later] - known_ns
        return waited
