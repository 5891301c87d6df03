"""Other evidence in the capture: connections to the same server tell a sick server from a sick path; ICMP errors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tcptui.analysis.stream.table import Completeness, StreamMark, StreamTable
from tcptui.analysis.stream.view import NEVER_NS, Gathered, StreamView, view_stream
from tcptui.model.lru import LruCache
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import FIN, RST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import PacketStore

TCP: Final = 6
#: Rows after a segment that are searched for an ICMP error about it.
SEARCHED: Final = 16_384
#: Most ICMP errors that are read.
READ: Final = 32
#: Most streams to the same server examined on either side, nearest by number: a busy server has thousands.
NEAREST: Final = 32
#: Streams whose neighbours are looked up together, so that it pays to lay out all streams server by server.
MANY: Final = 16
#: The index is rebuilt when the streams have become this many times as many.
REGROWTH: Final = 1.25
#: Streams whose `FirstWords` are cached.
CACHED_STREAMS: Final = 4_096
#: Streams hashed at a time.
CHUNK: Final = 65_536
#: Odd multipliers of the hash.
MIX: Final = tuple(np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93))

_RST: Final = int(StreamMark.RST_A | StreamMark.RST_B)
_OPENED: Final = int(Completeness.SYN | Completeness.SYN_ACK | Completeness.ACK)
_SYNS: Final = int(Completeness.SYN | Completeness.SYN_ACK)
_CLIENT_FIN: Final = (int(StreamMark.FIN_A), int(StreamMark.FIN_B))
_SIDES: Final[tuple[Literal["left", "right"], ...]] = ("left", "right")


class Sibling(NamedTuple):
    """One other stream to the same server address and port, of which SYN, SYN-ACK and an ACK were captured."""

    stream: int
    packets: int
    began_ns: int
    """Time of its first frame."""
    last_ns: int
    """Time of its newest frame."""
    asked_bytes: int
    """Payload that the client sent, repeats included."""
    answered_bytes: int
    """Payload that the server sent, repeats included."""
    client_closed: bool
    """The client sent a FIN."""
    server_closed: bool
    reset: bool


class Near(NamedTuple):
    """Other streams to the same server as columns, by number: for rules that need few of them."""

    streams: NDArray[np.int32]
    packets: NDArray[np.int32]
    began_ns: NDArray[np.int64]
    """Time of the first frame of each."""
    last_ns: NDArray[np.int64]
    """Time of its newest frame."""


class FirstWords(NamedTuple):
    """When a connection was first answered and first used, as far as it was captured; None: never."""

    server_ns: int | None
    """Time of the server's earliest segment."""
    used_ns: int | None
    """Time of the first segment with the server's payload or FIN, or a RST of either end.

    A FIN of the client shows no use: it may close what waits in the accept queue.
    """


class _Around(NamedTuple):
    """What is there of the indexed streams, server by server: of each a row, itself amid `NEAREST` on either side."""

    packets_then: int
    """How many packets there were when it was made."""
    server: NDArray[np.int32]
    """A number for each server; -1 in front of the first stream and behind the last."""
    streams: NDArray[np.int32]
    steps: NDArray[Any]
    """`StreamTable.completeness`."""
    packets: NDArray[np.int32]
    began_ns: NDArray[np.int64]
    last_ns: NDArray[np.int64]


