"""The app's end of the process that runs a program."""

from __future__ import annotations

import json
import os
import pwd
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.privileges import invoking_identity
from tcptui.capture.program.runner import GO, SIGNALS, Program, serve
from tcptui.model.errors import CaptureError
from tcptui.model.safe_text import reason_of
from tcptui.userdirs.places import take_home

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.capture.program.scope import Scope

#: How long its process may take to end, in seconds: it removes the control group.
_END_SECONDS: Final = 3.0
_RECEIVED: Final = 4_096
#: What sudo tells of the caller, which no program of theirs would have otherwise.
_OF_SUDO: Final = "SUDO_"


class ProgramProcess:
    """The process, from `prepare` to `close`; the program runs from `start` until `ended` is known."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        """Number of the process that runs the program, its parent."""
        self.socket = connection
        """Readable whenever `receive` has something to take."""
        self._received = b""
        self.ended: int | None = None
        """How the program ended: its exit status, or minus the number of the signal that killed it."""
        self.failure = 0
        """The errno for which it could not be run; 0: it could."""
        self.left = 0
        """How many processes that it has started went on when it had ended."""
        self.is_lost = False
        """True if the process that runs it has ended and nothing is known of the program."""

    @classmethod
    def prepare(cls, program: Program, scope: Scope | None) -> ProgramProcess:
        """Fork the process, which waits; call it while this may be root, before a thread is started.

        Raises CaptureError where the system starts no process.
        """
        ours, theirs = socket.socketpair()
        try:
            pid = os.fork()
        except OSError as error:
            ours.close()
            theirs.close()
            if scope is not None:
                scope.release()
            raise CaptureError("capture_no_child", reason=reason_of(error)) from error
        if pid == 0:
            ours.close()
            serve(theirs, program, scope)
        theirs.close()
        return cls(pid, ours)

    def start(self) -> None:
        """Run the program."""
        self._say(GO)

    def send_signal(self, number: signal.Signals) -> None:
        """Send the program a signal of `SIGNALS`."""
        self._say(next(word for word, meant in SIGNALS.items() if meant is number))

    @property
    def is_over(self) -> bool:
        """True if the program has ended, or cannot be run."""
        return self.ended is not None or bool(self.failure) or self.is_lost

    def receive(self) -> None:
        """Take what has come; waits for something to come."""
        try:
            data = self.socket.recv(_RECEIVED)
        except OSError:
            data = b""
        if not data:
            self.is_lost = not self.is_over
            return
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            self.failure = told.get("failed", self.failure)
            self.ended = told.get("ended", self.ended)
            self.left = told.get("left", self.left)

    def close(self) -> None:
        """Have the process remove the control group and end; idempotent."""
        self.socket.close()
        give_up = time.monotonic() + _END_SECONDS
        while self.pid and time.monotonic() < give_up:
            try:
                ended, _status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                ended = self.pid
            if ended:
                self.pid = 0
                return
            time.sleep(0.005)

    def _say(self, word: bytes) -> None:
        try:
            self.socket.sendall(word)
        except OSError:
            self.is_lost = not self.is_over


def program_of(arguments: Sequence[str], environment: Mapping[str, str]) -> Program:
    """``arguments`` as the calling user's program: of whoever called sudo, else of whoever this is.

    Root's capabilities are kept where root itself called, without sudo.
    """
    is_root = os.geteuid() == 0
    identity = invoking_identity(environment) if is_root else None
    if identity is None:
        return Program(tuple(arguments), dict(environment), None, keeps_rights=is_root)
    theirs = {name: value for name, value in environment.items() if not name.startswith(_OF_SUDO)}
    theirs |= {"USER": identity.name, "LOGNAME": identity.name}
    take_home(theirs, identity.home, identity.name)
    if identity.home is not None:
        theirs["SHELL"] = pwd.getpwuid(identity.uid).pw_shell or "/bin/sh"
    theirs.pop("MAIL", None)
    return Program(tuple(arguments), theirs, identity, keeps_rights=False)


def started_with() -> dict[str, str]:
    """The environment that this process was started with, whatever it has set since for itself."""
    try:
        data = Path("/proc/self/environ").read_bytes()
    except OSError:
        return dict(os.environ)
    pairs = (entry.partition(b"=") for entry in data.split(b"\0") if b"=" in entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
