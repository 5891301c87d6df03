"""What ICMPv6 messages say that are no errors: neighbor discovery and multicast listeners.

RFC 3810, 4191, 4861, 8106.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from tcptui.dfilter.names import value_text
from tcptui.protocols.headers.field_line import written
from tcptui.protocols.headers.header import Header

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes of an address.
_ADDRESS: Final = 16
#: Options count their length in units of so many bytes.
_UNIT: Final = 8


def router_solicitation(header: Header) -> None:
    """Append the body of type 133."""
    header.field("icmpv6.reserved", header.start + 4, 4)
    _options(header, header.start + 8)


def router_advertisement(header: Header) -> None:
    """Append the body of type 134."""
    start = header.start
    header.field("icmpv6.nd.ra.cur_hop_limit", start + 4)
    flags = header.field("icmpv6.nd.ra.flag", start + 5)
    for name in ("m", "o", "h", "prf", "p", "rsv"):
        header.field(f"icmpv6.nd.ra.flag.{name}", start + 5, below=flags)
    header.source.take(start + 6, 10)
    header.field("icmpv6.nd.ra.router_lifetime", start + 6)
    header.field("icmpv6.nd.ra.reachable_time", start + 8)
    header.field("icmpv6.nd.ra.retrans_timer", start + 12)
    _options(header, start + 16)


def neighbor_solicitation(header: Header) -> None:
    """Append the body of type 135."""
    header.field("icmpv6.reserved", header.start + 4, 4)
    header.field("icmpv6.nd.ns.target_address", header.start + 8)
    _options(header, header.start + 24)


def neighbor_advertisement(header: Header) -> None:
    """Append the body of type 136."""
    at = header.start + 4
    flags = header.field("icmpv6.nd.na.flag", at)
    for name in ("r", "s", "o", "rsv"):
        header.field(f"icmpv6.nd.na.flag.{name}", at, 4, below=flags)
    header.field("icmpv6.nd.na.target_address", at + 4)
    _options(header, at + 20)


def listener_report(header: Header) -> None:
    """Append the body of type 143 (RFC 3810, 5.2)."""
    header.field("icmpv6.reserved", header.start + 4, 2)
    at = header.start + 8
    for _ in range(header.number("icmpv6.mldr.nb_mcast_records", header.start + 6)):
        at += _listener_record(header, at)


def _listener_record(header: Header, at: int) -> int:
    """Append one record; returns its length."""
    source = header.source
    name = value_text("icmpv6.mldr.mar.record_type", source.number(at, 1)) or "Unknown"
    node = header.node.add(f"Multicast Address Record {name}", at, 20, "icmpv6.mldr.mar")
    record = Header(node, source, at)
    record.field("icmpv6.mldr.mar.record_type", at)
    source.take(at + 1, 3)
    words = record.number("icmpv6.mldr.mar.aux_data_len", at + 1)
    sources = record.number("icmpv6.mldr.mar.nb_sources", at + 2)
    node.label += f": {written(record.octets('icmpv6.mldr.mar.multicast_address', at + 4))}"
    length = 20 + _ADDRESS * sources + 4 * words
    for place in range(at + 20, at + 20 + _ADDRESS * sources, _ADDRESS):
        node.add(f"Source Address: {written(source.take(place, _ADDRESS))}", place, _ADDRESS)
    node.length = length
    return length


# ---- options of neighbor discovery (RFC 4861, 4.6)


def _options(header: Header, at: int) -> None:
    source = header.source
    while at < source.end:
        kind = source.number(at, 1)
        name = value_text("icmpv6.opt.type", kind) or "Unknown"
        node = header.node.add(f"ICMPv6 Option ({name})", at, 1, "icmpv6.opt")
        option = Header(node, source, at)
        option.field("icmpv6.opt.type", at)
        units = source.number(at + 1, 1)
        length = units * _UNIT
        option.field("icmpv6.opt.length", at + 1, note=f" ({length} bytes)")
        if not units:  # RFC 4861, 4.6: such a packet is to be discarded
            return
        node.length = length
        _OPTION_READERS.get(kind, _other)(option._replace(source=source.within(at + length)))
        at += length


def _link_address(name: str) -> Callable[[Header], None]:
    def read(option: Header) -> None:
        at = option.start + 2
        line = option.field("icmpv6.opt.linkaddr", at, min(option.source.end - at, 6))
        line.text = cast("bytes", line.value).hex(":")
        kind = option.source.number(option.start, 1)
        line.put(name, line.value, at, line.length, text=line.text).title = value_text("icmpv6.opt.type", kind)

    return read


def _prefix(option: Header) -> None:
    at = option.start
    option.field("icmpv6.opt.prefix.length", at + 2)
    flags = option.field("icmpv6.opt.prefix.flag", at + 3)
    for name in ("l", "a", "r", "reserved"):
        option.field(f"icmpv6.opt.prefix.flag.{name}", at + 3, below=flags)
    option.source.take(at + 4, 8)
    option.field("icmpv6.opt.prefix.valid_lifetime", at + 4)
    option.field("icmpv6.opt.prefix.preferred_lifetime", at + 8)
    option.node.add("Reserved", at + 12, 4, "icmpv6.opt.reserved")
    option.field("icmpv6.opt.prefix", at + 16)


def _route(option: Header) -> None:
    at, source = option.start, option.source
    option.field("icmpv6.opt.prefix.length", at + 2)
    preference = source.number(at + 3, 1) >> 3 & 3
    name = value_text("icmpv6.opt.route_info.flag.route_preference", preference)
    flags = option.field("icmpv6.opt.route_info.flag", at + 3, note=f", Route Preference: {name}")
    option.field("icmpv6.opt.route_info.flag.route_preference", at + 3, below=flags)
    option.field("icmpv6.opt.route_info.flag.reserved", at + 3, below=flags)
    option.field("icmpv6.opt.route_lifetime", at + 4)
    raw = source.take(at + 8, min(source.end - at - 8, _ADDRESS))
    option.node.put("icmpv6.opt.prefix", raw.ljust(_ADDRESS, b"\0"), at + 8, len(raw))


def _servers(option: Header) -> None:
    at = option.start
    option.node.add("Reserved", at + 2, 2, "icmpv6.opt.reserved")
    option.field("icmpv6.opt.rdnss.lifetime", at + 4)
    for place in range(at + 8, option.source.end - _ADDRESS + 1, _ADDRESS):
        option.field("icmpv6.opt.rdnss", place)


def _nonce(option: Header) -> None:
    at = option.start + 2
    option.field("icmpv6.opt.nonce", at, option.source.end - at)


def _other(option: Header) -> None:
    at = option.start + 2
    raw = option.source.take(at, option.source.end - at)
    option.node.add(f"Data: {raw.hex()}", at, len(raw))


_OPTION_READERS: Final = {
    1: _link_address("icmpv6.opt.src_linkaddr"),
    2: _link_address("icmpv6.opt.target_linkaddr"),
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