class Siblings:
    """Finds the streams that share a server; the index grows with the stream table."""

    def __init__(self, store: PacketStore, streams: StreamTable) -> None:
        self._store = store
        self._streams = streams
        self._indexed = 0
        """Streams before this one are in the index, unless they were evicted before they were added."""
        self._numbers = np.zeros(0, np.int32)
        """The indexed streams, server by server, each server's ascending."""
        self._keys = np.zeros(0, np.uint64)
        """A hash of the server address and port of each, ascending."""
        self._listed = np.zeros(0, np.int32)
        """The indexed streams, ascending."""
        self._places = np.zeros(0, np.int32)
        """Where each of `_listed` is in `_numbers`."""
        self._client_was_b = np.zeros(0, np.uint8)
        """`StreamTable.client_is_b` of each of `_listed` when it was added: the server that its key is of."""
        self._around: _Around | None = None
        """Made when the neighbours of `MANY` are asked for."""
        self.gathered: Gathered | None = None
        """Streams that are being judged together: what is there of a sibling need not be gathered once more."""
        self._quotes = np.zeros(0, np.int64)
        """Rows before `_searched` of ICMP errors that quote too little (`short_quotes`)."""
        self._searched = 0
        self._words: LruCache[int, tuple[tuple[int, ...], FirstWords | None]] = LruCache(CACHED_STREAMS, locked=True)
        """Of streams: how many rows there were when they were read and what else told them, and `first_words`."""
        self._lock = threading.Lock()
        """Screens and the worker call this from different threads."""

    def of(self, stream: int) -> list[Sibling]:
        """The streams `near` ``stream``."""
        return self._described(self.near(stream).streams)

    def near(self, stream: int, *, begun_before: bool = False) -> Near:
        """Streams to the same server: of the `NEAREST` before ``stream`` and as many after it those that were opened.

        They are ordered by number.  Servers are told apart by a hash of 64 bits.  With ``begun_before`` also those
        that are older than the capture, which has no SYN of them.
        """
        with self._lock:
            indexed, late, at = self._alike(stream)
        if len(late):
            at_late = int(late.searchsorted(np.int32(stream)))
            before = self._kept((late[:at_late][::-1], indexed[:at][::-1]), NEAREST)[::-1]
            # The stream itself is among them, unless it is evicted.
            after = self._kept((indexed[at:], late[at_late:]), NEAREST + 1)
        else:
            before = self._kept((indexed[:at][::-1],), NEAREST)[::-1]
            after = self._kept((indexed[at:],), NEAREST + 1)
        near = np.concatenate((before, after))
        return self._near(near[_is_chosen(self._streams.completeness[near], begun_before) & (near != stream)])

    def near_each(self, streams: NDArray[np.int64], *, begun_before: bool = False) -> Near:
        """`near` each of ``streams``, a row each; where fewer are near: stream -1, which begins at `NEVER_NS`."""
        table = self._streams
        with self._lock:
            late, _hashes = self._late()
            listed, places, was_b = self._listed, self._places, self._client_was_b
            is_laid_out = len(streams) >= MANY and len(listed) and not len(late) and not table.evicted_streams
            around = self._laid_out() if is_laid_out else None
        which = np.minimum(listed.searchsorted(streams.astype(listed.dtype)), max(len(listed) - 1, 0))
        if around is None or (listed[which] != streams).any() or (was_b[which] != table.client_is_b[streams]).any():
            near = np.full((len(streams), 2 * NEAREST + 1), -1, np.int32)
            for row, stream in zip(near, streams.tolist(), strict=True):
                found = self.near(stream, begun_before=begun_before).streams
                row[: len(found)] = found
            began_ns = np.where(near >= 0, table.began_ns[near], NEVER_NS)
            return Near(near, table.packets[near], began_ns, table.latest_ns[near])
        mine = places[which]
        server = around.server[mine]
        there = (server == server[:, NEAREST, None]) & _is_chosen(around.steps[mine], begun_before)
        there[:, NEAREST] = False  # itself
        near = np.where(there, around.streams[mine], np.int32(-1))
        began_ns = np.where(there, around.began_ns[mine], NEVER_NS)
        return Near(near, around.packets[mine], began_ns, around.last_ns[mine])

    def _laid_out(self) -> _Around:
        """The indexed streams as they are now; made anew where packets have come."""
        packets = self._store.count
        if self._around is None or self._around.packets_then != packets:
            table, numbers = self._streams, self._numbers
            server = np.cumsum(np.diff(self._keys, prepend=self._keys[:1]) != 0, dtype=np.int32)
            of_each = (table.completeness, table.packets, table.began_ns, table.latest_ns)
            columns = (numbers, *(column[numbers] for column in of_each))
            self._around = _Around(packets, _windows(server, -1), *(_windows(column, 0) for column in columns))
        return self._around

    def _near(self, chosen: NDArray[np.int32]) -> Near:
        streams = self._streams
        return Near(chosen, streams.packets[chosen], streams.began_ns[chosen], streams.latest_ns[chosen])

    def _kept(self, candidates: tuple[NDArray[np.int32], ...], most: int) -> NDArray[np.int32]:
        """The first ``most`` of ``candidates`` that are not evicted."""
        if not self._streams.evicted_streams and len(candidates) == 1:
            return candidates[0][:most]
        found, count = [np.zeros(0, np.int32)], 0
        for some in candidates:
            for begin in range(0, len(some), most):
                if count >= most:
                    break
                part = some[begin : begin + most]
                found.append(part[self._streams.are_stored(part)])
                count += len(found[-1])
        return np.concatenate(found)[:most]

    @property
    def has_short_quotes(self) -> bool:
        """Whether `short_quotes` finds any after any row."""
        with self._lock:
            return len(self._known_quotes()) > 0

    def short_quotes(self, row: int) -> list[int]:
        """Rows after ``row`` of ICMP errors that quote only the first eight bytes of a TCP header (RFC 792).

        Wireshark gives them to no stream, and so does the decoder; addresses and ports are there
        all the same.
        """
        with self._lock:
            quotes = self._known_quotes()
        begin, end = np.searchsorted(quotes, (row, row + SEARCHED)).tolist()
        found: list[int] = quotes[begin : min(end, begin + READ)].tolist()
        return found

    def _known_quotes(self) -> NDArray[np.int64]:
        """All such rows in the store, cached: there are nearly always none, but they are asked for of many streams."""
        store = self._store
        begin, end = max(self._searched, store.first), store.count
        if begin >= end and not len(self._quotes):
            return self._quotes
        part = slice(begin, end)
        new = (store.kind[part] == RowKind.OTHER) & (store.protocol[part] == TCP) & (store.transport_offset[part] > 0)
        kept = self._quotes[int(np.searchsorted(self._quotes, store.first)) :]
        self._quotes = np.concatenate((kept, np.flatnonzero(new) + begin))
        self._searched = end
        return self._quotes

    def view(self, stream: int) -> StreamView:
        """The segments of a sibling that are not evicted."""
        gathered, place = self.gathered, self._gathered_place(stream)
        return (
            view_stream(self._store, self._streams, stream) if gathered is None or place < 0 else gathered.view(place)
        )

    def _gathered_place(self, stream: int) -> int:
        """Where ``stream`` is in `gathered`; -1 where it is not, or that is not what the store has now."""
        gathered = self.gathered
        if gathered is None or not self._is_current(gathered):
            return -1
        return gathered.place(stream)

    def first_words(self, number: int) -> FirstWords | None:
        """When the server spoke in stream ``number``, and when that was in use; None where rows are evicted.

        Cached, because each of many connections in trouble asks for its neighbours.
        """
        streams = self._streams
        place = self._gathered_place(number)
        if place >= 0 and self.gathered is not None and not streams.evicted[number]:
            times = [column.item(place) for column in self.gathered.spoken_ns]
            return FirstWords(*(None if time_ns == NEVER_NS else time_ns for time_ns in times))
        now = (
            self._store.count,
            int(streams.evicted[number]),
            int(streams.client_is_b[number]),
            int(streams.began_ns[number]),
        )
        known = self._words.get(number)
        if known is None or known[0] != now:
            known = now, self._read_words(number)
            self._words.put(number, known)
        return known[1]

    def first_words_each(
        self, numbers: NDArray[np.int32]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
        """`first_words` of each: whether there are any, and its columns, `NEVER_NS` for None."""
        known = np.zeros(len(numbers), np.bool_)
        server_ns, used_ns = np.full((2, len(numbers)), NEVER_NS)
        gathered = self.gathered
        if gathered is not None and len(gathered.streams) and self._is_current(gathered):
            place = np.minimum(gathered.streams.searchsorted(numbers), len(gathered.streams) - 1)
            known = (gathered.streams[place] == numbers) & (self._streams.evicted[numbers] == 0)
            for column, spoken_ns in zip((server_ns, used_ns), gathered.spoken_ns, strict=True):
                column[known] = spoken_ns[place[known]]
        for at in np.flatnonzero(~known).tolist():
            words = self.first_words(int(numbers[at]))
            known[at] = words is not None
            if words is not None:
                server_ns[at], used_ns[at] = (NEVER_NS if time_ns is None else time_ns for time_ns in words)
        return known, server_ns, used_ns

    def _is_current(self, gathered: Gathered) -> bool:
        """Whether ``gathered`` is what the store has now."""
        return gathered.of_rows == (self._store.first, self._store.count)

    def _read_words(self, stream: int) -> FirstWords | None:
        view = self.view(stream)
        if view.evicted:
            return None
        server = view.time_ns[view.from_server]
        by_server = view.from_server & ((view.length > 0) | ((view.flags & FIN) != 0))
        said = view.time_ns[by_server | ((view.flags & RST) != 0)]
        return FirstWords(int(server.min()) if len(server) else None, int(said[0]) if len(said) else None)

    def _alike(self, stream: int) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
        """Streams whose server has the same hash (nearly always the same server): indexed ones, and later ones.

        Also where ``stream`` is, or would be, among the indexed ones.
        """
        streams = self._streams
        late, hashes = self._late()
        place = -1
        if not len(late):
            listed = int(self._listed.searchsorted(np.int32(stream)))
            known = listed < len(self._listed) and self._listed[listed] == stream
            if known and self._client_was_b[listed] == streams.client_is_b[stream]:
                place = int(self._places[listed])
        # Streams that came since are few, so each of them is compared.
        wanted = self._keys[place] if place >= 0 else self._hashes(np.array([stream], np.int32))[0]
        begin, end = (int(self._keys.searchsorted(wanted, side=side)) for side in _SIDES)
        indexed = self._numbers[begin:end]
        at = place - begin if place >= 0 else int(indexed.searchsorted(np.int32(stream)))
        return indexed, late[hashes == wanted] if len(late) else late, at

    def _late(self) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
        """Streams that are not in the index, ascending, with their hashes; none once they have been added to it."""
        late, hashes = self._listed[:0], self._keys[:0]
        if self._indexed < self._streams.count:
            late = self._since(self._streams.count)
            hashes = self._hashes(late)
            if len(late) > len(self._numbers) * (REGROWTH - 1):
                self._index(late, hashes)
                late, hashes = late[:0], hashes[:0]
        return late, hashes

    def _index(self, late: NDArray[np.int32], hashes: NDArray[np.uint64]) -> None:
        """Add ``late`` streams with their ``hashes`` to the index, and drop the evicted ones."""
        kept = self._streams.are_stored(self._numbers)
        numbers = np.concatenate((self._numbers[kept], late))
        keys = np.concatenate((self._keys[kept], hashes))
        # The later ones have higher numbers and come behind those of the same server.
        order = np.argsort(keys, kind="stable")
        self._numbers, self._keys, self._around = numbers[order], keys[order], None
        self._indexed = int(late[-1]) + 1 if len(late) else self._indexed
        # Numbers before they were sorted by key are ascending only as far as each server's are.
        by_number = np.argsort(self._numbers, kind="stable").astype(np.int32)
        self._listed, self._places = self._numbers[by_number], by_number
        self._client_was_b = self._streams.client_is_b[self._listed]

    def _since(self, count: int) -> NDArray[np.int32]:
        """Streams among the first ``count`` that are neither in the index nor evicted."""
        if not self._streams.evicted_streams:  # of a million streams even to list them all takes a millisecond
            return np.arange(self._indexed, count, dtype=np.int32)
        listed = self._streams.listed(count)
        return listed[int(listed.searchsorted(np.int32(self._indexed))) :]

    def _hashes(self, chosen: NDArray[np.int32]) -> NDArray[np.uint64]:
        """A hash of the server (address and port) of each of the streams ``chosen``."""
        streams, flows = self._streams, self._streams.flows
        parts = [np.zeros(0, np.uint64)]
        for begin in range(0, len(chosen), CHUNK):
            part = chosen[begin : begin + CHUNK]
            flow = streams.flow[part]
            client_is_b = streams.client_is_b[part] != 0
            words = flows.addresses_of(flow)[np.arange(len(part)), np.where(client_is_b, 0, 1)]
            of_a, of_b = flows.ports(flow)
            port = np.where(client_is_b, of_a, of_b).astype(np.uint64)
            mixed = words[:, 0] * MIX[0] ^ words[:, 1] * MIX[1] ^ port * MIX[2]
            parts.append(mixed ^ (mixed >> np.uint64(32)))
        return np.concatenate(parts)

    def _described(self, chosen: NDArray[np.int32]) -> list[Sibling]:
        streams, marks = self._streams, self._streams.marks[chosen]
        by_b = streams.client_is_b[chosen] != 0
        of_a, of_b = streams.payload_a[chosen], streams.payload_b[chosen]
        fin_a, fin_b = ((marks & fin) != 0 for fin in _CLIENT_FIN)
        columns = (
            chosen, streams.packets[chosen], streams.began_ns[chosen], streams.latest_ns[chosen],
            np.where(by_b, of_b, of_a), np.where(by_b, of_a, of_b),
            np.where(by_b, fin_b, fin_a), np.where(by_b, fin_a, fin_b), (marks & _RST) != 0,
        )  # fmt: skip
        return list(map(Sibling._make, zip(*(column.tolist() for column in columns), strict=True)))


def _is_chosen(steps: NDArray[Any], begun_before: bool) -> NDArray[np.bool_]:
    """Where streams of this completeness were opened; with ``begun_before`` also where the capture has no SYN."""
    opened: NDArray[np.bool_] = (steps & _OPENED) == _OPENED
    if begun_before:
        opened |= (steps & _SYNS) == 0
    return opened


def _windows(column: NDArray[Any], beyond: int) -> NDArray[Any]:
    """A row for each element of ``column``: that amid its neighbours, ``beyond`` where there are none (not copied)."""
    margin = np.full(NEAREST, beyond, column.dtype)
    return sliding_window_view(np.concatenate((margin, column, margin)), 2 * NEAREST + 1)
