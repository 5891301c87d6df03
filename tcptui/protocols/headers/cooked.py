"""Link headers made by the capture, not sent on a wire: Linux cooked capture, BSD loopback, raw IP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step, after_ethertype
from tcptui.protocols.headers.field_names import BSD_FAMILIES
from tcptui.protocols.headers.header import Header
from tcptui.protocols.headers.mac_vendors import address_label

if TYPE_CHECKING:
    from tcptui.protocols.headers.frame_bytes import FrameBytes

_FIRST_ETHERTYPE: Final = 0x0600
_NETLINK: Final = 824
_ETHERNET_ADDRESS: Final = 6
_ADDRESS_ROOM: Final = 8


def _address_lines(dissection: Dissection, header: Header, at: int, length: int) -> None:
    """Append the sender's address, and the unused rest of the eight bytes reserved for it."""
    shown = min(length, _ADDRESS_ROOM)
    room = header.source.take(at, _ADDRESS_ROOM)
    if shown == _ETHERNET_ADDRESS:
        label = address_label(room[:shown], dissection.options.vendor_names)
        header.field("sll.src.eth", at, text=label)
    elif shown:
        header.field("sll.src.ipv4" if shown == 4 else "sll.src.other", at, shown)
    if shown < _ADDRESS_ROOM:
        header.field("sll.unused", at + shown, _ADDRESS_ROOM - shown)


def _protocol_line(header: Header, at: int) -> int:
    kind = header.source.number(at, 2)
    return header.number("sll.ltype" if kind < _FIRST_ETHERTYPE else "sll.etype", at)


def _next(dissection: Dissection, kind: int, hardware: int, start: int, source: FrameBytes) -> Step:
    if hardware == _NETLINK or kind < _FIRST_ETHERTYPE:
        return Step(Protocol.OTHER_LLC if kind == 0x0004 else Protocol.DATA, start, source)
    return after_ethertype(dissection, kind, start, source)


def read_cooked_v1(dissection: Dissection, step: Step) -> Step:
    """LINKTYPE_LINUX_SLL: 16 bytes, the protocol last."""
    start, source = step.start, step.source
    layer = dissection.layer("Linux cooked capture v1", start, 16, "sll")
    dissection.protocols.append("sll")
    header = Header(layer, source, start)
    header.field("sll.pkttype", start)
    hardware = header.number("sll.hatype", start + 2)
    length = header.number("sll.halen", start + 4)
    _address_lines(dissection, header, start + 6, length)
    kind = _protocol_line(header, start + 14)
    return _next(dissection, kind, hardware, start + 16, source)


def read_cooked_v2(dissection: Dissection, step: Step) -> Step:
    """LINKTYPE_LINUX_SLL2: 20 bytes, the protocol first."""
    start, source = step.start, step.source
    layer = dissection.layer("Linux cooked capture v2", start, 20, "sll")
    dissection.protocols.append("sll")
    header = Header(layer, source, start)
    kind = _protocol_line(header, start)
    header.field("sll.ifindex", start + 4)
    hardware = header.number("sll.hatype", start + 8)
    header.field("sll.pkttype", start + 10, 1)
    length = header.number("sll.halen", start + 11, 1)
    _address_lines(dissection, header, start + 12, length)
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
    layer.put("null.family", family, start, 4, text=f"{name} ({family})")
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
