"""The IPv6 header and its extension headers (RFC 8200)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.builder import BareBranch, Branch
from tcptui.protocols.headers.cursor import Dissection, Step, after_ip
from tcptui.protocols.headers.data import bit_pattern, bits_label, data_step
from tcptui.protocols.headers.field_names import ip_protocol_name
from tcptui.protocols.headers.fragments import reassembled_payload
from tcptui.protocols.headers.ipv4 import dotted, dscp_and_ecn
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from tcptui.protocols.headers.frame_bytes import FrameBytes

_HEADER: Final = 40
#: Prefix of Teredo addresses, 2001::/32.
_TEREDO: Final = b"\x20\x01\0\0"
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _NONE, _DESTINATION = 0, 43, 44, 51, 59, 60
_OPTION_HEADERS: Final = {
    _HOP_BY_HOP: ("IPv6 Hop-by-Hop Option", "ipv6.hopopts", "hopopts"),
    _DESTINATION: ("Destination Options Header for IPv6", "ipv6.dstopts", "dstopts"),
}
_OPTION_NAMES: Final[dict[int, str]] = {
    0: "Pad1",
    1: "PadN",
    4: "Tunnel Encapsulation Limit",
    5: "Router Alert",
    38: "Quick-Start",
    48: "Path MTU Option",
    49: "IOAM Option",
    99: "RPL Option",
    109: "MPL Option",
    139: "ILNP Nonce",
    194: "Jumbo Payload",
    201: "Home Address",
}
#: What the names of all lines below extension headers begin with.
_EXTENSION_PREFIXES: Final = ("ah.", "ipv6.dstopts", "ipv6.fraghdr", "ipv6.hopopts", "ipv6.opt", "ipv6.routing")
#: Extension headers and options of one packet that have lines where no field is asked for: honest packets have a few,
#: and of one byte each a packet has room for 65,000.
MOST_SHOWN: Final = 500
_ACTIONS: Final = (
    "Skip and continue",
    "Discard",
    "Discard and send ICMP Parameter Problem",
    "Discard and send ICMP if not multicast",
)
_ROUTING_TYPES: Final[dict[int, str]] = {
    0: "Source Route",
    2: "Type 2 Routing",
    3: "RPL Source Route",
    4: "Segment Routing",
    253: "Experiment 1",
    254: "Experiment 2",
}


def written(address: bytes) -> str:
    """An IPv6 address in the text form of RFC 5952."""
    return str(IPv6Address(address))


def read_ipv6(dissection: Dissection, step: Step) -> Step | None:
    """Append the fixed header and the extension headers; returns the step for the protocol behind them."""
    start, source = step.start, step.source
    layer = dissection.layer("Internet Protocol Version 6", start, _HEADER, "ipv6")
    dissection.protocols.append("ipv6")
    word = source.number(start, 4)
    layer.add(bits_label(word >> 24, 0xF0, 8, f"Version: {word >> 28}"), start, 1, "ipv6.version")
    traffic = word >> 20 & 0xFF
    short, dscp, ecn = dscp_and_ecn(traffic)
    label = bits_label(word, 0x0FF0_0000, 32, f"Traffic Class: 0x{traffic:02x} ({short})")
    field = layer.add(label, start, 4, "ipv6.tclass")
    field.add(bits_label(word, 0x0FC0_0000, 32, dscp), start, 4, "ipv6.tclass.dscp")
    field.add(bits_label(word, 0x0030_0000, 32, ecn), start, 4, "ipv6.tclass.ecn")
    # Wireshark draws the flow label's 20 bits behind the last four of the traffic class.
    flow = word & 0xF_FFFF
    layer.add(f"{bit_pattern(flow, 0xF_FFFF, 24)} = Flow Label: 0x{flow:05x}", start + 1, 3, "ipv6.flow")
    payload = source.number(start + 4, 2)
    payload_node = layer.add(f"Payload Length: {payload}", start + 4, 2, "ipv6.plen")
    following = source.number(start + 6, 1)
    layer.add(f"Next Header: {ip_protocol_name(following)} ({following})", start + 6, 1, "ipv6.nxt")
    hop_limit = source.number(start + 7, 1)
    layer.add(f"Hop Limit: {hop_limit}", start + 7, 1, "ipv6.hlim")
    origin, target = source.take(start + 8, 16), source.take(start + 24, 16)
    dissection.addresses = (origin, target)
    layer.label = f"Internet Protocol Version 6, Src: {written(origin)}, Dst: {written(target)}"
    layer.add(f"Source Address: {written(origin)}", start + 8, 16, "ipv6.src")
    layer.add(f"Destination Address: {written(target)}", start + 24, 16, "ipv6.dst")
    _embedded_lines(layer, (("Source", "src", origin), ("Destination", "dst", target)))
    if dissection.is_of_columns(start) and dissection.view.ip_stream >= 0:
        layer.concluded(f"Stream index: {dissection.view.ip_stream}", "ipv6.stream")
    end = start + _HEADER + payload if payload else source.end
    if end > source.end and not dissection.quoting:
        text = f"IPv6 payload length exceeds framing length ({source.end - start - _HEADER} bytes)"
        payload_node.expert(ExpertLevel.WARNING, "Protocol", text, "ipv6.plen_exceeds_framing")
    inner = source.within(end)
    if dissection.network_end is None and not dissection.quoting:
        dissection.network_end = inner.end
    return _extension_headers(dissection, layer, following, start + _HEADER, inner)


def _embedded_lines(layer: Branch, ends: tuple[tuple[str, str, bytes], ...]) -> None:
    """Append what addresses embed: a 6to4 gateway (RFC 3056), Teredo's ends (RFC 4380), a MAC (RFC 4291, A)."""
    for title, word, address in ends:
        if address[:2] == b"\x20\x02":
            layer.concluded(f"{title} 6to4 Gateway IPv4: {dotted(address[2:6])}", f"ipv6.{word}_6to4_gw_ipv4")
            layer.concluded(f"{title} 6to4 SLA ID: {int.from_bytes(address[6:8], 'big')}", f"ipv6.{word}_6to4_sla_id")
        elif address[:4] == _TEREDO:
            hidden = bytes(byte ^ 0xFF for byte in address[10:16])
            layer.concluded(f"{title} Teredo Server IPv4: {dotted(address[4:8])}", f"ipv6.{word}_ts_ipv4")
            layer.concluded(f"{title} Teredo Port: {int.from_bytes(hidden[:2])}", f"ipv6.{word}_tc_port")
            layer.concluded(f"{title} Teredo Client IPv4: {dotted(hidden[2:])}", f"ipv6.{word}_tc_ipv4")
    for title, word, address in ends:
        if address[8] & 0x02 and address[11:13] == b"\xff\xfe":
            card = bytes((address[8] ^ 0x02,)) + address[9:11] + address[13:]
            layer.concluded(f"{title} SLAAC MAC: {card.hex(':')}", f"ipv6.{word}_slaac_mac")


