"""One line about a DNS message: RFC 1035, mDNS (RFC 6762), LLMNR (RFC 4795)."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Final

import dpkt

from tcptui.model.safe_text import safe_text
from tcptui.protocols.dns.codes import RCODES, RECORD_TYPES
from tcptui.protocols.other.line import TEXT_LIMIT, Line

_HEAD: Final = 12
#: Records of an answer that are read at most, and answers that are named.
_RECORDS: Final = 32
_NAMED: Final = 3
_OPERATIONS: Final = {2: "STATUS", 4: "NOTIFY", 5: "UPDATE"}
_ADDRESSES: Final = {1: 4, 28: 16}
_NAMES: Final = (2, 5, 12, 39)


def read_dns(payload: bytes) -> Line:
    """The line of one message; raises as dpkt does for bytes that are none."""
    _number, flags, questions, answers, _authorities, _additional = struct.unpack_from("!6H", payload)
    is_answer, operation, code = flags >> 15, flags >> 11 & 15, flags & 15
    offset, asked, kind = _HEAD, "", 0
    if questions:
        asked, offset = dpkt.dns.unpack_name(payload, offset)
        kind = struct.unpack_from("!H", payload, offset)[0]
        offset += 4
        for _ in range(min(questions, _RECORDS) - 1):
            offset = dpkt.dns.unpack_name(payload, offset)[1] + 4
    facts: dict[str, object] = {"type": RECORD_TYPES.get(kind, f"TYPE{kind}"), "name": _safe(asked)}
    if operation:
        facts["operation"] = _OPERATIONS.get(operation, f"OPCODE{operation}")
        return Line("dns-operation-answer" if is_answer else "dns-operation", facts)
    if not is_answer:
        return Line("dns-query", facts)
    if code:
        return Line("dns-error", {**facts, "code": RCODES.get(code, f"RCODE{code}")})
    found: list[str] = []
    for _ in range(min(answers, _RECORDS)):
        owner, offset = dpkt.dns.unpack_name(payload, offset)
        each, _class, _ttl, size = struct.unpack_from("!HHIH", payload, offset)
        offset += 10
        if not questions and not facts["name"]:
            facts = {"type": RECORD_TYPES.get(each, f"TYPE{each}"), "name": _safe(owner)}
        found.append(_value(payload, each, offset, size))
        offset += size
    if not found:
        return Line("dns-truncated" if flags & 0x0200 else "dns-nothing", facts)
    facts["found"] = ", ".join(found[:_NAMED]) + (" …" if answers > _NAMED else "")
    return Line("dns-answer", facts)


def _value(payload: bytes, kind: int, offset: int, size: int) -> str:
    if _ADDRESSES.get(kind) == size and offset + size <= len(payload):
        return str(ip_address(payload[offset : offset + size]))
    if kind in _NAMES:
        return _safe(dpkt.dns.unpack_name(payload, offset)[0])
    return RECORD_TYPES.get(kind, f"TYPE{kind}")


def _safe(name: str) -> str:
    """The name as safe text; the root is a dot."""
    return safe_text(name, TEXT_LIMIT) or "."
