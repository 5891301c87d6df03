"""How much memory this process can still get, and what is done where a file needs more.

The rows of a file all stay, and a compressed file of a megabyte may contain millions of them: where memory is short
they are spilled to disk (`model.spilled_memory`); where that cannot be, reading stops, and everybody is told.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.spool.files import spool_directory
from tcptui.model.spilled_memory import spill
from tcptui.session.control_groups import control_groups, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Packets may take one part in this many of the memory that is available at the start: what is computed from them
#: needs memory, too, and so do other programs.
SHARE: Final = 2
#: Of that, tables of packets and connections may take one part in this many; larger ones are spilled to disk.
TABLES_SHARE: Final = 3
#: Once they are, this part in so many of the memory stays free.
LEFT_SHARE: Final = 8
#: Re-check available memory after this many packets.
CHECK_EVERY: Final = 1 << 15
#: Below so many bytes of available memory nothing is done that takes much of it to save time.
TIGHT: Final = 768 << 20
#: A worker process takes so many bytes beside the memory that it shares: its stack of rules, what it writes to.
WORKER_BYTES: Final = 96 << 20


def is_tight() -> bool:
    """Whether little memory is available: then blocks are short, nothing is made ahead, and nothing is compiled."""
    return 0 < available_memory() < TIGHT


def affordable_workers(most: int) -> int:
    """How many of ``most`` worker processes memory has room for, at least 1.

    Only this one where tables are spilled: forks would not have copies of their own.
    """
    if spill.folder is not None:
        return 1
    available = available_memory()
    return max(min(most, available // WORKER_BYTES), 1) if available else most


class MemoryBudget:
    """Whether memory allows reading more packets; always, where the available memory is unknown."""

    def __init__(self) -> None:
        self._available = available_memory()
        self._least = self._available // SHARE
        self._next_look = CHECK_EVERY
        self.spent = False
        """Whether the share is used up; stays True."""

    @property
    def is_tight(self) -> bool:
        """As `is_tight`, of the memory at the start."""
        return 0 < self._available < TIGHT

    def expect(self, table_bytes: int) -> None:
        """Have tables lie on disk from now on where ``table_bytes`` of them would take too much memory."""
        if not self._available or table_bytes * TABLES_SHARE < self._available or spill.folder is not None:
            return
        folder = spool_directory()
        # A full disk would end other programs: tables take a share of it, as a spool does.
        found = os.statvfs(folder)  # shutil.disk_usage does the same, and every report would import that
        if table_bytes <= found.f_bavail * found.f_frsize // SHARE and spill.begin(folder):
            self._least = self._available // LEFT_SHARE

    def look(self, packets: int) -> None:
        """Update `spent` for ``packets`` in memory; checks only every `CHECK_EVERY` packets."""
        if packets >= self._next_look:
            self._next_look = packets + CHECK_EVERY
            self.spent = self.spent or available_memory() < self._least


_ROOT: Final = Path("/")
#: ``vm.overcommit_memory``: strict accounting, no overcommit (Linux, admin-guide/mm/overcommit-accounting).
_STRICT: Final = "2"
#: By cgroup version: the files of a control group's limit and usage, and what precedes memory.stat's names of sums.
_GROUP_FILES: Final = {
    2: ("memory.max", "memory.current", ""),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
}
#: From so many bytes on a limit is none: of version 1 it is the largest number of pages that fits in 63 bits.
_UNLIMITED: Final = 1 << 62
#: memory.stat's names for pages of files, which the kernel drops or writes back before it kills anybody.
_RECLAIMABLE: Final = ("inactive_file", "active_file")


def available_memory(root: Path = _ROOT) -> int:
    """Bytes that this process could allocate without swapping, failure, or being killed; 0 where unknown.

    The minimum of what is left of the machine's memory, of the control groups' limits (in a container the machine's
    numbers do not apply), and of this process's address space limit.
    """
    rooms = [*_of_machine(root), *_of_groups(root), *_of_process(root)]
    return max(min(rooms), 0) if rooms else 0


def accounts_strictly(root: Path = _ROOT) -> bool:
    """Whether the system overcommits no memory.

    Pages of a memfd are accounted only when they are written to: at the limit the writer gets SIGBUS, not an error.
    """
    return read_text(root / "proc/sys/vm/overcommit_memory").strip() == _STRICT


def _numbers(text: str) -> dict[str, int]:
    """Parse lines of ``name number``, as in proc_meminfo(5) and memory.stat."""
    found = {}
    for line in text.splitlines():
        name, _, rest = line.replace(":", " ").partition(" ")
        number = rest.split()[:1]
        if number and number[0].isdigit():
            found[name] = int(number[0])
    return found


def _of_machine(root: Path) -> Iterator[int]:
    known = _numbers(read_text(root / "proc/meminfo"))
    if "MemAvailable" in known:
        yield known["MemAvailable"] << 10
    elif "SC_AVPHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if "CommitLimit" in known and accounts_strictly(root):
        yield known["CommitLimit"] - known.get("Committed_AS", 0) << 10


def _of_groups(root: Path) -> Iterator[int]:
    """Bytes left of each limit of this process's control groups and their ancestors (cgroups(7))."""
    for version, place in control_groups(root, "memory"):
        yield from _of_group(place, version)


def _of_group(place: Path, version: int) -> Iterator[int]:
    limit, used, prefix = _GROUP_FILES[version]
    most, now = read_text(place / limit).strip(), read_text(place / used).strip()
    if most.isdigit() and now.isdigit() and int(most) < _UNLIMITED:  # "max": no limit
        counted = _numbers(read_text(place / "memory.stat"))
        yield int(most) - int(now) + sum(counted.get(prefix + name, 0) for name in _RECLAIMABLE)


def _of_process(root: Path) -> Iterator[int]:
    """Bytes of address space left by ``ulimit -v``."""
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    pages = read_text(root / "proc/self/statm").split()[:1]
    if most != resource.RLIM_INFINITY and pages:
        yield most - int(pages[0]) * resource.getpagesize()
