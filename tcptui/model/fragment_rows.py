"""Which frames carried each IP datagram that was put together from fragments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.model.arrays import sorted_unique

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    I32 = NDArray[np.int32]


#: Columns behind those that are in order of carriers, which are looked through.
_FEW: Final = 4_096


class _ByCarrier(NamedTuple):
    """The columns of a `FragmentRows` in order of carriers."""

    carriers: I32
    owners: I32
    end: int
    """Behind the last of these columns, evicted ones counted, too."""


class FragmentRows:
    """Rows of fragments by the row that completes their datagram.  One thread adds, others ask for earlier batches."""

    def __init__(self) -> None:
        self._held = (np.zeros((2, 0), np.int32), 0, 0)
        """Completing rows, ascending, and for each a row that carried a fragment; how many columns are in use, and how
        many before them are evicted."""
        self._by_carrier = _ByCarrier(np.zeros(0, np.int32), np.zeros(0, np.int32), 0)
        self.contradicted: list[int] = []
        """Completing rows that a later fragment contradicts; the analysis takes them out as it learns of them."""

    def add(self, completing: int, carriers: Sequence[int]) -> None:
        """Store that the frames ``carriers`` have the fragments of a datagram that the row ``completing`` completes.

        No later row was added before.
        """
        cells, known, gone = self._held
        count = known + len(carriers)
        if count > cells.shape[1]:
            longer = np.zeros((2, max(count, cells.shape[1] * 3 // 2)), np.int32)
            longer[:, :known] = cells[:, :known]
            cells = longer
        cells[0, known:count], cells[1, known:count] = completing, carriers
        self._held = (cells, count, gone)  # at once: others may be reading

    def pairs(self) -> tuple[I32, I32]:
        """All completing rows, ascending, and beside each one of the rows that carried its datagram, itself included.

        A row that is evicted may still be named beside one that is not.
        """
        cells, count, _ = self._held
        return cells[0, :count], cells[1, :count]

    def of(self, completing: int) -> list[int]:
        """The rows, ascending, that carried what ``completing`` completes; none where it completes nothing."""
        owners, carriers = self.pairs()
        low, high = (int(owners.searchsorted(np.int32(row))) for row in (completing, completing + 1))
        return sorted(set(carriers[low:high].tolist()))

    def completed_by(self, carrier: int) -> int:
        """The row, ``carrier`` aside, that completes a datagram of which ``carrier`` has a fragment; -1: none does."""
        cells, count, gone = self._held
        if not count:
            return -1
        order = self._by_carrier
        if gone + count - order.end > max(_FEW, len(order.carriers)):
            places = cells[1, :count].argsort(kind="stable")
            order = self._by_carrier = _ByCarrier(cells[1, places], cells[0, places], gone + count)
        low, high = (int(order.carriers.searchsorted(np.int32(row))) for row in (carrier, carrier + 1))
        owners, carriers = cells[:, max(order.end - gone, 0) : count]
        # Of those in order, some may be evicted: they complete what the first of these here comes behind.
        found = (*order.owners[low:high].tolist(), *owners[carriers == carrier].tolist())
        return next((owner for owner in found if owner != carrier and owner >= cells[0, 0]), -1)

    def newly_completed(self, first: int) -> I32:
        """The rows, ascending, of fragments that a row from ``first`` on completes, those before ``first`` only."""
        owners, carriers = self.pairs()
        new = carriers[int(owners.searchsorted(np.int32(first))) :]
        return sorted_unique(new[new < first])

    def evict(self, first: int) -> None:
        """Evict what rows before ``first`` complete."""
        cells, count, gone = self._held
        more = int(cells[0, :count].searchsorted(np.int32(first)))
        if more:
            self._held = (cells[:, more:count].copy(), count - more, gone + more)
