"""Packets with right checksums, and what rewrites them under a fixed key."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Final

from tcptui.redact.headers import Rewriter
from tcptui.redact.keep_dns import DnsKeeper
from tcptui.redact.mapping import Mapping
from tcptui.wire.checksum import internet_checksum, tcp_checksum

KEY: Final = b"k" * 32
CLIENT: Final = "198.18.7.1"
SERVER: Final = "8.8.4.4"


def rewriter() -> Rewriter:
    mapping = Mapping(KEY)
    return Rewriter(mapping, DnsKeeper(mapping).message)


def segment(payload: bytes = b"", options: bytes = b"", source: str = CLIENT, target: str = SERVER) -> bytes:
    """A TCP segment with a right checksum."""
    options += bytes(-len(options) % 4)
    head = struct.pack("!HHIIHHHH", 40001, 443, 7000, 9000, (20 + len(options)) // 4 << 12 | 0x18, 500, 0, 0)
    whole = head + options + payload
    right = tcp_checksum(ip_address(source).packed, ip_address(target).packed, whole)
    return whole[:16] + right.to_bytes(2) + whole[18:]


def datagram(protocol: int, body: bytes, options: bytes = b"", source: str = CLIENT, target: str = SERVER) -> bytes:
    """An IPv4 datagram with a right checksum."""
    size = 20 + len(options)
    ends = ip_address(source).packed + ip_address(target).packed
    head = struct.pack("!BBHHHBBH", 0x40 | size // 4, 0, size + len(body), 77, 0x4000, 64, protocol, 0) + ends + options
    return head[:10] + internet_checksum(head).to_bytes(2) + head[12:] + body
