"""Gives the oldest bytes of a temporary spool back to its disk, so that a capture may run for days.

A hole is punched between the file's header and the first record that is kept (fallocate(2)): offsets stay what they
were, and whoever reads the spool needs to know nothing of it.  Where the kept records begin is written into the
header first, little-endian, into the eight bytes (time zone and accuracy) that are zero in every pcap file of
today: so a spool that was left behind by an accident can be read, too (`spool_recovery`).

Only classic pcap files: in a pcapng file what later packets need (sections, interfaces) may lie anywhere.  Only on
Linux, and only where the file system can: elsewhere the limit of the spool ends the capture.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Final

from tcptui.model.pcap_format import FILE_HEADER_BYTES, ORDINARY_MAGICS

#: Where in the file header the first kept record's offset stands; 0: everything is there.
RELEASED: Final = slice(8, 16)
#: linux/falloc.h: FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE.
_PUNCH: Final = 0x01 | 0x02
#: stat(2) counts blocks of so many bytes, whatever the file system's own are.
_BLOCK_BYTES: Final = 512


class SpoolRelease:
    """What was released of the spool at ``descriptor``, which must be open for writing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._possible = True
        self.begin = 0
        """Bytes between the file's header and this offset were given back; 0: none."""

    def release(self, offset: int) -> bool:
        """Give back what lies before the record at ``offset``; whether that could be done.

        Once it could not, it is not tried again.
        """
        if not self._possible or offset <= max(self.begin, FILE_HEADER_BYTES):
            return self._possible
        try:
            if os.pread(self._descriptor, 4, 0) not in ORDINARY_MAGICS:
                self._possible = False
                return False
            # First the header: whoever finds the file between the two steps must not read zeros.
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


def held_bytes(descriptor: int) -> int:
    """What the file at ``descriptor`` takes of its disk, holes not counted."""
    status = os.fstat(descriptor)
    return min(status.st_blocks * _BLOCK_BYTES, status.st_size)


def released_until(descriptor: int) -> int:
    """Where the kept records of the spool at ``descriptor`` begin; 0 where nothing was released."""
    header = os.pread(descriptor, FILE_HEADER_BYTES, 0)
    if header[:4] not in ORDINARY_MAGICS:
        return 0
    return int.from_bytes(header[RELEASED], "little")


def _punch(descriptor: int, begin: int, end: int) -> bool:
    """Make a hole of the bytes from ``begin`` up to ``end``; whether the system has such holes."""
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    call = getattr(library, "fallocate64", None) or getattr(library, "fallocate", None)
    if call is None:
        return False
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return int(call(descriptor, _PUNCH, begin, end - begin)) == 0
