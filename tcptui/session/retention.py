"""What a capture keeps that runs for days: bounds for its spool and its rows, and which rows leave next.

The oldest eighth leaves at a time.  Rows are counted in memory, bytes on disk; whichever bound is met first decides,
and where bytes leave, their rows do.  (Rows may leave alone: the file of ``-w`` keeps all bytes.)
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

#: The oldest part that leaves at a time.
SHARE: Final = 8
#: Of the spool so many shares stay free.
SPARE: Final = 2
#: Of the memory that is free, rows may take a quarter; within these bounds.
MEMORY_SHARE: Final = 4
STREAMS_SHARE: Final = 4
LEAST_MEMORY: Final = 64 << 20
MOST_MEMORY: Final = 2 << 30
#: Of the connections that may be kept, one in so many is spared though others are younger.
SPARED_SHARE: Final = 32


def memory_limit() -> int:
    """Bytes that rows may take by default: a share of what the system says is available, within bounds."""
    return min(max(available_memory() // MEMORY_SHARE, LEAST_MEMORY), MOST_MEMORY)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be kept."""

    rows: int
    """Packets in memory."""
    spool: int | None = None
    """Bytes on disk; None: the spool is not bounded, or nothing of it can be given back."""
    streams: int = MAX_ROWS
    """Connections in memory, those included of which no packet is kept any more."""

    @staticmethod
    def of_memory(limit: int, bytes_per_row: int, bytes_per_stream: int, spool: int | None) -> Bounds:
        """Bounds for ``limit`` bytes, of which connections have a quarter.

        Memory of rows is given back one turn late, and counts until then.
        """
        streams = limit // STREAMS_SHARE
        rows = (limit - streams) // bytes_per_row * SHARE // (SHARE + 1)
        return Bounds(max(rows, SHARE), spool, max(streams // bytes_per_stream, SHARE))


def next_first(store: PacketStore, bounds: Bounds, end: int) -> int:
    """The row that should be the first one kept now; ``end`` is where the only spool ends.

    It is `PacketStore.first` while nothing need leave.  At least one row stays.
    """
    first, count = store.first, store.count
    cut = first
    if count - first > bounds.rows:
        cut = count - bounds.rows + bounds.rows // SHARE
    if bounds.spool is not None and count > first:
        offsets = store.offset[first:count]
        begin = int(offsets[0]) - RECORD_HEADER_BYTES if first else 0
        # Room for what comes before the next look: at its limit the child ends the capture.
        most = bounds.spool - SPARE * (bounds.spool // SHARE)
        if end - begin > most:
            wanted = end - (most - bounds.spool // SHARE)
            cut = max(cut, first + int(np.searchsorted(offsets, wanted)))
    return min(cut, max(count - 1, first))


def streams_to_evict(streams: StreamTable, first: int, most: int, spare: int) -> NDArray[np.int64]:
    """Up to ``most`` of the streams of which no row from ``first`` on is kept, ascending.

    Those that were silent longest, but of those that carried something some of the newest stay in any case: neither
    a scan nor a flood of SYNs drives all of them out.  (Only some: what stays alone among others that have left keeps
    whole pages of memory.)
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
    """Lets the oldest packets of a session leave, and connections that have none; only its worker may `turn` it."""

    def __init__(
        self,
        store: PacketStore,
        streams: StreamTable,
        noted: NotedRows,
        before: Callable[[int], None],
        evict: Callable[[NDArray[np.int64]], None],
        source: Source | None,
    ) -> None:
        """``before`` is told the row before which all will leave, while it is there, ``evict`` which streams leave.

        ``source``: the only one, when its bytes may leave; None: everything is kept until `bounds` say otherwise.
        """
        self.bounds = Bounds(MAX_ROWS)
        self.released = 0
        """Bytes of the spool that were given back to its disk."""
        self.standing_still = threading.Lock()
        """Nothing leaves while somebody holds it."""
        self._store = store
        self._streams = streams
        self._noted = noted
        self._before = before
        self._evict_streams = evict
        self._source = source

    @property
    def spool_limit(self) -> int | None:
        """Bytes that the spool may hold, whether the oldest can leave or not; None: it keeps everything."""
        return None if self._source is None else self._source.limit_bytes

    def turn(self, end: int) -> None:
        """Let go of what is beyond the bounds; the spool ends at ``end``."""
        store, streams, bounds = self._store, self._streams, self.bounds
        first = next_first(store, bounds, end)
        crowded = streams.count - streams.evicted_streams > bounds.streams
        if (first <= store.first and not crowded) or not self.standing_still.acquire(blocking=False):
            return
        try:
            if first > store.first:
                self._evict_rows(first)
            if crowded:
                self._thin_out(streams.count - streams.evicted_streams - bounds.streams + bounds.streams // SHARE)
        finally:
            self.standing_still.release()

    def _evict_rows(self, first: int) -> None:
        store = self._store
        self._before(first)
        self._streams.evict_rows(store, first)
        self._noted.evict(first)
        store.evict(first)
        if self.bounds.spool is not None and self._source is not None:
            self._release(self._source, int(store.offset[first]) - RECORD_HEADER_BYTES)

    def _thin_out(self, excess: int) -> None:
        """Let about ``excess`` streams leave; where too few have no rows, the oldest rows go, down to an eighth."""
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
        else:  # its limit ends the capture, as the status will say
            self.bounds = replace(self.bounds, spool=None)
