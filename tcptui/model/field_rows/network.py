"""Fields of IPv4, IPv6, their options and extension headers."""

from __future__ import annotations

from typing import Final

from tcptui.model.field import AnyOf, Base, Field, FieldType, Layer, Owner, Place, Unit

_BYTES: Final = Unit.BYTES
#: Numbers of protocols that have no name.
_UNASSIGNED: Final = "Unassigned"


def _field(
    name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *,
    base: Base = Base.DECIMAL, layer: Layer = Layer.NONE, place: Place | None = None, unnamed: str = "Unknown",
) -> Field:  # fmt: skip
    """A field of an IP header.  Each may repeat, because a tunnel or an ICMP error holds a second header."""
    return Field(name, kind, doc, unit=unit, repeats=True, base=base, layer=layer, place=place, unnamed=unnamed)


_IPV4: Final = (
    _field("ip", FieldType.PROTOCOL, "The IPv4 header.", layer=Layer.LISTED | Layer.DESCRIBED),
    _field("ip.version", FieldType.UINT8, "Version of the protocol, 4.", place=Place("network", 0, 1, 0xF0)),
    _field("ip.hdr_len", FieldType.UINT8, "Length of the header with its options.", _BYTES,
           place=Place("ip", 0, 1, 0xF, 4)),
    _field("ip.dsfield", FieldType.UINT8, "The byte of the service class and of congestion notification.",
           base=Base.HEXADECIMAL, place=Place("ip", 1, 1)),
    _field("ip.dsfield.dscp", FieldType.UINT8, "Service class (RFC 2474).", place=Place("ip", 1, 1, 0xFC)),
    _field("ip.dsfield.ecn", FieldType.UINT8, "Explicit congestion notification (RFC 3168).",
           place=Place("ip", 1, 1, 0x3)),
    _field("ip.len", FieldType.UINT16, "Length of the packet, including the header.", _BYTES, place=Place("ip", 2, 2)),
    _field("ip.id", FieldType.UINT16, "Number that the fragments of one packet share.", base=Base.HEXADECIMAL,
           place=Place("ip", 4, 2)),
    _field("ip.flags", FieldType.UINT8, "The three bits about fragments.", base=Base.HEXADECIMAL,
           place=Place("ip", 6, 1, 0xE0)),
    _field("ip.flags.rb", FieldType.BOOLEAN, "The reserved bit.", place=Place("ip", 6, 1, 0x80)),
    _field("ip.flags.df", FieldType.BOOLEAN, "Routers must not fragment the packet.", place=Place("ip", 6, 1, 0x40)),
    _field("ip.flags.mf", FieldType.BOOLEAN, "More fragments of the packet follow.", place=Place("ip", 6, 1, 0x20)),
    _field("ip.frag_offset", FieldType.UINT16, "Position of the fragment in its packet.", _BYTES,
           place=Place("ip", 6, 2, 0x1FFF)),
    _field("ip.ttl", FieldType.UINT8, "How many routers may still forward the packet.", place=Place("ip", 8, 1)),
    _field("ip.ttl.lncb", FieldType.NONE, "The time to live is unusual for a group of the local network."),
    _field("ip.ttl.too_small", FieldType.NONE, "The time to live is nearly used up."),
    _field("ip.proto", FieldType.UINT8, "Which protocol follows the header.", place=Place("ip", 9, 1),
           unnamed=_UNASSIGNED),
    _field("ip.checksum", FieldType.UINT16, "Checksum of the header.", base=Base.HEXADECIMAL, place=Place("ip", 10, 2)),
    _field("ip.checksum.status", FieldType.UINT8, "Whether the header's checksum is right."),
    _field("ip.src", FieldType.IPV4, "Address of the sender.", place=Place("ip", 12, 4)),
    _field("ip.dst", FieldType.IPV4, "Address of the receiver.", place=Place("ip", 16, 4)),
    Field("ip.addr", FieldType.IPV4, "Address of the sender or the receiver.", AnyOf(("ip.src", "ip.dst")),
          repeats=True),
    Field("ip.stream", FieldType.UINT32, "Number of the pair of addresses, from 0.", owner=Owner.NEWER_WIRESHARK,
          title="Stream index"),
    _field("ip.fragments", FieldType.BYTES, "The fragments of the packet."),
    _field("ip.fragment", FieldType.FRAMENUM, "A captured frame with a fragment of the packet."),
    _field("ip.fragment.count", FieldType.UINT32, "How many fragments the packet has."),
    _field("ip.reassembled_in", FieldType.FRAMENUM, "The frame in which the packet is reassembled."),
    _field("ip.reassembled.length", FieldType.UINT32, "Length of the reassembled payload.", _BYTES),
    _field("ip.reassembled.data", FieldType.BYTES, "The reassembled payload."),
    _field("ip.bogus_header_length", FieldType.NONE, "The header is shorter than it may be."),
    _field("ip.bogus_ip_length", FieldType.NONE, "The packet's length cannot be right."),
    _field("ip.options.eol", FieldType.PROTOCOL, "The option that ends the list."),
    _field("ip.options.nop", FieldType.PROTOCOL, "The option that does nothing."),
    _field("ip.options.record_route", FieldType.PROTOCOL, "The option in which routers write their addresses."),
    _field("ip.options.timestamp", FieldType.PROTOCOL, "The option in which routers write the time."),
    _field("ip.options.security", FieldType.PROTOCOL, "The security option."),
    _field("ip.options.route", FieldType.PROTOCOL, "The option with a loose source route."),
    _field("ip.options.sid", FieldType.PROTOCOL, "The option with a stream identifier."),
    _field("ip.options.source_route", FieldType.PROTOCOL, "The option with a strict source route."),
    _field("ip.options.routeralert", FieldType.PROTOCOL, "The option that asks routers to examine the packet."),
    _field("ip.opt.type", FieldType.UINT8, "Kind of the option."),
    _field("ip.opt.type.copy", FieldType.BOOLEAN, "Every fragment has the option."),
    _field("ip.opt.type.class", FieldType.UINT8, "Class of the option."),
    _field("ip.opt.type.number", FieldType.UINT8, "Number of the option in its class."),
    _field("ip.opt.len", FieldType.UINT8, "Length of the option.", _BYTES),
    _field("ip.opt.len.invalid", FieldType.NONE, "The option's length is impossible."),
    _field("ip.opt.ptr", FieldType.UINT8, "Where in the option the next address goes."),
    _field("ip.opt.ra", FieldType.UINT16, "Value of the router alert."),
    _field("ip.rec_rt", FieldType.IPV4, "An address of the recorded route."),
)  # fmt: skip


