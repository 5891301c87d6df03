"""Cleans up after a bench, also after one that was killed.

Programs die with the bench, devices with the last descriptor of theirs.  Two things would stay: the
trace instance, and connections that nobody owns any more, which hold their namespace until their
timers have given up, minutes later.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from typing import TYPE_CHECKING

from cases.recorder.namespaces import enter
from cases.recorder.tracing import remove_instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cases.recorder.namespaces import End, Host
    from cases.recorder.tracing import TraceInstance


@contextlib.contextmanager
def watchdog(instance: TraceInstance, hosts: Mapping[End, Host], seconds: float) -> Iterator[None]:
    """Ends the hosts' connections when the context closes; a process of its own does it if that never happens.

    That process also ends a bench that has not come to an end after ``seconds``.
    """
    bench = os.getpid()
    theirs, ours = os.pipe()
    child = os.fork()
    if child == 0:
        _watch(bench, theirs, ours, instance, hosts, seconds)
    os.close(theirs)
    try:
        yield
        end_connections(hosts)
    finally:
        # From here on `TraceInstance.close` removes the instance, whose name may then be another bench's.
        os.write(ours, b".")
        os.close(ours)
        os.waitpid(child, 0)


def _watch(
    bench: int, theirs: int, ours: int, instance: TraceInstance, hosts: Mapping[End, Host], seconds: float
) -> None:
    """The other process: never returns."""
    try:
        os.setsid()
        os.close(ours)
        for host in hosts.values():
            os.close(host.tap)
        ready, _, _ = select.select([theirs], (), (), seconds)
        if not ready:
            os.kill(bench, signal.SIGKILL)
        if not ready or os.read(theirs, 1) == b"":
            with contextlib.suppress(OSError):
                end_connections(hosts)
            with contextlib.suppress(OSError):
                remove_instance(instance.folder)
    finally:
        os._exit(0)


def end_connections(hosts: Mapping[End, Host]) -> None:
    """Destroys all sockets in the hosts' namespaces; the caller ends up in one of them."""
    for host in hosts.values():
        enter(host.namespace)
        with contextlib.suppress(FileNotFoundError):
            subprocess.run(["ss", "--kill", "--tcp", "state", "all"], capture_output=True, check=False)
