"""Dissects by scapy every protocol that has no reader in this package.

scapy is imported when such a packet is first on screen, never while a capture is decoded.
Its dissectors were not made for hostile bytes: whatever they raise becomes a line of the
tree, and reading continues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tcptui.model.packet_store import RowKind
from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.data import data_step

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch

#: Most bytes of one packet that scapy is given.
_BYTES_READ: Final = 4_096
#: Most lines of one packet's scapy layers together.
_LINES: Final = 400
_DEEPEST: Final = 24

#: From scapy's class name to Wireshark's title and short name.
_WIRESHARK_NAMES: Final[dict[str, tuple[str, str]]] = {
    "ARP": ("Address Resolution Protocol", "arp"),
    "BOOTP": ("Dynamic Host Configuration Protocol", "dhcp"),
    "CHDLC": ("Cisco HDLC", "chdlc"),
    "DNS": ("Domain Name System", "dns"),
    "ESP": ("Encapsulating Security Payload", "esp"),
    "GENEVE": ("Generic Network Virtualization Encapsulation", "geneve"),
    "GRE": ("Generic Routing Encapsulation", "gre"),
    "ICMP": ("Internet Control Message Protocol", "icmp"),
    "IGMP": ("Internet Group Management Protocol", "igmp"),
    "LLC": ("Logical-Link Control", "llc"),
    "MPLS": ("MultiProtocol Label Switching Header", "mpls"),
    "NTPHeader": ("Network Time Protocol", "ntp"),
    "PPP": ("Point-to-Point Protocol", "ppp"),
    "PPPoE": ("PPP-over-Ethernet Session", "pppoes"),
    "SCTP": ("Stream Control Transmission Protocol", "sctp"),
    "SNMP": ("Simple Network Management Protocol", "snmp"),
    "STP": ("Spanning Tree Protocol", "stp"),
    "VXLAN": ("Virtual eXtensible Local Area Network", "vxlan"),
}
#: scapy classes inside a tunnel at which a reader of this package takes over again.
_OURS: Final[dict[str, Protocol]] = {
    "Ether": Protocol.ETHERNET,
    "Dot1Q": Protocol.VLAN,
    "IP": Protocol.IPV4,
    "IPv6": Protocol.IPV6,
}


class _Layer(NamedTuple):
    """One scapy layer, and the offset and length of its header in the frame."""

    packet: Any
    start: int
    length: int


def read_other(dissection: Dissection, step: Step) -> Step | None:
    """Append the layers from here on by scapy, up to one that this package reads; returns the step for that."""
    inner = _inner_network(dissection, step)
    captured = step.source.captured_end()
    raw = step.source.data[step.start : min(captured, step.start + _BYTES_READ)]
    if not raw:
        return None
    following: Step | None
    try:
        following = _show(dissection, step, raw, captured if inner is None else inner)
    except Exception as problem:  # noqa: BLE001  a dissector may raise anything at hostile bytes
        is_cut = captured < step.source.end
        text = "Packet size limited during capture" if is_cut else f"Could not be decoded: {type(problem).__name__}"
        dissection.parent.concluded(text, "_ws.malformed")
        following = _rest(step, step.start)
    if inner is not None and (following is None or following.protocol in (Protocol.DATA, Protocol.UDP_DATA)):
        version = step.source.number(inner, 1) >> 4
        return Step(Protocol.IPV6 if version == 6 else Protocol.IPV4, inner, step.source)
    return following


def _inner_network(dissection: Dissection, step: Step) -> int | None:
    """Offset of the IP header that the decoder found for this frame's segment; None unless it lies further in."""
    view = dissection.view
    if dissection.joined is not None:  # the decoder's offset is one in the frame
        return None
    if dissection.quoting or view.kind == RowKind.OTHER or view.network_offset <= step.start:
        return None
    return view.network_offset if view.network_offset < step.source.captured_end() else None


def _show(dissection: Dissection, step: Step, raw: bytes, stop: int) -> Step | None:
    """Append the layers that begin before ``stop``; returns the step behind them."""
    from tcptui.protocols.headers.scapy_loader import dissect, field_lines, is_plain_bytes

    at = step.start
    packet = dissect(step.protocol, step.number, dissection.addresses, raw)
    lines_left = _LINES
    for depth in range(_DEEPEST):
        if packet is None or is_plain_bytes(packet) or at >= stop:
            break
        ours = _OURS.get(type(packet).__name__)
        if ours is not None and depth:
            return Step(ours, at, step.source)
        header = packet.raw_packet_cache
        length = len(header) if header is not None else len(packet.original) - len(packet.payload.original)
        layer = _layer(dissection, _Layer(packet, at, min(length, stop - at)))
        lines_left = field_lines(layer, packet, at, lines_left)
        at += length
        packet = packet.payload or None
    if dissection.protocols[-1:] == ["arp"] and dissection.network_end is None:
        dissection.network_end = at
        return None
    return _rest(step, min(at, stop))


def _rest(step: Step, start: int) -> Step | None:
    """The step for what scapy does not know."""
    protocol = Protocol.UDP_DATA if step.protocol is Protocol.OTHER_UDP else Protocol.DATA
    return data_step(start, step.source, protocol, step.number)


def _layer(dissection: Dissection, found: _Layer) -> Branch:
    kind = type(found.packet).__name__
    known = _WIRESHARK_NAMES.get(kind)
    title, token = known or (str(found.packet.name), kind.lower())
    dissection.protocols.append(token)
    layer = dissection.layer(title, found.start, found.length, token if known else "")
    if kind == "SCTP":
        layer.label += f", Src Port: {found.packet.sport}, Dst Port: {found.packet.dport}"
    return layer
