"""Which streams are read before a user opens them because he said what they speak (`tcptui.protocols.decode_as`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.sparse_mask import SparseMask
from tcptui.protocols.command_prefilter import PACKETS_IN_ALL, PACKETS_MOST, READ_MOST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable


class DecodedPrefilter:
    """The `StreamPrefilter` of ports: the first streams with one of them, if they are not too long."""

    def __init__(self, streams: StreamTable, ports: Iterable[int]) -> None:
        self._streams = streams
        self._ports = np.array(sorted(ports), np.int64)
        self._found: set[int] = set()
        self._seen = 0
        """Streams that were looked at."""

    def update(self) -> None:
        """Take in the streams found since the last call."""
        new = np.arange(self._seen, self._streams.count)
        self._seen = self._streams.count
        if len(new):
            one, other = self._streams.flows.ports(self._streams.flow[new])
            self._found.update(new[np.isin(one, self._ports) | np.isin(other, self._ports)].tolist())

    def suspects(self) -> SparseMask:
        """A mask of the first streams with such a port, as far as known now."""
        numbers = np.sort(np.fromiter(self._found, np.int64, len(self._found)))
        packets = self._streams.packets[numbers].astype(np.int64)
        short = packets <= PACKETS_MOST
        numbers, packets = numbers[short][:READ_MOST], packets[short][:READ_MOST]
        return SparseMask(numbers[np.cumsum(packets) <= PACKETS_IN_ALL])

    def read(self, suspects: SparseMask) -> SparseMask:
        """The ``suspects``: nothing else is read without suspicion."""
        return suspects

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop what is known of ``streams``, which were evicted."""
        self._found.difference_update(streams.tolist())

    def speaks(self, stream: int) -> bool:
        """Whether ``stream`` has such a port."""
        return stream in self._found

    def error_rows(self, _stream: int) -> list[tuple[int, int]]:
        """None: errors are counted where the connection is read."""
        return []
