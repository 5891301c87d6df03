"""Segments counted per stream, a piece of the columns at a time: a report needs no second copy of a capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32, I64, PacketStore

#: Rows looked at together.
PIECE: Final = 1 << 18


class Tally:
    """Counts per stream over all rows of ``store``; arrays are indexed by stream."""

    def __init__(self, store: PacketStore, streams: int) -> None:
        self._streams = streams
        self.tcp_packets = 0
        """Segments, those cut short included."""
        self.last: I32 = np.full(streams, -1, np.int32)
        """Row of each stream's last segment; -1 without one."""
        self.from_b = self._nothing()
        self.resent = self._nothing()
        self.disordered = self._nothing()
        self.duplicate = self._nothing()
        self.stalled = self._nothing()
        self.missed = self._nothing()
        self.acknowledges = self._nothing()
        """Segments that prove that the other end sent something."""
        pieces = [self._add(store, first, min(first + PIECE, store.count)) for first in range(0, store.count, PIECE)]
        self.round_trips, self.starts = self._sorted(pieces)
        """All ACK round trips (nanoseconds) sorted within their stream, and where each stream's begin."""

    def _nothing(self) -> I32:
        return np.zeros(self._streams, np.int32)

    def _add(self, store: PacketStore, first: int, stop: int) -> tuple[I32, I64]:
        """Count the rows ``first`` … ``stop``; the streams and times of their round trips."""
        kind = store.kind[first:stop]
        is_tcp = kind == RowKind.TCP
        self.tcp_packets += int(np.count_nonzero(is_tcp | (kind == RowKind.TCP_CUT)))
        rows = np.flatnonzero(is_tcp) + first
        stream, verdict, flags = store.stream[rows], store.verdict[rows], store.flags[rows]
        self.last[stream] = rows  # of several rows of a stream the last one is kept
        self.from_b += self._count(stream, store.from_b[rows] != 0)
        # A lone SYN's acknowledgment, or the RST that answers it, proves nothing.
        self.acknowledges += self._count(stream, ((flags & TcpFlag.ACK) != 0) & ((flags & TcpFlag.RST) == 0))
        for counts, bits in (
            (self.resent, Verdict.RETRANSMISSION),
            (self.disordered, Verdict.OUT_OF_ORDER),
            (self.duplicate, Verdict.DUPLICATE_ACK),
            (self.stalled, Verdict.ZERO_WINDOW),
            (self.missed, Verdict.LOST_SEGMENT | Verdict.ACK_LOST_SEGMENT),
        ):
            counts += self._count(stream, (verdict & np.uint32(bits)) != 0)
        acked = store.acked[rows]
        acking = acked >= 0
        rtt = store.time_ns[rows[acking]] - store.time_ns[acked[acking]]
        return stream[acking][rtt > 0], rtt[rtt > 0]

    def _count(self, stream: I32, chosen: NDArray[np.bool_]) -> I32:
        return np.bincount(stream[chosen], minlength=self._streams).astype(np.int32)

    def _sorted(self, pieces: list[tuple[I32, I64]]) -> tuple[I64, NDArray[np.intp]]:
        stream = np.concatenate([piece[0] for piece in pieces]) if pieces else np.zeros(0, np.int32)
        rtt = np.concatenate([piece[1] for piece in pieces]) if pieces else np.zeros(0, np.int64)
        pieces.clear()
        order = np.lexsort((rtt, stream))
        return rtt[order], np.searchsorted(stream[order], np.arange(self._streams + 1))
