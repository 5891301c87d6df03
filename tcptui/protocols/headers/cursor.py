"""What the layers of one packet share while its tree is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.headers.builder import Branch
from tcptui.protocols.headers.coloring_rules import ColoringFacts

if TYPE_CHECKING:
    from datetime import tzinfo

    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.headers.frame_bytes import FrameBytes
    from tcptui.protocols.registry import ApplicationStream


class Protocol(Enum):
    """The layers that have a reader; the value is Wireshark's name where bytes run out."""

    ETHERNET = "Ethernet"
    VLAN = "VLAN"
    COOKED_V1 = "SLL"
    COOKED_V2 = "SLLv2"
    LOOPBACK = "Null/Loopback"
    RAW_IP = "Raw"
    IPV4 = "IPv4"
    IPV6 = "IPv6"
    TCP = "TCP"
    UDP = "UDP"
    ICMP = "ICMP"
    ICMPV6 = "ICMPv6"
    APPLICATION = "Application"
    """What TCP carries."""
    DATA = "Data"
    OTHER_LINK = "the link layer"
    """A link type without a reader of ours; `Step.number` is the LINKTYPE_ value."""
    OTHER_ETHERTYPE = "Ethertype"
    """`Step.number` is the ethertype."""
    OTHER_LLC = "LLC"
    OTHER_IP = "IP"
    """`Step.number` is the IP protocol."""
    OTHER_UDP = "UDP payload"
    """`Step.number` holds source port and destination port, 16 bits each."""


@dataclass(frozen=True, slots=True)
class TreeOptions:
    """How the tree is written, never what it holds."""

    zone: tzinfo | None = None
    """Zone of the arrival time; None is the system's."""
    vendor_names: bool = True
    """Write ``VMware_c2:89:0b (00:0c:29:c2:89:0b)``, as Wireshark does unless told ``-n``."""


class Step(NamedTuple):
    """The layer that comes next, and which bytes it has."""

    protocol: Protocol
    start: int
    source: FrameBytes
    number: int = 0


@dataclass(slots=True)
class Dissection:
    """The tree of one packet under construction."""

    view: PacketView
    options: TreeOptions
    application: ApplicationStream | None
    """What the packet's stream says, where that is known."""
    root: Branch = field(default_factory=lambda: Branch("", field="root"))
    parent: Branch = field(init=False)
    """Where layers are appended: the root, or an ICMP message that quotes them."""
    protocols: list[str] = field(default_factory=list)
    """Wireshark's short names, outermost first."""
    coloring: ColoringFacts = field(default_factory=ColoringFacts)
    quoting: bool = False
    """Inside an ICMP error: the headers are a copy of an earlier packet's."""
    addresses: tuple[bytes, bytes] = (b"", b"")
    """Source and destination of the innermost IP header."""
    transport: Branch | None = None
    """The TCP header: what is said of its payload as part of something longer goes below it."""
    trailing: Branch | None = None
    """The link header that also gets the bytes behind the network layer."""
    network_end: int | None = None
    """Where the outermost IP packet ends by its own length."""

    def __post_init__(self) -> None:
        self.parent = self.root

    def layer(self, label: str, start: int, length: int, name: str) -> Branch:
        """Begin a layer; its range is cut to the captured bytes."""
        kept = max(0, min(length, len(self.view.data) - start))
        return self.parent.add(label, start, kept, name)


#: Reads one layer, appends its lines, and says what comes next.
Reader = Callable[[Dissection, Step], "Step | None"]

_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_VLAN_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100, 0x9200})


def after_ethertype(dissection: Dissection, ethertype: int, start: int, source: FrameBytes) -> Step:
    """The step that an ethertype announces."""
    dissection.protocols.append("ethertype")
    if ethertype in _VLAN_TAGS:
        return Step(Protocol.VLAN, start, source)
    if ethertype == _IPV4:
        return Step(Protocol.IPV4, start, source)
    if ethertype == _IPV6:
        return Step(Protocol.IPV6, start, source)
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
    """The step that an IP protocol number announces."""
    return Step(_IP_STEPS.get(protocol, Protocol.OTHER_IP), start, source, protocol)
