"""Wireshark's names of protocol numbers and field values, for the layers that this package reads.

Sources: IANA's registries; the wording is that of tshark 4.0 (``tshark -G values``), so
that a value reads the same in both programs.
"""

from __future__ import annotations

from typing import Final

#: Address families as BSD systems number them; the number of IPv6 differs between them.
BSD_FAMILIES: Final[dict[int, str]] = {
    2: "IP",
    7: "OSI",
    16: "Appletalk",
    23: "Netware IPX/SPX",
    24: "IPv6",
    28: "IPv6",
    30: "IPv6",
}

#: From LINKTYPE_ values to Wireshark's name and encapsulation number.
ENCAPSULATIONS: Final[dict[int, tuple[str, int]]] = {
    0: ("NULL/Loopback", 15),
    1: ("Ethernet", 1),
    8: ("SLIP", 3),
    9: ("PPP", 4),
    10: ("FDDI with bit-swapped MAC addresses", 6),
    12: ("Raw IP", 7),
    14: ("Raw IP", 7),
    50: ("PPP", 4),
    101: ("Raw IP", 7),
    104: ("Cisco HDLC", 28),
    105: ("IEEE 802.11 Wireless LAN", 20),
    108: ("OpenBSD loopback", 174),
    113: ("Linux cooked-mode capture v1", 25),
    127: ("IEEE 802.11 plus radiotap radio header", 23),
    228: ("Raw IPv4", 129),
    229: ("Raw IPv6", 130),
    276: ("Linux cooked-mode capture v2", 210),
}

#: IEEE 802.1Q priority code points.
PRIORITIES: Final[dict[int, str]] = {
    0: "Best Effort (default)",
    1: "Background",
    2: "Excellent Effort",
    3: "Critical Applications",
    4: "Video, < 100ms latency and jitter",
    5: "Voice, < 10ms latency and jitter",
    6: "Internetwork Control",
    7: "Network Control",
}
