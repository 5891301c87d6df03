"""The IPv4 header with its options (RFC 791)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.coloring_rules import ttl_is_low
from tcptui.protocols.headers.cursor import Dissection, Step, after_ip
from tcptui.protocols.headers.data import bits_label, data_step
from tcptui.protocols.headers.field_names import DSCP, ECN, ip_protocol_name
from tcptui.protocols.headers.fragments import reassembled_payload
from tcptui.protocols.headers.frame_bytes import FrameBytes, MalformedError
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch

_SHORTEST: Final = 20
_IGMP: Final = 2
#: Expected TTL of groups in 224.0.0.0/24, by last byte, where it is not 1 (VRRP, GLBP, mDNS); 0: any.
_LOCAL_GROUP_TTL: Final[dict[int, int]] = {18: 255, 102: 255, 251: 255, 252: 0}
_OPTION_NAMES: Final[dict[int, str]] = {
    0: "End of Options List (EOL)",
    1: "No-Operation (NOP)",
    7: "Record Route",
    68: "Time Stamp",
    130: "Security",
    131: "Loose Source Route",
    136: "Stream ID",
    137: "Strict Source Route",
    148: "Router Alert",
}
#: Display filter fields: Wireshark has a protocol of its own for each option.
_OPTION_FIELDS: Final[dict[int, str]] = {
    0: "ip.options.eol",
    1: "ip.options.nop",
    7: "ip.options.record_route",
    68: "ip.options.timestamp",
    130: "ip.options.security",
    131: "ip.options.route",
    136: "ip.options.sid",
    137: "ip.options.source_route",
    148: "ip.options.routeralert",
}
_OPTION_CLASSES: Final = ("Control", "Reserved for future use", "Debugging and measurement", "Reserved for future use")
_ADDRESS_OPTIONS: Final = frozenset({7, 131, 137})


def dotted(address: bytes) -> str:
    """The address in dotted decimal: ``192.168.0.50``."""
    return ".".join(map(str, address))


def dscp_and_ecn(traffic_class: int) -> tuple[str, str, str]:
    """Three texts about the former TOS byte: both short names in one, the DSCP's line, the ECN's line."""
    dscp, ecn = traffic_class >> 2, traffic_class & 3
    short_dscp, long_dscp = DSCP.get(dscp, ("Unknown", "Unknown"))
    short_ecn, long_ecn = ECN[ecn]
    return (
        f"DSCP: {short_dscp}, ECN: {short_ecn}",
        f"Differentiated Services Codepoint: {long_dscp} ({dscp})",
        f"Explicit Congestion Notification: {long_ecn} ({ecn})",
    )


def read_ipv4(dissection: Dissection, step: Step) -> Step | None:
    """Append the header; returns the step for what the protocol field announces, or for a fragment's bytes."""
    start, source = step.start, step.source
    layer = dissection.layer("Internet Protocol Version 4", start, _SHORTEST, "ip")
    dissection.protocols.append("ip")
    first = source.number(start, 1)
    header = (first & 0x0F) * 4
    _version_lines(layer, first, start)
    if header < _SHORTEST:
        layer.expert(ExpertLevel.ERROR, "Protocol", "Bogus IP header length", "ip.bogus_header_length")
        return None
    layer.length = max(0, min(header, source.captured_end() - start))
    short, dscp, ecn = dscp_and_ecn(tos := source.number(start + 1, 1))
    field = layer.add(f"Differentiated Services Field: 0x{tos:02x} ({short})", start + 1, 1, "ip.dsfield")
    field.add(bits_label(tos, 0xFC, 8, dscp), start + 1, 1, "ip.dsfield.dscp")
    field.add(bits_label(tos, 0x03, 8, ecn), start + 1, 1, "ip.dsfield.ecn")
    total = source.number(start + 2, 2)
    end = _total_length_line(layer, total, header, start, source, dissection.quoting)
    if dissection.network_end is None and not dissection.quoting:
        dissection.network_end = end
    identification = source.number(start + 4, 2)
    layer.add(f"Identification: 0x{identification:04x} ({identification})", start + 4, 2, "ip.id")
    fragment = _flag_lines(layer, start, source)
    ttl = source.number(start + 8, 1)
    ttl_node = layer.add(f"Time to Live: {ttl}", start + 8, 1, "ip.ttl")
    protocol = source.number(start + 9, 1)
    layer.add(f"Protocol: {ip_protocol_name(protocol)} ({protocol})", start + 9, 1, "ip.proto")
    checksum = source.number(start + 10, 2)
    layer.add(f"Header Checksum: 0x{checksum:04x} [validation disabled]", start + 10, 2, "ip.checksum")
    layer.concluded("Header checksum status: Unverified", "ip.checksum.status")
    origin, target = source.take(start + 12, 4), source.take(start + 16, 4)
    dissection.addresses = (origin, target)
    layer.label = f"Internet Protocol Version 4, Src: {dotted(origin)}, Dst: {dotted(target)}"
    layer.add(f"Source Address: {dotted(origin)}", start + 12, 4, "ip.src")
    layer.add(f"Destination Address: {dotted(target)}", start + 16, 4, "ip.dst")
    _ttl_notes(dissection, ttl_node, ttl, target, protocol)
    if header > _SHORTEST:
        _options(layer, start + _SHORTEST, source.within(start + header))
    if dissection.is_of_columns(start) and dissection.view.ip_stream >= 0:
        layer.concluded(f"Stream index: {dissection.view.ip_stream}", "ip.stream")
    inner = source.within(end)
    if fragment and not (dissection.quoting and fragment & 0x1FFF == 0):
        whole = reassembled_payload(dissection, layer, start + header, inner, (fragment & 0x1FFF) * 8)
        return data_step(start + header, inner) if whole is None else after_ip(protocol, 0, whole)
    return after_ip(protocol, start + header, inner) if start + header < inner.end else None


