"""ICMP and ICMPv6 errors and echoes; an error quotes the packet that caused it (RFC 792, 4443)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.data import data_step
from tcptui.protocols.headers.ipv4 import dotted
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.wire.checksum import internet_checksum, ones_complement_sum, pseudo_header

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

_UNREACHABLE, _QUENCH, _REDIRECT, _EXCEEDED, _PARAMETER = 3, 4, 5, 11, 12
_ECHO_REPLY, _ECHO = 0, 8
_V6_UNREACHABLE, _V6_TOO_BIG, _V6_EXCEEDED, _V6_PARAMETER = 1, 2, 3, 4
_V6_ECHO, _V6_ECHO_REPLY = 128, 129
_FRAGMENTATION_NEEDED: Final = 4
_ICMP_PROTOCOL: Final = 1
_ICMPV6_PROTOCOL: Final = 58

#: Types that are read here (errors and echoes); scapy shows the others.
_TYPES: Final[dict[int, str]] = {
    _ECHO_REPLY: "Echo (ping) reply",
    _UNREACHABLE: "Destination unreachable",
    _QUENCH: "Source quench (flow control)",
    _REDIRECT: "Redirect",
    _ECHO: "Echo (ping) request",
    _EXCEEDED: "Time-to-live exceeded",
    _PARAMETER: "Parameter problem",
}
_CODES: Final[dict[int, dict[int, str]]] = {
    _UNREACHABLE: {
        0: "Network unreachable",
        1: "Host unreachable",
        2: "Protocol unreachable",
        3: "Port unreachable",
        4: "Fragmentation needed",
        5: "Source route failed",
        6: "Destination network unknown",
        7: "Destination host unknown",
        8: "Source host isolated",
        9: "Network administratively prohibited",
        10: "Host administratively prohibited",
        11: "Network unreachable for TOS",
        12: "Host unreachable for TOS",
        13: "Communication administratively filtered",
        14: "Host precedence violation",
        15: "Precedence cutoff in effect",
    },
    _REDIRECT: {
        0: "Redirect for network",
        1: "Redirect for host",
        2: "Redirect for TOS and network",
        3: "Redirect for TOS and host",
    },
    _EXCEEDED: {0: "Time to live exceeded in transit", 1: "Fragment reassembly time exceeded"},
    _PARAMETER: {0: "Pointer indicates the error", 1: "Required option missing", 2: "Bad length"},
}
_V6_TYPES: Final[dict[int, str]] = {
    _V6_UNREACHABLE: "Destination Unreachable",
    _V6_TOO_BIG: "Packet Too Big",
    _V6_EXCEEDED: "Time Exceeded",
    _V6_PARAMETER: "Parameter Problem",
    _V6_ECHO: "Echo (ping) request",
    _V6_ECHO_REPLY: "Echo (ping) reply",
}
_V6_CODES: Final[dict[int, dict[int, str]]] = {
    _V6_UNREACHABLE: {
        0: "no route to destination",
        1: "Administratively prohibited",
        2: "Beyond scope of source address",
        3: "Address unreachable",
        4: "Port unreachable",
        5: "Source address failed ingress/egress policy",
        6: "Reject route to destination",
    },
    _V6_EXCEEDED: {0: "hop limit exceeded in transit", 1: "fragment reassembly time exceeded"},
    _V6_PARAMETER: {
        0: "erroneous header field encountered",
        1: "unrecognized Next Header type encountered",
        2: "unrecognized IPv6 option encountered",
    },
}


def _checksum_line(layer: Branch, start: int, source: FrameBytes, before: bytes, field: str, bad: str) -> None:
    """Append the checksum, verified as in Wireshark: network cards do not offload it.

    ``before``: the pseudo-header.  ``bad``: field name of the expert note about a wrong checksum.
    """
    at = start + 2
    stated = source.number(at, 2)
    if source.captured_end() < source.end:
        layer.add(f"Checksum: 0x{stated:04x} [unverified] [fragmented datagram]", at, 2, field)
        layer.concluded("Checksum Status: Unverified", f"{field}.status")
        return
    message = source.take(start, source.end - start)
    if ones_complement_sum(before + message) == 0xFFFF:
        layer.add(f"Checksum: 0x{stated:04x} [correct]", at, 2, field)
        layer.concluded("Checksum Status: Good", f"{field}.status")
        return
    right = internet_checksum(before + message[:2] + b"\x00\x00" + message[4:])
    line = layer.add(f"Checksum: 0x{stated:04x} incorrect, should be 0x{right:04x}", at, 2, field)
    line.expert(ExpertLevel.WARNING, "Checksum", f"Bad checksum [should be 0x{right:04x}]", bad)
    layer.concluded("Checksum Status: Bad", f"{field}.status")


def _quote(dissection: Dissection, layer: Branch, protocol: Protocol, at: int, source: FrameBytes) -> Step | None:
    """The step that reads the quoted packet, below the ICMP layer; None when none of it was captured."""
    if at >= source.captured_end():
        return None
    dissection.parent = layer
    dissection.quoting = True
    return Step(protocol, at, source)


def read_icmp(dissection: Dissection, step: Step) -> Step | None:
    """An ICMP message, and the packet it quotes if it is an error."""
    start, source = step.start, step.source
    kind = source.number(start, 1)
    if kind not in _TYPES:
        return Step(Protocol.OTHER_IP, start, source, _ICMP_PROTOCOL)
    layer = dissection.layer("Internet Control Message Protocol", start, source.end - start, "icmp")
    dissection.protocols.append("icmp")
    if not dissection.quoting:
        dissection.coloring.icmp_types.add(kind)
    layer.add(f"Type: {kind} ({_TYPES[kind]})", start, 1, "icmp.type")
    code = source.number(start + 1, 1)
    name = _CODES.get(kind, {}).get(code)
    layer.add(f"Code: {code} ({name})" if name else f"Code: {code}", start + 1, 1, "icmp.code")
    if dissection.quoting:
        layer.add(
            f"Checksum: 0x{source.number(start + 2, 2):04x} [unverified] [in ICMP error packet]",
            start + 2,
            2,
            "icmp.checksum",
        )
        layer.concluded("Checksum Status: Unverified", "icmp.checksum.status")
    else:
        _checksum_line(layer, start, source, b"", "icmp.checksum", "icmp.checksum_bad")
    rest = source.take(start + 4, 4)
    if kind in (_ECHO, _ECHO_REPLY):
        _echo_lines(layer, start, source, "icmp")
        dissection.parent = layer
        return data_step(start + 8, source)
    if kind == _UNREACHABLE and code == _FRAGMENTATION_NEEDED:
        layer.add(f"Unused: {rest[:2].hex()}", start + 4, 2, "icmp.unused")
        layer.add(f"MTU of next hop: {source.number(start + 6, 2)}", start + 6, 2, "icmp.mtu")
    elif kind == _REDIRECT:
        layer.add(f"Gateway Address: {dotted(rest)}", start + 4, 4, "icmp.redir_gw")
    elif kind == _PARAMETER:
        layer.add(f"Pointer: {rest[0]}", start + 4, 1, "icmp.pointer")
        layer.add(f"Unused: {rest[1:].hex()}", start + 5, 3, "icmp.unused")
    else:
        layer.add(f"Unused: {rest.hex()}", start + 4, 4, "icmp.unused")
    return _quote(dissection, layer, Protocol.IPV4, start + 8, source)


def _echo_lines(layer: Branch, start: int, source: FrameBytes, prefix: str) -> None:
    identifier, sequence = source.number(start + 4, 2), source.number(start + 6, 2)
    if prefix == "icmpv6":
        layer.add(f"Identifier: 0x{identifier:04x}", start + 4, 2, "icmpv6.echo.identifier")
        layer.add(f"Sequence: {sequence}", start + 6, 2, "icmpv6.echo.sequence_number")
        return
    for title, value, at, field in (
        ("Identifier", identifier, start + 4, "icmp.ident"),
        ("Sequence Number", sequence, start + 6, "icmp.seq"),
    ):
        swapped = (value & 0xFF) << 8 | value >> 8
        layer.add(f"{title} (BE): {value} (0x{value:04x})", at, 2, field)
        layer.add(f"{title} (LE): {swapped} (0x{swapped:04x})", at, 2, f"{field}_le")


def read_icmpv6(dissection: Dissection, step: Step) -> Step | None:
    """An ICMPv6 message, and the packet it quotes if it is an error."""
    start, source = step.start, step.source
    kind = source.number(start, 1)
    if kind not in _V6_TYPES:
        return Step(Protocol.OTHER_IP, start, source, _ICMPV6_PROTOCOL)
    layer = dissection.layer("Internet Control Message Protocol v6", start, source.end - start, "icmpv6")
    dissection.protocols.append("icmpv6")
    if not dissection.quoting:
        dissection.coloring.icmpv6_types.add(kind)
    layer.add(f"Type: {_V6_TYPES[kind]} ({kind})", start, 1, "icmpv6.type")
    code = source.number(start + 1, 1)
    name = _V6_CODES.get(kind, {}).get(code)
    layer.add(f"Code: {code} ({name})" if name else f"Code: {code}", start + 1, 1, "icmpv6.code")
    origin, target = dissection.addresses
    before = pseudo_header(origin, target, source.end - start, _ICMPV6_PROTOCOL) if len(origin) == 16 else b""
    if dissection.quoting or not before:
        layer.add(f"Checksum: 0x{source.number(start + 2, 2):04x} [unverified]", start + 2, 2, "icmpv6.checksum")
    else:
        _checksum_line(layer, start, source, before, "icmpv6.checksum", "icmpv6.checksum_bad.expert")
    rest = source.take(start + 4, 4)
    if kind in (_V6_ECHO, _V6_ECHO_REPLY):
        _echo_lines(layer, start, source, "icmpv6")
        dissection.parent = layer
        return data_step(start + 8, source)
    if kind == _V6_TOO_BIG:
        layer.add(f"MTU: {source.number(start + 4, 4)}", start + 4, 4, "icmpv6.mtu")
    elif kind == _V6_PARAMETER:
        layer.add(f"Pointer: {source.number(start + 4, 4)}", start + 4, 4, "icmpv6.pointer")
    else:
        layer.add(f"Reserved: {rest.hex()}", start + 4, 4, "icmpv6.reserved")
    return _quote(dissection, layer, Protocol.IPV6, start + 8, source)
