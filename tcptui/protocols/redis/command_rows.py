"""Segments that begin with a command of Redis, found while a batch is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.protocols.payload_places import payload_places

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, I64, U8, PacketStore

#: Rows that are kept, the first, …
MOST_ROWS: Final = 65_536
#: … and of these so many of each sender's port: a busy connection must not hide the others.
MOST_OF_PORT: Final = 8
#: ``*1 CR LF $`` and ``*12 CR LF $``: fewest bytes of a command of either length.
_LEAST: Final = 8
_STAR, _CR, _DOLLAR, _NINE, _ONE = 0x2A, 0x0D, 0x24, 0x39, 0x31


class CommandRows:
    """Rows whose payload begins with an array of at most 99 elements, the first of them a bulk string."""

    def __init__(self) -> None:
        self.rows: I32 = np.zeros(0, np.int32)
        """Store rows, ascending."""
        self.evicted = 0
        """Number of found rows that were evicted."""
        self._of_port = np.zeros(1 << 16, np.int32)

    def add(self, buffer: U8, start: I64, store: PacketStore, first: int) -> None:
        """Test the frames at offsets ``start`` in ``buffer``, which were decoded into rows ``first`` … of ``store``."""
        if len(self.rows) >= MOST_ROWS:
            return
        at, place = payload_places(start, store, first, _LEAST)
        likely = buffer[place] == _STAR
        at, place = at[likely], place[likely]
        if not len(at):
            return
        digit = buffer[place + 1]
        longer = buffer[place + 2] != _CR  # by one digit
        fits = (digit >= _ONE) & (digit <= _NINE) & (buffer[place + 2 + longer] == _CR)
        fits &= buffer[place + 4 + longer] == _DOLLAR
        at = at[fits]
        # The sender's port is what its TCP header begins with.
        begin = start[at] + store.transport_offset[first + at]
        port = buffer[begin].astype(np.int64) << 8 | buffer[begin + 1]
        found = [first + at[few] for few in self._few(port)]
        if found:
            new = np.sort(np.concatenate(found)).astype(np.int32)
            self.rows = np.concatenate((self.rows, new))[:MOST_ROWS]

    def _few(self, ports: I64) -> list[I64]:
        """Places in ``ports`` of those that are still kept."""
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
