"""The IPv4 header with its options (RFC 791)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from tcptui.protocols.headers.coloring_rules import ttl_is_low
from tcptui.protocols.headers.cursor import Dissection, Step, after_ip
from tcptui.protocols.headers.data import data_step
from tcptui.protocols.headers.field_line import ChecksumStatus, dotted
from tcptui.protocols.headers.fragments import reassembled_payload
from tcptui.protocols.headers.frame_bytes import FrameBytes, MalformedError
from tcptui.protocols.headers.header import Header
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch, FieldBranch

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
_ADDRESS_OPTIONS: Final = frozenset({7, 131, 137})
#: Short names of the service class (RFC 2474, 2597, 3246, 5865, 8622) …
_DSCP: Final[dict[int, str]] = {
    0: "CS0", 1: "LE", 44: "VOICE-ADMIT", 46: "EF PHB",
    **{8 * n: f"CS{n}" for n in range(1, 8)},
    **{8 * c + 2 * d: f"AF{c}{d}" for c in range(1, 5) for d in range(1, 4)},
}  # fmt: skip
#: … and of the ECN codepoint (RFC 3168, 5).
_ECN: Final = ("Not-ECT", "ECT(1)", "ECT(0)", "CE")


def classes_note(traffic_class: int) -> str:
    """The short names of what the former TOS byte says: ``" (DSCP: CS0, ECN: Not-ECT)"``."""
    return f" (DSCP: {_DSCP.get(traffic_class >> 2, 'Unknown')}, ECN: {_ECN[traffic_class & 3]})"


def read_ipv4(dissection: Dissection, step: Step) -> Step | None:
    """Append the header; returns the step for what the protocol field announces, or for a fragment's bytes."""
    start, source = step.start, step.source
    layer = dissection.layer("Internet Protocol Version 4", start, _SHORTEST, "ip")
    dissection.protocols.append("ip")
    header = Header(layer, source, start)
    header.field("ip.version")
    line = header.field("ip.hdr_len")
    size = cast("int", line.value)
    if size < _SHORTEST:
        line.note = f" bytes (bogus, must be at least {_SHORTEST})"
        layer.expert(ExpertLevel.ERROR, "Protocol", "Bogus IP header length", "ip.bogus_header_length")
        return None
    line.note = f" bytes ({size // 4})"
    layer.length = max(0, min(size, source.captured_end() - start))
    line = header.field("ip.dsfield")
    line.note = classes_note(cast("int", line.value))
    header.field("ip.dsfield.dscp", below=line)
    header.field("ip.dsfield.ecn", below=line)
    end = _total_length_line(header, size, dissection.quoting)
    if dissection.network_end is None and not dissection.quoting:
        dissection.network_end = end
    header.field("ip.id")
    fragment = _flag_lines(header)
    ttl_node = header.field("ip.ttl")
    protocol = header.number("ip.proto")
    header.field("ip.checksum", note=" [validation disabled]")
    layer.put("ip.checksum.status", ChecksumStatus.UNVERIFIED)
    origin, target = dissection.addresses = source.take(start + 12, 4), source.take(start + 16, 4)
    layer.label = f"Internet Protocol Version 4, Src: {dotted(origin)}, Dst: {dotted(target)}"
    header.field("ip.src")
    header.field("ip.dst")
    _ttl_notes(dissection, ttl_node, target, protocol)
    if size > _SHORTEST:
        _options(layer, start + _SHORTEST, source.within(start + size))
    if dissection.is_of_columns(start) and dissection.view.ip_stream >= 0:
        layer.put("ip.stream", dissection.view.ip_stream)
    inner = source.within(end)
    if fragment and not (dissection.quoting and fragment & 0x1FFF == 0):
        whole = reassembled_payload(dissection, layer, start + size, inner, (fragment & 0x1FFF) * 8)
        return data_step(start + size, inner) if whole is None else after_ip(protocol, 0, whole)
    return after_ip(protocol, start + size, inner) if start + size < inner.end else None


def _total_length_line(header: Header, size: int, quoted: bool) -> int:
    """Append the total length, and return the offset at which the packet ends; ``size``: of the header.

    A total length of 0 is the result of segmentation offload.
    """
    start, source = header.start, header.source
    total = source.number(start + 2, 2)
    if total == 0:
        why = 'reported as 0, presumed to be because of "TCP segmentation offload" (TSO)'
        line = header.node.put("ip.len", source.end - start, start + 2, 2, note=f" bytes ({why})")
        line.is_generated = True
        return source.end
    node = header.field("ip.len")
    if total < size:
        node.expert(
            ExpertLevel.ERROR,
            "Protocol",
            f"IPv4 total length is shorter than its header ({total} < {size})",
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


def _flag_lines(header: Header) -> int:
    """Append flags and fragment offset; returns the 14 bits that are zero for an unfragmented datagram."""
    word = header.source.number(header.start + 6, 2)
    flags = header.field("ip.flags")
    for name in ("ip.flags.rb", "ip.flags.df", "ip.flags.mf"):
        line = header.field(name, below=flags)
        if line.value:
            flags.note += f", {line.title}"
    header.field("ip.frag_offset", text=str(8 * (word & 0x1FFF)))
    return word & 0x3FFF


def _ttl_notes(dissection: Dissection, node: FieldBranch, target: bytes, protocol: int) -> None:
    ttl = cast("int", node.value)
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
        _option_type(Header(option, source, at))
        if kind == 0:
            return
        if kind > 1:
            option.put("ip.opt.len", length, at + 1, 1)
            if length < 2 or length > room:
                option.expert(ExpertLevel.WARNING, "Protocol", "Invalid length for option", "ip.opt.len.invalid")
                return
            _option_body(option, kind, at, length, source)
        at += length


def _option_type(header: Header) -> None:
    line = header.field("ip.opt.type", header.start)
    kind = cast("int", line.value)
    header.field("ip.opt.type.copy", header.start, below=line)
    header.field("ip.opt.type.class", header.start, below=line)
    title = _OPTION_NAMES.get(kind, "Unknown").replace("Options List", "Option List")
    header.field("ip.opt.type.number", header.start, below=line, text=f"{title} ({kind & 0x1F})")


def _option_body(option: Branch, kind: int, at: int, length: int, source: FrameBytes) -> None:
    body = source.take(at + 2, length - 2)
    if kind == 148 and len(body) == 2:
        value = int.from_bytes(body, "big")
        text = f"Router shall examine packet ({value})" if value == 0 else f"Reserved ({value})"
        option.label += f": {text}"
        option.put("ip.opt.ra", value, at + 2, 2, text=text)
    elif kind in _ADDRESS_OPTIONS and body:
        option.put("ip.opt.ptr", body[0], at + 2, 1)
        for place in range(1, len(body) - 3, 4):
            option.put("ip.rec_rt", body[place : place + 4], at + 2 + place, 4)
    elif body:
        option.add(f"Data: {body.hex()}", at + 2, len(body))
