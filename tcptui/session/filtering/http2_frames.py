"""HTTP/2 without header trees: what frames and their header lists say, of connections that were captured without a gap.

Nothing is kept of messages, so a connection may have many more frames than messages that are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.dfilter import types
from tcptui.model.arrays import sorted_unique
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS
from tcptui.model.lru import LruCache
from tcptui.model.packet_store import RowKind
from tcptui.protocols.http2.http2_stream import Http2Stream
from tcptui.protocols.http2.table_fields import TABLE_FIELDS
from tcptui.protocols.interface import EncryptedStream
from tcptui.session.filtering.occurrences import Occurrences, array_of
from tcptui.session.filtering.plain import plain

if TYPE_CHECKING:
    from tcptui.protocols.http2.frame_table import FrameTable
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.filtering.trees import TreeReader
    from tcptui.session.session import Session
    from tcptui.session.stream_state import StreamState

#: Frames of all connections that are kept, some 30 bytes each.
_FRAMES_CACHED: Final = 4_000_000


def tells(name: str, *, bare: bool) -> bool:
    """Whether `Http2Frames` may be asked for the field ``name``; ``bare``: only whether it is there."""
    return name in TABLE_FIELDS or (bare and name == "http2")


class _CachedConnection(NamedTuple):
    """What is known of a connection; no table where trees are needed."""

    read_at: StreamState
    table: FrameTable | None

    @property
    def frames(self) -> int:
        """How many frames are kept; one where there are none, for that takes memory, too."""
        return 1 if self.table is None else 1 + self.table.frames

    def serves(self, now: StreamState, trees: TreeReader) -> bool:
        """Whether it need not be read again for what ``trees`` asks."""
        asked = self.table is None or trees.wanted & TABLE_FIELDS <= self.table.names
        return asked and self.read_at.serves(now, whole=trees.whole)


class Http2Frames:
    """Answers for the packets of HTTP/2; ``trees`` knows who cancels, what is asked for, and how new it must be."""

    def __init__(self, session: Session, trees: TreeReader) -> None:
        self._session = session
        self._trees = trees
        self._kept: LruCache[int, _CachedConnection] = LruCache(_FRAMES_CACHED, weigh=lambda kept: kept.frames)

    def read(self, name: str, rows: Rows) -> tuple[Mask, Occurrences]:
        """A mask of the ``rows`` that frames answer for, and the field's values there; of "http2" that it is there.

        The places of the values are those among all ``rows``.  Raises Cancelled.
        """
        store, kind = self._session.store, types.type_of(FIELDS[name])
        told = plain(self._session, rows) & (store.kind[rows.index] == RowKind.TCP)
        streams = np.where(told, store.stream[rows.index], -1)
        frames = store.frame[rows.index].astype(np.int64)
        told[:] = False
        places: list[Any] = [np.zeros(0, np.int64)]
        values: list[Any] = []
        for stream in sorted_unique(streams[streams >= 0]).tolist():
            table = self._table(stream)
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

    def _table(self, stream: int) -> FrameTable | None:
        now, known = self._session.state_of(stream), self._kept.get(stream)
        if known is None or not known.serves(now, self._trees):
            known = _CachedConnection(now, self._build_table(stream))
            self._kept.put(stream, known)
        return known.table

    def _build_table(self, stream: int) -> FrameTable | None:
        """A table of the connection, if it is HTTP/2 from its start, maybe inside TLS, and all of it was captured."""
        session, whole = self._session, self._trees.whole
        application = session.application(stream, whole=whole)
        spoken, sealed = application.spoken, application.parsed
        if isinstance(sealed, EncryptedStream) and isinstance(spoken, Http2Stream) and not sealed.is_all:
            application = session.application(stream, whole=whole, deep=self._trees.pause)
            spoken, sealed = application.spoken, application.parsed
        if not isinstance(spoken, Http2Stream) or spoken.opening.http is not None:
            return None
        if isinstance(sealed, EncryptedStream) and not sealed.is_all:
            return None
        if any(len(direction.gaps) for direction in spoken.directions):
            return None
        from tcptui.protocols.http2.frame_table import FrameTable  # most filters ask for columns alone

        return FrameTable(spoken, self._trees.wanted & TABLE_FIELDS, self._trees.pause)
