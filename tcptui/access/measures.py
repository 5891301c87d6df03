"""The numbers that reports show of each connection, computed for many at a time.

Rows are processed in chunks, so that a report needs no second copy of a capture's columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.model.arrays import indexes_of, sorted_within
from tcptui.model.packet_store import RowKind
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, I64, U8, PacketStore


class Spread(NamedTuple):
    """Minimum, median and maximum of some times, in nanoseconds."""

    minimum_ns: int
    median_ns: int
    maximum_ns: int


class Measures(NamedTuple):
    """The numbers of one stream; counts are of segments, times in nanoseconds."""

    stream: int
    client_is_b: bool
    """Whether the client is endpoint *b* of the flow."""
    client_host: str
    client_port: int
    server_host: str
    server_port: int
    last_row: int
    """The row of its last segment; -1 without one."""
    packets: int
    wire_bytes: int
    start_ns: int
    duration_ns: int
    """From its first frame to its last segment; 0 where the capture's clock went back."""
    irtt_ns: int
    """Initial round-trip time; 0 when not known."""
    client_packets: int
    client_payload: int
    server_packets: int
    server_payload: int
    resent: int
    out_of_order: int
    duplicate_acks: int
    zero_windows: int
    missed: int
    """Segments after a gap, and ACKs of data that was not captured."""
    round_trips: int
    """How many ACK round trips were measured, of both ends; without any the next three are 0."""
    rtt_minimum_ns: int
    rtt_median_ns: int
    rtt_maximum_ns: int
    closed_by: int
    """1: the client sent the first FIN or RST; 2: the server; 0: nobody."""
    quiet_ns: int
    """How long no message had come by then; 0 as well where nobody did."""

    @property
    def ack_rtt(self) -> Spread | None:
        """The spread of the ACK round trips of both ends; None without any."""
        times = self.rtt_minimum_ns, self.rtt_median_ns, self.rtt_maximum_ns
        return Spread(*times) if self.round_trips else None


def measured(store: PacketStore, streams: StreamTable, tally: Tally, chosen: I64) -> dict[str, list[Any]]:
    """The fields of `Measures` as columns: lists with an entry for each of the streams ``chosen``."""
    at = chosen - tally.first
    is_b = streams.client_is_b[chosen] != 0
    client, server = streams.clients_and_servers(chosen)
    last, packets, from_b = tally.last[at], streams.packets[chosen], tally.from_b[at]
    from_a, payload_a, payload_b = packets - from_b, streams.payload_a[chosen], streams.payload_b[chosen]
    began = store.time_ns[streams.first_row[chosen]]
    elapsed = np.maximum(store.time_ns[np.maximum(last, 0)] - began, 0)
    columns: list[NDArray[np.generic]] = [
        chosen,
        is_b,
        *client,
        *server,
        last,
        packets,
        streams.wire_bytes[chosen],
        began,
        np.where(last >= 0, elapsed, 0),
        streams.irtt_ns[chosen],
        np.where(is_b, from_b, from_a),
        np.where(is_b, payload_b, payload_a),
        np.where(is_b, from_a, from_b),
        np.where(is_b, payload_a, payload_b),
        tally.resent[at],
        tally.disordered[at],
        tally.duplicate[at],
        tally.stalled[at],
        tally.missed[at],
        *_spreads(tally, at),
        streams.closers(chosen),
        streams.quiet_ns[chosen],
    ]
    return dict(zip(Measures._fields, (column.tolist() for column in columns), strict=True))


def last_states(store: PacketStore, streams: StreamTable, tally: Tally, chosen: I64) -> tuple[U8, U8]:
    """Values of the state columns of the clients and servers of ``chosen`` after the last segment.

    Call it after the streams were judged, because that may correct their states.
    """
    last = tally.last[chosen - tally.first]
    # A stream that only an ICMP error quotes has no segment and no state.
    of_a, of_b = (np.where(last >= 0, column[np.maximum(last, 0)], 0) for column in (store.state_a, store.state_b))
    is_b = streams.client_is_b[chosen] != 0
    return np.where(is_b, of_b, of_a), np.where(is_b, of_a, of_b)


