"""Segments that begin with a command to a database, or with what its server says first: a few of each connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.model.arrays import sorted_unique

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32, I64, U8
    from tcptui.protocols.payload_places import Payloads

#: Rows that are kept of one protocol, the first, …
MOST_ROWS: Final = 65_536
#: … and of these so many of each pair of ports: a busy connection must not hide the others.
MOST_OF_PORT: Final = 8


class CommandRows(ABC):
    """Rows whose payload begins with a command of one protocol, or with what only its server says."""

    least: ClassVar[int]
    """Fewest bytes of such a payload."""

    def __init__(self) -> None:
        self.rows: I32 = np.zeros(0, np.int32)
        """Store rows, ascending."""
        self.evicted = 0
        """Number of found rows that were evicted."""
        self._of_port = np.zeros(1 << 16, np.int32)

    @abstractmethod
    def likely(self, batch: Payloads) -> I64:
        """Which payloads may begin a command, as far as their first bytes tell: few of what speaks otherwise."""

    @abstractmethod
    def begins(self, buffer: U8, place: I64, length: I64) -> NDArray[np.intp]:
        """Which of the payloads of ``length`` bytes at ``place`` in ``buffer``, `least` captured, begin a command."""

    def add(self, batch: Payloads) -> None:
        """Test the payloads of a batch."""
        if len(self.rows) >= MOST_ROWS:
            return
        buffer, start, store, first = batch.buffer, batch.start, batch.store, batch.first
        likely = batch.longer(self.likely(batch), self.least)
        if not len(likely):
            return
        at = batch.at[likely]
        at = at[self.begins(buffer, batch.place[likely], store.length[first + at].astype(np.int64))]
        if not len(at):
            return
        # A TCP header begins with both ports; together they differ where the client's do, whoever sends.
        begin = start[at] + store.transport_offset[first + at]
        source, target = (buffer[begin + at].astype(np.int64) << 8 | buffer[begin + at + 1] for at in (0, 2))
        found = [first + at[few] for few in self._few(source ^ target)]
        if found:
            new = np.sort(np.concatenate(found)).astype(np.int32)
            self.rows = np.concatenate((self.rows, new))[:MOST_ROWS]

    def _few(self, ports: I64) -> list[I64]:
        """Places in ``ports``, one number for each pair, of those that are still kept."""
        kept = []
        for port in sorted_unique(ports[self._of_port[ports] < MOST_OF_PORT]).tolist():
            mine = np.flatnonzero(ports == port)[: MOST_OF_PORT - int(self._of_port[port])]
            self._of_port[port] += len(mine)
            kept.append(mine)
        return kept

    def evict(self, first: int) -> None:
        """Drop the rows before ``first``, which are evicted."""
        gone = int(np.searchsorted(self.rows, first))
        if gone:
            self.rows = self.rows[gone:].copy()
            self.evicted += gone
            self._of_port[:] = 0
