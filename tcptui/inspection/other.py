"""Every protocol that we do not analyse ourselves, shown by scapy.

scapy is imported when such a packet is first on screen, never on the way of all packets.
Its dissectors were not made for hostile bytes: whatever they do, the tree says so in a
line and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tcptui.inspection.data import data_step
from tcptui.inspection.dissection import Dissection, Protocol, Step
from tcptui.model.packet_store import RowKind

if TYPE_CHECKING:
    from tcptui.inspection.branch import Branch

#: scapy reads no more than this of one packet.
_BYTES_READ: Final = 4_096
#: Lines that one packet's scapy layers may have in all.
_LINES: Final = 400
_DEEPEST: Final = 24

#: scapy's class to Wireshark's title and short name.
_WIRESHARK_NAMES: Final[dict[str, tuple[str, str]]] = {
    "ARP": ("Address Resolution Protocol", "arp"),
    "BOOTP": ("Dynamic Host Configuration Protocol", "dhcp"),
    "CHDLC": ("Cisco HDLC", "chdlc"),
    "DNS": ("Domain Name System", "dns"),
    "ESP": ("Encapsulating Security Payload", "esp"),
    "GENEVE": ("Generic Network Virtualization Encapsulation", "geneve"),
    "GRE": ("Generic Routing Encapsulation", "gre"),
    "IGMP": ("Internet Group Management Protocol", "igmp"),
    "LLC": ("Logical-Link Control", "llc"),
    "MPLS": ("MultiProtocol Label Switching Header", "mpls"),
    "NTPHeader": ("Network Time Protocol", "ntp"),
    "PPP": ("Point-to-Point Protocol", "ppp"),
    "PPPoE": ("PPP-over-Ethernet Session", "pppoes"),
    "SCTP": ("Stream Control Transmission Protocol", "sctp"),
    "SNMP": ("Simple Network Management Protocol", "snmp"),
    "STP": ("Spanning Tree Protocol", "stp"),
    "UDP": ("User Datagram Protocol", "udp"),
    "VXLAN": ("Virtual eXtensible Local Area Network", "vxlan"),
}


class _Layer(NamedTuple):
    """One scapy layer and where its header stands in the frame."""

    packet: Any
    start: int
    length: int


def read_other(dissection: Dissection, step: Step) -> Step | None:
    """Everything from here on by scapy, or up to the IP header that the engine found inside."""
    inner = _inner_network(dissection, step)
    captured = step.source.captured_end()
    raw = step.source.data[step.start : min(captured, step.start + _BYTES_READ)]
    if not raw:
        return None
    try:
        shown = _show(dissection, step, raw, captured if inner is None else inner)
    except Exception as problem:  # noqa: BLE001  a dissector may raise anything at hostile bytes
        text = f"Could not be decoded: {type(problem).__name__}"
        dissection.parent.concluded(text, "_ws.malformed")
        shown = step.start
    if inner is not None:
        version = step.source.number(inner, 1) >> 4
        return Step(Protocol.IPV6 if version == 6 else Protocol.IPV4, inner, step.source)
    return data_step(shown, step.source)


def _inner_network(dissection: Dissection, step: Step) -> int | None:
    """Where the engine found the IP header of the segment that this frame carries."""
    view = dissection.view
    if dissection.quoting or view.kind == RowKind.OTHER or view.network_offset <= step.start:
        return None
    return view.network_offset if view.network_offset < step.source.captured_end() else None


def _show(dissection: Dissection, step: Step, raw: bytes, stop: int) -> int:
    """Append the layers that begin before ``stop``; returns where the last of them ends."""
    from tcptui.inspection.scapy_access import dissect, field_lines, is_plain_bytes

    end = step.start
    packet = dissect(step.protocol, step.number, dissection.addresses, raw)
    lines_left = _LINES
    for _ in range(_DEEPEST):
        if packet is None or is_plain_bytes(packet):
            break
        header = packet.raw_packet_cache
        length = len(header) if header is not None else len(packet.original) - len(packet.payload.original)
        if end >= stop:
            break
        layer = _layer(dissection, _Layer(packet, end, min(length, stop - end)))
        lines_left = field_lines(layer, packet, end, lines_left)
        end += length
        packet = packet.payload or None
    return min(end, stop)


def _layer(dissection: Dissection, found: _Layer) -> Branch:
    kind = type(found.packet).__name__
    title, token = _WIRESHARK_NAMES.get(kind, (str(found.packet.name), kind.lower()))
    dissection.protocols.append(token)
    layer = dissection.layer(title, found.start, found.length, token)
    if kind in ("UDP", "SCTP"):
        layer.label += f", Src Port: {found.packet.sport}, Dst Port: {found.packet.dport}"
    return layer
