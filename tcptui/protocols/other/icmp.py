"""One line about an ICMP or ICMPv6 message (RFC 792, RFC 4443, RFC 4861)."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Final

import dpkt

from tcptui.model.other_protocol import Space, code, protocol_name
from tcptui.protocols.other.line import Line

#: Kinds of lines by (type, code); by type alone where the code says nothing more.
_ERRORS: Final = {
    (3, 0): "net-unreachable", (3, 1): "host-unreachable", (3, 2): "protocol-unreachable", (3, 3): "port-unreachable",
    (3, 4): "too-big", (3, 9): "prohibited", (3, 10): "prohibited", (3, 13): "prohibited", (11, 0): "expired",
    (11, 1): "reassembly-expired",
}  # fmt: skip
_ERROR_TYPES: Final = {3: "unreachable", 4: "source-quench", 5: "redirect", 11: "expired", 12: "parameter"}
_ERRORS_6: Final = {
    (1, 0): "net-unreachable", (1, 1): "prohibited", (1, 3): "host-unreachable", (1, 4): "port-unreachable",
    (3, 0): "expired", (3, 1): "reassembly-expired",
}  # fmt: skip
_ERROR_TYPES_6: Final = {1: "unreachable", 2: "too-big", 3: "expired", 4: "parameter"}
_ECHOES: Final = {8: "echo-request", 0: "echo-reply"}
_ECHOES_6: Final = {128: "echo-request", 129: "echo-reply"}
_PLAIN: Final = {9: "router-here", 10: "router-wanted", 13: "timestamp-request", 14: "timestamp-reply"}
_PLAIN_6: Final = {
    130: "group-query", 131: "group-report", 132: "group-leave", 133: "router-wanted", 134: "router-here",
    137: "redirect-6", 143: "group-report",
}  # fmt: skip
_NEIGHBOURS: Final = {135: "neighbor-wanted", 136: "neighbor-here"}
_HEAD: Final = 8
#: Protocols whose ports are the first four bytes of their header.
_WITH_PORTS: Final = (6, 17, 33, 132, 136)


def read_icmp(raw: bytes) -> Line:
    """The line of one ICMP message; raises as dpkt does for bytes that are none."""
    message = dpkt.icmp.ICMP(raw[:4])
    return _read(int(message.type), int(message.code), raw, version=4)


def read_icmpv6(raw: bytes) -> Line:
    """The line of one ICMPv6 message; raises as dpkt does for bytes that are none."""
    message = dpkt.icmp6.ICMP6(raw[:4])
    return _read(int(message.type), int(message.code), raw, version=6)


def _read(kind: int, detail: int, raw: bytes, version: int) -> Line:
    errors, types, echoes, plain = (
        (_ERRORS, _ERROR_TYPES, _ECHOES, _PLAIN) if version == 4 else (_ERRORS_6, _ERROR_TYPES_6, _ECHOES_6, _PLAIN_6)
    )
    facts: dict[str, object] = {"type": kind, "code": detail}
    if kind in echoes:
        identifier, sequence = struct.unpack_from("!HH", raw, 4)
        return Line(echoes[kind], {"id": identifier, "sequence": sequence})
    if kind in types:
        facts["mtu"] = int.from_bytes(raw[6:8] if version == 4 else raw[4:8], "big")
        facts["quoted"] = quoted_text(raw[_HEAD:])
        return Line(errors.get((kind, detail), types[kind]), facts)
    if version == 6 and kind in _NEIGHBOURS:
        return Line(_NEIGHBOURS[kind], {"target": str(ip_address(raw[_HEAD : _HEAD + 16]))})
    return Line(plain.get(kind, "icmp"), facts)


def quoted_text(raw: bytes) -> str:
    """Protocol and ends of the quoted datagram, as "UDP a:1 → b:2"; empty where too little is quoted."""
    if len(raw) >= 20 and raw[0] >> 4 == 4:
        begin, protocol, ends = (raw[0] & 15) * 4, raw[9], (raw[12:16], raw[16:20])
    elif len(raw) >= 40 and raw[0] >> 4 == 6:
        begin, protocol, ends = 40, raw[6], (raw[8:24], raw[24:40])
    else:
        return ""
    hosts = [str(ip_address(end)) for end in ends]
    if protocol in _WITH_PORTS and len(raw) >= begin + 4:
        ports = struct.unpack_from("!HH", raw, begin)
        hosts = [
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in zip(hosts, ports, strict=True)
        ]
    name = {6: "TCP", 17: "UDP"}.get(protocol) or protocol_name(code(Space.IP, protocol))
    return f"{name} {hosts[0]} → {hosts[1]}"
