"""One line about a DNS message: RFC 1035, mDNS (RFC 6762), LLMNR (RFC 4795)."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Final

import dpkt

from tcptui.model.safe_text import safe_text
from tcptui.protocols.other.line import TEXT_LIMIT, Line

_HEAD: Final = 12
#: Records of an answer that are read at most, and answers that are named.
_RECORDS: Final = 32
_NAMED: Final = 3
_TYPES: Final = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 28: "AAAA", 29: "LOC",
    33: "SRV", 35: "NAPTR", 39: "DNAME", 41: "OPT", 43: "DS", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 52: "TLSA",
    64: "SVCB", 65: "HTTPS", 251: "IXFR", 252: "AXFR", 255: "ANY", 257: "CAA",
}  # fmt: skip
_CODES: Final = {
    1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET", 8: "NXRRSET",
    9: "NOTAUTH", 10: "NOTZONE",
}  # fmt: skip
_OPERATIONS: Final = {2: "STATUS", 4: "NOTIFY", 5: "UPDATE"}
_ADDRESSES: Final = {1: 4, 28: 16}
_NAMES: Final = (2, 5, 12, 39)


def read_dns(payload: bytes) -> Line:
    """The line of one message; raises as dpkt does for bytes that are none."""
    number, flags, questions, answers, _authorities, _additional = struct.unpack_from("!6H", payload)
    is_answer, operation, code = flags >> 15, flags >> 11 & 15, flags & 15
    offset, asked, kind = _HEAD, "", 0
    if questions:
        asked, offset = dpkt.dns.unpack_name(payload, offset)
        kind = struct.unpack_from("!H", payload, offset)[0]
        offset += 4
        for _ in range(min(questions, _RECORDS) - 1):
            offset = dpkt.dns.unpack_name(payload, offset)[1] + 4
    facts: dict[str, object] = {"type": _TYPES.get(kind, f"TYPE{kind}"), "name": _safe(asked)}
    if operation:
        facts["operation"] = _OPERATIONS.get(operation, f"OPCODE{operation}")
        return Line("dns-operation-answer" if is_answer else "dns-operation", facts)
    if not is_answer:
        return Line("dns-query", facts, asks=number)
    if code:
        return Line("dns-error", {**facts, "code": _CODES.get(code, f"RCODE{code}")}, answers=number)
    found: list[str] = []
    for _ in range(min(answers, _RECORDS)):
        owner, offset = dpkt.dns.unpack_name(payload, offset)
        each, _class, _ttl, size = struct.unpack_from("!HHIH", payload, offset)
        offset += 10
        if not questions and not facts["name"]:
            facts = {"type": _TYPES.get(each, f"TYPE{each}"), "name": _safe(owner)}
        found.append(_value(payload, each, offset, size))
        offset += size
    if not found:
        return Line("dns-truncated" if flags & 0x0200 else "dns-nothing", facts, answers=number)
    facts["found"] = ", ".join(found[:_NAMED]) + (" …" if answers > _NAMED else "")
    return Line("dns-answer", facts, answers=number)


def _value(payload: bytes, kind: int, offset: int, size: int) -> str:
    if _ADDRESSES.get(kind) == size and offset + size <= len(payload):
        return str(ip_address(payload[offset : offset + size]))
    if kind in _NAMES:
        return _safe(dpkt.dns.unpack_name(payload, offset)[0])
    return _TYPES.get(kind, f"TYPE{kind}")


def _safe(name: str) -> str:
    """The name as safe text; the root is a dot."""
    return safe_text(name, TEXT_LIMIT) or "."
