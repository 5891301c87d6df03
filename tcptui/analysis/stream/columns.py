"""Blocks of rows, of one stream or of many; stream views are slices of their columns, which are made on first use.

No rule needs all columns, and for a stream of millions of segments each takes much memory.  Where the rows are
contiguous in the store, slices of the store's own columns are used.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.stream.marked import of_each_end
from tcptui.analysis.stream.padding import padded
from tcptui.analysis.stream.table import NO_BASE, SCALE_OFF, SCALE_UNKNOWN
from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.model.packet_store import COLUMNS, DecodeIssue, OptionBit
from tcptui.model.sparse_array import zeros
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, I64, U8, U32, PacketStore

_REUSED_PORTS: Final = np.uint32(Verdict.REUSED_PORTS)
#: The largest window there can be, in bytes (RFC 7323, 2.3).
LARGEST_WINDOW: Final = 1 << 30
#: A SACK block may end so far beyond a window that has shrunk meanwhile, or so far below the ACK (bytes).
SACK_SLACK: Final = 1 << 24
_SACK: Final = np.uint16(OptionBit.SACK)
_LENGTH_FORGOTTEN: Final = np.uint16(DecodeIssue.LENGTH_FORGOTTEN)


class SegmentBlock:
    """``rows`` (TCP segments, stream by stream) as columns; `column` knows those of `StreamView`."""

    def __init__(self, store: PacketStore, streams: StreamTable, rows: I32, stream: int = -1) -> None:
        """``stream``: the stream of all rows; -1 when they are of several."""
        self.streams = streams
        self.rows = rows
        self.newest_ns = store.latest_ns
        self._store = store
        # Another thread may replace the store's columns by longer ones meanwhile.
        self._of_store = {name: getattr(store, name) for name in COLUMNS}
        self._alone = stream
        self._index: slice | I32 = rows
        if stream >= 0 and len(rows) and int(rows[-1]) - int(rows[0]) == len(rows) - 1:
            self._index = slice(int(rows[0]), int(rows[-1]) + 1)
        self._known: dict[str, NDArray[Any]] = {}
        self._made: dict[Callable[[SegmentBlock], tuple[NDArray[Any], ...]], tuple[NDArray[Any], ...]] = {}

    def column(self, name: str) -> NDArray[Any]:
        """The column ``name`` of all rows; treat it as read-only."""
        column = self._known.get(name)
        if column is None:
            make = _COMPUTED.get(name)
            made: NDArray[Any] = self._of_store[name][self._index] if make is None else make(self)
            column = self._known[name] = made
        return column

    def made(self, make: Callable[[SegmentBlock], tuple[NDArray[Any], ...]]) -> tuple[NDArray[Any], ...]:
        """The columns that ``make`` computes from this block; computed once."""
        made = self._made.get(make)
        if made is None:
            made = self._made[make] = make(self)
        return made

    def of_one(self, begin: int, end: int, stream: int) -> SegmentBlock:
        """The rows of ``stream``, those from ``begin`` up to ``end``, as a block of their own."""
        return SegmentBlock(self._store, self.streams, self.rows[begin:end], stream)

    def of_rows(self, rows: I32, stream: int) -> SegmentBlock:
        """``rows`` of ``stream`` as a block of their own."""
        return SegmentBlock(self._store, self.streams, rows, stream)

    def of_some(self, places: I64) -> SegmentBlock:
        """The rows at ``places``, stream by stream, as a block of their own."""
        return SegmentBlock(self._store, self.streams, self.rows[places])

    def raw(self, name: str) -> NDArray[Any]:
        """The store's column ``name`` of all rows."""
        raw: NDArray[Any] = self._of_store[name][self._index]
        return raw

    def watched_until(self, times_ns: I64) -> I64:
        """How long the capture watched after a packet at each of ``times_ns`` (`tcptui.model.watched_spans`)."""
        return self._store.watched.ends_after(times_ns)

    def lacking(self) -> I32:
        """`PacketStore.forgotten` of all rows."""
        return self._store.forgotten.of(self.rows)

    @cached_property
    def _streams(self) -> tuple[I32, I64]:
        """The streams, one after the other, and how many rows each has."""
        if self._alone >= 0:
            return np.array([self._alone], np.int32), np.array([len(self.rows)])
        stream = self.column("stream")
        begins = np.append(0, indexes_of(stream[1:] != stream[:-1]) + 1)[: len(stream)]
        return stream[begins], np.diff(begins, append=len(stream))

    def of_stream(self, column: NDArray[Any]) -> Any:
        """A column of the stream table for each row's stream; a single value where there is only one stream."""
        return self._spread(column[self._streams[0]])

    def _spread(self, values: NDArray[Any]) -> Any:
        """``values`` of `_streams`, for each row; a single one where there is only one stream."""
        return values[0] if self._alone >= 0 else values.repeat(self._streams[1])

    def relative(self, name: str, of_b: NDArray[np.bool_]) -> U32:
        """Sequence numbers in the column ``name``, relative to the base of endpoint *b* (where ``of_b``) or *a*."""
        streams, numbers = self.streams, self._streams[0]
        if (streams.verdicts[numbers] & _REUSED_PORTS).any():
            known = streams.bases(self._store, self.rows, of_b)
            known[known == NO_BASE] = 0
            bases = known.astype(np.uint32)
        else:
            each = (np.maximum(base[numbers], 0).astype(np.uint32) for base in (streams.base_a, streams.base_b))
            of_a, of_other = map(self._spread, each)
            bases = np.where(of_b, of_other, of_a)
        relative: U32 = np.subtract(self.raw(name), bases, out=bases)
        return relative


