"""The process that says whose sockets are whose.  It sees no packet; what it reads is the kernel's tables and /proc.

Of root's rights it keeps two, and those only where it has them: CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, by which other
users' descriptors and other network namespaces' tables in /proc can be read.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from dataclasses import dataclass
from typing import Any, Final

from tcptui.capture import capabilities
from tcptui.capture.owners.dump import OwnNamespace, key
from tcptui.capture.owners.holders import Holders
from tcptui.capture.owners.messages import LONGEST_MESSAGE, Answers, decode_questions, encode_answers
from tcptui.capture.owners.namespaces import OtherNamespaces
from tcptui.capture.owners.watch import ControlGroups, SocketWatch
from tcptui.capture.privileges import Identity, give_up
from tcptui.model.child_side import Frames, framed

KEPT: Final = (capabilities.CAP_SYS_PTRACE, capabilities.CAP_DAC_READ_SEARCH)
#: Seconds between two looks: at least so many while sockets come or somebody asks about one, up to so many else, …
_SOONEST: Final = 0.02
_LATEST: Final = 2.0
#: … and always so many times as long as a look took of the processor: a look into each of fifty namespaces takes 0.1 s.
_REST: Final = 9
_REST_IDLE: Final = 99
#: Nobody is looked for when no question has come for so long, in seconds: no capture is running.
_ASKED_LATELY: Final = 5.0
_RECEIVED: Final = 1 << 16


@dataclass(slots=True)
class Pace:
    """When to look; times in seconds of one clock that never goes back."""

    next_look: float = 0.0
    _soonest_look: float = 0.0
    _asked_until: float = 0.0
    _pause: float = _SOONEST

    def wait(self, now: float) -> float | None:
        """How long to wait for the next look; None: until somebody asks."""
        return max(0.0, self.next_look - now) if now < self._asked_until else None

    def asked(self, now: float, questions: int) -> None:
        """Somebody is there, and asks that many questions: what is not known yet is looked for as soon as may be."""
        self._asked_until = now + _ASKED_LATELY
        if questions:
            self.next_look = min(self.next_look, self._soonest_look)

    def looked(self, now: float, took: float, *, is_new: bool) -> None:
        """A look has ended, which took so much of the processor; ``is_new``: it found sockets that were not there."""
        self._pause = _SOONEST if is_new else min(2 * self._pause, _LATEST)
        self._soonest_look = now + max(_SOONEST, _REST * took)
        self.next_look = now + max(self._pause, (_REST if is_new else _REST_IDLE) * took)


def serve(connection: socket.socket, watch: SocketWatch) -> None:
    """Look again and again, and answer until the program disconnects."""
    frames = Frames(LONGEST_MESSAGE)
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    pace, looked_ns = Pace(), 0
    while True:
        wait = pace.wait(time.monotonic())
        if poll.poll(None if wait is None else wait * 1000):
            data = connection.recv(_RECEIVED)
            if not data:
                return
            frames.add(data)
            for frame in frames.all():
                questions = decode_questions(frame)
                pace.asked(time.monotonic(), len(questions))
                keys = [key(one.local, one.local_port, one.peer, one.peer_port) for one in questions]
                found = tuple(tuple(watch.sightings(one)) for one in keys)
                connection.sendall(framed(encode_answers(Answers(found, looked_ns))))
        elif wait is not None:
            begun = time.thread_time()
            is_new = watch.look() > 0
            looked_ns = time.time_ns()
            pace.looked(time.monotonic(), time.thread_time() - begun, is_new=is_new)


def main(descriptor: int, parent: int, identity: dict[str, Any] | None) -> None:
    """Open what asks the kernel, become ``identity`` with `KEPT` alone, then serve the socket at ``descriptor``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program handles Ctrl-C
    own, holders = OwnNamespace(), Holders()
    give_up(Identity(**identity) if identity else None, keep=KEPT)
    capabilities.end_with_parent(signal.SIGTERM)
    if os.getppid() != parent:
        return
    with socket.socket(fileno=descriptor) as connection:
        serve(connection, SocketWatch((own, OtherNamespaces()), holders, ControlGroups()))
