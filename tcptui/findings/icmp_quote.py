"""An ICMP error that quotes a TCP segment: its sender, type, code and the segment quoted (RFC 792, RFC 4443)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.batched import in_each
from tcptui.model.packet_view import PacketView

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.facts import ConnectionFacts

_ICMP_HEADER: Final = 8
#: Most errors of one stream that are read: a router repeats the same one.
_QUOTES_READ: Final = 8
_UNREACHABLE: Final = {4: 3, 6: 1}
#: Destination unreachable, codes that forbid by policy: RFC 1812, 5.2.7.1 (9, 10, 13); RFC 4443, 3.1 (1, 5, 6).
_PROHIBITED: Final = {4: frozenset({9, 10, 13}), 6: frozenset({1, 5, 6})}
_PORT: Final = {4: 3, 6: 4}
_HOST: Final = {4: frozenset({1, 7}), 6: frozenset({3})}
_TOO_BIG: Final = {(4, 3, 4), (6, 2, 0)}
_EXPIRED: Final = {4: 11, 6: 3}


@dataclass(frozen=True, slots=True)
class IcmpQuote:
    """An ICMP error, and what it quotes of a TCP segment."""

    version: int
    type: int
    code: int
    sender: str
    """Address of the host that sent the error."""
    raw_seq: int
    """Sequence number of the quoted segment as on the wire."""

    @property
    def unreachable(self) -> bool:
        """Whether it is *destination unreachable*, but not the code that asks for smaller packets."""
        return self.type == _UNREACHABLE[self.version] and not self.too_big

    @property
    def too_big(self) -> bool:
        """Whether it asks for smaller packets (path MTU discovery)."""
        return (self.version, self.type, self.code) in _TOO_BIG

    @property
    def reason(self) -> str:
        """Key of the reason: ``prohibited``, ``port``, ``host``, ``network``, ``too-big``, ``expired``, ``other``."""
        if self.too_big:
            return "too-big"
        if self.type == _EXPIRED[self.version]:
            return "expired"
        if self.type != _UNREACHABLE[self.version]:
            return "other"
        if self.code in _PROHIBITED[self.version]:
            return "prohibited"
        if self.code == _PORT[self.version]:
            return "port"
        return "host" if self.code in _HOST[self.version] else "network"


def read_quote(packet: PacketView) -> IcmpQuote | None:
    """The ICMP error in ``packet``, or None when its headers cannot be parsed.

    ``packet.network_offset`` is the quoted IP header; the error's own IP header ends
    eight ICMP bytes before it.
    """
    data, quoted = packet.data, packet.network_offset
    error = quoted - _ICMP_HEADER
    if error < 0 or packet.transport_offset + 8 > len(data):
        return None
    sender = _sender(data, error)
    if sender is None:
        return None
    version, address = sender
    raw_seq = int.from_bytes(data[packet.transport_offset + 4 : packet.transport_offset + 8], "big")
    return IcmpQuote(version, data[error], data[error + 1], address, raw_seq)


def first_quote(
    connection: ConnectionFacts, wanted: Callable[[IcmpQuote], bool]
) -> tuple[PacketView, IcmpQuote] | None:
    """The first ICMP error about the stream for which ``wanted`` holds, with its packet.

    None without one, or when frames cannot be read.  Many routers quote no more of a segment than ports and
    sequence number: such an error belongs to no stream and is found by its addresses and ports.
    """
    read, others = connection.context.read_packet, connection.context.siblings
    if read is None:
        return None
    for row in connection.view.quotes[:_QUOTES_READ].tolist():
        packet = read(row)
        error = read_quote(packet)
        if error is not None and wanted(error):
            return packet, error
    if others is None or not others.has_short_quotes:
        return None
    for row in in_each(others.short_quotes, connection.view.rows.item(0)):
        packet = read(row)
        error = read_quote(packet) if _names(packet, connection.view) else None
        if error is not None and wanted(error):
            return packet, error
    return None


def _names(packet: PacketView, view: StreamView) -> bool:
    """Whether the quoted IP addresses and ports are those of the stream, in either direction."""
    start, ports = packet.network_offset, packet.transport_offset
    size, first = (16, start + 8) if len(view.client.address) == 16 else (4, start + 12)
    data = packet.data
    ends = [
        (
            data[first + n * size : first + (n + 1) * size],
            int.from_bytes(data[ports + 2 * n : ports + 2 * n + 2], "big"),
        )
        for n in (0, 1)
    ]
    return sorted(ends) == sorted((end.address, end.port) for end in (view.client, view.server))


def _sender(data: bytes, end: int) -> tuple[int, str] | None:
    """IP version and source address of the IP header that ends at offset ``end``; None when there is none."""
    for start in range(end - 20, max(-1, end - 61), -4):
        if start >= 0 and data[start] == 0x40 | (end - start) // 4 and data[start + 9] == 1:
            return 4, str(ipaddress.IPv4Address(data[start + 12 : start + 16]))
    start = end - 40
    if start >= 0 and data[start] >> 4 == 6 and data[start + 6] == 58:
        return 6, str(ipaddress.IPv6Address(data[start + 8 : start + 24]))
    return None
