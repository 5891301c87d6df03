"""Packets and bytes of a capture over time, and where its trouble is: counted once per packet, however long it grows.

The bins are a power of ten of nanoseconds long.  Where there would be too many, ten become one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.kernel.columns import TROUBLE
from tcptui.model.arrays import chunks, flatnonzero32
from tcptui.model.finding import Severity
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import RST
from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, I64, U8, PacketStore

#: Bins at most; after ten became one there are a tenth of that, still some for each column of a screen.
MOST_BINS: Final = 20_000
_TIMES: Final = 10
#: Times further from the first packet's than this (ns, 73 years) are taken to be so far: differences fit into 64 bits.
_FURTHEST_NS: Final = 2**61
_LEAST, _MOST = -(2**63), 2**63 - 1
_BITS: Final = 8
#: Verdicts of packets that show where a connection in trouble has it.
_TROUBLE: Final = np.uint32(TROUBLE)


@dataclass(frozen=True, slots=True)
class Columns:
    """A histogram in as many columns as a picture has; arrays of one length but ``begins_ns``, which has one more."""

    begins_ns: I64
    """When each column begins, and when the last one ends, since the capture's first packet."""
    packets: I64
    octets: I64
    severity: U8
    """The worst `Severity` in it; 0: no trouble."""

    def per_second(self, amounts: I64) -> NDArray[np.float64]:
        """``amounts`` of the columns as rates."""
        rates: NDArray[np.float64] = amounts * (NS_PER_S / np.diff(self.begins_ns))
        return rates

    @property
    def bits(self) -> I64:
        """Bits of whole frames as they were on the wire."""
        return self.octets * _BITS

    def column_of(self, time_ns: int) -> int:
        """The column of a time, the first or the last one for times outside."""
        at = int(self.begins_ns.searchsorted(np.int64(time_ns), "right")) - 1
        return min(max(at, 0), len(self.packets) - 1)


@dataclass(frozen=True, slots=True)
class Histogram:
    """The counts of `TrafficHistogram` at one time."""

    width_ns: int
    first: int
    """The number of the first bin: it begins so many times ``width_ns`` after the capture's first packet."""
    packets: I64
    octets: I64
    severity: U8

    def columns(self, most: int) -> Columns:
        """The bins as at most ``most`` columns of nearly equal length; there is at least one bin."""
        bins = len(self.packets)
        count = max(1, min(most, bins))
        edges = np.arange(count + 1) * bins // count
        return Columns(
            (edges + self.first) * self.width_ns,
            np.add.reduceat(self.packets, edges[:-1]),
            np.add.reduceat(self.octets, edges[:-1]),
            np.maximum.reduceat(self.severity, edges[:-1]),
        )


