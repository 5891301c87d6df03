"""The facts that one segment's explanation quotes: its numbers, and the few earlier packets that matter for it.

Reads the columns and follows the links to earlier packets of the stream, a bounded number
of steps back, so that a key press costs the same in a stream of ten packets or of millions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.open_capture import view_of
from tcptui.analysis.resend.classify import resends
from tcptui.analysis.resend.resend import SUSPICIOUS, Resend
from tcptui.analysis.stream.table import NO_BASE, SCALE_UNKNOWN
from tcptui.findings.facts import SIDES
from tcptui.model.finding import Fact
from tcptui.model.packet_store import DecodeIssue, OptionBit, RowKind, RowMark
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import SEQ_MASK, ahead
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture

#: Largest window in bytes (RFC 7323, 2.3); an acknowledgment number that moved further is relative to another base.
LARGEST_WINDOW: Final = 1 << 30
#: Earlier packets of the stream that are searched for the context of a packet.
REACH: Final = 512
#: `DecodeIssue` of rows whose payload length stands in the view of their stream alone.
_COUNTED_BY_VIEW: Final = int(DecodeIssue.ZERO_FILLED | DecodeIssue.LENGTH_FORGOTTEN)
_TCP: Final = int(RowKind.TCP)
#: In streams with more packets a resend is explained without its earlier copy: finding that reads the whole stream.
DETAILED_SEGMENTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment with relative numbers; ``side`` is 0 for the client, 1 for the server."""

    row: int
    side: int
    flags: int
    seq: int
    ack: int
    length: int
    window: int
    time_ns: int
    frame: int

    @property
    def end(self) -> int:
        """The sequence number after the segment, SYN and FIN counted."""
        return (self.seq + self.length + bool(self.flags & SYN) + bool(self.flags & FIN)) & SEQ_MASK


@dataclass(frozen=True, slots=True)
class PacketContext:
    """A segment and what came before it; None where nothing was found within `REACH`."""

    segment: Segment
    own_previous: Segment | None
    """The sender's last segment before it."""
    peer_previous: Segment | None
    """The peer's last segment before it."""
    own_highest: int | None
    """Highest sequence number that its sender had sent before (the end of a segment; relative)."""
    peer_highest: int | None
    """The same of the peer."""
    peer_fin: Segment | None
    """The peer's newest FIN."""
    asked: Segment | None
    """Of a RST: the peer's newest segment whose acknowledgment number is the RST's sequence number."""
    resend: Resend | None
    original: Segment | None
    """The earlier copy of a resent segment."""
    detailed: bool
    """Whether earlier copies were searched for."""
    other_hop: bool
    """Whether the earlier copy arrived with another TTL: it was captured at another place of the path."""
    scaled: bool
    """Whether the window is in bytes: the window scale is known, or it is a SYN, which is never scaled."""


def read_segment(capture: OpenCapture, row: int, rebased: Rebased = ()) -> Segment:
    """The segment in ``row`` with relative numbers; ``rebased`` is `rebased_at` of its stream."""
    return read_segments(capture, [row], rebased)[0]


def read_segments(capture: OpenCapture, rows: Sequence[int], rebased: Rebased = ()) -> list[Segment]:
    """The segments in ``rows`` of one stream; ``rebased`` is `rebased_at` of it."""
    store, streams = capture.store, capture.streams
    at = np.array(rows, np.int64)
    stream = int(store.stream[rows[0]])
    from_b = store.from_b[at].astype(np.int64)
    bases = np.empty((2, len(at)), np.int64)
    bases[0], bases[1] = streams.base_a[stream], streams.base_b[stream]
    for since, of_b, number in rebased:
        bases[of_b, at >= since] = number
    bases[bases == NO_BASE] = 0
    each = np.arange(len(at))
    flags = store.flags[at].astype(np.int64)
    scale = np.array([max(int(streams.scale_a[stream]), 0), max(int(streams.scale_b[stream]), 0)])
    shift = np.where(flags & SYN, 0, scale[from_b])
    columns = (
        from_b != int(streams.client_is_b[stream]),
        flags,
        (store.seq[at].astype(np.int64) - bases[from_b, each]) & SEQ_MASK,
        (store.ack[at].astype(np.int64) - bases[1 - from_b, each]) & SEQ_MASK,
        _lengths(capture, at),
        store.window[at].astype(np.int64) << shift,
        store.time_ns[at],
        store.frame[at],
    )
    side, *others = (column.tolist() for column in columns)
    return [Segment(row, int(of_server), *values) for row, of_server, *values in zip(rows, side, *others, strict=True)]


