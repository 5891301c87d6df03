"""The hosts that clients asked for, by what they said first: names of connections that nobody has to look up."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import RowKind
from tcptui.model.safe_text import safe_text
from tcptui.protocols.application import asked_host

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore

#: Connections whose names are kept, the first ones.
_MOST: Final = 200_000
#: Packets of a client, its first with data, in which the name may be: a ClientHello takes two.
_PACKETS: Final = 3
#: Most bytes of them that are read.
_BYTES: Final = 8_192
#: Rows that are looked through at once.
_ROWS: Final = 65_536
#: What can be taken for a name of a host and nothing else: no address, and nothing that breaks a line.
_NAME: Final = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*(?=[0-9-]*[a-z_])[a-z0-9_-]{1,63}\.?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class AskedHost:
    """The name of a host that the client of a connection asked for."""

    name: str
    """Safe text in lower case, without a port."""
    source: str
    """Where it stood: ``SNI``, ``Host``, ``:authority``."""
    frame: int
    """The packet that says so."""


class AskedHosts:
    """Reads the beginning of each connection once; ``read`` gives the payload of a row.

    `grow` is for one thread; any may ask the others.
    """

    def __init__(self, store: PacketStore, streams: StreamTable, read: Callable[[int], bytes]) -> None:
        self._store, self._streams, self._read = store, streams, read
        self._next = 0
        """Rows before this one have been looked through."""
        self._left = np.zeros(0, np.int8)
        """By stream, how many more packets of its client may have the name."""
        self._begun: dict[int, bytes] = {}
        """What was said so far on streams of which that is not known yet."""
        self._hosts: dict[int, AskedHost] = {}
        self.nameless: list[int] = []
        """Streams whose client speaks a protocol that names hosts, and named none; it only grows."""

    @property
    def count(self) -> int:
        """How many connections have a name; it only grows."""
        return len(self._hosts)

    @property
    def is_current(self) -> bool:
        """Whether all packets have been looked through."""
        return self._next >= self._store.count

    def of(self, stream: int) -> AskedHost | None:
        """The host that the client of ``stream`` asked for, as far as that has been read; None: no name."""
        return self._hosts.get(stream)

    def with_text(self, text: str) -> set[int]:
        """The streams whose client asked for a name that contains ``text`` (lower case)."""
        return {stream for stream, host in list(self._hosts.items()) if text in host.name}

    def grow(self, seconds: float) -> bool:
        """Read on for about ``seconds``; whether all packets have been looked through."""
        deadline, store, streams = time.monotonic() + seconds, self._store, self._streams
        while not self.is_current and len(self._hosts) < _MOST:
            first, stop = max(self._next, store.first), min(self._next + _ROWS, store.count)
            self._reserve(streams.count)
            rows = slice(first, max(stop, first))
            stream = store.stream[rows]
            said = (store.length[rows] > 0) & (store.kind[rows] == RowKind.TCP) & (stream >= 0)
            said &= stream < len(self._left)
            at = np.flatnonzero(said)
            mine = stream[at]
            asks = (store.from_b[rows][at] != 0) == (streams.client_is_b[mine] != 0)
            asks &= self._left[mine] > 0
            for row, number in zip((first + at[asks]).tolist(), mine[asks].tolist(), strict=True):
                if self._left[number] > 0:
                    self._look(row, number)
                    if time.monotonic() > deadline:
                        self._next = row + 1
                        return False
            self._next = max(stop, first)
        return self.is_current

    def _reserve(self, count: int) -> None:
        if count > len(self._left):
            self._left = np.append(self._left, np.full(2 * count - len(self._left), _PACKETS, np.int8))

    def _look(self, row: int, stream: int) -> None:
        """Look into a packet that the client of ``stream`` sent among its first."""
        try:
            said = (self._begun.pop(stream, b"") + self._read(row))[:_BYTES]
        except OSError:
            said = b""
        known = asked_host(said)
        name = "" if known is None else _host_name(known[0])
        self._left[stream] -= 1
        if known is None or name or len(said) == _BYTES:
            self._left[stream] = 0
        elif self._left[stream]:
            self._begun[stream] = said
        if known is not None and not name and not self._left[stream] and len(self.nameless) < _MOST:
            self.nameless.append(stream)
        if known is not None and name:
            self._hosts[stream] = AskedHost(name, known[1], int(self._store.frame[row]))


def _host_name(text: str) -> str:
    """``text`` as the name of a host, without its port; empty where it is none: an address, or anything."""
    host, colon, port = text.strip().lower().rpartition(":")
    name = host if colon and (port.isdecimal() or not port) else text.strip().lower()
    return safe_text(name.removesuffix(".")) if _NAME.fullmatch(name) else ""
