"""The default size of the kernel's packet ring, for captures without -B."""

from __future__ import annotations

import os
from typing import Final

#: Upper bound in KiB, enough for the longest scheduling delay measured.  With ten busy processes on two processors,
#: up to 270 ms passed between two polls of the capture process (99th percentile: 115 ms).  64 MiB hold that long at
#: 250 MB/s, tcpdump's 2 MiB at 8 MB/s.  500 MB/s would need twice as much, but no disk sustains that rate, and the
#: memory is taken from everybody else.  At 120,000 full-sized packets a second (180 MB/s) with the screen in use,
#: a ring of 2 MiB lost 6 to 7 % of them on that host, 8 to 128 MiB none.
_LARGEST_KIB: Final = 64 * 1024
#: On a small host the ring takes at most one part in this many of its memory: 32 MiB of 2 GiB.
_MEMORY_SHARE: Final = 64
_SMALLEST_KIB: Final = 4 * 1024


def default_buffer_kib() -> int:
    """The ring's default size in KiB: kernel memory for packets not yet read, allocated while a capture runs."""
    try:
        memory_kib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 10
    except (OSError, ValueError):
        memory_kib = 0  # unknown: use the minimum
    return max(_SMALLEST_KIB, min(_LARGEST_KIB, memory_kib // _MEMORY_SHARE))
