"""Who assigned an Ethernet address, by Wireshark's ``manuf`` list: scapy ships a copy and keeps it up to date."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from tcptui.protocols.scapy_child.messages import Vendor

#: Prefix length in bits and in hexadecimal digits of the address blocks that IEEE assigns, smallest block first.
_BLOCKS: Final = ((36, 9), (28, 7), (24, 6))


@lru_cache(maxsize=1)
def _names() -> str:
    """The list, which takes a tenth of a second to unpack."""
    try:
        from scapy.libs.manuf import DATA
    except ImportError:  # a scapy before 2.6.1 had no list of its own
        return ""
    return "\n" + str(DATA)


def vendor_of(address: bytes) -> Vendor | None:
    """The short name of the block's owner and the block's prefix length; None for an unknown block."""
    digits = address.hex().upper()
    names = _names()
    for bits, count in _BLOCKS:
        padded = digits[:count] + "0" * (-count % 2)
        written = ":".join(padded[i : i + 2] for i in range(0, len(padded), 2))
        key = f"\n{written}" if bits == 24 else f"\n{written}/{bits}"
        at = names.find(key)
        if at < 0 or not names[at + len(key)].isspace():
            continue
        name = names[at + len(key) : at + 200].split("\n", 1)[0].split()
        if name:
            return Vendor(name[0], bits)
    return None
