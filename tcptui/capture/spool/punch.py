"""Frees the disk space of a temporary spool's oldest records, so that a capture may run for days.

A hole is punched between the file header and the first record that is kept (fallocate(2)): offsets do not change, so
readers of the spool are not affected.  Before that, the offset of the first kept record is written into the header,
little-endian, into the eight bytes of time zone and accuracy, which are zero in every pcap file written today; with
it `recover` can read a spool that a crash left behind.

Only for classic pcap files: in a pcapng file, blocks that later packets need (sections, interfaces) may be anywhere.
Only on Linux, and only where the file system supports it; elsewhere the spool's limit ends the capture.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Final

from tcptui.model.pcap_format import FILE_HEADER_BYTES, ORDINARY_MAGICS

#: The bytes of the file header that hold the offset of the first kept record; 0: nothing was released.
RELEASED: Final = slice(8, 16)
#: linux/falloc.h: FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE.
_PUNCH: Final = 0x01 | 0x02
#: The unit of st_blocks in stat(2), whatever the file system's own block size.
_BLOCK_BYTES: Final = 512


class SpoolRelease:
    """Releases the oldest records of the spool at ``descriptor``, which must be open for writing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._possible = True
        self.begin = 0
        """The offset of the first kept record: bytes from the file header to here were released; 0: none."""

    def release(self, offset: int) -> bool:
        """Release the records before the one at ``offset``; returns whether that is possible here.

        After a failure it is not tried again.
        """
        if not self._possible or offset <= max(self.begin, FILE_HEADER_BYTES):
            return self._possible
        try:
            if os.pread(self._descriptor, 4, 0) not in ORDINARY_MAGICS:
                self._possible = False
                return False
            # The header first: after a crash between the two steps, recovery must not read the hole's zeros.
            self._write_begin(offset)
            if not _punch(self._descriptor, FILE_HEADER_BYTES, offset):
                self._write_begin(0)
                self._possible = False
                return False
        except OSError:
            self._possible = False
            return False
        self.begin = offset
        return True

    def _write_begin(self, offset: int) -> None:
        os.pwrite(self._descriptor, offset.to_bytes(8, "little"), RELEASED.start)


def allocated_bytes(descriptor: int) -> int:
    """The disk space in bytes that the file at ``descriptor`` occupies, without holes."""
    status = os.fstat(descriptor)
    return min(status.st_blocks * _BLOCK_BYTES, status.st_size)


def released_until(descriptor: int) -> int:
    """The offset of the first kept record of the spool at ``descriptor``; 0 where nothing was released."""
    header = os.pread(descriptor, FILE_HEADER_BYTES, 0)
    if header[:4] not in ORDINARY_MAGICS:
        return 0
    return int.from_bytes(header[RELEASED], "little")


def _punch(descriptor: int, begin: int, end: int) -> bool:
    """Punch a hole from ``begin`` up to ``end`` (exclusive); returns whether it succeeded."""
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    call = getattr(library, "fallocate64", None) or getattr(library, "fallocate", None)
    if call is None:
        return False
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return int(call(descriptor, _PUNCH, begin, end - begin)) == 0
