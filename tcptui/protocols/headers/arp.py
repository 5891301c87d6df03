"""The ARP message (RFC 826, RFC 5227)."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.field_names import HARDWARE_TYPES, ethertype_name
from tcptui.protocols.headers.mac_vendors import address_label

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection, Step

_REQUEST, _REPLY = 1, 2
#: Hardware types (IANA, arp-parameters) whose addresses are those of Ethernet.
_MAC_TYPES: Final = frozenset({1, 6})
#: Its messages have another form (RFC 2225).
_ATM: Final = 19
#: IANA, arp-parameters; 0 and 65535 are reserved.
_OPERATIONS: Final = {
    0: "reserved", 1: "request", 2: "reply", 3: "reverse request", 4: "reverse reply", 5: "drarp request",
    6: "drarp reply", 7: "drarp error", 8: "inverse request", 9: "inverse reply", 10: "arp nak", 11: "mars request",
    12: "mars multi", 13: "mars mserv", 14: "mars join", 15: "mars leave", 16: "mars nak", 17: "mars unserv",
    18: "mars sjoin", 19: "mars sleave", 20: "mars grouplist request", 21: "mars grouplist reply",
    22: "mars redirect map", 23: "mapos unarp", 24: "experimental 1", 25: "experimental 2", 65535: "reserved",
}  # fmt: skip
_IPV4: Final = 0x0800
_FIXED: Final = 8
_MAC: Final = 6
_IPV4_BYTES: Final = 4


def read_arp(dissection: Dissection, step: Step) -> None:
    """Append the message: what it asks or answers, and both ends' addresses."""
    start, source = step.start, step.source
    dissection.protocols.append("arp")
    layer = dissection.layer("Address Resolution Protocol", start, _FIXED, "arp")
    hardware, protocol = source.number(start, 2), source.number(start + 2, 2)
    layer.add(f"Hardware type: {HARDWARE_TYPES.get(hardware, 'Unknown')} ({hardware})", start, 2, "arp.hw.type")
    layer.add(f"Protocol type: {ethertype_name(protocol)} (0x{protocol:04x})", start + 2, 2, "arp.proto.type")
    if hardware == _ATM:
        return
    sizes = source.number(start + 4, 1), source.number(start + 5, 1)
    layer.add(f"Hardware size: {sizes[0]}", start + 4, 1, "arp.hw.size")
    layer.add(f"Protocol size: {sizes[1]}", start + 5, 1, "arp.proto.size")
    operation = source.number(start + 6, 2)
    layer.add(f"Opcode: {_OPERATIONS.get(operation, 'Unknown')} ({operation})", start + 6, 2, "arp.opcode")
    length = _FIXED + 2 * sum(sizes)
    body = source.take(start + _FIXED, length - _FIXED)
    layer.length = length
    if dissection.network_end is None:
        dissection.network_end = start + length
    is_ipv4 = protocol == _IPV4 and sizes[1] == _IPV4_BYTES
    what = _OPERATIONS.get(operation, f"opcode 0x{operation:04x}")
    layer.label += f" ({_conclude(layer, operation, body, sizes[0]) or what if is_ipv4 else what})"
    at = start + _FIXED
    for end, name in (("Sender", "src"), ("Target", "dst")):
        _add_hardware(dissection, layer, source.take(at, sizes[0]), at, (end, name, hardware in _MAC_TYPES))
        _add_protocol(layer, source.take(at + sizes[0], sizes[1]), at + sizes[0], (end, name, is_ipv4))
        at += sum(sizes)


def _conclude(layer: Branch, operation: int, body: bytes, size: int) -> str:
    """Say whether an IPv4 message asks for its own address (RFC 5227); returns what it is called then."""
    sender, target = (body[at : at + _IPV4_BYTES] for at in (size, 2 * size + _IPV4_BYTES))
    looked_for = body[size + _IPV4_BYTES : 2 * size + _IPV4_BYTES]
    if operation not in (_REQUEST, _REPLY):
        return ""
    if sender == target:
        layer.concluded("Is gratuitous: True", "arp.isgratuitous")
        if operation == _REQUEST and not any(looked_for):
            layer.concluded("Is announcement: True", "arp.isannouncement")
            return "ARP Announcement"
        return f"{_OPERATIONS[operation]}/gratuitous ARP"
    if operation == _REQUEST and not any(sender) and not any(looked_for):
        layer.concluded("Is probe: True", "arp.isprobe")
        return "ARP Probe"
    return ""


def _add_hardware(dissection: Dissection, layer: Branch, address: bytes, at: int, whose: tuple[str, str, bool]) -> None:
    end, name, may_be_mac = whose
    if may_be_mac and len(address) == _MAC:
        label = address_label(address, dissection.options.vendor_names)
        layer.add(f"{end} MAC address: {label}", at, _MAC, f"arp.{name}.hw_mac")
    elif address:
        layer.add(f"{end} hardware address: {address.hex()}", at, len(address), f"arp.{name}.hw")


def _add_protocol(layer: Branch, address: bytes, at: int, whose: tuple[str, str, bool]) -> None:
    end, name, is_ipv4 = whose
    if is_ipv4:
        layer.add(f"{end} IP address: {IPv4Address(address)}", at, len(address), f"arp.{name}.proto_ipv4")
    elif address:
        layer.add(f"{end} protocol address: {address.hex()}", at, len(address), f"arp.{name}.proto")
