"""Finds the owners of a live capture's connections while they are open, in a thread of its own.

A socket may be a later connection's that has the same addresses and ports, so what the kernel says is believed only
once the packets up to that moment have been analysed, and only if they show that the connection was open then and that
none had followed it.  What cannot be shown is left out: unknown beats wrong.
"""

from __future__ import annotations

import pwd
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from tcptui.access.owners import owners_of
from tcptui.capture.owners.dump import key
from tcptui.capture.owners.messages import MOST_AT_ONCE, Question
from tcptui.capture.owners.places import group_place
from tcptui.model.safe_text import safe_text
from tcptui.model.socket_owner import Certainty, Missing, SocketOwner
from tcptui.model.tcp_state import STATE_MASK, TcpState
from tcptui.model.units import NS_PER_MS
from tcptui.protocols.secrets_out import command_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.access.open_capture import OpenCapture
    from tcptui.capture.owners.messages import Answers, Process, Sighting, Sightings
    from tcptui.model.socket_owner import ConnectEvent

#: How often is asked, in seconds; without a question, too, for whoever is asked looks while somebody asks.
_EVERY: Final = 0.25
#: When a connection is asked about again of which nothing is known yet, in seconds, a time longer each time, …
_AGAIN_S: Final = 0.5
#: … and how often one that is still open: then it is not one of this host.
_MOST_TRIES: Final = 5
#: The port of a later connection may be seen taken so long before its first packet.
_BEFORE_NS: Final = 5 * NS_PER_MS
#: Connections that wait to be asked about; of more the oldest are given up.
_MOST_WAITING: Final = 8_192
#: The packets up to a moment are analysed when there is one of so much later, or none came for so long.
_LATER_NS: Final = 50 * NS_PER_MS
_QUIET_NS: Final = 1_500 * NS_PER_MS
#: States in which a connection is over, or nearly: its addresses and ports may be another one's soon.
_ENDING: Final = (TcpState.CLOSED, TcpState.TIME_WAIT, TcpState.LAST_ACK, TcpState.CLOSING)
#: A SYN leaves so soon after its process began to connect, and so many events of the same ports are remembered.
_CONNECT_NS: Final = 20 * NS_PER_MS
_MOST_CONNECTS: Final = 16
_LONGEST_NAME: Final = 64
_LONGEST_COMMAND: Final = 1_024
_POD_LOGS: Final = Path("/var/log/pods")


class Asks(Protocol):
    """Who can be asked about sockets (`tcptui.capture.owners.client`)."""

    def ask(self, questions: Sequence[Question]) -> Answers | None:
        """The answers, in the order of the questions; None: nothing can be asked any more."""


@dataclass(slots=True)
class _Waiting:
    """A connection whose owner is looked for."""

    stream: int
    due: float = 0.0
    """`time.monotonic` from which it is asked about."""
    tries: int = 0


