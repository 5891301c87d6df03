"""Reads the addresses that one DNS answer gives for the name that was asked (RFC 1035, 4; RFC 3596)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import dpkt

from tcptui.model.safe_text import safe_text
from tcptui.protocols.dns.message import RECORD, read_head
from tcptui.protocols.dns.names import NAME_SHOWN

if TYPE_CHECKING:
    from tcptui.model.packet_view import PacketView

#: Records of an answer that are read; a datagram of 512 bytes has room for fewer.
MOSTRECORDS: Final = 64
_HEAD: Final = 12
_UDP_HEADER: Final = 8
_IPV6_HEADER: Final = 40
_INTERNET: Final = 1
#: Bytes of a record with an address, by its type: A and AAAA.
_ADDRESSES: Final = {1: 4, 28: 16}


@dataclass(frozen=True, slots=True)
class TruncatedAnswer:
    """An answer over UDP that did not fit (TC): who wants it asks again over TCP (RFC 7766, 5)."""

    time_ns: int
    frame: int
    server: str
    client: str
    question: str
    """As `Exchange.operation` has it."""


def read_addresses(message: bytes) -> tuple[str, list[bytes]]:
    """The name that a message answers, as safe text, and its addresses in network order; none if it is no such answer.

    Aliases (CNAME) are followed by the server that answers, so all addresses are those of the name that was asked.
    What comes behind a damaged record, or the end of what was captured, is left out.
    """
    asked, found = "", list[bytes]()
    try:
        _number, flags, questions, answers, _authorities, _additional = struct.unpack_from("!6H", message)
        if not flags >> 15 or flags & 15 or questions != 1:
            return "", []
        asked, offset = dpkt.dns.unpack_name(message, _HEAD)
        offset += 4
        for _ in range(min(answers, MOSTRECORDS)):
            _owner, offset = dpkt.dns.unpack_name(message, offset)
            kind, group, _lifetime, size = RECORD.unpack_from(message, offset)
            offset += RECORD.size
            if _ADDRESSES.get(kind) == size and group == _INTERNET and offset + size <= len(message):
                found.append(message[offset : offset + size])
            offset += size
    except (dpkt.dpkt.Error, struct.error, ValueError, IndexError):
        pass  # hostile, or cut
    return (safe_text(asked, NAME_SHOWN), found) if asked and found else ("", [])


def read_question(message: bytes) -> str:
    """The name that a message asks for, as `read_addresses` has it; empty if it is no question."""
    return _name(message, is_response=False)


def read_answered(message: bytes) -> str:
    """The name that a message answers, with any code and records, as `read_addresses` has it; empty if none."""
    return _name(message, is_response=True)


def _name(message: bytes, *, is_response: bool) -> str:
    try:
        _number, flags, questions, _answers, _authorities, _additional = struct.unpack_from("!6H", message)
        if bool(flags >> 15) != is_response or questions != 1:
            return ""
        asked, _ = dpkt.dns.unpack_name(message, _HEAD)
    except (dpkt.dpkt.Error, struct.error, ValueError, IndexError):
        return ""
    return safe_text(asked, NAME_SHOWN)


def read_truncated(packet: PacketView) -> TruncatedAnswer | None:
    """The answer in a frame from UDP port 53 that did not fit (TC); None of others."""
    datagram = _datagram(packet)
    head = None if datagram is None else read_head(datagram[2])
    if datagram is None or head is None or not head.is_response or not head.is_truncated:
        return None
    return TruncatedAnswer(packet.time_ns, packet.frame, datagram[0], datagram[1], head.operation)


def _datagram(packet: PacketView) -> tuple[str, str, bytes] | None:
    """Source and target of a UDP datagram, and its payload; None where its IP header was cut."""
    data = packet.data[packet.network_offset :]
    is_ipv4 = bool(data) and data[0] >> 4 == 4
    begin = 4 * (data[0] & 0xF) if is_ipv4 else _IPV6_HEADER
    source, target = (data[12:16], data[16:20]) if is_ipv4 else (data[8:24], data[24:40])
    if len(target) != (4 if is_ipv4 else 16):
        return None
    return str(ip_address(source)), str(ip_address(target)), data[begin + _UDP_HEADER :]
