"""Sequence numbers that never wrap, in little more memory than the packets' own 32 bits take.

A stream of millions of segments has a dozen such columns; as 64-bit integers they would take more memory than
everything else that is known of it.  Each class here is indexed like an array: a segment's index gives an integer,
a slice or an array of indexes gives an array of 64-bit integers, made on the spot.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from tcptui.model.packet_store import I32, I64, U32
from tcptui.model.seq import SEQ_MASK

#: Below every real number: nothing sent, nothing acknowledged so far.
NOTHING: Final = -(1 << 62)
#: `RunningValue.searchsorted` samples every this many segments, so that the search within a stride looks at few.
_STRIDE: Final = 1 << 10

Side = Literal["left", "right"]


class Rounds:
    """The upper 32 bits of unwrapped numbers: how often each had wrapped.  Takes no memory until one did."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.column: NDArray[Any] | None = None
        """None while no number has wrapped."""

    def write(self, at: I64 | I32, numbers: I64) -> None:
        """Store the upper bits of ``numbers`` for the segments ``at``."""
        rounds = numbers >> 32
        if self.column is None:
            if not rounds.any():
                return
            self.column = np.zeros(self._count, np.int8)
        if self.column.dtype == np.int8 and (int(rounds.max()) > 127 or int(rounds.min()) < -128):
            self.column = self.column.astype(np.int32)
        self.column[at] = rounds


class Counted:
    """Unwrapped numbers, made of their lower 32 bits and `Rounds`."""

    def __init__(self, low: U32, rounds: Rounds) -> None:
        self._low = low
        self._rounds = rounds.column

    def __len__(self) -> int:
        return len(self._low)

    def __getitem__(self, index: Any, /) -> Any:
        low, rounds = self._low[index], self._rounds
        if not isinstance(low, np.ndarray):
            return int(low) if rounds is None else int(low) + (int(rounds[index]) << 32)
        numbers = low.astype(np.int64)
        if rounds is not None:
            numbers += rounds[index].astype(np.int64) << 32
        return numbers


class SegmentEnds:
    """Unwrapped ends of segments: the unwrapped number plus what the segment takes of the sequence space."""

    def __init__(self, seq: Counted, low_seq: U32, low_end: U32) -> None:
        self._seq, self._low_seq, self._low_end = seq, low_seq, low_end

    def __len__(self) -> int:
        return len(self._seq)

    def __getitem__(self, index: Any, /) -> Any:
        low = self._low_seq[index]
        if not isinstance(low, np.ndarray):
            return self._seq[index] + ((int(self._low_end[index]) - int(low)) & SEQ_MASK)
        numbers = self._seq[index]
        numbers += self._low_end[index] - low
        return numbers


class Acks:
    """Unwrapped acknowledgment numbers, `NOTHING` where a segment acknowledges nothing."""

    def __init__(self, numbers: Counted, flags: NDArray[np.uint16], which: int, how: int) -> None:
        """A segment acknowledges where its ``flags``, masked by ``which``, are ``how``."""
        self._numbers, self._flags, self._which, self._how = numbers, flags, which, how

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any, /) -> Any:
        flags = self._flags[index]
        if not isinstance(flags, np.ndarray):
            return self._numbers[index] if int(flags) & self._which == self._how else NOTHING
        numbers = self._numbers[index]
        numbers[(flags & self._which) != self._how] = NOTHING
        return numbers


class Latest:
    """Index of the newest segment of one side up to and including each segment; -1 before the first."""

    def __init__(self, mine: NDArray[np.bool_], value: bool, other: I32) -> None:
        """It is the segment itself where ``mine`` is ``value``, and the index in ``other`` elsewhere."""
        self._mine, self._value, self._other = mine, value, other

    def __len__(self) -> int:
        return len(self._other)

    def __getitem__(self, index: Any, /) -> Any:
        mine = self._mine[index]
        if not isinstance(mine, np.ndarray):
            if mine != self._value:
                return int(self._other[index])
            return int(index) if index >= 0 else int(index) + len(self)
        own = np.arange(*index.indices(len(self)), dtype=np.int32) if isinstance(index, slice) else index
        return np.where(mine == self._value, own, self._other[index]).astype(np.int32, copy=False)


class RunningValue:
    """A number that only one side's segments change: at each segment, that of the side's latest segment."""

    def __init__(self, numbers: Counted, latest: Latest, first: int) -> None:
        """Where the latest segment is before ``first``, the number is `NOTHING`."""
        self._numbers, self._latest, self._first = numbers, latest, first
        self._samples: I64 | None = None
        self._stretch: tuple[int, I64] = -1, np.zeros(0, np.int64)
        """The numbers between two samples in which was searched last, and the index of the first: searches are near."""

    def __len__(self) -> int:
        return len(self._latest)

    def __getitem__(self, index: Any, /) -> Any:
        latest = self._latest[index]
        if isinstance(latest, np.ndarray):
            found = self._numbers[latest]
            found[latest < self._first] = NOTHING
            return found
        return NOTHING if latest < self._first else self._numbers[latest]

    def searchsorted(self, number: Any, /, side: Side = "left") -> Any:
        """As of an array: the first segment at which ``number`` was reached (``right``: passed)."""
        if isinstance(number, np.ndarray):
            return np.array([self.searchsorted(each, side) for each in number.tolist()], np.int64)
        if self._samples is None:
            self._samples = self[::_STRIDE]
        stop = int(self._samples.searchsorted(number, side=side)) * _STRIDE
        low, high = max(stop - _STRIDE + 1, 0), min(stop, len(self))
        stretch = self._stretch
        if low != stretch[0]:
            stretch = self._stretch = low, self[low:high]
        return low + int(stretch[1].searchsorted(number, side=side))


class Steps:
    """A number that few segments change: from each of the segments ``at`` on, it is the entry in ``numbers``."""

    def __init__(self, count: int, at: I32, numbers: I64) -> None:
        self._count = count
        self.at = at
        """The segments, ascending."""
        self._numbers = numbers

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any, /) -> Any:
        if isinstance(index, slice):
            return self[np.arange(*index.indices(self._count), dtype=np.int32)]
        if not isinstance(index, np.ndarray):
            # With a number of another dtype, NumPy would convert the whole column.
            one = int(self.at.searchsorted(np.int32(index if index >= 0 else index + self._count), side="right"))
            return int(self._numbers[one - 1]) if one else NOTHING
        if not len(self.at):
            return np.full(len(index), NOTHING, np.int64)
        place = self.at.searchsorted(index.astype(np.int32, copy=False), side="right")
        return np.where(place > 0, self._numbers[place - 1], NOTHING)

    def searchsorted(self, number: Any, /, side: Side = "left") -> Any:
        """As of an array: the first segment at which ``number`` was reached (``right``: passed)."""
        if not isinstance(number, np.ndarray) and (number < NOTHING or (number == NOTHING and side == "left")):
            return 0
        places = self._numbers.searchsorted(number, side=side)
        if isinstance(number, np.ndarray):
            found = np.append(self.at, np.int64(self._count))[places]
            found[(number < NOTHING) | ((number == NOTHING) & (side == "left"))] = 0
            return found
        return int(self.at[places]) if places < len(self.at) else self._count