@dataclass(slots=True)
class OwnerFinder:
    """Looks for owners from `start` to `close`."""

    capture: OpenCapture
    child: Asks
    _seen: int = 0
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _newest: dict[int, int] = field(default_factory=dict)
    """The newest stream of each flow."""
    _followed_ns: dict[int, int] = field(default_factory=dict)
    """When a stream of the same addresses and ports followed."""
    _open: set[int] = field(default_factory=set)
    """Those of `_waiting`."""
    _connects: dict[bytes, tuple[ConnectEvent, ...]] = field(default_factory=dict)
    """What the kernel said, by addresses and ports; the newest `_MOST_WAITING` of these."""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="owners", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End soon.  Idempotent."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            if not self.look():
                return

    def add_connects(self, events: Iterable[ConnectEvent]) -> None:
        """Take what the kernel said of processes that began to connect; call it soon, from any one thread."""
        for event in events:
            name = key(event.local, event.local_port, event.peer, event.peer_port)
            self._connects[name] = (*self._connects.pop(name, ())[-_MOST_CONNECTS:], event)
            if len(self._connects) > _MOST_WAITING:
                del self._connects[next(iter(self._connects))]

    def look(self) -> bool:
        """Ask about what is due, and conclude from what is said; False: nobody answers any more."""
        self._take_new()
        analysed = self._analysed_ns()
        asked = self._due(analysed)
        said = self.child.ask([question for one in asked for question in self._questions(one.stream)])
        if said is None:
            return False
        for one, seen in zip(asked, zip(said.sightings[::2], said.sightings[1::2], strict=True), strict=True):
            self._conclude(one, seen, min(analysed, said.looked_ns))
        return True

    def _take_new(self) -> None:
        streams = self.capture.streams
        count = streams.count
        if self._seen < count:
            flows = streams.flow[self._seen : count].tolist()
            began = streams.began_ns[self._seen : count].tolist()
            for stream, flow, began_ns in zip(range(self._seen, count), flows, began, strict=True):
                before = self._newest.get(flow)
                if before is not None and before in self._open:
                    self._followed_ns.setdefault(before, began_ns)
                self._newest[flow] = stream
                self._open.add(stream)
                self._waiting.append(_Waiting(stream))
            self._seen = count
        while len(self._waiting) > _MOST_WAITING:
            self._give_up(self._waiting.popleft().stream, Missing.GONE)

    def _give_up(self, stream: int, why: Missing | None = None) -> None:
        if why is not None:
            owners_of(self.capture).miss(stream, why)
        self._open.discard(stream)
        self._followed_ns.pop(stream, None)

    def _due(self, analysed: int) -> list[_Waiting]:
        """The connections to ask about now, the oldest first: whose first packets are analysed for certain."""
        now = time.monotonic()
        due: list[_Waiting] = []
        left: deque[_Waiting] = deque()
        began = self.capture.streams.began_ns
        for one in self._waiting:
            is_due = one.due <= now and int(began[one.stream]) <= analysed
            (due if is_due and len(due) < MOST_AT_ONCE // 2 else left).append(one)
        self._waiting = left
        return due

    def _questions(self, stream: int) -> tuple[Question, Question]:
        client, server = self.capture.streams.ends(stream)
        ends = (client.address, client.port), (server.address, server.port)
        return Question(*ends[0], *ends[1]), Question(*ends[1], *ends[0])

    def _analysed_ns(self) -> int:
        """Up to which time the packets are analysed for certain."""
        store, progress = self.capture.store, self.capture.progress
        newest = int(store.time_ns[store.count - 1]) if store.count > store.first else 0
        quiet = time.time_ns() - _QUIET_NS if not progress.bytes_waiting else 0
        return max(newest - _LATER_NS, quiet)

    # -- what follows from the answers -----------------------------------------------------
    def _conclude(self, one: _Waiting, seen: tuple[Sightings, Sightings], known_ns: int) -> None:
        """``known_ns``: up to when packets and sockets are known."""
        stream, table = one.stream, owners_of(self.capture)
        is_over, end_ns = self._open_until(stream, known_ns)
        fitting = [[each for each in some if self._fits(stream, each, end_ns)] for some in seen]
        owners = [_owner(some[0], end) if len(some) == 1 else None for end, some in enumerate(fitting)]
        if owners[0] is None or not owners[0].pid:
            owners[0] = self._connected(stream) or owners[0]
        for end, owner in enumerate(owners):
            if owner is not None:
                table.put(stream, end, owner)
        one.tries += 1
        is_whole = any(owner is not None and owner.pid for owner in owners)
        if not is_over and one.tries < _MOST_TRIES and not (is_whole and one.tries > 1):
            one.due = time.monotonic() + _AGAIN_S * one.tries
            self._waiting.append(one)
            return
        why = Missing.GONE if is_over or any(fitting) or any(seen) else Missing.ELSEWHERE
        self._give_up(stream, why)

    def _connected(self, stream: int) -> SocketOwner | None:
        """Who began to connect just before the first packet of ``stream``; None: nobody, or more than one did."""
        client, server = self.capture.streams.ends(stream)
        began_ns = int(self.capture.streams.began_ns[stream])
        events = self._connects.get(key(client.address, client.port, server.address, server.port), ())
        fitting = [one for one in events if began_ns - _CONNECT_NS <= one.time_ns <= began_ns]
        if len(fitting) != 1:
            return None
        return SocketOwner(Certainty.EVENT, fitting[0].pid, safe_text(fitting[0].program, _LONGEST_NAME))

    def _open_until(self, stream: int, known_ns: int) -> tuple[bool, int]:
        """Whether ``stream`` is over, and up to when it was open by what is known up to ``known_ns``."""
        streams = self.capture.streams
        cells = streams.last_states(self.capture.store, np.array([stream]))
        is_over = any(int(column[0]) & STATE_MASK in _ENDING for column in cells)
        end_ns = int(streams.latest_ns[stream]) if is_over else known_ns
        followed = self._followed_ns.get(stream)
        if followed is not None:
            is_over, end_ns = True, min(end_ns, followed - _BEFORE_NS)
        return is_over and end_ns <= known_ns, min(end_ns, known_ns)

    def _fits(self, stream: int, seen: Sighting, end_ns: int) -> bool:
        """Whether the socket was there at a moment at which ``stream`` was open: no other one was, with these ports."""
        began_ns = int(self.capture.streams.began_ns[stream])
        return (
            began_ns <= seen.first_asked_ns <= seen.first_heard_ns <= end_ns
            or began_ns <= seen.last_asked_ns <= seen.last_heard_ns <= end_ns
            or max(began_ns, seen.first_heard_ns) <= min(end_ns, seen.last_asked_ns)
        )


def _owner(seen: Sighting, end: int) -> SocketOwner:
    process = seen.process
    place = group_place(process.group if process else seen.group)
    container, pod = safe_text(place.container), _pod(place.pod_uid)
    if process is None:  # a server's socket may have been made by another unit, which handed it over
        unit = "" if end else safe_text(place.unit)
        user = _user(seen.uid) if seen.uid >= 0 else ""
        return SocketOwner(Certainty.NO_PROCESS, user=user, unit=unit, container=container, pod=pod)
    return SocketOwner(
        Certainty.SOCKET, process.pid, _name(process.program), _command(process), _user(process.uid),
        tuple((pid, _name(name)) for pid, name in process.parents), safe_text(place.unit), container, pod,
    )  # fmt: skip


def _name(latin: str) -> str:
    return safe_text(latin.encode("latin-1"), _LONGEST_NAME)


@lru_cache(maxsize=4_096)
def _command(process: Process) -> str:
    text = process.command.encode("latin-1").decode("utf-8", "replace")
    return safe_text(command_without_secrets(text), _LONGEST_COMMAND)


@lru_cache(maxsize=1_024)
def _user(uid: int) -> str:
    try:
        return safe_text(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return str(uid)


@lru_cache(maxsize=1_024)
def _pod(uid: str) -> str:
    """``namespace/name`` by the folder of the pod's logs, NAMESPACE_NAME_UID; else the uid."""
    if uid:
        for folder in _POD_LOGS.glob(f"*_{uid}"):
            namespace, _, rest = folder.name.partition("_")
            return safe_text(f"{namespace}/{rest.rpartition('_')[0]}")
    return safe_text(uid)
