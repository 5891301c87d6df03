"""What is measured of each connection, worked out for many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream_table import StreamTable
    from tcptui.model.packet_store import I64, PacketStore
    from tcptui.report.tally import Tally


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


def measured(store: PacketStore, streams: StreamTable, tally: Tally, chosen: I64) -> dict[str, list[Any]]:
    """The streams ``chosen``: the fields of `Measures`, each a list."""
    is_b = streams.client_is_b[chosen] != 0
    client, server = streams.clients_and_servers(chosen)
    last, packets, from_b = tally.last[chosen], streams.packets[chosen], tally.from_b[chosen]
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
        tally.resent[chosen],
        tally.disordered[chosen],
        tally.duplicate[chosen],
        tally.stalled[chosen],
        tally.missed[chosen],
        *_spreads(tally, chosen),
    ]
    return dict(zip(Measures._fields, (column.tolist() for column in columns), strict=True))


def _spreads(tally: Tally, chosen: I64) -> tuple[I64, I64, I64, I64]:
    """How many round trips each stream has, and the smallest, the middle and the largest."""
    begin, end = tally.starts[chosen], tally.starts[chosen + 1]
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
