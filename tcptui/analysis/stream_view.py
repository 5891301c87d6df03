"""One stream, ready to be reasoned about: its frames' columns, seen from client and server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.analysis.stream_table import NO_BASE, StreamTable
from tcptui.model.packet_store import I32, I64, U8, U16, U32, PacketStore, RowKind
from tcptui.model.seq import SEQ_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.endpoint import Endpoint


@dataclass(frozen=True)
class StreamView:
    """The segments of one stream in capture order (ICMP quotes apart, see `quotes`).

    Every array has one entry per segment; index ``i`` is a position in the stream, not
    a row.  Sequence and acknowledgment numbers are relative to the first SYN (int64,
    modulo 2**32, 0 is the SYN itself).  ``window`` is in bytes, scaled where the scale
    is known.  Times are nanoseconds since the epoch.
    """

    stream: int
    client: Endpoint
    server: Endpoint
    rows: I32
    frame: U32
    time_ns: I64
    from_server: NDArray[np.bool_]
    seq: I64
    ack: I64
    """Relative; meaningful only where the ACK flag is set."""
    end: I64
    """seq + length + 1 for SYN + 1 for FIN, modulo 2**32."""
    flags: U16
    length: I64
    """Payload bytes (0 where the header was impossible)."""
    window: I64
    options: U16
    ts_value: U32
    ts_echo: U32
    sack_left: I64
    """First SACK block, relative to the *other* side's numbers; 0 without one."""
    sack_right: I64
    ttl: U8
    ip_id: U16
    verdict: U32
    refers_to: I32
    """Row numbers, as in the store; -1 without."""
    acked: I32
    state_client: U8
    """`STATE_KNOWN` bit included."""
    state_server: U8
    cause: U8
    issues: U16
    captured: U32
    wire_length: U32
    quotes: I32
    """Rows of ICMP errors that quote this stream."""
    irtt_ns: int
    """0 when unknown."""
    min_rtt_from_client_ns: int
    """Smallest time from a client's segment to its ACK at this capture point; 0 unknown."""
    min_rtt_from_server_ns: int
    scale_client: int
    """Shift of the client's windows, or SCALE_UNKNOWN / SCALE_OFF."""
    scale_server: int
    marks: int
    completeness: int
    capture_end_ns: int
    """Time of the newest frame of the whole capture: how long silence was observed."""

    def __len__(self) -> int:
        return len(self.rows)


def stream_rows(store: PacketStore, streams: StreamTable, stream: int) -> I32:
    """All rows of ``stream`` in capture order, ICMP quotes included.

    Few frames are found by walking the `previous` links, many by scanning the column.
    """
    expected = int(streams.packets[stream])
    count = store.count
    if expected * 64 > count:
        first = int(streams.first_row[stream])
        return (np.flatnonzero(store.stream[first:count] == stream) + first).astype(np.int32)
    rows = []
    row = int(streams.last_row[stream])
    while row >= 0:
        rows.append(row)
        row = int(store.previous[row])
    return np.array(rows[::-1], np.int32)


def view_stream(store: PacketStore, streams: StreamTable, stream: int, rows: I32 | None = None) -> StreamView:
    """The `StreamView` of ``stream``; ``rows`` spares the search when already known."""
    if rows is None:
        rows = stream_rows(store, streams, stream)
    kind = store.kind[rows]
    quotes = rows[kind == RowKind.ICMP_QUOTE]
    rows = rows[kind == RowKind.TCP]
    client_is_b = int(streams.client_is_b[stream])
    from_server = store.from_b[rows] != client_is_b
    from_b = store.from_b[rows] != 0
    own_base, peer_base = (streams.bases(store, stream, rows, of_b) for of_b in (from_b, ~from_b))
    own_base[own_base == NO_BASE] = 0
    peer_base[peer_base == NO_BASE] = 0
    flags = store.flags[rows]
    length = np.maximum(store.length[rows].astype(np.int64), 0)
    seq = (store.seq[rows].astype(np.int64) - own_base) & SEQ_MASK
    sack_left, sack_right = store.sack_left[rows].astype(np.int64), store.sack_right[rows].astype(np.int64)
    has_sack = sack_left != sack_right
    scales = (int(streams.scale_a[stream]), int(streams.scale_b[stream]))
    rtts = (int(streams.min_rtt_ns_a[stream]), int(streams.min_rtt_ns_b[stream]))
    shift = np.where(from_server, max(scales[1 - client_is_b], 0), max(scales[client_is_b], 0))
    shift[(flags & 0x02) != 0] = 0  # the window of a SYN is never scaled (RFC 7323, 2.2)
    states = (store.state_a[rows], store.state_b[rows])
    return StreamView(
        stream=stream,
        client=streams.client(stream),
        server=streams.server(stream),
        rows=rows,
        frame=store.frame[rows],
        time_ns=store.time_ns[rows],
        from_server=from_server,
        seq=seq,
        ack=(store.ack[rows].astype(np.int64) - peer_base) & SEQ_MASK,
        end=(seq + length + ((flags & 0x02) != 0) + ((flags & 0x01) != 0)) & SEQ_MASK,
        flags=flags,
        length=length,
        window=store.window[rows].astype(np.int64) << shift,
        options=store.options[rows],
        ts_value=store.ts_value[rows],
        ts_echo=store.ts_echo[rows],
        sack_left=np.where(has_sack, (sack_left - peer_base) & SEQ_MASK, 0),
        sack_right=np.where(has_sack, (sack_right - peer_base) & SEQ_MASK, 0),
        ttl=store.ttl[rows],
        ip_id=store.ip_id[rows],
        verdict=store.verdict[rows],
        refers_to=store.refers_to[rows],
        acked=store.acked[rows],
        state_client=states[client_is_b],
        state_server=states[1 - client_is_b],
        cause=store.cause[rows],
        issues=store.issues[rows],
        captured=store.captured[rows],
        wire_length=store.wire_length[rows],
        quotes=quotes,
        irtt_ns=int(streams.irtt_ns[stream]),
        min_rtt_from_client_ns=rtts[client_is_b],
        min_rtt_from_server_ns=rtts[1 - client_is_b],
        scale_client=scales[client_is_b],
        scale_server=scales[1 - client_is_b],
        marks=int(streams.marks[stream]),
        completeness=int(streams.completeness[stream]),
        capture_end_ns=store.latest_ns,
    )
