"""Which TLS streams are worth reading before a user opens them: those in which a segment is a fatal alert.

An alert that shares its segment with other records is found when the stream is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.sparse_mask import SparseMask
from tcptui.protocols.tls.alert_rows import AlertRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.row_notes import NotedRows

#: Most streams that are read, the first ones.
SUSPECTS_READ: Final = 1_000


class TlsPrefilter:
    """The `StreamPrefilter` of TLS."""

    def __init__(
        self, store: PacketStore, _streams: StreamTable, noted: NotedRows, _payload: Callable[[int], bytes]
    ) -> None:
        self._store = store
        self._found = noted.of(AlertRows)
        self._done = 0
        """Number of alerts taken in, evicted ones included."""
        self._alerted: set[int] = set()

    def update(self) -> None:
        """Take in the alerts found since the last call."""
        gone, rows = self._found.evicted, self._found.rows
        count = int(np.searchsorted(rows, self._store.count))
        new = rows[max(self._done - gone, 0) : count]
        self._done = gone + count
        streams = self._store.stream[new]
        self._alerted.update(streams[streams >= 0].tolist())

    def suspects(self) -> SparseMask:
        """A mask of the streams with a fatal alert, as far as known now."""
        return SparseMask(np.array(sorted(self._alerted)[:SUSPECTS_READ], np.int64))

    def read(self, suspects: SparseMask) -> SparseMask:
        """The same: nothing else is read without suspicion."""
        return suspects

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop what is known of ``streams``, which were evicted."""
        self._alerted.difference_update(streams.tolist())

    def speaks(self, stream: int) -> bool:
        """Whether ``stream`` had a fatal alert."""
        return stream in self._alerted

    def error_rows(self, _stream: int) -> list[tuple[int, int]]:
        """None: an alert ends its connection, so there are no later ones."""
        return []
