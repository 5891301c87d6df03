"""Rows that carry what TCP waits for or what breaks it from outside, noted while a batch is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.other_protocol import ARP, DNS_PORT
from tcptui.model.packet_store import RowKind
from tcptui.wire.ip import PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32, I64, U8
    from tcptui.protocols.payload_places import Payloads

    Mask = NDArray[np.bool_]

#: Rows that are kept, the newest: so many bound what a rule reads, and a host in trouble has fewer.
MOST_ROWS: Final = 16_384
#: The same of answers of DNS: a client has fewer, and of a name server all look alike.
MOST_ANSWERS: Final = 65_536
_ETHERTYPE: Final = ARP & 0xFFFF
_IPV4_HEADER, _IPV6_HEADER, _ICMP_HEADER = 20, 40, 8
#: Bytes of a datagram's header that say the ports.
_PORTS: Final = 4
#: Of TCP what an error quotes so little of that it belongs to no stream (RFC 792: eight bytes).
_OVER_IP: Final = (PROTOCOL_UDP, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP)
#: Neighbour solicitation and advertisement (RFC 4861, 4.3 and 4.4).
_NEIGHBOUR: Final = (135, 136)


class OutsideRows:
    """Rows of DNS over UDP port 53, ARP, neighbour discovery and ICMP errors, in capture order.

    A packet is in it that only looks like one of these: who reads it sees that.  IPv6 extension headers and options of
    IPv4 are not followed in front of what an error quotes.
    """

    def __init__(self) -> None:
        self.rows: I32 = np.zeros(0, np.int32)
        """Store rows, ascending."""
        self.dns_answers: I32 = np.zeros(0, np.int32)
        """Store rows of what UDP port 53 sent, ascending."""

    def add(self, batch: Payloads) -> None:
        """Test the frames of a batch."""
        store, first, n = batch.store, batch.first, len(batch.start)
        rows = slice(first, first + n)
        kind, protocol = store.kind[rows], store.protocol[rows]
        others = np.flatnonzero((kind == RowKind.OTHER) | (kind == RowKind.ICMP_QUOTE))
        if not len(others):
            return
        quoting = kind[others] == RowKind.ICMP_QUOTE
        of_other = protocol[others]
        found = (of_other == _ETHERTYPE) | quoting
        over_ip = np.flatnonzero(~found & np.isin(of_other, _OVER_IP))
        if len(over_ip):
            found[over_ip], answers = _tell(batch, others[over_ip], of_other[over_ip])
            if answers.any():
                new = (first + others[over_ip[answers]]).astype(np.int32)
                self.dns_answers = np.concatenate((self.dns_answers, new))[-MOST_ANSWERS:]
        if found.any():
            new = (first + others[found]).astype(np.int32)
            self.rows = np.concatenate((self.rows, new))[-MOST_ROWS:]

    def evict(self, first: int) -> None:
        """Drop the rows before ``first``, which are evicted."""
        self.rows, self.dns_answers = (
            rows[gone:].copy() if (gone := int(np.searchsorted(rows, first))) else rows
            for rows in (self.rows, self.dns_answers)
        )


def _tell(batch: Payloads, at: I64, protocol: NDArray[np.uint16]) -> tuple[Mask, Mask]:
    """True for the frames ``at``, of `_OVER_IP`, that are of DNS, of neighbours, or quote another packet.

    And which come from port 53 of UDP.
    """
    store, rows = batch.store, batch.first + at
    network, held = (column[rows].astype(np.int64) for column in (store.network_offset, store.captured))
    begin = batch.start[at]
    version = _byte(batch, begin, network, held) >> 4
    size = np.where(version == 4, (_byte(batch, begin, network, held) & 0xF).astype(np.int64) * 4, _IPV6_HEADER)
    upper = network + size
    ports = [
        _byte(batch, begin, upper + place, held).astype(np.int64) << 8 | _byte(batch, begin, upper + place + 1, held)
        for place in (0, 2)
    ]
    whole = upper + _PORTS <= held
    is_answer, is_asked = (whole & (protocol == PROTOCOL_UDP) & (port == DNS_PORT) for port in ports)
    of_neighbour = (protocol == PROTOCOL_ICMPV6) & np.isin(_byte(batch, begin, upper, held), _NEIGHBOUR)
    return is_answer | is_asked | of_neighbour | _is_quoted(batch, begin, network, held), is_answer


def _is_quoted(batch: Payloads, begin: I64, network: I64, held: I64) -> Mask:
    """Whether the IP header at ``network`` seems to be one that an ICMP error quotes: another one of ICMP before it."""
    before = network - _ICMP_HEADER
    quoted = np.zeros(len(network), np.bool_)
    for header, version, place, number in (
        (_IPV4_HEADER, 4, 9, PROTOCOL_ICMP), (_IPV6_HEADER, 6, 6, PROTOCOL_ICMPV6),
    ):  # fmt: skip
        outer = before - header
        fits = outer >= 0
        is_outer = _byte(batch, begin, np.where(fits, outer, 0), held) >> 4 == version
        quoted |= fits & is_outer & (_byte(batch, begin, np.where(fits, outer + place, 0), held) == number)
    return quoted


def _byte(batch: Payloads, begin: I64, place: I64, held: I64) -> U8:
    """The byte at ``place`` of each frame, 0 where that was not captured."""
    found: U8 = np.where(place < held, batch.buffer[begin + np.minimum(place, np.maximum(held - 1, 0))], 0)
    return found
