"""A number for each of a few rows, where a column of the packet store would take memory for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RowValues:
    """Numbers by row; rows without one have 0.  One thread adds, others ask for rows of earlier batches only."""

    def __init__(self) -> None:
        self._cells = np.zeros((2, 0), np.int32)
        """Rows, ascending, and their values; the first `_count` columns are in use."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, rows: NDArray[np.int64], values: NDArray[np.int64]) -> None:
        """Store ``values`` of ``rows``, one or more, distinct, without a value so far, of the newest batch."""
        count = self._count + len(rows)
        cells = self._cells
        if count > cells.shape[1]:
            cells = np.zeros((2, max(count, cells.shape[1] * 3 // 2)), np.int32)
            cells[:, : self._count] = self._cells[:, : self._count]
        cells[:, self._count : count] = rows, values
        # Rows may come unsorted: segments in tunnels and fragments are decoded after the plain ones.
        begin = int(cells[0, : self._count].searchsorted(np.int32(rows.min())))
        cells[:, begin:count] = cells[:, begin + np.argsort(cells[0, begin:count], kind="stable")]
        self._cells, self._count = cells, count

    def of(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """The value of each of ``rows``; 0 where it has none."""
        count = self._count
        if not count:
            return np.zeros(len(rows), np.int32)
        known, numbers = self._cells[:, :count]
        places = np.minimum(known.searchsorted(rows), count - 1)
        values: NDArray[np.int32] = np.where(known[places] == rows, numbers[places], 0)
        return values

    def evict(self, first: int) -> None:
        """Evict the values of rows before ``first``."""
        gone = int(self._cells[0, : self._count].searchsorted(np.int32(first)))
        if gone:
            kept = self._cells[:, gone : self._count].copy()
            self._count, self._cells = 0, kept
            self._count = kept.shape[1]
