"""Which HTTP/2 streams are read before a user opens them: the first that begin with the preface, if not too long.

Of later ones, the first in which something was waited for the server.  So are those whose server begins as one of
HTTP/2 while no preface came: its client speaks something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import Completeness
from tcptui.model.arrays import sorted_unique
from tcptui.model.sparse_mask import SparseMask
from tcptui.protocols.http2.preface_rows import PrefaceRows
from tcptui.protocols.http2.settings_rows import SettingsRows
from tcptui.protocols.new_rows import NewRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.row_notes import NotedRows

#: Most streams that are read, the first ones, …
STREAMS_READ: Final = 100
#: … each of at most this many packets.
PACKETS_READ: Final = 5_000
#: Most of the later ones that are read: what the server sent followed …
SUSPECTS_READ: Final = 500
#: … this much silence or more: less of it makes no warning (`tcptui.findings.rules.think_time.SLOW_ANSWER_NS`).
SILENT_NS: Final = 800_000_000


class Http2Prefilter:
    """The `StreamPrefilter` of HTTP/2."""

    def __init__(
        self, store: PacketStore, streams: StreamTable, noted: NotedRows, _payload: Callable[[int], bytes]
    ) -> None:
        self._store = store
        self._streams = streams
        self._found = noted.of(PrefaceRows)
        self._spoken: set[int] = set()
        self._settings = NewRows(noted.of(SettingsRows))
        self._settled: set[int] = set()
        """Streams with a segment that begins with SETTINGS."""

    def update(self) -> None:
        """Take in the prefaces and SETTINGS found since the last call."""
        rows = self._found.rows
        streams = self._store.stream[rows[(rows >= self._store.first) & (rows < self._store.count)]]
        self._spoken.update(streams[streams >= 0].tolist())
        streams = self._store.stream[self._settings.new(self._store)]
        self._settled.update(streams[streams >= 0].tolist())

    def suspects(self) -> SparseMask:
        """A mask of the first streams that speak HTTP/2: each of them may yield more than a note."""
        found = np.array(sorted(self._spoken), np.int64)
        found = found[self._streams.packets[found] <= PACKETS_READ]
        late = found[STREAMS_READ:]
        found = np.concatenate(
            (found[:STREAMS_READ], late[self._streams.longest_waits_ns(late)[1] >= SILENT_NS][:SUSPECTS_READ])
        )
        others = np.array(sorted(self._settled - self._spoken), np.int64)
        begun = self._streams.completeness[others] & np.uint8(Completeness.SYN) != 0
        others = others[begun & (self._streams.packets[others] <= PACKETS_READ)][:STREAMS_READ]
        return SparseMask(sorted_unique(np.concatenate((found, others))))

    def read(self, suspects: SparseMask) -> SparseMask:
        """The ``suspects``: nothing else is read unasked."""
        return suspects

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop what is known of ``streams``, which were evicted."""
        self._spoken.difference_update(streams.tolist())
        self._settled.difference_update(streams.tolist())

    def speaks(self, stream: int) -> bool:
        """Whether ``stream`` began with the preface, or a segment of it with SETTINGS."""
        return stream in self._spoken or stream in self._settled

    def error_rows(self, _stream: int) -> list[tuple[int, int]]:
        """None: answers are encoded, and do not begin segments."""
        return []
