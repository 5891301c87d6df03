"""Which TLS streams are worth reading before a user opens them.

Those in which a segment is a fatal alert, and those with a ClientHello whose ends said less than a handshake and a
request take: it may have come to a halt.  An alert that shares its segment with other records is found when the stream
is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.sparse_mask import SparseMask
from tcptui.protocols.new_rows import NewRows
from tcptui.protocols.tls.alert_rows import AlertRows, HelloRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.row_notes import NotedRows

#: Most streams of each kind that are read, the first ones.
SUSPECTS_READ: Final = 1_000
#: A server that finishes a handshake and answers a request says more than this, …
SERVER_LITTLE: Final = 1_024
#: … and a client says more than this behind its hello: key, Finished, request.
CLIENT_LITTLE: Final = 200


class TlsPrefilter:
    """The `StreamPrefilter` of TLS."""

    def __init__(
        self, store: PacketStore, streams: StreamTable, noted: NotedRows, _payload: Callable[[int], bytes]
    ) -> None:
        self._store = store
        self._streams = streams
        self._alerts = NewRows(noted.of(AlertRows))
        self._hellos = NewRows(noted.of(HelloRows))
        self._alerted: set[int] = set()
        self._greeted: dict[int, int] = {}
        """Bytes of the segment with the ClientHello, by stream …"""
        self.rows: dict[int, int] = {}
        """… and its row."""

    def update(self) -> None:
        """Take in the alerts and hellos found since the last call."""
        streams = self._store.stream[self._alerts.new(self._store)]
        self._alerted.update(streams[streams >= 0].tolist())
        rows = self._hellos.new(self._store)
        lengths = self._store.length[rows].tolist()
        for row, stream, length in zip(rows.tolist(), self._store.stream[rows].tolist(), lengths, strict=True):
            if stream >= 0:
                self._greeted.setdefault(stream, length)
                self.rows.setdefault(stream, row)

    def suspects(self) -> SparseMask:
        """A mask of the streams with a fatal alert, or with little behind a ClientHello, as far as known now."""
        found = sorted({*sorted(self._alerted)[:SUSPECTS_READ], *self._short().tolist()})
        return SparseMask(np.array(found, np.int64))

    def _short(self) -> NDArray[np.int64]:
        """The first streams with a ClientHello and little else."""
        numbers = np.fromiter(self._greeted, np.int64, len(self._greeted))
        hellos = np.fromiter(self._greeted.values(), np.int64, len(self._greeted))
        table = self._streams
        by_b = table.client_is_b[numbers] != 0
        client = np.where(by_b, table.payload_b[numbers], table.payload_a[numbers])
        server = np.where(by_b, table.payload_a[numbers], table.payload_b[numbers])
        little = (server <= SERVER_LITTLE) | (client <= hellos + CLIENT_LITTLE)
        return np.sort(numbers[little])[:SUSPECTS_READ]

    def read(self, suspects: SparseMask) -> SparseMask:
        """The ``suspects``: nothing else is read without suspicion."""
        return suspects

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop what is known of ``streams``, which were evicted."""
        self._alerted.difference_update(streams.tolist())
        for stream in streams.tolist():
            self._greeted.pop(stream, None)
            self.rows.pop(stream, None)

    def speaks(self, stream: int) -> bool:
        """Whether ``stream`` had a fatal alert or a ClientHello."""
        return stream in self._alerted or stream in self._greeted

    def error_rows(self, _stream: int) -> list[tuple[int, int]]:
        """None: an alert ends its connection, so there are no later ones."""
        return []
