"""Questions and answers among packets that are not TCP, with the time between them, conversation by conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcptui.model.datagram_pair import Role
from tcptui.model.other_protocol import ASKING, FRAGMENT

if TYPE_CHECKING:
    from tcptui.model.datagram_pair import Pair
    from tcptui.model.packet_store import I64, PacketStore
    from tcptui.session.datagrams import DatagramIndex
    from tcptui.session.other_packets import OtherPackets


class Talks(NamedTuple):
    """Per conversation of the index."""

    questions: I64
    """How many, those that were asked again before they were answered counted once."""
    unanswered: I64
    """How many of them have no answer so far."""
    slowest_ns: I64
    """The longest time from a question to its answer; -1 where none was answered."""


class OtherPairs:
    """The pairs of `DatagramIndex` for the packets that `OtherPackets` lists; one thread at a time may use it."""

    def __init__(self, store: PacketStore, other: OtherPackets, index: DatagramIndex) -> None:
        self._store, self._other, self._index = store, other, index
        self._talks: Talks | None = None
        self._talks_at = (-1, -1)

    @property
    def revision(self) -> int:
        """As `DatagramIndex.revision`."""
        return self._index.revision

    @property
    def is_current(self) -> bool:
        """Whether all that is listed has been looked at."""
        return self._index.stop >= self._other.stop

    def grow(self, seconds: float | None = None) -> bool:
        """Look at what is listed and new, for about ``seconds`` at most (None: at all); `is_current`."""
        self._index.grow(self._other.stop, seconds=seconds)
        return self.is_current

    def of(self, row: int) -> Pair | None:
        """The pair that ``row`` asks or answers; None where it does neither, or was not looked at."""
        return next((pair for pair in self.all_of(row) if pair.role is not Role.NONE), None)

    def all_of(self, row: int) -> list[Pair]:
        """The pairs of each header of ``row`` that may ask or answer, outermost first; none of what an error quotes.

        None, too, of a packet that is listed by its protocol alone.
        """
        protocol, _ = self._other.header_of(row)
        if protocol == FRAGMENT and self._store.fragments.of(row):
            return self._index.pairs_of(row)
        return self._index.pairs_of(row)[:1] if protocol in ASKING and self._other.ends_of(row)[0].host else []

    def talks(self) -> Talks:
        """The questions of the conversations, and how they were answered."""
        at = self._other.revision, self.revision
        if self._talks is None or self._talks_at != at:
            self._talks, self._talks_at = self._counted(), at
        return self._talks

    def _counted(self) -> Talks:
        rows, others, times, roles = self._index.columns()
        count = self._other.conversation_count
        numbers = self._other.conversations_of(rows)
        asks = (roles == Role.QUESTION) & (numbers >= 0)
        answered = asks & (others > 0)
        questions = np.bincount(numbers[asks], minlength=count)
        slowest = np.full(count, -1, np.int64)
        np.maximum.at(slowest, numbers[answered], times[answered])
        return Talks(questions, questions - np.bincount(numbers[answered], minlength=count), slowest)
