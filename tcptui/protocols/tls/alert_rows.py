"""Segments that are one fatal alert in plain sight, found while a batch is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.payload_places import payload_places

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, I64, U8, PacketStore

#: Rows that are kept, the first: a warning does not become truer by more of them.
MOST_ROWS: Final = 65_536
#: Bytes of an alert's record: header, level, description.
_LENGTH: Final = 7
#: Of these bytes, those that are the same in every fatal alert, and what they are (RFC 8446, 5.1 and 6).
_FIXED: Final = np.array([0, 1, 3, 4, 5])
_VALUES: Final = np.array([21, 3, 0, 2, 2], np.uint8)


class AlertRows:
    """Rows whose payload is a fatal alert and nothing else, in capture order."""

    def __init__(self) -> None:
        self.rows: I32 = np.zeros(0, np.int32)
        """Store rows, ascending."""
        self.evicted = 0
        """Number of alerts whose rows were evicted."""

    def add(self, buffer: U8, start: I64, store: PacketStore, first: int) -> None:
        """Test the frames at offsets ``start`` in ``buffer``, which were decoded into rows ``first`` … of ``store``."""
        at, place = payload_places(start, store, first, _LENGTH)
        alone = store.length[first + at] == _LENGTH
        at, place = at[alone], place[alone]
        if not len(at) or len(self.rows) >= MOST_ROWS:
            return
        bytes_ = buffer[place[:, None] + _FIXED]
        found = (first + at[(bytes_ == _VALUES).all(axis=1)]).astype(np.int32)
        if len(found):
            self.rows = np.concatenate((self.rows, found))[:MOST_ROWS]

    def evict(self, first: int) -> None:
        """Drop the rows before ``first``, which are evicted."""
        gone = int(np.searchsorted(self.rows, first))
        if gone:
            self.rows = self.rows[gone:].copy()
            self.evicted += gone
