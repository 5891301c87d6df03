"""What ICMP messages say that are no errors: routers, clocks, masks, mobility agents; and extensions of errors.

RFC 792, 950, 1256, 4884, 4950, 5944.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label
from tcptui.protocols.headers.field_line import dotted
from tcptui.wire.checksum import internet_checksum, ones_complement_sum

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection, Step
    from tcptui.protocols.headers.frame_bytes import FrameBytes

_AGENT, _PREFIX_LENGTHS, _CHALLENGE, _PADDING = 16, 19, 24, 0
#: Codes of advertisements that mobility agents send, too.
_MOBILITY_CODES: Final = (0, 16)
_MOBILITY_KINDS: Final[dict[int, str]] = {
    _AGENT: "Mobility Agent Advertisement Extension",
    _PREFIX_LENGTHS: "Prefix Lengths Extension",
    _CHALLENGE: "Challenge Extension",
    _PADDING: "One byte padding extension",
}
_AGENT_FLAGS: Final = (
    (0x8000, "Registration Required", "r"), (0x4000, "Busy", "b"), (0x2000, "Home Agent", "h"),
    (0x1000, "Foreign Agent", "f"), (0x0800, "Minimal Encapsulation", "m"), (0x0400, "GRE", "g"),
    (0x0200, "VJ Comp", "v"), (0x0100, "Reverse tunneling", "rt"), (0x0080, "UDP tunneling", "u"),
    (0x0040, "Revocation support", "x"),
)  # fmt: skip
_MPLS_CLASS: Final = 1


def identifier_lines(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append identifier and sequence number of the message at ``start``, each read both ways, as Wireshark does."""
    for title, at, field in (("Identifier", start + 4, "icmp.ident"), ("Sequence Number", start + 6, "icmp.seq")):
        value = source.number(at, 2)
        swapped = (value & 0xFF) << 8 | value >> 8
        layer.add(f"{title} (BE): {value} (0x{value:04x})", at, 2, field)
        layer.add(f"{title} (LE): {swapped} (0x{swapped:04x})", at, 2, f"{field}_le")


