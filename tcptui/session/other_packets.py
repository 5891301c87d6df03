"""The packets that are no TCP segments, by protocol and conversation: built when first asked for, grown on request.

Nothing is kept of such packets while a capture is read but their rows in the store.  Who wants to list them calls
`OtherPackets.grow`, which reads their headers from the spool, a block at a time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.access.packet_heads import packet_heads
from tcptui.model.arrays import PIECE
from tcptui.model.flow_table import KEY_WORDS, FlowTable
from tcptui.model.other_protocol import TCP
from tcptui.model.packet_store import I32, I64, U8, U16, PacketStore, RowKind
from tcptui.wire.other_headers import NO_ADDRESS, Endpoints, address_text, read_other_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.access.source_info import SourceInfo

#: Packets whose headers are read at once.
_BATCH: Final = 1 << 12
_NONE: Final = -1
_NOWHERE: Final = 2**16 - 1
#: Evicted conversations are dropped when there are so many, and more of them than others.
_EVICTED_LEAST: Final = 4096
_VERSION_BITS: Final = 8
#: Once there are so many conversations, packets of further reads are listed by protocol only: a flood of forged
#: addresses must not take the memory of the host.
MOST_CONVERSATIONS: Final = 1 << 19


class ProtocolCount(NamedTuple):
    """How much of one protocol is kept."""

    protocol: int
    """Its code (`model.other_protocol`)."""
    packets: int
    wire_bytes: int
    """Bytes on the wire, link headers included."""
    conversations: int


class Party(NamedTuple):
    """One end of a conversation that need not have an IP address."""

    host: str
    """An address as text; empty when none is known."""
    port: int
    """Port, or identifier of ICMP messages; 0 without one."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if self.port and ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


@dataclass(frozen=True, slots=True)
class Conversation:
    """The packets that two ends send each other in one protocol."""

    number: int
    """Its index in `OtherPackets`, until packets are evicted (`OtherPackets.renewals`)."""
    protocol: int
    ends: tuple[Party, Party]
    """The one that sent the first packet first."""
    packets: int
    wire_bytes: int
    first_row: int
    last_row: int


