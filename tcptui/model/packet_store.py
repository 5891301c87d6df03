"""All packets as columns: what was read, and what the engine concluded.

One row per frame, in capture order.  Rows are 0-based, frame numbers 1-based.  A filter
may leave frames out, so every row keeps its `frame` number.

A capture that runs for days keeps its newest rows: `PacketStore.evict` evicts the oldest ones and releases their
memory.  Row numbers never change, so references to rows stay valid.
"""

from __future__ import annotations

import mmap
import sys
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import numpy as np
from numpy.typing import NDArray

from tcptui.model.fragment_rows import FragmentRows
from tcptui.model.mptcp_options import MptcpOptionStore
from tcptui.model.row_values import RowValues
from tcptui.model.shared_memory import shared_zeros
from tcptui.model.sparse_array import mapped, reallocate_after
from tcptui.model.watched_spans import WatchedSpans

if TYPE_CHECKING:
    from collections.abc import Iterable

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

FIRST_CAPACITY: Final = 4096
NO_ROW: Final = -1
NO_STREAM: Final = -1
#: Columns of at least this many bytes get an anonymous mapping of their own, whose pages can be released.
_MAPPED: Final = 1 << 20
#: `PacketStore.fill` writes or skips this many rows at a time: a page of memory or a few.
_TOUCHED: Final = 1024
#: Row numbers are stored as signed 32-bit integers everywhere; this bound leaves room for a batch beyond it.
MAX_ROWS: Final = 2**31 - (1 << 20)
#: Whether pages can be released in place: only Linux empties private pages at once (madvise(2)).
_GIVES_BACK: Final = sys.platform == "linux" and hasattr(mmap, "MADV_DONTNEED")
_LAST_FRAME: Final = 2**32 - 1
#: Columns whose cells are numbers of other rows.
LINKS: Final = ("previous", "refers_to", "acked")
#: Columns that judging a stream as a whole writes to.
CORRECTED_COLUMNS: Final = ("state_a", "state_b", "marks", "cause")


class RowKind(IntEnum):
    """What a frame is to the engine."""

    OTHER = 0
    """Not TCP; `protocol` says what."""
    TCP = 1
    """A TCP segment with at least the 16 header bytes that the analysis needs."""
    TCP_CUT = 2
    """TCP, but fewer than 16 header bytes captured: ports only, no stream."""
    ICMP_QUOTE = 3
    """An ICMP error quoting a TCP header: belongs to a stream, is not a segment of it."""


class OptionBit(IntFlag):
    """Which TCP options a segment carried."""

    MSS = 1 << 0
    WINDOW_SCALE = 1 << 1
    SACK_PERMITTED = 1 << 2
    SACK = 1 << 3
    DSACK = 1 << 4
    """The first SACK block reports bytes received twice (RFC 2883, 4)."""
    TIMESTAMPS = 1 << 5
    FAST_OPEN = 1 << 6
    MD5 = 1 << 7
    MPTCP = 1 << 8
    COOKIE = 1 << 9
    """The Fast Open option carries a cookie (an option without one requests a cookie)."""
    UNREADABLE = 1 << 10
    """An option too short for its kind: tshark stops dissecting the frame there and shows no SEQ/ACK block."""
    EMPTY_SACK = 1 << 11
    """A SACK option without a whole block: tshark stops there, too, unless the ACK number it shows is above 2**31."""
    LONG_MAPPING = 1 << 12
    """The segment's data has an 8-byte MPTCP data sequence number (RFC 8684, 3.3)."""
    AO = 1 << 13
    """Signed with the authentication option (RFC 5925), which took the place of MD5."""


class RowMark(IntFlag):
    """What the engine records of a segment besides its verdicts."""

    ANALYSED = 1 << 0
    """tshark prints a SEQ/ACK block (with the initial RTT) although it has nothing else to put there."""
    REBASED = 1 << 1
    """A SYN-ACK with a new sequence number: relative numbers count from it from here on."""
    CORRECTED = 1 << 2
    """Later packets disproved what this packet was assumed to do to an endpoint's state (`analysis.correction`)."""


class DecodeIssue(IntFlag):
    """What was wrong with a frame's bytes; bad packets are data, not errors."""

    TRUNCATED = 1 << 0
    """Fewer bytes captured than were on the wire."""
    HEADER_CUT = 1 << 1
    """The cut falls inside the TCP header or its options."""
    BAD_OPTIONS = 1 << 2
    """An option's length is impossible."""
    BAD_HEADER_LENGTH = 1 << 3
    """Data offset below five words, or a TCP header longer than the IP payload."""
    MALFORMED = 1 << 4
    """A header below TCP is impossible; the frame is listed as other."""
    FRAGMENT = 1 << 5
    """A fragment of an IP datagram that this frame does not complete."""
    REASSEMBLED = 1 << 6
    """The segment was put together from IP fragments; this frame completed it."""
    ZERO_FILLED = 1 << 7
    """The payload is 2 or 6 zero bytes that fill an Ethernet frame, tagged or not, to its minimum: data, or padding."""
    LENGTH_FORGOTTEN = 1 << 8
    """The IP header counts more bytes than the frame had by its record: `PacketStore.forgotten` says how many."""
    FRAGMENTS_DIFFER = 1 << 9
    """The segment was put together from IP fragments that overlap, and have different bytes there."""


