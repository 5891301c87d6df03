"""Builds the header tree of one packet, in Wireshark's terms and depth.

Frame, link, IP, TCP, UDP and ICMP are read by other modules of this package, the payload of TCP by the protocols of
`tcptui.protocols.registry`, and everything else by scapy, imported when such a packet is first shown.  No bytes can
make it raise: where they end, or are malformed, a line says so and the tree stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.application import read_application
from tcptui.protocols.headers.cooked import read_cooked_v1, read_cooked_v2, read_loopback, read_raw_ip
from tcptui.protocols.headers.cursor import Dissection, Protocol, Reader, Step, TreeOptions
from tcptui.protocols.headers.data import read_data
from tcptui.protocols.headers.ethernet import add_trailer, read_ethernet, read_vlan
from tcptui.protocols.headers.frame import comment_layer, frame_layer
from tcptui.protocols.headers.frame_bytes import CutError, FrameBytes, MalformedError
from tcptui.protocols.headers.icmp import read_icmp, read_icmpv6
from tcptui.protocols.headers.ipv4 import read_ipv4
from tcptui.protocols.headers.ipv6 import read_ipv6
from tcptui.protocols.headers.mac_vendors import load_vendors
from tcptui.protocols.headers.node import ExpertLevel, Node
from tcptui.protocols.headers.scapy_tree import read_other
from tcptui.protocols.headers.tcp import add_analysis_only, read_tcp
from tcptui.protocols.headers.udp import read_udp

if TYPE_CHECKING:
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.registry import ApplicationStream

#: From LINKTYPE_ values (tcpdump.org/linktypes) to the layer that begins the frame.
_LINK_LAYERS: Final = {
    0: Protocol.LOOPBACK,
    1: Protocol.ETHERNET,
    12: Protocol.RAW_IP,
    14: Protocol.RAW_IP,
    101: Protocol.RAW_IP,
    108: Protocol.LOOPBACK,
    113: Protocol.COOKED_V1,
    228: Protocol.IPV4,
    229: Protocol.IPV6,
    276: Protocol.COOKED_V2,
}

_READERS: Final[dict[Protocol, Reader]] = {
    Protocol.ETHERNET: read_ethernet,
    Protocol.VLAN: read_vlan,
    Protocol.COOKED_V1: read_cooked_v1,
    Protocol.COOKED_V2: read_cooked_v2,
    Protocol.LOOPBACK: read_loopback,
    Protocol.RAW_IP: read_raw_ip,
    Protocol.IPV4: read_ipv4,
    Protocol.IPV6: read_ipv6,
    Protocol.TCP: read_tcp,
    Protocol.UDP: read_udp,
    Protocol.ICMP: read_icmp,
    Protocol.ICMPV6: read_icmpv6,
    Protocol.APPLICATION: read_application,
    Protocol.DATA: read_data,
    Protocol.TCP_DATA: read_data,
    Protocol.UDP_DATA: read_data,
    Protocol.OTHER_LINK: read_other,
    Protocol.OTHER_ETHERTYPE: read_other,
    Protocol.OTHER_LLC: read_other,
    Protocol.OTHER_IP: read_other,
    Protocol.OTHER_UDP: read_other,
}

#: Most layers of one packet: limits nested headers such as tags and tunnels.
_DEEPEST: Final = 40


def warm_up() -> None:
    """Import what the first tree would wait for (0.7 s); for a background thread, or before privileges are dropped."""
    from tcptui.protocols.headers.scapy_loader import load_scapy

    load_vendors()
    load_scapy()


def header_tree(
    packet: PacketView, application: ApplicationStream | None = None, options: TreeOptions | None = None
) -> Node:
    """The layers of ``packet`` as children of one root node.

    ``application``: the packet's parsed stream; without it the payload is parsed as far as this packet alone goes.
    """
    dissection = Dissection(packet, options or TreeOptions(), application)
    source = FrameBytes(packet.data, max(packet.wire_length, len(packet.data)))
    link = _LINK_LAYERS.get(packet.link_type, Protocol.OTHER_LINK)
    step: Step | None = Step(link, 0, source, packet.link_type)
    for _ in range(_DEEPEST):
        if step is None:
            break
        step = _read(dissection, step)
    if packet.analysis is not None and "tcp" not in dissection.protocols:
        add_analysis_only(dissection, packet.analysis)
    add_trailer(dissection)
    dissection.coloring.protocols |= set(dissection.protocols)
    root = dissection.root
    root.insert_first(frame_layer(packet, dissection.options, dissection.protocols, dissection.coloring))
    if packet.comments:
        root.insert_first(comment_layer(packet.comments))
    return root.freeze(len(packet.data))


def _read(dissection: Dissection, step: Step) -> Step | None:
    try:
        return _READERS[step.protocol](dissection, step)
    except CutError:
        title = step.protocol.value
        dissection.parent.concluded(f"Packet size limited during capture: {title} truncated", "_ws.short")
    except MalformedError:
        title = step.protocol.value
        broken = dissection.parent.concluded(f"Malformed Packet: {title}", "_ws.malformed")
        text = "Malformed Packet (Exception occurred)"
        broken.expert(ExpertLevel.ERROR, "Malformed", text, "_ws.malformed.expert")
    return None
