"""One resource record in the header tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.dfilter.names import value_text
from tcptui.protocols.dns.codes import class_name, type_name
from tcptui.protocols.dns.message import RECORD
from tcptui.protocols.dns.names import BadName, read_name, text_of
from tcptui.protocols.dns.tree_form import write_values
from tcptui.protocols.dns.tree_header import Variant
from tcptui.protocols.dns.tree_lines import Ends, lasting
from tcptui.protocols.dns.tree_options import write_options
from tcptui.protocols.dns.tree_records import DATA
from tcptui.protocols.dns.tree_special import SPECIAL
from tcptui.protocols.headers.data import shortened

if TYPE_CHECKING:
    from tcptui.protocols.dns.tree_lines import MessageLines
    from tcptui.protocols.headers.builder import Branch

#: The bit of a class that multicast DNS uses for something else (RFC 6762, 18.12).
HIGHEST: Final = 0x8000
_OPT: Final = 41
_SRV: Final = 33
#: What the name of a record of SRV consists of (RFC 2782), as Wireshark takes it apart: whatever it is.
_SERVICE: Final = (("Service", "service"), ("Protocol", "proto"), ("Name", "name"))


def class_and_bit(group: int, variant: Variant) -> tuple[int, int | None]:
    """A class, and the bit above it where that is none of it."""
    return (group & ~HIGHEST, group & HIGHEST) if variant is Variant.MULTICAST else (group, None)


def long_type_name(kind: int) -> str:
    """What Wireshark calls a type where it stands alone: ``A (Host Address)``; ours where it has no name."""
    return value_text("dns.resp.type", kind) or type_name(kind)


def write_record(out: MessageLines, section: Branch, begin: int, variant: Variant) -> int:
    """Append the record at ``begin``; returns the offset behind it.  Raises `BadName`, `Ends` and `struct.error`."""
    labels, at = read_name(out.data, begin)
    kind, group, lifetime, size = RECORD.unpack_from(out.data, at)
    group, bit = class_and_bit(group, variant)
    title = f"{text_of(labels)}: type {type_name(kind)}"
    line = out.line(section, title, begin, at + RECORD.size + size - begin)
    if kind == _SRV:
        parts = zip(_SERVICE, text_of(labels).split(".", len(_SERVICE) - 1), strict=False)
        for (title, field), text in parts:
            out.text(line, title, f"srv.{field}", begin, at - begin, text)
    else:
        out.labels(line, "Name", "resp.name", begin, labels, at)
    out.line(line, f"Type: {long_type_name(kind)} ({kind})", at, 2, "resp.type")
    if kind == _OPT:
        _extended(out, line, at, group, lifetime, bit)
    else:
        line.label += f", class {class_name(group)}"
        out.line(line, f"Class: {class_name(group)} (0x{group:04x})", at + 2, 2, "resp.class")
        _cache_flush(out, line, bit, at + 2)
        out.line(line, f"Time to live: {lifetime} ({lasting(lifetime)})", at + 4, 4, "resp.ttl")
    out.line(line, f"Data length: {size}", at + 8, 2, "resp.len")
    at += RECORD.size
    end: int = at + size
    try:
        with out.until(end):
            if size:
                _data(out, line, at, kind, group)
    except (BadName, Ends):
        if out.budget.is_spent or end > out.stop:
            raise
        line.concluded("Malformed", "_ws.malformed")
    if end > out.stop:
        raise Ends
    return end


def _cache_flush(out: MessageLines, line: Branch, bit: int | None, at: int) -> None:
    if bit is not None:
        out.bits(line, bit, HIGHEST, f"Cache flush: {bool(bit)}", "resp.cache_flush", at)


def _data(out: MessageLines, line: Branch, at: int, kind: int, group: int) -> None:
    if kind == _OPT:
        write_options(out, line, at)
    elif kind in DATA:
        write_values(out, line, DATA[kind], at)
    elif kind in SPECIAL:
        SPECIAL[kind](out, line, at)
    else:
        from tcptui.protocols.dns.text import text_of_record  # imports dnspython: few types need it

        data = out.raw(at, out.stop - at)
        told = text_of_record(out.data, at, len(data), kind, group) or shortened(data)
        out.line(line, f"Data: {told}", at, len(data), "data")


def _extended(out: MessageLines, line: Branch, at: int, size: int, bits: int, bit: int | None) -> None:
    """What a record of EDNS has instead of class and time to live (RFC 6891, 6.1.2)."""
    out.line(line, f"UDP payload size: {size}", at + 2, 2, "rr.udp_payload_size")
    _cache_flush(out, line, bit, at + 2)
    out.line(line, f"Higher bits in extended RCODE: 0x{bits >> 24:02x}", at + 4, 1, "resp.ext_rcode")
    out.line(line, f"EDNS0 version: {bits >> 16 & 255}", at + 5, 1, "resp.edns0_version")
    z = out.line(line, f"Z: 0x{bits & 0xFFFF:04x}", at + 6, 2, "resp.z")
    can = "Accepts" if bits & 0x8000 else "Cannot handle"
    out.bits(z, bits & 0xFFFF, 0x8000, f"DO bit: {can} DNSSEC security RRs", "resp.z.do", at + 6)
    out.bits(z, bits & 0xFFFF, 0x7FFF, f"Reserved: 0x{bits & 0x7FFF:04x}", "resp.z.reserved", at + 6)