def _embedded(end: str, whose: str) -> tuple[Field, ...]:
    return (
        _field(f"ipv6.{end}_6to4_gw_ipv4", FieldType.IPV4, f"The 6to4 gateway in the {whose}'s address."),
        _field(f"ipv6.{end}_6to4_sla_id", FieldType.UINT16, f"The 6to4 subnet in the {whose}'s address."),
        _field(f"ipv6.{end}_slaac_mac", FieldType.ETHER, f"The hardware address in the {whose}'s address."),
    )


def _either(name: str, kind: FieldType, doc: str) -> Field:
    """What the sender's and the receiver's address embed, together."""
    return Field(f"ipv6.{name}", kind, doc, AnyOf((f"ipv6.src_{name}", f"ipv6.dst_{name}")), repeats=True)


def _extension(name: str, title: str) -> tuple[Field, ...]:
    return (
        _field(name, FieldType.PROTOCOL, f"The {title} header."),
        _field(f"{name}.nxt", FieldType.UINT8, f"What follows the {title} header.", unnamed=_UNASSIGNED),
        _field(f"{name}.len", FieldType.UINT8, f"Length of the {title} header, in units of 8 bytes without the first."),
        _field(f"{name}.len_oct", FieldType.UINT16, f"Length of the {title} header.", _BYTES),
    )


