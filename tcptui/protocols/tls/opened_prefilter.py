"""Which TLS streams are read before a user opens them because their keys are known: what is inside is judged, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.sparse_mask import SparseMask
from tcptui.protocols.http2.prefilter import PACKETS_READ, STREAMS_READ
from tcptui.protocols.tls.prefilter import TlsPrefilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.keylog import KeyLog
    from tcptui.protocols.row_notes import NotedRows

#: Where a segment that begins with a ClientHello has its random value (RFC 8446, 5.1 and 4.1.2).
_RANDOM: Final = slice(11, 43)
#: Most hellos whose keys are looked up, the first ones.
_LOOKED_UP: Final = 2_000


class OpenedPrefilter(TlsPrefilter):
    """The `StreamPrefilter` of TLS with its keys: the first streams that they open, if not too long."""

    def __init__(
        self, store: PacketStore, streams: StreamTable, noted: NotedRows, payload: Callable[[int], bytes], keys: KeyLog
    ) -> None:
        super().__init__(store, streams, noted, payload)
        self._payload = payload
        self._keys = keys
        self._opened: dict[int, bool] = {}
        """By stream whether its keys are known; as of revision …"""
        self._revision = 0

    def suspects(self) -> SparseMask:
        """A mask of the first streams whose keys are known."""
        if not self._keys:
            return SparseMask(np.zeros(0, np.int64))
        found = np.array(sorted(filter(self._is_open, sorted(self.rows)[:_LOOKED_UP])), np.int64)
        return SparseMask(found[self._streams.packets[found] <= PACKETS_READ][:STREAMS_READ])

    def opens(self, stream: int) -> bool:
        """Whether ``stream`` speaks TLS, and its keys are known."""
        return stream in self.rows and self._is_open(stream)

    def _is_open(self, stream: int) -> bool:
        if self._revision != self._keys.revision:
            self._revision = self._keys.revision
            self._opened = {one: True for one, is_open in self._opened.items() if is_open}
        known = self._opened.get(stream)
        if known is None:
            try:
                known = bool(self._keys.of(self._payload(self.rows[stream])[_RANDOM]))
            except OSError:  # its packets are gone
                return False
            self._opened[stream] = known
        return known
