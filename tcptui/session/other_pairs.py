"""Which packets that are not TCP ask, which answer, and after how long: echoes of ICMP, and DNS over UDP.

The rule is that of `DatagramPairs`, fed here from the index of those packets by their bytes, a part at a time: a header
tree is made only of the packet that completes a datagram in fragments.  What an index lists by protocol alone, whose
ends it does not know, neither asks nor answers here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.model import other_protocol as protocols
from tcptui.model.datagram_pair import Role
from tcptui.protocols.other.summary import udp_payload
from tcptui.session.filtering.datagram_pairs import DatagramPairs, message_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.datagram_pair import Pair
    from tcptui.model.packet_store import I64, PacketStore
    from tcptui.model.packet_view import PacketView
    from tcptui.session.filtering.datagram_pairs import MessageKey
    from tcptui.session.other_packets import OtherPackets

#: The names of the layers of those that ask and answer.
_LAYERS: Final = dict(zip(protocols.ASKING, ("dns", "icmp", "icmpv6"), strict=True))


class Talks(NamedTuple):
    """Per conversation of the index."""

    questions: I64
    """How many, those that were asked again before they were answered counted once."""
    unanswered: I64
    """How many of them have no answer so far."""
    slowest_ns: I64
    """The longest time from a question to its answer; -1 where none was answered."""


class OtherPairs:
    """Pairs what `OtherPackets` lists; one thread at a time may use it."""

    def __init__(
        self, store: PacketStore, other: OtherPackets, read: Callable[[int], bytes], packet: Callable[[int], PacketView]
    ) -> None:
        """``read`` gives the bytes of a row, ``packet`` all of it; both raise OSError where they are gone."""
        self._store, self._other, self._read, self._packet = store, other, read, packet
        self._pairs = DatagramPairs()
        self._talks: Talks | None = None
        self._talks_at = (-1, -1)
        self.revision = 0
        """Incremented whenever a pair or a question became known."""

    @property
    def is_current(self) -> bool:
        """Whether all that the index lists has been looked at."""
        return self._pairs.stop >= self._other.stop

    def grow(self, seconds: float | None = None) -> bool:
        """Look at what the index has and this has not, for about ``seconds`` at most (None: at all); `is_current`."""
        deadline = None if seconds is None else time.monotonic() + seconds
        stop = self._other.stop
        self._pairs.drop(self._store.first)
        for row in self._other.rows_between(self._pairs.stop, stop).tolist():
            headers = self._headers(row)
            if headers:
                self._pairs.hear(row, int(self._store.frame[row]), int(self._store.time_ns[row]), headers)
                self.revision += 1
            self._pairs.stop = row + 1
            if deadline is not None and time.monotonic() > deadline:
                return False
        self._pairs.stop = max(self._pairs.stop, stop)
        return self.is_current

    def of(self, row: int) -> Pair | None:
        """What ``row`` asks or answers; None where it does neither, or was not looked at."""
        return next((pair for pair in self._pairs.pairs_of(row) if pair.role is not Role.NONE), None)

    def all_of(self, row: int) -> list[Pair]:
        """The pairs of each header of ``row`` that may ask or answer, outermost first."""
        return self._pairs.pairs_of(row)

    def talks(self) -> Talks:
        """What the conversations of the index ask, and how it was answered."""
        at = self._other.revision, self.revision
        if self._talks is None or self._talks_at != at:
            self._talks, self._talks_at = self._counted(), at
        return self._talks

    def _counted(self) -> Talks:
        rows, others, times, roles = self._pairs.columns()
        count = self._other.conversation_count
        numbers = self._other.conversations_of(rows)
        asks = (roles == Role.QUESTION) & (numbers >= 0)
        answered = asks & (others > 0)
        questions = np.bincount(numbers[asks], minlength=count)
        slowest = np.full(count, -1, np.int64)
        np.maximum.at(slowest, numbers[answered], times[answered])
        return Talks(questions, questions - np.bincount(numbers[answered], minlength=count), slowest)

    def _headers(self, row: int) -> list[MessageKey | None]:
        protocol, at = self._other.header_of(row)
        if protocol == protocols.FRAGMENT:
            return self._in_fragments(row)
        name = _LAYERS.get(protocol)
        sender, receiver = self._other.ends_of(row)
        if name is None or at < 0 or not sender.host:
            return []
        try:
            message = self._read(row)[at:]
        except OSError:
            return []
        return [message_keys(name, udp_payload(message) if name == "dns" else message, sender, receiver)]

    def _in_fragments(self, row: int) -> list[MessageKey | None]:
        """What the datagram says that ``row`` completes."""
        from tcptui.protocols.headers.cursor import TreeOptions  # few captures have fragments
        from tcptui.protocols.headers.tree import header_tree
        from tcptui.session.filtering.datagram_pairs import headers_of

        try:
            packet = self._packet(row)
        except OSError:
            return []
        if not packet.datagrams:
            return []
        return list(headers_of(header_tree(packet, options=TreeOptions(lines_without_name=False)), packet.data))
