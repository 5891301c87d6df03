"""Link headers made by the capture, not sent on a wire: Linux cooked capture, BSD loopback, raw IP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step, after_ethertype
from tcptui.protocols.headers.field_names import BSD_FAMILIES, COOKED_PACKET_TYPES, HARDWARE_TYPES, ethertype_name
from tcptui.protocols.headers.mac_vendors import address_label

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

_FIRST_ETHERTYPE: Final = 0x0600
#: Values below 0x0600 that Linux puts into the protocol field instead of an ethertype (linux/if_ether.h).
_LINUX_PROTOCOLS: Final[dict[int, str]] = {
    0x0001: "Raw 802.3",
    0x0003: "Ethernet",
    0x0004: "LLC",
    0x000C: "CAN",
    0x000D: "CAN FD",
}
_NETLINK: Final = 824
_ETHERNET_ADDRESS: Final = 6
_ADDRESS_ROOM: Final = 8


def _number_line(layer: Branch, title: str, names: dict[int, str], start: int, source: FrameBytes, name: str) -> int:
    value = source.number(start, 2)
    layer.add(f"{title}: {names.get(value, 'Unknown')} ({value})", start, 2, name)
    return value


def _address_lines(dissection: Dissection, layer: Branch, start: int, length: int, source: FrameBytes) -> None:
    """Append the sender's address, and the unused rest of the eight bytes reserved for it."""
    shown = min(length, _ADDRESS_ROOM)
    room = source.take(start, _ADDRESS_ROOM)
    if shown == _ETHERNET_ADDRESS:
        label = address_label(room[:shown], dissection.options.vendor_names)
        layer.add(f"Source: {label}", start, shown, "sll.src.eth")
    elif shown == 4:
        layer.add(f"Source: {'.'.join(map(str, room[:4]))}", start, shown, "sll.src.ipv4")
    elif shown:
        layer.add(f"Source: {room[:shown].hex()}", start, shown, "sll.src.other")
    if shown < _ADDRESS_ROOM:
        layer.add(f"Unused: {room[shown:].hex()}", start + shown, _ADDRESS_ROOM - shown, "sll.unused")


def _protocol_line(layer: Branch, start: int, source: FrameBytes) -> int:
    kind = source.number(start, 2)
    if kind < _FIRST_ETHERTYPE:
        layer.add(f"Protocol: {_LINUX_PROTOCOLS.get(kind, 'Unknown')} (0x{kind:04x})", start, 2, "sll.ltype")
    else:
        layer.add(f"Protocol: {ethertype_name(kind)} (0x{kind:04x})", start, 2, "sll.etype")
    return kind


def _next(dissection: Dissection, kind: int, hardware: int, start: int, source: FrameBytes) -> Step:
    if hardware == _NETLINK or kind < _FIRST_ETHERTYPE:
        return Step(Protocol.OTHER_LLC if kind == 0x0004 else Protocol.DATA, start, source)
    return after_ethertype(dissection, kind, start, source)


def read_cooked_v1(dissection: Dissection, step: Step) -> Step:
    """LINKTYPE_LINUX_SLL: 16 bytes, the protocol last."""
    start, source = step.start, step.source
    layer = dissection.layer("Linux cooked capture v1", start, 16, "sll")
    dissection.protocols.append("sll")
    _number_line(layer, "Packet type", COOKED_PACKET_TYPES, start, source, "sll.pkttype")
    hardware = _number_line(layer, "Link-layer address type", HARDWARE_TYPES, start + 2, source, "sll.hatype")
    length = source.number(start + 4, 2)
    layer.add(f"Link-layer address length: {length}", start + 4, 2, "sll.halen")
    _address_lines(dissection, layer, start + 6, length, source)
    kind = _protocol_line(layer, start + 14, source)
    return _next(dissection, kind, hardware, start + 16, source)


def read_cooked_v2(dissection: Dissection, step: Step) -> Step:
    """LINKTYPE_LINUX_SLL2: 20 bytes, the protocol first."""
    start, source = step.start, step.source
    layer = dissection.layer("Linux cooked capture v2", start, 20, "sll")
    dissection.protocols.append("sll")
    kind = _protocol_line(layer, start, source)
    layer.add(f"Interface index: {source.number(start + 4, 4)}", start + 4, 4, "sll.ifindex")
    hardware = _number_line(layer, "Link-layer address type", HARDWARE_TYPES, start + 8, source, "sll.hatype")
    packet_type = source.number(start + 10, 1)
    name = COOKED_PACKET_TYPES.get(packet_type, "Unknown")
    layer.add(f"Packet type: {name} ({packet_type})", start + 10, 1, "sll.pkttype")
    length = source.number(start + 11, 1)
    layer.add(f"Link-layer address length: {length}", start + 11, 1, "sll.halen")
    _address_lines(dissection, layer, start + 12, length, source)
    return _next(dissection, kind, hardware, start + 20, source)


def read_loopback(dissection: Dissection, step: Step) -> Step:
    """LINKTYPE_NULL and LINKTYPE_LOOP: four bytes of address family, in host or network byte order."""
    start, source = step.start, step.source
    layer = dissection.layer("Null/Loopback", start, 4, "null")
    dissection.protocols.append("null")
    raw = source.take(start, 4)
    family = int.from_bytes(raw, "little")
    if family > 0xFFFF:
        family = int.from_bytes(raw, "big")
    name = BSD_FAMILIES.get(family, "Unknown")
    layer.add(f"Family: {name} ({family})", start, 4, "null.family")
    if name == "IP":
        return Step(Protocol.IPV4, start + 4, source)
    if name == "IPv6":
        return Step(Protocol.IPV6, start + 4, source)
    return Step(Protocol.DATA, start + 4, source)


def read_raw_ip(dissection: Dissection, step: Step) -> Step:
    """LINKTYPE_RAW and its kin have no link header: the version nibble tells what follows."""
    dissection.layer("Raw packet data", step.start, 0, "raw")
    dissection.protocols.append("raw")
    version = step.source.number(step.start, 1) >> 4
    protocol = {4: Protocol.IPV4, 6: Protocol.IPV6}.get(version, Protocol.DATA)
    return Step(protocol, step.start, step.source)
