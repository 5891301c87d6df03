"""Frames that are no TCP segments, as bytes, and captures of them."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ETHERNET: Final = 1
CLIENT_MAC, SERVER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
START_S: Final = 1_700_000_000


def ethernet(ethertype: int, body: bytes, *, source: bytes = CLIENT_MAC, target: bytes = SERVER_MAC) -> bytes:
    """One Ethernet frame."""
    return target + source + struct.pack("!H", ethertype) + body


def ip(source: str, target: str, protocol: int, body: bytes, *, fragment: int = 0) -> bytes:
    """One datagram, IPv4 or IPv6 by its addresses."""
    ends = ip_address(source).packed + ip_address(target).packed
    if ":" in source:
        return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + ends + body
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 7, fragment, 64, protocol, 0) + ends + body


def over_ethernet(datagram: bytes) -> bytes:
    """The frame that carries ``datagram``."""
    return ethernet(0x86DD if datagram[0] >> 4 == 6 else 0x0800, datagram)


def udp(source: str, target: str, body: bytes = b"") -> bytes:
    """One UDP datagram between two ``address:port`` (the port behind the last colon), in Ethernet."""
    (from_host, from_port), (to_host, to_port) = (end.rsplit(":", 1) for end in (source, target))
    header = struct.pack("!HHHH", int(from_port), int(to_port), 8 + len(body), 0)
    return over_ethernet(ip(from_host, to_host, 17, header + body))


def icmp(source: str, target: str, kind: int, code: int, body: bytes) -> bytes:
    """One ICMP or ICMPv6 message in Ethernet; ``body`` begins behind the checksum."""
    return over_ethernet(ip(source, target, 58 if ":" in source else 1, struct.pack("!BBH", kind, code, 0) + body))


def arp(operation: int, sender: str, target: str) -> bytes:
    """One ARP message for IPv4 over Ethernet."""
    ends = CLIENT_MAC + ip_address(sender).packed + bytes(6) + ip_address(target).packed
    return ethernet(0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + ends)


def dns_name(name: str) -> bytes:
    """``name`` as labels."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def dns_query(number: int, name: str, kind: int = 1) -> bytes:
    """A question."""
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + dns_name(name) + struct.pack("!HH", kind, 1)


def dns_answer(number: int, name: str, addresses: Iterable[str], *, code: int = 0) -> bytes:
    """An answer with addresses, whose names are pointers to the question."""
    records, asked = b"", 1
    packed = [ip_address(address).packed for address in addresses]
    for address in packed:
        asked = 28 if len(address) == 16 else 1
        records += struct.pack("!HHHIH", 0xC00C, asked, 1, 300, len(address)) + address
    head = struct.pack("!HHHHHH", number, 0x8180 | code, 1, len(packed), 0, 0)
    return head + dns_name(name) + struct.pack("!HH", asked, 1) + records


def pcap(frames: Iterable[bytes], link_type: int = ETHERNET, every_ms: float = 1) -> bytes:
    """A capture of ``frames``, one each ``every_ms`` milliseconds."""
    blocks = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, link_type)]
    for number, frame in enumerate(frames):
        seconds, ns = divmod(round(number * every_ms * 1_000_000), 10**9)
        blocks.append(struct.pack("<IIII", START_S + seconds, ns, len(frame), len(frame)) + frame)
    return b"".join(blocks)
