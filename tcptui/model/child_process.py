"""Other interpreters that this program starts, from its side: how one begins, and how it ends.

A `Child` has a socket to it: the capture child, scapy's process, the judge; the compiler has none.  What such a process
does itself is in `child_side`, with the frames that both sides read and write.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final
from weakref import WeakSet

from tcptui.model.child_side import LONGEST, Frames

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Puts our `sys.path` in place, for -I isolates the interpreter from PYTHON* and the working directory.
_SETUP: Final = "import json, sys\nsys.path[:] = json.loads(sys.argv[1])\n"

#: Bytes that are received at once.
_RECEIVED: Final = 1 << 16


def start_interpreter(
    program: str, *arguments: str, channel: int = -1, stderr: int | IO[bytes] = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:  # fmt: skip
    """Start this Python with ``program``, which imports what this process would; it inherits ``channel`` alone.

    In its ``sys.argv``: 1 is where to import from, 2 ``channel``, 3 the number of this process, 4 … ``arguments``.
    Raises OSError where the system starts no process, or this one may not read the interpreter any more.
    """
    path = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100  "" is the working directory
    no_bytecode = ["-B"] if sys.dont_write_bytecode else []
    return subprocess.Popen(
        [
            sys.executable, "-I", *no_bytecode, "-c", _SETUP + program, json.dumps(path), str(channel),
            str(os.getpid()), *arguments,
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
        pass_fds=[channel] if channel >= 0 else [],
        start_new_session=True,  # the terminal, and Ctrl-C, are this process's
        env=env,
    )  # fmt: skip


#: Those of this process, until nothing refers to them.
_children: Final[WeakSet[Child]] = WeakSet()


def wake_children() -> None:
    """Let every child run on that somebody has stopped (SIGSTOP): for a process that ends without ending them.

    One that runs ends with its socket; one that is stopped would stay for good.
    """
    for child in list(_children):
        if child.is_running():
            child.send_signal(signal.SIGCONT)


class Child:
    """An interpreter with a socket to it; one thread at a time calls all but `end`."""

    def __init__(
        self, program: str, *arguments: str, stderr: int | IO[bytes] = subprocess.DEVNULL,
        env: Mapping[str, str] | None = None, most: int = LONGEST,
    ) -> None:  # fmt: skip
        """Start it as `start_interpreter`, and raise as that does; ``most``: bytes of its longest frame."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = start_interpreter(program, *arguments, channel=theirs.fileno(), stderr=stderr, env=env)
            except OSError:
                ours.close()
                raise
        self.socket = ours
        self._frames = Frames(most)
        _children.add(self)

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """How it ended, as of `Popen.returncode`; None: nobody has noticed that it has."""
        return self._process.returncode

    def receive(self, seconds: float | None) -> bool:
        """Take what comes within ``seconds`` (None: whenever), for `frames`; False where nothing has come.

        Raises EOFError when nothing comes any more: it has ended, or `end` has closed the socket.
        """
        poll = select.poll()
        try:
            poll.register(self.socket, select.POLLIN)
            if not poll.poll(None if seconds is None else max(0.0, seconds) * 1000):
                return False
            data = self.socket.recv(_RECEIVED)
        except (OSError, ValueError) as error:  # ValueError: a closed socket has no descriptor
            raise EOFError from error
        if not data:
            raise EOFError
        self._frames.add(data)
        return True

    def frame(self) -> bytes | None:
        """The next frame that was received whole; None: there is none.  Raises FrameError."""
        return self._frames.next()

    def frames(self) -> Iterator[bytes]:
        """The frames that were received whole.  Raises FrameError."""
        return self._frames.all()

    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal; one of another user gets none, and ends with the socket."""
        with suppress(PermissionError):
            self._process.send_signal(number)

    def wait(self, seconds: float) -> int | None:
        """Wait for its end, ``seconds`` at most; returns `status`."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.status

    def end(self, seconds: float, signals: Sequence[signal.Signals] = (signal.SIGKILL,)) -> int | None:
        """Close the socket, and send ``signals`` until it has ended, ``seconds`` after each; returns `status`.

        Idempotent, from any thread.  A status of None: it ends later, for it waits for a disk.
        """
        for number in signals:
            self.send_signal(number)
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)  # a thread that waits for it need not wait any longer
            if self.wait(seconds) is not None:
                break
        self.socket.close()
        return self.status

    def forget(self) -> None:
        """Let go of it in a fork of the process that started it, which still talks to it."""
        self._process.returncode = 0  # it is nobody's child here
        self.socket.close()
