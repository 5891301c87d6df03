"""Eviction in a capture that runs for days: bounds for its spool, rows and streams, and what is evicted next.

The oldest eighth is evicted at a time.  Rows are bounded in memory, bytes on disk; whichever bound is reached first
decides, and with bytes of the spool their rows are evicted, too.  (Rows may be evicted alone: the file of ``-w``
keeps all bytes.)
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import MAX_ROWS
from tcptui.model.pcap_format import RECORD_HEADER_BYTES
from tcptui.session.memory import available_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.capture.source import Source
    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.row_notes import NotedRows

#: The oldest part in this many is evicted at a time.
SHARE: Final = 8
#: Eviction begins when less than this many such parts (`SHARE`) of the spool's bound are free.
SPARE: Final = 2
#: By default rows and connections may take one part in this many of the available memory, within
#: `LEAST_MEMORY` and `MOST_MEMORY` (bytes).
MEMORY_SHARE: Final = 4
#: Of that, connections get one part in this many.
STREAMS_SHARE: Final = 4
LEAST_MEMORY: Final = 64 << 20
MOST_MEMORY: Final = 2 << 30
#: One in this many of the connections that may be kept is spared if it carried payload, though others are newer.
SPARED_SHARE: Final = 32


def memory_limit() -> int:
    """Default memory limit in bytes for rows and connections: a share of the available memory, within bounds."""
    return min(max(available_memory() // MEMORY_SHARE, LEAST_MEMORY), MOST_MEMORY)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may be kept."""

    rows: int
    """Packets in memory."""
    spool: int | None = None
    """Bytes on disk; None: the spool is not bounded, or nothing of it can be released."""
    streams: int = MAX_ROWS
    """Connections in memory, including those whose packets were all evicted."""

    @staticmethod
    def of_memory(limit: int, bytes_per_row: int, bytes_per_stream: int, spool: int | None) -> Bounds:
        """Bounds for ``limit`` bytes of memory, of which connections get a quarter.

        The memory of evicted rows is freed only by the next eviction, so it counts until then.
        """
        streams = limit // STREAMS_SHARE
        rows = (limit - streams) // bytes_per_row * SHARE // (SHARE + 1)
        return Bounds(max(rows, SHARE), spool, max(streams // bytes_per_stream, SHARE))


def next_first(store: PacketStore, bounds: Bounds, end: int, released: int = 0) -> int:
    """The row that should become the first kept one; the only spool was released up to ``released``, ends at ``end``.

    `PacketStore.first` while nothing has to be evicted.  At least one row stays.
    """
    first, count = store.first, store.count
    cut = first
    if count - first > bounds.rows:
        cut = count - bounds.rows + bounds.rows // SHARE
    if bounds.spool is not None and count > first:
        offsets = store.offset[first:count]
        begin = int(offsets[0]) - RECORD_HEADER_BYTES if first else released
        # Leave room for what is captured before the next check: a spool at its limit pauses, then ends the capture.
        most = bounds.spool - SPARE * (bounds.spool // SHARE)
        if end - begin > most:
            wanted = end - (most - bounds.spool // SHARE)
            cut = max(cut, first + int(np.searchsorted(offsets, wanted)))
    return min(cut, max(count - 1, first))


def streams_to_evict(streams: StreamTable, first: int, most: int, spare: int) -> NDArray[np.int64]:
    """Up to ``most`` of the streams that have no row from ``first`` on, ascending.

    Chooses those that have been silent longest, but the newest ``spare`` of those that carried payload last, so that
    neither a scan nor a SYN flood evicts all of them.  (Only ``spare``, because a single stream that is kept among
    evicted ones keeps whole pages of memory.)
    """
    listed = streams.listed()
    empty = listed[streams.last_row[listed] < first]
    empty = empty[np.argsort(streams.last_row[empty], kind="stable")]
    carried = np.flatnonzero((streams.payload_a[empty] + streams.payload_b[empty]) > 0)
    spared = np.zeros(len(empty), np.bool_)
    spared[carried[max(len(carried) - spare, 0) :]] = True
    order = np.concatenate((empty[~spared], empty[spared]))
    return np.sort(order[:most]).astype(np.int64)


class Retention:
    """Evicts the oldest packets of a session, and connections without packets; only its worker may call `turn`."""

    def __init__(
        self,
        store: PacketStore,
        streams: StreamTable,
        noted: NotedRows,
        before: Callable[[int], None],
        evict: Callable[[NDArray[np.int64]], None],
        source: Source | None,
        eviction_lock: threading.Lock,
    ) -> None:
        """``before(first)`` is called before the rows up to ``first`` are evicted, ``evict(streams)`` to evict streams.

        ``source``: the only source, if it is live, so that its spool may be released; else None.  Everything is kept
        until `bounds` are set.  ``eviction_lock``: of all sessions over that source.
        """
        self.bounds = Bounds(MAX_ROWS)
        self.released = 0
        """Offset up to which the spool was released."""
        self.eviction_lock = eviction_lock
        """While held, nothing is evicted or released."""
        self._given_up = 0
        """Offset up to which the spool is to be released as soon as `eviction_lock` is free; 0: nowhere."""
        self._hindered = False
        """Whether the last `turn` should have evicted something while `eviction_lock` was held."""
        self._store = store
        self._streams = streams
        self._noted = noted
        self._before = before
        self._evict_streams = evict
        self._source = source

    @property
    def spool_limit(self) -> int | None:
        """Maximum size of the spool, whether its oldest bytes can be released or not; None: it keeps everything."""
        return None if self._source is None else self._source.limit_bytes

    def release(self, offset: int) -> None:
        """Release the spool's bytes before ``offset``, which belong to no packet of this session.

        While `eviction_lock` is held, that is left to a later `turn`: somebody may still be copying them.
        """
        if self._source is not None and self._source.limit_bytes is not None:
            self._given_up = offset
            self._release_given_up(self._source)

    def _release_given_up(self, source: Source) -> None:
        if not self._given_up:
            return
        if not self.eviction_lock.acquire(blocking=False):
            self._hindered = True
            return
        try:
            self._release(source, self._given_up)
            self._given_up = 0
        finally:
            self.eviction_lock.release()

    def pace(self, read: int, end: int, *, waits: bool) -> None:
        """Tell the source that its spool, which ended at ``end``, is analysed up to ``read``, where old rows leave.

        With ``waits``, what is left up to ``end`` is less than a packet.
        """
        if self._source is not None and self.bounds.rows < MAX_ROWS:
            self._source.analysed(end if waits else read, held=self._hindered)

    def turn(self, end: int) -> None:
        """Evict what is beyond the bounds; the spool ends at ``end``.  Does nothing while `eviction_lock` is held."""
        self._hindered = False
        if self._source is not None:
            self._release_given_up(self._source)
        store, streams, bounds = self._store, self._streams, self.bounds
        first = next_first(store, bounds, end, self.released)
        crowded = streams.count - streams.evicted_streams > bounds.streams
        if first <= store.first and not crowded:
            return
        if not self.eviction_lock.acquire(blocking=False):
            self._hindered = True
            return
        try:
            if first > store.first:
                self._evict_rows(first)
            if crowded:
                self._evict_streams_over(
                    streams.count - streams.evicted_streams - bounds.streams + bounds.streams // SHARE
                )
        finally:
            self.eviction_lock.release()

    def _evict_rows(self, first: int) -> None:
        store = self._store
        self._before(first)
        self._streams.evict_rows(store, first)
        self._noted.evict(first)
        store.evict(first)
        if self.bounds.spool is not None and self._source is not None:
            self._release(self._source, int(store.offset[first]) - RECORD_HEADER_BYTES)

    def _evict_streams_over(self, excess: int) -> None:
        """Evict about ``excess`` streams.

        Where too few are without rows, evicts the oldest eighth of the rows first, unless few rows are left.
        """
        store = self._store
        spare = self.bounds.streams // SPARED_SHARE
        leaving = streams_to_evict(self._streams, store.first, excess, spare)
        kept = store.count - store.first
        if len(leaving) < excess and kept > self.bounds.rows // SHARE:
            self._evict_rows(store.first + max(kept // SHARE, 1))
            leaving = streams_to_evict(self._streams, store.first, excess, spare)
        if len(leaving):
            self._evict_streams(leaving)

    def _release(self, source: Source, offset: int) -> None:
        if source.release(offset):
            self.released = offset
        else:  # the spool's limit will end the capture, and the status report that
            self.bounds = replace(self.bounds, spool=None)
