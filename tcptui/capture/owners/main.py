"""The process that says whose sockets are whose.  It sees no packet; what it reads is the kernel's tables and /proc.

Of root's rights it keeps two, and those only where it has them: CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, by which other
users' descriptors in /proc can be read.  What asks about other network namespaces is opened before the others go.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from typing import Any, Final

from tcptui.capture import capabilities
from tcptui.capture.owners.dump import key
from tcptui.capture.owners.holders import Holders
from tcptui.capture.owners.messages import LONGEST_MESSAGE, Answers, decode_questions, encode_answers
from tcptui.capture.owners.namespaces import open_everywhere
from tcptui.capture.owners.watch import ControlGroups, SocketWatch
from tcptui.capture.privileges import Identity, give_up
from tcptui.model.child_side import Frames, framed

KEPT: Final = (capabilities.CAP_SYS_PTRACE, capabilities.CAP_DAC_READ_SEARCH)
#: Seconds between two looks: at least so many while sockets come, up to so many while none do, …
_SOONEST: Final = 0.02
_LATEST: Final = 0.2
#: … and always so many times as long as a look took of the processor.
_REST: Final = 9
#: Nobody is looked for when no question has come for so long, in seconds: no capture is running.
_ASKED_LATELY: Final = 5.0
_RECEIVED: Final = 1 << 16


def serve(connection: socket.socket, watch: SocketWatch) -> None:
    """Look again and again, and answer until the program disconnects."""
    frames = Frames(LONGEST_MESSAGE)
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    next_look, asked_until, pause, looked_ns = 0.0, 0.0, _SOONEST, 0
    while True:
        now = time.monotonic()
        wait = max(0.0, next_look - now) if now < asked_until else None
        if poll.poll(None if wait is None else wait * 1000):
            data = connection.recv(_RECEIVED)
            if not data:
                return
            asked_until = time.monotonic() + _ASKED_LATELY
            frames.add(data)
            for frame in frames.all():
                keys = [key(one.local, one.local_port, one.peer, one.peer_port) for one in decode_questions(frame)]
                found = tuple(tuple(watch.sightings(one)) for one in keys)
                connection.sendall(framed(encode_answers(Answers(found, looked_ns))))
        elif wait is not None:
            begun = time.thread_time()
            is_new = watch.look() > 0
            looked_ns = time.time_ns()
            pause = _SOONEST if is_new else min(2 * pause, _LATEST)
            next_look = time.monotonic() + max(pause, _REST * (time.thread_time() - begun))


def main(descriptor: int, parent: int, identity: dict[str, Any] | None) -> None:
    """Open what asks the kernel, become ``identity`` with `KEPT` alone, then serve the socket at ``descriptor``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program handles Ctrl-C
    kernels, holders = open_everywhere(), Holders()
    give_up(Identity(**identity) if identity else None, keep=KEPT)
    capabilities.end_with_parent(signal.SIGTERM)
    if os.getppid() != parent:
        return
    with socket.socket(fileno=descriptor) as connection:
        serve(connection, SocketWatch(kernels, holders, ControlGroups()))
