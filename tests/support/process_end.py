"""Whether a process that the test did not start itself has ended."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

_PATIENCE_S = 600


def is_gone(process: int) -> bool:
    """Whether ``process`` has ended; one that nobody has waited for has."""
    with suppress(OSError):
        stat = (Path("/proc") / str(process) / "stat").read_text("ascii", "replace")
        return stat.rpartition(")")[2].split()[0] == "Z"
    return True


def wait_until_gone(*processes: int) -> None:
    """Wait for the end of ``processes``, which close their files before; AssertionError after ten minutes."""
    deadline = time.monotonic() + _PATIENCE_S
    while not all(map(is_gone, processes)):
        assert time.monotonic() < deadline, processes
        time.sleep(0.01)