def _lengths(capture: OpenCapture, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Payload bytes as findings count them: padding left out, and what the file cut off without saying so included."""
    store = capture.store
    lengths = np.maximum(store.length[at].astype(np.int64), 0)
    counted = (store.issues[at] & _COUNTED_BY_VIEW) != 0
    if counted.any():
        view = view_of(capture, int(store.stream[at[0]]))
        wanted = np.flatnonzero(counted)
        places = view.rows.searchsorted(at[wanted])
        is_there = places < len(view)
        is_there[is_there] = view.rows[places[is_there]] == at[wanted[is_there]]
        lengths[wanted[is_there]] = view.length[places[is_there]]
    return lengths


#: Changes of base: (row of a SYN-ACK, endpoint (1: *b*), its new base).  From that row on, relative sequence numbers of
#: that endpoint count from the new base.
Rebased = Sequence[tuple[int, int, int]]


def rebased_at(capture: OpenCapture, stream: int) -> Rebased:
    """The changes of base in ``stream``, as in `StreamTable.bases`; nearly always empty."""
    store = capture.store
    if not int(capture.streams.verdicts[stream]) & Verdict.REUSED_PORTS:
        return ()
    view = view_of(capture, stream)
    rows = view.rows[(view.flags & (SYN | ACK)) == SYN | ACK]
    if not (store.marks[rows] & RowMark.REBASED).any():
        return ()
    return [(row, int(store.from_b[row]), int(store.seq[row])) for row in rows.tolist()]


def read_context(capture: OpenCapture, row: int) -> PacketContext:
    """The segment in ``row`` and its surroundings."""
    store = capture.store
    stream = int(store.stream[row])
    rebased = rebased_at(capture, stream)
    segment = read_segment(capture, row, rebased)
    previous: list[Segment | None] = [None, None]
    highest: list[int | None] = [None, None]
    peer_fin: Segment | None = None
    asked: Segment | None = None
    for other in _segments_before(capture, row, rebased):
        if previous[other.side] is None:
            previous[other.side] = other
        best = highest[other.side]
        if not other.flags & RST and (best is None or ahead(other.end, best) > 0):
            highest[other.side] = other.end
        if other.side != segment.side:
            if peer_fin is None and other.flags & FIN:
                peer_fin = other
            if asked is None and other.flags & ACK and other.ack == segment.seq:
                asked = other
    resend, original, detailed = _resend(capture, row)
    scale = (capture.streams.scale_a, capture.streams.scale_b)[int(store.from_b[row])][stream]
    return PacketContext(
        segment,
        previous[segment.side],
        previous[1 - segment.side],
        highest[segment.side],
        highest[1 - segment.side],
        peer_fin,
        asked if segment.flags & RST else None,
        resend,
        original,
        detailed,
        original is not None and int(store.ttl[original.row]) != int(store.ttl[row]),
        scale != SCALE_UNKNOWN or bool(segment.flags & SYN),
    )


def _segments_before(capture: OpenCapture, row: int, rebased: Rebased) -> list[Segment]:
    """The TCP segments of the stream among the `REACH` packets before ``row``, newest first."""
    store, rows = capture.store, list[int]()
    earlier = int(store.previous[row])
    for _ in range(REACH):
        if earlier < 0:
            break
        if store.kind[earlier] == _TCP:
            rows.append(earlier)
        earlier = int(store.previous[earlier])
    return read_segments(capture, rows, rebased) if rows else []


def _resend(capture: OpenCapture, row: int) -> tuple[Resend | None, Segment | None, bool]:
    """The classification of a suspicious segment, its earlier copy, and whether that was searched for."""
    store = capture.store
    if not int(store.verdict[row]) & SUSPICIOUS:
        return None, None, True
    stream = int(store.stream[row])
    if int(capture.streams.packets[stream]) > DETAILED_SEGMENTS:
        cause = ResendCause(int(store.cause[row])) or ResendCause.UNKNOWN
        return Resend(0, cause), None, False
    view = view_of(capture, stream)
    rows = view.rows
    found = next((resend for resend in resends(view) if int(rows[resend.index]) == row), None)
    if found is None:
        return None, None, True
    original = read_segment(capture, int(rows[found.previous])) if found.previous >= 0 else None
    return found, original, True


def segment_facts(capture: OpenCapture, context: PacketContext) -> dict[str, Fact]:
    """All facts that the sentences about a segment may quote, by placeholder name; times in seconds."""
    store, segment = capture.store, context.segment
    row = segment.row
    stream = int(store.stream[row])
    refers, acked = int(store.refers_to[row]), int(store.acked[row])
    resend, original = context.resend, context.original
    own, peer = context.own_previous, context.peer_previous
    facts: dict[str, Fact] = {
        "sender": SIDES[segment.side],
        "other": SIDES[1 - segment.side],
        "this_frame": segment.frame,
        "first_seq": segment.seq,
        "last_seq": (segment.seq + max(0, segment.length - 1)) & SEQ_MASK,
        "next_seq": segment.end,
        "ack_seq": segment.ack,
        "bytes": segment.length,
        "window_bytes": segment.window,
        "raw_seq": int(store.seq[row]),
        "in_flight": int(store.bytes_in_flight[row]),
        "duplicate": int(store.dup_ack_number[row]),
        "refers_frame": int(store.frame[refers]) if refers >= 0 else 0,
        "acked_frame": int(store.frame[acked]) if acked >= 0 else 0,
        "ack_rtt_s": (segment.time_ns - int(store.time_ns[acked])) / 1e9 if acked >= 0 else 0.0,
        "irtt_s": int(capture.streams.irtt_ns[stream]) / 1e9,
        "waited_s": resend.waited_ns / 1e9 if resend else 0.0,
        "duplicate_acks": resend.duplicate_acks if resend else 0,
        "since_s": (segment.time_ns - original.time_ns) / 1e9 if original else 0.0,
        "original_frame": original.frame if original else 0,
        "idle_s": (segment.time_ns - max(p.time_ns for p in (own, peer) if p)) / 1e9 if own or peer else 0.0,
        "old_window_bytes": own.window if own else 0,
        "peer_window_bytes": peer.window if peer else 0,
        "peer_frame": peer.frame if peer else 0,
        "new_bytes": max(0, newly_acknowledged(context) - acknowledges_fin(context)),
        "syn_s": (segment.time_ns - peer.time_ns) / 1e9 if peer else 0.0,
        "asked_frame": context.asked.frame if context.asked else 0,
        "missing_bytes": 0,
        "missing_first_seq": 0,
        "missing_last_seq": 0,
    }
    if segment.flags & SYN:
        facts["syn"] = "syn-ack" if segment.flags & ACK else "syn"
    if context.own_highest is not None and ahead(segment.seq, context.own_highest) > 0:
        _missing(facts, context.own_highest, segment.seq)
    elif context.peer_highest is not None and segment.flags & ACK and ahead(segment.ack, context.peer_highest) > 0:
        _missing(facts, context.peer_highest, segment.ack)
    return facts


def newly_acknowledged(context: PacketContext) -> int:
    """How far the acknowledgment number moved since its sender's last segment; negative when back, 0 when unknown."""
    segment, own = context.segment, context.own_previous
    if own is None or not own.flags & segment.flags & ACK or own.flags & RST:
        return 0
    moved = ahead(segment.ack, own.ack)
    return moved if abs(moved) < LARGEST_WINDOW else 0


def acknowledges_fin(context: PacketContext) -> bool:
    """Whether this segment is the first of its sender to acknowledge the peer's FIN."""
    fin = context.peer_fin
    return fin is not None and fin.end == context.segment.ack and newly_acknowledged(context) > 0


def _missing(facts: dict[str, Fact], start: int, end: int) -> None:
    facts["missing_first_seq"] = start
    facts["missing_last_seq"] = (end - 1) & SEQ_MASK
    facts["missing_bytes"] = (end - start) & SEQ_MASK


def option_names(capture: OpenCapture, row: int) -> tuple[tuple[str, int], ...]:
    """The TCP options that are mentioned, as (end of a catalogue key, value); 0 for those without a value."""
    store = capture.store
    options = int(store.options[row])
    named: list[tuple[str, int]] = []
    if options & OptionBit.MSS:
        named.append(("mss", int(store.mss[row])))
    if options & OptionBit.WINDOW_SCALE:
        named.append(("window-scale", 1 << min(int(store.window_scale[row]), 14)))
    for bit, key in (
        (OptionBit.SACK_PERMITTED, "sack"),
        (OptionBit.TIMESTAMPS, "timestamps"),
        (OptionBit.FAST_OPEN, "fast-open"),
    ):
        if options & bit:
            named.append((key, 0))
    return tuple(named)
