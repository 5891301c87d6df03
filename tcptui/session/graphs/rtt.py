"""Round-trip times of one side's segments: every sample, and the smoothed time that a sender's timer would use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.session.graphs.trace import NO_VALUE, SegmentKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U32
    from tcptui.session.graphs.trace import StreamTrace

#: Share of a new sample in the smoothed time (RFC 6298, 2.3: alpha).
ALPHA: Final = 1 / 8
#: Samples that are smoothed by one array operation: 1 - ALPHA to this power is far from the smallest float.
_STEP: Final = 256


@dataclass(frozen=True, slots=True)
class RttGraph:
    """The samples of the data of ``side``: from a segment to its acknowledgment, at the capture point."""

    side: int
    time_ns: I64
    """Of the acknowledgment."""
    frame: U32
    """The acknowledgment."""
    rtt_ns: I64
    """Wireshark's ``tcp.analysis.ack_rtt``."""
    clear: NDArray[np.bool_]
    """False: the acknowledged bytes may have been sent twice, so it is not known which copy is answered (Karn)."""
    smoothed_ns: I64
    """RFC 6298's SRTT after each sample, of clear samples only; `NO_VALUE` before the first of them."""
    handshake_ns: int
    """From the SYN to the third packet: the whole round trip; 0 when it is not known."""


def rtt_graph(trace: StreamTrace, side: int) -> RttGraph:
    """The samples of what ``side`` sent."""
    rtt, source = trace.column("rtt_ns"), trace.column("source")
    told = np.flatnonzero((source >= 0) & (trace.column("from_server") != bool(side)))
    source, rtt = source[told], rtt[told]
    kind = trace.column("kind")
    resent = np.flatnonzero(
        ((kind == SegmentKind.RETRANSMISSION) | (kind == SegmentKind.ZERO_WINDOW_PROBE))
        & (trace.column("from_server") == bool(side))
    )
    # A resend from the segment up to its acknowledgment: one of the two was answered.
    clear = resent.searchsorted(source) == resent.searchsorted(told)
    clear &= rtt >= 0
    smoothed = np.full(len(told), NO_VALUE, np.int64)
    some = np.flatnonzero(clear)
    if len(some):
        upto = np.cumsum(clear) - 1
        after = smooth(rtt[some])
        begun = upto >= 0
        smoothed[begun] = after[upto[begun]]
    return RttGraph(
        side, trace.column("time_ns")[told], trace.column("frame")[told], rtt, clear, smoothed, trace.irtt_ns
    )


def smooth(samples: I64) -> I64:
    """RFC 6298's SRTT after each of ``samples``: the first one is taken as it is, each further one by `ALPHA`."""
    count = len(samples)
    if not count:
        return np.zeros(0, np.int64)
    keep = 1 - ALPHA
    smoothed = np.empty(count)
    known = float(samples[0])
    powers = keep ** np.arange(_STEP)
    for begin in range(0, count, _STEP):
        part = samples[begin : begin + _STEP]
        # srtt[i] = keep**(i+1) * known + ALPHA * sum of keep**(i-j) * part[j]: positive terms lose nothing in a sum.
        scale = powers[: len(part)]
        sums = np.cumsum(part / scale) * scale
        smoothed[begin : begin + len(part)] = scale * keep * known + ALPHA * sums
        known = float(smoothed[begin + len(part) - 1])
    return np.rint(smoothed).astype(np.int64)
