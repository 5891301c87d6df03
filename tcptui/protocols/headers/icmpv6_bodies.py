"""What ICMPv6 messages say that are no errors: neighbor discovery and multicast listeners.

RFC 3810, 4191, 4861, 8106.
"""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

#: Bytes of an address.
_ADDRESS: Final = 16
#: Options count their length in units of so many bytes.
_UNIT: Final = 8
_PREFERENCES: Final = ("Medium", "High", "Reserved", "Low")
_RECORDS: Final[dict[int, str]] = {
    1: "Include", 2: "Exclude", 3: "Changed to include", 4: "Changed to exclude", 5: "Allow new sources",
    6: "Block old sources",
}  # fmt: skip
_OPTIONS: Final[dict[int, str]] = {
    1: "Source link-layer address", 2: "Target link-layer address", 3: "Prefix information", 4: "Redirected header",
    5: "MTU", 14: "Nonce", 24: "Route Information", 25: "Recursive DNS Server", 31: "DNS Search List Option",
}  # fmt: skip


def _address(source: FrameBytes, at: int) -> str:
    return str(IPv6Address(source.take(at, _ADDRESS)))


def _switch(word: int, mask: int, width: int, title: str) -> str:
    return bits_label(word, mask, width, f"{title}: {'Set' if word & mask else 'Not set'}")


