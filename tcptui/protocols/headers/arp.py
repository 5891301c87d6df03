"""The ARP message (RFC 826, RFC 5227)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from tcptui.dfilter.names import value_text
from tcptui.protocols.headers.header import Header
from tcptui.protocols.headers.mac_vendors import address_label

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection, Step

_REQUEST, _REPLY = 1, 2
#: Hardware types (IANA, arp-parameters) whose addresses are those of Ethernet.
_MAC_TYPES: Final = frozenset({1, 6})
#: Its messages have another form (RFC 2225).
_ATM: Final = 19
_IPV4: Final = 0x0800
_FIXED: Final = 8
_MAC: Final = 6
_IPV4_BYTES: Final = 4


def read_arp(dissection: Dissection, step: Step) -> None:
    """Append the message: what it asks or answers, and both ends' addresses."""
    start, source = step.start, step.source
    dissection.protocols.append("arp")
    layer = dissection.layer("Address Resolution Protocol", start, _FIXED, "arp")
    header = Header(layer, source, start)
    source.take(start, 4)
    hardware, protocol = header.number("arp.hw.type", start), header.number("arp.proto.type", start + 2)
    if hardware == _ATM:
        return
    source.take(start + 4, 2)
    sizes = header.number("arp.hw.size", start + 4), header.number("arp.proto.size", start + 5)
    operation = header.number("arp.opcode", start + 6)
    length = _FIXED + 2 * sum(sizes)
    body = source.take(start + _FIXED, length - _FIXED)
    layer.length = length
    if dissection.network_end is None:
        dissection.network_end = start + length
    is_ipv4 = protocol == _IPV4 and sizes[1] == _IPV4_BYTES
    what = value_text("arp.opcode", operation) or f"opcode 0x{operation:04x}"
    layer.label += f" ({_conclude(layer, operation, body, sizes[0]) or what if is_ipv4 else what})"
    at = start + _FIXED
    for end in ("src", "dst"):
        is_mac = hardware in _MAC_TYPES and sizes[0] == _MAC
        if is_mac:
            line = header.field(f"arp.{end}.hw_mac", at)
            line.text = address_label(cast("bytes", line.value), dissection.options.vendor_names)
        elif sizes[0]:
            header.field(f"arp.{end}.hw", at, sizes[0])
        if sizes[1]:
            header.field(f"arp.{end}.proto_ipv4" if is_ipv4 else f"arp.{end}.proto", at + sizes[0], sizes[1])
        at += sum(sizes)


def _conclude(layer: Branch, operation: int, body: bytes, size: int) -> str:
    """Say whether an IPv4 message asks for its own address (RFC 5227); returns what it is called then."""
    sender, target = (body[at : at + _IPV4_BYTES] for at in (size, 2 * size + _IPV4_BYTES))
    looked_for = body[size + _IPV4_BYTES : 2 * size + _IPV4_BYTES]
    if operation not in (_REQUEST, _REPLY):
        return ""
    if sender == target:
        layer.put("arp.isgratuitous", 1)
        if operation == _REQUEST and not any(looked_for):
            layer.put("arp.isannouncement", 1)
            return "ARP Announcement"
        return f"{value_text('arp.opcode', operation)}/gratuitous ARP"
    if operation == _REQUEST and not any(sender) and not any(looked_for):
        layer.put("arp.isprobe", 1)
        return "ARP Probe"
    return ""
