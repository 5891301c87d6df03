"""Packets of a capture by the stretch: many that lie one behind the other, read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.access.packet_reader import PacketReader
    from tcptui.model.packet_store import I64, PacketStore

#: A stretch has so many bytes of packets, and a packet more at most; and so many packets.
_BYTES: Final = 1 << 21
_ROWS: Final = 1 << 14


class Stretch(NamedTuple):
    """Packets that were read at once, maybe with other bytes between them."""

    rows: NDArray[np.int32]
    """Which packets of the capture, ascending."""
    data: bytes
    begin: I64
    """Where each packet begins in ``data``."""
    end: I64
    links: NDArray[np.int64]
    """The link type of each."""

    def packet(self, at: int) -> tuple[bytes, int]:
        """The bytes of one packet, and its link type."""
        return self.data[int(self.begin[at]) : int(self.end[at])], int(self.links[at])


def stretches(store: PacketStore, reader: PacketReader) -> Iterator[Stretch]:
    """All packets of a capture.  Raises OSError."""
    links = np.array([source.link_type for source in reader.sources], np.int64)
    for rows in _rows_of_each(store):
        data, begin = reader.stretch(rows)
        begin, end = (np.minimum(at, len(data)) for at in (begin, begin + store.captured[rows]))  # it may be cut by now
        yield Stretch(rows, data, begin, end, links[store.source[rows]])


def _rows_of_each(store: PacketStore) -> Iterator[NDArray[np.int32]]:
    for first in range(0, store.count, _ROWS):
        rows = np.arange(first, min(first + _ROWS, store.count), dtype=np.int32)
        size = np.cumsum(store.captured[rows], dtype=np.int64)
        borders = size.searchsorted(np.arange(_BYTES, int(size[-1]), _BYTES)) + 1
        yield from (part for part in np.split(rows, borders) if len(part))
