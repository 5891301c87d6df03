"""What one segment's explanation quotes: its numbers, and the few packets around it that matter.

Works on the columns and on the links to earlier packets of the stream, a bounded number
of steps back, so that a key press costs the same in a stream of ten packets or of millions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.analysis.cause import SUSPICIOUS, Resend, resends
from tcptui.analysis.stream_table import NO_BASE
from tcptui.explain.reading import SIDES, ahead
from tcptui.explain.signs import ACK, FIN, RST, SYN
from tcptui.model.cause import Cause
from tcptui.model.finding import Fact
from tcptui.model.packet_store import OptionBit, RowKind
from tcptui.model.seq import SEQ_MASK

if TYPE_CHECKING:
    from tcptui.explain.narrative import Source

#: How many packets back the context of a packet is looked for.
REACH: Final = 512
#: In longer streams a resend is explained without its first copy: finding that would read the whole stream.
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
        """The number after the last byte, SYN and FIN counted."""
        return (self.seq + self.length + bool(self.flags & SYN) + bool(self.flags & FIN)) & SEQ_MASK


@dataclass(frozen=True, slots=True)
class Context:
    """A segment and what came before it; None where nothing was found within reach."""

    segment: Segment
    own_previous: Segment | None
    peer_previous: Segment | None
    own_highest: int | None
    """Highest number its sender had sent before."""
    peer_highest: int | None
    packets_before: bool
    """Whether any segment of the stream came before it."""
    resend: Resend | None
    original: Segment | None
    """The earlier copy of a segment that came again."""
    detailed: bool
    """Whether earlier copies were looked for."""


def read_segment(source: Source, row: int) -> Segment:
    """The segment in ``row`` with numbers relative to its stream."""
    store, streams = source.store, source.streams
    stream = int(store.stream[row])
    client_is_b = int(streams.client_is_b[stream])
    from_b = int(store.from_b[row])
    side = int(from_b != client_is_b)
    bases = (int(streams.base_a[stream]), int(streams.base_b[stream]))
    own, peer = (0 if base == NO_BASE else base for base in (bases[from_b], bases[1 - from_b]))
    scale = int((streams.scale_a, streams.scale_b)[from_b][stream])
    flags = int(store.flags[row])
    return Segment(
        row=row,
        side=side,
        flags=flags,
        seq=(int(store.seq[row]) - own) & SEQ_MASK,
        ack=(int(store.ack[row]) - peer) & SEQ_MASK,
        length=max(0, int(store.length[row])),
        window=int(store.window[row]) << (max(scale, 0) if not flags & SYN else 0),
        time_ns=int(store.time_ns[row]),
        frame=int(store.frame[row]),
    )


def read_context(source: Source, row: int) -> Context:
    """The segment in ``row`` and its surroundings."""
    store = source.store
    segment = read_segment(source, row)
    previous: list[Segment | None] = [None, None]
    highest: list[int | None] = [None, None]
    earlier, steps = int(store.previous[row]), 0
    seen = False
    while earlier >= 0 and steps < REACH:
        if store.kind[earlier] == RowKind.TCP:
            seen = True
            other = read_segment(source, earlier)
            if previous[other.side] is None:
                previous[other.side] = other
            best = highest[other.side]
            if not other.flags & RST and (best is None or ahead(other.end, best) > 0):
                highest[other.side] = other.end
        earlier, steps = int(store.previous[earlier]), steps + 1
    resend, original, detailed = _resend(source, row)
    return Context(
        segment,
        previous[segment.side],
        previous[1 - segment.side],
        highest[segment.side],
        highest[1 - segment.side],
        seen,
        resend,
        original,
        detailed,
    )


def _resend(source: Source, row: int) -> tuple[Resend | None, Segment | None, bool]:
    """What was judged about a suspicious segment, its earlier copy, and whether that was looked for."""
    store = source.store
    if not int(store.verdict[row]) & SUSPICIOUS:
        return None, None, True
    stream = int(store.stream[row])
    if int(source.streams.packets[stream]) > DETAILED_SEGMENTS:
        cause = Cause(int(store.cause[row])) or Cause.UNKNOWN
        return Resend(0, cause), None, False
    view = source.view(stream)
    rows = view.rows
    found = next((resend for resend in resends(view) if int(rows[resend.index]) == row), None)
    if found is None:
        return None, None, True
    original = read_segment(source, int(rows[found.previous])) if found.previous >= 0 else None
    return found, original, True


def segment_facts(source: Source, context: Context) -> dict[str, Fact]:
    """Everything the sentences about a segment may quote."""
    store, segment = source.store, context.segment
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
        "irtt_s": int(source.streams.irtt_ns[stream]) / 1e9,
        "waited_s": resend.waited_ns / 1e9 if resend else 0.0,
        "duplicate_acks": resend.duplicate_acks if resend else 0,
        "since_s": (segment.time_ns - original.time_ns) / 1e9 if original else 0.0,
        "original_frame": original.frame if original else 0,
        "idle_s": (segment.time_ns - max(p.time_ns for p in (own, peer) if p)) / 1e9 if own or peer else 0.0,
        "old_window_bytes": own.window if own else 0,
        "peer_window_bytes": peer.window if peer else 0,
        "peer_frame": peer.frame if peer else 0,
        "new_bytes": max(0, ahead(segment.ack, own.ack)) if own and own.flags & ACK and segment.flags & ACK else 0,
        "missing_bytes": 0,
        "missing_first_seq": 0,
        "missing_last_seq": 0,
        "mss": int(store.mss[row]),
        "window_scale": 1 << min(int(store.window_scale[row]), 14),
    }
    if context.own_highest is not None and ahead(segment.seq, context.own_highest) > 0:
        _missing(facts, context.own_highest, segment.seq)
    elif context.peer_highest is not None and segment.flags & ACK and ahead(segment.ack, context.peer_highest) > 0:
        _missing(facts, context.peer_highest, segment.ack)
    return facts


def _missing(facts: dict[str, Fact], start: int, end: int) -> None:
    facts["missing_first_seq"] = start
    facts["missing_last_seq"] = (end - 1) & SEQ_MASK
    facts["missing_bytes"] = (end - start) & SEQ_MASK


def option_names(source: Source, row: int) -> tuple[tuple[str, int], ...]:
    """Options worth naming, as (key, value)."""
    store = source.store
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
