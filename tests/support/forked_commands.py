"""`tcptui` commands that write text, each in a process of its own that need not import them: half a second each.

The process is forked from one that has imported all that is no screen, read the grammar of filters and done nothing
else.  It has the arguments, environment, folder, descriptors and end of a new one; what is about imports or the locale
starts the program itself.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
DEADLINE_S: Final = 600
#: Parts of the program that commands which write text have no part in; the last two are programs of their own.
APART: Final = ("tcptui.ui", "tcptui.__main__", "tcptui.capture.child.main", "tcptui.protocols.scapy_child")
#: Variables that an interpreter reads when it starts: a fork is too late for them.  LANG may be any of UTF-8.
AT_START: Final = ("LC_", "PYTHON")
#: Bytes of an exit status.
_STATUS: Final = 4


def run_program(
    words: Sequence[str], environ: Mapping[str, str], *, stdin: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """What ``tcptui`` with ``words`` writes and how it ends; nothing of its environment is this process's."""
    late = read_at_start(environ)
    assert not late, f"read when an interpreter starts: {late}"
    asked = {"words": list(words), "environ": dict(environ), "cwd": str(cwd or Path.cwd())}
    ends = [os.pipe() for _ in range(3)]
    theirs = [ends[0][0], ends[1][1], ends[2][1]]
    server = _server()
    socket.send_fds(server.channel, [json.dumps(asked).encode() + b"\n"], theirs)
    for descriptor in theirs:
        os.close(descriptor)
    said: list[bytes] = [b"", b""]
    readers = [threading.Thread(target=_read, args=(ends[at + 1][0], said, at)) for at in range(2)]
    for reader in readers:
        reader.start()
    with contextlib.suppress(BrokenPipeError), os.fdopen(ends[0][1], "wb") as given:
        given.write(stdin)
    try:
        status = server.channel.recv(_STATUS, socket.MSG_WAITALL)
    except TimeoutError:
        _server.cache_clear()  # its answer would be taken for that of the next command
        server.end()
        raise
    for reader in readers:
        reader.join(DEADLINE_S)
    assert len(status) == _STATUS, said
    return subprocess.CompletedProcess(words, int.from_bytes(status, signed=True), *said)


def read_at_start(environ: Mapping[str, str]) -> list[str]:
    """The variables that are too late for a fork."""
    started = _environment()
    return [name for name in environ if name.startswith(AT_START) and environ[name] != started.get(name)]


def _read(descriptor: int, said: list[bytes], at: int) -> None:
    with os.fdopen(descriptor, "rb") as out:
        said[at] = out.read()


def _environment() -> dict[str, str]:
    """What the process is started with that is forked."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    # What starts threads must not do so before root is given up.
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}


@dataclass
class Server:
    """The process that is forked."""

    channel: socket.socket
    process: subprocess.Popen[bytes]

    def end(self) -> None:
        """End it and whatever it has begun."""
        self.channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@cache
def _server() -> Server:
    ours, theirs = socket.socketpair()
    ours.settimeout(DEADLINE_S)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            env=_environment(), stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], process_group=0,
        )  # fmt: skip
    server = Server(ours, process)
    atexit.register(server.end)
    return server


def serve(channel: socket.socket) -> list[str] | None:
    """Fork for each command that is asked for: its words in the new process; None at the end of ``channel``."""
    while True:
        line, descriptors = b"", []
        while not line.endswith(b"\n"):
            data, given, *_ = socket.recv_fds(channel, 1 << 20, 3)
            if not data:
                return None
            line, descriptors = line + data, descriptors + given
        child = os.fork()
        if not child:
            channel.close()
            return _become(json.loads(line), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        channel.sendall(status.to_bytes(_STATUS, signed=True))


def _become(asked: dict[str, object], descriptors: list[int]) -> list[str]:
    """Take on what a new process would have."""
    for at, descriptor in enumerate(descriptors):
        os.dup2(descriptor, at)
        os.close(descriptor)
    os.chdir(str(asked["cwd"]))
    os.environ.clear()
    os.environ.update(asked["environ"])  # type: ignore[call-overload]
    time.tzset()
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), "utf-8")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), "utf-8")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = io.TextIOWrapper(  # type: ignore[misc]
        os.fdopen(2, "wb", closefd=False), "utf-8", "backslashreplace", line_buffering=True
    )
    words = asked["words"]
    assert isinstance(words, list)
    sys.argv[1:] = words
    return words


def prepare() -> None:
    """Import what commands would import, and read what they would read, each for itself."""
    import tcptui
    from tcptui.dfilter.compile import compile_filter

    found = [tcptui.__name__]
    while found:
        try:
            module = importlib.import_module(found.pop())
        except ModuleNotFoundError:  # needs an extra that is not installed; a command says so itself
            continue
        inner = pkgutil.iter_modules(getattr(module, "__path__", ()), f"{module.__name__}.")
        found += [name for _, name, _ in inner if name not in APART]
    compile_filter("tcp")
    assert threading.active_count() == 1, "a fork has no other thread"
    gc.freeze()


if __name__ == "__main__":
    from tcptui.__main__ import main

    prepare()
    if serve(socket.socket(fileno=int(sys.argv[1]))) is not None:
        sys.exit(main())
