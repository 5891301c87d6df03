"""Takes the rows that were noted while batches were decoded, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, PacketStore


class FoundRows(Protocol):
    """Rows that were found so far, of which the oldest are evicted."""

    rows: I32
    """Store rows, ascending."""
    evicted: int
    """Number of found rows that were evicted."""


class NewRows:
    """The rows that were ``found``, each taken once."""

    def __init__(self, found: FoundRows) -> None:
        self._found = found
        self._done = 0
        """Number of rows taken, evicted ones included."""

    def new(self, store: PacketStore) -> I32:
        """The rows found since the last call."""
        gone, rows = self._found.evicted, self._found.rows
        count = int(np.searchsorted(rows, store.count))
        new = rows[max(self._done - gone, 0) : count]
        self._done = gone + count
        return new
