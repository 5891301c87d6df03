"""The traffic of a capture over time: bits in equal slices.  Its average, and what it is now, are in `rates`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.units import NS_PER_S
from tcptui.session.rates import LEAST_AVERAGE_NS

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64, PacketStore

#: Slices that a capture is divided into: a screen draws no more.
SLICES: Final = 240
#: A capture is divided into so many parts at least where its busiest is looked for.
_PARTS_LEAST: Final = 10
_CHUNK: Final = 1 << 20
_BITS: Final = 8


@dataclass(frozen=True)
class Traffic:
    """Sums of the packets that are still held, in `SLICES` slices from the first packet's time to the last one's."""

    bits: I64
    """Per slice, of whole frames as they were on the wire."""
    span_ns: int
    """From the first packet to the last."""

    def per_second(self, amount: int, slices: int) -> int:
        """A sum over so many slices as a rate."""
        return round(amount * NS_PER_S * SLICES / (self.span_ns * slices))

    @property
    def peak(self) -> int:
        """Bits per second of the busiest part: parts are a second long, in short captures a tenth of it all."""
        parts = max(_PARTS_LEAST, min(SLICES, self.span_ns // NS_PER_S))
        sizes = np.diff(_edges(parts), append=SLICES)
        return max(map(self.per_second, self.bits_in(parts).tolist(), sizes.tolist()))

    def bits_in(self, parts: int) -> I64:
        """The bits in ``parts`` parts of equal length, at most `SLICES`."""
        sums: I64 = np.add.reduceat(self.bits, _edges(parts))
        return sums


def _edges(parts: int) -> I64:
    """The slices that parts of equal length begin with."""
    return np.arange(parts) * SLICES // parts


def traffic_of(store: PacketStore) -> Traffic | None:
    """The traffic of all packets in ``store``; None where it is too short for a rate.  Takes a pass over all rows."""
    first, count = store.first, store.count
    if first >= count:
        return None
    chunks = [slice(at, min(at + _CHUNK, count)) for at in range(first, count, _CHUNK)]
    began = min(int(store.time_ns[rows].min()) for rows in chunks)
    span_ns = max(int(store.time_ns[rows].max()) for rows in chunks) - began
    if span_ns < LEAST_AVERAGE_NS:
        return None
    octets = np.zeros(SLICES, np.int64)
    for rows in chunks:
        passed = (store.time_ns[rows] - began) / span_ns  # in floats: the product with `SLICES` may not fit
        place = np.minimum((passed * SLICES).astype(np.int64), SLICES - 1)
        octets += np.bincount(place, store.wire_length[rows], SLICES).astype(np.int64)
    return Traffic(octets * _BITS, span_ns)
