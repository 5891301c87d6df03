"""Ethernet addresses as Wireshark writes them: the vendor's short name before the last bytes.

The names are those of Wireshark's ``manuf`` list, in the copy that scapy ships and keeps up to
date; it is loaded on first use (0.1 s) and never from the network.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_LOCALLY_ADMINISTERED: Final = 0x02
_GROUP: Final = 0x01
#: Prefix length in bits and in hexadecimal digits of the address blocks that IEEE assigns, smallest block first.
_BLOCKS: Final = ((36, 9), (28, 7), (24, 6))
_WELL_KNOWN: Final[dict[bytes, str]] = {b"\xff" * 6: "Broadcast"}
_WELL_KNOWN_PREFIXES: Final[dict[bytes, str]] = {b"\x01\x00\x5e": "IPv4mcast", b"\x33\x33": "IPv6mcast"}


def load_vendors() -> None:
    """Load the list of names now, before the first Ethernet header is shown."""
    _names()


@lru_cache(maxsize=1)
def _names() -> str:
    try:
        from scapy.libs.manuf import DATA
    except ImportError:  # a scapy before 2.6.1 had no list of its own
        return ""
    return "\n" + str(DATA)


@lru_cache(maxsize=4096)
def _vendor(address: bytes) -> tuple[str, int] | None:
    """The short name of the block's owner and the block's prefix length in bits; None for an unknown block."""
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
            return name[0], bits
    return None


def address_digits(address: bytes) -> str:
    """The address in hexadecimal: ``00:0c:29:c2:89:0b``."""
    return address.hex(":")


def named_address(address: bytes, with_vendor: bool) -> str:
    """The address with its vendor's name: ``VMware_c2:89:0b``; only digits when it is unknown or names are off."""
    if not with_vendor or len(address) != 6:
        return address_digits(address)
    if address in _WELL_KNOWN:
        return _WELL_KNOWN[address]
    for prefix, name in _WELL_KNOWN_PREFIXES.items():
        if address.startswith(prefix):
            return f"{name}_{address[len(prefix) :].hex(':')}"
    if address[0] & (_LOCALLY_ADMINISTERED | _GROUP) or not any(address[:3]):
        return address_digits(address)
    vendor = _vendor(address)
    if vendor is None:
        return address_digits(address)
    name, bits = vendor
    rest = address[bits // 8 :].hex(":")
    return f"{name}_{rest[1:] if bits % 8 else rest}"


def address_label(address: bytes, with_vendor: bool) -> str:
    """Both forms: ``VMware_c2:89:0b (00:0c:29:c2:89:0b)``; only digits when names are off."""
    digits = address_digits(address)
    return f"{named_address(address, with_vendor)} ({digits})" if with_vendor else digits
