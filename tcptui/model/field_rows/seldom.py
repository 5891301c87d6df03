"""Fields that few captures have: bodies of ICMP and ICMPv6, rare options, what a pcapng file says of a frame.

A filter that asks for one that nothing reads must say that it cannot be answered, never find nothing
(`Reader.UNREAD`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tcptui.model.field import AnyOf, Base, Field, Reader, Unit
from tcptui.model.field import FieldType as T

_HEX: Final = Base.HEXADECIMAL
_TABLE: Final = (
    ("eth.len.past_end", T.NONE, "The length of an IEEE 802.3 header is more than the frame holds."),
    ("frame.interface_description", T.STRING, "Description of the interface that captured the frame."),
    ("frame.interface_id", T.UINT32, "Number of the interface in its section of the capture file."),
    ("frame.p2p_dir", T.INT8, "Direction of the frame on a point-to-point link."),
    ("frame.packet_flags", T.UINT32, "Flags of the frame in a pcapng file, as bits.", _HEX),
    ("frame.packet_flags_crc_error", T.BOOLEAN, "The interface found a wrong check sequence."),
    ("frame.packet_flags_direction", T.UINT32, "Whether the frame was received or sent.", _HEX),
    ("frame.packet_flags_fcs_length", T.UINT32, "Length of the frame check sequence."),
    ("frame.packet_flags_packet_too_error", T.BOOLEAN, "The interface found the frame too long."),
    ("frame.packet_flags_packet_too_short_error", T.BOOLEAN, "The interface found the frame too short."),
    ("frame.packet_flags_preamble_error", T.BOOLEAN, "The interface found a wrong preamble."),
    ("frame.packet_flags_reception_type", T.UINT32, "Whether the frame was addressed to one, to a group or to all."),
    ("frame.packet_flags_reserved", T.UINT32, "The reserved bits of the flags."),
    ("frame.packet_flags_start_frame_delimiter_error", T.BOOLEAN, "The interface found a wrong start of the frame."),
    ("frame.packet_flags_symbol_error", T.BOOLEAN, "The interface found a wrong symbol."),
    ("frame.packet_flags_unaligned_frame_error", T.BOOLEAN, "The interface found a frame that ends within a byte."),
    ("frame.packet_flags_wrong_inter_frame_gap_error", T.BOOLEAN, "The interface found a wrong gap before the frame."),
    ("frame.section_number", T.UINT32, "Number of the section of the capture file, from 1."),
    ("http.bad_header_name", T.NONE, "A header field's name has a forbidden character."),
    ("http.notification", T.BOOLEAN, "The message is a notification."),
    ("http.unknown_header", T.STRING, "A header field that Wireshark has no field for."),
    ("icmp.addr_entry_size", T.UINT8, "Length of an entry of a router advertisement, in words of 4 bytes."),
    ("icmp.address_mask", T.IPV4, "The mask of an address mask message."),
    ("icmp.data_time", T.ABSOLUTE_TIME, "The time that ping writes into its data."),
    ("icmp.data_time_relative", T.RELATIVE_TIME, "Time from that to the frame's capture."),
    ("icmp.ext", T.NONE, "Extensions after a quoted packet (RFC 4884)."),
    ("icmp.ext.checksum", T.UINT16, "Checksum of the extensions.", _HEX),
    ("icmp.ext.checksum.status", T.UINT8, "Whether the checksum of the extensions is right."),
    ("icmp.ext.class", T.UINT8, "Class of an extension object."),
    ("icmp.ext.ctype", T.UINT8, "Type of an extension object within its class."),
    ("icmp.ext.length", T.UINT16, "Length of an extension object."),
    ("icmp.ext.res", T.UINT16, "The reserved bits of the extensions.", _HEX),
    ("icmp.ext.version", T.UINT8, "Version of the extensions."),
    ("icmp.lifetime", T.UINT16, "For how many seconds a router advertisement is valid."),
    ("icmp.mip.b", T.BOOLEAN, "The foreign agent is busy (RFC 5944)."),
    ("icmp.mip.challenge", T.BYTES, "The challenge of a mobility agent."),
    ("icmp.mip.coa", T.IPV4, "A care-of address."),
    ("icmp.mip.f", T.BOOLEAN, "The router is a foreign agent."),
    ("icmp.mip.flags", T.UINT16, "Flags of a mobility agent.", _HEX),
    ("icmp.mip.g", T.BOOLEAN, "The mobility agent accepts GRE."),
    ("icmp.mip.h", T.BOOLEAN, "The router is a home agent."),
    ("icmp.mip.length", T.UINT8, "Length of a mobility extension."),
    ("icmp.mip.life", T.UINT16, "For how many seconds a registration may hold."),
    ("icmp.mip.m", T.BOOLEAN, "The mobility agent accepts minimal encapsulation."),
    ("icmp.mip.prefixlength", T.UINT8, "Length of a router address's prefix."),
    ("icmp.mip.r", T.BOOLEAN, "Registration is required."),
    ("icmp.mip.reserved", T.UINT16, "The reserved bits of a mobility agent's flags.", _HEX),
    ("icmp.mip.rt", T.BOOLEAN, "The mobility agent does reverse tunneling."),
    ("icmp.mip.seq", T.UINT16, "Number of a mobility agent's advertisement."),
    ("icmp.mip.type", T.UINT8, "Kind of a mobility extension."),
    ("icmp.mip.u", T.BOOLEAN, "The mobility agent tunnels in UDP."),
    ("icmp.mip.v", T.BOOLEAN, "The mobility agent compresses headers."),
    ("icmp.mip.x", T.BOOLEAN, "The mobility agent supports revocation."),
    ("icmp.mpls.exp", T.UINT24, "Traffic class of a quoted MPLS label."),
    ("icmp.mpls.label", T.UINT24, "A quoted MPLS label."),
    ("icmp.mpls.s", T.BOOLEAN, "The quoted MPLS label is the last of its stack."),
    ("icmp.mpls.ttl", T.UINT8, "Time to live of a quoted MPLS label."),
    ("icmp.num_addrs", T.UINT8, "How many addresses a router advertisement has."),
    ("icmp.originate_timestamp", T.UINT32, "When a timestamp request was sent, in milliseconds since midnight."),
    ("icmp.pref_level", T.INT32, "Preference of a router's address."),
    ("icmp.receive_timestamp", T.UINT32, "When a timestamp request arrived, in milliseconds since midnight."),
    ("icmp.resp_in", T.FRAMENUM, "The frame with the reply to an echo request."),
    ("icmp.resp_to", T.FRAMENUM, "The frame with the echo request of this reply."),
    ("icmp.resptime", T.DOUBLE, "Milliseconds from an echo request to its reply."),
    ("icmp.router_address", T.IPV4, "A router's address."),
    ("icmp.transmit_timestamp", T.UINT32, "When a timestamp reply was sent, in milliseconds since midnight."),
    ("icmpv6.mldr.mar", T.NONE, "A record of a multicast listener report (RFC 3810)."),
    ("icmpv6.mldr.mar.aux_data_len", T.UINT8, "Length of the record's auxiliary data, in words of 4 bytes."),
    ("icmpv6.mldr.mar.multicast_address", T.IPV6, "The group of the record."),
    ("icmpv6.mldr.mar.nb_sources", T.UINT16, "How many sources the record has."),
    ("icmpv6.mldr.mar.record_type", T.UINT8, "Kind of the record."),
    ("icmpv6.mldr.nb_mcast_records", T.UINT16, "How many records the report has."),
    ("icmpv6.nd.na.flag", T.UINT32, "Flags of a neighbor advertisement (RFC 4861).", _HEX),
    ("icmpv6.nd.na.flag.o", T.BOOLEAN, "The advertisement overrides what was cached."),
    ("icmpv6.nd.na.flag.r", T.BOOLEAN, "The sender is a router."),
    ("icmpv6.nd.na.flag.rsv", T.UINT32, "The reserved bits of the advertisement's flags."),
    ("icmpv6.nd.na.flag.s", T.BOOLEAN, "The advertisement was solicited."),
    ("icmpv6.nd.na.target_address", T.IPV6, "Whose hardware address is advertised."),
    ("icmpv6.nd.ns.target_address", T.IPV6, "Whose hardware address is asked for."),
    ("icmpv6.nd.ra.cur_hop_limit", T.UINT8, "Hop limit that hosts should use."),
    ("icmpv6.nd.ra.flag", T.UINT8, "Flags of a router advertisement.", _HEX),
    ("icmpv6.nd.ra.flag.h", T.BOOLEAN, "The router is a home agent."),
    ("icmpv6.nd.ra.flag.m", T.BOOLEAN, "Addresses come from DHCPv6."),
    ("icmpv6.nd.ra.flag.o", T.BOOLEAN, "Other configuration comes from DHCPv6."),
    ("icmpv6.nd.ra.flag.p", T.BOOLEAN, "The advertisement was passed on by a proxy."),
    ("icmpv6.nd.ra.flag.prf", T.UINT8, "Preference of the router (RFC 4191)."),
    ("icmpv6.nd.ra.flag.rsv", T.UINT8, "The reserved bits of the router's flags."),
    ("icmpv6.nd.ra.reachable_time", T.UINT32, "For how many milliseconds a neighbor counts as reachable."),
    ("icmpv6.nd.ra.retrans_timer", T.UINT32, "Milliseconds between neighbor solicitations."),
    ("icmpv6.nd.ra.router_lifetime", T.UINT16, "For how many seconds the router is a default router."),
    ("icmpv6.opt", T.NONE, "An option of neighbor discovery."),
    ("icmpv6.opt.length", T.UINT8, "Length of the option, in units of 8 bytes."),
    ("icmpv6.opt.linkaddr", T.BYTES, "A hardware address of an option."),
    ("icmpv6.opt.nonce", T.BYTES, "The nonce of a solicitation."),
    ("icmpv6.opt.prefix", T.IPV6, "An advertised prefix."),
    ("icmpv6.opt.prefix.flag", T.UINT8, "Flags of the prefix.", _HEX),
    ("icmpv6.opt.prefix.flag.a", T.BOOLEAN, "Hosts may configure addresses of the prefix automatically."),
    ("icmpv6.opt.prefix.flag.l", T.BOOLEAN, "Addresses of the prefix are on the link."),
    ("icmpv6.opt.prefix.flag.r", T.BOOLEAN, "The prefix holds the router's whole address."),
    ("icmpv6.opt.prefix.flag.reserved", T.UINT8, "The reserved bits of the prefix's flags."),
    ("icmpv6.opt.prefix.length", T.UINT8, "How many bits of the prefix count."),
    ("icmpv6.opt.prefix.preferred_lifetime", T.UINT32, "For how many seconds addresses of the prefix are preferred."),
    ("icmpv6.opt.prefix.valid_lifetime", T.UINT32, "For how many seconds the prefix is valid."),
    ("icmpv6.opt.rdnss", T.IPV6, "An advertised DNS server (RFC 8106)."),
    ("icmpv6.opt.rdnss.lifetime", T.UINT32, "For how many seconds the DNS servers may be used."),
    ("icmpv6.opt.reserved", T.NONE, "The reserved bytes of the option."),
    ("icmpv6.opt.route_info.flag", T.UINT8, "Flags of an advertised route (RFC 4191).", _HEX),
    ("icmpv6.opt.route_info.flag.reserved", T.UINT8, "The reserved bits of the route's flags."),
    ("icmpv6.opt.route_info.flag.route_preference", T.UINT8, "Preference of the route."),
    ("icmpv6.opt.route_lifetime", T.UINT32, "For how many seconds the route may be used."),
    ("icmpv6.opt.src_linkaddr", T.BYTES, "Hardware address of the sender."),
    ("icmpv6.opt.target_linkaddr", T.BYTES, "Hardware address of the target."),
    ("icmpv6.opt.type", T.UINT8, "Kind of the option."),
    ("icmpv6.resp_in", T.FRAMENUM, "The frame with the reply to an echo request."),
    ("icmpv6.resp_to", T.FRAMENUM, "The frame with the echo request of this reply."),
    ("icmpv6.resptime", T.DOUBLE, "Milliseconds from an echo request to its reply."),
    ("ipv6.dst_tc_ipv4", T.IPV4, "The Teredo client in the receiver's address."),
    ("ipv6.dst_tc_port", T.UINT16, "The Teredo client's port in the receiver's address."),
    ("ipv6.dst_ts_ipv4", T.IPV4, "The Teredo server in the receiver's address."),
    ("ipv6.opt.type.action", T.UINT8, "What to do with an option that is not known."),
    ("ipv6.opt.type.change", T.BOOLEAN, "Routers may change the option."),
    ("ipv6.opt.type.rest", T.UINT8, "The low bits of the option's kind.", _HEX),
    ("ipv6.src_tc_ipv4", T.IPV4, "The Teredo client in the sender's address."),
    ("ipv6.src_tc_port", T.UINT16, "The Teredo client's port in the sender's address."),
    ("ipv6.src_ts_ipv4", T.IPV4, "The Teredo server in the sender's address."),
    ("ipv6.tc_ipv4", T.IPV4, "The Teredo client in the sender's or the receiver's address."),
    ("ipv6.tc_port", T.UINT16, "The Teredo client's port in the sender's or the receiver's address."),
    ("ipv6.ts_ipv4", T.IPV4, "The Teredo server in the sender's or the receiver's address."),
    ("tcp.options.mss.absent", T.NONE, "The SYN has no MSS option."),
    ("tcp.options.rvbd.probe.appli_ver", T.UINT16, "Application version of a Riverbed probe."),
    ("tcp.options.rvbd.probe.flags", T.UINT8, "Flags of a Riverbed probe.", _HEX),
    ("tcp.options.rvbd.probe.flags.last", T.BOOLEAN, "The probe is the last notice."),
    ("tcp.options.rvbd.probe.flags.notcfe", T.BOOLEAN, "The probe's sender is no client-facing device."),
    ("tcp.options.rvbd.probe.prober", T.IPV4, "Address of the probe's sender."),
    ("tcp.options.rvbd.probe.reserved", T.UINT8, "The reserved bits of a Riverbed probe.", _HEX),
    ("tcp.options.rvbd.probe.type1", T.UINT8, "Kind of a Riverbed probe, first part."),
    ("tcp.options.rvbd.probe.type2", T.UINT8, "Kind of a Riverbed probe, second part."),
    ("tcp.options.rvbd.probe.version", T.UINT8, "Version of a Riverbed probe."),
    ("tcp.options.rvbd.probe.version_raw", T.UINT8, "Version of a Riverbed probe as in the option."),
    ("tcp.pdu.size", T.UINT32, "Length of a message of the protocol above."),
    ("udp.checksum.zero", T.NONE, "A datagram over IPv6 has no checksum."),
    ("udp.length.bad", T.NONE, "The datagram's length cannot be right."),
    ("udp.possible_traceroute", T.NONE, "The datagram may be one of traceroute."),
    ("udp.stream", T.UINT32, "Number of the UDP conversation, from 0."),
    ("udp.time_delta", T.RELATIVE_TIME, "Time since the conversation's frame before."),
    ("udp.time_relative", T.RELATIVE_TIME, "Time since the conversation's first frame."),
)


#: What nothing reads: ``tcp.pdu.size`` is most often of protocols that are not read here, those of HTTP are of what is
#: no HTTP over TCP.
_UNREAD: Final = frozenset({"http.bad_header_name", "http.notification", "http.unknown_header", "tcp.pdu.size"})
#: Fields of both ends' addresses together.
_EITHER: Final = frozenset({"ipv6.tc_ipv4", "ipv6.tc_port", "ipv6.ts_ipv4"})

#: Numbers of which only some have a name.
_SPECIAL: Final = frozenset({
    "icmpv6.opt.prefix.preferred_lifetime", "icmpv6.opt.prefix.valid_lifetime", "icmpv6.opt.rdnss.lifetime",
    "icmpv6.opt.route_lifetime",
})  # fmt: skip


def _source(name: str) -> AnyOf | Reader:
    if name in _EITHER:
        end = name.removeprefix("ipv6.")
        return AnyOf((f"ipv6.src_{end}", f"ipv6.dst_{end}"))
    return Reader.UNREAD if name in _UNREAD else Reader.TREE


def _row(name: str, kind: T, doc: str, base: Base = Base.DECIMAL) -> Field:
    unit = Unit.SECONDS if kind is T.RELATIVE_TIME else Unit.NONE
    # All but what the capture file says of the frame stand in headers, which tunnels and quotes repeat.
    row = Field(name, kind, doc, _source(name), unit, repeats=not name.startswith("frame."), base=base)
    return replace(row, unnamed="") if name in _SPECIAL else row


SELDOM_FIELDS: Final = tuple(_row(*row) for row in _TABLE)
