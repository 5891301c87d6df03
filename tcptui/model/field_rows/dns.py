"""Fields of DNS, over TCP and UDP."""

from __future__ import annotations

from typing import Final

from tcptui.model.field import Base, FieldType, Unit
from tcptui.model.field_rows.dns_field import dns_field
from tcptui.model.field_rows.dns_records import DNS_RECORD_FIELDS
from tcptui.model.field_rows.dns_security import DNS_SECURITY_FIELDS

_BYTES: Final = Unit.BYTES
_T = FieldType

DNS_FIELDS: Final = (
    dns_field("length", _T.UINT16, "Length of the message over TCP.", _BYTES),
    dns_field("id", _T.UINT16, "Number that pairs a query with its response.", base=Base.HEXADECIMAL),
    dns_field("flags", _T.UINT16, "All flags of the message.", base=Base.HEXADECIMAL),
    dns_field("flags.response", _T.BOOLEAN, "The message is a response."),
    dns_field("flags.opcode", _T.UINT16, "Operation: 0 a query, 4 notify, 5 update."),
    dns_field("flags.authoritative", _T.BOOLEAN, "The server is an authority for the name."),
    dns_field("flags.conflict", _T.BOOLEAN, "More than one host responded to an LLMNR query."),
    dns_field("flags.truncated", _T.BOOLEAN, "The message was cut to fit."),
    dns_field("flags.tentative", _T.BOOLEAN, "The LLMNR responder has not yet verified that the name is its own."),
    dns_field("flags.recdesired", _T.BOOLEAN, "The client wants the server to ask other servers."),
    dns_field("flags.recavail", _T.BOOLEAN, "The server can ask other servers."),
    dns_field("flags.z", _T.BOOLEAN, "The reserved bit is set."),
    dns_field("flags.authenticated", _T.BOOLEAN, "The server has verified the response (DNSSEC)."),
    dns_field("flags.checkdisable", _T.BOOLEAN, "The client accepts data that was not verified."),
    dns_field("flags.rcode", _T.UINT16, "Response code, without what EDNS adds."),
    dns_field("count.queries", _T.UINT16, "How many queries the message has."),
    dns_field("count.answers", _T.UINT16, "How many answer records there are."),
    dns_field("count.auth_rr", _T.UINT16, "How many records name authorities."),
    dns_field("count.add_rr", _T.UINT16, "How many additional records there are."),
    dns_field("count.zones", _T.UINT16, "How many zones an update names."),
    dns_field("count.prerequisites", _T.UINT16, "How many conditions an update has."),
    dns_field("count.updates", _T.UINT16, "How many records an update changes."),
    dns_field("qry.name", _T.STRING, "The name of the query."),
    dns_field("qry.name.len", _T.UINT16, "Length of the name of the query.", _BYTES),
    dns_field("count.labels", _T.UINT16, "How many labels the name of the query has."),
    dns_field("qry.type", _T.UINT16, "Type of the records queried."),
    dns_field("qry.class", _T.UINT16, "Class of the records queried.", base=Base.HEXADECIMAL),
    dns_field("qry.qu", _T.BOOLEAN, "Multicast DNS: the response may go to the asking host alone."),
    dns_field("resp.name", _T.STRING, "The name that a record is about."),
    dns_field("resp.type", _T.UINT16, "Type of a record."),
    dns_field("resp.class", _T.UINT16, "Class of a record.", base=Base.HEXADECIMAL),
    dns_field("resp.cache_flush", _T.BOOLEAN, "Multicast DNS: the record replaces those known before."),
    dns_field("resp.ttl", _T.UINT32, "How long a record may be kept.", Unit.SECONDS),
    dns_field("resp.len", _T.UINT16, "Length of a record's data.", _BYTES),
    *DNS_RECORD_FIELDS,
    *DNS_SECURITY_FIELDS,
    dns_field("rr.udp_payload_size", _T.UINT16, "The longest message that its sender accepts over UDP (EDNS).", _BYTES),
    dns_field(
        "resp.ext_rcode", _T.UINT8, "What EDNS adds to the response code: its higher bits.", base=Base.HEXADECIMAL
    ),
    dns_field("resp.edns0_version", _T.UINT8, "Version of EDNS."),
    dns_field("resp.z", _T.UINT16, "Flags of EDNS.", base=Base.HEXADECIMAL),
    dns_field("resp.z.do", _T.BOOLEAN, "Signatures are wanted (DNSSEC OK)."),
    dns_field("resp.z.reserved", _T.UINT16, "Flags of EDNS without a meaning.", base=Base.HEXADECIMAL),
    dns_field("opt", _T.NONE, "An option of EDNS."),
    dns_field("opt.code", _T.UINT16, "Number of an option of EDNS."),
    dns_field("opt.len", _T.UINT16, "Length of an option of EDNS.", _BYTES),
    dns_field("opt.data", _T.BYTES, "Data of an option of EDNS."),
    dns_field("opt.cookie.client", _T.BYTES, "The client's part of a cookie."),
    dns_field("opt.cookie.server", _T.BYTES, "The server's part of a cookie."),
    dns_field("opt.dau", _T.UINT8, "An algorithm of signatures that the client knows."),
    dns_field("opt.dhu", _T.UINT8, "An algorithm of digests that the client knows."),
    dns_field("opt.n3u", _T.UINT8, "A hash of NSEC3 that the client knows."),
    dns_field("opt.client.family", _T.UINT16, "Family of the network that a query comes from."),
    dns_field("opt.client.netmask", _T.UINT8, "How many bits of the client's network are given."),
    dns_field("opt.client.scope", _T.UINT8, "For how many bits the response is valid."),
    dns_field("opt.client.addr4", _T.IPV4, "The IPv4 network that a query comes from."),
    dns_field("opt.client.addr6", _T.IPV6, "The IPv6 network that a query comes from."),
    dns_field("opt.client.addr", _T.BYTES, "The network of another family that a query comes from."),
    dns_field("opt.edns_tcp_keepalive.timeout", _T.UINT16, "Tenths of a second that a connection may be idle."),
    dns_field("opt.padding", _T.BYTES, "Bytes that hide a message's length."),
    dns_field("opt.chain.fqdn", _T.STRING, "The name from which the client trusts signatures."),
    dns_field("opt.ext_error.info_code", _T.UINT16, "Why the server could not give a full response (RFC 8914)."),
    dns_field("opt.ext_error.extra_text", _T.STRING, "The same in words."),
    dns_field("response_in", _T.FRAMENUM, "The frame with the response."),
    dns_field("response_to", _T.FRAMENUM, "The frame with the query."),
    dns_field("retransmission", _T.BOOLEAN, "The message is a repeat."),
    dns_field("retransmit_request", _T.NONE, "A query over UDP that was sent before, and has no response yet."),
    dns_field("retransmit_request_in", _T.FRAMENUM, "The frame that sent it first."),
    dns_field("retransmit_response", _T.NONE, "A response over UDP to a query that already had one."),
    dns_field("retransmit_response_in", _T.FRAMENUM, "The frame with the first response."),
    dns_field("unsolicited", _T.BOOLEAN, "A response whose query was not captured."),
    dns_field("time", _T.RELATIVE_TIME, "Time from query to response.", Unit.SECONDS),
)