def timestamp_lines(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the three clocks of a timestamp message."""
    identifier_lines(layer, start, source)
    for place, name in enumerate(("originate", "receive", "transmit")):
        at = start + 8 + 4 * place
        layer.add(f"{name.capitalize()} Timestamp: {source.number(at, 4)}", at, 4, f"icmp.{name}_timestamp")


def mask_lines(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the mask of an address mask message."""
    identifier_lines(layer, start, source)
    layer.add(f"Address Mask: {dotted(source.take(start + 8, 4))}", start + 8, 4, "icmp.address_mask")


def router_lines(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the routers of an advertisement, and what a mobility agent adds."""
    count, words = source.number(start + 4, 1), source.number(start + 5, 1)
    layer.add(f"Number of addresses: {count}", start + 4, 1, "icmp.num_addrs")
    layer.add(f"Address entry size: {words}", start + 5, 1, "icmp.addr_entry_size")
    layer.add(f"Lifetime: {source.number(start + 6, 2)} seconds", start + 6, 2, "icmp.lifetime")
    at = start + 8
    if words != 2:  # another size is not RFC 1256's
        return
    for _ in range(count):
        layer.add(f"Router address: {dotted(source.take(at, 4))}", at, 4, "icmp.router_address")
        preference = int.from_bytes(source.take(at + 4, 4), signed=True)
        layer.add(f"Preference level: {preference}", at + 4, 4, "icmp.pref_level")
        at += 8
    while source.number(start + 1, 1) in _MOBILITY_CODES and at < source.end:
        at += _mobility_extension(layer, at, source)


def _mobility_extension(layer: Branch, at: int, source: FrameBytes) -> int:
    """Append one extension of RFC 5944; returns its length."""
    kind = source.number(at, 1)
    length = 0 if kind == _PADDING else source.number(at + 1, 1)  # read before the type is shown, as by Wireshark
    name = _MOBILITY_KINDS.get(kind, "Unknown")
    node = layer.add(f"Ext: {name}", at, 1)
    node.add(f"Extension Type: {name} ({kind})", at, 1, "icmp.mip.type")
    if kind == _PADDING:
        return 1
    node.add(f"Length: {length}", at + 1, 1, "icmp.mip.length")
    node.length = 2 + length
    if kind == _AGENT:
        _agent_lines(node, at, length, source)
    elif kind == _PREFIX_LENGTHS:
        for place in range(at + 2, at + 2 + length):
            node.add(f"Prefix Length: {source.number(place, 1)}", place, 1, "icmp.mip.prefixlength")
    elif kind == _CHALLENGE:
        challenge = source.take(at + 2, length).hex()
        node.add(f"Challenge: {challenge}", at + 2, length, "icmp.mip.challenge")
    else:  # as Wireshark does: what follows an extension that is not known is not read
        return source.end - at
    return 2 + length


def _agent_lines(node: Branch, at: int, length: int, source: FrameBytes) -> None:
    node.add(f"Sequence Number: {source.number(at + 2, 2)}", at + 2, 2, "icmp.mip.seq")
    node.add(f"Registration Lifetime: {source.number(at + 4, 2)}", at + 4, 2, "icmp.mip.life")
    word = source.number(at + 6, 2)
    flags = node.add(f"Flags: 0x{word:04x}", at + 6, 2, "icmp.mip.flags")
    for mask, title, name in _AGENT_FLAGS:
        flags.add(bits_label(word, mask, 16, f"{title}: {bool(word & mask)}"), at + 6, 2, f"icmp.mip.{name}")
    flags.add(bits_label(word, 0x3F, 16, f"Reserved: 0x{word & 0x3F:02x}"), at + 6, 2, "icmp.mip.reserved")
    for place in range(at + 8, at + 2 + length - 3, 4):
        node.add(f"Care-Of-Address: {dotted(source.take(place, 4))}", place, 4, "icmp.mip.coa")


#: Version, reserved bits, checksum (RFC 4884, section 7): Wireshark reads nothing of a shorter one.
_EXTENSION_HEADER: Final = 4


def read_extensions(dissection: Dissection, step: Step) -> None:
    """Append the extension structure behind the packet that an error quotes."""
    start, source = step.start, step.source
    group = dissection.parent.add("ICMP Multi-Part Extensions", start, source.captured_end() - start, "icmp.ext")
    if source.end - start < _EXTENSION_HEADER:
        return
    word = source.number(start, 2)
    group.add(f"Version: {word >> 12}", start, 1, "icmp.ext.version")
    group.add(bits_label(word, 0x0FFF, 16, f"Reserved: 0x{word & 0xFFF:03x}"), start, 2, "icmp.ext.res")
    _checksum_lines(group, start, source)
    at = start + _EXTENSION_HEADER
    while source.end - at >= 4:
        length, kind, subtype = source.number(at, 2), source.number(at + 2, 1), source.number(at + 3, 1)
        is_mpls = (kind, subtype) == (_MPLS_CLASS, 1)
        node = group.add("MPLS Stack Entry" if is_mpls else f"Unknown object ({kind}/{subtype})", at, length)
        node.add(f"Length: {length}", at, 2, "icmp.ext.length")
        node.add(f"Class: {kind}", at + 2, 1, "icmp.ext.class")
        node.add(f"C-Type: {subtype}", at + 3, 1, "icmp.ext.ctype")
        if length < 4:
            return
        end = min(at + length, source.end)
        if is_mpls:
            for place in range(at + 4, end - 3, 4):
                _label_lines(node, place, source)
        at = end


def _checksum_lines(group: Branch, start: int, source: FrameBytes) -> None:
    stated, at = source.number(start + 2, 2), start + 2
    if source.captured_end() < source.end:
        group.add(f"Checksum: 0x{stated:04x} [unverified]", at, 2, "icmp.ext.checksum")
        group.concluded("Checksum Status: Unverified", "icmp.ext.checksum.status")
        return
    raw = source.take(start, source.end - start)
    good = ones_complement_sum(raw) == 0xFFFF
    right = internet_checksum(raw[:2] + b"\0\0" + raw[4:])
    verdict = "[correct]" if good else f"incorrect, should be 0x{right:04x}"
    group.add(f"Checksum: 0x{stated:04x} {verdict}", at, 2, "icmp.ext.checksum")
    group.concluded(f"Checksum Status: {'Good' if good else 'Bad'}", "icmp.ext.checksum.status")


def _label_lines(node: Branch, at: int, source: FrameBytes) -> None:
    word = source.number(at, 4)
    label, traffic, last, ttl = word >> 12, word >> 9 & 7, word >> 8 & 1, word & 0xFF
    entry = node.add(f"Label: {label}, Exp: {traffic}, S: {last}, TTL: {ttl}", at, 4)
    bits = word >> 8
    entry.add(bits_label(bits, 0xFFFFF0, 24, f"Label: {label}"), at, 3, "icmp.mpls.label")
    entry.add(bits_label(bits, 0x00000E, 24, f"Experimental: {traffic}"), at, 3, "icmp.mpls.exp")
    state = "Set" if last else "Not set"
    entry.add(bits_label(bits, 0x000001, 24, f"Stack bit: {state}"), at, 3, "icmp.mpls.s")
    entry.add(f"Time to live: {ttl}", at + 3, 1, "icmp.mpls.ttl")
