"""Answers of DNS over UDP that did not fit."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.message import read_head

if TYPE_CHECKING:
    from tcptui.model.packet_view import PacketView

_UDP_HEADER: Final = 8
_IPV6_HEADER: Final = 40


@dataclass(frozen=True, slots=True)
class TruncatedAnswer:
    """An answer over UDP that did not fit (TC): who wants it asks again over TCP (RFC 7766, 5)."""

    time_ns: int
    frame: int
    server: str
    client: str
    question: str
    """As `Exchange.operation` has it."""


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
