"""Which connections of DNS are read before a user opens them: transfers of zones, and where the server let wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import merged
from tcptui.model.sparse_mask import SparseMask
from tcptui.protocols.command_prefilter import CommandPrefilter
from tcptui.protocols.dns.ports import PORTS
from tcptui.protocols.dns.transfer_rows import TransferRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.row_notes import NotedRows

#: Most connections that are read, …
STREAMS_READ: Final = 500
#: … each of at most this many packets, …
PACKETS_READ: Final = 5_000
#: … in which the server was silent so long before it sent data: less of it makes no warning.
SILENT_NS: Final = 800_000_000
_PORTS: Final = np.array(sorted(PORTS))


class DnsPrefilter:
    """The `StreamPrefilter` of DNS over TCP.

    By the server's port, for no first byte tells a question from other protocols; transfers by what asks for them.
    """

    def __init__(
        self, store: PacketStore, streams: StreamTable, noted: NotedRows, payload: Callable[[int], bytes]
    ) -> None:
        self._streams = streams
        self._transfers = CommandPrefilter(TransferRows, store, streams, noted, payload)
        self._seen = 0
        """How many streams there were at the last look."""
        self._speaking: set[int] = set()

    def update(self) -> None:
        """Take in the streams and the transfers that are new."""
        self._transfers.update()
        streams, new = self._streams, np.arange(self._seen, self._streams.count)
        self._seen = streams.count
        new = new[streams.are_stored(new)]
        if len(new):
            port_a, port_b = streams.flows.ports(streams.flow[new])
            port = np.where(streams.client_is_b[new] != 0, port_a, port_b)
            self._speaking.update(new[np.isin(port, _PORTS)].tolist())

    def suspects(self) -> SparseMask:
        """A mask of the first streams whose server let wait, and of those that transfer zones."""
        found, table = np.array(sorted(self._speaking), np.int64), self._streams
        longest = table.longest_waits_ns(found)[1]
        waited = found[(longest >= SILENT_NS) & (table.packets[found] <= PACKETS_READ)][:STREAMS_READ]
        return SparseMask(merged(waited, self._transfers.suspects().numbers))

    def read(self, suspects: SparseMask) -> SparseMask:
        """The ``suspects``: nothing else is read unasked."""
        return suspects

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop what is known of ``streams``, which were evicted."""
        self._speaking.difference_update(streams.tolist())
        self._transfers.evict(streams)

    def speaks(self, stream: int) -> bool:
        """Whether the server of ``stream`` is at the port of DNS, or a transfer was asked for in it."""
        return stream in self._speaking or self._transfers.speaks(stream)

    def error_rows(self, _stream: int) -> list[tuple[int, int]]:
        """None: answers do not begin segments for certain."""
        return []
