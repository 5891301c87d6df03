"""Values read from messages of a file, kept for the next filter: nothing of them can change any more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.dfilter import types
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.occurrences import OBJECTS, Occurrences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.field import FieldType as T
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.rows import Mask, Rows

#: Bytes of all that is kept.
ROOM: Final = 64 << 20
#: Bytes that a value takes beside its own, as Python's object in an array, and what its row takes.
_OBJECT: Final = 64
_NUMBER: Final = 12


class Asked(NamedTuple):
    """A question put to packets."""

    name: str
    """The field."""
    rest: bool
    """As of `TreeReader.read`."""
    bare: bool
    """Only whether it is there."""
    keys: int
    """The secrets that were known (`KeyLog.revision`)."""


class _Answers:
    """What some rows have of one field."""

    def __init__(self, rows: int, values: NDArray[Any]) -> None:
        self.asked = np.zeros(rows, np.bool_)
        self.rows = np.zeros(0, np.int32)
        """Of each value, ascending."""
        self.values = values[:0]
        self._new: list[tuple[I32, NDArray[Any]]] = []
        self.size = rows

    def add(self, rows: I32, found: Occurrences) -> None:
        """Take in what ``rows`` have; those that are known already stay as they are."""
        fresh = ~self.asked[rows]
        self.asked[rows] = True
        places = found.places
        kept = fresh[places]
        values = found.values[kept]
        self._new.append((rows[places[kept]], values))
        objects = sum(map(len, values.tolist())) if found.type in OBJECTS else 0
        self.size += objects + len(values) * (_OBJECT if values.dtype == np.object_ else _NUMBER)

    def of(self, rows: I32, kind: T) -> Occurrences:
        """The values of ``rows``, all of which were asked."""
        if self._new:
            parts = [(self.rows, self.values), *self._new]
            every = np.concatenate([part for part, _ in parts])
            order = np.argsort(every, kind="stable")
            self.rows, self.values = every[order], np.concatenate([values for _, values in parts])[order]
            self._new = []
        low = np.searchsorted(self.rows, rows, side="left")
        counts = np.searchsorted(self.rows, rows, side="right") - low
        begins = np.cumsum(counts) - counts
        at = np.arange(int(counts.sum())) - np.repeat(begins - low, counts)
        return Occurrences(kind, len(rows), self.values[at], np.repeat(np.arange(len(rows)), counts))


class MessageValues:
    """Values of fields of messages by row, of the fields asked for last; for several threads.

    For a capture that does not grow.  Of a field that has more than `ROOM` nothing is kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Asked, _Answers | None] = {}
        """The one used last is the last; None: there is too much of it."""

    def of(self, asked: Asked, rows: Rows) -> tuple[Mask, Occurrences | None]:
        """A mask of the ``rows`` that were asked already, and what these have; None: none were."""
        with self._lock:
            answers = self._kept.get(asked)
            if answers is None:
                return np.zeros(len(rows), np.bool_), None
            self._kept[asked] = self._kept.pop(asked)
            numbers = rows.numbers
            known: Mask = (numbers < len(answers.asked)) & answers.asked.take(numbers, mode="clip")
            if not known.any():
                return known, None
            return known, answers.of(numbers[known], types.type_of(FIELDS[asked.name]))

    def keep(self, asked: Asked, rows: Rows, found: Occurrences, count: int) -> None:
        """Keep what ``rows`` were found to have, of a capture of ``count`` rows."""
        with self._lock:
            if asked not in self._kept:
                self._kept[asked] = _Answers(count, found.values)
            answers = self._kept[asked]
            if answers is None:
                return
            answers.add(rows.numbers, found)
            while sum(one.size for one in self._kept.values() if one is not None) > ROOM:
                oldest = next(name for name, one in self._kept.items() if one is not None)
                if oldest == asked:
                    self._kept[asked] = None
                    return
                del self._kept[oldest]
