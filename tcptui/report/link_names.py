"""Names of link types, as https://www.tcpdump.org/linktypes.html spells them after ``LINKTYPE_``."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    0: "NULL",
    1: "ETHERNET",
    9: "PPP",
    50: "PPP_HDLC",
    51: "PPP_ETHER",
    101: "RAW",
    104: "C_HDLC",
    105: "IEEE802_11",
    108: "LOOP",
    113: "LINUX_SLL",
    127: "IEEE802_11_RADIOTAP",
    228: "IPV4",
    229: "IPV6",
    276: "LINUX_SLL2",
}


def link_name(link_type: int) -> str:
    """The name of LINKTYPE_ value ``link_type``; its number where this list has none."""
    return _NAMES.get(link_type, str(link_type))
