"""One line about a packet that is no TCP segment: by dpkt, or plainly where the bytes are no such message."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import dpkt

from tcptui.model import other_protocol as protocols
from tcptui.model.other_protocol import Space, protocol_name, space_of
from tcptui.protocols.other.dns import read_dns
from tcptui.protocols.other.icmp import read_icmp, read_icmpv6
from tcptui.protocols.other.line import Line
from tcptui.protocols.other.others import (
    read_arp,
    read_dhcp,
    read_igmp,
    read_ntp,
    read_quic,
    read_stun,
    read_text,
    read_tftp,
)
from tcptui.wire.other_headers import udp_payload

if TYPE_CHECKING:
    from collections.abc import Callable

#: What dpkt raises for bytes that it cannot read: its own errors, and those of Python for what it did not check.
UNREADABLE: Final = (
    dpkt.dpkt.Error, struct.error, ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError,
    AssertionError,
)  # fmt: skip
#: Readers of the bytes from the header that the protocol's code names; for UDP's protocols from the payload on.
_READERS: Final[dict[int, Callable[[bytes], Line]]] = {
    protocols.ARP: read_arp,
    protocols.ICMP: read_icmp,
    protocols.ICMPV6: read_icmpv6,
    protocols.IGMP: read_igmp,
    protocols.DNS: read_dns,
    protocols.MDNS: read_dns,
    protocols.LLMNR: read_dns,
    protocols.DHCP: read_dhcp,
    protocols.NTP: read_ntp,
    protocols.TFTP: read_tftp,
    protocols.STUN: read_stun,
    protocols.QUIC: read_quic,
    protocols.SSDP: read_text,
    protocols.SIP: read_text,
    protocols.SYSLOG: read_text,
}
_FRAGMENT: Final = Line("fragment")
_CUT: Final = Line("tcp-cut")


def summarize(protocol: int, frame: bytes, at_header: int) -> Line:
    """The line of a packet of ``protocol`` whose header begins ``at_header`` in ``frame`` (-1: not known).

    No bytes can make it raise.
    """
    if protocol == protocols.FRAGMENT:
        return _FRAGMENT
    if protocol == protocols.TCP:
        return _CUT
    raw = frame[at_header:] if at_header >= 0 else frame
    if space_of(protocol) is Space.UDP and at_header >= 0:
        raw = udp_payload(raw)
    reader = _READERS.get(protocol)
    if reader is None or at_header < 0:
        return Line("plain", {"size": len(raw)})
    if not raw:
        return Line("plain", {"size": 0})
    try:
        return reader(raw)
    except UNREADABLE:
        return Line("unreadable", {"size": len(raw), "expected": protocol_name(protocol)})
