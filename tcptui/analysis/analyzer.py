"""Runs the kernel over batches of the packet store and keeps the stream table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.kernel import (
    CUT_HEADER,
    HALF,
    NO_ROOM,
    SHORT_HEADER,
    STREAM,
    Half,
    Stream,
    analyse,
)
from tcptui.analysis.stream_pace import note_pace
from tcptui.analysis.stream_table import StreamMark, StreamTable
from tcptui.analysis.tcp_state import transition_row
from tcptui.model.flow_table import FlowTable
from tcptui.model.packet_store import I32, LINKS, NO_ROW, NO_STREAM, U8, DecodeIssue, PacketStore, RowKind
from tcptui.model.paged import give_up, grown
from tcptui.model.tcp_flags import TcpFlag
from tcptui.wire.compiled import Kernel, compile_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A router changes a packet's TTL by the length of the path; so much more is another sender (findings.md, 5).
TTL_STEP: Final = 2
#: A flow's key, its place in the table of hashes, and what findings and their screening note of each stream.
STREAM_BYTES_ELSEWHERE: Final = 300
#: How far back in its stream a RST's sender is looked for.
STEPS_BACK: Final = 8
#: Ports from here on are handed out to clients (Linux: ip_local_port_range).
FIRST_EPHEMERAL_PORT: Final = 32_768

_INPUTS: Final = (
    "time_ns", "flow", "from_b", "seq", "ack", "flags", "window", "length", "wire_length", "options",
    "window_scale", "sack_bytes",
)  # fmt: skip
#: What the kernel fills, and what stands there where it has nothing to say.
_OUTPUTS: Final = {
    "stream": NO_STREAM, "previous": NO_ROW, "verdict": 0, "dup_ack_number": 0, "refers_to": NO_ROW, "acked": NO_ROW,
    "bytes_in_flight": 0, "push_bytes": 0, "marks": 0, "state_a": 0, "state_b": 0,
}  # fmt: skip

#: Columns of `StreamTable` by the kernel's columns of one stream.
_STREAM_COLUMNS: Final = {
    "flow": Stream.FLOW, "first_row": Stream.FIRST_ROW, "last_row": Stream.LAST_ROW, "latest_ns": Stream.LAST_TIME,
    "packets": Stream.PACKETS, "wire_bytes": Stream.WIRE, "completeness": Stream.COMPLETENESS,
    "completeness_first": Stream.COMPLETENESS_FIRST, "marks": Stream.MARKS, "verdicts": Stream.VERDICTS,
    "troubled": Stream.TROUBLED, "irtt_ns": Stream.IRTT, "server_wait_ns": Stream.SERVER_WAIT,
    "client_wait_ns": Stream.CLIENT_WAIT,
}  # fmt: skip
#: Columns of `StreamTable`, each once per endpoint, by the kernel's columns of one direction.
_HALF_COLUMNS: Final = {"payload": Half.PAYLOAD, "min_rtt_ns": Half.MIN_RTT, "base": Half.BASE, "scale": Half.SCALE}


class _Column:
    """A growing column of integers: a list for plain Python, an array for machine code."""

    def __init__(self) -> None:
        self.data: Any = []

    def compile(self) -> None:
        self.data = np.array(self.data, np.int64)

    def grow(self, count: int, fill: int = 0) -> None:
        """Room for ``count`` numbers, new ones ``fill``; grows in large steps."""
        missing = count - len(self.data)
        if missing <= 0:
            return
        missing = max(missing, len(self.data) // 2)
        if isinstance(self.data, list):
            self.data.extend([fill] * missing)
        else:
            known = len(self.data)
            self.data = grown(self.data, known + missing)
            self.data[known:] = fill


class _Table:
    """Growing rows of integers: lists for plain Python, an array for machine code; new cells are 0."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.data: Any = []

    def compile(self) -> None:
        self.data = np.array(self.data, np.int64).reshape(-1, self._width)

    def grow(self, rows: int) -> None:
        """Room for ``rows`` rows."""
        missing = rows - len(self.data)
        if missing <= 0:
            return
        missing = max(missing, len(self.data) // 2)
        if isinstance(self.data, list):
            self.data.extend([0] * self._width for _ in range(missing))
        else:
            self.data = grown(self.data, len(self.data) + missing)

    def give_up(self, which: NDArray[np.int64], streams: NDArray[np.int64], gone: NDArray[np.bool_]) -> None:
        """Empty the rows ``which``, as many for each of ``streams``; memory of those that are ``gone`` goes."""
        if isinstance(self.data, list):
            nothing = [0] * self._width
            for row in which.tolist():
                self.data[row] = nothing
        else:
            self.data[which] = 0
            per = len(which) // len(streams)
            pages = self.data[: len(self.data) // per * per].reshape(-1, per * self._width)
            give_up(pages, gone, int(streams[0]), int(streams[-1]) + 1)

    def rows(self, which: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows ``which`` as an array (n x width)."""
        if isinstance(self.data, list):
            data = self.data
            return np.array([data[row] for row in which.tolist()], np.int64).reshape(-1, self._width)
        table: NDArray[np.int64] = self.data[which]
        return table


class Analyzer:
    """Fills the concluded columns of a `PacketStore`, batch by batch, in row order.

    Results do not depend on where batches are cut, nor on whether the kernel is
    compiled.  Not thread-safe: one worker owns it.
    """

    def __init__(self, store: PacketStore, flows: FlowTable) -> None:
        self._store = store
        self._flows = flows
        self.streams = StreamTable(flows)
        self._kernel: Kernel = analyse
        self._compiled = False
        self._stream_count = 0
        self._flow_stream = _Column()
        self._streams = _Table(STREAM)
        self._halves = _Table(HALF)
        self._pool = [_Column() for _ in range(5)]
        self._pool_free = -1
        self._pool_left = 0
        self._next_state: Any = transition_row()

    def compile(self, kernel: Kernel) -> None:
        """Go on with ``kernel`` from `compiled_kernel`; state so far is kept."""
        if self._compiled:
            return
        for column in (self._flow_stream, *self._pool):
            column.compile()
        for table in (self._streams, self._halves):
            table.compile()
        self._next_state = np.array(self._next_state, np.int64)
        self._kernel, self._compiled = kernel, True

    def analyse(self, first: int, count: int) -> None:
        """Analyse rows ``first`` to ``first + count - 1``, which the decoder has filled."""
        store = self._store
        rows = slice(first, first + count)
        kinds = store.kind[rows].astype(np.int64)
        inputs = [kinds, _quirks(store, rows), *(getattr(store, name)[rows].astype(np.int64) for name in _INPUTS)]
        self._make_room(count)
        given: list[Any] = inputs
        taken: list[Any]
        if self._compiled:
            taken = [np.full(count, empty, np.int64) for empty in _OUTPUTS.values()]
        else:
            given = [column.tolist() for column in inputs]
            taken = [[empty] * count for empty in _OUTPUTS.values()]
        self._stream_count, self._pool_free, self._pool_left = self._kernel(
            count, first, *given, *taken,
            self._flow_stream.data, self._streams.data, self._halves.data, self._stream_count,
            *(table.data for table in self._pool), self._pool_free, self._pool_left, self._next_state,
        )  # fmt: skip
        for name, values in zip(_OUTPUTS, taken, strict=True):
            getattr(store, name)[rows] = values
        for name in LINKS if store.first else ():
            column = getattr(store, name)[rows]
            column[column < store.first] = NO_ROW
        store.cause[rows] = 0
        self._note_foreign_resets(first, count)
        touched = self._publish(np.asarray(store.stream[rows]), first)
        note_pace(store, self.streams, first, count, touched)

    def give_up(self, chosen: NDArray[np.int64]) -> None:
        """Forget the streams ``chosen`` (ascending); a later packet of the same connection begins another one."""
        if not len(chosen):
            return
        flows = self.streams.flow[chosen].astype(np.int64)
        latest = self._flow_stream.data
        for flow, stream in zip(flows.tolist(), chosen.tolist(), strict=True):
            if latest[flow] == stream:
                latest[flow] = NO_STREAM
        halves = np.stack((2 * chosen, 2 * chosen + 1), 1).reshape(-1)
        self._free_unacked(self._halves.rows(halves))
        self.streams.give_up(chosen)
        gone = self.streams.gone
        self._streams.give_up(chosen, chosen, gone)
        self._halves.give_up(halves, chosen, gone)
        # A port used anew has several streams on one flow, and earlier ones may be kept.
        needed = self.streams.flow[self.streams.listed(self._stream_count)]
        self._flows.forget(np.setdiff1d(flows, needed))

    def _free_unacked(self, halves: NDArray[np.int64]) -> None:
        """Chain the unacknowledged segments of ``halves`` into the free list."""
        links = self._pool[-1].data
        for oldest, newest, count in halves[halves[:, Half.UNACKED] > 0][
            :, [Half.OLDEST, Half.NEWEST, Half.UNACKED]
        ].tolist():
            links[newest] = self._pool_free
            self._pool_free = oldest
            self._pool_left += count

    @property
    def bytes_per_stream(self) -> int:
        """What one stream costs in memory, its flow and what is noted of it elsewhere included (measured)."""
        return 8 * (STREAM + 2 * HALF) + self.streams.bytes_per_row + STREAM_BYTES_ELSEWHERE

    def replay(self, rows: I32, flags: NDArray[np.int64]) -> tuple[U8, U8]:
        """States after each of ``rows`` (all of one stream's) by the same rules, given the kernel's row ``flags`` too.

        Nothing is stored, and the analysis under way is not touched: any thread may ask.
        """
        store, count = self._store, len(rows)
        kernel, compiled = self._kernel, self._compiled
        kinds = store.kind[rows].astype(np.int64)
        quirks = _quirks(store, rows) | flags
        inputs = [kinds, quirks, *(getattr(store, name)[rows].astype(np.int64) for name in _INPUTS)]
        inputs[2 + _INPUTS.index("flow")][:] = 0
        flow_stream, streams, halves = _Column(), _Table(STREAM), _Table(HALF)
        pool = [_Column() for _ in range(5)]
        flow_stream.grow(1, NO_STREAM)
        # Only a SYN can begin another stream; the rows are one stream's, so none will.
        most = 1 + int(np.count_nonzero((store.flags[rows] & (TcpFlag.SYN | TcpFlag.ACK)) == TcpFlag.SYN))
        streams.grow(most)
        halves.grow(2 * most)
        given: list[Any] = inputs
        taken: list[Any] = [[empty] * count for empty in _OUTPUTS.values()]
        links = [*range(1, count), -1]
        for column in pool:
            column.grow(count)
        pool[-1].data[:count] = links
        if compiled:
            taken = [np.array(column, np.int64) for column in taken]
            for column in (flow_stream, *pool):
                column.compile()
            streams.compile()
            halves.compile()
        else:
            given = [column.tolist() for column in inputs]
        kernel(
            count, 0, *given, *taken, flow_stream.data, streams.data, halves.data, 0,
            *(column.data for column in pool), 0, count, self._next_state,
        )  # fmt: skip
        states = dict(zip(_OUTPUTS, taken, strict=True))
        return np.asarray(states["state_a"], np.uint8), np.asarray(states["state_b"], np.uint8)

    def _note_foreign_resets(self, first: int, count: int) -> None:
        """Marks streams in which a RST came another way than its sender's packet before it."""
        store = self._store
        resets = np.flatnonzero((store.flags[first : first + count] & TcpFlag.RST) != 0) + first
        resets = resets[store.kind[resets] == RowKind.TCP]
        before = resets
        for _ in range(STEPS_BACK):
            before = store.previous[before]
            resets, before = resets[before >= 0], before[before >= 0]
            same = (store.from_b[before] == store.from_b[resets]) & (store.kind[before] == RowKind.TCP)
            step = np.abs(store.ttl[before[same]].astype(np.int64) - store.ttl[resets[same]])
            for stream in np.unique(store.stream[resets[same][step >= TTL_STEP]]).tolist():
                self._streams.data[stream][Stream.MARKS] |= int(StreamMark.CONTRADICTED)
            resets, before = resets[~same], before[~same]

    def _make_room(self, count: int) -> None:
        self._flow_stream.grow(len(self._flows), NO_STREAM)
        self._streams.grow(self._stream_count + count)
        self._halves.grow(2 * (self._stream_count + count))
        self._grow_pool(count)

    def _grow_pool(self, count: int) -> None:
        """Add entries when fewer than ``count`` are free."""
        if self._pool_left >= count:
            return
        old = len(self._pool[-1].data)
        for table in self._pool:
            table.grow(old + count)
        links = self._pool[-1].data
        fresh = [*list(range(old + 1, len(links))), self._pool_free]
        links[old:] = np.array(fresh, np.int64) if self._compiled else fresh
        self._pool_free = old
        self._pool_left += len(links) - old

    def _publish(self, stream_of_row: NDArray[np.int32], first: int) -> NDArray[np.int64]:
        """Copy the rows of streams that this batch, from row ``first`` on, touched into the table; returns them."""
        touched = np.unique(stream_of_row[stream_of_row >= 0]).astype(np.int64)
        table = self.streams
        table.reserve(self._stream_count)
        if len(touched):
            streams = self._streams.rows(touched)
            half_a, half_b = self._halves.rows(2 * touched), self._halves.rows(2 * touched + 1)
            for name, column in _STREAM_COLUMNS.items():
                getattr(table, name)[touched] = streams[:, column]
            fresh = touched[streams[:, Stream.FIRST_ROW] >= first]
            table.began_ns[fresh] = self._store.time_ns[table.first_row[fresh]]
            table.opener_is_b[fresh] = self._store.from_b[table.first_row[fresh]]
            # With a repeated SYN or SYN-ACK nobody can say which one was answered.
            repeated = touched[(streams[:, Stream.MARKS] & StreamMark.SYN_REPEATED) != 0]
            table.server_wait_ns[repeated] = table.client_wait_ns[repeated] = 0
            for name, which in _HALF_COLUMNS.items():
                getattr(table, f"{name}_a")[touched] = half_a[:, which]
                getattr(table, f"{name}_b")[touched] = half_b[:, which]
            table.client_is_b[touched] = self._clients(streams, table.opener_is_b[touched])
        table.count = self._stream_count
        return touched

    def _clients(self, streams: NDArray[np.int64], opener_is_b: U8) -> NDArray[np.int64]:
        """Who the client is: the sender of the SYN, else the ephemeral port, else who spoke first."""
        port_a, port_b = self._flows.ports(streams[:, Stream.FLOW].astype(np.int32))
        high_a, high_b = port_a >= FIRST_EPHEMERAL_PORT, port_b >= FIRST_EPHEMERAL_PORT
        by_port = np.where(high_a == high_b, opener_is_b.astype(np.int64), high_b)
        return np.where(streams[:, Stream.CLIENT] >= 0, streams[:, Stream.CLIENT], by_port)


def _quirks(store: PacketStore, rows: slice | I32) -> NDArray[np.int64]:
    """Row flags of the kernel, from what the decoder found wrong."""
    issues = store.issues[rows]
    unusual = (issues & (DecodeIssue.HEADER_CUT | DecodeIssue.BAD_HEADER_LENGTH | DecodeIssue.FRAGMENT)) != 0
    quirks = np.zeros(len(issues), np.int64)
    if unusual.any():
        available = store.captured[rows].astype(np.int64) - store.transport_offset[rows]
        header, length = store.header_length[rows], store.length[rows]
        cut = unusual & ((issues & DecodeIssue.HEADER_CUT) != 0)
        quirks[cut & (available < 20)] |= CUT_HEADER
        quirks[unusual & (length < 0)] |= NO_ROOM
        quirks[unusual & (header < 20)] |= SHORT_HEADER
    return quirks


def compiled_kernel() -> Kernel:
    """The kernel as machine code, compiled or loaded from numba's cache (blocks)."""
    kernel = compile_kernel(analyse)
    store, flows = PacketStore(), FlowTable()
    trial = Analyzer(store, flows)
    trial.compile(kernel)
    trial.analyse(0, 0)
    return kernel
