"""Reads messages outside TCP from the first bytes of packets: a batch of headers at once, then message by message."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.model.other_protocol import ARP, DNS, DNS_PORT, ICMP, ICMPV6
from tcptui.model.safe_text import safe_text
from tcptui.protocols.dns.codes import QUERY
from tcptui.protocols.dns.message import addresses, read_head
from tcptui.protocols.dns.names import NAME_SHOWN, text_of
from tcptui.protocols.outside.messages import NO_ERROR, DnsMessage, IcmpError, NeighbourMessage
from tcptui.wire.other_headers import MAC_ADDRESS, NO_ADDRESS, address_text, read_other_headers, udp_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_store import I64, PacketStore
    from tcptui.protocols.outside.messages import OutsideMessage
    from tcptui.wire.header_walk import Heads
    from tcptui.wire.other_headers import Endpoints

#: Bytes of a message that are read: a datagram with EDNS has seldom more.
_MESSAGE_MOST: Final = 4_096
#: Hardware and protocol types and sizes of ARP for IPv4 over Ethernet, before the operation (RFC 826).
_ARP_HEAD: Final = b"\x08\x00\x06\x04"
_ARP_SIZE: Final = 28
#: Where the target address begins in a message of neighbour discovery, and its size (RFC 4861, 4.3).
_TARGET_AT, _TARGET_SIZE = 8, 16
_SOLICITATION, _ADVERTISEMENT = 135, 136
#: Destination unreachable and time exceeded: RFC 792, RFC 4443.
_UNREACHABLE: Final = {ICMP: 3, ICMPV6: 1}
_EXPIRED: Final = {ICMP: 11, ICMPV6: 3}
#: Reasons by code: RFC 792, RFC 1812 (5.2.7.1), RFC 4443 (3.1).  Code 4 of ICMP asks for smaller packets.
_REASONS: Final = {
    ICMP: {0: "network", 1: "host", 3: "port", 5: "network", 6: "network", 7: "host", 9: "prohibited",
           10: "prohibited", 11: "network", 12: "host", 13: "prohibited"},
    ICMPV6: {0: "network", 1: "prohibited", 3: "host", 4: "port", 5: "prohibited", 6: "prohibited"},
}  # fmt: skip


def read_outside(heads: Heads, store: PacketStore, rows_of: I64) -> Iterator[OutsideMessage]:
    """The messages in the packets of ``rows_of``, in their order; what is damaged or something else is left out.

    ``heads``: the first bytes of these packets.
    """
    found = read_other_headers(heads)
    whole = heads.buffer.tobytes()
    ends = _Ends(found.ends)
    quoted = _Ends(found.quoted)
    columns = (rows_of, store.frame[rows_of], store.time_ns[rows_of], heads.start, heads.captured)
    rows = zip(*(column.tolist() for column in columns), found.protocol.tolist(), found.at_header.tolist(), strict=True)
    for i, (row, frame, time_ns, start, captured, protocol, at) in enumerate(rows):
        if at < 0:
            continue
        place = row, frame, time_ns
        data = whole[start + at : start + min(captured, at + _MESSAGE_MOST)]
        message: OutsideMessage | None = None
        if protocol == DNS:
            message = _dns(place, udp_payload(data), ends.of(i))
        elif protocol == ARP:
            message = _arp(place, whole[start : start + captured], at)
        elif protocol in _UNREACHABLE and len(data) > 1:
            quoting = int(found.quoting[i])
            if quoting >= 0:
                message = _error(place, protocol, data, ends.of(i), quoting, quoted.of(i))
            elif protocol == ICMPV6:
                message = _neighbour(place, data, ends.of(i))
        if message is not None:
            yield message


class _End(NamedTuple):
    source: str
    target: str
    source_port: int
    target_port: int


class _Ends:
    """Endpoints as text."""

    def __init__(self, ends: Endpoints) -> None:
        self._words: list[list[int]] = ends.address.T.tolist()
        self._versions: list[int] = ends.version.tolist()
        self._ports: list[tuple[int, int]] = list(
            zip(ends.source_port.tolist(), ends.target_port.tolist(), strict=True)
        )

    def of(self, i: int) -> _End:
        version = self._versions[i]
        if version in {MAC_ADDRESS, NO_ADDRESS}:
            return _End("", "", *self._ports[i])
        high, low, to_high, to_low = self._words[i]
        return _End(address_text(high, low, version), address_text(to_high, to_low, version), *self._ports[i])


@lru_cache(maxsize=4096)
def _packed_address(packed: bytes) -> str:
    return str(ip_address(packed))


@lru_cache(maxsize=4096)
def _name(labels: tuple[bytes, ...]) -> str:
    return safe_text(text_of(list(labels)) if labels else ".", NAME_SHOWN)


def _dns(place: tuple[int, int, int], payload: bytes, end: _End) -> DnsMessage | None:
    head = read_head(payload)
    if head is None or not end.source or DNS_PORT not in {end.source_port, end.target_port}:
        return None
    by_server, is_query = head.is_response, head.labels is not None and head.opcode == QUERY
    did_not_fit = by_server and head.is_truncated
    if not is_query and not did_not_fit:
        return None
    client, server = (end.target, end.source) if by_server else (end.source, end.target)
    port, at = (end.target_port, end.source_port) if by_server else (end.source_port, end.target_port)
    given = (
        frozenset(map(_packed_address, addresses(payload, head)))
        if by_server and head.code == NO_ERROR
        else frozenset()
    )
    code, name = head.code if by_server else NO_ERROR, _name(head.labels or ()) if is_query else ""
    return DnsMessage(
        *place, client, server, port, head.number, by_server, code, head.kind, name.lower(), given, name,
        head.operation, did_not_fit, is_query and head.questions == 1 and at == DNS_PORT,
    )  # fmt: skip


def _arp(place: tuple[int, int, int], frame: bytes, at: int) -> NeighbourMessage | None:
    """A question or an answer; none where a host asks for its own address, or has none yet (RFC 5227)."""
    data = frame[at : at + _ARP_SIZE]
    if len(data) < _ARP_SIZE or data[2:6] != _ARP_HEAD:
        return None
    operation, sender, target = data[6:8], data[14:18], data[24:28]
    if sender in {target, bytes(4)}:
        return None
    ends = str(ip_address(sender)), str(ip_address(target))
    if operation == b"\x00\x01":
        return NeighbourMessage(*place, *ends, is_response=False, is_ipv6=False)
    if operation == b"\x00\x02":
        return NeighbourMessage(*place, ends[1], ends[0], is_response=True, is_ipv6=False)
    return None


def _neighbour(place: tuple[int, int, int], data: bytes, end: _End) -> NeighbourMessage | None:
    """As `_arp`, of IPv6: who has no address yet asks from the unspecified one (RFC 4862, 5.4.2)."""
    packed = data[_TARGET_AT : _TARGET_AT + _TARGET_SIZE]
    if len(packed) < _TARGET_SIZE or not end.source:
        return None
    target = str(ip_address(packed))
    if data[0] == _SOLICITATION and end.source not in {"::", target}:
        return NeighbourMessage(*place, end.source, target, is_response=False, is_ipv6=True)
    if data[0] == _ADVERTISEMENT:
        asker = "" if ip_address(end.target).is_multicast else end.target
        return NeighbourMessage(*place, asker, target, is_response=True, is_ipv6=True)
    return None


def _error(
    place: tuple[int, int, int], protocol: int, data: bytes, end: _End, quoting: int, quoted: _End
) -> IcmpError | None:
    kind, code = data[0], data[1]
    reason = _REASONS[protocol].get(code, "") if kind == _UNREACHABLE[protocol] else ""
    if kind == _EXPIRED[protocol] and not code:
        reason = "expired"
    if not reason or not quoted.source:
        return None
    return IcmpError(
        *place, end.source, end.target, reason, quoting,
        quoted.source, quoted.target, quoted.source_port, quoted.target_port,
    )  # fmt: skip
