"""The stream table: what is known of each stream, as columns, one row per stream, numbered as ``tcp.stream``."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.roles import clients_by_port
from tcptui.model.arrays import sorted_unique
from tcptui.model.packet_store import I32, I64, U8, U32, PacketStore, RowKind, RowMark
from tcptui.model.shared_memory import shared_zeros
from tcptui.model.sparse_array import grown, reallocate_after, release_rows, zeros
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget_parts import ProtocolWait
    from tcptui.model.endpoint import Endpoint
    from tcptui.model.flow_table import FlowTable

I8 = NDArray[np.int8]
#: Addresses (text) and ports of many endpoints.
Endpoints = tuple[NDArray[np.object_], I64]

#: `StreamTable.scale_a` / `scale_b`: no handshake captured, windows stay raw.
SCALE_UNKNOWN: Final = -1
#: One side did not offer window scaling (RFC 7323, 2.2).
SCALE_OFF: Final = -2
#: `StreamTable.base_a` / `base_b`: no sequence number seen yet.
NO_BASE: Final = -1

#: `StreamTable.spoken_role`: *a* is the client, or *b* is.
SPOKEN_BY_A: Final = 1
SPOKEN_BY_B: Final = 2

#: Bits of `StreamTable.ending`: *a* sent the first FIN or RST, or *b* did, …
ENDED_BY_A: Final = 1
ENDED_BY_B: Final = 2
#: … and the other end had spoken last by then, or spoke afterwards: perhaps in vain.
PEER_SPOKE_LAST: Final = 4

#: Streams processed together, so that their rows stay in the processor's cache while column after column is read.
BLOCK: Final = 4_096

_SYN_ACK: Final = TcpFlag.SYN | TcpFlag.ACK
#: Bits of the number of a row.
_ROW_BITS: Final = 31


class Completeness(IntFlag):
    """``tcp.completeness`` (Wireshark): which parts of a connection were captured."""

    SYN = 1
    SYN_ACK = 2
    ACK = 4
    DATA = 8
    FIN = 16
    RST = 32


class StreamMark(IntFlag):
    """An event that a stream had at least once, so that rules can skip streams by the table alone."""

    SYN_A = 1 << 0
    """Endpoint *a* sent a SYN (with or without ACK)."""
    SYN_B = 1 << 1
    FIN_A = 1 << 2
    FIN_B = 1 << 3
    RST_A = 1 << 4
    RST_B = 1 << 5
    DATA_A = 1 << 6
    DATA_B = 1 << 7
    SYN_REPEATED = 1 << 8
    """A SYN or SYN-ACK was seen again with the same number."""
    ICMP_QUOTED = 1 << 9
    """An ICMP error quotes this stream."""
    TIME_WENT_BACK = 1 << 10
    """A frame is older than the stream's frame captured before it."""
    PORT_REUSED = 1 << 11
    """Began with a SYN on the 4-tuple of an earlier stream."""
    SYN_CHALLENGED = 1 << 12
    """After a SYN its receiver sent a segment other than SYN and RST, having sent no SYN itself (RFC 5961, 4)."""
    CONTRADICTED = 1 << 13
    """A segment contradicts what was assumed of an endpoint's state: `analysis.correction` looks back."""
    DATA_HEADER_CUT = 1 << 14
    """A segment that takes sequence numbers has a cut TCP header, so it has no verdict (Wireshark gives it none)."""
    FRAGMENTS_DIFFER = 1 << 15
    """A segment was put together from IP fragments that have different bytes at the same place."""


def _direction_keys(stream: I32, of_b: NDArray[np.bool_], rows: I32) -> I64:
    """Numbers that sort by stream, then direction, then row."""
    keys: I64 = (stream.astype(np.int64) << 1 | of_b) << _ROW_BITS | rows
    return keys


