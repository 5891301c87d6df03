"""Caches the row numbers of streams, extended as rows are added and shortened as rows are evicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.view import stream_rows
from tcptui.model.lru import LruCache

if TYPE_CHECKING:
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, PacketStore

#: LRU size: streams whose row lists are cached.
_CACHED: Final = 64


def place_of(rows: I32, row: int, *, after: bool = False) -> int:
    """The index at which ``row`` is, or would be inserted, in the ascending ``rows``; with ``after``, behind it.

    Converts ``row`` to int32, because for a number of another type NumPy first copies ``rows``, maybe millions.
    """
    return int(rows.searchsorted(np.int32(row), "right" if after else "left"))


class StreamRows:
    """The rows of the streams used last; thread-safe."""

    def __init__(self, store: PacketStore, streams: StreamTable) -> None:
        self._store = store
        self._streams = streams
        self._known: LruCache[int, tuple[int, int, I32]] = LruCache(_CACHED, locked=True)
        """Per stream: rows of the store scanned, how many are the stream's, and these in an array with spare room."""

    def of(self, stream: int) -> I32:
        """Rows of ``stream`` that are kept, in capture order, ICMP quotes included; treat as read-only."""
        _upto, length, room = self._known.renew(stream, lambda known: self._brought_up(stream, known))
        return room[self._left(room[:length]) : length]

    def _brought_up(self, stream: int, known: tuple[int, int, I32] | None) -> tuple[int, int, I32]:
        """The cache entry of ``stream``, extended by the rows published since."""
        count = self._store.count
        if known is None:
            room = stream_rows(self._store, self._streams, stream)
            return count, place_of(room, count), room
        upto, length, room = known
        upto = max(upto, self._store.first)
        more = np.flatnonzero(self._store.stream[upto:count] == stream) + upto
        longer = length + len(more)
        if longer > len(room):  # callers hold views of the old part: write only behind it
            kept = room[self._left(room[:length]) : length]
            longer = len(kept) + len(more)
            room, length = np.empty(longer + longer // 2, np.int32), len(kept)
            room[:length] = kept
        room[length:longer] = more
        return count, longer, room

    def _left(self, rows: I32) -> int:
        """How many of ``rows`` were evicted."""
        first = self._store.first
        return place_of(rows, first) if first else 0
