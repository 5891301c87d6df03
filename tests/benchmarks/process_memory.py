"""Memory of a process and its descendants, and their processor time; used by the benchmarks."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

#: Seconds between two looks at the memory of a program whose peak is wanted.
LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Memory:
    """Of a process and its descendants, in bytes."""

    resident: int
    """Pages that are shared count in each of them."""
    proportional: int
    """Pages that are shared count once (PSS)."""
    page_tables: int
    """The system's tables of the pages; they count wherever a group of processes is limited."""


def family(pid: int) -> list[int]:
    """``pid`` and its descendants."""
    children = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                children[int(stat[1])].append(int(entry.name))
    found = [pid]
    for parent in found:
        found += children[parent]
    return found


def memory_of(pid: int) -> Memory:
    """Of ``pid`` and its descendants now; processes that end meanwhile are left out."""
    totals = dict.fromkeys(("Rss:", "Pss:", "VmPTE:"), 0)
    for each in family(pid):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{each}/smaps_rollup").read_text() + Path(f"/proc/{each}/status").read_text()
            for line in lines.splitlines():
                name, _, rest = line.partition(" ")
                name = name.split("\t")[0]
                if name in totals:
                    totals[name] += int((rest or line.split("\t", 1)[1]).split()[0]) << 10
    return Memory(*totals.values())


class Peak(threading.Thread):
    """Looks at the memory of ``pid`` and its descendants until `end`, and keeps the largest sum of their PSS."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self._pid = pid
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        """Look, and rest three times as long as a look takes, so that looking costs little."""
        while not self._ended.is_set():
            began = time.monotonic()
            self.bytes = max(self.bytes, memory_of(self._pid).proportional)
            self._ended.wait(max(LOOK_EVERY, 3 * (time.monotonic() - began)))

    def end(self) -> int:
        """Look no more; returns the peak in bytes."""
        self._ended.set()
        self.join()
        return self.bytes
