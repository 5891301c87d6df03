"""What else is in the capture: connections to the same server tell a sick server from a sick path; ICMP errors."""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream_table import Completeness, StreamMark, StreamTable
from tcptui.analysis.stream_view import StreamView, view_stream
from tcptui.model.packet_store import RowKind

if TYPE_CHECKING:
    from tcptui.model.packet_store import PacketStore

TCP: Final = 6
#: Rows that are searched for an error about a segment, and errors that are read.
SEARCHED: Final = 16_384
READ: Final = 32
#: Neighbours by number that are looked at on either side: a busy server has thousands.
NEAREST: Final = 32

_RST: Final = int(StreamMark.RST_A | StreamMark.RST_B)
_OPENED: Final = int(Completeness.SYN | Completeness.SYN_ACK | Completeness.ACK)
_CLIENT_FIN: Final = (int(StreamMark.FIN_A), int(StreamMark.FIN_B))


@dataclass(frozen=True, slots=True)
class Sibling:
    """One other stream to the same server address and port."""

    stream: int
    began_ns: int
    """Time of its first frame."""
    last_ns: int
    """Time of its newest frame."""
    opened: bool
    """SYN, SYN-ACK and an ACK were captured."""
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
        self._by_server: dict[tuple[bytes, int], list[int]] = {}
        self._indexed = 0
        self._lock = threading.Lock()
        """Screens ask while the worker does."""

    def of(self, stream: int) -> list[Sibling]:
        """Up to `NEAREST` streams before ``stream`` and as many after it, in their order."""
        self._catch_up()
        server = self._streams.server(stream)
        known = self._by_server.get((server.address, server.port), [])
        place = bisect_left(known, stream)
        near = known[max(0, place - NEAREST) : place] + [
            other for other in known[place : place + NEAREST + 1] if other != stream
        ]
        return [self._sibling(other) for other in near if self._streams.packets[other]]

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
        """The segments of a sibling."""
        return view_stream(self._store, self._streams, stream)

    def _catch_up(self) -> None:
        with self._lock:
            count = self._streams.count
            for stream in range(self._indexed, count):
                server = self._streams.server(stream)
                self._by_server.setdefault((server.address, server.port), []).append(stream)
            self._indexed = count

    def _sibling(self, stream: int) -> Sibling:
        streams, times = self._streams, self._store.time_ns
        client_is_b = int(streams.client_is_b[stream])
        marks = int(streams.marks[stream])
        payload = int(streams.payload_a[stream]), int(streams.payload_b[stream])
        return Sibling(
            stream,
            int(times[streams.first_row[stream]]),
            int(times[streams.last_row[stream]]),
            int(streams.completeness[stream]) & _OPENED == _OPENED,
            payload[client_is_b],
            payload[1 - client_is_b],
            bool(marks & _CLIENT_FIN[client_is_b]),
            bool(marks & _CLIENT_FIN[1 - client_is_b]),
            bool(marks & _RST),
        )
