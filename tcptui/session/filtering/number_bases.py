"""In which base numbers are printed: most are decimal."""

from __future__ import annotations

from typing import Final

#: Fields that ``tshark -T fields`` prints in hexadecimal, with all digits of their type.
HEXADECIMAL: Final = frozenset({
    "ah.spi", "arp.proto.type", "dns.caa.flags", "dns.cert.key_tag", "dns.csync.flags", "dns.dnskey.flags",
    "dns.dnskey.flags.reserved", "dns.ds.key_id", "dns.flags", "dns.id", "dns.key.flags", "dns.qry.class",
    "dns.resp.class", "dns.resp.ext_rcode", "dns.resp.z", "dns.resp.z.reserved", "dns.wks.bits", "eth.fcs",
    "eth.type", "frame.packet_flags",
    "frame.packet_flags_direction", "http2.flags",
    "http2.flags.unused", "http2.flags.unused_continuation", "http2.flags.unused_data", "http2.flags.unused_headers",
    "http2.flags.unused_ping", "http2.flags.unused_push_promise", "http2.flags.unused_settings", "http2.goway.r",
    "http2.padding", "http2.push_promise.r", "http2.r", "http2.window_update.r", "icmp.checksum",
    "icmp.ext.checksum", "icmp.ext.res", "icmp.mip.flags", "icmp.mip.reserved", "icmpv6.checksum",
    "icmpv6.echo.identifier", "icmpv6.nd.na.flag", "icmpv6.nd.ra.flag", "icmpv6.opt.prefix.flag",
    "icmpv6.opt.route_info.flag", "ip.checksum", "ip.dsfield", "ip.flags", "ip.id", "ipv6.flow",
    "ipv6.fraghdr.ident", "ipv6.fraghdr.reserved_octet", "ipv6.opt.type", "ipv6.opt.type.rest", "ipv6.tclass",
    "mariadb.extcaps.client", "mariadb.extcaps.server", "mysql.binlog.event_header.flags", "mysql.binlog.flags",
    "mysql.binlog.server_id", "mysql.caps.client", "mysql.caps.server", "mysql.caps.unused", "mysql.extcaps.client",
    "mysql.extcaps.server", "mysql.field.flags", "mysql.query_attr_name_type",
    "mysql.response_code", "mysql.server_status",
    "sll.etype", "sll.ltype", "tcp.checksum", "tcp.flags", "tcp.options.experimental.exid",
    "tcp.options.mptcp.checksum", "tcp.options.mptcp.flags", "tcp.options.mptcp.reserved.flag",
    "tcp.options.rvbd.probe.flags", "tcp.options.rvbd.probe.reserved", "tls.handshake.ciphersuite",
    "tls.handshake.extensions.supported_version", "tls.handshake.extensions_supported_group",
    "tls.handshake.server_curve_type", "tls.handshake.server_named_curve", "tls.handshake.sig_hash_alg",
    "tls.handshake.version", "tls.record.version", "udp.checksum", "vlan.etype", "websocket.rsv",
})  # fmt: skip
