"""The headers in some bytes, by scapy; imported by scapy's process alone."""

from __future__ import annotations

from typing import Any, Final

from tcptui.protocols.scapy_child.messages import LABEL_LIMIT, LINES, Answer, Layer, Line, Next, Question, Start
from tcptui.protocols.scapy_child.scapy_loader import scapy_packet

_DEEPEST: Final = 24
_NESTED: Final = 6
_VALUE_LIMIT: Final = 120

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
#: Beginnings of the names of scapy's classes for the kinds, and for parts, of a protocol, and its short name.
_FAMILIES: Final = (
    ("DHCP6", "dhcpv6"), ("GRE_PPTP", "gre"), ("GTP", "gtp"), ("HDLC", "ppp"), ("IGMP", "igmp"), ("NBNS", "nbns"),
    ("NBTDatagram", "nbdgm"), ("PPP_LCP", "lcp"),
)  # fmt: skip
#: scapy classes inside a tunnel at which the program's own readers take over again.
_OURS: Final[dict[str, Next]] = {
    "Ether": Next.ETHERNET,
    "Dot1Q": Next.VLAN,
    "IP": Next.IPV4,
    "IPv6": Next.IPV6,
}


def answer(question: Question) -> Answer:
    """The headers that ``question`` asks for; one that cannot be read ends them, and is named.

    An exception that is no `Exception`, such as `limits.TooLongError`, is treated alike: what ends the answer must not
    end the process.
    """
    layers: list[Layer] = []
    try:
        following, at = _show(question, layers)
    except BaseException as problem:  # noqa: BLE001  a dissector may raise anything at hostile bytes
        return Answer(tuple(layers), Next.DATA, 0, type(problem).__name__[:LABEL_LIMIT])
    return Answer(tuple(layers), following, at)


def _show(question: Question, layers: list[Layer]) -> tuple[Next, int]:
    """Append the headers that begin before the question's end; returns what is behind them, and where."""
    at = 0
    packet = _dissected(question)
    lines_left = LINES
    for depth in range(_DEEPEST):
        if packet is None or _is_plain_bytes(packet) or at >= question.stop:
            break
        ours = _OURS.get(type(packet).__name__)
        if ours is not None and depth:
            return ours, at
        header = packet.raw_packet_cache
        length = len(header) if header is not None else len(packet.original) - len(packet.payload.original)
        lines = _Lines(at, lines_left)  # not wanted, they are read all the same: the answer shall be the same
        try:
            lines.add_fields(packet)
        finally:  # the lines that were read are kept
            shown = lines.freeze() if question.wants_lines else ()
            layers.append(_layer(packet, at, max(0, min(length, question.stop - at)), shown))
        lines_left = lines.left
        at += length
        packet = packet.payload or None
    return Next.DATA, min(at, question.stop)


def _layer(packet: Any, start: int, length: int, lines: tuple[Line, ...]) -> Layer:
    kind = type(packet).__name__
    known = _WIRESHARK_NAMES.get(kind)
    family = next((token for beginning, token in _FAMILIES if kind.startswith(beginning)), "")
    title, token = known or (str(packet.name), family or kind.lower())
    if kind == "SCTP":
        title += f", Src Port: {packet.sport}, Dst Port: {packet.dport}"
    return Layer(title[:LABEL_LIMIT], token[:LABEL_LIMIT], bool(known or family), start, length, lines)


def _first_class(question: Question) -> Any:
    """scapy's class for the header that the bytes begin with."""
    packet = scapy_packet()
    from scapy.layers import inet, l2

    raw, number = question.raw, question.number
    match question.start:
        case Start.LLC:
            return l2.LLC
        case Start.ETHERTYPE:
            return l2.Ether(type=number).guess_payload_class(raw)
        case Start.IP if len(question.addresses[0]) == 16:
            from scapy.layers.inet6 import IPv6

            return IPv6(nh=number).guess_payload_class(raw)
        case Start.IP:
            return inet.IP(proto=number, frag=0).guess_payload_class(raw)
        case Start.UDP:
            return inet.UDP(sport=number >> 16, dport=number & 0xFFFF).guess_payload_class(raw)
        case Start.LINK:
            from scapy.config import conf

            return conf.l2types.num2layer.get(number, packet.Raw)


def _dissected(question: Question) -> Any:
    """The bytes as a scapy packet; None when scapy does not know the protocol.

    Raises whatever scapy's dissectors raise.
    """
    kind = _first_class(question)
    packet = scapy_packet()
    if kind is None or (isinstance(kind, type) and issubclass(kind, packet.Raw)):
        return None
    return kind(question.raw)  # some protocols name a function that picks the class by the bytes


def _is_plain_bytes(packet: Any) -> bool:
    """Whether ``packet`` is undissected bytes, padding, or nothing."""
    module = scapy_packet()
    return isinstance(packet, (module.Raw, module.Padding, module.NoPayload))


class _Lines:
    """The lines below one header, whose bytes begin at ``start``; ``left``: how many more there may be."""

    def __init__(self, start: int, left: int) -> None:
        self._start = start
        self.left = left
        self._lines: list[tuple[int, int, int, str]] = []

    def freeze(self) -> tuple[Line, ...]:
        """All lines."""
        return tuple(Line(depth, max(start, 0), length, label) for depth, start, length, label in self._lines)

    def add_fields(self, packet: Any) -> None:
        """Append a line for each field of ``packet``.

        The fields are parsed a second time, because scapy does not keep their offsets.
        """
        rest: Any = packet.original
        total = len(packet.original)
        for field in packet.fields_desc:
            if self.left <= 0:
                self._add(1, 0, -1, "[more fields]")
                break
            if field.name not in packet.fields:
                continue
            before = total - _bytes_left(rest)
            rest, _ = field.getfield(packet, rest)
            after = total - _bytes_left(rest) + (1 if isinstance(rest, tuple) else 0)
            if after == before and not isinstance(rest, tuple):
                continue
            self.left -= 1
            value = packet.getfieldval(field.name)
            self._add_value(1, self._start + before, max(after - before, 1), packet, field, value)

    def _add(self, depth: int, start: int, length: int, label: str) -> int:
        """Append a line; returns its place."""
        self._lines.append((depth, start, length, label[:LABEL_LIMIT]))
        return len(self._lines) - 1

    def _add_value(self, depth: int, start: int, length: int, packet: Any, field: Any, value: Any) -> None:
        """Append the field's name with its value, or with the packets that the field holds below it."""
        base = scapy_packet().Packet
        place = self._add(depth, start, length, str(field.name))
        items = value if isinstance(value, list) else [value]
        if not any(isinstance(item, base) for item in items) or depth > 2 * _NESTED:
            text = str(field.i2repr(packet, value))
            text = f"{field.name}: {text if len(text) <= _VALUE_LIMIT else text[:_VALUE_LIMIT] + '…'}"
            self._lines[place] = (depth, start, length, text[:LABEL_LIMIT])
            return
        for item in items:
            if not isinstance(item, base) or self.left <= 0:
                continue
            self.left -= 1
            self._add(depth + 1, start, length, str(item.name))
            for inner in item.fields_desc:
                if inner.name not in item.fields or self.left <= 0:
                    continue
                self.left -= 1
                self._add_value(depth + 2, start, length, item, inner, item.getfieldval(inner.name))


def _bytes_left(rest: Any) -> int:
    """The number of bytes left to parse; inside a byte, scapy passes them in a tuple with a bit count."""
    return len(rest[0]) if isinstance(rest, tuple) else len(rest)