@dataclass(slots=True)
class _Room:
    """For how many extension headers and options there are lines."""

    left: int
    is_asked: bool
    """Whether a line below an extension header is asked for."""
    left_out: int = 0

    @classmethod
    def of(cls, asked: frozenset[str] | None) -> _Room:
        """Where the fields ``asked`` are asked for: all of these; None: lines are shown."""
        if asked is None:
            return cls(MOST_SHOWN, is_asked=True)
        return cls(sys.maxsize, is_asked=any(name.startswith(_EXTENSION_PREFIXES) for name in asked))

    def take(self) -> bool:
        """Whether there is room for one more."""
        if self.left:
            self.left -= 1
            return True
        self.left_out += 1
        return False

    def header(self, layer: Branch, label: str, at: int, length: int, name: str) -> Branch:
        """Append an extension header to ``layer``, if there is room, and return it."""
        if not self.take():
            return BareBranch(label, at, length, name)
        node = (Branch if self.is_asked else BareBranch)(label, at, length, name)
        layer.append(node)
        return node


def _extension_headers(
    dissection: Dissection, layer: Branch, following: int, at: int, source: FrameBytes
) -> Step | None:
    room = _Room.of(dissection.options.asked)
    try:
        return _read_extension_headers(dissection, layer, following, at, source, room)
    finally:  # they may end amid one
        if room.left_out:
            layer.concluded(f"Not shown: {room.left_out} more extension headers and options")


