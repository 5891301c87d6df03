"""Long columns worked on in chunks, so that intermediate results need memory for one chunk only.

Also the distinct values of a long column, by sorting it in place, distinct rows, and a column's running maximum.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32, I64

_Integer = TypeVar("_Integer", bound=np.integer[Any])

#: Entries per chunk: enough to amortise NumPy's overhead per call, few enough for the processor's cache.
PIECE: Final = 1 << 16
#: Of a signed integer.
_BITS: Final = 64
#: Any odd multiplier permutes 64-bit numbers; this one is 2**64 divided by the golden ratio.
_ODD: Final = np.uint64(0x9E37_79B9_7F4A_7C15)


def chunks(count: int, begin: int = 0) -> Iterator[slice]:
    """Slices that cover ``begin`` up to ``count``, one after the other."""
    for start in range(begin, count, PIECE):
        yield slice(start, min(start + PIECE, count))


def indexes_of(mask: NDArray[Any]) -> I64:
    """`numpy.flatnonzero` of one dimension, without what that costs more than the search in a short column."""
    found: I64 = mask.nonzero()[0]
    return found


def flatnonzero32(mask: NDArray[np.bool_]) -> I32:
    """`indexes_of` ``mask`` as 32-bit integers, in half the memory."""
    if len(mask) <= PIECE:
        return mask.nonzero()[0].astype(np.int32)
    found = np.empty(int(np.count_nonzero(mask)), np.int32)
    done = 0
    for part in chunks(len(mask)):
        here = np.flatnonzero(mask[part])
        found[done : done + len(here)] = here + part.start
        done += len(here)
    return found


def first_after(ascending: Sequence[int], number: int) -> int:
    """The first of the ``ascending`` numbers that is larger than ``number``; -1 without one."""
    place = bisect_right(ascending, number)
    return ascending[place] if place < len(ascending) else -1


def last_before(ascending: Sequence[int], number: int) -> int:
    """The last of the ``ascending`` numbers that is smaller than ``number``; -1 without one."""
    place = bisect_left(ascending, number)
    return ascending[place - 1] if place else -1


def top_k(numbers: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Indexes of the ``most`` largest of ``numbers``, the largest first."""
    if len(numbers) <= PIECE:
        return np.argsort(-numbers)[:most]
    least = np.partition(numbers, -most)[-most]
    chosen = np.flatnonzero(numbers >= least)
    return chosen[np.argsort(-numbers[chosen], kind="stable")[:most]]


