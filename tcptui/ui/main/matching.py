"""Which packets of a capture pass the display filter, as the panes read it; no widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tcptui.model.packet_store import NO_ROW, NO_STREAM

if TYPE_CHECKING:
    from tcptui.dfilter.compile import Compiled
    from tcptui.model.packet_store import I32, PacketStore

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FieldAbsent:
    """How a filter treats the packets that do not have one of its fields."""

    name: str
    hidden: int
    """Packets without it that do not match."""
    shown: int
    """Packets without it that match."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a filter did, in numbers of packets and connections."""

    packets: int
    matched: int
    connections: int
    connections_matched: int
    outside: int
    """Matching packets that belong to no connection."""
    absent: tuple[FieldAbsent, ...]
    unread: int = 0
    """Packets that were asked for messages that nobody read, as too many came before them …"""
    unread_connections: int = 0
    """… and of how many connections."""


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """A filter and its answer at one time; a capture that grows has another one later.

    ``mask``: by row of the store from ``first`` on, for those that had been looked at.  ``counts``: by stream, how many
    of its packets match; newer streams than it holds have none.
    """

    compiled: Compiled
    first: int
    mask: Mask
    counts: NDArray[np.int64]
    account: Account
    is_partial: bool = False
    """Whether packets are still being looked at: those that were not do not match so far."""

    @property
    def text(self) -> str:
        """The filter as it was typed."""
        return self.compiled.text

    def count_of(self, stream: int) -> int:
        """How many packets of ``stream`` match."""
        return int(self.counts[stream]) if 0 <= stream < len(self.counts) else 0

    def of_streams(self, streams: I32) -> Mask:
        """Which of ``streams`` have a packet that matches."""
        found: Mask = np.zeros(len(streams), np.bool_)
        known = streams < len(self.counts)
        found[known] = self.counts[streams[known]] > 0
        return found

    def of_rows(self, rows: I32) -> Mask:
        """Which of ``rows`` match."""
        found: Mask = np.zeros(len(rows), np.bool_)
        places = rows - np.int32(self.first)
        known = (places >= 0) & (places < len(self.mask))
        found[known] = self.mask[places[known]]
        return found

    def shows(self, row: int) -> bool:
        """Whether the store's ``row`` matches."""
        return 0 <= row - self.first < len(self.mask) and bool(self.mask[row - self.first])

    def nearest(self, store: PacketStore, row: int, among: I32) -> int:
        """The matching row nearest to ``row``: of ``among``, else of all packets of connections; `NO_ROW`: none.

        Of two that are equally near, the later one.
        """
        own = among[self.of_rows(among)]
        if not len(own):
            rows = (np.flatnonzero(self.mask) + self.first).astype(np.int32)
            own = rows[(rows >= store.first) & (store.stream[rows] != NO_STREAM)]
        if not len(own):
            return NO_ROW
        place = int(np.searchsorted(own, row))
        near = own[max(0, place - 1) : place + 1][::-1].astype(np.int64)
        return int(near[np.argmin(np.abs(near - row))])
