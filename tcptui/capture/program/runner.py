"""The process that runs the program: a fork of the app's, made before root is given up and any thread is started.

It stays in the app's session and process group, so the program has the terminal as it would without us, and Ctrl-C is
the program's.  Once the program runs, it keeps what ends the program and removes its group (`KEPT`), and nothing else.

The app says ``g`` (go), ``t`` (end it: SIGTERM), ``h`` (SIGHUP), ``k`` (SIGKILL), and disconnects when all is told;
if it does so while the program runs, it was killed, and the program is ended, too.  The answers are lines of JSON.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from tcptui.capture import capabilities
from tcptui.capture.privileges import give_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.capture.privileges import Identity
    from tcptui.capture.program.scope import Scope

#: What the app says, and the signal that the program gets for it.
GO: Final = b"g"
SIGNALS: Final = {b"t": signal.SIGTERM, b"h": signal.SIGHUP, b"k": signal.SIGKILL}
#: CAP_DAC_OVERRIDE: not even root may write into the root of the control groups (mode 0555) without it.
KEPT: Final = (capabilities.CAP_KILL, capabilities.CAP_DAC_OVERRIDE)
#: Where the kernel has no pidfd (before 5.3), how often is looked whether the program has ended, in seconds.
_LOOK_SECONDS: Final = 0.02
#: How long the program has to end once the app was killed, in seconds.
_LAST_SECONDS: Final = 2.0
#: Signals that the program gets by itself, or from the app.
_IGNORED: Final = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
#: What Python ignores, and no program expects to be ignored.
_DEFAULT: Final = (signal.SIGPIPE, signal.SIGXFSZ)


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run, and as whom."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    identity: Identity | None
    """Whom the program becomes; None: it stays who the caller is."""
    keeps_rights: bool
    """True if it keeps the caller's capabilities: those of root who called without sudo."""


def serve(connection: socket.socket, program: Program, scope: Scope | None) -> NoReturn:
    """Run ``program`` in ``scope`` once the app says so, tell how it ended; never returns."""
    try:
        dispositions = {number: signal.signal(number, signal.SIG_IGN) for number in _IGNORED}
        _close_others(connection.fileno(), *(() if scope is None else (scope.lock,)))
        try:
            _serve(connection, program, scope, dispositions)
        finally:
            if scope is not None:
                scope.release()
    finally:
        os._exit(0)


def _serve(
    connection: socket.socket, program: Program, scope: Scope | None, dispositions: Mapping[signal.Signals, object]
) -> None:  # fmt: skip
    if scope is None:
        capabilities.adopt_orphans()  # what forks away stays below this process
    if connection.recv(1) != GO:
        return
    pid, failure = _start(program, scope, dispositions)
    with contextlib.suppress(OSError):
        give_up(None, keep=KEPT)
    if failure:
        os.waitpid(pid, 0)
        _tell(connection, failed=failure)
    else:
        _tell(connection, started=pid)
        status = _wait(connection, pid)
        _tell(connection, ended=status, left=_left(scope))
    with contextlib.suppress(OSError):
        while connection.recv(1):  # until the app has told all
            pass


def _tell(connection: socket.socket, **facts: int) -> None:
    with contextlib.suppress(OSError):  # the app was killed
        connection.sendall(json.dumps(facts).encode() + b"\n")


def _start(program: Program, scope: Scope | None, dispositions: Mapping[signal.Signals, object]) -> tuple[int, int]:
    """The number of the program's process, and the errno for which it could not be run; 0: it runs."""
    reading, writing = os.pipe()
    entrance = None if scope is None else scope.open_entrance()
    try:
        pid = os.fork()
    except OSError as error:
        os.close(reading)
        os.close(writing)
        return 0, error.errno or errno.EAGAIN
    if pid == 0:
        _become(program, entrance, writing, dispositions)
    os.close(writing)
    if entrance is not None:
        os.close(entrance)
    with open(reading, "rb") as refused:  # noqa: PTH123 - a descriptor
        told = refused.read()
    return pid, int(told or b"0")


def _become(
    program: Program, entrance: int | None, writing: int, dispositions: Mapping[signal.Signals, object]
) -> NoReturn:
    code = errno.EPERM
    try:
        if entrance is not None:
            os.write(entrance, b"0")
        identity = program.identity
        if identity is not None:
            os.setgroups(identity.groups)
            os.setgid(identity.gid)
            os.setuid(identity.uid)
        if not program.keeps_rights:
            capabilities.clear_ambient()
            capabilities.keep_only()
        for number, before in dispositions.items():
            signal.signal(number, signal.SIG_IGN if before is signal.SIG_IGN else signal.SIG_DFL)
        for number in _DEFAULT:
            signal.signal(number, signal.SIG_DFL)
        _close_others(writing)
        os.execvpe(program.arguments[0], list(program.arguments), dict(program.environment))
    except OSError as error:
        code = error.errno or code
    finally:
        os.write(writing, b"%d" % code)
        os._exit(1)


def _close_others(*kept: int) -> None:
    """Close all descriptors but the standard ones and ``kept``."""
    at = 3
    for descriptor in sorted(kept):
        os.closerange(at, descriptor)
        at = descriptor + 1
    os.closerange(at, os.sysconf("SC_OPEN_MAX"))


def _wait(connection: socket.socket, pid: int) -> int:
    """Wait for the end of ``pid``, and pass signals on to it; returns its status as of `os.waitstatus_to_exitcode`."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    try:
        ending = os.pidfd_open(pid)
        poll.register(ending, select.POLLIN)
        seconds = None
    except OSError:
        ending, seconds = -1, _LOOK_SECONDS
    deadline = None
    while True:
        limit = seconds if deadline is None else _LOOK_SECONDS
        ready = [number for number, _events in poll.poll(None if limit is None else limit * 1000)]
        status = _reaped(pid)
        if status is not None:
            return status
        if deadline is not None and time.monotonic() >= deadline:
            _kill(pid, signal.SIGKILL)
        if connection.fileno() not in ready:
            continue
        said = connection.recv(1)
        if not said:
            poll.unregister(connection)
            deadline = time.monotonic() + _LAST_SECONDS
        _kill(pid, SIGNALS.get(said, signal.SIGTERM))


def _kill(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(PermissionError):  # it has become another user
        os.kill(pid, number)


def _reaped(pid: int) -> int | None:
    """The status of ``pid`` once it has ended; others that have are reaped, too."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended == pid:
                found = os.waitstatus_to_exitcode(status)
            if ended == 0:
                break
    return found


def _left(scope: Scope | None) -> int:
    """How many processes go on that the program has started, as far as that is known."""
    return 0 if scope is None else len(scope.processes())
