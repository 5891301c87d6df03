"""Which connections to a database are judged before a user opens them: the first ones, if they are not too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np

from tcptui.model.sparse_mask import SparseMask
from tcptui.protocols.new_rows import NewRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.command_rows import CommandRows
    from tcptui.protocols.lazy import Lazy
    from tcptui.protocols.row_notes import NotedRows

#: Most connections of one protocol that are read, the first ones …
READ_MOST: Final = 500
#: … of at most so many packets, …
PACKETS_MOST: Final = 20_000
#: … and of so many together.
PACKETS_IN_ALL: Final = 60_000


def prefilter_of(
    kind: Lazy, store: PacketStore, streams: StreamTable, noted: NotedRows, payload: Callable[[int], bytes]
) -> CommandPrefilter:
    """The prefilter of a row of the registry, whose commands ``kind`` notes."""
    return CommandPrefilter(cast("type[CommandRows]", kind.load()), store, streams, noted, payload)


class FirstStreams:
    """The `StreamPrefilter` of streams that are found as they come: the first ones, if they are not too long."""

    def __init__(self, streams: StreamTable) -> None:
        self._streams = streams
        self._found: set[int] = set()

    def suspects(self) -> SparseMask:
        """A mask of the first streams that were found, as far as known now."""
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
        """Whether ``stream`` was found."""
        return stream in self._found

    def error_rows(self, _stream: int) -> list[tuple[int, int]]:
        """None: errors are counted where the connection is read."""
        return []


class CommandPrefilter(FirstStreams):
    """The `StreamPrefilter` of a database: streams with commands that ``kind`` notes."""

    def __init__(
        self, kind: type[CommandRows], store: PacketStore, streams: StreamTable, noted: NotedRows,
        _payload: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        super().__init__(streams)
        self._store = store
        self._rows = NewRows(noted.of(kind))

    def update(self) -> None:
        """Take in the commands found since the last call."""
        streams = self._store.stream[self._rows.new(self._store)]
        self._found.update(streams[streams >= 0].tolist())
