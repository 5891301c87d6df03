"""Where the whole records of a spool end whose writer was interrupted."""

from __future__ import annotations

import os
import sys

from tcptui.model.pcap_format import FILE_HEADER_BYTES, RECORD_HEADER_BYTES


def whole_records(descriptor: int, start: int, size: int) -> int:
    """The end offset of the last whole record in the first ``size`` bytes of a pcap file of this host's byte order.

    ``start`` is 0 or the end of a record.  Only record headers are read.
    """
    if start < FILE_HEADER_BYTES:
        if size < FILE_HEADER_BYTES:
            return 0
        start = FILE_HEADER_BYTES
    while start + RECORD_HEADER_BYTES <= size:
        header = os.pread(descriptor, RECORD_HEADER_BYTES, start)
        following = start + RECORD_HEADER_BYTES + int.from_bytes(header[8:12], sys.byteorder)
        if following > size:
            break
        start = following
    return start
