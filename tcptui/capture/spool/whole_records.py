"""Where the whole records of a spool end whose writer was interrupted."""

from __future__ import annotations

import os
import sys

from tcptui.model.pcap_format import FILE_HEADER_BYTES, RECORD_HEADER_BYTES


def whole_records(descriptor: int, start: int, size: int) -> tuple[int, int]:
    """Where the last whole record in a pcap file's first ``size`` bytes ends, and how many there are from ``start``.

    ``start`` is 0 or the end of a record; the file is of this host's byte order.  Only record headers are read.
    """
    count = 0
    if start < FILE_HEADER_BYTES:
        if size < FILE_HEADER_BYTES:
            return 0, 0
        start = FILE_HEADER_BYTES
    while start + RECORD_HEADER_BYTES <= size:
        header = os.pread(descriptor, RECORD_HEADER_BYTES, start)
        following = start + RECORD_HEADER_BYTES + int.from_bytes(header[8:12], sys.byteorder)
        if following > size:
            break
        start = following
        count += 1
    return start, count