def router_solicitation(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the body of type 133."""
    _reserved(layer, start, source, 4)
    _options(layer, start + 8, source)


def router_advertisement(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the body of type 134."""
    layer.add(f"Cur hop limit: {source.number(start + 4, 1)}", start + 4, 1, "icmpv6.nd.ra.cur_hop_limit")
    at = start + 5
    word = source.number(at, 1)
    flags = layer.add(f"Flags: 0x{word:02x}", at, 1, "icmpv6.nd.ra.flag")
    flags.add(_switch(word, 0x80, 8, "Managed address configuration"), at, 1, "icmpv6.nd.ra.flag.m")
    flags.add(_switch(word, 0x40, 8, "Other configuration"), at, 1, "icmpv6.nd.ra.flag.o")
    flags.add(_switch(word, 0x20, 8, "Home Agent"), at, 1, "icmpv6.nd.ra.flag.h")
    preference = word >> 3 & 3
    text = f"Prf (Default Router Preference): {_PREFERENCES[preference]} ({preference})"
    flags.add(bits_label(word, 0x18, 8, text), at, 1, "icmpv6.nd.ra.flag.prf")
    flags.add(_switch(word, 0x04, 8, "Proxy"), at, 1, "icmpv6.nd.ra.flag.p")
    flags.add(bits_label(word, 0x03, 8, f"Reserved: {word & 3}"), at, 1, "icmpv6.nd.ra.flag.rsv")
    lifetime, reachable, again = (
        source.number(start + 6, 2),
        source.number(start + 8, 4),
        source.number(start + 12, 4),
    )
    layer.add(f"Router lifetime (s): {lifetime}", start + 6, 2, "icmpv6.nd.ra.router_lifetime")
    layer.add(f"Reachable time (ms): {reachable}", start + 8, 4, "icmpv6.nd.ra.reachable_time")
    layer.add(f"Retrans timer (ms): {again}", start + 12, 4, "icmpv6.nd.ra.retrans_timer")
    _options(layer, start + 16, source)


def neighbor_solicitation(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the body of type 135."""
    _reserved(layer, start, source, 4)
    layer.add(f"Target Address: {_address(source, start + 8)}", start + 8, _ADDRESS, "icmpv6.nd.ns.target_address")
    _options(layer, start + 24, source)


def neighbor_advertisement(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the body of type 136."""
    at = start + 4
    word = source.number(at, 4)
    flags = layer.add(f"Flags: 0x{word:08x}", at, 4, "icmpv6.nd.na.flag")
    flags.add(_switch(word, 1 << 31, 32, "Router"), at, 4, "icmpv6.nd.na.flag.r")
    flags.add(_switch(word, 1 << 30, 32, "Solicited"), at, 4, "icmpv6.nd.na.flag.s")
    flags.add(_switch(word, 1 << 29, 32, "Override"), at, 4, "icmpv6.nd.na.flag.o")
    rest = word & 0x1FFF_FFFF
    flags.add(bits_label(word, 0x1FFF_FFFF, 32, f"Reserved: {rest}"), at, 4, "icmpv6.nd.na.flag.rsv")
    layer.add(f"Target Address: {_address(source, start + 8)}", start + 8, _ADDRESS, "icmpv6.nd.na.target_address")
    _options(layer, start + 24, source)


def listener_report(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the body of type 143 (RFC 3810, 5.2)."""
    _reserved(layer, start, source, 2)
    count = source.number(start + 6, 2)
    layer.add(f"Number of Multicast Address Records: {count}", start + 6, 2, "icmpv6.mldr.nb_mcast_records")
    at = start + 8
    for _ in range(count):
        at += _listener_record(layer, at, source)


def _listener_record(layer: Branch, at: int, source: FrameBytes) -> int:
    """Append one record; returns its length."""
    kind = source.number(at, 1)
    name = _RECORDS.get(kind, "Unknown")
    node = layer.add(f"Multicast Address Record {name}", at, 20, "icmpv6.mldr.mar")
    node.add(f"Record Type: {name} ({kind})", at, 1, "icmpv6.mldr.mar.record_type")
    words, sources = source.number(at + 1, 1), source.number(at + 2, 2)
    node.add(f"Aux Data Len: {words}", at + 1, 1, "icmpv6.mldr.mar.aux_data_len")
    node.add(f"Number of Sources: {sources}", at + 2, 2, "icmpv6.mldr.mar.nb_sources")
    group = _address(source, at + 4)
    node.label += f": {group}"
    node.add(f"Multicast Address: {group}", at + 4, _ADDRESS, "icmpv6.mldr.mar.multicast_address")
    length = 20 + _ADDRESS * sources + 4 * words
    for place in range(at + 20, at + 20 + _ADDRESS * sources, _ADDRESS):
        node.add(f"Source Address: {_address(source, place)}", place, _ADDRESS)
    node.length = length
    return length


def _reserved(layer: Branch, start: int, source: FrameBytes, size: int) -> None:
    layer.add(f"Reserved: {source.take(start + 4, size).hex()}", start + 4, size, "icmpv6.reserved")


# ---- options of neighbor discovery (RFC 4861, 4.6)


def _options(layer: Branch, at: int, source: FrameBytes) -> None:
    while at < source.end:
        kind = source.number(at, 1)
        name = _OPTIONS.get(kind, "Unknown")
        node = layer.add(f"ICMPv6 Option ({name})", at, 1, "icmpv6.opt")
        node.add(f"Type: {name} ({kind})", at, 1, "icmpv6.opt.type")
        units = source.number(at + 1, 1)
        length = units * _UNIT
        node.add(f"Length: {units} ({length} bytes)", at + 1, 1, "icmpv6.opt.length")
        if not units:  # RFC 4861, 4.6: such a packet is to be discarded
            return
        node.length = length
        _OPTION_READERS.get(kind, _other)(node, at, source.within(at + length))
        at += length


def _link_address(title: str, field: str) -> Callable[[Branch, int, FrameBytes], None]:
    def read(node: Branch, at: int, source: FrameBytes) -> None:
        raw = source.take(at + 2, min(source.end - at - 2, 6))
        line = node.add(f"Link-layer address: {raw.hex(':')}", at + 2, len(raw), "icmpv6.opt.linkaddr")
        line.add(f"{title} link-layer address: {raw.hex(':')}", at + 2, len(raw), field)

    return read


def _prefix(node: Branch, at: int, source: FrameBytes) -> None:
    node.add(f"Prefix Length: {source.number(at + 2, 1)}", at + 2, 1, "icmpv6.opt.prefix.length")
    word = source.number(at + 3, 1)
    flags = node.add(f"Flag: 0x{word:02x}", at + 3, 1, "icmpv6.opt.prefix.flag")
    flags.add(_switch(word, 0x80, 8, "On-link flag(L)"), at + 3, 1, "icmpv6.opt.prefix.flag.l")
    title = "Autonomous address-configuration flag(A)"
    flags.add(_switch(word, 0x40, 8, title), at + 3, 1, "icmpv6.opt.prefix.flag.a")
    flags.add(_switch(word, 0x20, 8, "Router address flag(R)"), at + 3, 1, "icmpv6.opt.prefix.flag.r")
    text = f"Reserved: {word & 0x1F}"
    flags.add(bits_label(word, 0x1F, 8, text), at + 3, 1, "icmpv6.opt.prefix.flag.reserved")
    valid, preferred = source.number(at + 4, 4), source.number(at + 8, 4)
    node.add(f"Valid Lifetime: {valid}", at + 4, 4, "icmpv6.opt.prefix.valid_lifetime")
    node.add(f"Preferred Lifetime: {preferred}", at + 8, 4, "icmpv6.opt.prefix.preferred_lifetime")
    node.add("Reserved", at + 12, 4, "icmpv6.opt.reserved")
    node.add(f"Prefix: {_address(source, at + 16)}", at + 16, _ADDRESS, "icmpv6.opt.prefix")


def _route(node: Branch, at: int, source: FrameBytes) -> None:
    node.add(f"Prefix Length: {source.number(at + 2, 1)}", at + 2, 1, "icmpv6.opt.prefix.length")
    word = source.number(at + 3, 1)
    preference = word >> 3 & 3
    name = _PREFERENCES[preference]
    flags = node.add(f"Flag: 0x{word:02x}, Route Preference: {name}", at + 3, 1, "icmpv6.opt.route_info.flag")
    text = bits_label(word, 0x18, 8, f"Route Preference: {name} ({preference})")
    flags.add(text, at + 3, 1, "icmpv6.opt.route_info.flag.route_preference")
    rest = bits_label(word, 0xE7, 8, f"Reserved: {word & 0xE7}")
    flags.add(rest, at + 3, 1, "icmpv6.opt.route_info.flag.reserved")
    node.add(f"Route Lifetime: {source.number(at + 4, 4)}", at + 4, 4, "icmpv6.opt.route_lifetime")
    raw = source.take(at + 8, min(source.end - at - 8, _ADDRESS))
    prefix = IPv6Address(raw.ljust(_ADDRESS, b"\0"))
    node.add(f"Prefix: {prefix}", at + 8, len(raw), "icmpv6.opt.prefix")


def _servers(node: Branch, at: int, source: FrameBytes) -> None:
    node.add("Reserved", at + 2, 2, "icmpv6.opt.reserved")
    node.add(f"Lifetime: {source.number(at + 4, 4)}", at + 4, 4, "icmpv6.opt.rdnss.lifetime")
    for place in range(at + 8, source.end - _ADDRESS + 1, _ADDRESS):
        text = f"Recursive DNS Servers: {_address(source, place)}"
        node.add(text, place, _ADDRESS, "icmpv6.opt.rdnss")


def _nonce(node: Branch, at: int, source: FrameBytes) -> None:
    raw = source.take(at + 2, source.end - at - 2)
    node.add(f"Nonce: {raw.hex()}", at + 2, len(raw), "icmpv6.opt.nonce")


def _other(node: Branch, at: int, source: FrameBytes) -> None:
    raw = source.take(at + 2, source.end - at - 2)
    node.add(f"Data: {raw.hex()}", at + 2, len(raw))


_OPTION_READERS: Final = {
    1: _link_address("Source", "icmpv6.opt.src_linkaddr"),
    2: _link_address("Target", "icmpv6.opt.target_linkaddr"),
    3: _prefix,
    14: _nonce,
    24: _route,
    25: _servers,
}

#: How the body of each type is read.
BODIES: Final = {
    133: router_solicitation,
    134: router_advertisement,
    135: neighbor_solicitation,
    136: neighbor_advertisement,
    143: listener_report,
}
