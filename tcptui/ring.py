"""What a capture keeps that runs for days: bounds for its spool and its rows, and which rows leave next.

The oldest eighth leaves at a time.  Rows are counted in memory, bytes on disk; whichever bound is met first decides,
and where bytes leave, their rows do.  (Rows may leave alone: the file of ``-w`` keeps all bytes.)
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.spool_release import RECORD_HEADER_BYTES
from tcptui.model.packet_store import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.analysis.stream_table import StreamTable
    from tcptui.capture.source import Source
    from tcptui.model.packet_store import PacketStore
    from tcptui.wire.start_lines import ResponseRows

#: The oldest part that leaves at a time.
SHARE: Final = 8
#: Of the spool so many shares stay free.
SPARE: Final = 2
#: Of the memory that is free, rows may take a quarter; within these bounds.
MEMORY_SHARE: Final = 4
LEAST_MEMORY: Final = 256 << 20
MOST_MEMORY: Final = 2 << 30


def memory_limit() -> int:
    """Bytes that rows may take by default: a share of what the system says is available, within bounds."""
    return min(max(_available() // MEMORY_SHARE, LEAST_MEMORY), MOST_MEMORY)


def _available() -> int:
    """Memory that could be had without swapping (proc_meminfo(5)); 0 where nobody says."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be kept."""

    rows: int
    """Packets in memory."""
    spool: int | None = None
    """Bytes on disk; None: the spool is not bounded, or nothing of it can be given back."""

    @staticmethod
    def of_memory(limit: int, bytes_per_row: int, spool: int | None) -> Bounds:
        """Bounds for ``limit`` bytes of rows.  Memory of rows is given back one turn late, and counts until then."""
        return Bounds(max(limit // bytes_per_row * SHARE // (SHARE + 1), SHARE), spool)


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


class Ring:
    """Lets the oldest packets of a session leave; only its worker may `turn` it."""

    def __init__(
        self,
        store: PacketStore,
        streams: StreamTable,
        responses: ResponseRows,
        before: Callable[[int], None],
        source: Source | None,
    ) -> None:
        """``before`` is told the row before which all will leave, while it is there.

        ``source``: the only one, when its bytes may leave; None: everything is kept until `bounds` say otherwise.
        """
        self.bounds = Bounds(MAX_ROWS)
        self.released = 0
        """Bytes of the spool that were given back to its disk."""
        self.standing_still = threading.Lock()
        """Nothing leaves while somebody holds it."""
        self._store = store
        self._streams = streams
        self._responses = responses
        self._before = before
        self._source = source

    @property
    def spool_limit(self) -> int | None:
        """Bytes that the spool may hold, whether the oldest can leave or not; None: it keeps everything."""
        return None if self._source is None else self._source.limit_bytes

    def turn(self, end: int) -> None:
        """Let go of what is beyond the bounds; the spool ends at ``end``."""
        store = self._store
        first = next_first(store, self.bounds, end)
        if first <= store.first or not self.standing_still.acquire(blocking=False):
            return
        try:
            self._before(first)
            self._streams.forget(store, first)
            self._responses.forget(first)
            store.forget(first)
            if self.bounds.spool is not None and self._source is not None:
                self._release(self._source, int(store.offset[first]) - RECORD_HEADER_BYTES)
        finally:
            self.standing_still.release()

    def _release(self, source: Source, offset: int) -> None:
        if source.release(offset):
            self.released = offset
        else:  # its limit ends the capture, as the status will say
            self.bounds = replace(self.bounds, spool=None)
