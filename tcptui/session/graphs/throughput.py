"""Throughput and goodput of one side's data: bytes sent, and bytes acknowledged, by interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.unwrapped_seq import NOTHING
from tcptui.model.tcp_flags import FIN, RST, SYN

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64, U32
    from tcptui.session.graphs.trace import StreamTrace

#: A graph of a whole connection has at most so many intervals …
MOST_INTERVALS: Final = 200
#: … and none shorter than a millisecond: below, single packets would be rates.
LEAST_INTERVAL_NS: Final = 1_000_000
_NO_FRAME: Final = 0


@dataclass(frozen=True, slots=True)
class ThroughputGraph:
    """Bytes of the data of ``side`` in each interval, the first of which begins with the connection."""

    side: int
    interval_ns: int
    time_ns: I64
    """When each interval begins."""
    frame: U32
    """The first packet that counts in it; 0 without one."""
    sent: I64
    """Payload bytes that passed here, repeats included."""
    acked: I64
    """Payload bytes that were acknowledged for the first time."""

    def per_second(self, amounts: I64) -> I64:
        """``amounts`` in an interval as bytes per second."""
        rates: I64 = np.rint(amounts * (1e9 / self.interval_ns)).astype(np.int64)
        return rates


def interval_for(span_ns: int, most: int = MOST_INTERVALS) -> int:
    """The shortest interval of 1, 2 or 5 times a power of ten nanoseconds that divides ``span_ns`` into ``most``."""
    step = LEAST_INTERVAL_NS
    while True:
        for factor in (1, 2, 5):
            if span_ns < step * factor * most:
                return step * factor
        step *= 10


def throughput_graph(trace: StreamTrace, side: int, interval_ns: int = 0) -> ThroughputGraph:
    """The bytes of ``side`` by interval; of 0 nanoseconds: `interval_for` the connection."""
    time_ns = np.maximum(trace.column("time_ns"), 0)
    last = int(time_ns.max(initial=0))
    interval_ns = interval_ns or interval_for(last)
    count = last // interval_ns + 1 if len(time_ns) else 0
    place = time_ns // interval_ns
    own = trace.column("from_server") == bool(side)
    sends = np.flatnonzero(own & (trace.column("length") > 0))
    acking, news = _newly_acked(trace, side)
    sent = _sums(place[sends], trace.column("length")[sends].astype(np.int64), count)
    acked = _sums(place[acking], news, count)
    counted = np.sort(np.concatenate((sends, acking)))
    frame = np.full(count, _NO_FRAME, np.uint32)
    frame[place[counted][::-1]] = trace.column("frame")[counted][::-1]
    return ThroughputGraph(side, interval_ns, np.arange(count, dtype=np.int64) * interval_ns, frame, sent, acked)


def _sums(places: I64, amounts: I64, count: int) -> I64:
    # Sums of doubles are exact up to 2**53 bytes.
    return np.bincount(places, weights=amounts, minlength=count).astype(np.int64)


def _newly_acked(trace: StreamTrace, side: int) -> tuple[I64, I64]:
    """Segments that acknowledge payload of ``side`` for the first time, and how many bytes each."""
    own, flags = trace.column("from_server") == bool(side), trace.column("flags")
    low, high = trace.column("low"), trace.column("high")
    # A bare ACK may have a number of an earlier connection of the same ports (a challenge ACK).
    numbered = own & ((flags & RST) == 0) & (high > low)
    if not numbered.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    # SYN and FIN take numbers, too, and are no payload.
    begin = int(low[numbered].min())
    if (numbered & ((flags & SYN) != 0) & (low == begin)).any():
        begin += 1
    end = int(high[numbered].max())
    if (numbered & ((flags & FIN) != 0) & (high == end)).any():
        end -= 1
    told = np.flatnonzero(~own & (trace.column("ack") != NOTHING))
    reached = np.maximum.accumulate(np.clip(trace.column("ack")[told], begin, max(begin, end)))
    news = np.diff(reached, prepend=begin)
    some = news > 0
    return told[some], news[some]
