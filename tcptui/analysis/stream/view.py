"""One stream as columns of its segments, seen from client and server: what the rules work on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tcptui.analysis.roles import ROLE_SOURCES, RoleSource
from tcptui.analysis.stream.columns import SegmentBlock
from tcptui.analysis.stream.table import SCALE_OFF, StreamTable
from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.model.batched import in_columns
from tcptui.model.packet_store import I32, I64, U8, U16, U32, PacketStore, RowKind
from tcptui.model.tcp_flags import FIN, RST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.analysis.stream.row_order import RowOrder
    from tcptui.analysis.timing.budget_parts import ProtocolWait
    from tcptui.model.endpoint import Endpoint

#: Rows per block when many streams are viewed: enough to amortise NumPy's overhead, few enough for the cache.
_BULK_ROWS: Final = 131_072
#: The same of callers that take a capture in many parts: more streams of a block are alike (`stream.same_shape`), which
#: saves more than the cache.
_PART_ROWS: Final = 8 * _BULK_ROWS
#: Most streams of a block: what is told of each takes more memory than a few rows.
_BULK_STREAMS: Final = 34_000
#: Rows that are gathered and sorted by stream in one pass over the store.
_PASS_ROWS: Final = 1_000_000
#: Some streams of a block get a block of their own where it has this many times their rows.
FEW_TIMES: Final = 2

#: Later than any packet.
NEVER_NS: Final = np.iinfo(np.int64).max

_T = TypeVar("_T")


class _Column(Generic[_T]):
    """A column of a view, cut out of its block when it is first read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, view: StreamView, owner: type | None = None) -> _T:
        column: _T = view.cut(self._name)
        view.__dict__[self._name] = column
        return column


def effective_scales(one: int, other: int) -> tuple[int, int]:
    """The scales in force: `SCALE_OFF` for both where one end refused (RFC 7323, 2.2).

    Wireshark takes a refused scale up again from a repeated SYN; the columns of the stream table stay like that.
    """
    return (SCALE_OFF, SCALE_OFF) if SCALE_OFF in (one, other) else (one, other)


