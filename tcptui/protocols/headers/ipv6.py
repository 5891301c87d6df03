"""The IPv6 header and its extension headers (RFC 8200)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from tcptui.dfilter.names import value_text
from tcptui.protocols.headers.builder import BareBranch, Branch
from tcptui.protocols.headers.cursor import Dissection, Step, after_ip
from tcptui.protocols.headers.data import data_step
from tcptui.protocols.headers.field_line import written
from tcptui.protocols.headers.fragments import reassembled_payload
from tcptui.protocols.headers.header import Header
from tcptui.protocols.headers.ipv4 import classes_note
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
#: What the names of all lines below extension headers begin with.
_EXTENSION_PREFIXES: Final = ("ah.", "ipv6.dstopts", "ipv6.fraghdr", "ipv6.hopopts", "ipv6.opt", "ipv6.routing")
#: Extension headers and options of one packet that have lines where no field is asked for: honest packets have a few,
#: and of one byte each a packet has room for 65,000.
MOST_SHOWN: Final = 500


def read_ipv6(dissection: Dissection, step: Step) -> Step | None:
    """Append the fixed header and the extension headers; returns the step for the protocol behind them."""
    start, source = step.start, step.source
    layer = dissection.layer("Internet Protocol Version 6", start, _HEADER, "ipv6")
    dissection.protocols.append("ipv6")
    source.take(start, 4)
    header = Header(layer, source, start)
    header.field("ipv6.version")
    traffic = header.field("ipv6.tclass")
    traffic.note = classes_note(cast("int", traffic.value))
    header.field("ipv6.tclass.dscp", below=traffic)
    header.field("ipv6.tclass.ecn", below=traffic)
    header.field("ipv6.flow")
    payload_node = header.field("ipv6.plen")
    payload = cast("int", payload_node.value)
    following = header.number("ipv6.nxt")
    header.field("ipv6.hlim")
    origin, target = dissection.addresses = source.take(start + 8, 16), source.take(start + 24, 16)
    layer.label = f"Internet Protocol Version 6, Src: {written(origin)}, Dst: {written(target)}"
    header.field("ipv6.src")
    header.field("ipv6.dst")
    _embedded_lines(layer, (("src", origin), ("dst", target)))
    if dissection.is_of_columns(start) and dissection.view.ip_stream >= 0:
        layer.put("ipv6.stream", dissection.view.ip_stream)
    end = start + _HEADER + payload if payload else source.end
    if end > source.end and not dissection.quoting:
        text = f"IPv6 payload length exceeds framing length ({source.end - start - _HEADER} bytes)"
        payload_node.expert(ExpertLevel.WARNING, "Protocol", text, "ipv6.plen_exceeds_framing")
    inner = source.within(end)
    if dissection.network_end is None and not dissection.quoting:
        dissection.network_end = inner.end
    return _extension_headers(dissection, layer, following, start + _HEADER, inner)


def _embedded_lines(layer: Branch, ends: tuple[tuple[str, bytes], ...]) -> None:
    """Append what addresses embed: a 6to4 gateway (RFC 3056), Teredo's ends (RFC 4380), a MAC (RFC 4291, A)."""
    for end, address in ends:
        if address[:2] == b"\x20\x02":
            layer.put(f"ipv6.{end}_6to4_gw_ipv4", address[2:6])
            layer.put(f"ipv6.{end}_6to4_sla_id", int.from_bytes(address[6:8]))
        elif address[:4] == _TEREDO:
            hidden = bytes(byte ^ 0xFF for byte in address[10:16])
            layer.put(f"ipv6.{end}_ts_ipv4", address[4:8])
            layer.put(f"ipv6.{end}_tc_port", int.from_bytes(hidden[:2]))
            layer.put(f"ipv6.{end}_tc_ipv4", hidden[2:])
    for end, address in ends:
        if address[8] & 0x02 and address[11:13] == b"\xff\xfe":
            layer.put(f"ipv6.{end}_slaac_mac", bytes((address[8] ^ 0x02,)) + address[9:11] + address[13:])


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
    header = Header(node, source, at)
    following, units = header.number(f"{name}.nxt", at), source.number(at + 1, 1)
    length = 8 * (units + 1)
    node.length = max(0, min(length, source.captured_end() - at))
    header.field(f"{name}.len", at + 1)
    node.put(f"{name}.len_oct", length, note=" bytes")
    return node, length, following


