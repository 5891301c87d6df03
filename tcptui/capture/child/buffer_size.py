"""How large the kernel's ring is unless -B says otherwise."""

from __future__ import annotations

import os
from typing import Final

#: What rides out the longest wait.  With ten busy processes on two processors the capturing process was kept from
#: looking for up to 270 ms (one look in a hundred: 115 ms); 64 MiB hold that at 250 MB/s, tcpdump's 2 MiB at 8.
#: Twice that would be needed at 500 MB/s, which no disk takes for long; and it is memory that nobody else has.
#: Of 120,000 full packets a second (180 MB/s), the screen in use, 2 MiB lost 6 to 7 % there, 8 to 128 MiB none.
_LARGEST_KIB: Final = 64 * 1024
#: On a small host no more than this share of its memory: 32 MiB of 2 GiB.
_MEMORY_SHARE: Final = 64
_SMALLEST_KIB: Final = 4 * 1024


def default_buffer_kib() -> int:
    """KiB of kernel memory for the packets that are captured but not taken yet; it is taken while a capture runs."""
    try:
        memory_kib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 10
    except (OSError, ValueError):
        memory_kib = 0  # nobody says
    return max(_SMALLEST_KIB, min(_LARGEST_KIB, memory_kib // _MEMORY_SHARE))