def _column(rows: int, dtype: type[np.generic]) -> tuple[NDArray[Any], mmap.mmap | None]:
    """A column of ``rows`` zeros, and the mapping whose pages can be released (None for a short column).

    Pages that are never written to take no memory.

    NumPy asks for pages of 2 MiB for long arrays.  With these the last page of each of forty columns is half empty,
    a tenth of the memory of a capture of a million packets, so long columns get small pages (`mapped`).
    """
    size = rows * np.dtype(dtype).itemsize
    if size < _MAPPED:
        return np.zeros(rows, dtype), None
    memory = mapped(size)
    return np.frombuffer(memory, dtype), memory


class PacketStore:
    """Append-only columns; the rows from `first` up to `count` are valid.

    The worker thread appends, then publishes `count`; readers never look beyond the
    `count` they took, nor before `first`.  Rows that nothing was appended to hold zeros.  Columns may be
    replaced by longer copies, so read the attribute anew for each use.  All times are nanoseconds since the epoch.
    """

    # -- read from the packet ---------------------------------------------------
    frame: U32
    """1-based number in the input, before any filter."""
    time_ns: I64
    offset: I64
    """Where the packet's bytes start in its spool."""
    captured: U32
    """Bytes in the spool."""
    wire_length: U32
    """Bytes on the wire, link header included."""
    source: U16
    """Index into the session's list of (spool, interface, link type)."""
    kind: U8
    """`RowKind`."""
    protocol: U16
    """For `RowKind.OTHER`: IP protocol number, or an ethertype (>= 0x0600), 0 unknown."""
    flow: I32
    """Index into `FlowTable`; -1 when not TCP."""
    from_b: U8
    """1 when endpoint *b* of the flow sent it, else 0."""
    network_offset: U16
    """From the frame's start to the innermost IP header."""
    transport_offset: U16
    """From the frame's start to the TCP header."""
    ttl: U8
    """TTL or hop limit."""
    tos: U8
    """DSCP and ECN bits."""
    ip_id: U16
    """IPv4 identification; 0 for IPv6."""
    seq: U32
    ack: U32
    flags: U16
    """Twelve bits, `TcpFlag`."""
    window: U16
    """As in the header, never scaled."""
    header_length: U8
    """TCP header length in bytes (data offset x 4)."""
    length: I32
    """TCP payload bytes by the IP header; negative when the header cannot fit."""
    options: U16
    """`OptionBit`."""
    mss: U16
    """MSS option, 0 without one."""
    window_scale: U8
    """Shift count, 0 without the option (see `options`)."""
    ts_value: U32
    ts_echo: U32
    sack_left: U32
    """First SACK block (RFC 2018, 3); 0 without one."""
    sack_right: U32
    sack_bytes: U32
    """Sum of the first three SACK blocks' lengths (rules/tcp-analysis.md#9-options)."""
    issues: U16
    """`DecodeIssue`."""

    # -- concluded ----------------------------------------------------------------
    stream: I32
    """tcp.stream; -1 without one."""
    previous: I32
    """Row of the stream's previous frame, ICMP quotes included; -1 for the first."""
    verdict: U32
    """`Verdict` bits."""
    dup_ack_number: U32
    refers_to: I32
    """Row of the ACK that a duplicate ACK repeats, or of the segment that the RTO is counted from; -1 without one."""
    acked: I32
    """Row of the segment that this frame acknowledges, -1 without one (ack_rtt is the time between)."""
    bytes_in_flight: U32
    """0: not known."""
    push_bytes: U32
    """Bytes since the last PSH; valid with `bytes_in_flight`."""
    marks: U8
    """`RowMark`."""
    state_a: U8
    """State of endpoint *a* after this frame, with `STATE_PROVED`."""
    state_b: U8
    cause: U8
    """`ResendCause`."""

    def __init__(self, *, shared: bool = False) -> None:
        """``shared``: other processes will map long columns (`model.shared_memory`), so nothing may be evicted."""
        self._shared = shared
        self.count = 0
        self.first = 0
        """Rows before this one are evicted."""
        self.began_ns = 0
        """Time of the very first row; 0 without one."""
        self.latest_ns = 0
        """Newest time of all rows; 0 without one."""
        self.watched = WatchedSpans()
        """When the capture watched, by the times of all rows."""
        self.multipath = MptcpOptionStore()
        """TCP option bytes of the rows that have MPTCP options other than whole DSS ones."""
        self.forgotten = RowValues()
        """By how many bytes the IP header counts more than the frame had; of rows with `LENGTH_FORGOTTEN`."""
        self.fragments = FragmentRows()
        """Which rows carried each datagram that was put together from IP fragments."""
        self._released = 0
        """Memory of rows before this one has been released."""
        self._renewed = 0
        """Value of `_released` when the columns were last reallocated."""
        self._memory: dict[str, mmap.mmap] = {}
        self._capacity = FIRST_CAPACITY
        zeros = shared_zeros if shared else np.zeros
        for name, dtype in COLUMNS.items():
            setattr(self, name, zeros(FIRST_CAPACITY, dtype))

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs that reads the store: no mappings whose pages are to be released."""
        return {**self.__dict__, "_memory": {}}

    @property
    def capacity(self) -> int:
        """For how many rows there is room."""
        return self._capacity

    def reserve(self, rows: int) -> None:
        """Make room for ``rows`` rows in all; contents from `first` to `count` are kept.

        Raises OSError (or OverflowError) when the system has no address space left for them.
        """
        if rows <= self._capacity:
            return
        capacity = self._capacity
        while capacity < rows:
            capacity += max(FIRST_CAPACITY, capacity // 2)
        self._renew(capacity)

    def _renew(self, capacity: int) -> None:
        """Reallocate the columns with ``capacity`` rows and copy the kept ones; memory of others is never touched."""
        kept = slice(self._released, self.count)
        for name, dtype in COLUMNS.items():
            longer, memory = (shared_zeros(capacity, dtype), None) if self._shared else _column(capacity, dtype)
            known = getattr(self, name)[kept]
            setattr(self, name, longer)
            self.fill(name, kept, known)
            if memory is not None:
                self._memory[name] = memory
        self._capacity = capacity
        self._renewed = self._released

    def fill(self, name: str, rows: slice, values: NDArray[Any]) -> None:
        """Write ``values`` into ``rows`` of the column ``name``, which must still hold zeros.

        Blocks of zeros are skipped, so that their memory is not touched: in most captures a quarter of it is never
        needed.
        """
        column, whole = getattr(self, name)[rows], len(values) // _TOUCHED * _TOUCHED
        touched: NDArray[np.bool_] = np.logical_or.reduce(values[:whole].reshape(-1, _TOUCHED), axis=1)
        if len(touched) and touched.all():
            column[:whole] = values[:whole]
        else:
            for begin in (np.flatnonzero(touched) * _TOUCHED).tolist():
                column[begin : begin + _TOUCHED] = values[begin : begin + _TOUCHED]
        if values[whole:].any():
            column[whole:] = values[whole:]

    def share(self, names: Iterable[str]) -> None:
        """Have forks of this process write to the same memory of the columns ``names``; no row comes or goes later."""
        kept = slice(self._released, self.count)
        for name in names:
            known = getattr(self, name)[kept]
            size = max(self._capacity * np.dtype(COLUMNS[name]).itemsize, 1)
            setattr(self, name, np.frombuffer(mmap.mmap(-1, size), COLUMNS[name]))  # MAP_SHARED unless told otherwise
            self.fill(name, kept, known)
            self._memory.pop(name, None)

    def evict(self, first: int) -> None:
        """Evict the rows before ``first``; references to them in kept rows become `NO_ROW`.

        Their memory is released by the next call only, so that a thread that is reading one of them sees no zeros.
        """
        done, self._released = self._released, self.first
        self.first = first
        self.multipath.evict(first)
        self.forgotten.evict(first)
        self.fragments.evict(first)
        kept = slice(first, self.count)
        for name in LINKS:
            column = getattr(self, name)[kept]
            column[column < first] = NO_ROW
        if self._released <= done:
            return
        if not _GIVES_BACK or self._released - self._renewed > reallocate_after(self.count - first):
            self._renew(self._capacity)
            return
        for name, memory in self._memory.items():
            size = np.dtype(COLUMNS[name]).itemsize
            begin, end = (row * size // mmap.PAGESIZE * mmap.PAGESIZE for row in (done, self._released))
            if end > begin:
                memory.madvise(mmap.MADV_DONTNEED, begin, end - begin)

    def publish(self, count: int) -> None:
        """Declare the first ``count`` rows complete; readers may use them from now on."""
        if count > self.count:
            if not self.count:
                self.began_ns = int(self.time_ns[0])
            self.watched.add(self.time_ns[self.count : count])
            newest = int(self.time_ns[self.count : count].max())
            self.latest_ns = max(newest, self.latest_ns) if self.count else newest
        self.count = count

    def row_of_frame(self, frame: int) -> int:
        """The row that holds ``frame``; `NO_ROW` when a filter left it out or it was evicted."""
        if not 0 <= frame <= _LAST_FRAME:
            return NO_ROW
        first = self.first
        column = self.frame[first : self.count]
        # With a number of another dtype, NumPy would convert the whole column.
        place = int(column.searchsorted(np.uint32(frame)))
        return first + place if place < len(column) and int(column[place]) == frame else NO_ROW

    @property
    def bytes_per_row(self) -> int:
        """Bytes of memory that one row takes."""
        return sum(np.dtype(dtype).itemsize for dtype in COLUMNS.values())


_DTYPES: Final[dict[Any, type[np.generic]]] = {
    U8: np.uint8, U16: np.uint16, U32: np.uint32, I32: np.int32, I64: np.int64,
}  # fmt: skip

#: Column name to dtype, in declaration order.
COLUMNS: Final[dict[str, type[np.generic]]] = {
    name: _DTYPES[hint] for name, hint in get_type_hints(PacketStore).items() if hint in _DTYPES
}
