"""Community ID, version 1: one name of a connection in Zeek, Suricata, Wireshark, Arkime, and here.

https://github.com/corelight/community-id-spec
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.model.endpoint import Endpoint

#: What every such name looks like.
FORM: Final = re.compile(r"1:[A-Za-z0-9+/]{27}=")
TCP: Final = 6
_SEED: Final = bytes(2)


@lru_cache(maxsize=1 << 16)
def community_id(one: Endpoint, other: Endpoint, protocol: int = TCP) -> str:
    """The name of the connection between two ends, whichever began, without a seed of one's own."""
    from hashlib import sha1  # loads OpenSSL: not for who only parses a command line

    low, high = sorted(((one.address, one.port), (other.address, other.port)))
    ports = low[1].to_bytes(2, "big") + high[1].to_bytes(2, "big")
    hashed = sha1(_SEED + low[0] + high[0] + bytes([protocol, 0]) + ports, usedforsecurity=False)
    return f"1:{b64encode(hashed.digest()).decode()}"
