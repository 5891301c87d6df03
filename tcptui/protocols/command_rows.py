"""Segments that begin with a command to a database, or with what its server says first: a few of each connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.model.arrays import ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32, I64, U8
    from tcptui.protocols.payload_places import Payloads

#: Rows that are kept of one protocol, the first, …
MOST_ROWS: Final = 65_536
#: … and of these so many of each connection: a busy one must not hide the others.
MOST_OF_STREAM: Final = 8


class CommandRows(ABC):
    """Rows whose payload begins with a command of one protocol, or with what only its server says."""

    may_have_files: ClassVar[bool] = False
    """Answers of a database are no files."""
    least: ClassVar[int]
    """Fewest bytes of such a payload."""

    def __init__(self) -> None:
        self.rows: I32 = np.zeros(0, np.int32)
        """Store rows, ascending."""
        self.evicted = 0
        """Number of found rows that were evicted."""
        self._of_stream: dict[int, int] = {}
        """Number of rows by stream, of those that have one."""

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
        buffer, store, first = batch.buffer, batch.store, batch.first
        likely = batch.longer(self.likely(batch), self.least)
        if not len(likely):
            return
        at = batch.at[likely]
        at = at[self.begins(buffer, batch.place[likely], store.length[first + at].astype(np.int64))]
        if not len(at):
            return
        rows = first + at
        streams = store.stream[rows]
        few = (streams >= 0) & (ranks(streams) < MOST_OF_STREAM)  # of a busy connection a batch has thousands
        new = self._counted(rows[few], streams[few])
        if len(new):
            self.rows = np.concatenate((self.rows, new))[:MOST_ROWS]

    def _counted(self, rows: I64, streams: I32) -> I32:
        """Count ``rows`` (ascending) for their ``streams``; returns the first rows of each stream up to the limit."""
        stored = []
        for row, stream in zip(rows.tolist(), streams.tolist(), strict=True):
            count = self._of_stream.get(stream, 0)
            if count < MOST_OF_STREAM:
                self._of_stream[stream] = count + 1
                stored.append(row)
        return np.array(stored, np.int32)

    def evict(self, first: int) -> None:
        """Drop the rows before ``first``, which are evicted."""
        gone = int(np.searchsorted(self.rows, first))
        if gone:
            self.rows = self.rows[gone:].copy()
            self.evicted += gone
            self._of_stream.clear()
