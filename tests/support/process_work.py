"""Whether a program has come to rest: it and what it has started wait for something, and work no more.

That nothing is drawn for a while does not say so.  On a busy machine a program may get no processor for seconds, but
then it would run if it had one, which the kernel says (proc(5), state R).
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: What has come to rest has shown nothing new for so long (seconds) …
_STILL_S: Final = 1.0
#: … while it took no more of a processor than a program that waits does: 0.01 to 0.03, on a slow machine some 0.1.
_IDLE_SHARE: Final = 0.2
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")


def family(root: int) -> set[int]:
    """Process ``root``, and all that live of those that it, or one of them, has started."""
    parents = {pid: int(stat[1]) for pid, stat in _processes()}
    found, newest = {root}, {root}
    while newest := {pid for pid, parent in parents.items() if parent in newest} - found:
        found |= newest
    return found


def is_at_work(processes: Iterable[int]) -> bool:
    """Whether a thread of ``processes`` runs, or would if it had a processor."""
    return any(stat[0] in "RD" for stat in _stats(processes, "task/*/stat"))


def _worked_s(processes: Iterable[int]) -> float:
    """Seconds of processor time that ``processes`` took so far."""
    return sum(int(ticks) for stat in _stats(processes, "stat") for ticks in stat[11:13]) / _TICKS_A_SECOND


def _processes() -> Iterable[tuple[int, list[str]]]:
    for path in _PROC.iterdir():
        if path.name.isdecimal():
            for stat in _stats([int(path.name)], "stat"):
                yield int(path.name), stat


def _stats(processes: Iterable[int], pattern: str) -> list[list[str]]:
    """Of each process, what the kernel's ``stat`` says behind the name (proc(5))."""
    found = []
    for pid in processes:
        for path in (_PROC / str(pid)).glob(pattern):
            with suppress(OSError):  # it has ended meanwhile
                found.append(path.read_text(errors="replace").rpartition(")")[2].split())
    return found


class Rest:
    """Watches processes until they have come to rest; asked again and again, with what they show."""

    def __init__(self, processes: Callable[[], Iterable[int]]) -> None:
        self._processes = processes
        self._seen: object = None
        self._since: float | None = None
        self._worked = 0.0

    def has_come(self, seen: object = None) -> bool:
        """Whether nothing was worked on, and ``seen`` was the same, for a second."""
        now = time.monotonic()
        if self._since is None or seen != self._seen:
            self._begin(seen, now)
        elif (stood := now - self._since) >= _STILL_S:
            processes = list(self._processes())
            if _worked_s(processes) - self._worked <= _IDLE_SHARE * stood and not is_at_work(processes):
                return True
            self._begin(seen, now)
        return False

    def _begin(self, seen: object, now: float) -> None:
        self._seen, self._since, self._worked = seen, now, _worked_s(self._processes())
