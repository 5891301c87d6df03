"""Which protocol a packet speaks that is no TCP segment: a code, its name, and the tables of known numbers.

A code is `Space` << 16 | number, so that numbers without a name have their place, too.  Names are Wireshark's.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import Final

import numpy as np


class Space(IntEnum):
    """What the number of a protocol code counts."""

    OTHER = 0
    """`FRAGMENT`."""
    ETHERTYPE = 1
    IP = 2
    """IP protocol numbers."""
    UDP = 3
    """The port whose protocol a datagram speaks; 0: neither port says."""
    LLC = 4
    """Destination service access points (IEEE 802.2)."""
    CISCO = 5
    """Protocol numbers of SNAP with Cisco's organisation code."""
    LINK = 6
    """LINKTYPE_ values of frames in which no network protocol is found."""


def code(space: Space, number: int) -> int:
    """The code of a protocol."""
    return space << 16 | number


#: A fragment of an IP datagram; which protocol it carries is told by the first one only.
FRAGMENT: Final = code(Space.OTHER, 1)
ARP: Final = code(Space.ETHERTYPE, 0x0806)
ICMP: Final = code(Space.IP, 1)
IGMP: Final = code(Space.IP, 2)
TCP: Final = code(Space.IP, 6)
"""TCP of which fewer bytes were captured than the analysis needs."""
ICMPV6: Final = code(Space.IP, 58)
SCTP: Final = code(Space.IP, 132)
UDP: Final = code(Space.UDP, 0)
#: The port of servers of DNS (RFC 1035, 4.2).
DNS_PORT: Final = 53
DNS: Final = code(Space.UDP, DNS_PORT)
DHCP: Final = code(Space.UDP, 67)
NTP: Final = code(Space.UDP, 123)
QUIC: Final = code(Space.UDP, 443)
DHCPV6: Final = code(Space.UDP, 547)
SSDP: Final = code(Space.UDP, 1900)
STUN: Final = code(Space.UDP, 3478)
MDNS: Final = code(Space.UDP, 5353)
LLMNR: Final = code(Space.UDP, 5355)
DTLS: Final = code(Space.UDP, 4433)
NBNS: Final = code(Space.UDP, 137)
SYSLOG: Final = code(Space.UDP, 514)
TFTP: Final = code(Space.UDP, 69)
SNMP: Final = code(Space.UDP, 161)
SIP: Final = code(Space.UDP, 5060)
RADIUS: Final = code(Space.UDP, 1812)

#: The protocols whose packets ask and answer without a connection, as `tcptui.session.other_pairs` pairs them.
ASKING: Final = (DNS, ICMP, ICMPV6)

#: Both ends of a datagram with such a port are chosen by their system (Linux: net.ipv4.ip_local_port_range), so that
#: the port names no service.
FIRST_EPHEMERAL: Final = 32768

