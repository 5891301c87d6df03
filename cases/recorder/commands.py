"""Programs from outside (nginx, curl …) as a step of a script, inside the end's own namespace.

The kernel kills them when the script's process ends, and that one dies with the bench.  Their files
lie on a file system that only the script's process and its children see, and that vanishes with them.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases.recorder.namespaces import die_with_parent, private_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.recorder.program import Program

START_SECONDS: Final = 300.0
POLL_SECONDS: Final = 0.002
_LISTEN: Final = "0A"
"""TCP_LISTEN as /proc/net/tcp prints it."""


def execute(me: Program, words: Sequence[str]) -> bytes:
    """Runs a program to its end and returns its standard output; its exit status is logged.

    A status other than 0 is logged as the error ``exit N``: it spoils the recording unless the scenario's
    ``may_fail`` names it.
    """
    began = time.monotonic_ns()
    done = subprocess.run(
        list(words), stdin=subprocess.DEVNULL, capture_output=True, check=False, preexec_fn=die_with_parent
    )
    facts: dict[str, object] = {"until": time.monotonic_ns(), "got": len(done.stdout)}
    if done.returncode:
        facts["error"] = f"exit {done.returncode}"
    me.note("program", began, call=f"run {words[0]}", words=" ".join(words), **facts)
    return done.stdout


def launch(me: Program, words: Sequence[str], port: int) -> subprocess.Popen[bytes]:
    """Starts a server and returns once it listens at ``port``; it runs until the script's process ends.

    Raises OSError when it does not get that far.
    """
    server = subprocess.Popen(
        list(words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=die_with_parent,
    )  # fmt: skip
    give_up = time.monotonic() + START_SECONDS
    while not listens(port):
        if server.poll() is not None or time.monotonic() > give_up:
            server.kill()
            raise OSError(f"{words[0]} does not listen at {port}: {server.communicate()[1].decode()[-500:]}")
        time.sleep(POLL_SECONDS)
    me.note("program", call=f"start {words[0]}", words=" ".join(words))
    return server


def listens(port: int) -> bool:
    """Whether somebody listens at ``port`` in this process's network namespace."""
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/self/net", table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == _LISTEN and int(words[1].rpartition(":")[2], 16) == port:
                return True
    return False


def scratch() -> Path:
    """An empty folder for a script's files; gone with the script's process, however it ends."""
    folder = Path("/mnt")
    private_folder(folder)
    return folder
