"""Rows of the packet store that a filter is asked about: a stretch of them, or single ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    I32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Rows:
    """Ascending rows.  ``index``: what to put into a column's brackets; a slice costs no copy."""

    index: slice | I32
    count: int

    @classmethod
    def between(cls, first: int, stop: int) -> Rows:
        """From ``first`` to ``stop`` - 1."""
        return cls(slice(first, stop), stop - first)

    @classmethod
    def of(cls, numbers: I32) -> Rows:
        """The rows ``numbers``, ascending."""
        return cls(numbers, len(numbers))

    def __len__(self) -> int:
        return self.count

    @property
    def numbers(self) -> I32:
        """The rows' numbers."""
        index = self.index
        return np.arange(index.start, index.stop, dtype=np.int32) if isinstance(index, slice) else index

    def only(self, mask: Mask) -> Rows:
        """The rows that ``mask`` names."""
        if mask.all():
            return self
        index = self.index
        if isinstance(index, slice):
            return Rows.of(np.flatnonzero(mask).astype(np.int32) + np.int32(index.start))
        return Rows.of(index[mask])
