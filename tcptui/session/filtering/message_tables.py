"""Messages without header trees: fields of connections that were captured without a gap, by tables of arrays.

The rows of the registry that have `tcptui.protocols.row.Tables` build them: nothing is kept of messages, so a
connection may have many more units than messages that are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.access.open_capture import state_of
from tcptui.dfilter import types
from tcptui.model.arrays import sorted_unique
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS
from tcptui.model.lru import LruCache
from tcptui.model.packet_store import RowKind
from tcptui.protocols.registry import PROTOCOLS
from tcptui.session.filtering.occurrences import Occurrences, array_of
from tcptui.session.filtering.plain import plain

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.access.stream_state import StreamState
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.interface import MessageTable
    from tcptui.protocols.row import Tables
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.filtering.trees import TreeReader

#: By the family of their fields.
_FAMILIES: Final = {row.tables.name: row.tables for row in PROTOCOLS if row.tables is not None}
TABLED_PROTOCOLS: Final = frozenset(_FAMILIES)
#: Units of all connections that are kept, some 30 bytes each.
_UNITS_CACHED: Final = 4_000_000


def _tables_of(name: str, *, bare: bool) -> Tables | None:
    """The tables that tell the field ``name``; ``bare``: only whether it is there."""
    tables = _FAMILIES.get(name.partition(".")[0])
    return tables if tables is not None and (name in tables.fields() or (bare and name == tables.name)) else None


def tells(name: str, *, bare: bool) -> bool:
    """True of a field that `MessageTables` may be asked for; ``bare``: only whether it is there."""
    return _tables_of(name, bare=bare) is not None


class _CachedConnection(NamedTuple):
    """A connection as it was read; no table where trees are needed."""

    read_at: StreamState
    table: MessageTable | None

    @property
    def units(self) -> int:
        """How many units are kept; one where there are none, for that takes memory, too."""
        return 1 if self.table is None else 1 + self.table.units

    def serves(self, now: StreamState, tables: Tables, trees: TreeReader) -> bool:
        """True where it need not be read again for what ``trees`` asks of ``tables``."""
        asked = self.table is None or trees.wanted & tables.fields() <= self.table.names
        return asked and self.read_at.serves(now, whole=trees.whole)


class MessageTables:
    """Answers for packets of protocols that have tables.

    ``trees`` knows who cancels, what is asked for, and how new it must be.
    """

    def __init__(self, session: OpenCapture, trees: TreeReader) -> None:
        self._session = session
        self._trees = trees
        self._kept: LruCache[tuple[str, int], _CachedConnection] = LruCache(
            _UNITS_CACHED, weigh=lambda kept: kept.units
        )

    def read(self, name: str, rows: Rows) -> tuple[Mask, Occurrences]:
        """A mask of the ``rows`` that tables answer for, and the field's values there; of a protocol that it is there.

        The places of the values are those among all ``rows``.  Raises Cancelled.
        """
        tables = _tables_of(name, bare=True)
        store, kind = self._session.store, types.type_of(FIELDS[name])
        told = plain(self._session, rows) & (store.kind[rows.index] == RowKind.TCP)
        streams = np.where(told, store.stream[rows.index], -1)
        frames = store.frame[rows.index].astype(np.int64)
        told[:] = False
        places: list[Any] = [np.zeros(0, np.int64)]
        values: list[Any] = []
        for stream in sorted_unique(streams[streams >= 0]).tolist():
            table = None if tables is None else self._table(tables, stream)
            if table is not None:
                at = np.flatnonzero(streams == stream)
                told[at], among, found = table.values(name, frames[at])
                places.append(at[among])
                values += found
        where = np.concatenate(places)
        order = np.argsort(where, kind="stable")
        kept = told[where[order]]
        where, order = where[order][kept], order[kept]
        each = [b""] * len(order) if kind is T.PROTOCOL else [values[one] for one in order.tolist()]
        return told, Occurrences(kind, len(rows), array_of(kind, each), where)

    def _table(self, tables: Tables, stream: int) -> MessageTable | None:
        now, known = state_of(self._session, stream), self._kept.get((tables.name, stream))
        if known is None or not known.serves(now, tables, self._trees):
            known = _CachedConnection(now, self._build(tables, stream))
            self._kept.put((tables.name, stream), known)
        return known.table

    def _build(self, tables: Tables, stream: int) -> MessageTable | None:
        """A table of the connection; None where trees are needed."""
        session, trees = self._session, self._trees

        def deeper() -> ApplicationStream:
            return session.application(stream, whole=trees.whole, deep=trees.pause)

        application = session.application(stream, whole=trees.whole)
        return tables.build(application, deeper, trees.wanted & tables.fields(), trees.pause)
