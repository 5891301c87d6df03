"""Carriers of tunnels, and sums that tell of what is not there."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.campaigns.redaction.carriers import carrier, each
from tests.campaigns.redaction.in_internet import SYN, icmp, quote, quote6, v4, v6
from tests.campaigns.redaction.wire import (
    CLIENT,
    SERVER,
    TCP,
    UDP,
    ethernet,
    ip4,
    opened,
    pcap,
    tcp,
    tcp4,
    total,
    udp,
    udp4,
)  # fmt: skip

if TYPE_CHECKING:
    from tests.campaigns.redaction.secrets_drawn import Secrets

each(
    {
        "GRE": lambda s: [v4(47, b"\0\0\x08\0" + quote(s, s.octets(30)))],
        "GRE key and sum": lambda s: [v4(47, b"\xa0\0\x08\0" + s.octets(2) + b"\0\0" + s.token(4) + SYN)],
        "GRE sequence": lambda s: [v4(47, b"\x10\0\x08\0" + bytes(4) + SYN + s.octets(12))],
        "GRE routing": lambda s: [v4(47, b"\x40\0\x08\0" + bytes(4) + b"\0\0\0\x08" + s.octets(8) + bytes(4) + SYN)],
        "GRE, PPTP": lambda s: [
            v4(47, b"\x30\x81\x88\x0b\0\x20" + s.token(2) + bytes(4) + b"\xff\x03\x00\x21" + quote(s))
        ],
        "GRE, ERSPAN": lambda s: [
            v4(
                47,
                b"\x10\0\x88\xbe"
                + bytes(4)
                + b"\x10\1\0\1\0\0"
                + s.octets(2)
                + ethernet(quote(s), macs=s.mac() + s.mac()),
            )
        ],
        "GRE, Ethernet": lambda s: [v4(47, b"\0\0\x65\x58" + ethernet(quote(s), macs=s.mac() + s.mac()))],
        "GRE, unknown": lambda s: [v4(47, b"\0\0\x99\x99" + s.octets(40))],
        "IP in IP": lambda s: [v4(4, quote(s, s.octets(20)) + s.octets(8))],
        "IPv6 in IPv4": lambda s: [v4(41, quote6(s, s.octets(20)))],
        "IPv4 in IPv6": lambda s: [v6(4, quote(s, s.octets(20)))],
        "IPv6 in IPv6": lambda s: [v6(41, quote6(s, s.octets(20)))],
        "IP in IP, deep": lambda s: [v4(4, ip4(4, ip4(4, ip4(4, ip4(4, ip4(4, ip4(4, ip4(4, ip4(4, quote(s))))))))))],
        "EtherIP, MPLS in IP": lambda s: [
            v4(97, b"\x30\0" + ethernet(quote(s), macs=s.mac() + s.mac())),
            v4(137, b"\0\1\1\x40" + quote(s)),
        ],
        "VXLAN": lambda s: [udp4(b"\x08\0\0\0\0\0\5\0" + ethernet(quote(s), macs=s.mac() + s.mac()), (40001, 4789))],
        "VXLAN, reserved": lambda s: [
            udp4(b"\x08" + s.octets(3) + b"\0\0\5" + s.octets(1) + ethernet(SYN), (40001, 4789))
        ],
        "VXLAN, Windows port": lambda s: [
            udp4(b"\x08\0\0\0\0\0\5\0" + ethernet(quote(s), macs=s.mac() + s.mac()), (40001, 8472))
        ],
        "VXLAN-GPE": lambda s: [udp4(b"\x0c\0\0\1\0\0\5\0" + quote(s), (40001, 4790))],
        "GENEVE options": lambda s: [
            udp4(
                b"\x05\0\x65\x58\0\0\5\0" + b"\1\2\3\4" + s.octets(16) + ethernet(quote(s), macs=s.mac() + s.mac()),
                (40001, 6081),
            )
        ],
        "GTP-U": lambda s: [
            udp4(b"\x30\xff" + len(q).to_bytes(2) + s.octets(4) + q, (2152, 2152)) for q in [quote(s, b"y" * 20)]
        ],
        "GTP-U extension": lambda s: [
            udp4(
                b"\x36\xff"
                + (8 + len(SYN)).to_bytes(2)
                + bytes(4)
                + s.octets(3)
                + b"\x85\1"
                + s.octets(2)
                + b"\0"
                + SYN,
                (2152, 2152),
            )
        ],
        "GTP-C": lambda s: [
            udp4(b"\x32\x10\0\x30" + bytes(4) + b"\0\0\0\0\2" + s.octets(8) + s.word(30), (2123, 2123))
        ],
        "L2TP": lambda s: [
            udp4(b"\0\2\0\1\0\2\xff\x03\x00\x21" + quote(s), (1701, 1701)),
            udp4(b"\xc8\2\0\x40" + s.octets(50), (1701, 1701)),
        ],
        "Teredo": lambda s: [
            udp4(b"\0\1\0\0" + s.octets(8) + b"\0" + b"\0\0" + s.octets(6) + quote6(s), (40001, 3544))
        ],
        "ESP in UDP, WireGuard": lambda s: [
            udp4(s.octets(60), (4500, 4500)),
            udp4(b"\4\0\0\0" + s.octets(60), (51820, 51820)),
        ],
        "MPLS in UDP, FOU": lambda s: [udp4(b"\0\1\1\x40" + quote(s), (40001, 6635)), udp4(quote(s), (40001, 5555))],
        "CAPWAP, LWAPP": lambda s: [
            udp4(bytes(8) + s.octets(50), (5247, 5247)),
            udp4(b"\0\1" + s.mac() + s.mac(), (12222, 12222)),
        ],
        "TZSP, HEP": lambda s: [
            udp4(b"\1\0\0\1\1" + ethernet(quote(s), macs=s.mac() + s.mac()), (40001, 37008)),
            udp4(b"HEP3" + s.octets(50), (40001, 9060)),
        ],
        "NSH": lambda s: [ethernet(b"\0\6\1\1" + s.octets(20) + SYN, 0x894F)],
        "nested VXLAN trailer": lambda s: [
            udp4(b"\x08\0\0\0\0\0\5\0" + ethernet(SYN, tail=s.octets(12)), (40001, 4789))
        ],
    },
    "tunnel",
)


@carrier("checksum: of another payload, wrong")
def _sum(secrets: Secrets) -> bytes:
    """Each checksum is of what was drawn, the payload is not: as an offloaded or damaged packet has it."""
    whole = tcp(b"a" * 40)
    wrong = (whole[:16] + secrets.octets(2) + whole[18:] for _ in range(3))
    return pcap([*opened(), *(ethernet(ip4(TCP, one)) for one in wrong)])


@carrier("checksum: of a payload that was cut off")
def _cut_sum(secrets: Secrets) -> bytes:
    return pcap(
        [*opened(), tcp4(secrets.octets(200)), udp4(secrets.octets(200)), icmp(8, 0, bytes(4), secrets.octets(200))],
        cut=80,
    )


@carrier("checksum: partial, as offloaded")
def _partial(secrets: Secrets) -> bytes:
    source, target = secrets.ipv4(), secrets.ipv4()
    whole = tcp(b"a" * 40, source=source, target=target)
    half = total(source + target + struct.pack("!HH", TCP, len(whole))) ^ 0xFFFF
    return pcap([ethernet(ip4(TCP, whole[:16] + half.to_bytes(2) + whole[18:], source=source, target=target))])


@carrier("checksum: of the IPv4 header, wrong")
def _header_sum(secrets: Secrets) -> bytes:
    whole = ip4(TCP, tcp(flags=2, ack=0))
    return pcap([ethernet(whole[:10] + secrets.octets(2) + whole[12:])])


@carrier("checksum: of UDP in a quote")
def _quoted_sum(secrets: Secrets) -> bytes:
    return pcap([icmp(3, 3, bytes(4), ip4(UDP, udp(secrets.octets(60)))[:28])])


@carrier("checksum: of TCP in a quote cut after eight octets and twenty")
def _quoted_tcp_sum(secrets: Secrets) -> bytes:
    return pcap([icmp(3, 3, bytes(4), ip4(TCP, tcp(secrets.octets(60)))[: 20 + 20])])


@carrier("checksum: of the first fragment")
def _fragment_sum(secrets: Secrets) -> bytes:
    return pcap([v4(UDP, udp(b"b" * 16 + secrets.octets(64))[:24], flags=0x2000)])


@carrier("address: of both ends the same")
def _same(secrets: Secrets) -> bytes:
    mine = secrets.ipv4()
    return pcap(
        [
            ethernet(ip4(TCP, tcp(source=mine, target=mine), source=mine, target=mine)),
            icmp(3, 1, bytes(4), SYN),
            ethernet(ip4(TCP, tcp(source=CLIENT, target=mine), target=mine)),
            ethernet(ip4(TCP, tcp(source=SERVER, target=mine), source=SERVER, target=mine)),
        ]
    )