def _read_extension_headers(
    dissection: Dissection, layer: Branch, following: int, at: int, source: FrameBytes, room: _Room
) -> Step | None:
    while True:
        if following in _OPTION_HEADERS:
            title, name, token = _OPTION_HEADERS[following]
            dissection.protocols.append(f"ipv6.{token}")
            node, length, following = _extension(layer, title, name, at, source, room)
            _options(node, at + 2, source.within(at + length), room)
        elif following == _ROUTING:
            dissection.protocols.append("ipv6.routing")
            node, length, following = _extension(layer, "Routing Header for IPv6", "ipv6.routing", at, source, room)
            _routing(node, at, length, source)
        elif following == _FRAGMENT:
            dissection.protocols.append("ipv6.fraghdr")
            following, piece, offset = _fragment(layer, at, source, room)
            length = 8
            if piece:
                whole = reassembled_payload(dissection, layer, at + length, source, offset)
                if whole is None:
                    return data_step(at + length, source)
                source, at, length = whole, 0, 0
                layer.within = dissection.joined
        elif following == _AUTHENTICATION:
            dissection.protocols.append("ah")
            length, following = _authentication(layer, at, source, room)
        else:
            break
        at += length
    if following == _NONE:
        return data_step(at, source)
    return after_ip(following, at, source)


def _extension(
    layer: Branch, title: str, name: str, at: int, source: FrameBytes, room: _Room
) -> tuple[Branch, int, int]:
    """Append the two first fields that most extension headers share; returns node, length, and next header."""
    node = room.header(layer, title, at, 2, name)
    following = source.number(at, 1)
    node.add(f"Next Header: {ip_protocol_name(following)} ({following})", at, 1, f"{name}.nxt")
    units = source.number(at + 1, 1)
    length = 8 * (units + 1)
    node.length = max(0, min(length, source.captured_end() - at))
    node.add(f"Length: {units}", at + 1, 1, f"{name}.len")
    node.concluded(f"Length: {length} bytes", f"{name}.len_oct")
    return node, length, following


def _options(node: Branch, at: int, source: FrameBytes, room: _Room) -> None:
    while at < source.end:
        kind = source.number(at, 1)
        if not room.take() or node.is_bare:
            at += 1 if kind == 0 else 2 + len(source.take(at + 2, source.number(at + 1, 1)))
            continue
        name = _OPTION_NAMES.get(kind, f"Unknown (0x{kind:02x})")
        option = node.add(name, at, 1, "ipv6.opt")
        _option_type(option.add(f"Type: {name} (0x{kind:02x})", at, 1, "ipv6.opt.type"), kind, at)
        if kind == 0:
            at += 1
            continue
        length = source.number(at + 1, 1)
        option.add(f"Length: {length}", at + 1, 1, "ipv6.opt.length")
        body = source.take(at + 2, length)
        option.length = 2 + length
        if kind == 1:
            option.add(f"PadN: {body.hex()}", at + 2, length, "ipv6.opt.padn")
        elif kind == 5 and length == 2:
            value = int.from_bytes(body, "big")
            names = {0: "MLD", 1: "RSVP", 2: "Active Network"}
            option.add(f"Router Alert: {names.get(value, 'Unknown')} ({value})", at + 2, 2, "ipv6.opt.router_alert")
        elif kind == 194 and length == 4:
            value = int.from_bytes(body, "big")
            option.add(f"Payload Length: {value}", at + 2, 4, "ipv6.opt.jumbo")
        elif body:
            option.add(f"Unknown Data (not interpreted): {body.hex()}", at + 2, length, "ipv6.opt.unknown")
        at += 2 + length