class OtherPackets:
    """An index over rows that are no TCP segments; one thread at a time may use it.

    Counts are of the packets that are kept.  Memory: 15 bytes a packet, some 400 a conversation, of which there are
    `MOST_CONVERSATIONS` and a few thousand at most.
    """

    def __init__(self, store: PacketStore, sources: Sequence[SourceInfo], descriptors: Sequence[int]) -> None:
        self._store = store
        self._sources = sources
        self._descriptors = descriptors
        self._next = 0
        """The first row of the store that has not been looked at."""
        self._count = 0
        self._rows: I32 = np.zeros(1024, np.int32)
        self._talk: I32 = np.zeros(1024, np.int32)
        """Conversation of each packet."""
        self._about: I32 = np.zeros(1024, np.int32)
        """The conversation that an ICMP error quotes; `_NONE` for any other packet."""
        self._from_b: U8 = np.zeros(1024, np.uint8)
        self._at_header: U16 = np.zeros(1024, np.uint16)
        """Where the header of each packet's protocol begins (`OtherHeaders`); `_NOWHERE`: not known."""
        self._table = FlowTable()
        """Keys of conversations."""
        self._protocols: I32 = np.zeros(0, np.int32)
        """Per conversation, as the next ones."""
        self._packets: I64 = np.zeros(0, np.int64)
        self._bytes: I64 = np.zeros(0, np.int64)
        self._first: I32 = np.zeros(0, np.int32)
        self._last: I32 = np.zeros(0, np.int32)
        self._b_first: U8 = np.zeros(0, np.uint8)
        """Whether end b sent the first packet."""
        self.revision = 0
        """Incremented whenever anything changed."""
        self.renewals = 0
        """Incremented whenever the numbers of conversations changed."""

    # -- building ----------------------------------------------------------------------
    @property
    def is_current(self) -> bool:
        """Whether all rows of the store have been looked at, and those that it evicted are forgotten."""
        forgotten = not self._count or int(self._rows[0]) >= self._store.first
        return self._next >= self._store.count and forgotten

    def grow(self, seconds: float | None = None) -> bool:
        """Look at new rows, for about ``seconds`` at most (None: at all); returns `is_current`.

        Packets whose bytes cannot be read are listed without any.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        self._evict()
        while self._next < self._store.count:
            begin = max(self._next, self._store.first)
            stop = min(begin + PIECE, self._store.count)
            found = np.flatnonzero(self._store.kind[begin:stop] != RowKind.TCP) + begin
            if len(found) > _BATCH:
                found = found[:_BATCH]
                stop = int(found[-1]) + 1
            if len(found):
                self._add(found)
            self._next = stop
            if deadline is not None and time.monotonic() > deadline:
                break
        return self.is_current

    def _add(self, rows: I64) -> None:
        store = self._store
        headers = read_other_headers(packet_heads(store, self._sources, self._descriptors, rows))
        kept = rows >= store.first  # checked after the read: rows may be evicted meanwhile
        talk, from_b = self._conversations(headers.protocol, headers.ends)
        about = np.full(len(rows), _NONE, np.int32)
        quoting = np.flatnonzero((headers.quoting >= 0) & (store.kind[rows] == RowKind.OTHER))
        if len(quoting) and len(self._table) < MOST_CONVERSATIONS:
            inner = headers.quoted
            ends = Endpoints(inner.address[:, quoting], inner.version[quoting], inner.source_port[quoting],
                        inner.target_port[quoting])  # fmt: skip
            about[quoting] = self._conversations(headers.quoting[quoting], ends)[0]
        at = np.where(headers.at_header < 0, _NOWHERE, headers.at_header)
        if not kept.all():
            rows, talk, about, from_b, at = rows[kept], talk[kept], about[kept], from_b[kept], at[kept]
        upto = self._count + len(rows)
        if upto > len(self._rows):
            for name in ("_rows", "_talk", "_about", "_from_b", "_at_header"):
                column = getattr(self, name)
                longer = np.zeros(max(upto, 2 * len(column)), column.dtype)
                longer[: self._count] = column[: self._count]
                setattr(self, name, longer)
        new = slice(self._count, upto)
        self._rows[new], self._talk[new], self._about[new], self._from_b[new] = rows, talk, about, from_b
        self._at_header[new] = at
        self._count = upto
        self._tally(rows, talk, from_b)
        self.revision += 1

    def _conversations(self, protocols: I64, ends: Endpoints) -> tuple[I32, U8]:
        """The number of the conversation of each packet, and whether end b sent it."""
        n = len(protocols)
        if len(self._table) >= MOST_CONVERSATIONS:
            nobody = np.zeros(n, np.int64)
            ends = Endpoints(np.zeros((4, n), np.uint64), nobody + NO_ADDRESS, nobody, nobody)
        source, target = ends.address[:2], ends.address[2:]
        version = ends.version
        source, target = (np.where(version == NO_ADDRESS, np.uint64(0), words) for words in (source, target))
        swapped = (source[0] > target[0]) | (
            (source[0] == target[0])
            & ((source[1] > target[1]) | ((source[1] == target[1]) & (ends.source_port > ends.target_port)))
        )
        keys = np.empty((KEY_WORDS, n), np.uint64)
        keys[:2], keys[2:4] = np.where(swapped, target, source), np.where(swapped, source, target)
        low = np.where(swapped, ends.target_port, ends.source_port)
        high = np.where(swapped, ends.source_port, ends.target_port)
        keys[4] = (protocols << _VERSION_BITS | version).astype(np.uint64) << np.uint64(32) | (low << 16 | high).astype(
            np.uint64
        )
        numbers = self._table.ids(keys.T)
        count = len(self._table)
        if count > len(self._protocols):
            for name, empty in _PER_CONVERSATION:
                column = getattr(self, name)
                longer = np.full(max(count, 2 * len(column)), empty, column.dtype)
                longer[: len(column)] = column
                setattr(self, name, longer)
        self._protocols[numbers] = protocols
        return numbers, swapped.astype(np.uint8)

    def _tally(self, rows: I64, talk: I32, from_b: U8) -> None:
        """Add ``rows``, ascending, to the sums of their conversations."""
        each, first, which = np.unique(talk, return_index=True, return_inverse=True)
        new = self._packets[each] == 0
        self._packets[each] += np.bincount(which)
        sizes = self._store.wire_length[rows].astype(np.float64)
        self._bytes[each] += np.bincount(which, weights=sizes).astype(np.int64)
        self._first[each[new]] = rows[first[new]]
        self._b_first[each[new]] = from_b[first[new]]
        np.maximum.at(self._last, talk, rows.astype(np.int32))

    def _evict(self) -> None:
        """Forget the rows that the store has evicted; conversations without packets go when they are many."""
        gone = int(np.searchsorted(self._rows[: self._count], self._store.first))
        if not gone:
            return
        for name in ("_rows", "_talk", "_about", "_from_b", "_at_header"):
            setattr(self, name, getattr(self, name)[gone:].copy())
        self._count -= gone
        kept = slice(0, self._count)
        for name, empty in _PER_CONVERSATION[1:]:
            getattr(self, name)[:] = empty
        used = np.zeros(len(self._table), np.bool_)
        used[self._talk[kept]] = True
        abouts = self._about[kept]
        used[abouts[abouts >= 0]] = True
        talking = int(np.count_nonzero(used))
        if len(used) - talking > max(_EVICTED_LEAST, talking):
            self._renumber(np.flatnonzero(used))
        if self._count:
            self._tally(self._rows[kept].astype(np.int64), self._talk[kept], self._from_b[kept])
        self.revision += 1

    def _renumber(self, used: I64) -> None:
        """Keep only the conversations ``used``, with new numbers."""
        old, self._table = self._table, FlowTable()
        words = old.keys(used)
        protocols = self._protocols[used]
        numbers = self._table.ids(words)
        number_of = np.full(len(old), _NONE, np.int32)
        number_of[used] = numbers
        for name, empty in _PER_CONVERSATION:
            setattr(self, name, np.full(len(used), empty, getattr(self, name).dtype))
        self._protocols[numbers] = protocols
        kept = slice(0, self._count)
        self._talk[kept] = number_of[self._talk[kept]]
        about = self._about[kept]
        self._about[kept] = np.where(about >= 0, number_of[about], _NONE)
        self.renewals += 1

    # -- reading -----------------------------------------------------------------------
    @property
    def packets(self) -> int:
        """How many packets are listed."""
        return self._count

    def protocols(self) -> list[ProtocolCount]:
        """The protocols with packets, those with most first."""
        count = len(self._table)
        talking = np.flatnonzero(self._packets[:count])
        each, which = np.unique(self._protocols[talking], return_inverse=True)
        packets = np.bincount(which, weights=self._packets[talking], minlength=len(each)).astype(np.int64)
        sizes = np.bincount(which, weights=self._bytes[talking], minlength=len(each)).astype(np.int64)
        talks = np.bincount(which, minlength=len(each))
        order = np.lexsort((each, -packets))
        return [ProtocolCount(int(each[at]), int(packets[at]), int(sizes[at]), int(talks[at])) for at in order.tolist()]

    @property
    def stop(self) -> int:
        """The first row of the store that has not been looked at."""
        return self._next

    def rows_between(self, first: int, stop: int) -> I32:
        """The rows that are listed from ``first`` on and before ``stop``."""
        rows: I32 = self._rows[: self._count]
        low, high = np.searchsorted(rows, (first, stop)).tolist()
        return rows[low:high].copy()

    def newest(self, count: int) -> I32:
        """The last ``count`` rows that are listed, or all."""
        rows: I32 = self._rows[max(0, self._count - count) : self._count]
        return rows.copy()

    def not_tcp(self) -> list[ProtocolCount]:
        """`protocols` without TCP that was cut too short to be analysed."""
        return [each for each in self.protocols() if each.protocol != TCP]

    def conversations(self, protocol: int) -> I32:
        """Numbers of the conversations of ``protocol``, those with most packets first."""
        count = len(self._table)
        mine = np.flatnonzero((self._protocols[:count] == protocol) & (self._packets[:count] > 0))
        order = np.lexsort((self._first[mine], -self._packets[mine]))
        return mine[order].astype(np.int32)

    def conversation(self, number: int) -> Conversation:
        """One conversation."""
        a, b = self._parties(number)
        return Conversation(
            number,
            int(self._protocols[number]),
            (b, a) if self._b_first[number] else (a, b),
            int(self._packets[number]),
            int(self._bytes[number]),
            int(self._first[number]),
            int(self._last[number]),
        )

    def rows_of_conversation(self, number: int) -> I32:
        """Rows of the conversation's packets and of ICMP errors about it, in capture order."""
        kept = slice(0, self._count)
        rows: I32 = self._rows[kept][(self._talk[kept] == number) | (self._about[kept] == number)]
        return rows

    def rows_of_protocol(self, protocol: int | None) -> I32:
        """Rows of the packets of ``protocol`` (None: of any), in capture order."""
        kept = slice(0, self._count)
        if protocol is None:
            return self._rows[kept].copy()
        rows: I32 = self._rows[kept][self._protocols[self._talk[kept]] == protocol]
        return rows

    def conversation_of(self, row: int) -> int:
        """The number of the conversation of ``row``; -1 when the row is not listed (yet)."""
        place = self._place(row)
        return _NONE if place < 0 else int(self._talk[place])

    @property
    def conversation_count(self) -> int:
        """How many numbers of conversations there are."""
        return len(self._table)

    def conversations_of(self, rows: I64) -> I32:
        """The number of the conversation of each of ``rows``; -1 for one that is not listed."""
        if not self._count:
            return np.full(len(rows), _NONE, np.int32)
        place = np.minimum(np.searchsorted(self._rows[: self._count], rows), self._count - 1)
        return np.where(self._rows[place] == rows, self._talk[place], np.int32(_NONE))

    def quoted_conversation(self, row: int) -> int:
        """The number of the conversation that the ICMP error ``row`` quotes; -1 without one."""
        place = self._place(row)
        about = _NONE if place < 0 else int(self._about[place])
        return about if about >= 0 and self._packets[about] else _NONE

    def ends_of(self, row: int) -> tuple[Party, Party]:
        """Sender and receiver of ``row``, without anything where it is not listed."""
        place = self._place(row)
        if place < 0:
            return Party("", 0), Party("", 0)
        a, b = self._parties(int(self._talk[place]))
        return (b, a) if self._from_b[place] else (a, b)

    def quoted_ends(self, row: int) -> tuple[Party, Party] | None:
        """The two ends of the packet that the ICMP error ``row`` quotes, in no order; None without one."""
        place = self._place(row)
        about = _NONE if place < 0 else int(self._about[place])
        return None if about < 0 else self._parties(about)

    def header_of(self, row: int) -> tuple[int, int]:
        """The protocol of ``row`` and where its header begins in the frame, -1 where that is not known."""
        place = self._place(row)
        if place < 0:
            return 0, _NONE
        at = int(self._at_header[place])
        return int(self._protocols[self._talk[place]]), _NONE if at == _NOWHERE else at

    def _place(self, row: int) -> int:
        place = int(self._rows[: self._count].searchsorted(np.int32(row)))  # of another type, it would copy the column
        return place if place < self._count and int(self._rows[place]) == row else _NONE

    def _parties(self, number: int) -> tuple[Party, Party]:
        a_high, a_low, b_high, b_low, rest = (int(word) for word in self._table.keys(np.array([number]))[0])
        version = rest >> 32 & ((1 << _VERSION_BITS) - 1)
        return (
            Party(address_text(a_high, a_low, version), rest >> 16 & 0xFFFF),
            Party(address_text(b_high, b_low, version), rest & 0xFFFF),
        )


#: Columns with an entry per conversation, and what is in it before there is a packet.
_PER_CONVERSATION: Final = (
    ("_protocols", 0), ("_packets", 0), ("_bytes", 0), ("_first", 0), ("_last", 0), ("_b_first", 0),
)  # fmt: skip
