"""The state that the layers of one packet share while its tree is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.headers.builder import BareBranch, Branch, Joined, Kept
from tcptui.protocols.headers.coloring_rules import ColoringFacts
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from datetime import tzinfo

    from tcptui.model.datagram import Datagram
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.headers.frame_bytes import FrameBytes


class Protocol(Enum):
    """The layers that have a reader; the value is the name in lines about truncated or malformed layers."""

    ETHERNET = "Ethernet"
    VLAN = "VLAN"
    COOKED_V1 = "SLL"
    COOKED_V2 = "SLLv2"
    LOOPBACK = "Null/Loopback"
    RAW_IP = "Raw"
    ARP = "ARP/RARP"
    IPV4 = "IPv4"
    IPV6 = "IPv6"
    TCP = "TCP"
    UDP = "UDP"
    ICMP = "ICMP"
    ICMPV6 = "ICMPv6"
    APPLICATION = "Application"
    """The payload of TCP."""
    DATA = "Data"
    TCP_DATA = "TCP data"
    """The payload of TCP that no reader here took; `Step.number` holds the ports, 16 bits each."""
    UDP_DATA = "UDP data"
    """The same of UDP."""
    OTHER_LINK = "the link layer"
    """A link type that only scapy reads; `Step.number` is the LINKTYPE_ value."""
    OTHER_ETHERTYPE = "Ethertype"
    """An ethertype that only scapy reads; it is `Step.number`."""
    OTHER_LLC = "LLC"
    OTHER_IP = "IP"
    """An IP protocol that only scapy reads; its number is `Step.number`."""
    DNS = "DNS"
    """A message of DNS that is a datagram; `Step.number` as of `UDP_DATA`."""
    OTHER_UDP = "UDP payload"
    """`Step.number` holds source port and destination port, 16 bits each."""


@dataclass(frozen=True, slots=True)
class TreeOptions:
    """How values are formatted, and which lines may be missing."""

    zone: tzinfo | None = None
    """Time zone of the arrival time; None is the system's."""
    vendor_names: bool = True
    """Write ``VMware_c2:89:0b (00:0c:29:c2:89:0b)``, as Wireshark does unless told ``-n``."""
    lines_without_name: bool = True
    """Have the lines of scapy's layers, too, which no field names: filters cannot ask for them."""
    secrets: bool = False
    """Have lines as they were sent, for filters to compare; what is shown has no secret in it."""
    bare: frozenset[str] = frozenset()
    """Layers, of `MAY_BE_BARE`, whose own lines may be missing."""
    kept: Kept | None = None
    """The lines that are kept; None: all are."""
    asked: frozenset[str] | None = None
    """The fields of which lines are asked for: of long lists others may be missing.  None: every line is."""

    def asks(self, *beginnings: str) -> bool:
        """Whether a line is asked for whose field begins so, or notes of experts, which stand in any."""
        return self.asked is None or _any_begins(self.asked, (*beginnings, "_ws"))


@lru_cache(maxsize=256)
def _any_begins(asked: frozenset[str], beginnings: tuple[str, ...]) -> bool:
    return any(name.startswith(beginnings) for name in asked)


#: Layers that nothing is read from the lines of, but what they show.
MAY_BE_BARE: Final = frozenset({"frame", "eth", "tcp"})


class Step(NamedTuple):
    """The layer to read next, and its bytes."""

    protocol: Protocol
    start: int
    source: FrameBytes
    number: int = 0
    """A protocol number, for the members of `Protocol` that say so."""


@dataclass(slots=True)
class Dissection:
    """The tree of one packet under construction."""

    view: PacketView
    options: TreeOptions
    application: ApplicationStream | None
    """The packet's parsed stream, where that is known."""
    root: Branch = field(default_factory=lambda: Branch("", field="root"))
    parent: Branch = field(init=False)
    """The node to which layers are appended: the root, or an ICMP message that quotes them."""
    protocols: list[str] = field(default_factory=list)
    """Wireshark's short names of the protocols read so far, outermost first."""
    coloring: ColoringFacts = field(default_factory=ColoringFacts)
    quoting: bool = False
    """Inside an ICMP error: the headers are a copy of an earlier packet's."""
    extensions: Step | None = None
    """Where the extensions behind that copy begin."""
    addresses: tuple[bytes, bytes] = (b"", b"")
    """Source and destination of the innermost IP header."""
    transport: Branch | None = None
    """The TCP layer, to which lines about parts of longer messages are appended."""
    trailing: Branch | None = None
    """The link layer to which the bytes behind the network layer are appended (padding, trailer)."""
    network_end: int | None = None
    """Offset at which the outermost IP packet ends by its own length."""
    joined: Joined | None = None
    """The datagram, put together from IP fragments, in which steps count offsets; None: in the frame."""
    datagrams: list[Datagram] = field(init=False)
    """The datagrams that the packet completes and that were not entered yet, outermost first."""

    def __post_init__(self) -> None:
        self.parent = self.root
        self.datagrams = list(self.view.datagrams)

    def is_of_columns(self, start: int) -> bool:
        """Whether the IP header at ``start`` is the one that the frame's columns are about."""
        return start == self.view.network_offset and self.joined is None and not self.quoting

    def layer(self, label: str, start: int, length: int, name: str) -> Branch:
        """Append a layer and return it; its range is cut to the captured bytes."""
        held = len(self.view.data) if self.joined is None else len(self.joined.datagram)
        kind = BareBranch if name in self.options.bare else Branch
        layer = kind(label, start, max(0, min(length, held - start)), name)
        self.parent.append(layer)
        return layer

    def malformed(self, title: str) -> None:
        """Append that a layer, called ``title``, ends before what it has to have in it."""
        broken = self.parent.concluded(f"Malformed Packet: {title}", "_ws.malformed")
        text = "Malformed Packet (Exception occurred)"
        broken.expert(ExpertLevel.ERROR, "Malformed", text, "_ws.malformed.expert")


#: Reads one layer, appends its lines, and returns the step for the next layer; None at the end.
Reader = Callable[[Dissection, Step], "Step | None"]

_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_ARP: Final = 0x0806
_VLAN_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100, 0x9200})


def after_ethertype(dissection: Dissection, ethertype: int, start: int, source: FrameBytes) -> Step:
    """The step for the layer that an ethertype announces."""
    dissection.protocols.append("ethertype")
    if ethertype in _VLAN_TAGS:
        return Step(Protocol.VLAN, start, source)
    if ethertype == _IPV4:
        return Step(Protocol.IPV4, start, source)
    if ethertype == _IPV6:
        return Step(Protocol.IPV6, start, source)
    if ethertype == _ARP:
        return Step(Protocol.ARP, start, source)
    return Step(Protocol.OTHER_ETHERTYPE, start, source, ethertype)


_IP_STEPS: Final = {
    1: Protocol.ICMP,
    4: Protocol.IPV4,
    6: Protocol.TCP,
    17: Protocol.UDP,
    41: Protocol.IPV6,
    58: Protocol.ICMPV6,
}


def after_ip(protocol: int, start: int, source: FrameBytes) -> Step:
    """The step for the layer that an IP protocol number announces."""
    return Step(_IP_STEPS.get(protocol, Protocol.OTHER_IP), start, source, protocol)