def _option_type(line: Branch, kind: int, at: int) -> None:
    """Append what the bits of an option's type say (RFC 8200, 4.2)."""
    action = kind >> 6
    text = bits_label(kind, 0xC0, 8, f"Action: {_ACTIONS[action]} ({action})")
    line.add(text, at, 1, "ipv6.opt.type.action")
    change = "Yes" if kind & 0x20 else "No"
    line.add(bits_label(kind, 0x20, 8, f"May Change: {change}"), at, 1, "ipv6.opt.type.change")
    rest = bits_label(kind, 0x1F, 8, f"Low-Order Bits: 0x{kind & 0x1F:02x}")
    line.add(rest, at, 1, "ipv6.opt.type.rest")


def _routing(node: Branch, at: int, length: int, source: FrameBytes) -> None:
    kind = source.number(at + 2, 1)
    name = _ROUTING_TYPES.get(kind, "Unknown")
    node.label += f" ({name})"
    node.add(f"Type: {name} ({kind})", at + 2, 1, "ipv6.routing.type")
    left = source.number(at + 3, 1)
    node.add(f"Segments Left: {left}", at + 3, 1, "ipv6.routing.segleft")
    if kind in (0, 2):
        reserved = source.take(at + 4, 4)
        node.add(f"Reserved: {reserved.hex()}", at + 4, 4, "ipv6.routing.src.reserved")
        for index, place in enumerate(range(at + 8, at + length - 15, 16), 1):
            text = f"Address[{index}]: {written(source.take(place, 16))}"
            node.add(text, place, 16, "ipv6.routing.src.addr")
    elif length > 4:
        rest = source.take(at + 4, length - 4)
        node.add(f"Type-Specific Data: {rest.hex()}", at + 4, length - 4, "ipv6.routing.unknown_data")


def _fragment(layer: Branch, at: int, source: FrameBytes, room: _Room) -> tuple[int, bool, int]:
    """Append the fragment header; returns next header, whether this is a real fragment (no atomic one), offset."""
    node = room.header(layer, "Fragment Header for IPv6", at, 8, "ipv6.fraghdr")
    following = source.number(at, 1)
    node.add(f"Next header: {ip_protocol_name(following)} ({following})", at, 1, "ipv6.fraghdr.nxt")
    node.add(f"Reserved octet: 0x{source.number(at + 1, 1):02x}", at + 1, 1, "ipv6.fraghdr.reserved_octet")
    word = source.number(at + 2, 2)
    offset = word >> 3
    text = f"Offset: {offset} ({offset * 8} bytes)"
    node.add(bits_label(word, 0xFFF8, 16, text), at + 2, 2, "ipv6.fraghdr.offset")
    node.add(bits_label(word, 0x0006, 16, f"Reserved bits: {word >> 1 & 3}"), at + 2, 2, "ipv6.fraghdr.reserved_bits")
    more = "Yes" if word & 1 else "No"
    node.add(bits_label(word, 0x0001, 16, f"More Fragments: {more}"), at + 2, 2, "ipv6.fraghdr.more")
    node.add(f"Identification: 0x{source.number(at + 4, 4):08x}", at + 4, 4, "ipv6.fraghdr.ident")
    return following, bool(word & 0xFFF9), offset * 8


def _authentication(layer: Branch, at: int, source: FrameBytes, room: _Room) -> tuple[int, int]:
    """Append the authentication header (RFC 4302); returns its length in bytes and the next header."""
    node = room.header(layer, "Authentication Header", at, 2, "ah")
    following = source.number(at, 1)
    node.add(f"Next Header: {ip_protocol_name(following)} ({following})", at, 1, "ah.next_header")
    units = source.number(at + 1, 1)
    length = 4 * (units + 2)
    node.length = max(0, min(length, source.captured_end() - at))
    node.add(f"Length: {units} ({length} bytes)", at + 1, 1, "ah.length")
    node.add(f"Reserved: {source.take(at + 2, 2).hex()}", at + 2, 2, "ah.reserved")
    node.add(f"AH SPI: 0x{source.number(at + 4, 4):08x}", at + 4, 4, "ah.spi")
    node.add(f"AH Sequence: {source.number(at + 8, 4)}", at + 8, 4, "ah.sequence")
    if length > 12:
        node.add(f"AH ICV: {source.take(at + 12, length - 12).hex()}", at + 12, length - 12, "ah.icv")
    return length, following
