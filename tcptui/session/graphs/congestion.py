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
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import FIN, RST, SYN
from tcptui.session.graphs.trace import SegmentKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U32
    from tcptui.session.graphs.flight import FlightGraph
    from tcptui.session.graphs.trace import StreamTrace

#: What an ACK lets go leaves within this time after it: a scheduler's delay at most.
AT_ONCE_NS: Final = 1_000_000
#: Before, the sender was silent for at least so many times as long: it did not merely send on.
WAITED_TIMES: Final = 4
#: Smallest segment size that every host takes (RFC 9293, 3.7.1: 536); smaller ones were not cut by it.
LEAST_SEGMENT: Final = 500
#: What stays the same while so many times as much is acknowledged is no congestion window.
LEVEL_WINDOWS: Final = 6


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
    size = _full_size(length[data])
    told = np.flatnonzero(~own & (trace.column("ack") != NOTHING))
    if size < LEAST_SEGMENT or len(data) < 2 or not len(told):
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
    before = told.searchsorted(last) - 1
    heard = told[np.maximum(before, 0)]
    # The newest edge, not the furthest: a window that has shrunk is the one that counts.
    room = trace.column("ack")[heard] + trace.column("window")[heard] - trace.column("high")[last]
    shown &= (before >= 0) & (room >= 2 * size) & ~_recovering(trace, own, told)[np.maximum(before, 0)]
    chosen = last[shown]
    at = flight.frame.searchsorted(trace.column("frame")[chosen])
    window = flight.without_sacked[np.minimum(at, len(flight.frame) - 1)]
    acked = trace.column("ack")[heard[shown]]
    some = (window > 0) & ~_level(window, acked, size)
    if not some.any():
        return _nothing(side, WhyUnknown.NEVER_SHOWN)
    chosen = chosen[some]
    return CongestionGraph(side, time_ns[chosen], trace.column("frame")[chosen], window[some])


def _full_size(lengths: NDArray[np.int32]) -> int:
    """The length that most segments have, of two as frequent ones the larger; 0 without segments."""
    counts = np.bincount(lengths)
    return len(counts) - 1 - int(counts[::-1].argmax()) if len(counts) else 0


def _recovering(trace: StreamTrace, own: NDArray[np.bool_], told: NDArray[np.intp]) -> NDArray[np.bool_]:
    """At which of the packets ``told`` the sender may count duplicate ACKs instead of SACK blocks.

    Then its window grows by a segment with each (RFC 5681, 3.2), and what has arrived is not known.
    """
    options, flags = trace.column("options"), trace.column("flags")
    offered = ((options & OptionBit.SACK_PERMITTED) != 0) & ((flags & SYN) != 0)
    if (offered & own).any() and (offered & ~own).any():
        return np.zeros(len(told), np.bool_)
    high = np.maximum.accumulate(np.where(own, trace.column("high"), NOTHING))[told]
    ack = np.maximum.accumulate(trace.column("ack")[told])
    repeats = np.diff(ack, prepend=NOTHING) == 0
    repeats &= (trace.column("length")[told] == 0) & (ack < high)
    until = np.maximum.accumulate(np.where(repeats, high, NOTHING))
    recovering: NDArray[np.bool_] = ack < until
    return recovering


def _level(window: I64, acked: I64, size: int) -> NDArray[np.bool_]:
    """Which of the estimates belong to a level that stays while `LEVEL_WINDOWS` of it are acknowledged.

    A congestion window that limits its sender grows by a segment in a round trip or two (RFC 9438, 4.3); what stays
    is a send buffer, a limit set by the program, or a rate.
    """
    level, begin = np.zeros(len(window), np.bool_), 0
    for at in range(1, len(window) + 1):
        if at < len(window) and abs(int(window[at] - window[begin])) <= size:
            continue
        if int(acked[at - 1] - acked[begin]) >= LEVEL_WINDOWS * int(window[begin]):
            level[begin:at] = True
        begin = at
    return level


def _nothing(side: int, why: WhyUnknown) -> CongestionGraph:
    none = np.zeros(0, np.int64)
    return CongestionGraph(side, none, np.zeros(0, np.uint32), none, why)