def _version_lines(layer: Branch, first: int, start: int) -> None:
    layer.add(bits_label(first, 0xF0, 8, f"Version: {first >> 4}"), start, 1, "ip.version")
    words = first & 0x0F
    bogus = f" (bogus, must be at least {_SHORTEST})" if words * 4 < _SHORTEST else ""
    text = (
        f"Header Length: {words * 4} bytes ({words}){bogus}"
        if not bogus
        else f"Header Length: {words * 4} bytes{bogus}"
    )
    layer.add(bits_label(first, 0x0F, 8, text), start, 1, "ip.hdr_len")


def _total_length_line(layer: Branch, total: int, header: int, start: int, source: FrameBytes, quoted: bool) -> int:
    """Append the total length, and return the offset at which the packet ends.

    A total length of 0 is the result of segmentation offload.
    """
    if total == 0:
        real = source.end - start
        why = 'reported as 0, presumed to be because of "TCP segmentation offload" (TSO)'
        layer.add(f"[Total Length: {real} bytes ({why})]", start + 2, 2, "ip.len")
        return source.end
    node = layer.add(f"Total Length: {total}", start + 2, 2, "ip.len")
    if total < header:
        node.expert(
            ExpertLevel.ERROR,
            "Protocol",
            f"IPv4 total length is shorter than its header ({total} < {header})",
            "ip.bogus_ip_length",
        )
        raise MalformedError
    if start + total > source.end and not quoted:
        node.expert(
            ExpertLevel.ERROR,
            "Protocol",
            f"IPv4 total length exceeds packet length ({source.end - start} bytes)",
            "ip.bogus_ip_length",
        )
        return source.end
    return min(start + total, source.end)


def _flag_lines(layer: Branch, start: int, source: FrameBytes) -> int:
    """Append flags and fragment offset; returns the 14 bits that are zero for an unfragmented datagram."""
    word = source.number(start + 6, 2)
    bits = word >> 13
    named = [name for bit, name in ((4, "Reserved bit"), (2, "Don't fragment"), (1, "More fragments")) if bits & bit]
    names = "".join(f", {name}" for name in named)
    high = word >> 8
    flags = layer.add(bits_label(high, 0xE0, 8, f"Flags: 0x{bits:x}{names}"), start + 6, 1, "ip.flags")
    for mask, title, name in (
        (0x80, "Reserved bit", "ip.flags.rb"),
        (0x40, "Don't fragment", "ip.flags.df"),
        (0x20, "More fragments", "ip.flags.mf"),
    ):
        state = "Set" if high & mask else "Not set"
        flags.add(bits_label(high, mask, 8, f"{title}: {state}"), start + 6, 1, name)
    offset = (word & 0x1FFF) * 8
    layer.add(bits_label(word, 0x1FFF, 16, f"Fragment Offset: {offset}"), start + 6, 2, "ip.frag_offset")
    return word & 0x3FFF


