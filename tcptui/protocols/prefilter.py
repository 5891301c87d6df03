"""Which streams are worth reading in full, by the prefilters of all protocols (see `StreamPrefilter`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.model.sparse_mask import NONE, SparseMask
from tcptui.protocols.command_prefilter import FirstStreams
from tcptui.protocols.registry import PROTOCOLS
from tcptui.protocols.tls.opened_prefilter import OpenedPrefilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.protocols.decode_as import Decoding
    from tcptui.protocols.interface import StreamPrefilter
    from tcptui.protocols.keylog import KeyLog
    from tcptui.protocols.row_notes import NotedRows


class Prefilter:
    """The prefilters of all protocols as one; grows with the capture.  Only one thread at a time may call `update`."""

    def __init__(
        self, store: PacketStore, streams: StreamTable, noted: NotedRows, payload: Callable[[int], bytes],
        keys: KeyLog | None = None, decoding: Decoding | None = None,
    ) -> None:  # fmt: skip
        """``keys``: those of TLS, with which what is inside is worth reading, too; ``decoding``: as the user says."""
        made = [
            (protocol, protocol.prefilter(store, streams, noted, payload))
            for protocol in PROTOCOLS
            if protocol.prefilter is not None
        ]
        self._each: tuple[StreamPrefilter, ...] = tuple(one for _, one in made)
        self._shared = tuple(one for protocol, one in made if protocol.is_shared)
        self._opened = None if keys is None else OpenedPrefilter(store, streams, noted, payload, keys)
        if self._opened is not None:
            self._each += (self._opened,)
        judged = {row.name for row in PROTOCOLS if row.judged}
        ports = [port for port, wanted in (decoding or {}).items() if wanted.name in judged]
        if ports:
            self._each += (_OfPorts(streams, ports),)

    def update(self) -> None:
        """Take in the rows found since the last call."""
        for one in self._each:
            one.update()

    def read(self) -> SparseMask:
        """A mask of the streams whose payload is judged before a user opens them: the suspects, and a few others."""
        suspects = _union(one.suspects() for one in self._each)
        return _union(one.read(suspects) for one in self._each)

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop what is known of ``streams`` (ascending), which were evicted."""
        for one in self._each:
            one.evict(streams)

    def speaks(self, stream: int) -> bool:
        """Whether a message of a protocol was seen in ``stream``."""
        return any(one.speaks(stream) for one in self._each)

    def may_share(self, stream: int) -> bool:
        """Whether many requests may share ``stream``: its protocol allows it, or keys open what is inside."""
        if self._opened is not None and self._opened.opens(stream):
            return True
        return any(one.speaks(stream) for one in self._shared)

    def error_rows(self, stream: int) -> list[tuple[int, int]]:
        """The rows of ``stream`` that begin with an error response, each with its code, in capture order."""
        return sorted(row for one in self._each for row in one.error_rows(stream))


def _union(masks: Iterable[SparseMask]) -> SparseMask:
    found = [mask.numbers for mask in masks if len(mask.numbers)]  # of most protocols a capture has nothing
    return SparseMask(sorted_unique(np.concatenate(found))) if found else NONE


class _OfPorts(FirstStreams):
    """The `StreamPrefilter` of ports that the user named: streams with one of them at either end."""

    def __init__(self, streams: StreamTable, ports: Iterable[int]) -> None:
        super().__init__(streams)
        self._ports = np.array(sorted(ports), np.int64)
        self._seen = 0
        """Streams that were looked at."""

    def update(self) -> None:
        """Take in the streams found since the last call."""
        new = np.arange(self._seen, self._streams.count)
        self._seen = self._streams.count
        if len(new):
            one, other = self._streams.flows.ports(self._streams.flow[new])
            self._found.update(new[np.isin(one, self._ports) | np.isin(other, self._ports)].tolist())
