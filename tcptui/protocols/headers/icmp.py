"""ICMP and ICMPv6; an error quotes the packet that caused it (RFC 792, 4443), and may have extensions (RFC 4884)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.data import data_step
from tcptui.protocols.headers.field_line import dotted
from tcptui.protocols.headers.frame import NS_PER_SECOND, date_text, seconds_text
from tcptui.protocols.headers.icmp_bodies import identifier_lines, mask_lines, router_lines, timestamp_lines
from tcptui.protocols.headers.icmpv6_bodies import BODIES as V6_BODIES
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.wire.checksum import internet_checksum, ones_complement_sum, pseudo_header

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

    BodyReader = Callable[[Branch, int, FrameBytes], None]

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
_V6_TYPES: Final[dict[int, str]] = {
    _V6_UNREACHABLE: "Destination Unreachable",
    _V6_TOO_BIG: "Packet Too Big",
    _V6_EXCEEDED: "Time Exceeded",
    _V6_PARAMETER: "Parameter Problem",
    _V6_ECHO: "Echo (ping) request",
    _V6_ECHO_REPLY: "Echo (ping) reply",
    130: "Multicast Listener Query",
    131: "Multicast Listener Report",
    132: "Multicast Listener Done",
    133: "Router Solicitation",
    134: "Router Advertisement",
    135: "Neighbor Solicitation",
    136: "Neighbor Advertisement",
    137: "Redirect",
    143: "Multicast Listener Report Message v2",
}
_V6_ERRORS: Final = frozenset({_V6_UNREACHABLE, _V6_TOO_BIG, _V6_EXCEEDED, _V6_PARAMETER})
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
    layer.add(f"Type: {kind} ({_TYPES.get(kind, 'Unknown')})", start, 1, "icmp.type")
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
    if kind in (_ECHO, _ECHO_REPLY):
        identifier_lines(layer, start, source)
        dissection.parent = layer
        return data_step(start + 8 + _stamp_lines(dissection, layer, start + 8, source), source)
    if kind not in _ERRORS:
        _body(layer, start, source, _BODIES.get(kind))
        return None
    _error_lines(layer, start, source)
    if not dissection.quoting:
        source = _without_extensions(dissection, start, source)
    return _quote(dissection, layer, Protocol.IPV4, start + _HEADER, source)


def _error_lines(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append what the second word of an error says, as far as there is any."""
    kind, code, at = source.number(start, 1), source.number(start + 1, 1), start + 4
    said = source.number(start + 5, 1) if kind in _EXTENDED else 0
    if kind == _PARAMETER:
        layer.add(f"Pointer: {source.number(at, 1)}", at, 1, "icmp.pointer")
        at += 1
    elif said:
        _unused(layer, at, 1, source)
    if said:
        line = layer.add(f"Length: {said}", start + 5, 1)
        line.concluded(f"Length of original datagram: {4 * said}")
        at = start + 6
    if kind == _REDIRECT:
        layer.add(f"Gateway Address: {dotted(source.take(at, 4))}", at, 4, "icmp.redir_gw")
    elif kind == _UNREACHABLE and code == _FRAGMENTATION_NEEDED:
        if not said:
            _unused(layer, at, 2, source)
        layer.add(f"MTU of next hop: {source.number(start + 6, 2)}", start + 6, 2, "icmp.mtu")
    elif kind != _QUENCH:
        _unused(layer, at, start + _HEADER - at, source)


def _unused(layer: Branch, at: int, size: int, source: FrameBytes) -> None:
    layer.add(f"Unused: {source.take(at, size).hex()}", at, size, "icmp.unused")


def _body(layer: Branch, start: int, source: FrameBytes, read: BodyReader | None) -> None:
    """Append what ``read`` makes of the message, or its bytes."""
    if read is not None:
        read(layer, start, source)
    elif start + 4 < source.captured_end():
        rest = source.data[start + 4 : source.captured_end()]
        layer.add(f"Message Body: {shortened(rest)}", start + 4, len(rest))


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
            since = f"Timestamp from icmp data (relative): {seconds_text(arrived - stamp)} seconds"
            layer.concluded(since, "icmp.data_time_relative")
            return _STAMP
    return 0


def _echo_lines(layer: Branch, start: int, source: FrameBytes) -> None:
    layer.add(f"Identifier: 0x{source.number(start + 4, 2):04x}", start + 4, 2, "icmpv6.echo.identifier")
    layer.add(f"Sequence: {source.number(start + 6, 2)}", start + 6, 2, "icmpv6.echo.sequence_number")


def read_icmpv6(dissection: Dissection, step: Step) -> Step | None:
    """An ICMPv6 message, and the packet it quotes if it is an error."""
    start, source = step.start, step.source
    layer = dissection.layer("Internet Control Message Protocol v6", start, source.end - start, "icmpv6")
    kind = source.number(start, 1)
    dissection.protocols.append("icmpv6")
    if not dissection.quoting:
        dissection.coloring.icmpv6_types.add(kind)
    layer.add(f"Type: {_V6_TYPES.get(kind, 'Unknown')} ({kind})", start, 1, "icmpv6.type")
    code = source.number(start + 1, 1)
    name = _V6_CODES.get(kind, {}).get(code)
    layer.add(f"Code: {code} ({name})" if name else f"Code: {code}", start + 1, 1, "icmpv6.code")
    origin, target = dissection.addresses
    before = pseudo_header(origin, target, source.end - start, _ICMPV6_PROTOCOL) if len(origin) == 16 else b""
    if dissection.quoting or not before:
        layer.add(f"Checksum: 0x{source.number(start + 2, 2):04x} [unverified]", start + 2, 2, "icmpv6.checksum")
    else:
        _checksum_line(layer, start, source, before, "icmpv6.checksum", "icmpv6.checksum_bad.expert")
    if kind in (_V6_ECHO, _V6_ECHO_REPLY):
        _echo_lines(layer, start, source)
        dissection.parent = layer
        return data_step(start + 8, source)
    if kind not in _V6_ERRORS:
        _body(layer, start, source, V6_BODIES.get(kind))
        return None
    rest = source.take(start + 4, 4)
    if kind == _V6_TOO_BIG:
        layer.add(f"MTU: {source.number(start + 4, 4)}", start + 4, 4, "icmpv6.mtu")
    elif kind == _V6_PARAMETER:
        layer.add(f"Pointer: {source.number(start + 4, 4)}", start + 4, 4, "icmpv6.pointer")
    else:
        layer.add(f"Reserved: {rest.hex()}", start + 4, 4, "icmpv6.reserved")
    return _quote(dissection, layer, Protocol.IPV6, start + 8, source)
