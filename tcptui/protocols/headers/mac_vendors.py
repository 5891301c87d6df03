"""Ethernet addresses as Wireshark writes them: the vendor's short name before the last bytes.

The names are those of Wireshark's ``manuf`` list, in the copy that scapy ships and keeps up to date; scapy's process
reads it (`tcptui.protocols.scapy_child`), never from the network.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tcptui.protocols.scapy_child.client import NoAnswerError, scapy_child

if TYPE_CHECKING:
    from tcptui.protocols.scapy_child.messages import Vendor

_LOCALLY_ADMINISTERED: Final = 0x02
_GROUP: Final = 0x01
_WELL_KNOWN: Final[dict[bytes, str]] = {b"\xff" * 6: "Broadcast"}
_WELL_KNOWN_PREFIXES: Final[dict[bytes, str]] = {b"\x01\x00\x5e": "IPv4mcast", b"\x33\x33": "IPv6mcast"}


@lru_cache(maxsize=4096)
def _vendor(address: bytes) -> Vendor | None:
    """The block's owner and its prefix; None for an unknown block.  Raises NoAnswerError, which is not kept."""
    return scapy_child.vendor(address)


def address_digits(address: bytes) -> str:
    """The address in hexadecimal: ``00:0c:29:c2:89:0b``."""
    return address.hex(":")


def named_address(address: bytes, with_vendor: bool) -> str:
    """The address with its vendor's name: ``VMware_c2:89:0b``; only digits when it is unknown or names are off.

    Also where scapy's process cannot be asked.
    """
    if not with_vendor or len(address) != 6:
        return address_digits(address)
    if address in _WELL_KNOWN:
        return _WELL_KNOWN[address]
    for prefix, name in _WELL_KNOWN_PREFIXES.items():
        if address.startswith(prefix):
            return f"{name}_{address[len(prefix) :].hex(':')}"
    if address[0] & (_LOCALLY_ADMINISTERED | _GROUP) or not any(address[:3]):
        return address_digits(address)
    try:
        vendor = _vendor(address)
    except NoAnswerError:
        vendor = None
    if vendor is None:
        return address_digits(address)
    name, bits = vendor
    rest = address[bits // 8 :].hex(":")
    return f"{name}_{rest[1:] if bits % 8 else rest}"


def address_label(address: bytes, with_vendor: bool) -> str:
    """Both forms: ``VMware_c2:89:0b (00:0c:29:c2:89:0b)``; only digits when names are off."""
    digits = address_digits(address)
    return f"{named_address(address, with_vendor)} ({digits})" if with_vendor else digits
