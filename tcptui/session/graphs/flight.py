"""Bytes in flight of one side's data against the window that the other side allows.

Bytes in flight are counted in two ways, and both are kept.  Wireshark's (``tcp.analysis.bytes_in_flight``,
rules/tcp-analysis.md#5-order-of-the-checks) are those of the captured segments that are not acknowledged, less the
first three SACK blocks of the newest packet from the other side; after a gap it says nothing.  The other count has
everything between the highest number acknowledged and the highest one sent, less all that SACK ever reported there:
what congestion control goes by (RFC 6675, 2: FlightSize and the scoreboard).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.analysis.stream.table import SCALE_UNKNOWN
from tcptui.analysis.stream.unwrapped_seq import NOTHING
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import RST
from tcptui.session.graphs.trace import NO_VALUE, SegmentKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U32
    from tcptui.session.graphs.trace import StreamTrace


@dataclass(frozen=True, slots=True)
class FlightGraph:
    """Windows and bytes in flight of the data of ``side``, by packets of both sides."""

    side: int
    time_ns: I64
    frame: U32
    window: I64
    """What this packet of the other side advertises, scaled where the scale is known; `NO_VALUE` elsewhere."""
    in_flight: I64
    """Wireshark's count, after this packet of ``side``; `NO_VALUE` elsewhere."""
    without_sacked: I64
    """The same without what SACK reported, after packets of either side; `NO_VALUE` where it is not known."""
    window_known: bool
    """False: the handshake is not in the capture, so windows may have to be scaled."""


def flight_graph(trace: StreamTrace, side: int) -> FlightGraph:
    """The graph of what ``side`` sent."""
    own, flags = trace.column("from_server") == bool(side), trace.column("flags")
    in_flight = np.where(own, trace.column("in_flight"), NO_VALUE)
    window = np.where(~own & ((flags & RST) == 0), trace.column("window"), NO_VALUE)
    without = _without_sacked(trace, own)
    without[own & (trace.column("kind") == SegmentKind.ACK)] = NO_VALUE
    some = np.flatnonzero((in_flight >= 0) | (window >= 0) | (without >= 0))
    return FlightGraph(
        side, trace.column("time_ns")[some], trace.column("frame")[some], window[some], in_flight[some],
        without[some], trace.scales[1 - side] != SCALE_UNKNOWN,
    )  # fmt: skip


def _without_sacked(trace: StreamTrace, own: NDArray[np.bool_]) -> I64:
    """Highest number sent, less the highest acknowledged, less the bytes between that SACK has reported."""
    high, ack, flags = trace.column("high"), trace.column("ack"), trace.column("flags")
    count = trace.count
    if not count:
        return np.zeros(0, np.int64)
    numbered = own & ((flags & RST) == 0) & (high > trace.column("low"))
    sent = np.maximum.accumulate(np.where(numbered, high, NOTHING))
    acked = np.maximum.accumulate(np.where(~own, ack, NOTHING))
    begun = np.flatnonzero(sent != NOTHING)
    if not len(begun):
        return np.full(count, NO_VALUE, np.int64)
    # Until something is acknowledged, all that was seen is in flight.
    first = int(trace.column("low")[numbered][0])
    outstanding = np.maximum(sent - np.maximum(acked, first), 0)
    outstanding -= _sacked(trace, own, np.maximum(acked, first))
    outstanding[: begun[0]] = NO_VALUE
    known: I64 = np.maximum(outstanding, NO_VALUE)
    return known


def _sacked(trace: StreamTrace, own: NDArray[np.bool_], acked: I64) -> I64:
    """Bytes above the cumulative ACK that SACK has reported, after each segment."""
    sacked = np.zeros(trace.count, np.int64)
    low, high = trace.column("sack_low"), trace.column("sack_high")
    reports = np.flatnonzero(~own & (low != NOTHING) & ((trace.column("options") & OptionBit.DSACK) == 0))
    told = np.flatnonzero(~own)
    board = Scoreboard()
    for place, report in enumerate(reports.tolist()):
        board.add(int(low[report]), int(high[report]))
        until = int(reports[place + 1]) if place + 1 < len(reports) else trace.count
        steps = told[told.searchsorted(report) : told.searchsorted(until)]
        # The amount changes with the ACK only: what lies between two changes is filled at once.
        levels = acked[steps]
        changes = np.flatnonzero(np.diff(levels, prepend=levels[:1] - 1))
        for at, step in enumerate(changes.tolist()):
            amount = board.above(int(levels[step]))
            end = int(steps[changes[at + 1]]) if at + 1 < len(changes) else until
            sacked[int(steps[step]) : end] = amount
            if not amount:
                break
    return sacked


class Scoreboard:
    """Blocks that SACK has reported (RFC 6675, 3), apart from each other and ascending."""

    def __init__(self) -> None:
        self._low: list[int] = []
        self._high: list[int] = []

    def add(self, low: int, high: int) -> None:
        """Report the numbers from ``low`` to before ``high``."""
        if high <= low:
            return
        first, last = bisect_left(self._high, low), bisect_right(self._low, high)
        if first < last:
            low, high = min(low, self._low[first]), max(high, self._high[last - 1])
        self._low[first:last], self._high[first:last] = [low], [high]

    def above(self, acknowledged: int) -> int:
        """Bytes reported above ``acknowledged``, below which everything has arrived and is forgotten."""
        done = bisect_right(self._high, acknowledged)
        del self._low[:done], self._high[:done]
        if self._low and self._low[0] < acknowledged:
            self._low[0] = acknowledged
        return sum(self._high) - sum(self._low)
