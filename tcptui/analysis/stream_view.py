"""One stream, ready to be reasoned about: its frames' columns, seen from client and server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.stream_table import NO_BASE, StreamTable
from tcptui.model.packet_store import I32, I64, U8, U16, U32, PacketStore, RowKind
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import TcpFlag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.model.endpoint import Endpoint

#: Rows gathered at a time when many streams are viewed: enough to amortise NumPy, little enough for the cache.
_BULK_ROWS: Final = 16_384
#: Columns that a view takes from the store as they are.
_PLAIN: Final = (
    "frame", "time_ns", "options", "ts_value", "ts_echo", "ttl", "tos", "ip_id", "mss", "verdict", "refers_to", "acked",
    "cause", "issues", "captured", "wire_length",
)  # fmt: skip


@dataclass(frozen=True)
class StreamView:
    """The segments of one stream in capture order (ICMP quotes apart, see `quotes`): those that are kept.

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
    tos: U8
    """DSCP and ECN bits."""
    ip_id: U16
    mss: U16
    """MSS option, 0 without one."""
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
    forgotten: int
    """Segments before the first one that have left the store."""
    capture_end_ns: int
    """Time of the newest frame of the whole capture: how long silence was observed."""

    def __len__(self) -> int:
        return len(self.rows)


def stream_rows(store: PacketStore, streams: StreamTable, stream: int) -> I32:
    """All rows of ``stream`` that are kept, in capture order, ICMP quotes included.

    Few frames are found by walking the `previous` links, many by scanning the column.
    """
    expected = int(streams.packets[stream]) - int(streams.forgotten[stream])
    first, stop = int(streams.first_row[stream]), min(store.count, int(streams.last_row[stream]) + 1)
    first = max(first, store.first)
    if expected * 64 > stop - first:
        return (np.flatnonzero(store.stream[first:stop] == stream) + first).astype(np.int32)
    rows = []
    row = int(streams.last_row[stream])
    while row >= first:
        rows.append(row)
        row = int(store.previous[row])
    return np.array(rows[::-1], np.int32)


def view_stream(store: PacketStore, streams: StreamTable, stream: int, rows: I32 | None = None) -> StreamView:
    """The `StreamView` of ``stream``; ``rows`` (all of its rows) spares the search when already known."""
    if rows is None:
        rows = stream_rows(store, streams, stream)
    return next(_views(store, streams, np.array([stream]), rows))


def view_streams(store: PacketStore, streams: StreamTable, chosen: NDArray[np.int64]) -> Iterator[StreamView]:
    """The views of many streams (``chosen``: ascending), made in bulk: far cheaper than one by one."""
    wanted = np.zeros(streams.count, np.bool_)
    wanted[chosen] = True
    first, column = store.first, store.stream
    of_row = column[first : store.count]
    # A row without a stream (-1) must not pick up the last stream's answer.
    rows = (np.flatnonzero(wanted[of_row] & (of_row >= 0)) + first).astype(np.int32)
    rows = rows[np.argsort(column[rows], kind="stable")]
    ends = np.searchsorted(column[rows], chosen, side="right")
    done = 0
    while done < len(chosen):
        begin = int(ends[done - 1]) if done else 0
        upto = max(int(np.searchsorted(ends, begin + _BULK_ROWS)), done + 1)
        yield from _views(store, streams, chosen[done:upto], rows[begin : int(ends[upto - 1])])
        done = upto


def _views(store: PacketStore, streams: StreamTable, chosen: NDArray[np.int64], rows: I32) -> Iterator[StreamView]:
    """Views of the streams ``chosen``, whose ``rows`` lie stream by stream."""
    quoting = store.kind[rows] == RowKind.ICMP_QUOTE
    quotes = rows[quoting]
    rows = rows[store.kind[rows] == RowKind.TCP]
    columns = _columns(store, streams, rows)
    of_row = store.stream[rows]
    begins = np.searchsorted(of_row, chosen).tolist()
    ends = np.searchsorted(of_row, chosen, side="right").tolist()
    for stream, begin, end in zip(chosen.tolist(), begins, ends, strict=True):
        client_is_b = int(streams.client_is_b[stream])
        two = streams.flows.endpoints(int(streams.flow[stream]))
        scales = (int(streams.scale_a[stream]), int(streams.scale_b[stream]))
        rtts = (int(streams.min_rtt_ns_a[stream]), int(streams.min_rtt_ns_b[stream]))
        yield StreamView(
            stream=stream,
            client=two[client_is_b],
            server=two[1 - client_is_b],
            **{name: column[begin:end] for name, column in columns.items()},
            quotes=quotes[store.stream[quotes] == stream] if len(quotes) else quotes,
            irtt_ns=int(streams.irtt_ns[stream]),
            min_rtt_from_client_ns=rtts[client_is_b],
            min_rtt_from_server_ns=rtts[1 - client_is_b],
            scale_client=scales[client_is_b],
            scale_server=scales[1 - client_is_b],
            marks=int(streams.marks[stream]),
            completeness=int(streams.completeness[stream]),
            forgotten=int(streams.forgotten[stream]),
            capture_end_ns=store.latest_ns,
        )


def _columns(store: PacketStore, streams: StreamTable, rows: I32) -> dict[str, Any]:
    """The per-segment columns of `StreamView` for ``rows`` of any streams."""
    stream = store.stream[rows]
    from_b = store.from_b[rows] != 0
    client_is_b = streams.client_is_b[stream] != 0
    own_base, peer_base = (streams.bases(store, rows, of_b) for of_b in (from_b, ~from_b))
    own_base[own_base == NO_BASE] = 0
    peer_base[peer_base == NO_BASE] = 0
    flags = store.flags[rows]
    length = np.maximum(store.length[rows].astype(np.int64), 0)
    seq = (store.seq[rows].astype(np.int64) - own_base) & SEQ_MASK
    sack_left, sack_right = store.sack_left[rows].astype(np.int64), store.sack_right[rows].astype(np.int64)
    has_sack = sack_left != sack_right
    scale = np.where(from_b, streams.scale_b[stream], streams.scale_a[stream]).astype(np.int64)
    # The window of a SYN is never scaled (RFC 7323, 2.2).
    shift = np.where((flags & TcpFlag.SYN) != 0, 0, np.maximum(scale, 0))
    state_a, state_b = store.state_a[rows], store.state_b[rows]
    phantom = ((flags & TcpFlag.SYN) != 0).astype(np.int64) + ((flags & TcpFlag.FIN) != 0)
    return {
        "rows": rows,
        "from_server": from_b != client_is_b,
        "seq": seq,
        "ack": (store.ack[rows].astype(np.int64) - peer_base) & SEQ_MASK,
        "end": (seq + length + phantom) & SEQ_MASK,
        "flags": flags,
        "length": length,
        "window": store.window[rows].astype(np.int64) << shift,
        "sack_left": np.where(has_sack, (sack_left - peer_base) & SEQ_MASK, 0),
        "sack_right": np.where(has_sack, (sack_right - peer_base) & SEQ_MASK, 0),
        "state_client": np.where(client_is_b, state_b, state_a),
        "state_server": np.where(client_is_b, state_a, state_b),
    } | {name: getattr(store, name)[rows] for name in _PLAIN}
