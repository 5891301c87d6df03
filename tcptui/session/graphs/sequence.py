"""The time-sequence graph of one side's data: what it sent, and what the other side said of it.

Geometry as in tcptrace (its manual, "Time Sequence Graphs"): a segment stands from its first number to behind its
last, the ACK line below, the right edge of the window above.  What a segment is, and why it was sent again, is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.analysis.stream.table import SCALE_UNKNOWN
from tcptui.analysis.stream.unwrapped_seq import NOTHING
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import RST, SYN
from tcptui.model.verdict import Verdict
from tcptui.session.graphs.trace import SegmentKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8, U32
    from tcptui.session.graphs.trace import StreamTrace


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments of one side that have a place in the graph; bare ACKs have none."""

    time_ns: I64
    frame: U32
    low: I64
    high: I64
    """Behind its last number; equal to ``low`` for a keep-alive without a byte, and for a RST."""
    kind: U8
    """`SegmentKind`."""
    cause: U8
    """`ResendCause`."""


@dataclass(frozen=True, slots=True)
class Acks:
    """The acknowledgments of the other side."""

    time_ns: I64
    frame: U32
    ack: I64
    edge: I64
    """Right edge of the window: ``ack`` and the window that the same packet advertised."""
    zero: NDArray[np.bool_]
    """It advertised a window of zero."""
    duplicate: NDArray[np.bool_]
    """It repeats an acknowledgment (Wireshark's duplicate ACK)."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks of numbers, each with the packet that tells of it."""

    time_ns: I64
    frame: U32
    low: I64
    high: I64


@dataclass(frozen=True, slots=True)
class SequenceGraph:
    """The time-sequence graph of the data of ``side``."""

    side: int
    segments: Segments
    acks: Acks
    sack: Blocks
    """The first SACK block of each ACK, which is the newest (RFC 2018, 4)."""
    dsack: Blocks
    """What was received twice (RFC 2883)."""
    gaps: Blocks
    """Numbers that were acknowledged and in no packet of the capture; each at the first packet behind them."""
    edge_known: bool
    """False: the handshake is not in the capture, so windows may have to be scaled, and `Acks.edge` is too low."""


def sequence_graph(trace: StreamTrace, side: int) -> SequenceGraph:
    """The graph of what ``side`` sent."""
    own = trace.column("from_server") == bool(side)
    kind, flags = trace.column("kind"), trace.column("flags")
    sent = np.flatnonzero(own & (kind != SegmentKind.ACK))
    told = np.flatnonzero(~own & (trace.column("ack") != NOTHING))
    blocks = told[trace.column("sack_low")[told] != NOTHING]
    twice = (trace.column("options")[blocks] & OptionBit.DSACK) != 0
    time_ns, frame = trace.column("time_ns"), trace.column("frame")
    ack, window, verdict = (trace.column(name)[told] for name in ("ack", "window", "verdict"))
    segments = Segments(
        time_ns[sent], frame[sent], trace.column("low")[sent], trace.column("high")[sent], kind[sent],
        trace.column("cause")[sent],
    )  # fmt: skip
    acks = Acks(
        time_ns[told], frame[told], ack, ack + window,
        (window == 0) & ((flags[told] & (RST | SYN)) == 0), (verdict & Verdict.DUPLICATE_ACK) != 0,
    )  # fmt: skip

    def reported(which: NDArray[np.int64]) -> Blocks:
        return Blocks(time_ns[which], frame[which], trace.column("sack_low")[which], trace.column("sack_high")[which])

    return SequenceGraph(
        side, segments, acks, reported(blocks[~twice]), reported(blocks[twice]),
        _gaps(segments, acks), trace.scales[1 - side] != SCALE_UNKNOWN,
    )  # fmt: skip


def _no_blocks() -> Blocks:
    none = np.zeros(0, np.int64)
    return Blocks(none, np.zeros(0, np.uint32), none, none)


def _gaps(segments: Segments, acks: Acks) -> Blocks:
    """The acknowledged numbers between the first and the last captured one that no segment has."""
    takes = segments.high > segments.low
    low, high = segments.low[takes], segments.high[takes]
    if not len(low) or not len(acks.ack) or not (low[1:] > np.maximum.accumulate(high)[:-1]).any():
        return _no_blocks()
    order = np.argsort(low, kind="stable")
    covered = np.maximum.accumulate(high[order])
    begin, end = covered[:-1], low[order][1:]
    end = np.minimum(end, int(acks.ack.max()))
    holes = end > begin
    begin, end = begin[holes], end[holes]
    reached = np.maximum.accumulate(high)
    # The first segment that goes beyond the hole: that it came without those before it shows the hole.
    at = reached.searchsorted(end, side="right")
    at = np.minimum(at, len(reached) - 1)
    return Blocks(segments.time_ns[takes][at], segments.frame[takes][at], begin, end)