def _rows(block: SegmentBlock) -> I32:
    return block.rows


def _from_b(block: SegmentBlock) -> NDArray[np.bool_]:
    from_b: NDArray[np.bool_] = block.raw("from_b") != 0
    return from_b


def _from_server(block: SegmentBlock) -> NDArray[np.bool_]:
    from_server: NDArray[np.bool_] = block.column("from_b") != (block.of_stream(block.streams.client_is_b) != 0)
    return from_server


def _seq(block: SegmentBlock) -> U32:
    return block.relative("seq", block.column("from_b"))


def _ack(block: SegmentBlock) -> U32:
    return block.relative("ack", ~block.column("from_b"))


def _raw_seq(block: SegmentBlock) -> U32:
    raw: U32 = block.raw("seq")
    return raw


def _raw_ack(block: SegmentBlock) -> U32:
    raw: U32 = block.raw("ack")
    return raw


def _end(block: SegmentBlock) -> U32:
    flags = block.column("flags")
    end: U32 = block.column("length").astype(np.uint32)
    end += block.column("seq")
    end += (flags & SYN) != 0
    end += (flags & FIN) != 0
    return end


def _length(block: SegmentBlock) -> I32:
    length: I32 = block.raw("length")
    if int(length.min(initial=0)) < 0:
        length = np.maximum(length, 0)
    for empty in (_resets(block), flatnonzero32(block.column("padding"))):
        if len(empty) and length[empty].any():
            length = length.copy()
            length[empty] = 0
    longer = block.column("forgotten")
    return length + longer if longer.any() else length


def _padding(block: SegmentBlock) -> I32:
    """Ethernet padding that the IP length counts (`tcptui.analysis.stream.padding`)."""
    filled = padded(block)
    padding: I32 = zeros(len(block.rows), np.int32)
    if len(filled):
        padding[filled] = block.raw("length")[filled]
    return padding


def _forgotten(block: SegmentBlock) -> I32:
    """Bytes of segments that the file lacks without saying so (`_forgotten_segments`)."""
    bytes_of: I32 = zeros(len(block.rows), np.int32)
    if (block.column("issues") & _LENGTH_FORGOTTEN).any():
        lacking = block.lacking()
        found = _forgotten_segments(block, lacking)
        bytes_of[found] = lacking[found]
    return bytes_of


def _reset_bytes(block: SegmentBlock) -> I32:
    """The text of a RST says why it was sent and takes no sequence numbers (RFC 9293, 3.5.3)."""
    resets = _resets(block)
    texts: I32 = zeros(len(block.rows), np.int32)
    # Few segments have one: what is not written to takes no memory.
    if len(resets):
        texts[resets] = np.maximum(block.raw("length")[resets], 0)
    return texts


def _resets(block: SegmentBlock) -> I32:
    return flatnonzero32((block.column("flags") & RST) != 0)


def _window(block: SegmentBlock) -> I32:
    scale_a, scale_b = (block.of_stream(column) for column in (block.streams.scale_a, block.streams.scale_b))
    shift = np.maximum(np.where(block.column("from_b"), scale_b, scale_a), 0)
    # Where one end refused, neither scales (`tcptui.analysis.stream.view.effective_scales`).
    shift[np.broadcast_to((scale_a == SCALE_OFF) | (scale_b == SCALE_OFF), shift.shape)] = 0
    # The window of a SYN is never scaled (RFC 7323, 2.2).
    shift[(block.column("flags") & SYN) != 0] = 0
    window: I32 = block.raw("window").astype(np.int32)
    window <<= shift
    return window


def _sack_left(block: SegmentBlock) -> U32:
    return _sack_edge(block, "sack_left")


def _sack_right(block: SegmentBlock) -> U32:
    return _sack_edge(block, "sack_right")


