"""Wireshark's names of protocol numbers and field values, for the layers that this package reads.

Sources: IANA's registries; the wording is that of tshark 4.0 (``tshark -G values``), so
that a value reads the same in both programs.
"""

from __future__ import annotations

from typing import Final

ETHERTYPES: Final[dict[int, str]] = {
    0x0800: "IPv4",
    0x0806: "ARP",
    0x0842: "Wake on LAN",
    0x2000: "CDP",
    0x22F3: "TRILL",
    0x6002: "DEC DNA Remote Console",
    0x6003: "DEC DNA Routing",
    0x6004: "DEC LAT",
    0x8035: "RARP",
    0x809B: "AppleTalk LLAP bridging",
    0x80F3: "AARP",
    0x8100: "802.1Q Virtual LAN",
    0x8137: "Netware IPX/SPX",
    0x86DD: "IPv6",
    0x8808: "MAC Control",
    0x8809: "Slow Protocols",
    0x8847: "MPLS label switched packet",
    0x8848: "MPLS multicast label switched packet",
    0x8863: "PPPoE Discovery",
    0x8864: "PPPoE Session",
    0x888E: "802.1X Authentication",
    0x8892: "PROFINET",
    0x8899: "Realtek Layer 2 Protocols",
    0x88A8: "802.1ad Provider Bridge (Q-in-Q)",
    0x88B5: "Local Experimental Ethertype 1",
    0x88B6: "Local Experimental Ethertype 2",
    0x88CC: "802.1 Link Layer Discovery Protocol (LLDP)",
    0x88E5: "802.1AE (MACsec)",
    0x88E7: "802.1ah Provider Backbone Bridge (mac-in-mac)",
    0x88F7: "PTPv2 over Ethernet (IEEE1588)",
    0x8902: "IEEE 802.1ag Connectivity Fault Management (CFM) / ITU-T Recommendation Y.1731",
    0x9000: "Loopback",
}

IP_PROTOCOLS: Final[dict[int, str]] = {
    0: "IPv6 Hop-by-Hop Option",
    1: "ICMP",
    2: "IGMP",
    4: "IPIP",
    6: "TCP",
    8: "EGP",
    9: "IGRP",
    17: "UDP",
    33: "Datagram Congestion Control Protocol",
    41: "IPv6",
    43: "Routing Header for IPv6",
    44: "Fragment Header for IPv6",
    46: "Reservation Protocol",
    47: "Generic Routing Encapsulation",
    50: "Encap Security Payload",
    51: "Authentication Header",
    58: "ICMPv6",
    59: "No Next Header for IPv6",
    60: "Destination Options for IPv6",
    88: "EIGRP",
    89: "OSPF IGP",
    94: "IP in IP",
    97: "Ether in IP",
    103: "PIM",
    108: "IPComp",
    112: "VRRP",
    115: "Layer 2 Tunneling",
    132: "SCTP",
    135: "Mobile IPv6",
    136: "UDPLite",
    137: "MPLS in IP",
    139: "HIP",
    140: "Shim6 header",
    143: "Ethernet",
}

#: DSCP: short name for the header line, long name for the field (RFC 2474, 2597, 3246, 5865, 8622).
DSCP: Final[dict[int, tuple[str, str]]] = {
    0: ("CS0", "Default"),
    1: ("LE", "Lower Effort"),
    44: ("VOICE-ADMIT", "Voice Admit"),
    46: ("EF PHB", "Expedited Forwarding"),
    **{8 * n: (f"CS{n}", f"Class Selector {n}") for n in range(1, 8)},
    **{8 * c + 2 * d: (f"AF{c}{d}", f"Assured Forwarding {c}{d}") for c in range(1, 5) for d in range(1, 4)},
}

#: ECN codepoint: short and long name (RFC 3168, 5).
ECN: Final[dict[int, tuple[str, str]]] = {
    0: ("Not-ECT", "Not ECN-Capable Transport"),
    1: ("ECT(1)", "ECN-Capable Transport codepoint '01'"),
    2: ("ECT(0)", "ECN-Capable Transport codepoint '10'"),
    3: ("CE", "Congestion Experienced"),
}

