"""The program's side of the process that says whose sockets are whose."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from tcptui.capture.owners.messages import LONGEST_MESSAGE, decode_answers, encode_questions
from tcptui.model.child_process import Child
from tcptui.model.child_side import framed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.capture.owners.messages import Answers, Question
    from tcptui.capture.privileges import Identity

_PROGRAM: Final = (
    "from tcptui.capture.owners.main import main; main(int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]))"
)
#: How long one request may take, in seconds: /proc of a host with very many descriptors is slow.
_SECONDS: Final = 30.0
_END_SECONDS: Final = 1.0


class OwnerChild:
    """The process; any thread asks, one after the other.  Where there is none, or it has ended, nobody has an owner."""

    def __init__(self, process: Child) -> None:
        self._process = process
        self._lock = threading.Lock()

    @classmethod
    def start(cls, identity: Identity | None = None) -> OwnerChild | None:
        """Start it, before root is given up; None where the system has no such tables, or starts no process."""
        if sys.platform != "linux":
            return None
        becomes = json.dumps(asdict(identity) if identity is not None else None)
        try:
            return cls(Child(_PROGRAM, becomes, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, most=LONGEST_MESSAGE))
        except OSError:
            return None

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    def ask(self, questions: Sequence[Question]) -> Answers | None:
        """The answers; None once it has ended, or says what is none."""
        try:
            with self._lock:  # a capture that is cleared has two for a moment
                self._process.socket.sendall(framed(encode_questions(questions)))
                while (frame := self._process.frame()) is None:
                    if not self._process.receive(_SECONDS):
                        return None
                return decode_answers(frame)
        except (OSError, EOFError, ValueError):
            return None

    def close(self) -> None:
        """End it.  Idempotent."""
        self._process.end(_END_SECONDS, (signal.SIGTERM, signal.SIGKILL))
