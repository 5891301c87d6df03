"""Carriers below IP: frames of all links, their tags, trailers and neighbours."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.campaigns.redaction.carriers import carrier, each
from tests.campaigns.redaction.wire import (
    CLIENT,
    MACS,
    SERVER,
    TCP,
    ethernet,
    interface,
    ip4,
    ip6,
    opened,
    option,
    pcap,
    pcapng,
    tcp,
    tcp4,
    udp4,
)  # fmt: skip

if TYPE_CHECKING:
    from tests.campaigns.redaction.secrets_drawn import Secrets

SYN = ip4(TCP, tcp(seq=1000, ack=0, flags=2))
DATA = ip4(TCP, tcp(b"x" * 40))


def _arp(sender_mac: bytes, sender: bytes, target_mac: bytes, target: bytes, tail: bytes = b"") -> bytes:
    return ethernet(
        struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + sender_mac + sender + target_mac + target + tail, 0x0806
    )


def _lldp(secrets: Secrets) -> list[bytes]:
    def tlv(kind: int, value: bytes) -> bytes:
        return (kind << 9 | len(value)).to_bytes(2) + value

    body = tlv(1, b"\x04" + secrets.mac()) + tlv(2, b"\x05" + secrets.word()) + tlv(3, b"\x00\x78")
    body += tlv(5, secrets.name()) + tlv(6, secrets.word(30)) + tlv(8, b"\x05\x01" + secrets.ipv4() + b"\x02\0\0\0\1\0")
    return [ethernet(body + tlv(0, b""), 0x88CC)]


def _cdp(secrets: Secrets) -> list[bytes]:
    value = secrets.name()
    body = b"\x02\xb4\0\0" + struct.pack("!HH", 1, 4 + len(value)) + value
    body += struct.pack("!HHIBBBH", 2, 17, 1, 1, 1, 0xCC, 4) + secrets.ipv4()
    inner = b"\xaa\xaa\x03\x00\x00\x0c\x20\x00" + body
    return [bytes.fromhex("01000ccccccc") + MACS[6:] + len(inner).to_bytes(2) + inner]


def _stp(secrets: Secrets) -> list[bytes]:
    body = bytes(5) + b"\x80\x00" + secrets.mac() + bytes(4) + b"\x80\x01" + secrets.mac() + bytes(10)
    return [bytes.fromhex("0180c2000000") + MACS[6:] + (3 + len(body)).to_bytes(2) + b"\x42\x42\x03" + body]


each(
    {
        "MAC addresses": lambda s: [ethernet(SYN, macs=s.mac() + s.mac())],
        "trailer after IP": lambda s: [ethernet(SYN, tail=s.octets(14))],
        "trailer of one octet": lambda s: [ethernet(SYN, tail=s.octets(1))],
        "padding of a short IPv6 packet": lambda s: [ethernet(ip6(59, b""), 0x86DD, tail=s.octets(6))],
        "VLAN tag's priority and number": lambda s: [ethernet(b"\x00\x05\x08\x00" + SYN, 0x8100, tail=s.octets(4))],
        "QinQ": lambda s: [ethernet(b"\x00\x05\x81\x00\x00\x06\x08\x00" + DATA[:40] + s.octets(40), 0x88A8)],
        "MPLS, then Ethernet": lambda s: [
            ethernet(b"\x00\x01\x01\x40" + bytes(4) + ethernet(SYN, macs=s.mac() + s.mac()), 0x8847)
        ],
        "MPLS, then unknown": lambda s: [ethernet(b"\x00\x01\x01\x40" + s.octets(60), 0x8847)],
        "PPPoE, data": lambda s: [
            ethernet(b"\x11\x00\x00\x01" + (2 + len(SYN)).to_bytes(2) + b"\x00\x21" + SYN, 0x8864, tail=s.octets(8))
        ],
        "PPPoE, PAP": lambda s: [ethernet(b"\x11\x00\x00\x01\x00\x30\xc0\x23" + s.word(40), 0x8864)],
        "PPPoE, discovery": lambda s: [ethernet(b"\x11\x09\x00\x00\x00\x18\x01\x01\x00\x14" + s.word(20), 0x8863)],
        "PBB": lambda s: [ethernet(b"\x00\x00\x01\x02" + ethernet(SYN, macs=s.mac() + s.mac()), 0x88E7)],
        "MACsec": lambda s: [ethernet(b"\x20\x00\x00\x00\x00\x01" + s.mac() + b"\0\1" + s.octets(50), 0x88E5)],
        "802.3 length, unknown SAP": lambda s: [MACS + b"\x00\x28\xfe\xfe\x03" + s.octets(37)],
        "unknown kind": lambda s: [ethernet(s.octets(60), 0x9999)],
        "jumbo kind 0x8870": lambda s: [ethernet(s.octets(60), 0x8870)],
        "EAPOL": lambda s: [ethernet(b"\x01\x00\x00\x19\x02\x01\x00\x19\x01" + s.word(20), 0x888E)],
        "Wake on LAN": lambda s: [ethernet(b"\xff" * 6 + s.mac() * 16, 0x0842)],
        "ARP, addresses": lambda s: [_arp(s.mac(), s.ipv4(), s.mac(), s.ipv4())],
        "ARP, padding": lambda s: [_arp(MACS[6:], CLIENT, MACS[:6], SERVER, s.octets(18))],
        "ARP, odd sizes": lambda s: [ethernet(b"\0\1\x08\0\x08\x06\0\1" + s.octets(28), 0x0806)],
        "ARP, IPv6 sized": lambda s: [
            ethernet(b"\0\1\x86\xdd\x06\x10\0\1" + s.mac() + s.ipv6() + s.mac() + s.ipv6(), 0x0806)
        ],
        "RARP": lambda s: [
            ethernet(struct.pack("!HHBBH", 1, 0x0800, 6, 4, 3) + s.mac() + s.ipv4() + s.mac() + s.ipv4(), 0x8035)
        ],
        "ARP, cut in an address": lambda s: [_arp(s.mac(), s.ipv4(), s.mac(), s.ipv4())[:40]],
        "LLDP": _lldp,
        "CDP": _cdp,
        "STP": _stp,
        "too short for Ethernet": lambda s: [s.octets(13)],
        "only MAC addresses": lambda s: [s.mac() + s.mac()],
        "cut in the first MAC": lambda s: [s.octets(5)],
        "VLAN cut after its tag": lambda s: [ethernet(s.octets(2), 0x8100), ethernet(b"\0\5" + s.octets(1), 0x8100)],
        "profinet, EtherCAT": lambda s: [ethernet(s.octets(50), 0x8892), ethernet(s.octets(50), 0x88A4)],
        "PTP": lambda s: [ethernet(b"\x00\x02\x00\x2c" + bytes(16) + s.octets(8) + bytes(20), 0x88F7)],
    },
    "Ethernet",
)

# Link types.
each({"header": lambda s: [b"\0\0\0\1\0\6" + s.mac() + s.octets(2) + b"\x08\0" + SYN]}, "SLL", 113)
each({"header": lambda s: [b"\x08\0" + s.octets(2) + b"\0\0\0\2\0\1\0\6" + s.mac() + s.octets(2) + SYN]}, "SLL2", 276)
each({"address of eight octets": lambda s: [b"\x08\0\0\0\0\0\0\2\0\1\0\x08" + s.octets(8) + SYN]}, "SLL2", 276)
each({"unknown kind": lambda s: [b"\x99\x99\0\0\0\0\0\2\0\1\0\6" + s.mac() + b"\0\0" + s.octets(50)]}, "SLL2", 276)
each({"address that is no MAC": lambda s: [b"\0\0\0\1\0\x08" + s.octets(8) + b"\x08\0" + SYN]}, "SLL", 113)
each(
    {
        "family unknown": lambda s: [b"\x63\0\0\0" + s.octets(50)],
        "trailer": lambda s: [b"\2\0\0\0" + SYN + s.octets(9)],
    },
    "null",
    0,
)
each({"trailer": lambda s: [b"\0\0\0\2" + SYN + s.octets(9)]}, "loop", 108)
each({"no IP": lambda s: [b"\x10" + s.octets(50)], "trailer": lambda s: [SYN + s.octets(9)]}, "raw", 101)
each({"raw": lambda s: [SYN + s.octets(9)]}, "IPv4 link", 228)
each({"raw": lambda s: [ip6(59, s.octets(40))]}, "IPv6 link", 229)
each(
    {"PAP": lambda s: [b"\xff\x03\xc0\x23" + s.word(40)], "IP": lambda s: [b"\xff\x03\x00\x21" + SYN + s.octets(5)]},
    "PPP",
    9,
)
each({"header": lambda s: [b"\x0f\x00\xff\x03\x00\x21" + SYN + s.octets(5)]}, "PPP HDLC", 50)
each({"PPP with direction": lambda s: [b"\x00\xff\x03\x00\x21" + SYN + s.octets(5)]}, "PPP PPPD", 204)
each({"header": lambda s: [b"\x50" + s.mac() + s.mac() + b"\xaa\xaa\x03\0\0\0\x08\0" + SYN]}, "FDDI", 10)
each({"header": lambda s: [b"\x10\x40" + s.mac() + s.mac() + b"\xaa\xaa\x03\0\0\0\x08\0" + SYN]}, "Token Ring", 6)
each(
    {
        "data": lambda s: [
            b"\x08\x01\0\0" + s.mac() + s.mac() + s.mac() + b"\0\0\xaa\xaa\x03\0\0\0\x08\0" + SYN + s.octets(4)
        ],
        "beacon with name": lambda s: [
            b"\x80\0\0\0" + b"\xff" * 6 + s.mac() + s.mac() + bytes(2) + s.octets(8) + b"\x64\0\1\0\0\x0c" + s.word(12)
        ],
        "encrypted": lambda s: [b"\x08\x41\0\0" + s.mac() + s.mac() + s.mac() + b"\0\0" + s.octets(60)],
    },
    "802.11",
    105,
)
each(
    {
        "data": lambda s: [
            b"\0\0\x08\0\0\0\0\0\x08\x01\0\0" + s.mac() + s.mac() + s.mac() + b"\0\0\xaa\xaa\x03\0\0\0\x08\0" + SYN
        ],
        "its fields": lambda s: [
            b"\0\0\x10\0\1\0\0\0" + s.octets(8) + b"\x08\x01\0\0" + MACS + MACS[:6] + b"\0\0" + SYN
        ],
    },
    "radiotap",
    127,
)
each({"frame": lambda s: [s.octets(60)]}, "USB", 189)
each({"frame": lambda s: [s.octets(60)]}, "Bluetooth", 187)
each({"frame": lambda s: [s.octets(60)]}, "user 0", 147)
each({"frame": lambda s: [s.octets(60)]}, "netlink", 253)
each({"header": lambda s: [b"\2\0\1\0" + s.octets(60)]}, "PFLOG", 117)
each({"header": lambda s: [b"\0\1\0\0\0\4" + s.octets(60)]}, "NFLOG", 239)
each({"frame": lambda s: [b"\0\x0c\0\x04" + b"abcd" + s.octets(60)]}, "exported PDU", 252)
each({"frame": lambda s: [b"\0\2\0\0" + s.octets(30)]}, "IP over Infiniband", 242)
each({"frame": lambda s: [b"\x0f\0\x08\0" + SYN + s.octets(6)]}, "Cisco HDLC", 104)
each({"frame": lambda s: [b"\x18\x41\3\xcc" + SYN + s.octets(6)]}, "Frame relay", 107)


@carrier("cut: in the last address of IPv4")
def _cut4(secrets: Secrets) -> bytes:
    source, target = secrets.ipv4(), secrets.ipv4()
    frames = [ethernet(ip4(TCP, tcp(source=source, target=target), source=source, target=target))]
    return pcap(frames, cut=33) + pcap(frames, cut=29)[24:]


@carrier("cut: in an address of IPv6")
def _cut6(secrets: Secrets) -> bytes:
    source, target = secrets.ipv6(), secrets.ipv6()
    frames = [ethernet(ip6(TCP, tcp(source=source, target=target), source=source, target=target), 0x86DD)]
    return pcap(frames, cut=51) + pcap(frames, cut=30)[24:]


@carrier("cut: in options of TCP")
def _cut_options(secrets: Secrets) -> bytes:
    return pcap([tcp4(flags=2, ack=0, options=b"\xb0\x12" + secrets.octets(16))], cut=64)


@carrier("longer: captured more than the packet had")
def _longer(secrets: Secrets) -> bytes:
    return pcap([ethernet(SYN, tail=secrets.octets(20))], longer=-15)


@carrier("longer: packet says more than was captured")
def _shorter(secrets: Secrets) -> bytes:
    return pcap([*opened(), tcp4(secrets.octets(100))], cut=120)


@carrier("two links in one file")
def _two(secrets: Secrets) -> bytes:
    return pcapng(
        [ethernet(SYN, tail=secrets.octets(9))],
        device=option(2, secrets.word()),
        tail=interface(option(2, secrets.word()), 101),
    )


@carrier("IP total length below the header")
def _tiny(secrets: Secrets) -> bytes:
    return pcap(
        [ethernet(ip4(TCP, tcp(secrets.octets(30)), length=10)), ethernet(ip4(TCP, tcp(secrets.octets(30)), length=0))]
    )


@carrier("IPv4 says it is IPv6, and the other way")
def _version(secrets: Secrets) -> bytes:
    body = secrets.octets(60)
    return pcap(
        [
            ethernet(first + body, kind)
            for first, kind in [(b"\x45", 0x86DD), (b"\x41", 0x0800), (b"\xf5", 0x0800), (b"\xf5", 0x86DD)]
        ]
    )


@carrier("UDP payload")
def _udp(secrets: Secrets) -> bytes:
    return pcap([udp4(secrets.octets(50)), udp4(secrets.octets(3))])