#: ARPHRD_ numbers (linux/if_arp.h; IANA, arp-parameters), as ARP and the cooked headers carry them.
HARDWARE_TYPES: Final[dict[int, str]] = {
    0: "NET/ROM pseudo",
    1: "Ethernet",
    2: "Experimental Ethernet",
    3: "AX.25",
    4: "ProNET",
    5: "Chaos",
    6: "IEEE 802",
    7: "ARCNET",
    8: "Hyperchannel",
    9: "Lanstar",
    10: "Autonet Short Address",
    11: "Localtalk",
    12: "LocalNet",
    13: "Ultra link",
    14: "SMDS",
    15: "Frame Relay DLCI",
    16: "ATM",
    17: "HDLC",
    18: "Fibre Channel",
    19: "ATM (RFC 2225)",
    20: "Serial Line",
    21: "ATM",
    22: "MIL-STD-188-220",
    23: "Metricom STRIP",
    24: "IEEE 1394.1995",
    25: "MAPOS",
    26: "Twinaxial",
    27: "EUI-64",
    28: "HIPARP",
    29: "IP and ARP over ISO 7816-3",
    30: "ARPSec",
    31: "IPsec tunnel",
    32: "InfiniBand",
    33: "TIA-102 Project 25 CAI",
    34: "Wiegand Interface",
    35: "Pure IP",
    36: "Experimental 1",
    37: "HFI",
    256: "Experimental 2",
    257: "AEthernet",
    260: "Notional KISS type",
    264: "ADAPT",
    270: "ROSE",
    271: "CCITT X.25",
    272: "Boards with X.25 in firmware",
    280: "Controller Area Network",
    512: "PPP",
    513: "Cisco HDLC",
    516: "LAPB",
    517: "Digital's DDCMP protocol",
    518: "Raw HDLC",
    519: "Raw IP",
    768: "IPIP tunnel",
    769: "IP6IP6 tunnel",
    770: "Frame Relay Access Device",
    771: "SKIP vif",
    772: "Loopback",
    774: "Fiber Distributed Data Interface",
    775: "AP1000 BIF",
    776: "sit0 device - IPv6-in-IPv4",
    777: "IP over DDP tunneller",
    778: "GRE over IP",
    779: "PIMSM register interface",
    780: "High Performance Parallel Interface",
    781: "Nexus 64Mbps Ash",
    782: "Acorn Econet",
    783: "Linux-IrDA",
    784: "Point to point fibrechannel",
    785: "Fibrechannel arbitrated loop",
    786: "Fibrechannel public loop",
    787: "Fibrechannel fabric",
    800: "Magic type ident for TR",
    801: "IEEE 802.11",
    802: "IEEE 802.11 + Prism2 header",
    803: "IEEE 802.11 + radiotap header",
    804: "IEEE 802.15.4",
    805: "IEEE 802.15.4 network monitor",
    820: "PhoNet media type",
    821: "PhoNet pipe header",
    822: "CAIF media type",
    823: "GRE over IPv6",
    824: "Netlink",
    825: "IPv6 over LoWPAN",
    826: "Vsock monitor header",
    65534: "zero header length",
    65535: "Void type, nothing is known",
}

COOKED_PACKET_TYPES: Final[dict[int, str]] = {
    0: "Unicast to us",
    1: "Broadcast",
    2: "Multicast",
    3: "Unicast to another host",
    4: "Sent by us",
}

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


def ethertype_name(value: int) -> str:
    """The name of an ethertype: ``"IPv4"``; Wireshark's ``"Unknown"`` for others."""
    return ETHERTYPES.get(value, "Unknown")


def ip_protocol_name(value: int) -> str:
    """The name of an IP protocol: ``"TCP"``; Wireshark's ``"Unassigned"`` for others."""
    return IP_PROTOCOLS.get(value, "Unassigned")
