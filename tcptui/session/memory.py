"""When reading a file stops for want of memory, and how much this process could still have.

The packets of a file all stay in memory, and a compressed file of a megabyte may hold millions of them.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Of the memory that is there at the beginning the packets may take one part in so many: what is made of them needs
#: memory, too, and the machine is not ours.
SHARE: Final = 2
#: So many packets later it is looked again.
LOOK_EVERY: Final = 1 << 18


class MemoryRoom:
    """Whether more packets may be read; where nobody knows what memory there is, any number."""

    def __init__(self) -> None:
        self._least = available_memory() // SHARE
        self._next_look = LOOK_EVERY
        self.spent = False
        """No more."""

    def look(self, packets: int) -> None:
        """There are ``packets`` now; seen to now and then."""
        if packets >= self._next_look:
            self._next_look = packets + LOOK_EVERY
            self.spent = self.spent or available_memory() < self._least


_ROOT: Final = Path("/")
#: ``vm.overcommit_memory``: no more may be promised than there is (Linux, admin-guide/mm/overcommit-accounting).
_STRICT: Final = "2"
#: The files of a control group: what it may have, has, and how its statistics call pages of files that can go.
_GROUP_FILES: Final = {
    2: ("memory.max", "memory.current", "inactive_file"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def available_memory(root: Path = _ROOT) -> int:
    """Bytes that could be had without swapping, or being refused or killed for it; 0 where nobody says.

    The least of what is left of the machine's memory, of the control groups' (in a container the machine's own
    numbers say nothing), and of this process's address space.
    """
    rooms = [*_of_machine(root), *_of_groups(root), *_of_process(root)]
    return max(min(rooms), 0) if rooms else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _numbers(text: str) -> dict[str, int]:
    """``name number`` a line, as in proc_meminfo(5) and memory.stat."""
    found = {}
    for line in text.splitlines():
        name, _, rest = line.replace(":", " ").partition(" ")
        number = rest.split()[:1]
        if number and number[0].isdigit():
            found[name] = int(number[0])
    return found


def _of_machine(root: Path) -> Iterator[int]:
    known = _numbers(_text(root / "proc/meminfo"))
    if "MemAvailable" in known:
        yield known["MemAvailable"] << 10
    elif "SC_AVPHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if _text(root / "proc/sys/vm/overcommit_memory").strip() == _STRICT and "CommitLimit" in known:
        yield known["CommitLimit"] - known.get("Committed_AS", 0) << 10


def _of_groups(root: Path) -> Iterator[int]:
    """What is left of each control group that this process is in, and of those around it (cgroups(7))."""
    mounts = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            version, mount = 2, mounts if (mounts / "cgroup.controllers").exists() else mounts / "unified"
        elif "memory" in controllers.split(","):
            version, mount = 1, mounts / "memory"
        else:
            continue
        group = mount / path.strip("/")
        # In a container the path may be the host's, and the group stands where its own mount begins.
        for place in (group, *group.parents):
            yield from _of_group(place, version)
            if place == mount:
                break


def _of_group(place: Path, version: int) -> Iterator[int]:
    limit, used, unused = _GROUP_FILES[version]
    most, now = _text(place / limit).strip(), _text(place / used).strip()
    if most.isdigit() and now.isdigit():  # "max" is none
        yield int(most) - int(now) + _numbers(_text(place / "memory.stat")).get(unused, 0)


def _of_process(root: Path) -> Iterator[int]:
    """What ``ulimit -v`` leaves."""
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    pages = _text(root / "proc/self/statm").split()[:1]
    if most != resource.RLIM_INFINITY and pages:
        yield most - int(pages[0]) * resource.getpagesize()