def sorted_unique(values: NDArray[_Integer]) -> NDArray[_Integer]:
    """The distinct ``values``, ascending.

    `np.unique` hashes integers (NumPy 2.3 and later), which for the positions in a long stream takes twenty times as
    long as sorting them; and it imports `numpy.ma`, which a report on ten packets would wait for.
    """
    ordered = np.sort(values)
    begins = np.ones(len(ordered), np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    return ordered[begins]


def sorted_within(groups: I32, numbers: I64, count: int) -> tuple[I64, I64]:
    """``numbers`` (none below 0) by group and ascending within it; and where those of each of ``count`` groups begin.

    The last entry of the latter is where those of the last group end.  ``groups``: that of each number, from 0 on.
    """
    bits = int(numbers.max(initial=0)).bit_length()
    every = np.arange(count + 1)
    if bits + count.bit_length() < _BITS:
        # Integers are sorted many times as fast as indexes by two keys.
        keys = groups.astype(np.int64)
        keys <<= bits
        keys |= numbers
        keys.sort()
        begins = keys.searchsorted(every << bits)
        keys &= (1 << bits) - 1
        return keys, begins
    order = np.lexsort((numbers, groups))
    return numbers[order], groups[order].searchsorted(every)


def distinct(values: NDArray[Any]) -> tuple[I64, I64]:
    """The indexes at which each of the distinct ``values``, ascending, first stands; and which of them each value is.

    As of `np.unique`; see `sorted_unique`.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    which = np.empty(len(order), np.int64)
    which[order] = np.cumsum(begins) - 1
    return order[begins], which


def last_of_each(mask: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """``mask`` (rows of at most 32,767 cells) with only the last ``most`` of each row that are set."""
    behind = mask[:, ::-1].cumsum(axis=1, dtype=np.int16)[:, ::-1]
    found: NDArray[np.bool_] = mask & (behind <= most)
    return found


def merged(one: NDArray[_Integer], other: NDArray[_Integer]) -> NDArray[_Integer]:
    """The values that are in at least one of the arrays, ascending and distinct (`numpy.union1d`)."""
    return sorted_unique(np.concatenate((one, other)))


#: `RunningMaximum` stores the maximum after every this many entries.
_STRIDE: Final = 1 << 10
#: Up to so many entries for each place that is looked up, all of them are run through.
_SPARSE: Final = 256


class RunningMaximum:
    """The running maximum of ``column[index]``, for lookups at single places."""

    def __init__(self, column: NDArray[Any], index: I32) -> None:
        self._column, self._index = column, index
        kept = [np.zeros(0, column.dtype)]
        for begin in range(0, len(index), 64 * _STRIDE):
            entries = column[index[begin : begin + 64 * _STRIDE]]
            kept.append(np.maximum.reduceat(entries, np.arange(0, len(entries), _STRIDE)))
        self._stride = _STRIDE
        self._kept = np.maximum.accumulate(np.concatenate(kept))

    def at(self, place: int) -> int:
        """The largest of the first ``place + 1`` entries."""
        begin = place // self._stride * self._stride
        top_k = int(self._column[self._index[begin : place + 1]].max())
        return max(top_k, int(self._kept[place // self._stride - 1])) if begin else top_k

    def of(self, places: I64) -> I64:
        """`at` each of ``places``: cheaper where they are many, and near to each other."""
        if not len(places):
            return places
        begin, stop = int(places.min()) // self._stride * self._stride, int(places.max()) + 1
        if stop - begin > _SPARSE * len(places) + self._stride:
            return np.array([self.at(place) for place in places.tolist()], np.int64)
        entries = self._column[self._index[begin:stop]]
        if begin:
            entries[0] = max(entries[0], self._kept[begin // self._stride - 1])
        running: I64 = np.maximum.accumulate(entries)[places - begin].astype(np.int64)
        return running


class MaximumTree:
    """The maxima of a column by pairs, of these by pairs, and so on: finds the next number above a limit."""

    def __init__(self, column: NDArray[Any]) -> None:
        self._levels = [column]
        while len(column) > 1:
            even, odd = column[::2], column[1::2]
            column = even.copy()
            column[: len(odd)] = np.maximum(even[: len(odd)], odd)
            self._levels.append(column)

    def next_above(self, begin: int, limit: int) -> int:
        """The first place from ``begin`` on with a number above ``limit``; -1 without one."""
        place, level = begin, 0
        while place < len(self._levels[level]) and not self._levels[level].item(place) > limit:
            place += 1
            while not place & 1 and level + 1 < len(self._levels):
                place, level = place >> 1, level + 1
        if place >= len(self._levels[level]):
            return -1
        while level:
            place, level = 2 * place, level - 1
            place += not self._levels[level].item(place) > limit
        return place


def distinct_rows(rows: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], I64]:
    """The distinct ``rows`` (shape n x words), and for each row its index among them."""
    # Sorting one hash per row is thirty times faster than sorting rows.  When two different
    # rows have the same hash, that is noticed and the rows themselves are sorted.
    mixed = rows[:, 0].copy()
    for word in rows.T[1:]:
        mixed *= _ODD
        mixed ^= word
    first, which = distinct(mixed)
    found = rows[first]
    if not (found[which] == rows).all():
        found, which = np.unique(rows, axis=0, return_inverse=True)
    return found, which.reshape(-1)


def ranks(values: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """For each entry, how many equal values come before it in the array."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    begin = np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    found = np.empty(len(values), np.int64)
    found[order] = np.arange(len(values)) - begin
    return found