def _options(node: Branch, at: int, source: FrameBytes, room: _Room) -> None:
    while at < source.end:
        kind = source.number(at, 1)
        if not room.take() or node.is_bare:
            at += 1 if kind == 0 else 2 + len(source.take(at + 2, source.number(at + 1, 1)))
            continue
        name = value_text("ipv6.opt.type", kind) or f"Unknown (0x{kind:02x})"
        option = Header(node.add(name, at, 1, "ipv6.opt"), source, at)
        line = option.field("ipv6.opt.type", at, text=f"{name} (0x{kind:02x})")
        for part in ("action", "change", "rest"):  # RFC 8200, 4.2
            option.field(f"ipv6.opt.type.{part}", at, below=line)
        if kind == 0:
            at += 1
            continue
        length = option.number("ipv6.opt.length", at + 1)
        body = source.take(at + 2, length)
        option.node.length = 2 + length
        if kind == 1:
            option.field("ipv6.opt.padn", at + 2, length)
        elif kind == 5 and length == 2:
            option.field("ipv6.opt.router_alert", at + 2)
        elif kind == 194 and length == 4:
            option.field("ipv6.opt.jumbo", at + 2)
        elif body:
            option.field("ipv6.opt.unknown", at + 2, length)
        at += 2 + length


def _routing(node: Branch, at: int, length: int, source: FrameBytes) -> None:
    header = Header(node, source, at)
    kind = source.number(at + 2, 1)
    node.label += f" ({value_text('ipv6.routing.type', kind) or 'Unknown'})"
    header.field("ipv6.routing.type", at + 2)
    header.field("ipv6.routing.segleft", at + 3)
    if kind in (0, 2):
        header.field("ipv6.routing.src.reserved", at + 4, 4)
        for index, place in enumerate(range(at + 8, at + length - 15, 16), 1):
            header.field("ipv6.routing.src.addr", place).title = f"Address[{index}]"
    elif length > 4:
        header.field("ipv6.routing.unknown_data", at + 4, length - 4)


def _fragment(layer: Branch, at: int, source: FrameBytes, room: _Room) -> tuple[int, bool, int]:
    """Append the fragment header; returns next header, whether this is a real fragment (no atomic one), offset."""
    header = Header(room.header(layer, "Fragment Header for IPv6", at, 8, "ipv6.fraghdr"), source, at)
    following = header.number("ipv6.fraghdr.nxt", at)
    header.field("ipv6.fraghdr.reserved_octet", at + 1)
    line = header.field("ipv6.fraghdr.offset", at + 2)
    offset = 8 * cast("int", line.value)
    line.note = f" ({offset} bytes)"
    header.field("ipv6.fraghdr.reserved_bits", at + 2)
    header.field("ipv6.fraghdr.more", at + 2, 2)
    header.field("ipv6.fraghdr.ident", at + 4)
    return following, bool(source.number(at + 2, 2) & 0xFFF9), offset


def _authentication(layer: Branch, at: int, source: FrameBytes, room: _Room) -> tuple[int, int]:
    """Append the authentication header (RFC 4302); returns its length in bytes and the next header."""
    node = room.header(layer, "Authentication Header", at, 2, "ah")
    header = Header(node, source, at)
    following, units = header.number("ah.next_header", at), source.number(at + 1, 1)
    length = 4 * (units + 2)
    node.length = max(0, min(length, source.captured_end() - at))
    header.field("ah.length", at + 1, note=f" ({length} bytes)")
    header.field("ah.reserved", at + 2, 2)
    header.field("ah.spi", at + 4)
    header.field("ah.sequence", at + 8)
    if length > 12:
        header.field("ah.icv", at + 12, length - 12)
    return length, following
