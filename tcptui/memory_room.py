"""What memory there is, and when a file has had its share of it.

Packets of a file all stay in memory, and a packed file of a megabyte may hold millions of them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

#: Of the memory that is there at the beginning the packets may take one part in so many: what is made of them needs
#: memory, too, and the machine is not ours.
SHARE: Final = 2
#: So many packets later it is looked again.
LOOK_EVERY: Final = 1 << 18


def available_memory() -> int:
    """Bytes that could be had without swapping (proc_meminfo(5)); 0 where nobody says."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


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
