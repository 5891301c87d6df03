"""Connections found by their ends: what would be a look at all connections for each message is one search."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import indexes_of, sorted_unique
from tcptui.model.packet_store import NO_STREAM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.packet_store import I64
    from tcptui.protocols.outside.messages import IcmpError

#: Ports of one end in one key.
_PORTS: Final = 1 << 16
_NONE: Final[I64] = np.zeros(0, np.int64)


class ByKey:
    """Some connections, those of each key in the order in which they began."""

    def __init__(self, capture: CaptureFacts, places: I64, key: I64) -> None:
        """``key``: of each of ``places``, which are ascending."""
        began_ns = capture.began_ns[places]
        order = np.lexsort((began_ns, key))
        self._key, self._places, self._began_ns = key[order], places[order], began_ns[order]
        self._latest_ns = capture.latest_ns[self._places]
        self._longest: dict[int, I64] = {}

    def _slice(self, key: int) -> tuple[int, int]:
        return int(np.searchsorted(self._key, key)), int(np.searchsorted(self._key, key, "right"))

    def of(self, key: int) -> I64:
        """The places of those of ``key``."""
        begin, end = self._slice(key)
        return self._places[begin:end]

    def began_between(self, key: int, begin_ns: int, end_ns: int) -> I64:
        """The places of those of ``key`` that began then, both times included."""
        begin, end = self._slice(key)
        began_ns = self._began_ns[begin:end]
        first, stop = np.searchsorted(began_ns, begin_ns), np.searchsorted(began_ns, end_ns, "right")
        return self._places[begin + first : begin + stop]

    def lasting(self, key: int, begun_ns: int, until_ns: int) -> I64:
        """The places of those of ``key`` that had begun by ``begun_ns`` and had packets at ``until_ns`` or later."""
        begin, end = self._slice(key)
        if key not in self._longest:
            self._longest[key] = np.maximum.accumulate(self._latest_ns[begin:end])
        stop = int(np.searchsorted(self._began_ns[begin:end], begun_ns, "right"))
        # None of those before the first one up to which any lasted so long did.
        first = int(np.searchsorted(self._longest[key][:stop], until_ns))
        some = slice(begin + first, begin + stop)
        return self._places[some][self._latest_ns[some] >= until_ns]


class ByEnds:
    """The connections of a capture by their ends; each index is built when it is asked for first."""

    def __init__(self, capture: CaptureFacts) -> None:
        self._capture = capture
        self._hosts = len(capture.host_numbers)

    def host(self, address: str) -> int:
        """The number of a host; -1 where it has no connection."""
        return self._capture.host_numbers.get(address, -1)

    def pair(self, client: int, server: int) -> int:
        """The key of `of_pair`; -1 where one of both has no connection."""
        return client * self._hosts + server if client >= 0 and server >= 0 else -1

    @cached_property
    def attempted_by(self) -> ByKey:
        """Those with a SYN of the client, by client."""
        places = indexes_of(self._capture.attempted)
        return ByKey(self._capture, places, self._capture.client[places])

    @cached_property
    def of_client(self) -> ByKey:
        """All of them, by client."""
        return self._all(self._capture.client)

    @cached_property
    def of_pair(self) -> ByKey:
        """All of them, by `pair`."""
        return self._all(self._pairs)

    @cached_property
    def attempted_of_pair(self) -> ByKey:
        """Those with a SYN of the client, by `pair`."""
        places = indexes_of(self._capture.attempted)
        return ByKey(self._capture, places, self._pairs[places])

    @cached_property
    def failed_at(self) -> ByKey:
        """Those that the client tried to open and whose server sent nothing, by server."""
        places = indexes_of(self._capture.attempted & ~self._capture.alive)
        return ByKey(self._capture, places, self._capture.server[places])

    def of_error(self, error: IcmpError) -> I64:
        """The connections that ``error`` is about: that which it counts for, else those with its addresses and ports.

        One of which nothing was captured but such errors has no packets.
        """
        capture = self._capture
        stream = int(capture.store.stream[error.row])
        if stream != NO_STREAM:
            place = capture.place_of(stream)
            known = place < len(capture.number) and int(capture.number[place]) == stream
            return np.array([place], np.int64) if known else _NONE
        source, target = self.host(error.source), self.host(error.target)
        if source < 0 or target < 0:
            return _NONE
        ports = error.source_port, error.target_port
        found = [self._with(source, target, *ports), self._with(target, source, *ports[::-1])]
        return sorted_unique(np.concatenate(found))

    def _with(self, client: int, server: int, client_port: int, port: int) -> I64:
        pairs, by_ports = self._of_ports
        pair = self.pair(client, server)
        at = int(np.searchsorted(pairs, pair))
        if at == len(pairs) or int(pairs[at]) != pair:
            return _NONE
        return by_ports.of((at * _PORTS + client_port) * _PORTS + port)

    @cached_property
    def _of_ports(self) -> tuple[I64, ByKey]:
        """The pairs that there are, ascending; all connections, by the place of their pair there and both ports."""
        capture = self._capture
        pairs = sorted_unique(self._pairs)
        key = (np.searchsorted(pairs, self._pairs) * _PORTS + capture.client_port) * _PORTS + capture.port
        return pairs, self._all(key)

    @cached_property
    def _pairs(self) -> I64:
        pairs: I64 = self._capture.client.astype(np.int64) * self._hosts + self._capture.server
        return pairs

    def _all(self, key: NDArray[np.int64]) -> ByKey:
        return ByKey(self._capture, np.arange(len(self._capture.number)), key)
