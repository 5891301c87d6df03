"""Carriers of IP: addresses in all their forms, options, extension headers, ICMP, routing protocols, tunnels."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.campaigns.redaction.carriers import each
from tests.campaigns.redaction.wire import (
    CLIENT6,
    MACS,
    SERVER6,
    TCP,
    UDP,
    ethernet,
    ip4,
    ip6,
    summed,
    tcp,
    total,
    udp,
)  # fmt: skip

if TYPE_CHECKING:
    from tests.campaigns.redaction.secrets_drawn import Secrets

SYN = ip4(TCP, tcp(seq=1000, ack=0, flags=2))


def v4(protocol: int, body: bytes, **fields: object) -> bytes:
    return ethernet(ip4(protocol, body, **fields))  # type: ignore[arg-type]  # as `ip4` takes them


def v6(protocol: int, body: bytes, source: bytes = CLIENT6, target: bytes = SERVER6) -> bytes:
    return ethernet(ip6(protocol, body, source=source, target=target), 0x86DD)


def segment6(source: bytes, target: bytes = SERVER6) -> bytes:
    return v6(TCP, tcp(source=source, target=target), source, target)


def icmp(kind: int, code: int, rest: bytes, body: bytes) -> bytes:
    message = bytes([kind, code, 0, 0]) + rest + body
    return v4(1, message[:2] + total(message).to_bytes(2) + message[4:])


def icmp6(kind: int, code: int, rest: bytes, body: bytes, source: bytes = CLIENT6, target: bytes = SERVER6) -> bytes:
    return v6(58, summed(bytes([kind, code, 0, 0]) + rest + body, 2, source, target, 58), source, target)


def quote(secrets: Secrets, payload: bytes = b"") -> bytes:
    source, target = secrets.ipv4(), secrets.ipv4()
    return ip4(TCP, tcp(payload, source=source, target=target), source=source, target=target)


def quote6(secrets: Secrets, payload: bytes = b"") -> bytes:
    source, target = secrets.ipv6(), secrets.ipv6()
    return ip6(TCP, tcp(payload, source=source, target=target), source=source, target=target)


def eui64(mac: bytes) -> bytes:
    return bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]


def _fragments(secrets: Secrets) -> list[bytes]:
    body = tcp(secrets.octets(64))
    return [v4(TCP, body[:48], flags=0x2000, ident=9), v4(TCP, body[48:], flags=6, ident=9)]


def _overlap(secrets: Secrets) -> list[bytes]:
    body = tcp(secrets.octets(64))
    return [v4(TCP, body[:48], flags=0x2000), v4(TCP, secrets.octets(40), flags=3), v4(TCP, body[48:], flags=6)]


def _fragments6(secrets: Secrets) -> list[bytes]:
    body = udp(secrets.octets(64), source=CLIENT6, target=SERVER6)
    return [v6(44, b"\x11\0\0\1" + bytes(4) + body[:48]), v6(44, b"\x11\0\0\x30" + bytes(4) + body[48:])]


def extended(next_header: int, kind: int, data: bytes, inner: bytes = b"") -> bytes:
    """An IPv6 packet with one extension header of ``data`` (6 octets and a multiple of 8) before TCP."""
    return v6(next_header, bytes([TCP, (len(data) + 2) // 8 - 1]) + data + tcp(inner, source=CLIENT6, target=SERVER6))


each(
    {
        "IPv4 addresses": lambda s: [ethernet(quote(s))],
        "IPv6 addresses": lambda s: [ethernet(quote6(s), 0x86DD)],
        "IPv4 in IPv6, mapped": lambda s: [segment6(bytes(10) + b"\xff\xff" + s.ipv4())],
        "IPv4 in IPv6, compatible": lambda s: [segment6(bytes(12) + s.ipv4())],
        "IPv4 in IPv6, NAT64": lambda s: [segment6(bytes.fromhex("0064ff9b") + bytes(8) + s.ipv4())],
        "IPv4 in IPv6, NAT64 of a site": lambda s: [segment6(bytes.fromhex("0064ff9b0001") + bytes(6) + s.ipv4())],
        "IPv4 in IPv6, SIIT": lambda s: [segment6(bytes(8) + b"\xff\xff\0\0" + s.ipv4())],
        "IPv4 in IPv6, 6to4": lambda s: [segment6(b"\x20\x02" + s.ipv4() + bytes(9) + b"\1")],
        "IPv4 in IPv6, Teredo": lambda s: [
            segment6(bytes.fromhex("20010000") + s.ipv4() + b"\0\0\xee\xee" + bytes(o ^ 255 for o in s.ipv4()))
        ],
        "IPv4 in IPv6, ISATAP": lambda s: [segment6(bytes.fromhex("fe80") + bytes(6) + b"\0\0\x5e\xfe" + s.ipv4())],
        "IPv4 in IPv6, ISATAP of a site": lambda s: [segment6(CLIENT6[:8] + b"\2\0\x5e\xfe" + s.ipv4())],
        "IPv4 in IPv6, 6rd": lambda s: [segment6(b"\x2a\x01\x0e\x30" + s.ipv4() + bytes(7) + b"\1")],
        "EUI-64, link-local": lambda s: [segment6(bytes.fromhex("fe80") + bytes(6) + eui64(s.mac()))],
        "EUI-64, public": lambda s: [segment6(CLIENT6[:8] + eui64(s.mac()))],
        "EUI-64, unique local": lambda s: [segment6(b"\xfd" + s.token(5) + b"\0\1" + eui64(s.mac()))],
        "link-local, drawn at random": lambda s: [segment6(bytes.fromhex("fe80") + bytes(6) + s.ipv6()[8:])],
        "multicast, solicited node": lambda s: [
            v6(59, b"", target=bytes.fromhex("ff02000000000000000000 01ff") + s.ipv6()[13:])
        ],
        "multicast, by prefix": lambda s: [v6(59, b"", target=b"\xff\x3e\0\x40" + s.ipv6()[:8] + b"\0\0\0\1")],
        "multicast MAC of a solicited node": lambda s: [
            b"\x33\x33\xff" + s.token(3) + MACS[6:] + b"\x86\xdd" + ip6(59, b"")
        ],
        "private address, its host": lambda s: [v4(TCP, tcp(flags=2, ack=0), source=b"\x0a" + s.ipv4()[1:])],
        "broadcast of a net": lambda s: [v4(UDP, udp(b"x"), target=s.ipv4()[:3] + b"\xff")],
    },
    "address",
)
each(
    {
        "record route": lambda s: [v4(TCP, tcp(flags=2, ack=0), options=b"\x07\x0b\x0c" + s.ipv4() + s.ipv4())],
        "loose source route": lambda s: [v4(TCP, tcp(flags=2, ack=0), options=b"\x83\x0b\x04" + s.ipv4() + s.ipv4())],
        "strict source route": lambda s: [v4(TCP, tcp(flags=2, ack=0), options=b"\x89\x0b\x04" + s.ipv4() + s.ipv4())],
        "timestamps with addresses": lambda s: [
            v4(TCP, tcp(flags=2, ack=0), options=b"\x44\x14\x15\x01" + s.ipv4() + s.octets(4) + s.ipv4() + s.octets(4))
        ],
        "timestamps": lambda s: [v4(TCP, tcp(flags=2, ack=0), options=b"\x44\x0c\x0d\x00" + s.octets(8))],
        "traceroute": lambda s: [v4(TCP, tcp(flags=2, ack=0), options=b"\x52\x0c\0\1\0\2\0\3" + s.ipv4())],
        "stream, security, CIPSO": lambda s: [
            v4(TCP, tcp(flags=2, ack=0), options=b"\x82\x0b" + s.octets(9) + b"\x86\x0a" + s.octets(8))
        ],
        "unknown": lambda s: [v4(TCP, tcp(flags=2, ack=0), options=b"\x5e\x12" + s.octets(16))],
        "after the end": lambda s: [v4(TCP, tcp(flags=2, ack=0), options=b"\0" + s.octets(15))],
        "lengths that lie": lambda s: [
            v4(TCP, tcp(flags=2, ack=0), options=b"\x07\x01" + s.octets(14)),
            v4(TCP, tcp(flags=2, ack=0), options=b"\x07\xff\x04" + s.token(13)),
        ],
        "IP ident": lambda s: [v4(TCP, tcp(flags=2, ack=0), ident=int.from_bytes(s.token(2)), flags=0)],
        "unknown protocol": lambda s: [v4(253, s.octets(40))],
        "more captured than said": lambda s: [v4(TCP, tcp(b"ab") + s.octets(20), length=42)],
    },
    "IPv4 option",
)
each(
    {
        "hop by hop, unknown": lambda s: [extended(0, 0, b"\x1e\x0c" + s.octets(12))],
        "hop by hop, router alert and padding": lambda s: [extended(0, 0, b"\5\2\0\0\1\6" + s.octets(6) + b"\1\0")],
        "hop by hop, quick start": lambda s: [extended(0, 0, b"\x26\x06\0\0" + s.octets(4) + b"\1\4" + s.octets(4))],
        "destination, home address": lambda s: [extended(60, 0, b"\1\2\0\0\xc9\x10" + s.ipv6())],
        "destination, unknown": lambda s: [extended(60, 0, b"\x8b\x0c" + s.octets(12))],
        "routing 0": lambda s: [extended(43, 0, b"\0\2" + bytes(4) + s.ipv6() + s.ipv6())],
        "routing 2": lambda s: [extended(43, 0, b"\2\1" + bytes(4) + s.ipv6())],
        "routing, segments": lambda s: [
            extended(43, 0, b"\4\1\1\0" + s.octets(2) + s.ipv6() + s.ipv6() + b"\5\x06" + s.octets(6))
        ],
        "routing, RPL": lambda s: [extended(43, 0, b"\3\1\x88\0\0\0" + s.octets(16))],
        "routing, unknown": lambda s: [extended(43, 0, b"\xfd\1" + s.octets(20))],
        "authentication": lambda s: [v6(51, b"\6\4\0\0" + s.octets(20) + tcp(source=CLIENT6, target=SERVER6))],
        "ESP": lambda s: [v6(50, s.octets(60)), v4(50, s.octets(60))],
        "authentication, IPv4": lambda s: [v4(51, b"\6\4\0\0" + s.octets(20) + tcp())],
        "mobility": lambda s: [v6(135, b"\x3b\1\5\0\0\0" + s.octets(10))],
        "HIP, shim6": lambda s: [v6(139, b"\x3b\4\1\x11" + s.octets(36)), v6(140, b"\x3b\0" + s.octets(6))],
        "no next header, then more": lambda s: [v6(59, s.octets(20))],
        "flow label": lambda s: [
            ethernet(ip6(TCP, tcp(source=CLIENT6, target=SERVER6), label=int.from_bytes(s.token(2))), 0x86DD)
        ],
        "fragment header, reserved": lambda s: [
            v6(44, b"\x06" + s.octets(1) + b"\0\0" + bytes(4) + tcp(source=CLIENT6, target=SERVER6))
        ],
    },
    "IPv6 header",
)
each(
    {
        "first and later": _fragments,
        "overlapping": _overlap,
        "IPv6": _fragments6,
        "later alone": lambda s: [v4(TCP, s.octets(40), flags=0x2003)],
        "tiny first": lambda s: [v4(TCP, tcp(s.octets(30))[:8], flags=0x2000), v4(TCP, tcp(s.octets(30))[8:], flags=1)],
        "later of ICMP": lambda s: [v4(1, s.octets(40), flags=0x0003)],
        "later of a tunnel": lambda s: [v4(4, quote(s), flags=0x0003), v4(47, s.octets(40), flags=0x0003)],
    },
    "fragment",
)
each(
    {
        "quote": lambda s: [icmp(3, 1, bytes(4), quote(s, s.octets(40)))],
        "quote of eight octets": lambda s: [icmp(11, 0, bytes(4), quote(s)[:28])],
        "quote cut in an address": lambda s: [icmp(11, 0, bytes(4), quote(s)[:18])],
        "quote of a fragment": lambda s: [icmp(11, 1, bytes(4), ip4(UDP, s.octets(40), flags=3))],
        "quote with options": lambda s: [
            icmp(12, 0, b"\x14\0\0\0", ip4(TCP, tcp(), options=b"\x07\x07\x04" + s.ipv4()))
        ],
        "quote of ICMP, with quote": lambda s: [icmp(3, 1, bytes(4), ip4(1, b"\3\1\0\0" + bytes(4) + quote(s)))],
        "quote of UDP": lambda s: [icmp(3, 3, bytes(4), ip4(UDP, udp(s.octets(30))))],
        "extensions after the quote": lambda s: [
            icmp(
                11,
                0,
                b"\0\x20\0\0",
                SYN + bytes(128 - len(SYN)) + b"\x20\0\0\0\0\x10\2\x0a" + b"\0\1\0\0" + s.ipv4() + s.octets(4),
            )
        ],
        "unused words": lambda s: [
            icmp(3, 1, s.octets(1) + b"\0" + s.octets(2), SYN),
            icmp(11, 0, s.octets(1) + b"\0" + s.octets(2), SYN),
            icmp(4, 0, s.octets(4), SYN),
        ],
        "redirect": lambda s: [icmp(5, 1, s.ipv4(), quote(s))],
        "router advertisement": lambda s: [icmp(9, 0, b"\2\2\0\x1e", s.ipv4() + bytes(4) + s.ipv4() + bytes(4))],
        "echo, data": lambda s: [icmp(8, 0, b"\0\1\0\1", s.octets(56)), icmp(0, 0, b"\0\1\0\1", s.octets(56))],
        "timestamps": lambda s: [icmp(13, 0, b"\0\1\0\1", s.octets(12)), icmp(14, 0, b"\0\1\0\1", s.octets(12))],
        "address mask": lambda s: [icmp(18, 0, b"\0\1\0\1", s.octets(4))],
        "information, domain name": lambda s: [
            icmp(15, 0, s.octets(4), b""),
            icmp(38, 0, b"\0\1\0\1", b"\0\0\0\1" + s.word()),
        ],
        "photuris, unknown": lambda s: [icmp(40, 0, s.octets(4), s.octets(20)), icmp(99, 0, s.octets(4), s.octets(20))],
        "extended echo": lambda s: [icmp(42, 0, b"\0\1\0\1", b"\x20\0\0\0\0\x0c\3\3\0\1\4\0" + s.ipv4())],
        "checksum over other content": lambda s: [v4(1, b"\x08\0" + s.octets(2) + b"\0\1\0\1abcdefgh")],
    },
    "ICMP",
)
each(
    {
        "quote": lambda s: [icmp6(1, 0, bytes(4), quote6(s, s.octets(30)))],
        "too big, unused": lambda s: [icmp6(2, 0, b"\0\0\5\0", quote6(s)[:46])],
        "neighbour solicitation": lambda s: [icmp6(135, 0, bytes(4), s.ipv6() + b"\1\1" + s.mac())],
        "neighbour advertisement": lambda s: [icmp6(136, 0, b"\x60\0\0\0", s.ipv6() + b"\2\1" + s.mac())],
        "nonce": lambda s: [icmp6(135, 0, bytes(4), CLIENT6 + b"\x0e\1" + s.octets(6))],
        "options unknown": lambda s: [icmp6(136, 0, bytes(4), CLIENT6 + b"\xfd\2" + s.octets(14))],
        "option of no length": lambda s: [icmp6(136, 0, bytes(4), CLIENT6 + b"\1\0" + s.octets(14))],
        "router, prefix": lambda s: [
            icmp6(134, 0, b"\x40\0\7\x08", bytes(8) + b"\3\4\x40\xc0" + bytes(12) + s.ipv6()[:8] + bytes(8))
        ],
        "router, route and servers": lambda s: [
            icmp6(
                134,
                0,
                b"\x40\0\7\x08",
                bytes(8)
                + b"\x18\2\x30\0\0\0\7\x08"
                + s.ipv6()[:8]
                + b"\x19\3\0\0\0\0\7\x08"
                + s.ipv6()
                + b"\x1f\4\0\0\0\0\7\x08\x0c"
                + s.name()
                + b"\3com\0"
                + bytes(7),
            )
        ],
        "router, portal and PREF64": lambda s: [
            icmp6(134, 0, b"\x40\0\7\x08", bytes(8) + b"\x25\3" + s.word(22) + b"\x26\2\7\x08" + s.ipv6()[:12])
        ],
        "redirect": lambda s: [
            icmp6(137, 0, bytes(4), s.ipv6() + s.ipv6() + b"\2\1" + s.mac() + b"\4\7" + bytes(6) + quote6(s)[:48])
        ],
        "listener report": lambda s: [
            icmp6(143, 0, b"\0\0\0\1", b"\4\0\0\1" + b"\xff\x3e\0\x40" + s.ipv6()[:12] + s.ipv6())
        ],
        "listener query": lambda s: [
            icmp6(130, 0, b"\0\0\0\0", b"\xff\x3e\0\x40" + s.ipv6()[:12] + b"\0\0\0\1" + s.ipv6())
        ],
        "node information": lambda s: [
            icmp6(139, 0, b"\0\2\0\0", s.octets(8) + s.ipv6()),
            icmp6(140, 0, b"\0\2\0\0", s.octets(8) + bytes(4) + b"\x0c" + s.name() + b"\0"),
        ],
        "echo": lambda s: [icmp6(128, 0, b"\0\1\0\1", s.octets(56))],
        "home agent, mobile prefix, unknown": lambda s: [
            icmp6(145, 0, b"\0\1\0\0", bytes(8) + s.ipv6()),
            icmp6(200, 0, s.octets(4), s.octets(20)),
        ],
        "RPL": lambda s: [icmp6(155, 1, b"\0\0\0\0", bytes(4) + s.ipv6() + s.octets(8))],
    },
    "ICMPv6",
)
each(
    {
        "IGMP": lambda s: [
            v4(2, b"\x16\0\0\0" + b"\xef" + s.ipv4()[1:]),
            v4(2, b"\x22\0\0\0\0\0\0\1\1\0\0\1" + b"\xef\1\2\3" + s.ipv4()),
        ],
        "IGMP, after its end": lambda s: [v4(2, b"\x16\0\0\0\xef\1\2\3" + s.octets(20))],
        "OSPF": lambda s: [
            v4(
                89,
                b"\2\1\0\x30"
                + s.ipv4()
                + bytes(4)
                + bytes(4)
                + s.octets(8)
                + b"\xff\xff\xff\0"
                + bytes(8)
                + s.ipv4()
                + s.ipv4(),
            )
        ],
        "VRRP": lambda s: [v4(112, b"\x21\1\x64\1\1\1\0\0" + s.ipv4() + s.octets(8))],
        "HSRP": lambda s: [v4(UDP, udp(bytes(8) + s.word(8) + s.ipv4(), (1985, 1985)))],
        "EIGRP, PIM": lambda s: [v4(88, s.octets(40)), v4(103, b"\x20\0\0\0" + s.octets(20))],
        "SCTP": lambda s: [
            v4(
                132,
                struct.pack("!HH", 4000, 5000)
                + s.octets(4)
                + bytes(4)
                + b"\1\0\0\x1c"
                + s.octets(4)
                + bytes(12)
                + b"\0\5\0\x08"
                + s.ipv4(),
            ),
            v4(132, struct.pack("!HHII", 4000, 5000, 1, 2) + b"\0\3\0\x30" + bytes(12) + s.octets(32)),
        ],
        "DCCP, UDP-Lite": lambda s: [
            v4(33, struct.pack("!HH", 1, 2) + s.octets(30)),
            v4(136, struct.pack("!HHH", 1, 2, 8) + s.octets(30)),
        ],
        "RSVP, L2TP, IPComp": lambda s: [v4(46, s.octets(40)), v4(115, s.octets(40)), v4(108, s.octets(40))],
    },
    "protocol",
)
