"""Reads the addresses that one DNS answer gives for the name that was asked (RFC 1035, 4; RFC 3596)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from tcptui.model.packet_view import PacketView

#: Records of an answer that are read; a datagram of 512 bytes has room for fewer.
MOST_RECORDS: Final = 64
#: Characters of a name that are shown.
NAME_SHOWN: Final = 60
_HEADER: Final = 12
_RESPONSE: Final = 0x8000
_RCODE: Final = 0x000F
_POINTER: Final = 0xC0
_UDP_HEADER: Final = 8
_IPV6_HEADER: Final = 40
_RECORD: Final = struct.Struct(">HHIH")
_INTERNET: Final = 1
#: Type and length of a record with an address: A and AAAA.
_ADDRESSES: Final = {(1, 4): IPv4Address, (28, 16): IPv6Address}


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """The addresses of one answer."""

    time_ns: int
    client: str
    """The address that the answer was sent to."""
    name: str
    """The name that was asked, in lower case; safe text of at most `NAME_SHOWN` characters."""
    addresses: frozenset[str]
    """All of its A and AAAA records, whatever aliases lie between."""


def read_answer(packet: PacketView) -> DnsAnswer | None:
    """The answer in a frame from UDP port 53; None where it is none, gives no address, or is damaged."""
    data = packet.data[packet.network_offset :]
    is_ipv4 = bool(data) and data[0] >> 4 == 4
    begin = 4 * (data[0] & 0xF) if is_ipv4 else _IPV6_HEADER
    target = data[16:20] if is_ipv4 else data[24:40]
    message = data[begin + _UDP_HEADER :]
    if len(message) < _HEADER or len(target) != (4 if is_ipv4 else 16):
        return None
    flags, questions, records = struct.unpack_from(">2x3H", message)
    if not flags & _RESPONSE or flags & _RCODE or questions != 1:
        return None
    labels, at = _question(message)
    found = _addresses(message, at, min(records, MOST_RECORDS)) if labels else frozenset[str]()
    if not found:
        return None
    name = safe_text(b".".join(labels).decode("utf-8", "replace").lower(), NAME_SHOWN)
    client = str(IPv4Address(target) if is_ipv4 else IPv6Address(target))
    return DnsAnswer(packet.time_ns, client, name, found)


def _question(message: bytes) -> tuple[list[bytes], int]:
    """The labels of the name asked for, and where the records begin; no labels where they do not end."""
    labels: list[bytes] = []
    at = _HEADER
    while at < len(message) and 0 < message[at] < _POINTER:
        labels.append(message[at + 1 : at + 1 + message[at]])
        at += 1 + message[at]
    ended = at < len(message) and message[at] == 0
    return (labels, at + 5) if ended else ([], at)


def _addresses(message: bytes, at: int, records: int) -> frozenset[str]:
    """The addresses in so many records from ``at`` on, up to the first that does not fit."""
    found: set[str] = set()
    for _ in range(records):
        while at < len(message) and 0 < message[at] < _POINTER:
            at += 1 + message[at]
        at += 2 if at < len(message) and message[at] >= _POINTER else 1
        if at + _RECORD.size > len(message):
            break
        kind, group, _lifetime, length = _RECORD.unpack_from(message, at)
        at += _RECORD.size
        content = message[at : at + length]
        made = _ADDRESSES.get((kind, len(content))) if group == _INTERNET and len(content) == length else None
        if made is not None:
            found.add(str(made(content)))
        at += length
    return frozenset(found)