class StreamView:
    """The segments of one stream that are not evicted, in capture order (ICMP quotes apart, see `quotes`).

    Every array has one entry per segment; index ``i`` is a position in the stream, not
    a row.  Sequence and acknowledgment numbers are relative to the first SYN (modulo 2**32,
    0 is the SYN itself).  ``window`` is in bytes, scaled where the scale is known.  Times are
    nanoseconds since the epoch.  Treat arrays as read-only: they may be the store's own.
    """

    rows = _Column[I32]()
    """Rows of the store."""
    frame = _Column[U32]()
    time_ns = _Column[I64]()
    from_server = _Column[NDArray[np.bool_]]()
    seq = _Column[U32]()
    ack = _Column[U32]()
    """Relative; meaningful only where the ACK flag is set."""
    raw_seq = _Column[U32]()
    """As in the header: tells SYN-ACKs with different initial numbers apart, each of which is 0 in ``seq``."""
    raw_ack = _Column[U32]()
    end = _Column[U32]()
    """seq + length + 1 for SYN + 1 for FIN, modulo 2**32."""
    flags = _Column[U16]()
    length = _Column[I32]()
    """Payload bytes (0 where the header was impossible, in a RST (`reset_bytes`) and of padding (`padding`))."""
    reset_bytes = _Column[I32]()
    """Bytes of text behind the header of a RST; 0 elsewhere.  They are no data of the connection."""
    padding = _Column[I32]()
    """Bytes of Ethernet padding that the IP length counts as payload; mostly 0.  They are no data either."""
    forgotten = _Column[I32]()
    """Bytes of ``length`` that the file lacks without saying so; mostly 0."""
    window = _Column[I32]()
    options = _Column[U16]()
    ts_value = _Column[U32]()
    ts_echo = _Column[U32]()
    sack_left = _Column[U32]()
    """First SACK block, relative to the *other* side's numbers; 0 without one, and where it is `sack_astray`."""
    sack_right = _Column[U32]()
    sack_astray = _Column[I32]()
    """Bytes from the ACK to the end of a SACK block that no receiver can mean: something rewrote it; mostly 0."""
    header_length = _Column[U8]()
    """Of the TCP header, in bytes."""
    ttl = _Column[U8]()
    tos = _Column[U8]()
    """DSCP and ECN bits."""
    ip_id = _Column[U16]()
    mss = _Column[U16]()
    """MSS option, 0 without one."""
    verdict = _Column[U32]()
    refers_to = _Column[I32]()
    """Row numbers, as in the store; -1 without."""
    acked = _Column[I32]()
    state_client = _Column[U8]()
    """`STATE_PROVED` bit included."""
    state_server = _Column[U8]()
    cause = _Column[U8]()
    issues = _Column[U16]()
    captured = _Column[U32]()
    wire_length = _Column[U32]()

    def __init__(self, block: SegmentBlock, stream: int, begin: int, stop: int, quotes: I32) -> None:
        streams = block.streams
        self._block, self._begin, self._stop = block, begin, stop
        self.kept: dict[object, Any] = {}
        """Cache of results computed from this view, by the function that computes them."""
        self.stream = stream
        self.quotes = quotes
        """Rows of ICMP errors that quote this stream."""
        client_is_b = int(streams.client_is_b[stream])
        scales = effective_scales(int(streams.scale_a[stream]), int(streams.scale_b[stream]))
        rtts = int(streams.min_rtt_ns_a[stream]), int(streams.min_rtt_ns_b[stream])
        self.irtt_ns = int(streams.irtt_ns[stream])
        """0 when unknown."""
        self.min_rtt_from_client_ns = rtts[client_is_b]
        """Smallest time from a client's segment to its ACK at this capture point; 0 unknown."""
        self.min_rtt_from_server_ns = rtts[1 - client_is_b]
        self.scale_client = scales[client_is_b]
        """Shift of the client's windows, or SCALE_UNKNOWN / SCALE_OFF."""
        self.scale_server = scales[1 - client_is_b]
        self.marks = int(streams.marks[stream])
        self.completeness = int(streams.completeness[stream])
        self.evicted = int(streams.evicted[stream])
        """Number of segments before the first one that are evicted from the store."""
        self._asked_of_end = [False]
        """Whether `capture_end_ns` was read; a list, so that copies of a view share it."""

    def __len__(self) -> int:
        return self._stop - self._begin

    @property
    def capture_end_ns(self) -> int:
        """Until when this stream was watched: how long silence was observed.

        Time of the newest frame of the whole capture; of files joined from several, of that part in which the stream's
        newest segment is (`tcptui.model.watched_spans`).
        """
        self._asked_of_end[0] = True
        return min(self.newest_ns, self._watched_until_ns) if len(self) else self.newest_ns

    @property
    def _watched_until_ns(self) -> int:
        found: int = in_columns(self._block.watched_until, self._latest_ns)
        return found

    @cached_property
    def _latest_ns(self) -> Any:
        """Time of this stream's newest segment: rules ask for the capture's end at each of thousands of resends."""
        return self.time_ns.max().tolist()

    @property
    def newest_ns(self) -> int:
        """Time of the newest frame of the whole capture."""
        return self._block.newest_ns

    @property
    def hangs_on_end(self) -> bool:
        """Whether `capture_end_ns` was read: then results may change as the capture goes on, without new segments."""
        return self._asked_of_end[0]

    @property
    def client(self) -> Endpoint:
        """The end that opened the connection."""
        return self._ends()[0]

    @property
    def server(self) -> Endpoint:
        """The other end."""
        return self._ends()[1]

    def _ends(self) -> tuple[Endpoint, Endpoint]:
        """Client and server, read once."""
        if StreamView._ends not in self.kept:
            self.kept[StreamView._ends] = self._block.streams.ends(self.stream)
        ends: tuple[Endpoint, Endpoint] = self.kept[StreamView._ends]
        return ends

    @property
    def role_source(self) -> RoleSource:
        """The sign by which the client's end is known."""
        found: RoleSource = ROLE_SOURCES[in_columns(self._block.streams.role_sources, self.stream)]
        return found

    def without(self, dropped: list[int]) -> StreamView:
        """The stream without the segments at ``dropped``, as if they had not been captured."""
        rows = np.delete(self.rows, dropped)
        return StreamView(self._block.of_rows(rows, self.stream), self.stream, 0, len(rows), self.quotes)

    def columns_of(self, make: Callable[[SegmentBlock], tuple[NDArray[Any], ...]]) -> list[NDArray[Any]]:
        """This stream's part of each column that ``make`` returns for its block; made once for all streams there."""
        begin, stop = self._begin, self._stop
        return [column[begin:stop] for column in self._block.made(make)]

    def waits_inside(self, *ways_ns: int) -> Sequence[ProtocolWait]:
        """Waits by who was waited for, as a protocol with many requests at a time tells; none where nobody reads it.

        In order, and not overlapping.  ``ways_ns``: from the capture point to client and server, and back.
        """
        read = self._block.streams.waits_inside
        return () if read is None else read(self, ways_ns)

    def asked_to_wait(self) -> Sequence[tuple[int, int]]:
        """When the server waited as the client had asked, by the protocol inside; none where nobody reads it.

        Begin and end in ns since the epoch, in order.
        """
        read = self._block.streams.asked_to_wait
        return () if read is None else read(self)

    def each(self) -> Iterator[StreamView]:
        """The stream alone, as that of one among several."""
        yield self

    @property
    def streams(self) -> list[int]:
        """The stream's number, as that of one among several."""
        return [self.stream]

    @property
    def rows_by_stream(self) -> I32:
        """`rows`, as those of one stream among several: streams by segments."""
        return self.rows[None, :]

    def set_segment_states(self, of_client: U8, of_server: U8) -> None:
        """Change the states after each segment; streams by segments."""
        self.state_client[:], self.state_server[:] = of_client[0], of_server[0]

    def cut(self, name: str) -> Any:
        """This stream's slice of the column ``name``."""
        return self._block.column(name)[self._begin : self._stop]


