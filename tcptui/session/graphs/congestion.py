"""The congestion window of one side, at the moments at which packets show it; elsewhere nothing is said of it.

No header has a sender's congestion window.  It shows where the sender stopped with data waiting that the receiver's
window had room for, and went on as soon as an acknowledgment came: then what was in flight without SACKed bytes is the
window, to within a segment (RFC 5681, 2; RFC 6675, 5).  That is only seen in a capture at the sender; elsewhere ACKs
and segments pass in another order than the sender met them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import SCALE_UNKNOWN
from tcptui.analysis.stream.unwrapped_seq import NOTHING
from tcptui.model.tcp_flags import FIN, RST, SYN
from tcptui.session.graphs.trace import SegmentKind

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64, U32
    from tcptui.session.graphs.flight import FlightGraph
    from tcptui.session.graphs.trace import StreamTrace

#: What an ACK lets go leaves within this time after it: a scheduler's delay at most.
AT_ONCE_NS: Final = 1_000_000
#: Before, the sender was silent for at least so many times as long: it did not merely send on.
WAITED_TIMES: Final = 4
#: Smallest segment size that every host takes (RFC 9293, 3.7.1: 536); smaller ones were not cut by it.
LEAST_SEGMENT: Final = 500


class WhyUnknown(Enum):
    """Why nothing is said of a congestion window; the value ends the catalogue's key."""

    NOT_AT_SENDER = "not-at-sender"
    NEVER_SHOWN = "never-shown"
    NO_WINDOW = "no-window"


@dataclass(frozen=True, slots=True)
class CongestionGraph:
    """Estimates of the congestion window of ``side``."""

    side: int
    time_ns: I64
    frame: U32
    """The last segment that the window let go."""
    window: I64
    """In bytes."""
    why_unknown: WhyUnknown | None = None
    """Why there is no estimate; None: there are some."""


def congestion_graph(trace: StreamTrace, flight: FlightGraph, *, at_sender: bool) -> CongestionGraph:
    """The estimates for the side of ``flight``; ``at_sender``: the capture was made at that side."""
    side = flight.side
    if not at_sender:
        return _nothing(side, WhyUnknown.NOT_AT_SENDER)
    if trace.scales[1 - side] == SCALE_UNKNOWN:
        return _nothing(side, WhyUnknown.NO_WINDOW)
    own = trace.column("from_server") == bool(side)
    flags, length, time_ns = trace.column("flags"), trace.column("length"), trace.column("time_ns")
    data = np.flatnonzero(own & (length > 0) & ((flags & (SYN | RST | FIN)) == 0))
    plain = trace.column("kind")[data] == SegmentKind.DATA
    size = int(length[data].min(initial=1 << 30, where=length[data] >= LEAST_SEGMENT))
    told = np.flatnonzero(~own & (trace.column("ack") != NOTHING))
    if len(data) < 2 or not len(told):
        return _nothing(side, WhyUnknown.NEVER_SHOWN)
    last, following = data[:-1], data[1:]
    place = told.searchsorted(following) - 1
    trigger = told[np.maximum(place, 0)]
    let_go = time_ns[following] - time_ns[trigger]
    waited = time_ns[trigger] - time_ns[last]
    shown = plain[:-1] & plain[1:] & (place >= 0) & (trigger > last)
    shown &= (let_go >= 0) & (let_go <= AT_ONCE_NS) & (waited >= WAITED_TIMES * let_go) & (waited > 0)
    # Full segments on both sides of the pause: neither Nagle nor a program without data made it.
    shown &= (length[last] >= size) & (length[following] >= size)
    edges = np.maximum.accumulate((trace.column("ack") + trace.column("window"))[told])
    before = told.searchsorted(last) - 1
    room = edges[np.maximum(before, 0)] - trace.column("high")[last]
    shown &= (before >= 0) & (room >= 2 * size)
    chosen = last[shown]
    at = flight.frame.searchsorted(trace.column("frame")[chosen])
    window = flight.without_sacked[np.minimum(at, len(flight.frame) - 1)]
    some = window > 0
    if not some.any():
        return _nothing(side, WhyUnknown.NEVER_SHOWN)
    chosen = chosen[some]
    return CongestionGraph(side, time_ns[chosen], trace.column("frame")[chosen], window[some])


def _nothing(side: int, why: WhyUnknown) -> CongestionGraph:
    none = np.zeros(0, np.int64)
    return CongestionGraph(side, none, np.zeros(0, np.uint32), none, why)
