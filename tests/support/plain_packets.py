"""TCP segments of every kind that redact reads by the column, and packets that are nearly like these."""

from __future__ import annotations

import random
import struct
from ipaddress import ip_address
from typing import Final

from tcptui.wire.checksum import internet_checksum, ones_complement_sum, pseudo_header

_OPTIONS: Final = (
    b"", b"", b"\1\1\x08\x0a" + struct.pack("!II", 111_222, 333_444), b"\1\1\x08\x0a" + bytes(8),
    b"\x02\x04\x05\xb4\x04\x02\x08\x0a" + struct.pack("!II", 5, 0) + b"\x01\x03\x03\x07",
    b"\x08\x0a" + struct.pack("!II", 77, 78) + b"\x01\x01\x05\x0a" + struct.pack("!II", 1, 2) + b"\x00\x00",
    b"\x02\x04\x05\xb4\x00\x00\x00\x00", b"\x00secret!", b"\x1e\x04\x51\x00", b"\x22\x06coookie"[:8],
    b"\x02\x04\x05\xb4\x02", b"\xfd\x08\xf9\x89abcd", b"\x02\x08\x01\x02\x03\x04\x05\x06", b"\x08\x09" + bytes(10),
)  # fmt: skip
_PAYLOADS: Final = (
    b"", b"", b"a", b"user=alice&pass=secret", bytes(7), bytes(8), b"\0\0secret", b"GET / HTTP/1.1\r\n\r\n", b"x" * 301,
)  # fmt: skip
_HOSTS_4: Final = ("198.18.7.1", "8.8.4.4", "10.0.0.7", "127.0.0.1")
_HOSTS_6: Final = ("2600:1234:5678::9abc", "fe80::1", "::1", "2001:db8::7")
_MACS: Final = (bytes.fromhex("02a7c3d4e5f6"), bytes.fromhex("3c5282aabbcc"), b"\xff" * 6, bytes(6))
ETHERNET, COOKED_1, COOKED_2, RAW, UNKNOWN = 1, 113, 276, 101, 147


def packet(draw: random.Random) -> tuple[bytes, int, int]:
    """Bytes as captured, the link type, and how long the packet was on the wire."""
    version = draw.choice((4, 4, 6))
    source, target = (ip_address(draw.choice(_HOSTS_4 if version == 4 else _HOSTS_6)).packed for _ in range(2))
    segment = _segment(draw, source, target)
    if version == 4:
        number, place = draw.choice((0, 1, 77, 0xFFFF)), draw.choice((0x4000,) * 9 + (0x2000, 0x4001))
        total = draw.choice((20 + len(segment),) * 9 + (0, 30))
        head = struct.pack("!BBHHHBBH", 0x45, 0, total, number, place, 64, 6, 0) + source + target
        right = internet_checksum(head)
        head = head[:10] + draw.choice((right, right, right, 0, right ^ 0x5555, 0xFFFF)).to_bytes(2) + head[12:]
    else:
        label = draw.choice((0, 0x12345, 0xFFFFF))
        head = struct.pack("!IHBB", 6 << 28 | label, len(segment), draw.choice((6,) * 9 + (44,)), 64) + source + target
    link = draw.choice((ETHERNET, ETHERNET, COOKED_1, COOKED_2, RAW, UNKNOWN))
    kind = (0x0800 if version == 4 else 0x86DD) if draw.random() > 0.03 else 0x8100
    whole = _link_header(draw, link, kind.to_bytes(2)) + head + segment
    whole += draw.choice((b"",) * 5 + (bytes(6), b"trailer"))
    cut = draw.randrange(len(whole) + 1) if draw.random() < 0.2 else len(whole)
    changed = bytearray(whole[:cut])
    if changed and draw.random() < 0.15:
        changed[draw.randrange(min(len(changed), 80))] = draw.randrange(256)
    return bytes(changed), link, len(whole)


def _segment(draw: random.Random, source: bytes, target: bytes) -> bytes:
    options, payload = draw.choice(_OPTIONS), draw.choice(_PAYLOADS)
    options += bytes(-len(options) % 4)
    flags, urgent = draw.choice(((0x18, 0), (0x10, 9), (0x30, 5), (0x02, 0)))
    ports = draw.choice((40001, 53)), draw.choice((443, 80, 53))
    head = struct.pack("!HHIIHHHH", *ports, 7000, 9000, (20 + len(options)) // 4 << 12 | flags, 500, 0, urgent)
    whole = head + options + payload
    pseudo = pseudo_header(source, target, len(whole))
    right = internet_checksum(pseudo + whole)
    stated = draw.choice((right, right, right, 0, right ^ 0x0F0F, ones_complement_sum(pseudo), 0xFFFF))
    return whole[:16] + stated.to_bytes(2) + whole[18:]


def _link_header(draw: random.Random, link: int, kind: bytes) -> bytes:
    first, second = draw.choice(_MACS), draw.choice(_MACS)
    length = draw.choice((6, 6, 6, 0))
    if link == ETHERNET:
        return first + second + kind
    if link == COOKED_1:
        return b"\0\4\0\1" + length.to_bytes(2) + first + b"un" + kind
    if link == COOKED_2:
        return kind + b"un" + bytes(3) + b"\2\0\1\4" + length.to_bytes(1) + first + b"us"
    return b""
