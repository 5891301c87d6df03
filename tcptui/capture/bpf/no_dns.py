"""Keeps libpcap's filter compiler from asking DNS: host names come from the hosts file alone.

``host NAME`` in a filter makes libpcap call getaddrinfo, which would ask a DNS server.
This program must not.  glibc can be restricted to the hosts file for the whole process; other
C libraries have no such switch, and there a name in a filter is looked up as tcpdump would.
"""

from __future__ import annotations

import ctypes
from functools import cache


@cache
def use_hosts_file_only() -> bool:
    """Restrict this process's host lookups to the hosts file; returns whether the C library supports that."""
    try:
        # By subscript: as an attribute, the leading underscores would be mangled inside a class.
        configure = ctypes.CDLL(None)["__nss_configure_lookup"]
    except (AttributeError, OSError):
        return False
    configure.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    configure.restype = ctypes.c_int
    return bool(configure(b"hosts", b"files") == 0)
