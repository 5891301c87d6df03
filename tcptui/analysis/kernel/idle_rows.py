"""Compressed storage for rows of integers that are seldom read: each column takes as few bytes as it needs.

The kernel's state of a connection is nearly a hundred 64-bit integers, most of them zero, or equal or close to those of
its neighbours.  The state of idle connections is kept here: a hundred thousand of them take a quarter of the memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64

_GROUP_BITS: Final = 12
GROUP: Final = 1 << _GROUP_BITS
"""Rows compressed together: enough for a column's overhead not to matter, few enough to be compressed again."""


@dataclass(frozen=True, slots=True)
class _DeltaColumn:
    """Integers, compressed to their distances from the smallest one (``base``)."""

    base: int
    low: NDArray[Any] | None
    """The distances, or their lower 32 bits where `high` has the rest; None when all are zero."""
    high: NDArray[np.uint8] | None
    """Bits 32 to 39 of the distances; None where there are none."""

    def read(self, at: I64) -> I64:
        """The numbers at the places ``at``."""
        if self.low is None:
            return np.full(len(at), self.base, np.int64)
        numbers: I64 = self.low[at].astype(np.int64)
        if self.high is not None:
            numbers |= self.high[at].astype(np.int64) << 32
        numbers += self.base
        return numbers


def _packed(numbers: I64) -> _DeltaColumn:
    base = int(numbers.min())
    width = (int(numbers.max()) - base).bit_length()
    if width == 0:
        return _DeltaColumn(base, None, None)
    if width > 40:
        return _DeltaColumn(0, numbers.copy(), None)
    distance = numbers - base
    if width > 32:
        return _DeltaColumn(base, distance.astype(np.uint32), (distance >> 32).astype(np.uint8))
    return _DeltaColumn(
        base, distance.astype(np.uint8 if width <= 8 else np.uint16 if width <= 16 else np.uint32), None
    )


class _Group:
    """Up to `GROUP` compressed rows."""

    def __init__(self, rows: I64) -> None:
        self._columns = [_packed(rows[:, column]) for column in range(rows.shape[1])]
        self.there = np.ones(len(rows), np.bool_)
        """Which rows have not been taken."""
        self.left = len(rows)

    def take(self, at: I64) -> I64:
        """Remove and return the rows ``at``, which must still be there."""
        self.there[at] = False
        self.left -= len(at)
        return np.stack([column.read(at) for column in self._columns], 1)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the rows take."""
        arrays = [array for column in self._columns for array in (column.low, column.high) if array is not None]
        return self.there.nbytes + sum(array.nbytes for array in arrays)

    @property
    def sparse(self) -> bool:
        """Whether most rows have been taken."""
        return 2 * self.left < len(self.there)


class IdleRows:
    """Compressed rows, addressed by *place*: a number from 0 on that `put` returns and `take` accepts once."""

    def __init__(self) -> None:
        self._groups: dict[int, _Group] = {}
        self._free: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._groups)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that all rows take."""
        return sum(group.nbytes for group in self._groups.values())

    def put(self, rows: I64) -> I64:
        """Keep ``rows`` (n x width); returns their places."""
        places = [np.zeros(0, np.int64)]
        for begin in range(0, len(rows), GROUP):
            part = rows[begin : begin + GROUP]
            number = self._free.pop() if self._free else len(self._groups)
            self._groups[number] = _Group(part)
            places.append((number << _GROUP_BITS) + np.arange(len(part)))
        return np.concatenate(places)

    def take(self, places: I64) -> I64:
        """Remove and return the rows at ``places`` (distinct), in their order."""
        numbers = places >> _GROUP_BITS
        order = np.argsort(numbers, kind="stable")
        begins = np.flatnonzero(np.diff(numbers[order], prepend=-1))
        parts = []
        for chosen in np.split(order, begins[1:]):
            number = int(numbers[chosen[0]])
            parts.append(self._groups[number].take(places[chosen] & (GROUP - 1)))
            if not self._groups[number].left:
                del self._groups[number]
                self._free.append(number)
        rows = np.empty((len(places), parts[0].shape[1]), np.int64)
        rows[order] = np.concatenate(parts)
        return rows

    def scattered(self) -> I64:
        """Places of the remaining rows of groups from which most were taken: these should be taken and put again."""
        return np.concatenate(
            [
                np.zeros(0, np.int64),
                *(
                    (number << _GROUP_BITS) + np.flatnonzero(group.there)
                    for number, group in self._groups.items()
                    if group.sparse
                ),
            ]
        )
