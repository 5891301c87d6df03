"""What can limit the rate of a transfer, and which stretches of one direction each limited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.model.finding import Confidence

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, I64, U8


class Limit(IntEnum):
    """A reason for which a sender waited between two of its segments with new payload."""

    APPLICATION = 0
    """Its program had nothing to send."""
    WINDOW = 1
    """The receiver's window, which stays about as small as it is: a small buffer."""
    WINDOW_GROWING = 2
    """The receiver's window, which was made larger later on: its buffer was still being tuned."""
    WINDOW_UNSCALED = 3
    """The receiver's window, which is as large as it can be without the window scale option."""
    WINDOW_UNREAD = 4
    """The receiver's window, which fell because its program did not read."""
    LOSS = 5
    """The congestion window, which a loss had made small, or the repair of that loss."""
    SLOW_START = 6
    """The congestion window, which was still growing from its first size."""
    AFTER_IDLE = 7
    """The congestion window, which a pause had made small."""
    PATH_RATE = 8
    """The slowest line of the path: round trips grew while more was in flight."""
    POLICER = 9
    """Something on the path that drops what is above a rate, without a queue."""
    SEND_BUFFER = 10
    """The sender's buffer (or a limit of its congestion window): flights of one size."""
    PACING = 11
    """The sender's own pace: segments at even distances, whatever acknowledgments came."""
    NETWORK = 12
    """The congestion window or the path; which of them cannot be told."""
    UNKNOWN = 13
    """Nothing tells: packets are missing."""

    @property
    def label(self) -> str:
        """As JSON, filters and the catalogue name it: ``window-growing`` …"""
        return self.name.lower().replace("_", "-")

    @property
    def party(self) -> Party:
        """Who held the sender up."""
        return _PARTIES[self]


class Party(IntEnum):
    """Who limits a rate: the three that people ask about, and nobody who can be told."""

    APPLICATION = 0
    RECEIVER = 1
    NETWORK = 2
    UNKNOWN = 3

    @property
    def label(self) -> str:
        """As JSON names it."""
        return self.name.lower()


#: A graph or a list of stretches has at most so many steps.
MOST_STEPS: Final = 400
_NONE: Final = -1
_WINDOWS: Final = (Limit.WINDOW, Limit.WINDOW_GROWING, Limit.WINDOW_UNSCALED, Limit.WINDOW_UNREAD)
#: What ordinary things look like, too.
_OFTEN_ALIKE: Final = (Limit.POLICER, Limit.SEND_BUFFER, Limit.PACING, Limit.NETWORK, Limit.UNKNOWN)
_PARTIES: Final = {
    **dict.fromkeys(Limit, Party.NETWORK),
    **dict.fromkeys(_WINDOWS, Party.RECEIVER),
    Limit.APPLICATION: Party.APPLICATION,
    Limit.UNKNOWN: Party.UNKNOWN,
}
_PARTY_OF: Final = np.array([limit.party for limit in Limit], np.uint8)


class Stretch(NamedTuple):
    """Successive waits for the same."""

    limit: Limit
    before: int
    """Index of the segment at which it begins."""
    after: int
    """Index of the segment that ends it."""
    begin_ns: int
    end_ns: int


@dataclass(frozen=True)
class RateLimits:
    """The waits of the data of ``side``, each with its limit: one entry per wait in each column, in order of time."""

    side: int
    """Who sent: 0 the client, 1 the server."""
    at_sender: bool
    """The capture was made at the sender, where it shows what each segment waited for."""
    before: I32
    """Index of the segment at which the wait begins."""
    after: I32
    """Index of the segment that was waited with; one pair of segments may have two entries."""
    begin_ns: I64
    end_ns: I64
    limit: U8
    """`Limit`."""
    sent_bytes: int
    """New payload of all waits."""
    losses: int = 0
    """Repairs, more than a round trip apart."""
    base_ns: int = 0
    """The shortest round trip; 0 where none was measured."""
    queue_ns: int = 0
    """By how much round trips were longer in stretches of `Limit.PATH_RATE`, as a median."""

    @cached_property
    def spent_ns(self) -> tuple[int, ...]:
        """Time by `Limit`."""
        spent = np.zeros(len(Limit), np.int64)
        np.add.at(spent, self.limit, self.end_ns - self.begin_ns)
        return tuple(spent.tolist())

    @property
    def elapsed_ns(self) -> int:
        """The time of the transfer: that of all its waits."""
        return sum(self.spent_ns)

    @property
    def rate(self) -> int:
        """Bytes per second."""
        return self.sent_bytes * 1_000_000_000 // max(self.elapsed_ns, 1)

    @cached_property
    def by_party(self) -> tuple[int, ...]:
        """Time by `Party`."""
        spent = np.zeros(len(Party), np.int64)
        np.add.at(spent, _PARTY_OF, np.array(self.spent_ns, np.int64))
        return tuple(spent.tolist())

    @property
    def party(self) -> Party:
        """Who held it up longest."""
        spent = self.by_party
        return Party(spent.index(max(spent)))

    @property
    def main(self) -> Limit:
        """The limit that held the transfer up longest, among those of the party that did so longest."""
        of_party = [limit for limit in Limit if limit.party is self.party]
        return max(of_party, key=lambda limit: self.spent_ns[limit])

    @property
    def confidence(self) -> Confidence:
        """How sure `main` is: what ordinary things look like, too, is possible, and so is all away from the sender."""
        sure = self.at_sender and self.main not in _OFTEN_ALIKE
        return Confidence.LIKELY if sure else Confidence.POSSIBLE

    def stretches(self) -> list[Stretch]:
        """What limited most of each step, those for the same joined; none of steps in which nothing was waited for."""
        if not len(self.limit):
            return []
        begin, end = int(self.begin_ns[0]), int(self.end_ns[-1])
        step = max(self.base_ns, -(-(end - begin) // MOST_STEPS), 1)
        edges = np.append(np.arange(begin, end, step), end)
        spent = np.stack([self._spent_until(edges, limit) for limit in Limit], 1)
        each = np.diff(spent, axis=0)
        most = np.where(each.max(1) > 0, each.argmax(1), _NONE)
        changes = np.append(0, np.flatnonzero(np.diff(most)) + 1)
        found = []
        for first, upto in zip(changes.tolist(), [*changes[1:].tolist(), len(most)], strict=True):
            if most[first] != _NONE:
                since, until = int(edges[first]), int(edges[upto])
                place = int(self.end_ns.searchsorted(since, "right"))
                last = max(int(self.begin_ns.searchsorted(until)) - 1, place)
                found.append(
                    Stretch(Limit(int(most[first])), int(self.before[place]), int(self.after[last]), since, until)
                )
        return found

    def _spent_until(self, edges: I64, limit: Limit) -> I64:
        """How much time of ``limit`` there had been by each of the times ``edges``."""
        which = np.flatnonzero(self.limit == limit)
        begin, end = self.begin_ns[which], self.end_ns[which]
        whole = np.append(0, np.cumsum(end - begin))
        place = begin.searchsorted(edges, "right") - 1
        known = np.maximum(place, 0)
        if not len(which):
            return np.zeros(len(edges), np.int64)
        return np.where(place >= 0, whole[known] + np.minimum(edges - begin[known], end[known] - begin[known]), 0)
