"""What else is in the capture: connections to the same server tell a sick server from a sick path; ICMP errors."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream_table import Completeness, StreamMark, StreamTable
from tcptui.analysis.stream_view import StreamView, view_stream
from tcptui.model.packet_store import RowKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import PacketStore

TCP: Final = 6
#: Rows that are searched for an error about a segment, and errors that are read.
SEARCHED: Final = 16_384
READ: Final = 32
#: Neighbours by number that are looked at on either side: a busy server has thousands.
NEAREST: Final = 32
#: The index is made anew when there are so many times as many streams.
REGROWTH: Final = 1.25
#: Streams hashed at a time.
CHUNK: Final = 65_536
#: Odd numbers that spread what they are multiplied with.
MIX: Final = tuple(np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93))

_RST: Final = int(StreamMark.RST_A | StreamMark.RST_B)
_OPENED: Final = int(Completeness.SYN | Completeness.SYN_ACK | Completeness.ACK)
_CLIENT_FIN: Final = (int(StreamMark.FIN_A), int(StreamMark.FIN_B))


@dataclass(frozen=True, slots=True)
class Sibling:
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


class Siblings:
    """Finds the streams that share a server; the index grows with the stream table."""

    def __init__(self, store: PacketStore, streams: StreamTable) -> None:
        self._store = store
        self._streams = streams
        self._indexed = 0
        """Streams before this one are in the index, unless they had left when it was made."""
        self._numbers = np.zeros(0, np.int32)
        """The indexed streams, ascending."""
        self._keys = np.zeros(0, np.uint64)
        """A hash of the server address and port of each."""
        self._order = np.zeros(0, np.int64)
        """Places in these two by that hash, then by number."""
        self._lock = threading.Lock()
        """Screens ask while the worker does."""

    def of(self, stream: int) -> list[Sibling]:
        """Those among `NEAREST` streams before ``stream`` and as many after it that were opened, in their order.

        Servers are told apart by 64 bits of a hash.
        """
        with self._lock:
            known = self._alike(stream)
        place = int(np.searchsorted(known, stream))
        near = known[max(0, place - NEAREST) : place + NEAREST + 1]
        opened = (self._streams.completeness[near] & _OPENED) == _OPENED
        return [self._sibling(other) for other in near[opened].tolist() if other != stream]

    def short_quotes(self, row: int) -> list[int]:
        """Rows after ``row`` of ICMP errors that quote only the first eight bytes of a TCP header (RFC 792).

        Wireshark gives them to no stream, and so does the decoder; addresses and ports are there
        all the same.
        """
        store = self._store
        part = slice(row, min(store.count, row + SEARCHED))
        found = (store.kind[part] == RowKind.OTHER) & (store.protocol[part] == TCP) & (store.transport_offset[part] > 0)
        return [int(place) + row for place in np.flatnonzero(found)[:READ]]

    def view(self, stream: int) -> StreamView:
        """The segments of a sibling that are kept; none when it has left."""
        return view_stream(self._store, self._streams, stream)

    def _alike(self, stream: int) -> NDArray[np.int64]:
        """Streams whose server has the same hash, in their order; nearly always the same server."""
        streams = self._streams
        late = self._since(streams.count)
        hashes = self._hashes(late)
        if len(late) > len(self._numbers) * (REGROWTH - 1):
            kept = streams.are_kept(self._numbers)
            self._numbers = np.concatenate((self._numbers[kept], late))
            self._keys = np.concatenate((self._keys[kept], hashes))
            self._order = np.argsort(self._keys, kind="stable")
            self._indexed = int(late[-1]) + 1 if len(late) else self._indexed
            late, hashes = late[:0], hashes[:0]
        # Streams that came since are few, and looked at one and all.
        wanted = self._hashes(np.array([stream], np.int32))[0]
        begin = int(np.searchsorted(self._keys, wanted, side="left", sorter=self._order))
        end = int(np.searchsorted(self._keys, wanted, side="right", sorter=self._order))
        alike = np.concatenate((self._numbers[self._order[begin:end]], late[hashes == wanted])).astype(np.int64)
        still: NDArray[np.int64] = alike[streams.are_kept(alike)]
        return still

    def _since(self, count: int) -> NDArray[np.int32]:
        """Streams that are not in the index and have not left, of the first ``count``."""
        since = np.arange(self._indexed, count, dtype=np.int32)
        return since[self._streams.are_kept(since)]

    def _hashes(self, chosen: NDArray[np.int32]) -> NDArray[np.uint64]:
        """Of the servers of the streams ``chosen``."""
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

    def _sibling(self, stream: int) -> Sibling:
        streams = self._streams
        client_is_b = int(streams.client_is_b[stream])
        marks = int(streams.marks[stream])
        payload = int(streams.payload_a[stream]), int(streams.payload_b[stream])
        return Sibling(
            stream,
            int(streams.packets[stream]),
            int(streams.began_ns[stream]),
            int(streams.latest_ns[stream]),
            payload[client_is_b],
            payload[1 - client_is_b],
            bool(marks & _CLIENT_FIN[client_is_b]),
            bool(marks & _CLIENT_FIN[1 - client_is_b]),
            bool(marks & _RST),
        )
