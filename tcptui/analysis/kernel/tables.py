"""The kernel's state between batches: rows for each live stream and its directions, a pool of unacknowledged segments.

A stream's state lies in a *slot*, not under its number: stream numbers only grow, while an
evicted stream's slot is reused.  When there are many streams, the state of idle ones is *parked* in compressed rows
(`idle_rows`), which frees their slots, until their next packet comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.kernel.columns import DIRECTION_WIDTH, STREAM_WIDTH, DirectionColumn, StreamColumn
from tcptui.analysis.kernel.idle_rows import GROUP, IdleRows
from tcptui.analysis.kernel.transitions import transition_row
from tcptui.model.arrays import sorted_unique
from tcptui.model.sparse_array import grown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.wire.numba_compile import Kernel

#: Slot of a flow of which no stream is kept.
NO_SLOT: Final = -1
#: Slots from this one downwards mean parked streams: place 0 of `IdleRows` is this one, place 1 the next below.
_PARKED: Final = -2
#: Least number of streams that stay in slots.
AWAKE: Final = 1 << 13
#: The same of an input whose end is known: this state is dropped there, before findings take their memory.
AWAKE_TO_END: Final = 1 << 16
#: When a batch needs more than one parked stream per this many packets, twice as many streams stay in slots.
_UNPARK_RATIO: Final = 16


class _Column:
    """A growing column of integers: a list for plain Python, an array for machine code."""

    def __init__(self) -> None:
        self.data: Any = []

    def compile(self) -> None:
        self.data = np.array(self.data, np.int64)

    def grow(self, count: int, fill: int = 0) -> None:
        """Room for ``count`` numbers, new ones ``fill``; grows in large steps."""
        missing = count - len(self.data)
        if missing <= 0:
            return
        missing = max(missing, len(self.data) // 2)
        if isinstance(self.data, list):
            self.data.extend([fill] * missing)
        else:
            self.data = np.concatenate((self.data, np.full(missing, fill, np.int64)))

    def numbers(self, which: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers at the places ``which``."""
        if isinstance(self.data, list):
            return np.array([self.data[at] for at in which.tolist()], np.int64)
        numbers: NDArray[np.int64] = self.data[which]
        return numbers

    def replace(self, which: NDArray[np.int64], old: NDArray[np.int64], new: NDArray[np.int64]) -> None:
        """Set the places ``which`` that hold ``old`` to ``new``."""
        mine = self.numbers(which) == old
        self.put(which[mine], new[mine])

    def put(self, which: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
        """Set the places ``which`` to ``numbers``."""
        if isinstance(self.data, list):
            for at, number in zip(which.tolist(), numbers.tolist(), strict=True):
                self.data[at] = number
        else:
            self.data[which] = numbers


class _Table:
    """Growing rows of integers: lists for plain Python, an array for machine code; new cells are 0."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.data: Any = []

    def compile(self) -> None:
        self.data = np.array(self.data, np.int64).reshape(-1, self._width)

    def grow(self, rows: int) -> None:
        """Room for ``rows`` rows."""
        missing = rows - len(self.data)
        if missing <= 0:
            return
        if isinstance(self.data, list):
            self.data.extend([0] * self._width for _ in range(missing))
        else:
            self.data = grown(self.data, rows, slice(None))

    def put(self, which: NDArray[np.int64], rows: NDArray[np.int64] | int) -> None:
        """Set the rows ``which`` to ``rows`` (n x width, or one number for all cells)."""
        if isinstance(self.data, list):
            cells = np.broadcast_to(np.asarray(rows), (len(which), self._width))
            for at, row in zip(which.tolist(), cells.tolist(), strict=True):
                self.data[at] = row
        else:
            self.data[which] = rows

    def rows(self, which: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows ``which`` as an array (n x width)."""
        if isinstance(self.data, list):
            data = self.data
            return np.array([data[row] for row in which.tolist()], np.int64).reshape(-1, self._width)
        table: NDArray[np.int64] = self.data[which]
        return table


@dataclass(frozen=True, slots=True)
class Moved:
    """Streams whose state has moved to another slot, or between slot and parked row."""

    numbers: NDArray[np.int64]
    slots: NDArray[np.int64]
    """Their slots now, as `KernelTables.evict` takes them; below zero where parked."""


_UNMOVED: Final = Moved(np.zeros(0, np.int64), np.zeros(0, np.int64))


class KernelTables:
    """The kernel's state, on which `run` runs it; for one thread at a time."""

    def __init__(self) -> None:
        self.stream_count = 0
        """Streams so far: the number of the next one."""
        self.streams = _Table(STREAM_WIDTH)
        """One row per slot."""
        self.directions = _Table(DIRECTION_WIDTH)
        """Two rows per slot: what endpoint *a* sent, and *b*."""
        self._flow_slot = _Column()
        """Slot of each flow's newest stream."""
        self._free_slots = _Column()
        """Stack of free slots, of which the first `_slots_left` entries are valid."""
        self._slots_left = 0
        self._parked = IdleRows()
        self._awake = AWAKE
        """Streams that stay in slots when others are parked."""
        self._foreseen = 0
        """Slots that will be needed, for which there is no room yet."""
        self._pool = [_Column() for _ in range(5)]
        """Unacknowledged segments: row, number, end, time, and the next entry of the list."""
        self._pool_free = -1
        """First entry of the pool's free list."""
        self._pool_left = 0
        """Length of that list."""
        self._next_state: Any = transition_row()

    @property
    def compiled(self) -> bool:
        """Whether the tables are arrays, for machine code."""
        return not isinstance(self._next_state, list)

    def compile(self) -> None:
        """Turn the tables into arrays, contents kept."""
        for column in (self._flow_slot, self._free_slots, *self._pool):
            column.compile()
        for table in (self.streams, self.directions):
            table.compile()
        self._next_state = np.array(self._next_state, np.int64)

    def make_room(self, flows: int, streams: int, segments: int) -> None:
        """Make room for ``flows`` in all, for ``streams`` more, and for ``segments`` more unacknowledged segments."""
        self._flow_slot.grow(flows, NO_SLOT)
        if self._foreseen and self.compiled:  # slots that are not used yet take no memory then, and growing copies
            streams, self._foreseen = max(streams, self._foreseen), 0
        self._grow_slots(streams)
        self._grow_pool(segments)

    def run(self, kernel: Kernel, count: int, first: int, columns: list[Any]) -> NDArray[np.int64]:
        """Have ``kernel`` analyse ``count`` rows from ``first`` on, its inputs and outputs in ``columns``.

        Returns the slots of the streams that began, in the order of their numbers.
        """
        began = self.stream_count
        made: Any = np.zeros(count, np.int64) if self.compiled else [0] * count
        self.stream_count, self._slots_left, self._pool_free, self._pool_left = kernel(
            count, first, *columns, self._flow_slot.data, self.streams.data, self.directions.data,
            self._free_slots.data, self._slots_left, made, self.stream_count,
            *(table.data for table in self._pool), self._pool_free, self._pool_left, self._next_state,
        )  # fmt: skip
        return np.asarray(made[: self.stream_count - began], np.int64)

    def evict(self, slots: NDArray[np.int64]) -> None:
        """Evict the streams in ``slots`` (parked ones, too); a later packet of the same flow begins another stream."""
        rows = self._taken(slots)
        self._flow_slot.replace(rows[:, StreamColumn.FLOW], slots, np.full(len(slots), NO_SLOT))
        self._free_unacked(rows[:, STREAM_WIDTH:].reshape(-1, DIRECTION_WIDTH))

    def wake(self, flows: NDArray[np.int64]) -> Moved:
        """Move parked streams that are the latest of ``flows`` (one entry per packet) to slots before the kernel runs.

        At least as many slots as there are packets are free then.
        """
        if not self._parked:
            return _UNMOVED
        latest = self._flow_slot.numbers(flows)
        parked = sorted_unique(latest[latest <= _PARKED])
        if not len(parked):
            return _UNMOVED
        if len(parked) * _UNPARK_RATIO > len(flows):
            self._awake *= 2
        rows = self._taken(parked)
        self._grow_slots(len(parked) + len(flows))
        self._slots_left -= len(parked)
        left = self._slots_left
        slots = np.array(self._free_slots.data[left : left + len(parked)], np.int64)
        self.streams.put(slots, rows[:, :STREAM_WIDTH])
        self.directions.put(_both(slots), rows[:, STREAM_WIDTH:].reshape(-1, DIRECTION_WIDTH))
        return self._moved(rows, parked, slots)

    def foresee_end(self, streams: int) -> None:
        """All packets that will come are there, of about so many streams: keep more of them in slots."""
        self._awake = max(self._awake, AWAKE_TO_END)
        self._foreseen = 2 * min(streams, 2 * self._awake)  # for each packet of a batch one must be free

    def park(self) -> Moved:
        """Park the streams that have been idle longest, when more than twice `_awake` are in slots."""
        if len(self.streams.data) - self._slots_left <= 2 * self._awake:
            return _UNMOVED
        taken = np.ones(len(self.streams.data), np.bool_)
        taken[np.asarray(self._free_slots.data[: self._slots_left], np.int64)] = False
        slots = np.flatnonzero(taken)
        rest = len(slots) - self._awake
        slots = slots[np.argsort(self.streams.rows(slots)[:, StreamColumn.LAST_ROW])[:rest]]
        scattered = _PARKED - self._parked.scattered()
        moved = [
            self._put_away(part)
            for all_ in (scattered, slots)
            for part in np.split(all_, range(GROUP, len(all_), GROUP))
            if len(part)
        ]
        return Moved(np.concatenate([part.numbers for part in moved]), np.concatenate([part.slots for part in moved]))

    def _put_away(self, slots: NDArray[np.int64]) -> Moved:
        rows = self._taken(slots)
        return self._moved(rows, slots, _PARKED - self._parked.put(rows))

    def _taken(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Remove and return the state of the streams in ``slots`` (parked ones, too), and free these slots.

        A row has the stream's columns, then both directions'.
        """
        rows = np.empty((len(slots), STREAM_WIDTH + 2 * DIRECTION_WIDTH), np.int64)
        awake = slots >= 0
        there = slots[awake]
        if len(there) < len(slots):
            rows[~awake] = self._parked.take(_PARKED - slots[~awake])
        if len(there):
            directions = _both(there)
            rows[awake] = np.concatenate(
                (self.streams.rows(there), self.directions.rows(directions).reshape(len(there), 2 * DIRECTION_WIDTH)), 1
            )
            self.streams.put(there, 0)
            self.directions.put(directions, 0)
            left = self._slots_left
            self._free_slots.put(np.arange(left, left + len(there)), there)
            self._slots_left += len(there)
        return rows

    def _moved(self, rows: NDArray[np.int64], old: NDArray[np.int64], new: NDArray[np.int64]) -> Moved:
        self._flow_slot.replace(rows[:, StreamColumn.FLOW], old, new)
        return Moved(rows[:, StreamColumn.NUMBER].copy(), new)

    def _free_unacked(self, directions: NDArray[np.int64]) -> None:
        """Prepend the lists of unacknowledged segments of ``directions`` to the pool's free list."""
        links = self._pool[-1].data
        for oldest, newest, count in directions[directions[:, DirectionColumn.UNACKED] > 0][
            :, [DirectionColumn.OLDEST, DirectionColumn.NEWEST, DirectionColumn.UNACKED]
        ].tolist():
            links[newest] = self._pool_free
            self._pool_free = oldest
            self._pool_left += count

    def _grow_slots(self, count: int) -> None:
        """Add slots when fewer than ``count`` are free; slots are taken from the end of the free ones."""
        if self._slots_left >= count:
            return
        old, left = len(self.streams.data), self._slots_left
        rows = old + max(count - left, old // 2)
        self.streams.grow(rows)
        self.directions.grow(2 * rows)
        free = np.zeros(rows, np.int64)
        free[: rows - old] = np.arange(rows - 1, old - 1, -1)
        self._slots_left = left + rows - old
        free[rows - old : self._slots_left] = self._free_slots.data[:left]
        self._free_slots.data = free if self.compiled else free.tolist()

    def _grow_pool(self, count: int) -> None:
        """Add entries to the pool when fewer than ``count`` are free."""
        if self._pool_left >= count:
            return
        old = len(self._pool[-1].data)
        for table in self._pool:
            table.grow(old + count)
        links = self._pool[-1].data
        if self.compiled:
            links[old:-1] = np.arange(old + 1, len(links))
            links[-1] = self._pool_free
        else:
            links[old:] = [*range(old + 1, len(links)), self._pool_free]
        self._pool_free = old
        self._pool_left += len(links) - old


def _both(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows in `KernelTables.directions` of the streams in ``slots``."""
    return np.stack((2 * slots, 2 * slots + 1), 1).reshape(-1)