_ETHERTYPES: Final = {
    0x0800: "IPv4", 0x0806: "ARP", 0x0842: "WOL", 0x22EA: "SRP", 0x22F0: "IEEE1722", 0x22F3: "TRILL", 0x6002: "MOP",
    0x6003: "DECnet", 0x8035: "RARP", 0x809B: "DDP", 0x80F3: "AARP", 0x8100: "VLAN", 0x8137: "IPX", 0x86DD: "IPv6",
    0x8808: "MAC control", 0x8809: "Slow Protocols", 0x8847: "MPLS", 0x8848: "MPLS", 0x8863: "PPPoED",
    0x8864: "PPPoES", 0x886C: "HomePNA", 0x888E: "EAPOL", 0x8892: "PROFINET", 0x88A2: "AoE", 0x88A4: "ECAT",
    0x88A8: "IEEE 802.1ad", 0x88B5: "IEEE 802 local 1", 0x88B6: "IEEE 802 local 2", 0x88B8: "GOOSE",
    0x88BA: "IEC61850 SV", 0x88CA: "TIPC", 0x88CC: "LLDP", 0x88E1: "HomePlug", 0x88E5: "MACsec", 0x88E7: "IEEE 802.1ah",
    0x88F5: "MVRP", 0x88F7: "PTP", 0x88FB: "PRP", 0x8902: "CFM", 0x8906: "FCoE", 0x8914: "FIP", 0x8915: "RoCE",
    0x891D: "TTE", 0x9000: "LOOP",
}  # fmt: skip
_IP_PROTOCOLS: Final = {
    0: "IPv6 hop-by-hop", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 8: "EGP", 9: "IGRP", 17: "UDP", 33: "DCCP",
    41: "IPv6 in IP", 43: "IPv6 routing", 44: "IPv6 fragment", 46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH", 58: "ICMPv6",
    59: "IPv6 no next header", 60: "IPv6 destination options", 88: "EIGRP", 89: "OSPF", 97: "EtherIP",
    103: "PIM", 108: "IPComp", 112: "VRRP", 115: "L2TPv3", 124: "IS-IS", 132: "SCTP",
    135: "Mobile IPv6", 136: "UDP-Lite", 137: "MPLS in IP",
    139: "HIP", 253: "IP experiment 1", 254: "IP experiment 2",
}  # fmt: skip
#: UDP ports and the protocol spoken there; the first port of a name is the one in its code.
_UDP_PORTS: Final[dict[str, tuple[int, ...]]] = {
    "DNS": (53,), "DHCP": (67, 68), "TFTP": (69,), "Kerberos": (88,), "Portmap": (111,), "NTP": (123,),
    "NBNS": (137,), "NBDS": (138,), "SNMP": (161, 162), "CLDAP": (389,), "SLP": (427,), "QUIC": (443,),
    "ISAKMP": (500,), "Syslog": (514,), "RIP": (520,), "RIPng": (521,), "DHCPv6": (547, 546), "PTP": (319, 320),
    "LDP": (646,), "OpenVPN": (1194,), "L2TP": (1701,), "RADIUS": (1812, 1645, 1646, 1813), "SSDP": (1900,),
    "HSRP": (1985,), "NFS": (2049,), "CFLOW": (2055, 9995), "GTP": (2152, 2123), "STUN": (3478,), "Teredo": (3544,),
    "BFD": (3784, 3785, 4784), "WS-Discovery": (3702,), "DTLS": (4433,), "NAT-T": (4500,), "VXLAN": (4789,),
    "IPFIX": (4739,), "SIP": (5060,), "MDNS": (5353,), "LLMNR": (5355,), "CoAP": (5683,), "Geneve": (6081,),
    "sFlow": (6343,), "StatsD": (8125,), "Memcached": (11211,), "collectd": (25826,), "WireGuard": (51820,),
}  # fmt: skip
_LLC: Final = {
    0x00: "LLC", 0x06: "IPv4", 0x42: "STP", 0xAA: "SNAP", 0xE0: "IPX", 0xF0: "NetBIOS", 0xFE: "OSI", 0xFF: "IPX",
}  # fmt: skip
_CISCO: Final = {
    0x0102: "DRiP", 0x0104: "PAgP", 0x0105: "MLS", 0x010B: "PVST+", 0x0111: "UDLD", 0x2000: "CDP", 0x2001: "CGMP",
    0x2003: "VTP", 0x2004: "DTP",
}  # fmt: skip
_LINKS: Final = {
    1: "Ethernet", 6: "Token Ring", 9: "PPP", 10: "FDDI", 105: "802.11", 113: "Linux cooked", 119: "802.11",
    127: "802.11", 163: "802.11",
    186: "USB", 187: "Bluetooth", 189: "USB", 195: "802.15.4", 201: "Bluetooth", 220: "USB",
    227: "CAN", 230: "802.15.4", 249: "USB", 251: "Bluetooth", 253: "Netlink", 276: "Linux cooked",
}  # fmt: skip
_PORT_NAMES: Final = {ports[0]: name for name, ports in _UDP_PORTS.items()}


def _canonical_ports() -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    table = np.zeros(1 << 16, np.int32)
    for ports in _UDP_PORTS.values():
        table[list(ports)] = ports[0]
    return table


#: UDP port -> the number of the protocol spoken there in `Space.UDP`; 0 for a port without one.
UDP_SERVICES: Final = _canonical_ports()


def space_of(protocol: int) -> Space:
    """Which numbers the code ``protocol`` uses."""
    return Space(protocol >> 16)


@lru_cache(maxsize=4096)
def protocol_name(protocol: int) -> str:
    """The protocol's name, as Wireshark spells it; a number where it has none."""
    if protocol == TCP:
        return "TCP (cut)"
    space, number = space_of(protocol), protocol & 0xFFFF
    if space is Space.UDP:
        return "UDP" if not number else _PORT_NAMES.get(number, f"UDP {number}")
    if space is Space.ETHERTYPE:
        return _ETHERTYPES.get(number, f"0x{number:04x}")
    if space is Space.IP:
        return _IP_PROTOCOLS.get(number, f"IP {number}")
    if space is Space.LLC:
        return _LLC.get(number, f"LLC 0x{number:02x}")
    if space is Space.CISCO:
        return _CISCO.get(number, f"SNAP 0x{number:04x}")
    if space is Space.LINK:
        return _LINKS.get(number, f"LINKTYPE {number}")
    return "IP fragment"
