"""Whether an interface is switched on, asked without any right, in this process's network namespace.

Not from /sys, which may show another namespace's.  See netdevice(7).
"""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
from typing import Final

#: Linux: the request for an interface's flags, its struct ifreq (name, flags, the rest), and IFF_UP.
_SIOCGIFFLAGS: Final = 0x8913
_IFREQ: Final = struct.Struct("16sH22x")
_UP: Final = 0x1
_LONGEST_NAME: Final = 15


def is_up(name: str) -> bool:
    """Whether the interface ``name`` is there and switched on.

    True for ``any``, and where the system is not asked (elsewhere than Linux).
    """
    encoded = name.encode("utf-8", "surrogateescape")
    if name == "any" or len(encoded) > _LONGEST_NAME or not sys.platform.startswith("linux"):
        return True
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            answer = fcntl.ioctl(asking, _SIOCGIFFLAGS, _IFREQ.pack(encoded, 0))
        except OSError:
            return False
    return bool(_IFREQ.unpack(answer)[1] & _UP)