def _spreads(tally: Tally, at: I64) -> tuple[I64, I64, I64, I64]:
    """Per stream, which stand ``at`` these places: the number of round trips, their minimum, median and maximum."""
    begin, end = tally.starts[at], tally.starts[at + 1]
    count, times = end - begin, tally.round_trips
    if not len(times):
        none = np.zeros(len(count), np.int64)
        return none, none, none, none
    middle = np.minimum((begin + end) // 2, len(times) - 1)
    # The times are sorted per stream; for an even number the median is the mean of the two in the middle.
    even = (times[np.maximum(middle - 1, 0)] + times[middle]) // 2
    median = np.where(count % 2 == 1, times[middle], even)
    known = count > 0
    least, most = times[np.minimum(begin, len(times) - 1)], times[np.maximum(end - 1, 0)]
    return count, np.where(known, least, 0), np.where(known, median, 0), np.where(known, most, 0)


#: Verdicts that are counted, …
_RESENT: Final = np.uint32(Verdict.RETRANSMISSION)
_DISORDERED: Final = np.uint32(Verdict.OUT_OF_ORDER)
_DUPLICATE: Final = np.uint32(Verdict.DUPLICATE_ACK)
_STALLED: Final = np.uint32(Verdict.ZERO_WINDOW)
_MISSED: Final = np.uint32(Verdict.LOST_SEGMENT | Verdict.ACK_LOST_SEGMENT)
#: … all of them: few segments have any.
_COUNTED: Final = _RESENT | _DISORDERED | _DUPLICATE | _STALLED | _MISSED
#: Rows per chunk.
PIECE: Final = 1 << 18


def tcp_packets(store: PacketStore) -> int:
    """TCP frames, including those whose TCP header was cut off."""
    kinds = [store.kind[part] for part in _pieces(store.count)]
    return sum(int(np.count_nonzero((kind == RowKind.TCP) | (kind == RowKind.TCP_CUT))) for kind in kinds)


def _pieces(rows: int) -> list[slice]:
    return [slice(first, min(first + PIECE, rows)) for first in range(0, rows, PIECE)]


class Tally:
    """Counts per stream over rows of ``store``; arrays have an entry for each stream, from number `first` on."""

    def __init__(self, store: PacketStore, streams: int, rows: I32 | None = None, first: int = 0) -> None:
        """``streams``: how many; ``rows``: all of theirs, each stream's in capture order.  None: all rows there are."""
        self._streams = streams
        self.first = first
        self.last: I32 = np.full(streams, -1, np.int32)
        """The row of each stream's last segment; -1 without one."""
        self.from_b = self._nothing()
        self.resent = self._nothing()
        self.disordered = self._nothing()
        self.duplicate = self._nothing()
        self.stalled = self._nothing()
        self.missed = self._nothing()
        if rows is None:
            found = [self._add(store, np.arange(part.start, part.stop)) for part in _pieces(store.count)]
        else:
            found = [self._add(store, rows[part]) for part in _pieces(len(rows))]
        self.round_trips, self.starts = self._drain_rtts_by_stream(found)
        """All ACK round trips (ns), by stream and sorted within it; and the index at which each stream's begin."""

    def _nothing(self) -> I32:
        return np.zeros(self._streams, np.int32)

    def _add(self, store: PacketStore, rows: I32 | I64) -> tuple[I32, I64]:
        """Count ``rows``; returns the streams (from 0) and times (ns) of their ACK round trips."""
        rows = rows[store.kind[rows] == RowKind.TCP]
        stream, verdict = store.stream[rows] - np.int32(self.first), store.verdict[rows]
        self.last[stream] = rows  # of several rows of a stream the last one is assigned
        self.from_b += self._count(stream, store.from_b[rows] != 0)
        counted = indexes_of(verdict & _COUNTED)
        of, told = stream[counted], verdict[counted]
        for counts, bits in (
            (self.resent, _RESENT),
            (self.disordered, _DISORDERED),
            (self.duplicate, _DUPLICATE),
            (self.stalled, _STALLED),
            (self.missed, _MISSED),
        ):
            counts += self._count(of, (told & bits) != 0)
        acked = store.acked[rows]
        acking = indexes_of(acked >= 0)
        rtt = store.time_ns[rows[acking]] - store.time_ns[acked[acking]]
        longer = rtt > 0
        return stream[acking[longer]], rtt[longer]

    def _count(self, stream: I32, chosen: NDArray[np.bool_]) -> I32:
        return np.bincount(stream[chosen], minlength=self._streams).astype(np.int32)

    def _drain_rtts_by_stream(self, pieces: list[tuple[I32, I64]]) -> tuple[I64, NDArray[np.intp]]:
        stream = np.concatenate([piece[0] for piece in pieces]) if pieces else np.zeros(0, np.int32)
        rtt = np.concatenate([piece[1] for piece in pieces]) if pieces else np.zeros(0, np.int64)
        pieces.clear()
        return sorted_within(stream, rtt, self._streams)