class TrafficHistogram:
    """Counts the packets of ``store``.  One thread at a time may have it `grow`."""

    def __init__(self, store: PacketStore, streams: StreamTable) -> None:
        self._store = store
        self._streams = streams
        self.counted = 0
        """Rows of the store before this one are counted, or were evicted before."""
        self._width_ns = 1
        self._first = 0
        self._packets = self._octets = np.zeros(0, np.int64)
        self._troubled: I32 = np.zeros(0, np.int32)
        """Rows of packets that show trouble, if their connection is in trouble."""

    @property
    def waiting(self) -> int:
        """How many packets `grow` has to look at: those that are new, and those whose trouble may be another now."""
        return self._store.count - max(self.counted, self._store.first) + len(self._troubled)

    def grow(self, severity: U8) -> Histogram | None:
        """Count the new packets; ``severity``: the worst of each stream.  None without packets."""
        store = self._store
        found = [self._troubled]
        count = store.count
        for part in chunks(count, max(self.counted, store.first)):
            rows = slice(max(part.start, store.first), part.stop)  # some may have been evicted meanwhile
            if rows.start < rows.stop:
                self._count(store.time_ns[rows], store.wire_length[rows])
                found.append(self._showing_trouble(rows))
        self.counted = count
        troubled = np.concatenate(found) if len(found) > 1 else self._troubled
        self._troubled = troubled[troubled.searchsorted(np.int32(store.first)) :]
        return self._seen(severity) if len(self._packets) else None

    def _showing_trouble(self, rows: slice) -> I32:
        store = self._store
        is_reset = (store.flags[rows] & RST != 0) & (store.kind[rows] == RowKind.TCP)
        found = (store.verdict[rows] & _TROUBLE != 0) | is_reset | (store.kind[rows] == RowKind.ICMP_QUOTE)
        return flatnonzero32(found) + np.int32(rows.start)

    # -- counting --------------------------------------------------------------------------
    def _since(self, time_ns: I64) -> I64:
        began = self._store.began_ns
        clipped = np.clip(time_ns, max(began - _FURTHEST_NS, _LEAST), min(began + _FURTHEST_NS, _MOST))
        since: I64 = clipped - began
        return since

    def _count(self, time_ns: I64, lengths: NDArray[np.uint32]) -> None:
        since = self._since(time_ns)
        self._make_room(int(since.min()), int(since.max()))
        places = since // self._width_ns - self._first
        self._packets += np.bincount(places, minlength=len(self._packets))
        self._octets += np.bincount(places, lengths, len(self._packets)).astype(np.int64)

    def _make_room(self, low_ns: int, high_ns: int) -> None:
        """Have bins from ``low_ns`` to ``high_ns``."""
        while True:
            low, high = low_ns // self._width_ns, high_ns // self._width_ns
            if len(self._packets):
                low, high = min(low, self._first), max(high, self._first + len(self._packets) - 1)
            if high - low < MOST_BINS:
                break
            self._coarsen()
        before = self._first - low if len(self._packets) else 0
        after = high - low + 1 - len(self._packets) - before
        if before or after:
            self._packets = np.pad(self._packets, (before, after))
            self._octets = np.pad(self._octets, (before, after))
        self._first = low

    def _coarsen(self) -> None:
        """Make one bin of ten."""
        first = self._first // _TIMES
        before = self._first - first * _TIMES
        after = -(before + len(self._packets)) % _TIMES
        self._packets, self._octets = (
            np.pad(counts, (before, after)).reshape(-1, _TIMES).sum(axis=1) for counts in (self._packets, self._octets)
        )
        self._width_ns, self._first = self._width_ns * _TIMES, first

    # -- what is shown ---------------------------------------------------------------------
    def _seen(self, severity: U8) -> Histogram:
        store, bins = self._store, len(self._packets)
        worst = np.zeros(bins, np.uint8)
        for part in chunks(len(self._troubled)):
            rows = self._troubled[part]
            streams = store.stream[rows]
            known = (streams >= 0) & (streams < len(severity))
            self._mark(worst, store.time_ns[rows[known]], severity[streams[known]])
        # A connection whose trouble no single packet shows has it told at its end.
        streams = self._streams.listed(min(self._streams.count, len(severity)))
        silent = streams[(severity[streams] >= Severity.WARNING) & (self._streams.troubled[streams] == 0)]
        self._mark(worst, self._streams.latest_ns[silent], severity[silent])
        kept = self._kept()
        return Histogram(
            self._width_ns, self._first + kept, self._packets[kept:].copy(), self._octets[kept:].copy(), worst[kept:]
        )

    def _mark(self, worst: U8, time_ns: I64, levels: NDArray[np.integer]) -> None:
        places = np.clip(self._since(time_ns) // self._width_ns - self._first, 0, len(worst) - 1)
        for level in (Severity.WARNING, Severity.ERROR):
            worst[places[levels == level]] = np.maximum(worst[places[levels == level]], level)

    def _kept(self) -> int:
        """The first bin that is shown: that of the oldest packet that was not evicted."""
        first = self._store.first
        if not 0 < first < self._store.count:
            return 0
        oldest = int(self._since(self._store.time_ns[first : first + 1])[0])
        return min(max(oldest // self._width_ns - self._first, 0), len(self._packets) - 1)
