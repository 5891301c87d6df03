"""The kernel's own word on TCP states, from the trace event ``sock:inet_sock_set_state``.

Needs root and a mount namespace of its own, so that the mounted tracefs goes away with the
process.  It uses a trace *instance*: other users of tracing on this host are not disturbed.
What Linux does not trace here: SYN-RECEIVED before the third packet of the handshake has come
(until then there is only a request, no socket), and TIME-WAIT and the FIN-WAIT-2 of a closed socket
(a small stand-in for the socket, traced as CLOSED).
"""

from __future__ import annotations

import re
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVENT: Final = "events/sock/inet_sock_set_state"
STATES: Final = {
    "TCP_CLOSE": "CLOSED",
    "TCP_LISTEN": "LISTEN",
    "TCP_SYN_SENT": "SYN-SENT",
    "TCP_SYN_RECV": "SYN-RECEIVED",
    "TCP_NEW_SYN_RECV": "SYN-RECEIVED",
    "TCP_ESTABLISHED": "ESTABLISHED",
    "TCP_FIN_WAIT1": "FIN-WAIT-1",
    "TCP_FIN_WAIT2": "FIN-WAIT-2",
    "TCP_CLOSE_WAIT": "CLOSE-WAIT",
    "TCP_CLOSING": "CLOSING",
    "TCP_LAST_ACK": "LAST-ACK",
    "TCP_TIME_WAIT": "TIME-WAIT",
}
_LINE: Final = re.compile(
    r"\s(?P<seconds>\d+)\.(?P<micros>\d{6}): inet_sock_set_state: .*"
    r"sport=(?P<sport>\d+) dport=(?P<dport>\d+) .*oldstate=(?P<old>\w+) newstate=(?P<new>\w+)"
)


@dataclass(frozen=True, slots=True)
class StateChange:
    """One socket went from ``old`` to ``new`` (RFC 9293 names); microsecond resolution."""

    time_ns: int
    """Since the epoch, on the capture's clock."""
    local_port: int
    remote_port: int
    """0 for a listening socket, and before connect() has chosen."""
    old: str
    new: str


class KernelTrace:
    """A running trace; `changes` reads what it has seen so far."""

    def __init__(self, instance: Path, port: int) -> None:
        self._instance = instance
        self._port = port

    def changes(self) -> list[StateChange]:
        """State changes of sockets from or to the port, oldest first."""
        offset_ns = epoch_minus_monotonic_ns()
        changes = []
        for line in (self._instance / "trace").read_text().splitlines():
            found = _LINE.search(line)
            if found is None or self._port not in (int(found["sport"]), int(found["dport"])):
                continue
            at = int(found["seconds"]) * 10**9 + int(found["micros"]) * 1000
            changes.append(
                StateChange(
                    at + offset_ns, int(found["sport"]), int(found["dport"]), STATES[found["old"]], STATES[found["new"]]
                )
            )
        return changes


@contextmanager
def kernel_trace(port: int, mount_point: Path) -> Iterator[KernelTrace]:
    """Traces TCP state changes while the context is open; raises OSError without permission."""
    subprocess.run(["mount", "-t", "tracefs", "nodev", str(mount_point)], check=True)
    instance = mount_point / "instances" / f"tcptui-{port}-{time.monotonic_ns()}"
    try:
        instance.mkdir()
        try:
            (instance / "trace_clock").write_text("mono")
            (instance / EVENT / "enable").write_text("1")
            yield KernelTrace(instance, port)
            (instance / EVENT / "enable").write_text("0")
        finally:
            instance.rmdir()
    finally:
        subprocess.run(["umount", str(mount_point)], check=True)


def epoch_minus_monotonic_ns() -> int:
    """The offset between both clocks, from the tightest of some readings."""
    readings = []
    for _ in range(50):
        before = time.monotonic_ns()
        epoch = time.time_ns()
        after = time.monotonic_ns()
        readings.append((after - before, epoch - (before + after) // 2))
    return min(readings)[1]
