"""One resource record in the header tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.dfilter.names import value_text
from tcptui.protocols.dns.codes import class_name, type_name
from tcptui.protocols.dns.message import RECORD
from tcptui.protocols.dns.names import BadName, read_name, text_of
from tcptui.protocols.dns.tree_form import Form, Line, write_values
from tcptui.protocols.dns.tree_header import Variant
from tcptui.protocols.dns.tree_lines import Ends, lasting, name_of
from tcptui.protocols.dns.tree_records import DATA
from tcptui.protocols.dns.tree_special import SPECIAL, write_prefix
from tcptui.protocols.headers.data import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.dns.tree_lines import MessageLines
    from tcptui.protocols.headers.builder import Branch

    _Write = Callable[[MessageLines, Branch, int], None]

#: The bit of a class that multicast DNS uses for something else (RFC 6762, 18.12).
HIGHEST: Final = 0x8000
_OPT: Final = 41
_SRV: Final = 33
#: What the name of a record of SRV consists of (RFC 2782), as Wireshark takes it apart: whatever it is.
_SERVICE: Final = (("Service", "service"), ("Protocol", "proto"), ("Name", "name"))

#: Bytes of the client's part of a cookie (RFC 7873, 4).
_CLIENT_COOKIE: Final = 8


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
        _write_options(out, line, at)
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


# The options of EDNS (RFC 6891) in the header tree.


def _write_options(out: MessageLines, parent: Branch, at: int) -> None:
    """Append the options from ``at`` on.  Raises `Ends`."""
    while at < out.stop:
        out.budget.take_value()
        code, size = out.number(at, 2), out.number(at + 2, 2)
        name = name_of("opt.code", code)
        told = f"{name} ({code})"
        option = out.line(parent, f"Option: {told if name == 'Unknown' else name}", at, 4 + size, "opt")
        out.line(option, f"Option Code: {told}", at, 2, "opt.code")
        out.counted(option, "Option Length", "opt.len", at + 2, 2)
        at += 4
        out.bytes(option, "Option Data", "opt.data", at, size)
        with out.until(at + size):
            try:
                _WRITERS.get(code, _nothing)(out, option, at)
            except (BadName, Ends):
                if out.budget.is_spent:
                    raise
                option.concluded("Malformed", "_ws.malformed")
        at += size


def _nothing(_out: MessageLines, _option: Branch, _at: int) -> None:
    pass


def _numbers(title: str, field: str) -> _Write:
    """Numbers of a byte each (RFC 6975)."""

    def write(out: MessageLines, option: Branch, at: int) -> None:
        for begin in range(at, out.stop):
            out.budget.take_value()
            out.named(option, title, field, begin)

    return write


def _values(*lines: Line) -> _Write:
    """A row of values, which an option without data leaves out."""

    def write(out: MessageLines, option: Branch, at: int) -> None:
        if at < out.stop:
            write_values(out, option, lines, at)

    return write


def _subnet(out: MessageLines, option: Branch, at: int) -> None:
    """RFC 7871, 6."""
    family = out.named(option, "Family", "opt.client.family", at, 2)
    out.counted(option, "Source Netmask", "opt.client.netmask", at + 2)
    out.counted(option, "Scope Netmask", "opt.client.scope", at + 3)
    write_prefix(
        out, option, "Client Subnet", "opt.client.addr{}", ("4", "6", ""), family, at + 4, out.stop - at - 4
    )  # fmt: skip


def _cookie(out: MessageLines, option: Branch, at: int) -> None:
    """RFC 7873, 4."""
    for side, begin, size in (("Client", at, _CLIENT_COOKIE), ("Server", at + 8, out.stop - at - 8)):
        out.bytes(option, f"{side} Cookie", f"opt.cookie.{side.lower()}", begin, size)


def _padding(out: MessageLines, option: Branch, at: int) -> None:
    """RFC 7830, 3."""
    out.bytes(option, "Padding", "opt.padding", at, out.stop - at)


_ERROR: Final = Line("Info Code", "opt.ext_error.info_code", Form.NAMED16)


def _error(out: MessageLines, option: Branch, at: int) -> None:
    """RFC 8914, 2."""
    at = write_values(out, option, (_ERROR,), at)
    if at < out.stop:
        text = out.raw(at, out.stop - at).decode("utf-8", "replace")
        out.text(option, "Extra Text", "opt.ext_error.extra_text", at, out.stop - at, text)


#: By number of the option: appends its values, from an offset to the end.
_WRITERS: Final[dict[int, _Write]] = {
    5: _numbers("DAU", "opt.dau"), 6: _numbers("DHU", "opt.dhu"), 7: _numbers("N3U", "opt.n3u"), 8: _subnet,
    10: _cookie, 11: _values(Line("Timeout", "opt.edns_tcp_keepalive.timeout", Form.U16)), 12: _padding,
    13: _values(Line("Closest Trust Point", "opt.chain.fqdn", Form.LEFT_TEXT)), 15: _error,
}  # fmt: skip