_IPV6: Final = (
    _field("ipv6", FieldType.PROTOCOL, "The IPv6 header.", layer=Layer.LISTED | Layer.DESCRIBED),
    _field("ipv6.version", FieldType.UINT8, "Version of the protocol, 6.", place=Place("ipv6", 0, 1, 0xF0)),
    _field("ipv6.tclass", FieldType.UINT32, "The byte of the service class and of congestion notification.",
           base=Base.HEXADECIMAL, place=Place("ipv6", 0, 4, 0xFF00000)),
    _field("ipv6.tclass.dscp", FieldType.UINT32, "Service class (RFC 2474).", place=Place("ipv6", 0, 4, 0xFC00000)),
    _field("ipv6.tclass.ecn", FieldType.UINT32, "Explicit congestion notification (RFC 3168).",
           place=Place("ipv6", 0, 4, 0x300000)),
    _field("ipv6.flow", FieldType.UINT24, "Label that the packets of a flow share.", base=Base.HEXADECIMAL,
           place=Place("ipv6", 1, 3, 0xFFFFF)),
    _field("ipv6.plen", FieldType.UINT16, "Length of what follows the header.", _BYTES, place=Place("ipv6", 4, 2)),
    _field("ipv6.plen_exceeds_framing", FieldType.NONE, "The payload's length is more than the frame contains."),
    _field("ipv6.nxt", FieldType.UINT8, "Which header follows.", place=Place("ipv6", 6, 1), unnamed=_UNASSIGNED),
    _field("ipv6.hlim", FieldType.UINT8, "How many routers may still forward the packet.", place=Place("ipv6", 7, 1)),
    _field("ipv6.src", FieldType.IPV6, "Address of the sender.", place=Place("ipv6", 8, 16)),
    _field("ipv6.dst", FieldType.IPV6, "Address of the receiver.", place=Place("ipv6", 24, 16)),
    Field("ipv6.addr", FieldType.IPV6, "Address of the sender or the receiver.", AnyOf(("ipv6.src", "ipv6.dst")),
          repeats=True),
    Field("ipv6.stream", FieldType.UINT32, "Number of the pair of addresses, from 0.", owner=Owner.NEWER_WIRESHARK,
          title="Stream index"),
    *_embedded("src", "sender"),
    *_embedded("dst", "receiver"),
    _either("6to4_gw_ipv4", FieldType.IPV4, "The 6to4 gateway in the sender's or the receiver's address."),
    _either("6to4_sla_id", FieldType.UINT16, "The 6to4 subnet in the sender's or the receiver's address."),
    _either("slaac_mac", FieldType.ETHER, "The hardware address in the sender's or the receiver's address."),
    *_extension("ipv6.hopopts", "hop-by-hop options"),
    *_extension("ipv6.dstopts", "destination options"),
    *_extension("ipv6.routing", "routing"),
    _field("ipv6.routing.type", FieldType.UINT8, "Kind of the routing header."),
    _field("ipv6.routing.segleft", FieldType.UINT8, "How many stops of the route are left."),
    _field("ipv6.routing.src.reserved", FieldType.BYTES, "Reserved bytes of a source route."),
    _field("ipv6.routing.src.addr", FieldType.IPV6, "An address of a source route."),
    _field("ipv6.routing.unknown_data", FieldType.BYTES, "What a routing header of an unknown kind holds."),
    _field("ipv6.opt", FieldType.NONE, "An option of an extension header."),
    _field("ipv6.opt.type", FieldType.UINT8, "Kind of the option.", base=Base.HEXADECIMAL),
    _field("ipv6.opt.length", FieldType.UINT8, "Length of the option's data.", _BYTES),
    _field("ipv6.opt.padn", FieldType.BYTES, "Padding bytes."),
    _field("ipv6.opt.router_alert", FieldType.UINT16, "What routers should examine."),
    _field("ipv6.opt.jumbo", FieldType.UINT32, "Length of a payload above 65,535 bytes (RFC 2675).", _BYTES),
    _field("ipv6.opt.unknown", FieldType.BYTES, "Data of an option that is not interpreted."),
    _field("ipv6.fraghdr", FieldType.PROTOCOL, "The fragment header."),
    _field("ipv6.fraghdr.nxt", FieldType.UINT8, "What follows the fragment header.", unnamed=_UNASSIGNED),
    _field("ipv6.fraghdr.reserved_octet", FieldType.UINT8, "The reserved byte of the fragment header.",
           base=Base.HEXADECIMAL),
    _field("ipv6.fraghdr.offset", FieldType.UINT16, "Position of the fragment in its packet, in units of 8 bytes."),
    _field("ipv6.fraghdr.reserved_bits", FieldType.UINT16, "The reserved bits of the fragment header."),
    _field("ipv6.fraghdr.more", FieldType.BOOLEAN, "More fragments of the packet follow."),
    _field("ipv6.fraghdr.ident", FieldType.UINT32, "Number that the fragments of one packet share.",
           base=Base.HEXADECIMAL),
    _field("ipv6.fragments", FieldType.NONE, "The fragments of the packet."),
    _field("ipv6.fragment", FieldType.FRAMENUM, "A captured frame with a fragment of the packet."),
    _field("ipv6.fragment.count", FieldType.UINT32, "How many fragments the packet has."),
    _field("ipv6.reassembled.in", FieldType.FRAMENUM, "The frame in which the packet is reassembled."),
    _field("ipv6.reassembled.length", FieldType.UINT32, "Length of the reassembled payload.", _BYTES),
    _field("ipv6.reassembled.data", FieldType.BYTES, "The reassembled payload."),
    _field("ah", FieldType.PROTOCOL, "The authentication header (RFC 4302)."),
    _field("ah.next_header", FieldType.UINT8, "What follows the authentication header.", unnamed=_UNASSIGNED),
    _field("ah.length", FieldType.UINT8, "Length of the authentication header, in units of 4 bytes, minus 2."),
    _field("ah.reserved", FieldType.BYTES, "The reserved bytes of the authentication header."),
    _field("ah.spi", FieldType.UINT32, "Which security association the packet belongs to.", base=Base.HEXADECIMAL),
    _field("ah.sequence", FieldType.UINT32, "Number of the packet in its security association."),
    _field("ah.icv", FieldType.BYTES, "The value that proves the packet genuine."),
)  # fmt: skip

NETWORK_FIELDS: Final = (*_IPV4, *_IPV6)
