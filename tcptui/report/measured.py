"""What is measured of each connection, worked out for many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.stream_table import StreamTable
    from tcptui.model.packet_store import I64, PacketStore
    from tcptui.report.tally import Tally

#: Connections worked out together.
PIECE: Final = 4_096


class Spread(NamedTuple):
    """Smallest, middle and largest of some times, in nanoseconds."""

    minimum_ns: int
    median_ns: int
    maximum_ns: int


class Measures(NamedTuple):
    """One stream, measured; counts are of segments, times nanoseconds."""

    stream: int
    client_is_b: bool
    """The client is endpoint *b* of the flow."""
    client_host: str
    client_port: int
    server_host: str
    server_port: int
    last_row: int
    """Of its last segment; -1 without one."""
    packets: int
    wire_bytes: int
    start_ns: int
    duration_ns: int
    """0 where the capture's clock went back."""
    irtt_ns: int
    """0 when not known."""
    client_packets: int
    client_payload: int
    server_packets: int
    server_payload: int
    resent: int
    out_of_order: int
    duplicate_acks: int
    zero_windows: int
    missed: int
    """Gaps and acknowledgments of data that the capture does not hold."""
    round_trips: int
    """ACK round trips of both ends; without any the next three are 0."""
    rtt_minimum_ns: int
    rtt_median_ns: int
    rtt_maximum_ns: int

    @property
    def ack_rtt(self) -> Spread | None:
        """Of all segments of both ends whose acknowledgment was captured."""
        times = self.rtt_minimum_ns, self.rtt_median_ns, self.rtt_maximum_ns
        return Spread(*times) if self.round_trips else None


def measure(store: PacketStore, streams: StreamTable, tally: Tally, begin: int, stop: int) -> Iterator[Measures]:
    """The streams ``begin`` … ``stop`` - 1 in turn."""
    for first in range(begin, stop, PIECE):
        columns = _columns(store, streams, tally, slice(first, min(stop, first + PIECE)))
        yield from map(Measures._make, zip(*columns, strict=True))


def _columns(store: PacketStore, streams: StreamTable, tally: Tally, part: slice) -> list[list[object]]:
    """The fields of `Measures`, each a list."""
    flow, is_b = streams.flow[part], streams.client_is_b[part] != 0
    ports_a, ports_b = streams.flows.ports(flow)
    hosts_a, hosts_b = (np.array(hosts, object) for hosts in streams.flows.hosts(flow))
    last, packets, from_b = tally.last[part], streams.packets[part], tally.from_b[part]
    from_a, payload_a, payload_b = packets - from_b, streams.payload_a[part], streams.payload_b[part]
    began = store.time_ns[streams.first_row[part]]
    elapsed = np.maximum(store.time_ns[np.maximum(last, 0)] - began, 0)
    columns: list[NDArray[np.generic]] = [
        np.arange(part.start, part.stop),
        is_b,
        np.where(is_b, hosts_b, hosts_a),
        np.where(is_b, ports_b, ports_a),
        np.where(is_b, hosts_a, hosts_b),
        np.where(is_b, ports_a, ports_b),
        last,
        packets,
        streams.wire_bytes[part],
        began,
        np.where(last >= 0, elapsed, 0),
        streams.irtt_ns[part],
        np.where(is_b, from_b, from_a),
        np.where(is_b, payload_b, payload_a),
        np.where(is_b, from_a, from_b),
        np.where(is_b, payload_a, payload_b),
        tally.resent[part],
        tally.disordered[part],
        tally.duplicate[part],
        tally.stalled[part],
        tally.missed[part],
        *_spreads(tally, part),
    ]
    return [column.tolist() for column in columns]


def _spreads(tally: Tally, part: slice) -> tuple[I64, I64, I64, I64]:
    """How many round trips each stream has, and the smallest, the middle and the largest."""
    begin, end = tally.starts[part], tally.starts[part.start + 1 : part.stop + 1]
    count, times = end - begin, tally.round_trips
    if not len(times):
        none = np.zeros(len(count), np.int64)
        return none, none, none, none
    middle = np.minimum((begin + end) // 2, len(times) - 1)
    # They are sorted; of an even number the mean of both in the middle.
    even = (times[np.maximum(middle - 1, 0)] + times[middle]) // 2
    median = np.where(count % 2 == 1, times[middle], even)
    known = count > 0
    least, most = times[np.minimum(begin, len(times) - 1)], times[np.maximum(end - 1, 0)]
    return count, np.where(known, least, 0), np.where(known, median, 0), np.where(known, most, 0)
