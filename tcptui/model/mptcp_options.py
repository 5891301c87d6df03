"""TCP option bytes of the few segments whose MPTCP options do more than number data (RFC 8684, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Most bytes that TCP options can take (RFC 9293, 3.1).
_OPTIONS_SIZE: Final = 40
#: Cells before the option bytes: how many of these were captured, how many the header has, and `MptcpOptionBytes.last`.
_HEAD: Final = 3
_SIZE: Final = _HEAD + _OPTIONS_SIZE


@dataclass(slots=True)
class MptcpOptionBytes:
    """The TCP options of one segment."""

    area: bytes
    """The option bytes, as far as captured."""
    written: int
    """Bytes that the TCP header has for options."""
    last: int
    """Offset of the last MPTCP option that tshark reads: there is no later one, or it stops dissecting before that."""


class MptcpOptionStore:
    """Option bytes by row.  Segments with no MPTCP options but whole DSS ones, which most segments are, have none."""

    def __init__(self) -> None:
        self._count = 0
        self._rows = np.zeros(0, np.int32)
        """Ascending."""
        self._data = np.zeros((0, _SIZE), np.uint8)

    def __len__(self) -> int:
        return self._count

    def add(
        self,
        rows: NDArray[np.int64],
        area: NDArray[np.uint8],
        size: NDArray[np.int64],
        written: NDArray[np.int64],
        last: NDArray[np.int64],
    ) -> None:
        """Store the options ``area`` (n x 40 bytes) of ``rows``, which are distinct and all of the newest batch."""
        count = self._count + len(rows)
        if count > len(self._rows):
            capacity = max(count, len(self._rows) * 3 // 2)
            self._rows = np.concatenate((self._rows, np.zeros(capacity - len(self._rows), np.int32)))
            self._data = np.concatenate((self._data, np.zeros((capacity - len(self._data), _SIZE), np.uint8)))
        fresh = slice(self._count, count)
        self._rows[fresh] = rows
        self._data[fresh] = np.column_stack((size, written, last, area))
        # Rows may come unsorted: segments in tunnels and fragments are decoded after the plain ones.
        begin = int(self._rows[: self._count].searchsorted(np.int32(rows.min())))
        order = begin + np.argsort(self._rows[begin:count], kind="stable")
        self._rows[begin:count], self._data[begin:count] = self._rows[order], self._data[order]
        self._count = count

    def discard(self, row: int) -> None:
        """Remove the entry of ``row``: IP reassembly showed that it holds another segment."""
        at = int(self._rows[: self._count].searchsorted(np.int32(row)))
        if at < self._count and self._rows[at] == row:
            for column in (self._rows, self._data):
                column[at : self._count - 1] = column[at + 1 : self._count]
            self._count -= 1

    def between(self, first: int, end: int) -> dict[int, MptcpOptionBytes]:
        """Entries of the rows from ``first`` up to, not including, ``end``."""
        rows = self._rows[: self._count]
        begin, stop = (int(rows.searchsorted(np.int32(row))) for row in (first, end))
        return {
            row: MptcpOptionBytes(bytes(data[_HEAD : _HEAD + data[0]]), int(data[1]), int(data[2]))
            for row, data in zip(rows[begin:stop].tolist(), self._data[begin:stop], strict=True)
        }

    def evict(self, first: int) -> None:
        """Evict the entries of rows before ``first``."""
        gone = int(self._rows[: self._count].searchsorted(np.int32(first)))
        if gone:
            self._rows, self._data = self._rows[gone : self._count].copy(), self._data[gone : self._count].copy()
            self._count -= gone