class StreamTable:
    """Columns over streams; `count` rows are valid, published by the worker.

    Columns may be replaced by longer copies: read the attribute anew for each use.
    """

    flow: I32
    slot: I32
    """Its slot in the kernel's tables (`kernel.tables`); below zero when parked."""
    client_is_b: U8
    """1 when the client is endpoint *b* of the flow."""
    spoken_role: U8
    """`SPOKEN_BY_A` or `SPOKEN_BY_B` where a request or a response shows which end is the client; else 0."""
    first_row: I32
    """May be evicted from the store (`PacketStore.first`), as may `last_row`."""
    last_row: I32
    began_ns: I64
    """Time of the first frame."""
    latest_ns: I64
    """Time of the newest frame."""
    opener_is_b: U8
    """1 when endpoint *b* sent the first frame."""
    evicted: I32
    """TCP segments that are evicted from the store."""
    last_state_a: U8
    """State of *a* after the last segment, for streams of which all rows are evicted (see `last_states`)."""
    last_state_b: U8
    packets: I32
    """TCP segments (ICMP quotes are not counted)."""
    wire_bytes: I64
    """Frames' original lengths, as conv,tcp counts them."""
    payload_a: I64
    """TCP payload bytes sent by *a*, repeats included."""
    payload_b: I64
    completeness: U8
    """`Completeness` of the whole stream so far."""
    completeness_first: U8
    """As the first frame shows it, without what that adds (rules/quirks.md#completeness-of-the-first-frame)."""
    marks: U32
    """`StreamMark`."""
    verdicts: U32
    """All verdict bits that any segment of the stream has."""
    troubled: I32
    """Segments whose verdict speaks of loss, reordering, or a full or zero window."""
    irtt_ns: I64
    """Initial round-trip time; 0 when the handshake was not captured."""
    server_wait_ns: I64
    """From the SYN to the SYN-ACK; 0 when not seen, or when either was repeated (see `capture_point.position_of`)."""
    client_wait_ns: I64
    """From the SYN-ACK to the client's next segment; 0 as above."""
    min_rtt_ns_a: I64
    """Smallest ACK round trip of segments that *a* sent; 0 without one."""
    min_rtt_ns_b: I64
    duration_ns: I64
    """From the first frame to the newest."""
    longest_wait_ns_a: I64
    """Longest time between two frames of which the later brings payload of *a* (see `longest_waits`)."""
    longest_wait_ns_b: I64
    ending: U8
    """Who sent the first FIN, or the first RST that is no answer to a SYN: `ENDED_BY_A` and so on; 0: nobody yet."""
    quiet_ns: I64
    """From the last message before that FIN or RST until then (see `endings`)."""
    spoke_ns_a: I64
    """Time of the last payload of *a* that takes no leave; 0 without any."""
    spoke_ns_b: I64
    spoke_end_a: U32
    """Number after that payload."""
    spoke_end_b: U32
    delayed_segments: I32
    """Small segments that were sent right after a late acknowledgment of the one before."""
    base_a: I64
    """Newest sequence number that relative numbers of *a* count from (see `bases`); `NO_BASE` without one."""
    base_b: I64
    scale_a: I8
    """Shift for windows that *a* advertises, or `SCALE_UNKNOWN`, `SCALE_OFF`."""
    scale_b: I8

    def __init__(self, flows: FlowTable, *, shared: bool = False) -> None:
        """``shared``: other processes will map the columns (`model.shared_memory`), so nothing may be evicted."""
        self._shared = shared
        self.count = 0
        self.evicted_streams = 0
        """Evicted streams: nothing is known of them any more, and their numbers are not used again."""
        self.renewed = 0
        """`evicted_streams` when the columns were last reallocated: others with a column per stream may do so, too."""
        self._listed = np.zeros(0, np.int32), 0
        """The kept streams below a number, and that number: streams from it on are all kept."""
        self.flows = flows
        self.waits_inside: Callable[[StreamView, tuple[int, ...]], Sequence[ProtocolWait]] | None = None
        """Reads what a view's `waits_inside` gives; set by whoever can read payload."""
        self.asked_to_wait: Callable[[StreamView], Sequence[tuple[int, int]]] | None = None
        """The same of its `asked_to_wait`."""
        self._capacity = 256
        self._show(zeros((self._capacity, _ROW.itemsize), np.uint8))

    def __getstate__(self) -> dict[str, object]:
        """All but what reads payload: another process does that by its own means."""
        return self.__dict__ | {"waits_inside": None, "asked_to_wait": None}

    def reserve(self, rows: int) -> None:
        """Make room for ``rows`` streams in all."""
        if rows <= self._capacity:
            return
        while self._capacity < rows:
            self._capacity += max(256, self._capacity // 2)
        if not self._shared:
            self._show(grown(self._rows, self._capacity, self.places()))
            return
        longer = shared_zeros((self._capacity, _ROW.itemsize), np.uint8)
        longer[: self.count] = self._rows[: self.count]
        self._show(longer)

    def _show(self, rows: U8) -> None:
        """Make the columns views of ``rows``, which has one row of bytes per stream.

        A stream's columns lie side by side, so that one that is kept among evicted ones holds one page of memory, not
        one per column.
        """
        self._rows = rows
        for name in STREAM_COLUMNS:
            setattr(self, name, rows.view(_ROW)[name][:, 0])

    def listed(self, count: int | None = None) -> I32:
        """Numbers of the kept streams, ascending, among the first ``count`` (None: all)."""
        count = self.count if count is None else count
        known, upto = self._listed
        if count <= upto:
            return known[: int(known.searchsorted(np.int32(count)))]
        return np.concatenate((known, np.arange(upto, count, dtype=np.int32)))

    def places(self, count: int | None = None) -> slice | I32:
        """`listed` as an index into columns; a slice while no stream is evicted.  After days nearly all are."""
        return self.listed(count) if self.evicted_streams else slice(self.count if count is None else count)

    def are_stored(self, streams: NDArray[np.int64] | I32) -> NDArray[np.bool_]:
        """Mask of the ``streams`` that are kept, not evicted."""
        known, upto = self._listed
        kept: NDArray[np.bool_] = streams >= upto
        if len(known):
            kept |= known[np.minimum(np.searchsorted(known, streams), len(known) - 1)] == streams
        return kept

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Evict ``streams`` (ascending, kept until now), all rows of which are evicted already."""
        listed = self.listed()
        stays = np.ones(len(listed), np.bool_)
        stays[np.searchsorted(listed, streams)] = False
        self.evicted_streams += len(streams)
        self._listed = listed[stays], self.count
        if self.evicted_streams - self.renewed > reallocate_after(len(self._listed[0])):
            self.renewed = self.evicted_streams
            self._show(grown(self._rows, self._capacity, self._listed[0]))
            return
        self._rows[streams] = 0
        release_rows(self._rows, streams, self._listed[0])

    @property
    def bytes_per_row(self) -> int:
        """Bytes of memory that one stream takes here."""
        return _ROW.itemsize

    def bases(self, store: PacketStore, rows: I32, of_b: NDArray[np.bool_]) -> I64:
        """For each row, what relative numbers of endpoint *b* (where ``of_b``) or *a* count from, or `NO_BASE`.

        Only a SYN-ACK with another number moves a base, from that segment on; frames before the first
        SYN-ACK count from the newest base, as in tshark's second pass.  Where that happened, ``rows``
        must hold all rows of the stream.
        """
        stream = store.stream[rows]
        bases: I64 = np.where(of_b, self.base_b[stream], self.base_a[stream])
        reused = (self.verdicts[stream] & Verdict.REUSED_PORTS) != 0
        if not reused.any():
            return bases
        renumbered = sorted_unique(stream[reused & ((store.marks[rows] & RowMark.REBASED) != 0)])
        if not len(renumbered):
            return bases
        mine = np.flatnonzero(np.isin(stream, renumbered))
        moves = mine[(store.flags[rows[mine]] & _SYN_ACK) == _SYN_ACK]
        if not len(moves):
            return bases
        # The newest move of the row's stream and direction up to it, by one key for all three.
        moved = _direction_keys(stream[moves], store.from_b[rows[moves]] != 0, rows[moves])
        order = np.argsort(moved, kind="stable")
        moved, moves = moved[order], moves[order]
        keys = _direction_keys(stream[mine], of_b[mine], rows[mine])
        newest = np.searchsorted(moved, keys, "right") - 1
        counts = (newest >= 0) & (moved[newest] >> _ROW_BITS == keys >> _ROW_BITS)
        bases[mine[counts]] = store.seq[rows[moves[newest[counts]]]]
        return bases

    def evict_rows(self, store: PacketStore, first: int) -> NDArray[np.int64]:
        """Account for the rows before ``first``, which the store is about to evict; returns the streams losing any."""
        rows = slice(store.first, first)
        mine = store.stream[rows]
        counted = mine[(mine >= 0) & (store.kind[rows] == RowKind.TCP)]
        lost, times = np.unique(counted, return_counts=True)
        self.evicted[lost] += times.astype(np.int32)
        losing = sorted_unique(mine[mine >= 0]).astype(np.int64)
        ended = losing[self.last_row[losing] < first]
        self.last_state_a[ended], self.last_state_b[ended] = self.last_states(store, ended)
        alone = (mine < 0) & (store.flow[rows] >= 0)
        self.evict_flows(store, store.flow[rows][alone].astype(np.int64), first)
        return losing

    def evict_flows(self, store: PacketStore, flows: NDArray[np.int64], first: int) -> None:
        """Evict those of ``flows`` that no kept stream uses, nor any row from ``first`` on that is of no stream."""
        if not len(flows):
            return
        # A port used anew has several streams on one flow, and earlier ones may be kept.
        rows = slice(first, store.count)
        alone = (store.stream[rows] < 0) & (store.flow[rows] >= 0)
        gone = np.zeros(len(self.flows), np.bool_)
        gone[flows] = True
        gone[self.flow[self.places()]] = False
        gone[store.flow[rows][alone]] = False
        self.flows.evict(np.flatnonzero(gone))

    def last_states(self, store: PacketStore, chosen: NDArray[np.int64] | I32) -> tuple[U8, U8]:
        """States of endpoints *a* and *b* after the last frame of each of ``chosen``."""
        rows = self.last_row[chosen]
        there = rows >= store.first
        at = settled_rows(store, rows[there])
        states = self.last_state_a[chosen], self.last_state_b[chosen]
        for state, column in zip(states, (store.state_a, store.state_b), strict=True):
            state[there] = column[at]
        return states

    def clients_and_servers(self, chosen: NDArray[np.int64] | I32) -> tuple[Endpoints, Endpoints]:
        """Addresses as text (`Endpoint.host`) and ports of the clients of ``chosen``, and of the servers."""
        is_b = self.client_is_b[chosen] != 0
        ports_a, ports_b = self.flows.ports(self.flow[chosen])
        hosts_a, hosts_b = (np.array(hosts, object) for hosts in self.flows.hosts(self.flow[chosen]))
        client = np.where(is_b, hosts_b, hosts_a), np.where(is_b, ports_b, ports_a)
        return client, (np.where(is_b, hosts_a, hosts_b), np.where(is_b, ports_a, ports_b))

    def closers(self, chosen: slice | NDArray[np.int64] | I32) -> NDArray[np.intp]:
        """Who sent the first FIN or RST of each of ``chosen``: 1 the client, 2 the server, 0 nobody."""
        ending = self.ending[chosen]
        by_client = (ending & ENDED_BY_B != 0) == (self.client_is_b[chosen] != 0)
        return np.where(ending & (ENDED_BY_A | ENDED_BY_B) == 0, 0, np.where(by_client, 1, 2))

    def longest_waits_ns(self, streams: slice | I32 | NDArray[np.int64]) -> tuple[I64, I64]:
        """The longest time after which the client of each of ``streams`` sent data, and that of its server."""
        is_b = self.client_is_b[streams] != 0
        of_a, of_b = self.longest_wait_ns_a[streams], self.longest_wait_ns_b[streams]
        return np.where(is_b, of_b, of_a), np.where(is_b, of_a, of_b)

    def role_sources(self, streams: NDArray[np.int64]) -> NDArray[np.int64]:
        """The sign by which the client of each of ``streams`` is known, as its place in `ROLE_SOURCES`."""
        syn = (self.marks[streams] & int(StreamMark.SYN_A | StreamMark.SYN_B)) != 0
        by_port = clients_by_port(*self.flows.ports(self.flow[streams]))[1]
        told = (syn, self.spoken_role[streams] != 0, by_port)
        return np.select(told, range(len(told)), len(told))

    def ends(self, stream: int) -> tuple[Endpoint, Endpoint]:
        """Client and server."""
        of_a, of_b = self.flows.endpoints(int(self.flow[stream]))
        return (of_b, of_a) if self.client_is_b[stream] else (of_a, of_b)

    def client(self, stream: int) -> Endpoint:
        """The end that opened the connection (rules/verdicts-format.md#client-and-server)."""
        return self.flows.endpoints(int(self.flow[stream]))[int(self.client_is_b[stream])]

    def server(self, stream: int) -> Endpoint:
        """The other end."""
        return self.flows.endpoints(int(self.flow[stream]))[1 - int(self.client_is_b[stream])]


def blocks(rows: slice | I32) -> Iterator[slice | I32]:
    """``rows`` of the stream table (a slice must have no step), `BLOCK` at a time."""
    if isinstance(rows, slice):
        for begin in range(rows.start or 0, rows.stop, BLOCK):
            yield slice(begin, min(begin + BLOCK, rows.stop))
        return
    for begin in range(0, len(rows), BLOCK):
        yield rows[begin : begin + BLOCK]


def settled_rows(store: PacketStore, rows: I32) -> I32:
    """For streams' last rows: the last one that is a segment, at most 8 back; ICMP quotes do not change states."""
    rows = rows.copy()
    for _ in range(8):
        quote = (store.kind[rows] == RowKind.ICMP_QUOTE) & (store.previous[rows] >= 0)
        if not quote.any():
            break
        rows[quote] = store.previous[rows[quote]]
    return rows


_DTYPES: Final[dict[Any, type[np.generic]]] = {
    U8: np.uint8, U32: np.uint32, I32: np.int32, I64: np.int64, I8: np.int8,
}  # fmt: skip

STREAM_COLUMNS: Final[dict[str, type[np.generic]]] = {
    name: _DTYPES[hint] for name, hint in get_type_hints(StreamTable).items() if hint in _DTYPES
}

#: One stream: its columns side by side, the widest first.
_ROW: Final = np.dtype(sorted(STREAM_COLUMNS.items(), key=lambda column: -np.dtype(column[1]).itemsize), align=True)