def _ttl_notes(dissection: Dissection, node: Branch, ttl: int, target: bytes, protocol: int) -> None:
    if ttl_is_low(ttl, target, protocol):
        dissection.coloring.low_ttl = True
    if target[:3] == b"\xe0\x00\x00":
        wanted = 1 if protocol == _IGMP else _LOCAL_GROUP_TTL.get(target[3], 1)
        if ttl != wanted and wanted:
            text = f'"Time To Live" != {wanted} for a packet sent to the Local Network Control Block (see RFC 3171)'
            node.expert(ExpertLevel.NOTE, "Sequence", text, "ip.ttl.lncb")
    elif target[0] >> 4 != 0xE and ttl < 5 and protocol not in (103, 89):
        node.expert(ExpertLevel.NOTE, "Sequence", f'"Time To Live" only {ttl}', "ip.ttl.too_small")


def _options(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the options (RFC 791, 3.1: one byte, or type, length and data); stops at the first invalid length."""
    group = layer.add(f"Options: ({source.end - start} bytes)", start, source.end - start)
    at = start
    while at < source.end:
        kind = source.number(at, 1)
        name = _OPTION_NAMES.get(kind, f"Unknown (0x{kind:02x})")
        group.label += f", {name}"
        length = 1 if kind in (0, 1) else source.number(at + 1, 1)
        room = source.end - at
        option = group.add(f"IP Option - {name}", at, min(max(length, 1), room), _OPTION_FIELDS.get(kind, ""))
        if kind > 1:
            option.label += f" ({length} bytes)"
        _option_type(option, kind, at)
        if kind == 0:
            return
        if kind > 1:
            option.add(f"Length: {length}", at + 1, 1, "ip.opt.len")
            if length < 2 or length > room:
                option.expert(ExpertLevel.WARNING, "Protocol", "Invalid length for option", "ip.opt.len.invalid")
                return
            _option_body(option, kind, at, length, source)
        at += length


def _option_type(option: Branch, kind: int, at: int) -> None:
    node = option.add(f"Type: {kind}", at, 1, "ip.opt.type")
    copied = "Yes" if kind & 0x80 else "No"
    node.add(bits_label(kind, 0x80, 8, f"Copy on fragmentation: {copied}"), at, 1, "ip.opt.type.copy")
    group = kind >> 5 & 3
    node.add(bits_label(kind, 0x60, 8, f"Class: {_OPTION_CLASSES[group]} ({group})"), at, 1, "ip.opt.type.class")
    title = _OPTION_NAMES.get(kind, "Unknown").replace("Options List", "Option List")
    node.add(bits_label(kind, 0x1F, 8, f"Number: {title} ({kind & 0x1F})"), at, 1, "ip.opt.type.number")


def _option_body(option: Branch, kind: int, at: int, length: int, source: FrameBytes) -> None:
    body = source.take(at + 2, length - 2)
    if kind == 148 and len(body) == 2:
        value = int.from_bytes(body, "big")
        text = f"Router shall examine packet ({value})" if value == 0 else f"Reserved ({value})"
        option.label += f": {text}"
        option.add(f"Router Alert: {text}", at + 2, 2, "ip.opt.ra")
    elif kind in _ADDRESS_OPTIONS and body:
        option.add(f"Pointer: {body[0]}", at + 2, 1, "ip.opt.ptr")
        for place in range(1, len(body) - 3, 4):
            option.add(f"Recorded Route: {dotted(body[place : place + 4])}", at + 2 + place, 4, "ip.rec_rt")
    elif body:
        option.add(f"Data: {body.hex()}", at + 2, len(body))
