"""What ICMP messages say that are no errors: routers, clocks, masks, mobility agents; and extensions of errors.

RFC 792, 950, 1256, 4884, 4950, 5944.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.dfilter.names import value_text
from tcptui.protocols.headers.field_line import ChecksumStatus
from tcptui.protocols.headers.header import Header
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.wire.checksum import internet_checksum, ones_complement_sum

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection, Step
    from tcptui.protocols.headers.frame_bytes import FrameBytes

_AGENT, _PREFIX_LENGTHS, _CHALLENGE, _PADDING = 16, 19, 24, 0
#: Codes of advertisements that mobility agents send, too.
_MOBILITY_CODES: Final = (0, 16)
_MPLS_CLASS: Final = 1


def identifier_lines(header: Header) -> None:
    """Append identifier and sequence number of a message, each read both ways, as Wireshark does."""
    for name, at in (("icmp.ident", header.start + 4), ("icmp.seq", header.start + 6)):
        value = header.number(name, at)
        header.node.put(f"{name}_le", (value & 0xFF) << 8 | value >> 8, at, 2)


def timestamp_lines(header: Header) -> None:
    """Append the three clocks of a timestamp message."""
    identifier_lines(header)
    for place, name in enumerate(("originate", "receive", "transmit")):
        header.field(f"icmp.{name}_timestamp", header.start + 8 + 4 * place)


def mask_lines(header: Header) -> None:
    """Append the mask of an address mask message."""
    identifier_lines(header)
    header.field("icmp.address_mask", header.start + 8)


def router_lines(header: Header) -> None:
    """Append the routers of an advertisement, and what a mobility agent adds."""
    start, source = header.start, header.source
    source.take(start + 4, 2)
    count, words = header.number("icmp.num_addrs", start + 4), header.number("icmp.addr_entry_size", start + 5)
    header.field("icmp.lifetime", start + 6, note=" seconds")
    at = start + 8
    if words != 2:  # another size is not RFC 1256's
        return
    for _ in range(count):
        header.field("icmp.router_address", at)
        header.node.put("icmp.pref_level", int.from_bytes(source.take(at + 4, 4), signed=True), at + 4, 4)
        at += 8
    while source.number(start + 1, 1) in _MOBILITY_CODES and at < source.end:
        at += _mobility_extension(header.node, at, source)


def _mobility_extension(layer: Branch, at: int, source: FrameBytes) -> int:
    """Append one extension of RFC 5944; returns its length."""
    kind = source.number(at, 1)
    length = 0 if kind == _PADDING else source.number(at + 1, 1)  # read before the type is shown, as by Wireshark
    node = layer.add(f"Ext: {value_text('icmp.mip.type', kind) or 'Unknown'}", at, 1)
    header = Header(node, source, at)
    header.field("icmp.mip.type", at)
    if kind == _PADDING:
        return 1
    header.field("icmp.mip.length", at + 1)
    node.length = 2 + length
    if kind == _AGENT:
        _agent_lines(header, length)
    elif kind == _PREFIX_LENGTHS:
        for place in range(at + 2, at + 2 + length):
            header.field("icmp.mip.prefixlength", place)
    elif kind == _CHALLENGE:
        header.field("icmp.mip.challenge", at + 2, length)
    else:  # as Wireshark does: what follows an extension that is not known is not read
        return source.end - at
    return 2 + length


def _agent_lines(header: Header, length: int) -> None:
    at = header.start
    header.field("icmp.mip.seq", at + 2)
    header.field("icmp.mip.life", at + 4)
    flags = header.field("icmp.mip.flags", at + 6)
    for name in ("r", "b", "h", "f", "m", "g", "v", "rt", "u", "x", "reserved"):
        header.field(f"icmp.mip.{name}", at + 6, 2, below=flags)
    for place in range(at + 8, at + 2 + length - 3, 4):
        header.field("icmp.mip.coa", place)


#: Version, reserved bits, checksum (RFC 4884, section 7): Wireshark reads nothing of a shorter one.
_EXTENSION_HEADER: Final = 4


def read_extensions(dissection: Dissection, step: Step) -> None:
    """Append the extension structure behind the packet that an error quotes."""
    start, source = step.start, step.source
    group = dissection.parent.add("ICMP Multi-Part Extensions", start, source.captured_end() - start, "icmp.ext")
    if source.end - start < _EXTENSION_HEADER:
        return
    header = Header(group, source, start)
    group.put("icmp.ext.version", source.number(start, 2) >> 12, start, 1)
    header.field("icmp.ext.res", start)
    checksum_lines(header, b"", "icmp.ext.checksum")
    at = start + _EXTENSION_HEADER
    while source.end - at >= 4:
        length, kind, subtype = source.number(at, 2), source.number(at + 2, 1), source.number(at + 3, 1)
        is_mpls = (kind, subtype) == (_MPLS_CLASS, 1)
        node = group.add("MPLS Stack Entry" if is_mpls else f"Unknown object ({kind}/{subtype})", at, length)
        node.put("icmp.ext.length", length, at, 2)
        node.put("icmp.ext.class", kind, at + 2, 1, text=str(kind))
        node.put("icmp.ext.ctype", subtype, at + 3, 1)
        if length < 4:
            return
        end = min(at + length, source.end)
        if is_mpls:
            for place in range(at + 4, end - 3, 4):
                _label_lines(node, place, source)
        at = end


def checksum_lines(header: Header, before: bytes, field: str, bad: str = "", cut_note: str = "") -> None:
    """Append the checksum, verified as in Wireshark: network cards do not offload it.

    ``before``: the pseudo-header.  ``bad``: field name of the expert note about a wrong checksum, if there is one;
    ``cut_note``: what is said where not all was captured.
    """
    at, source = header.start + 2, header.source
    line = header.field(field, at)
    if source.captured_end() < source.end:
        line.note, status = f" [unverified]{cut_note}", ChecksumStatus.UNVERIFIED
    else:
        message = source.take(header.start, source.end - header.start)
        line.note, status = " [correct]", ChecksumStatus.GOOD
        if ones_complement_sum(before + message) != 0xFFFF:
            right = f"should be 0x{internet_checksum(before + message[:2] + bytes(2) + message[4:]):04x}"
            line.note, status = f" incorrect, {right}", ChecksumStatus.BAD
            if bad:
                line.expert(ExpertLevel.WARNING, "Checksum", f"Bad checksum [{right}]", bad)
    header.node.put(f"{field}.status", status)


def _label_lines(node: Branch, at: int, source: FrameBytes) -> None:
    word = source.number(at, 4)
    label, traffic, last, ttl = word >> 12, word >> 9 & 7, word >> 8 & 1, word & 0xFF
    entry = Header(node.add(f"Label: {label}, Exp: {traffic}, S: {last}, TTL: {ttl}", at, 4), source, at)
    entry.field("icmp.mpls.label", at, text=str(label))
    entry.field("icmp.mpls.exp", at)
    entry.field("icmp.mpls.s", at, 3)
    entry.field("icmp.mpls.ttl", at + 3)
