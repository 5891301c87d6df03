"""The stream of ``-w -``: libpcap's dumper writes to memory, and that is written on.

The dumper itself says nothing of a write that failed: it drops those bytes and all that follow.  Whoever pipes a
capture to a program that ends, or to a disk that is full, would be told of packets that nobody has.
"""

from __future__ import annotations

import errno
import os
import select
import sys
from typing import Final

_STDOUT: Final = 1


class StreamWriter:
    """Gives ``descriptor`` what is written to standard output, which is memory from now on."""

    def __init__(self, descriptor: int) -> None:
        """Raises OSError where there is no memory for it."""
        self._descriptor = descriptor
        self._passed = 0
        memory = _memory()
        os.dup2(memory, _STDOUT)
        os.close(memory)

    def pass_on(self, octets: int) -> None:
        """Write on what is new, and wait until all of it is taken.

        ``octets``: how many bytes there must have been since the stream began.  Raises OSError where they were not all
        written, here or to the memory.
        """
        size = os.lseek(_STDOUT, 0, os.SEEK_CUR)
        if self._passed + size != octets:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        waiting = memoryview(os.pread(_STDOUT, size, 0))
        while waiting:
            try:
                waiting = waiting[os.write(self._descriptor, waiting) :]
            except BlockingIOError:  # its other end may have made it non-blocking
                select.select([], [self._descriptor], [])
        self._passed = octets
        os.ftruncate(_STDOUT, 0)
        os.lseek(_STDOUT, 0, os.SEEK_SET)


def _memory() -> int:
    if sys.platform == "linux":
        return os.memfd_create("tcptui-stream")
    import tempfile  # Linux does without

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
