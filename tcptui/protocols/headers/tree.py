"""Builds the header tree of one packet, in Wireshark's terms and depth.

Frame, link, ARP, IP, TCP, UDP and ICMP are read by other modules of this package, the payload of TCP by the protocols
of `tcptui.protocols.registry`, and everything else by scapy, which is asked in its own process.  No bytes can make it
raise: where they end, or are malformed, a line says so and the tree stops.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.application import read_application
from tcptui.protocols.headers.arp import read_arp
from tcptui.protocols.headers.cooked import read_cooked_v1, read_cooked_v2, read_loopback, read_raw_ip
from tcptui.protocols.headers.cursor import Dissection, Protocol, Reader, Step, TreeOptions
from tcptui.protocols.headers.data import read_data
from tcptui.protocols.headers.ethernet import add_trailer, read_ethernet, read_vlan
from tcptui.protocols.headers.frame import comment_layer, frame_layer
from tcptui.protocols.headers.frame_bytes import CutError, FrameBytes, MalformedError
from tcptui.protocols.headers.icmp import read_icmp, read_icmpv6
from tcptui.protocols.headers.icmp_bodies import read_extensions
from tcptui.protocols.headers.ipv4 import read_ipv4
from tcptui.protocols.headers.ipv6 import read_ipv6
from tcptui.protocols.headers.node import Node
from tcptui.protocols.headers.scapy_tree import STARTS, question, read_other
from tcptui.protocols.headers.tcp import add_analysis_only, read_tcp
from tcptui.protocols.headers.udp import read_udp
from tcptui.protocols.headers.without_secrets import tree_without_secrets
from tcptui.protocols.scapy_child.client import Reply, scapy_child
from tcptui.protocols.scapy_child.messages import BATCH_SIZE, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.application import ApplicationStream

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


def _read_dns(dissection: Dissection, step: Step) -> Step | None:
    from tcptui.protocols.dns.tree import read_dns_datagram  # imported late: most captures' trees need none

    return read_dns_datagram(dissection, step)


_READERS: Final[dict[Protocol, Reader]] = {
    Protocol.ETHERNET: read_ethernet,
    Protocol.VLAN: read_vlan,
    Protocol.COOKED_V1: read_cooked_v1,
    Protocol.COOKED_V2: read_cooked_v2,
    Protocol.LOOPBACK: read_loopback,
    Protocol.RAW_IP: read_raw_ip,
    Protocol.ARP: read_arp,
    Protocol.IPV4: read_ipv4,
    Protocol.IPV6: read_ipv6,
    Protocol.TCP: read_tcp,
    Protocol.UDP: read_udp,
    Protocol.DNS: _read_dns,
    Protocol.ICMP: read_icmp,
    Protocol.ICMPV6: read_icmpv6,
    Protocol.APPLICATION: read_application,
    Protocol.DATA: read_data,
    Protocol.TCP_DATA: read_data,
    Protocol.UDP_DATA: read_data,
}

#: Most layers of one packet: limits nested headers such as tags and tunnels.
_DEEPEST: Final = 40
_EMPTY: Final = Node("")
#: Where a TCP header says how long it is, in words of four bytes: the upper four bits (RFC 9293, 3.1).
_DATA_OFFSET: Final = 12


def header_tree(
    packet: PacketView, application: ApplicationStream | None = None, options: TreeOptions | None = None
) -> Node:
    """The layers of ``packet`` as children of one root node.

    ``application``: the packet's parsed stream; without it the payload is parsed as far as this packet alone goes.
    """
    (tree,) = header_trees([(packet, application)], options)
    return tree


def message_tree(packet: PacketView, application: ApplicationStream | None, options: TreeOptions) -> Node:
    """What `header_tree` has of the payload of ``packet``, and nothing of the headers before it.

    For a whole segment behind one IP header that Wireshark takes for no copy, of which the frame has the TCP header.
    """
    dissection = Dissection(packet, options, application)
    dissection.protocols.append("tcp")
    start = packet.transport_offset + (packet.data[packet.transport_offset + _DATA_OFFSET] >> 4) * 4
    source = FrameBytes(packet.data, start + packet.payload_length)
    _read(dissection, Step(Protocol.APPLICATION, start, source), read_application)
    return dissection.root.freeze(len(packet.data), options.kept)


def header_trees(
    packets: Iterable[tuple[PacketView, ApplicationStream | None]], options: TreeOptions | None = None
) -> Iterator[Node]:
    """The `header_tree` of each packet, made some at a time: scapy's process is asked about these together."""
    growing = (_PendingTree(_grow(packet, application, options or TreeOptions())) for packet, application in packets)
    while some := list(islice(growing, BATCH_SIZE)):
        while asking := [each for each in some if each.question is not None]:
            replies = scapy_child.dissect([each.question for each in asking if each.question is not None])
            for each, reply in zip(asking, replies, strict=True):
                each.take(reply)
        yield from (each.tree for each in some)


class _PendingTree:
    """A tree that is complete once no question is left."""

    def __init__(self, growth: Generator[Question, Reply, Node]) -> None:
        self._growth = growth
        self.tree = _EMPTY
        self.question: Question | None = None
        self._go_on(partial(next, growth))

    def take(self, reply: Reply) -> None:
        """Grow by the reply to `question`."""
        self._go_on(partial(self._growth.send, reply))

    def _go_on(self, resume: Callable[[], Question]) -> None:
        try:
            self.question = resume()
        except StopIteration as grown:
            self.tree, self.question = grown.value, None


def _grow(
    packet: PacketView, application: ApplicationStream | None, options: TreeOptions
) -> Generator[Question, Reply, Node]:
    """Asks what scapy is to read; returns the tree."""
    dissection = Dissection(packet, options, application)
    source = FrameBytes(packet.data, max(packet.wire_length, len(packet.data)))
    link = _LINK_LAYERS.get(packet.link_type, Protocol.OTHER_LINK)
    step: Step | None = Step(link, 0, source, packet.link_type)
    for _ in range(_DEEPEST):
        if step is None:
            break
        if step.protocol not in STARTS:
            step = _read(dissection, step, _READERS[step.protocol])
            continue
        asked = question(dissection, step)
        if asked is None:
            break
        reply = yield asked
        step = _read(dissection, step, partial(read_other, reply=reply))
    if dissection.extensions is not None:
        _read(dissection, dissection.extensions, read_extensions)
    if packet.analysis is not None and "tcp" not in dissection.protocols:
        add_analysis_only(dissection, packet.analysis)
    add_trailer(dissection)
    dissection.coloring.protocols |= set(dissection.protocols)
    root = dissection.root
    root.insert_first(frame_layer(packet, dissection.options, dissection.protocols, dissection.coloring))
    if packet.comments:
        root.insert_first(comment_layer(packet.comments))
    tree = root.freeze(len(packet.data), options.kept)
    return tree if options.secrets else tree_without_secrets(tree)


def _read(dissection: Dissection, step: Step, reader: Reader) -> Step | None:
    try:
        return reader(dissection, step)
    except CutError:
        title = step.protocol.value
        dissection.parent.concluded(f"Packet size limited during capture: {title} truncated", "_ws.short")
    except MalformedError:
        if dissection.quoting and reader is not read_extensions:  # who quotes needs not quote all (RFC 792)
            dissection.parent.concluded("The quotation ends here")
            return None
        dissection.malformed(step.protocol.value)
    return None
