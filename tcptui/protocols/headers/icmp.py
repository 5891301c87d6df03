"""ICMP and ICMPv6; an error quotes the packet that caused it (RFC 792, 4443), and may have extensions (RFC 4884)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.data import data_step
from tcptui.protocols.headers.field_line import NS_PER_SECOND, ChecksumStatus
from tcptui.protocols.headers.frame import date_text
from tcptui.protocols.headers.header import Header
from tcptui.protocols.headers.icmp_bodies import (
    checksum_lines,
    identifier_lines,
    mask_lines,
    router_lines,
    timestamp_lines,
)
from tcptui.protocols.headers.icmpv6_bodies import BODIES as V6_BODIES
from tcptui.wire.checksum import pseudo_header

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

    BodyReader = Callable[[Header], None]

_UNREACHABLE, _QUENCH, _REDIRECT, _EXCEEDED, _PARAMETER = 3, 4, 5, 11, 12
_ECHO_REPLY, _ECHO = 0, 8
_V6_UNREACHABLE, _V6_TOO_BIG, _V6_EXCEEDED, _V6_PARAMETER = 1, 2, 3, 4
_V6_ECHO, _V6_ECHO_REPLY = 128, 129
_FRAGMENTATION_NEEDED: Final = 4
_ICMPV6_PROTOCOL: Final = 58

#: Bytes of a quoted packet behind which its error has extensions (RFC 4884, 5.5).
_QUOTED: Final = 128
_HEADER: Final = 8
#: Of a message that is shorter Wireshark shows nothing.
_LEAST: Final = 6
#: What ping writes first: seconds and microseconds; a clock that is further away from the capture's is none.
_STAMP: Final = 8
_MICROSECONDS: Final = 1_000_000
_DAY: Final = 86_400
_ORDERS: Final[tuple[Literal["big", "little"], ...]] = ("big", "little")

_TYPES: Final[dict[int, str]] = {
    _ECHO_REPLY: "Echo (ping) reply",
    _UNREACHABLE: "Destination unreachable",
    _QUENCH: "Source quench (flow control)",
    _REDIRECT: "Redirect",
    _ECHO: "Echo (ping) request",
    _EXCEEDED: "Time-to-live exceeded",
    _PARAMETER: "Parameter problem",
    9: "Router advertisement",
    10: "Router solicitation",
    13: "Timestamp request",
    14: "Timestamp reply",
    15: "Information request",
    16: "Information reply",
    17: "Address mask request",
    18: "Address mask reply",
    30: "Traceroute",
    40: "Photuris",
    42: "Extended Echo request",
    43: "Extended Echo reply",
}
_ERRORS: Final = frozenset({_UNREACHABLE, _QUENCH, _REDIRECT, _EXCEEDED, _PARAMETER})
#: Errors that may say how much they quote (RFC 4884, 4).
_EXTENDED: Final = frozenset({_UNREACHABLE, _EXCEEDED, _PARAMETER})
_BODIES: Final = {
    9: router_lines,
    13: timestamp_lines,
    14: timestamp_lines,
    15: identifier_lines,
    16: identifier_lines,
    17: mask_lines,
    18: mask_lines,
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
_V6_ERRORS: Final = frozenset({_V6_UNREACHABLE, _V6_TOO_BIG, _V6_EXCEEDED, _V6_PARAMETER})
#: What the second word of an error says, and its size, where it says anything.
_V6_ERROR_WORDS: Final = {_V6_TOO_BIG: ("icmpv6.mtu", 4), _V6_PARAMETER: ("icmpv6.pointer", 4)}
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


def _quote(dissection: Dissection, layer: Branch, protocol: Protocol, at: int, source: FrameBytes) -> Step | None:
    """The step that reads the quoted packet, below the ICMP layer; None where nothing is quoted."""
    if at >= source.end:
        return None
    dissection.parent = layer
    dissection.quoting = True
    return Step(protocol, at, source)


def read_icmp(dissection: Dissection, step: Step) -> Step | None:
    """An ICMP message, and the packet it quotes if it is an error."""
    start, source = step.start, step.source
    source.take(start, _LEAST)
    kind = source.number(start, 1)
    layer = dissection.layer("Internet Control Message Protocol", start, source.end - start, "icmp")
    dissection.protocols.append("icmp")
    if not dissection.quoting:
        dissection.coloring.icmp_types.add(kind)
    header = Header(layer, source, start)
    header.field("icmp.type", start, text=f"{kind} ({_TYPES.get(kind, 'Unknown')})")
    _code_line(header, "icmp.code", _CODES.get(kind, {}))
    if dissection.quoting:
        header.field("icmp.checksum", start + 2, note=" [unverified] [in ICMP error packet]")
        layer.put("icmp.checksum.status", ChecksumStatus.UNVERIFIED)
    else:
        checksum_lines(header, b"", "icmp.checksum", "icmp.checksum_bad", " [fragmented datagram]")
    if kind in (_ECHO, _ECHO_REPLY):
        identifier_lines(header)
        dissection.parent = layer
        return data_step(start + 8 + _stamp_lines(dissection, layer, start + 8, source), source)
    if kind not in _ERRORS:
        _body(header, _BODIES.get(kind))
        return None
    _error_lines(header)
    if not dissection.quoting:
        source = _without_extensions(dissection, start, source)
    return _quote(dissection, layer, Protocol.IPV4, start + _HEADER, source)


def _code_line(header: Header, name: str, names: dict[int, str]) -> None:
    code = header.source.number(header.start + 1, 1)
    header.field(name, header.start + 1, text=f"{code} ({names[code]})" if code in names else str(code))


def _error_lines(header: Header) -> None:
    """Append what the second word of an error says, as far as there is any."""
    start, source = header.start, header.source
    kind, code, at = source.number(start, 1), source.number(start + 1, 1), start + 4
    said = source.number(start + 5, 1) if kind in _EXTENDED else 0
    if kind == _PARAMETER:
        header.field("icmp.pointer", at, 1)
        at += 1
    elif said:
        header.field("icmp.unused", at, 1)
    if said:
        line = header.node.add(f"Length: {said}", start + 5, 1)
        line.concluded(f"Length of original datagram: {4 * said}")
        at = start + 6
    if kind == _REDIRECT:
        header.field("icmp.redir_gw", at)
    elif kind == _UNREACHABLE and code == _FRAGMENTATION_NEEDED:
        if not said:
            header.field("icmp.unused", at, 2)
        header.field("icmp.mtu", start + 6)
    elif kind != _QUENCH:
        header.field("icmp.unused", at, start + _HEADER - at)


def _body(header: Header, read: BodyReader | None) -> None:
    """Append what ``read`` makes of the message, or its bytes."""
    start, source = header.start + 4, header.source
    if read is not None:
        read(header)
    elif start < source.captured_end():
        rest = source.data[start : source.captured_end()]
        header.node.add(f"Message Body: {shortened(rest)}", start, len(rest))


def _without_extensions(dissection: Dissection, start: int, source: FrameBytes) -> FrameBytes:
    """The bytes of the quoted packet alone; has `Dissection.extensions` where the error at ``start`` has any.

    As Wireshark 4.0 does, extensions are looked for behind 128 bytes, whatever the error says of their place.
    """
    begin = start + _HEADER + _QUOTED
    if begin >= source.end or begin > source.captured_end() or source.number(start + _HEADER + 2, 2) > _QUOTED:
        return source
    dissection.extensions = Step(Protocol.ICMP, begin, source)
    return source.within(begin)


def _stamp_lines(dissection: Dissection, layer: Branch, at: int, source: FrameBytes) -> int:
    """Append when ping says it sent the echo; returns how many bytes say so."""
    if source.captured_end() - at < _STAMP:
        return 0
    raw, arrived = source.take(at, _STAMP), dissection.view.time_ns
    for order in _ORDERS:
        seconds, micros = int.from_bytes(raw[:4], order), int.from_bytes(raw[4:], order)
        if abs(seconds - arrived // NS_PER_SECOND) < _DAY and micros < _MICROSECONDS:
            stamp = seconds * NS_PER_SECOND + 1_000 * micros
            when = date_text(stamp, dissection.options.zone)
            layer.add(f"Timestamp from icmp data: {when}", at, _STAMP, "icmp.data_time")
            layer.put("icmp.data_time_relative", arrived - stamp)
            return _STAMP
    return 0


def read_icmpv6(dissection: Dissection, step: Step) -> Step | None:
    """An ICMPv6 message, and the packet it quotes if it is an error."""
    start, source = step.start, step.source
    layer = dissection.layer("Internet Control Message Protocol v6", start, source.end - start, "icmpv6")
    kind = source.number(start, 1)
    dissection.protocols.append("icmpv6")
    if not dissection.quoting:
        dissection.coloring.icmpv6_types.add(kind)
    header = Header(layer, source, start)
    header.field("icmpv6.type", start)
    _code_line(header, "icmpv6.code", _V6_CODES.get(kind, {}))
    origin, target = dissection.addresses
    before = pseudo_header(origin, target, source.end - start, _ICMPV6_PROTOCOL) if len(origin) == 16 else b""
    if dissection.quoting or not before:
        header.field("icmpv6.checksum", start + 2, note=" [unverified]")
    else:
        checksum_lines(header, before, "icmpv6.checksum", "icmpv6.checksum_bad.expert", " [fragmented datagram]")
    if kind in (_V6_ECHO, _V6_ECHO_REPLY):
        header.field("icmpv6.echo.identifier", start + 4)
        header.field("icmpv6.echo.sequence_number", start + 6)
        dissection.parent = layer
        return data_step(start + 8, source)
    if kind not in _V6_ERRORS:
        _body(header, V6_BODIES.get(kind))
        return None
    name, size = _V6_ERROR_WORDS.get(kind, ("icmpv6.reserved", 4))
    header.field(name, start + 4, size)
    return _quote(dissection, layer, Protocol.IPV6, start + 8, source)
