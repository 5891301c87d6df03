"""Segments whose payload begins with an HTTP/1.x status line, found while a batch is decoded.

The first byte of every payload is tested, and eleven more where it is an H: that costs next to nothing, needs no
second pass over the capture, and tells which streams speak HTTP and which of them got an error response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, I64, U16
    from tcptui.protocols.payload_places import Payloads

_FIRST: Final = ord("H")
_PREFIX: Final = np.frombuffer(b"HTTP/1.", np.uint8)
#: Bytes of ``HTTP/1.1 200``, the shortest status line.
_LENGTH: Final = 12
_STATUS_AT: Final = 9


class ResponseRows:
    """Rows whose segment begins with an HTTP/1.x status line, in capture order, with their status."""

    may_have_files: ClassVar[bool] = True

    def __init__(self) -> None:
        self._rows = np.zeros(256, np.int32)
        self._status = np.zeros(256, np.uint16)
        self.count = 0
        self.evicted = 0
        """Number of responses whose rows were evicted."""

    @property
    def rows(self) -> I32:
        """Store rows, ascending."""
        return self._rows[: self.count]

    @property
    def status(self) -> U16:
        """The status code of each of `rows`."""
        return self._status[: self.count]

    def add(self, batch: Payloads) -> None:
        """Test the payloads of a batch."""
        at, place = batch.beginning(_FIRST, _LENGTH)
        if not len(at):
            return
        line = batch.buffer[place[:, None] + np.arange(_LENGTH)]
        digits = line[:, _STATUS_AT:].astype(np.int64) - ord("0")
        begins = (line[:, : len(_PREFIX)] == _PREFIX).all(axis=1) & (line[:, _STATUS_AT - 1] == ord(" "))
        begins &= ((digits >= 0) & (digits <= 9)).all(axis=1)
        self._append(batch.first + at[begins], (digits @ np.array([100, 10, 1]))[begins])

    def evict(self, first: int) -> None:
        """Drop the responses in rows before ``first``, which are evicted."""
        gone = int(np.searchsorted(self.rows, first))
        if gone:
            # Replace the arrays: another thread may be reading the old ones.
            self._rows, self._status = self.rows[gone:].copy(), self.status[gone:].copy()
            self.count -= gone
            self.evicted += gone

    def found(self) -> tuple[I32, U16]:
        """A consistent snapshot of `rows` and `status`, for readers in other threads."""
        while True:
            evicted, rows, status = self.evicted, self.rows, self.status
            if evicted == self.evicted:
                both = min(len(rows), len(status))
                return rows[:both], status[:both]

    def _append(self, rows: I64, status: I64) -> None:
        upto = self.count + len(rows)
        if upto > len(self._rows):
            more = max(upto - len(self._rows), len(self._rows), 256)
            self._rows = np.concatenate((self._rows, np.zeros(more, np.int32)))
            self._status = np.concatenate((self._status, np.zeros(more, np.uint16)))
        self._rows[self.count : upto] = rows
        self._status[self.count : upto] = status
        self.count = upto
