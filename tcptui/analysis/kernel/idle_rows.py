"""Rows of integers that are seldom looked at, in as few bytes as their columns need.

What the kernel remembers of a connection is nearly a hundred integers of 64 bits, most of them zero, equal to their
neighbours', or near to them.  Of connections that rest for now they are kept here: a hundred thousand take a
quarter of the room.
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
"""Rows packed together: enough for a column's own cost not to count, few enough to be packed again."""


@dataclass(frozen=True, slots=True)
class _Column:
    """Integers as their distance from the smallest one."""

    base: int
    low: NDArray[Any] | None
    """The distances, of those beyond 32 bits the lower half; None where all are zero."""
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


def _packed(numbers: I64) -> _Column:
    base = int(numbers.min())
    width = (int(numbers.max()) - base).bit_length()
    if width == 0:
        return _Column(base, None, None)
    if width > 40:
        return _Column(0, numbers.copy(), None)
    distance = numbers - base
    if width > 32:
        return _Column(base, distance.astype(np.uint32), (distance >> 32).astype(np.uint8))
    return _Column(base, distance.astype(np.uint8 if width <= 8 else np.uint16 if width <= 16 else np.uint32), None)


class _Group:
    """Up to `GROUP` rows."""

    def __init__(self, rows: I64) -> None:
        self._columns = [_packed(rows[:, column]) for column in range(rows.shape[1])]
        self.there = np.ones(len(rows), np.bool_)
        """Which have not been taken."""
        self.left = len(rows)

    def take(self, at: I64) -> I64:
        """The rows ``at``, each for the last time."""
        self.there[at] = False
        self.left -= len(at)
        return np.stack([column.read(at) for column in self._columns], 1)

    @property
    def nbytes(self) -> int:
        """What the rows take."""
        arrays = [array for column in self._columns for array in (column.low, column.high) if array is not None]
        return self.there.nbytes + sum(array.nbytes for array in arrays)

    @property
    def sparse(self) -> bool:
        """Whether most rows have been taken."""
        return 2 * self.left < len(self.there)


class IdleRows:
    """Rows by *place*: a number from 0 on that `put` gives out and `take` gets back."""

    def __init__(self) -> None:
        self._groups: dict[int, _Group] = {}
        self._free: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._groups)

    @property
    def nbytes(self) -> int:
        """What all rows take."""
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
        """The rows at ``places`` (no two alike), in their order; they are not kept any more."""
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
        """Places in groups of which most rows have been taken: better put together anew."""
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
