"""Traffic rates of the whole capture and of each connection, from the columns of the packet store.

While packets come they are those of the last seconds, and fall to 0 when none come any more; of a capture that has
ended, or of a file, they are averages.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.progress import Phase
from tcptui.model.packet_store import RowKind
from tcptui.model.units import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.access.open_capture import OpenCapture
    from tcptui.access.progress import Progress
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, I64, U32, PacketStore

#: Current rates are those of this long (ns): long enough to be steady, short enough to be now.
WINDOW_NS: Final = 3 * NS_PER_S
#: … and of the newest packets up to this number: above 33,000 packets a second the time is shorter instead.
MOST_PACKETS: Final = 100_000
#: In its first seconds a capture is taken to have lasted this long (ns), so that its first packets are no peak.
LEAST_NS: Final = NS_PER_S
#: Shorter than this (ns) no average is given, as in Wireshark's list of conversations: a lone exchange is no rate.
LEAST_AVERAGE_NS: Final = 5 * NS_PER_MS
#: Current rates are measured at most once in this time (ns): digits that change faster cannot be read.
EVERY_NS: Final = NS_PER_S // 2
_BITS: Final = 8


@dataclass(frozen=True, slots=True)
class Rate:
    """Traffic of a capture, all packets and both directions together."""

    packets: int
    """Per second."""
    bits: int
    """Per second, of whole frames as they were on the wire."""


@dataclass(frozen=True)
class _Window:
    """The packets of connections in the last seconds."""

    streams: I32
    """Of each packet its stream, all at least 0."""
    lengths: U32
    """Of each packet its length on the wire, in bytes."""
    span_ns: int
    """How long the seconds were."""

    @cached_property
    def _sums(self) -> tuple[I32, I64, I64]:
        """The streams that had packets, ascending, and how many packets and bytes each had."""
        streams, index = np.unique(self.streams, return_inverse=True)
        packets = np.bincount(index, minlength=len(streams))
        return streams, packets, np.bincount(index, self.lengths, len(streams)).astype(np.int64)

    def of(self, chosen: I32) -> tuple[I64, I64]:
        """Packets and bits per second of the streams ``chosen``."""
        streams, packets, octets = self._sums
        if not len(streams):
            nothing = np.zeros(len(chosen), np.int64)
            return nothing, nothing
        at = np.minimum(np.searchsorted(streams, chosen), len(streams) - 1)
        there = streams[at] == chosen
        return (
            _per_second(np.where(there, packets[at], 0), self.span_ns),
            _per_second(np.where(there, octets[at] * _BITS, 0), self.span_ns),
        )


def _per_second(amounts: I64, span_ns: int) -> I64:
    # In floats: a product with 10**9 may not fit into 64 bits.
    rates: I64 = np.rint(amounts * (NS_PER_S / span_ns)).astype(np.int64)
    return rates


class Rates:
    """The rates of one session.  `look` is for the event loop; the others any thread may ask."""

    def __init__(self, store: PacketStore, streams: StreamTable, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """``clock``: nanoseconds that pass while no packets come."""
        self.total: Rate | None = None
        """Of all packets; None: nothing can be said yet."""
        self._store = store
        self._streams = streams
        self._clock = clock
        self._window: _Window | None = None
        """None: averages are given."""
        self._count = 0
        """Packets at the last look that found new ones."""
        self._heard_ns = 0
        """When that was, by the clock."""
        self._measured_ns: int | None = None
        """When current rates were last measured, by the clock."""

    @property
    def are_current(self) -> bool:
        """Whether rates are those of the last seconds, not averages."""
        return self._window is not None

    @property
    def now(self) -> Rate | None:
        """`total` where it is that of the last seconds; None where it is an average."""
        return self.total if self.are_current else None

    def look(self, progress: Progress) -> bool:
        """Measure again, if it is time to; returns whether a rate may have changed without a new packet."""
        if progress.phase is Phase.LIVE:
            return self._look_live(progress)
        was_current, self._window = self.are_current, None
        # Of what is still being read it would be another one each moment.
        self.total = None if progress.growing else average(progress, self._store.latest_ns)
        return was_current

    def _look_live(self, progress: Progress) -> bool:
        now, count, latest_ns = self._clock(), self._store.count, self._store.latest_ns
        if self._measured_ns is not None and now - self._measured_ns < EVERY_NS:
            return False
        self._measured_ns = now
        if count != self._count:
            self._count, self._heard_ns = count, now
        before = self.total
        # By the packets' times, which may be another host's; only what has passed since the newest is ours.
        now_ns = latest_ns + now - self._heard_ns
        store = self._store
        rows = slice(max(store.first, count - MOST_PACKETS), count)
        times, kinds = store.time_ns[rows], store.kind[rows]
        streams, lengths = store.stream[rows], store.wire_length[rows]
        span_ns = min(WINDOW_NS, max(LEAST_NS, now_ns - progress.began_ns))
        if len(times) == MOST_PACKETS:
            span_ns = min(span_ns, max(LEAST_AVERAGE_NS, now_ns - int(times.min())))
        recent = times > now_ns - span_ns
        octets = int(lengths[recent].sum(dtype=np.int64))
        self.total = Rate(
            round(int(np.count_nonzero(recent)) * NS_PER_S / span_ns), round(octets * _BITS * NS_PER_S / span_ns)
        )
        mine = recent & (streams >= 0) & (kinds == RowKind.TCP)
        self._window = _Window(streams[mine], lengths[mine], span_ns)
        return self.total != before

    def packets(self, chosen: I32) -> I64:
        """Packets per second of the connections ``chosen``; 0 where none came, or no average is given."""
        return self._of(chosen)[0]

    def bits(self, chosen: I32) -> I64:
        """Bits per second of the connections ``chosen``, of whole frames on the wire; 0 as in `packets`."""
        return self._of(chosen)[1]

    def _of(self, chosen: I32) -> tuple[I64, I64]:
        window = self._window
        if window is not None:
            return window.of(chosen)
        streams = self._streams
        lasted = streams.duration_ns[chosen]
        per_ns = np.where(lasted >= LEAST_AVERAGE_NS, NS_PER_S / np.maximum(lasted, 1), 0.0)
        packets, octets = streams.packets[chosen], streams.wire_bytes[chosen]
        return np.rint(packets * per_ns).astype(np.int64), np.rint(octets * _BITS * per_ns).astype(np.int64)


def average(progress: Progress, latest_ns: int) -> Rate | None:
    """The average of a capture, evicted packets included, whose newest packet is of ``latest_ns``.

    None where it is too short for one.
    """
    lasted = latest_ns - progress.began_ns
    if not progress.rows or lasted < LEAST_AVERAGE_NS:
        return None
    return Rate(round(progress.rows * NS_PER_S / lasted), round(progress.wire_bytes * _BITS * NS_PER_S / lasted))


def rates_of(capture: OpenCapture) -> Rates:
    """Bits and packets per second of ``capture``, as of their last `Rates.look`."""
    return capture.indexes.of(Rates, lambda: Rates(capture.store, capture.streams))