#: Columns of a view that are cut out of its block when they are first read.
CUT_COLUMNS: Final = frozenset(name for name, value in vars(StreamView).items() if isinstance(value, _Column))


def stream_rows(store: PacketStore, streams: StreamTable, stream: int) -> I32:
    """All rows of ``stream`` that are not evicted, in capture order, ICMP quotes included.

    Few frames are found by walking the `previous` links, many by scanning the column.
    """
    expected = int(streams.packets[stream]) - int(streams.evicted[stream])
    first, stop = int(streams.first_row[stream]), min(store.count, int(streams.last_row[stream]) + 1)
    first = max(first, store.first)
    if expected * 64 > stop - first:
        found = flatnonzero32(store.stream[first:stop] == stream)
        found += first
        return found
    rows = []
    row = int(streams.last_row[stream])
    while row >= first:
        rows.append(row)
        row = int(store.previous[row])
    return np.array(rows[::-1], np.int32)


class Gathered:
    """Some streams and their rows in one `SegmentBlock`, from which views are made one by one."""

    def __init__(self, store: PacketStore, streams: StreamTable, chosen: NDArray[np.int64], rows: I32) -> None:
        """``rows`` lie stream by stream, in the order of ``chosen``."""
        self._store = store
        kind = store.kind[rows]
        segments = kind == RowKind.TCP
        self._quotes = rows[kind == RowKind.ICMP_QUOTE]
        if not segments.all():
            rows = rows[segments]
        self._stream = store.stream
        of_row = self._stream[rows]
        self.streams = chosen
        self.begins = np.searchsorted(of_row, chosen)
        self.ends = np.searchsorted(of_row, chosen, side="right")
        self.block = SegmentBlock(store, streams, rows, int(chosen[0]) if len(chosen) == 1 else -1)
        self.quoted = np.isin(chosen, self._stream[self._quotes]) if len(self._quotes) else np.zeros(len(chosen), bool)
        """Of each: whether an ICMP error quotes it."""
        self.of_rows = store.first, store.count
        """Which rows the store had then."""

    @cached_property
    def spoken_ns(self) -> tuple[I64, I64]:
        """Per stream, in nanoseconds: the server's earliest segment, and the first that shows it out of any queue.

        That is the server's payload or FIN, or a RST of either end; `NEVER_NS` without one.  A client may close what no
        program of the server has accepted.
        """
        block, count = self.block, len(self.block.rows)
        time, server = block.column("time_ns"), block.column("from_server")
        flags = block.column("flags")
        used = (server & ((block.column("length") > 0) | ((flags & FIN) != 0))) | ((flags & RST) != 0)
        some = indexes_of(self.ends > self.begins)
        answered = used_at = np.full(len(self.streams), NEVER_NS)
        if len(some):
            begins = self.begins[some]
            answered = answered.copy()
            answered[some] = np.minimum.reduceat(np.where(server, time, NEVER_NS), begins)
            first = np.minimum.reduceat(np.where(used, np.arange(count), count), begins)
            used_at = used_at.copy()
            used_at[some] = np.append(time, NEVER_NS)[first]
        return answered, used_at

    def place(self, stream: int) -> int:
        """The place of ``stream`` in `streams`; -1 where it is not among them."""
        place = int(self.streams.searchsorted(stream))
        return place if place < len(self.streams) and self.streams[place] == stream else -1

    def few(self, places: NDArray[np.int64]) -> tuple[Gathered, list[int]]:
        """The streams at ``places`` (ascending) in a block of their own, where that is a small one; and where they are.

        What is computed of all rows of a block is then not computed of many others.
        """
        begins, ends = self.begins[places], self.ends[places]
        if not len(places) or FEW_TIMES * int((ends - begins).sum()) > len(self.block.rows):
            return self, places.tolist()
        parts = zip(begins.tolist(), ends.tolist(), strict=True)
        rows = np.concatenate([self.block.rows[begin:end] for begin, end in parts])
        few = Gathered(self._store, self.block.streams, self.streams[places], rows)
        few._quotes, few.quoted, few.of_rows = self._quotes, self.quoted[places], self.of_rows
        return few, list(range(len(places)))

    def view(self, place: int) -> StreamView:
        """The view of the stream at ``place`` in `streams`."""
        stream, quotes = int(self.streams[place]), self._quotes
        if len(quotes):
            quotes = quotes[self._stream[quotes] == stream]
        return StreamView(self.block, stream, int(self.begins[place]), int(self.ends[place]), quotes)


