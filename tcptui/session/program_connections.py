"""Which connections of a live capture are those of a program that was run for them (``tcptui -- CMD``).

The kernel's word decides where it can be had: an event for each connection that a socket of the program's control group
opens or accepts, at that moment (`tcptui.capture.program.socket_events`).  Elsewhere it is the owner that was found
while the connection was open.  What neither tells is counted, and not shown: unknown beats wrong.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.owners import owners_of
from tcptui.capture.kernel_trace import clock
from tcptui.capture.owners.dump import key
from tcptui.capture.program.socket_events import SocketEvent, SocketEventKind
from tcptui.model.tcp_state import STATE_MASK, TcpState
from tcptui.model.units import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I64

#: The clocks of events and packets agree so well, …
_CLOCKS_NS: Final = 1 * NS_PER_MS
#: … a SYN that is captured at all is captured so soon after its event, …
_SYN_NS: Final = 100 * NS_PER_MS
#: … and a connection is accepted so soon after its first packet.
_HANDSHAKE_NS: Final = 10 * NS_PER_S
#: Connections of the program that are remembered; of more, some are unknown.
_MOST: Final = 1 << 18
#: The newest streams, among which those of events are.
_MOST_RECENT: Final = 1 << 16
#: What is not in the capture so long after its event never will be.
_LATEST_NS: Final = 5 * NS_PER_S
#: States in which a connection is over.
_OVER: Final = (TcpState.CLOSED, TcpState.TIME_WAIT)


@dataclass(frozen=True, slots=True)
class Scoped:
    """By what an owner is known to be the program's, or of a process that this has started."""

    unit: str = ""
    """The name of the control group; empty: there is none."""
    pid: int = 0
    """The process that is the parent of them all."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The connections of the capture, told apart."""

    streams: I64
    """The program's, ascending."""
    others: int
    """How many belong to others."""
    unknown: int
    """How many may be the program's."""
    uncaptured: int
    """How many of the program's connections are not in the capture."""


@dataclass(slots=True)
class _Event:
    told: SocketEvent
    time_ns: int
    """By the clock of packets."""


@dataclass(slots=True)
class ProgramConnections:
    """Chooses them while the capture grows; one thread calls."""

    capture: OpenCapture
    scoped: Scoped
    hears_all: bool
    """Whether the kernel tells of each."""
    _seen: int = 0
    _by_ends: dict[bytes, list[int]] = field(default_factory=dict)
    """Streams by the addresses and ports of both ends, whichever is the client, …"""
    _recent: deque[bytes] = field(default_factory=deque)
    """… and these of each, the oldest first."""
    _waiting: list[_Event] = field(default_factory=list)
    """Of which no stream is known yet."""
    _streams: set[int] = field(default_factory=set)
    _uncaptured: set[bytes] = field(default_factory=set)
    """The addresses and ports of connections that are not in the capture."""
    _is_full: bool = False

    def add(self, events: Iterable[SocketEvent]) -> None:
        """Take what the kernel has told since the last call."""
        offset = clock.measure()
        between = (offset.low + offset.high) // 2
        for event in events:
            if len(self._waiting) + len(self._streams) + len(self._uncaptured) >= _MOST:
                self._is_full = True
                return
            self._waiting.append(_Event(event, event.monotonic_ns + between))

    def look(self, *, is_last: bool = False) -> None:
        """Find the streams of events; ``is_last``: no packet comes any more."""
        self._take_new()
        store = self.capture.store
        analysed_ns = int(store.time_ns[store.count - 1]) if store.count > store.first else 0
        left = []
        for event in self._waiting:
            stream = None
            if event.told.kind is SocketEventKind.OPENS:
                stream = self._opened(event)
            elif is_last or analysed_ns > event.time_ns + _SYN_NS:  # until then a later one may come that fits better
                stream = self._accepted(event)
            if stream is not None:
                self._streams.add(stream)
            elif is_last or analysed_ns > event.time_ns + _LATEST_NS:
                self._uncaptured.add(_name_of(event.told))
            else:
                left.append(event)
        self._waiting = left

    @property
    def is_quiet(self) -> bool:
        """Whether no packet of the program's connections is expected any more, as far as is known."""
        now = time.time_ns()
        if any(now - event.time_ns < NS_PER_S for event in self._waiting):
            return False
        chosen = np.array(sorted(self._streams), np.int64)
        if not len(chosen):
            return True
        states = self.capture.streams.last_states(self.capture.store, chosen)
        is_over = np.zeros(len(chosen), np.bool_)
        for state in _OVER:
            for column in states:
                is_over |= (column & STATE_MASK) == state
        return bool(is_over.all())

    def choose(self, *, may_lack_some: bool = False) -> Choice:
        """The choice, once no packet comes any more; ``may_lack_some``: events may have been lost."""
        self.look(is_last=True)
        count, chosen = self.capture.streams.count, set(self._streams)
        is_sure = self.hears_all and not may_lack_some and not self._is_full
        unknown = 0
        if not is_sure:
            table = owners_of(self.capture)
            for stream in range(count):
                owners = [owner for owner in table.of(stream) if owner is not None]
                is_ours = any(
                    (self.scoped.unit and owner.unit == self.scoped.unit)
                    or self.scoped.pid in (owner.pid, *(pid for pid, _name in owner.parents))
                    for owner in owners
                )
                if is_ours:
                    chosen.add(stream)
                elif stream not in chosen and not any(owner.pid for owner in owners):
                    unknown += 1
        streams = np.array(sorted(chosen), np.int64)
        return Choice(streams, count - len(streams) - unknown, unknown, len(self._uncaptured))

    def _take_new(self) -> None:
        streams = self.capture.streams
        count = streams.count
        for stream in range(self._seen, count):
            client, server = streams.ends(stream)
            name = _name(client.address, client.port, server.address, server.port)
            self._by_ends.setdefault(name, []).append(stream)
            self._recent.append(name)
        self._seen = count
        while len(self._recent) > _MOST_RECENT:
            name = self._recent.popleft()
            self._by_ends[name].pop(0)
            if not self._by_ends[name]:
                del self._by_ends[name]

    def _candidates(self, event: _Event) -> list[tuple[int, int]]:
        """Streams with these addresses and ports, and when each began after the event, in capture order."""
        began = self.capture.streams.began_ns
        return [(stream, int(began[stream]) - event.time_ns) for stream in self._by_ends.get(_name_of(event.told), ())]

    def _opened(self, event: _Event) -> int | None:
        return next((one for one, after in self._candidates(event) if -_CLOCKS_NS <= after <= _SYN_NS), None)

    def _accepted(self, event: _Event) -> int | None:
        fitting = [one for one, after in self._candidates(event) if -_HANDSHAKE_NS <= after <= _CLOCKS_NS]
        return fitting[-1] if fitting else None


def _name(address: bytes, port: int, other: bytes, other_port: int) -> bytes:
    return min(key(address, port, other, other_port), key(other, other_port, address, port))


def _name_of(told: SocketEvent) -> bytes:
    return _name(told.local, told.local_port, told.peer, told.peer_port)
