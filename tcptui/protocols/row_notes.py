"""Rows in which messages of application protocols begin, collected while batches are decoded, for the prefilters.

Imported with the session, before the first packet is shown: nothing here may import a parser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.protocols.outside.notes import OutsideRows
from tcptui.protocols.registry import PROTOCOLS

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, I64
    from tcptui.protocols.payload_places import Payloads


class RowNotes(Protocol):
    """The rows that one protocol collects, by testing a few bytes of every payload with array operations."""

    may_have_files: ClassVar[bool]
    """There may be files in such connections."""

    @property
    def rows(self) -> I32:
        """Store rows in which a message of the protocol begins, ascending."""
        ...

    def add(self, batch: Payloads) -> None:
        """Test the payloads of a batch."""
        ...

    def evict(self, first: int) -> None:
        """Drop the notes of rows before ``first``, which are evicted."""
        ...


_Notes = TypeVar("_Notes")


class NotedRows:
    """The `RowNotes` of all protocols, and the rows of what is outside TCP."""

    def __init__(self) -> None:
        self._each = tuple(kind() for row in PROTOCOLS for kind in row.notes)
        self.outside = OutsideRows()
        """DNS, neighbours, ICMP errors: what connections wait for, and what says why they fail."""

    def add(self, batch: Payloads) -> None:
        """Test the payloads of a batch."""
        for notes in self._each:
            notes.add(batch)
        self.outside.add(batch)

    def evict(self, first: int) -> None:
        """See `RowNotes`."""
        for notes in self._each:
            notes.evict(first)
        self.outside.evict(first)

    @property
    def any(self) -> bool:
        """Whether a message of any protocol begins in a row."""
        return any(len(notes.rows) for notes in self._each)

    def farewells(self, batch: Payloads) -> I64:
        """Places in the batch of payloads with which their sender only says goodbye, in any protocol."""
        places: I64 = np.concatenate([row.farewells(batch) for row in PROTOCOLS if row.farewells is not None])
        return places

    def rows(self) -> I32:
        """Store rows in which a message of a protocol that may carry files begins, ascending."""
        return sorted_unique(np.concatenate([notes.rows for notes in self._each if notes.may_have_files]))

    def of(self, kind: type[_Notes]) -> _Notes:
        """The `RowNotes` of class ``kind``.  Raises LookupError where there are none."""
        for notes in self._each:
            if isinstance(notes, kind):
                return notes
        raise LookupError(kind.__name__)