def view_stream(store: PacketStore, streams: StreamTable, stream: int, rows: I32 | None = None) -> StreamView:
    """The `StreamView` of ``stream``; ``rows`` (all of its rows) spares the search when already known."""
    if rows is None:
        rows = stream_rows(store, streams, stream)
    return Gathered(store, streams, np.array([stream]), rows).view(0)


def view_streams(store: PacketStore, streams: StreamTable, chosen: NDArray[np.int64]) -> Iterator[StreamView]:
    """The views of many streams (``chosen``: ascending), made in bulk: far cheaper than one by one."""
    for gathered in gather_streams(store, streams, chosen):
        for place in range(len(gathered.streams)):
            yield gathered.view(place)


def gather_streams(
    store: PacketStore, streams: StreamTable, chosen: NDArray[np.int64], order: RowOrder | None = None
) -> Iterator[Gathered]:
    """All of the streams ``chosen`` (ascending), as many at a time as memory should hold.

    With ``order``, rows are not searched for: for callers that take a capture in many parts.
    """
    if not len(chosen):
        return
    if order is not None:
        yield from _in_blocks(store, streams, chosen, order.of_each(chosen), _PART_ROWS)
        return
    # A pass scans all rows of the store, so each one finds those of many streams.
    upto = np.cumsum(streams.packets[chosen] - streams.evicted[chosen], dtype=np.int64)
    begin = 0
    while begin < len(chosen):
        done = int(upto[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(upto, done + _PASS_ROWS, side="right")), begin + 1)
        yield from _gather(store, streams, chosen[begin:end])
        begin = end


def _gather(store: PacketStore, streams: StreamTable, chosen: NDArray[np.int64]) -> Iterator[Gathered]:
    if len(chosen) == 1:
        yield Gathered(store, streams, chosen, stream_rows(store, streams, int(chosen[0])))
        return
    wanted = np.zeros(streams.count, np.bool_)
    wanted[chosen] = True
    first, column = store.first, store.stream
    of_row = column[first : store.count]
    # A row without a stream (-1) must not index the last stream.
    rows = (np.flatnonzero(wanted[of_row] & (of_row >= 0)) + first).astype(np.int32)
    rows = rows[np.argsort(column[rows], kind="stable")]
    yield from _in_blocks(store, streams, chosen, rows, _BULK_ROWS)


def _in_blocks(
    store: PacketStore, streams: StreamTable, chosen: NDArray[np.int64], rows: I32, most: int
) -> Iterator[Gathered]:  # fmt: skip
    """The streams ``chosen``, whose rows lie stream by stream in ``rows``: blocks of at most ``most`` rows."""
    ends = np.searchsorted(store.stream[rows], chosen, side="right")
    # As many streams in each: what is done once a block would be done once more for the few that one of them leaves.
    most_streams = -(-len(chosen) // -(-len(chosen) // _BULK_STREAMS))
    done = 0
    while done < len(chosen):
        begin = int(ends[done - 1]) if done else 0
        upto = min(max(int(np.searchsorted(ends, begin + most)), done + 1), done + most_streams)
        yield Gathered(store, streams, chosen[done:upto], rows[begin : int(ends[upto - 1])])
        done = upto
