"""Segments whose payload has certain bytes at certain places, found while a batch is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32, U8
    from tcptui.protocols.payload_places import Payloads

#: Rows that are kept, the first: a warning does not become truer by more of them.
MOST_ROWS: Final = 65_536


class FixedRows:
    """Rows whose payload has certain bytes at certain places, in capture order."""

    may_have_files: ClassVar[bool] = True
    least: ClassVar[int]
    """Fewest bytes of such a payload."""
    alone: ClassVar[bool]
    """It has no more than these."""
    fixed: ClassVar[NDArray[np.int64]]
    """The places of these bytes, …"""
    values: ClassVar[U8]
    """… and what they are."""

    def __init__(self) -> None:
        self.rows: I32 = np.zeros(0, np.int32)
        """Store rows, ascending."""
        self.evicted = 0
        """Number of found rows that were evicted."""

    def add(self, batch: Payloads) -> None:
        """Test the payloads of a batch."""
        at, place = batch.beginning(self.values[0], self.least)
        if self.alone:
            exact = batch.store.length[batch.first + at] == self.least
            at, place = at[exact], place[exact]
        if not len(at) or len(self.rows) >= MOST_ROWS:
            return
        bytes_ = batch.buffer[place[:, None] + self.fixed]
        found = (batch.first + at[(bytes_ == self.values).all(axis=1)]).astype(np.int32)
        if len(found):
            self.rows = np.concatenate((self.rows, found))[:MOST_ROWS]

    def evict(self, first: int) -> None:
        """Drop the rows before ``first``, which are evicted."""
        gone = int(np.searchsorted(self.rows, first))
        if gone:
            self.rows = self.rows[gone:].copy()
            self.evicted += gone