def _sack_astray(block: SegmentBlock) -> I32:
    """How far (bytes) a first SACK block ends from the ACK where no receiver can have such bytes; 0 elsewhere.

    A receiver takes what is in its window, and remembers little of what it has acknowledged.
    """
    count = len(block.rows)
    if not (block.column("options") & _SACK).any():
        return zeros(count, np.int32)
    scale_a, scale_b = (block.of_stream(column) for column in (block.streams.scale_a, block.streams.scale_b))
    unknown = np.broadcast_to(np.where(block.column("from_b"), scale_b, scale_a) == SCALE_UNKNOWN, count)
    some = flatnonzero32(block.raw("sack_left") != block.raw("sack_right"))
    away = (block.raw("sack_right")[some] - block.raw("ack")[some]).view(np.int32).astype(np.int64)
    reach = np.where(unknown[some], LARGEST_WINDOW, block.column("window")[some].astype(np.int64) + SACK_SLACK)
    astray: I32 = zeros(count, np.int32)
    wrong = (np.abs(away) > reach) & ((block.column("flags")[some] & ACK) != 0)
    if wrong.any():
        astray[some[wrong]] = away[wrong]
    return astray


def _sack_edge(block: SegmentBlock, name: str) -> U32:
    if not (block.column("options") & _SACK).any():
        return zeros(len(block.rows), np.uint32)
    none = (block.raw("sack_left") == block.raw("sack_right")) | (block.column("sack_astray") != 0)
    edge = block.relative(name, ~block.column("from_b"))
    some = flatnonzero32(~none)
    # Few segments have one: what is not written to takes no memory.
    edges: U32 = zeros(len(none), np.uint32)
    edges[some] = edge[some]
    return edges


def _state_client(block: SegmentBlock) -> U8:
    return _state(block, "state_b", "state_a")


def _state_server(block: SegmentBlock) -> U8:
    return _state(block, "state_a", "state_b")


def _state(block: SegmentBlock, with_client_b: str, with_client_a: str) -> U8:
    client_is_b = block.of_stream(block.streams.client_is_b) != 0
    return np.where(client_is_b, block.raw(with_client_b), block.raw(with_client_a))


#: Columns that are computed; the others are the store's.
_COMPUTED: Final = {
    "rows": _rows,
    "from_b": _from_b,
    "from_server": _from_server,
    "seq": _seq,
    "ack": _ack,
    "end": _end,
    "length": _length,
    "reset_bytes": _reset_bytes,
    "padding": _padding,
    "forgotten": _forgotten,
    "raw_seq": _raw_seq,
    "raw_ack": _raw_ack,
    "window": _window,
    "sack_astray": _sack_astray,
    "sack_left": _sack_left,
    "sack_right": _sack_right,
    "state_client": _state_client,
    "state_server": _state_server,
}


# Payload that a capture file lacks without saying so (rules/findings.md#capture-truncated).
#
# A tool that shortens frames has to leave their original length in the record.  Where it does not, frames seem to have
# been as short on the wire as they are in the file, while the IP header still counts every byte.  The decoder keeps the
# difference (`PacketStore.forgotten`); that the bytes passed is told by their sender, which goes on behind them, or by
# the receiver, which acknowledges them.  Verdicts count the bytes of the file, as tshark's do.


def _forgotten_segments(block: SegmentBlock, lacking: I32) -> I32:
    """Indexes of the segments in ``block`` that were longer than the file says, ascending.

    ``lacking``: for each segment the bytes that its IP header counts and the file does not.
    """
    marked: I32 = flatnonzero32((block.raw("issues") & _LENGTH_FORGOTTEN) != 0)
    marked = marked[
        ((block.raw("flags")[marked] & RST) == 0) & (lacking[marked] > 0) & (block.raw("length")[marked] >= 0)
    ]
    return of_each_end(block, marked, partial(_forgotten_of, block, marked, lacking))


def _forgotten_of(block: SegmentBlock, marked: I32, lacking: I32, segments: I32, from_b: bool) -> I32:
    """The ``marked`` that this end sent; none unless the ``segments`` of the stream show that they were longer."""
    by_b, flags = block.column("from_b"), block.raw("flags")
    marked = np.intersect1d(marked, segments[by_b[segments] == from_b], assume_unique=True)
    if not len(marked):
        return marked
    seq, ack = block.column("seq"), block.column("ack")
    own = segments[(by_b[segments] == from_b) & ((flags[segments] & RST) == 0)]
    heard = segments[(by_b[segments] != from_b) & ((flags[segments] & (ACK | RST)) == ACK)]
    numbers = np.concatenate((seq[own], ack[heard]))
    counted = ((flags[marked] & SYN) != 0).astype(np.uint32) + ((flags[marked] & FIN) != 0)
    here = seq[marked] + block.raw("length")[marked].astype(np.uint32) + counted
    whole = here + lacking[marked].astype(np.uint32)
    shown = bool(np.isin(whole, numbers).any()) and not np.isin(here, numbers).any()
    return marked if shown else marked[:0]
