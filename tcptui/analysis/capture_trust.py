"""How far a capture can be trusted: its quality, and how many connections it shows only in part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.renumbered import renumbered
from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.resend.two_places import SEEN_AGAIN, two_places
from tcptui.analysis.stream.table import StreamMark
from tcptui.analysis.stream.unwrapped_seq import NOTHING, sequence_space
from tcptui.analysis.stream.view import view_streams
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.capture_point import CapturePlace
    from tcptui.analysis.capture_quality import CaptureQuality
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I32, PacketStore

#: Up to this many connections with ACKs of what was not captured are looked at one by one; of more, most are right.
EXAMINED: Final = 4_096
#: Rows per chunk.
_PIECE: Final = 1 << 18
_SYN: Final = StreamMark.SYN_A | StreamMark.SYN_B
_SENT_A: Final = StreamMark.SYN_A | StreamMark.FIN_A | StreamMark.RST_A | StreamMark.DATA_A
_SENT_B: Final = StreamMark.SYN_B | StreamMark.FIN_B | StreamMark.RST_B | StreamMark.DATA_B


@dataclass(frozen=True, slots=True)
class CaptureTrust:
    """Grounds for doubting a capture as a whole."""

    quality: CaptureQuality
    one_sided: int
    """Connections of which only one direction was captured, although the other end sent something."""
    mid_stream: int
    """Connections of which packets were captured, and no SYN among them; not those that only an ICMP error quotes."""
    gaps: int
    """Connections with ACKs of data that was not captured."""
    place: CapturePlace
    """Where the capture was made."""
    conflicts: int = 0
    """Connections of which two versions of the same bytes were captured, as their findings say."""
    twice: int = 0
    """Connections that were recorded at two places, or at two interfaces of one."""


def capture_trust(
    store: PacketStore, streams: StreamTable, quality: CaptureQuality, place: CapturePlace
) -> CaptureTrust:
    """The trust in a capture, or in what has been read of it so far."""
    rows = slice(store.first, store.count)  # before the streams, which may be ahead of them
    listed = streams.listed()
    marks = streams.marks[listed]
    return CaptureTrust(
        quality=quality,
        one_sided=_one_sided(store, streams, rows, listed),
        mid_stream=int(np.count_nonzero(((marks & np.uint32(_SYN)) == 0) & (streams.packets[listed] > 0))),
        gaps=_gaps(store, streams, listed),
        place=place,
        twice=_twice(store, streams, listed),
    )


def _twice(store: PacketStore, streams: StreamTable, listed: I32) -> int:
    """How many of ``listed`` have nearly each packet twice; of very many that may, by a share that is looked at."""
    again = (streams.verdicts[listed] & np.uint32(SUSPICIOUS)) != 0
    again &= streams.troubled[listed].astype(np.int64) * SEEN_AGAIN >= streams.packets[listed]
    chosen = listed[again & (streams.evicted[listed] == 0)]
    step = -(-len(chosen) // EXAMINED) or 1
    views = view_streams(store, streams, chosen[::step].astype(np.int64))
    found = sum(two_places(view) is not None for view in views)
    return min(found * step, len(chosen))


def _gaps(store: PacketStore, streams: StreamTable, listed: I32) -> int:
    """How many of ``listed`` have ACKs of data that passed elsewhere.

    Verdicts say so of bytes that are padding, that the file cut off without saying so, and of a second numbering, too.
    """
    acknowledged = streams.verdicts[listed] & np.uint32(Verdict.ACK_LOST_SEGMENT)
    # The ACK that challenges a SYN acknowledges data of an older connection (RFC 5961, 4).
    challenged = streams.marks[listed] & np.uint32(StreamMark.SYN_CHALLENGED)
    chosen = listed[(acknowledged != 0) & (challenged == 0)]
    if len(chosen) > EXAMINED:
        return len(chosen)
    evicted = streams.evicted[chosen] > 0  # what is left may look otherwise
    views = view_streams(store, streams, chosen[~evicted].astype(np.int64))
    return int(np.count_nonzero(evicted)) + sum(map(_acknowledges_unseen, views))


def _acknowledges_unseen(view: StreamView) -> bool:
    """Whether a segment begins behind what its end had sent here, or an ACK counts more than that; in one numbering."""
    space = sequence_space(view)
    for side in (0, 1):
        heard, sent = space.acknowledged[side][:], space.sent[side][:]
        own = np.flatnonzero((view.from_server == bool(side)) & ((view.flags & TcpFlag.RST) == 0))[1:]
        if bool((heard > np.maximum(sent, NOTHING)).any()) or bool((space.seq[own] > sent[own - 1]).any()):
            return renumbered(view) is None
    return False


def _one_sided(store: PacketStore, streams: StreamTable, rows: slice, listed: I32) -> int:
    """How many of ``listed`` have segments of one end only, one of which acknowledges something of the other.

    Connections that have lost rows by eviction are left out: the other end's may have been among them.  So are sockets
    that are connected to themselves.
    """
    marks = streams.marks[listed]
    both = ((marks & np.uint32(_SENT_A)) != 0) & ((marks & np.uint32(_SENT_B)) != 0)
    asked = listed[~both & (streams.evicted[listed] == 0)]
    asked = asked[~streams.flows.are_with_themselves(streams.flow[asked])]
    if not len(asked):
        return 0
    from_a, from_b, acknowledges = (np.zeros(int(asked[-1]) + 1, np.bool_) for _ in range(3))
    for begin in range(rows.start, rows.stop, _PIECE):
        piece = slice(begin, min(begin + _PIECE, rows.stop))
        is_tcp = (store.kind[piece] == RowKind.TCP) & (store.stream[piece] <= asked[-1])
        stream: I32 = store.stream[piece][is_tcp]
        by_b: NDArray[np.bool_] = store.from_b[piece][is_tcp] != 0
        flags = store.flags[piece][is_tcp]
        from_a[stream[~by_b]] = True
        from_b[stream[by_b]] = True
        # An RST, with which a lone SYN may be answered, proves nothing.
        acknowledges[stream[((flags & TcpFlag.ACK) != 0) & ((flags & TcpFlag.RST) == 0)]] = True
    return int(np.count_nonzero((from_a[asked] ^ from_b[asked]) & acknowledges[asked]))
