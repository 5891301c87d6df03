"""Messages of DNS in the header tree of the packet that completed them, in Wireshark's terms."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.names import value_text
from tcptui.protocols.dns.codes import UPDATE, class_name, type_name
from tcptui.protocols.dns.message import HEADER, PREFIX, RECORD, read_head
from tcptui.protocols.dns.names import BadName, read_name, text_of
from tcptui.protocols.dns.tree_form import Form, Line, write_values
from tcptui.protocols.dns.tree_header import Variant, write_header
from tcptui.protocols.dns.tree_lines import Budget, Ends, MessageLines, lasting, name_of
from tcptui.protocols.dns.tree_records import DATA
from tcptui.protocols.dns.tree_special import SPECIAL, write_prefix
from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.cursor import Protocol
from tcptui.protocols.headers.data import data_step
from tcptui.protocols.headers.frame_place import FramePlace
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.stream.segment_place import lone_segment, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.protocols.dns.conversation import DnsMessage, DnsQuery
    from tcptui.protocols.dns.message import Head, Message
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection, Step

    _Write = Callable[[MessageLines, Branch, int], None]

#: Most messages in one packet's tree.
_MESSAGES_SHOWN: Final = 1_000
_SECTIONS: Final = ("Queries", "Answers", "Authoritative nameservers", "Additional records")
_UPDATE_SECTIONS: Final = ("Zone", "Prerequisites", "Updates", "Additional records")
_VARIANTS: Final = {53: Variant.DNS, 5353: Variant.MULTICAST, 5355: Variant.LINK_LOCAL}
_TITLES: Final = {
    Variant.DNS: "Domain Name System", Variant.MULTICAST: "Multicast Domain Name System",
    Variant.LINK_LOCAL: "Link-local Multicast Name Resolution",
}  # fmt: skip

#: The bit of a class that multicast DNS uses for something else (RFC 6762, 18.12).
_HIGHEST: Final = 0x8000
_OPT: Final = 41
_SRV: Final = 33
#: What the name of a record of SRV consists of (RFC 2782), as Wireshark takes it apart: whatever it is.
_SERVICE: Final = (("Service", "service"), ("Protocol", "proto"), ("Name", "name"))

#: Bytes of the client's part of a cookie (RFC 7873, 4).
_CLIENT_COOKIE: Final = 8


def add_dns(dissection: Dissection, place: FramePlace, messages: Sequence[DnsMessage]) -> None:
    """Append a layer for each message that the packet completed."""
    budget = Budget()
    for one in messages[:_MESSAGES_SHOWN]:
        message = one.message
        if not place.holds(message.start, message.stop):
            add_reassembled(dissection, place.direction, message.start, message.stop)
        dissection.protocols.append("dns")
        head = message.head
        kind = "" if head is None else " (response)" if head.is_response else " (query)"
        length = message.stop - message.start
        layer = place.add(dissection.parent, f"Domain Name System{kind}", message.start, length, "dns")
        layer.target = 0
        place.add(layer, f"Length: {message.size}", message.start, PREFIX, "dns.length")
        out = MessageLines(place, message.start + PREFIX, message.data(), budget)
        _write_message(out, layer, Variant.DNS, complete=message.complete)
        if one.asked is not None:
            _add_pair(layer, message, one.asked)
    if len(messages) > _MESSAGES_SHOWN:
        dissection.parent.concluded("More messages are not shown")


def read_dns_datagram(dissection: Dissection, step: Step) -> Step | None:
    """Append the message that a datagram is; returns None, as nothing follows."""
    source = step.source
    stop = source.captured_end()
    view = dissection.view
    payload = source.data[step.start : stop]
    client, server = lone_segment(payload, len(payload), view.row, view.frame, view.time_ns)
    segment = place_of((client, server), view.row, view.frame)
    head = read_head(payload)
    if segment is None or head is None:
        return data_step(step.start, source, Protocol.UDP_DATA, step.number)
    variant = _variant(step.number)
    dissection.protocols.append(variant.value)
    title = f"{_TITLES[variant]} ({'response' if head.is_response else 'query'})"
    layer = dissection.layer(title, step.start, len(payload), variant.value)
    place = FramePlace(segment, step.start)
    out = MessageLines(place, 0, payload, Budget())
    _write_message(out, layer, variant, complete=stop >= source.end and not dissection.quoting)
    return None


def _variant(ports: int) -> Variant:
    """What is spoken between two ports, of 16 bits each; the lower one decides, as in Wireshark."""
    return _VARIANTS[min(port for port in (ports >> 16, ports & 0xFFFF) if port in _VARIANTS)]


def _add_pair(layer: Branch, message: Message, asked: DnsQuery) -> None:
    """What Wireshark concludes of a question and its answer."""
    query, first = asked.query, asked.first
    if query is None:
        layer.concluded("Unsolicited: True", "dns.unsolicited")
        return
    if first is None:
        return
    if message is query:
        line = layer.concluded(f"Response In: {first.frame}", "dns.response_in")
        line.target = first.frame
    else:
        line = layer.concluded(f"Request In: {query.frame}", "dns.response_to")
        line.target = query.frame
        taken = message.direction.delivered_ns(message.stop - 1) - query.direction.delivered_ns(query.stop - 1)
        sign, taken = ("-", -taken) if taken < 0 else ("", taken)
        text = f"{sign}{taken // 1_000_000_000}.{taken % 1_000_000_000:09d}"
        layer.concluded(f"Time: {text} seconds", "dns.time")


def _write_message(out: MessageLines, layer: Branch, variant: Variant, *, complete: bool) -> None:
    """Append the lines of a message; ``complete``: all of it was captured."""
    head = read_head(out.data)
    if head is None:
        layer.concluded("Packet size limited during capture")
        return
    write_header(out, layer, head, variant)
    try:
        _sections(out, layer, head, variant)
    except (Ends, BadName, struct.error):
        why = "Malformed" if complete else "Not all of it was captured"
        if out.budget.is_spent:
            why = "More records are not shown"
        layer.concluded(why, "_ws.malformed" if why == "Malformed" else "")


def _sections(out: MessageLines, layer: Branch, head: Head, variant: Variant) -> None:
    titles = _UPDATE_SECTIONS if head.opcode == UPDATE else _SECTIONS
    counts = (head.questions, head.answers, head.authorities, head.additional)
    at = HEADER
    for place, (title, count) in enumerate(zip(titles, counts, strict=True)):
        if not count:
            continue
        begin = at
        section = out.line(layer, title, begin, 0)
        try:
            for _ in range(count):
                out.budget.take_record()
                write = _write_record if place else _question
                at = write(out, section, at, variant)
        finally:
            out.cover(section, begin, at)


def _question(out: MessageLines, section: Branch, begin: int, variant: Variant) -> int:
    labels, at = read_name(out.data, begin)
    kind = out.number(at, 2)
    group, bit = _class_and_bit(out.number(at + 2, 2), variant)
    text = text_of(labels)
    title = f"{text}: type {type_name(kind)}, class {class_name(group)}"
    line = out.line(section, title, begin, at + 4 - begin)
    out.labels(line, "Name", "qry.name", begin, labels, at)
    count = len(text.encode()) if labels else len(text)
    line.concluded(f"Name Length: {count}", "dns.qry.name.len")
    line.concluded(f"Label Count: {text.count('.') + 1}", "dns.count.labels")
    out.line(line, f"Type: {_long_type_name(kind)} ({kind})", at, 2, "qry.type")
    out.line(line, f"Class: {class_name(group)} (0x{group:04x})", at + 2, 2, "qry.class")
    if bit is not None:
        out.bits(line, bit, _HIGHEST, f'"QU" question: {bool(bit)}', "qry.qu", at + 2)
    return at + 4


def _class_and_bit(group: int, variant: Variant) -> tuple[int, int | None]:
    """A class, and the bit above it where that is none of it."""
    return (group & ~_HIGHEST, group & _HIGHEST) if variant is Variant.MULTICAST else (group, None)


def _long_type_name(kind: int) -> str:
    """What Wireshark calls a type where it stands alone: ``A (Host Address)``; ours where it has no name."""
    return value_text("dns.resp.type", kind) or type_name(kind)


def _write_record(out: MessageLines, section: Branch, begin: int, variant: Variant) -> int:
    """Append the record at ``begin``; returns the offset behind it.  Raises `BadName`, `Ends` and `struct.error`."""
    labels, at = read_name(out.data, begin)
    kind, group, lifetime, size = RECORD.unpack_from(out.data, at)
    group, bit = _class_and_bit(group, variant)
    title = f"{text_of(labels)}: type {type_name(kind)}"
    line = out.line(section, title, begin, at + RECORD.size + size - begin)
    if kind == _SRV:
        parts = zip(_SERVICE, text_of(labels).split(".", len(_SERVICE) - 1), strict=False)
        for (title, field), text in parts:
            out.text(line, title, f"srv.{field}", begin, at - begin, text)
    else:
        out.labels(line, "Name", "resp.name", begin, labels, at)
    out.line(line, f"Type: {_long_type_name(kind)} ({kind})", at, 2, "resp.type")
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
                _record_data(out, line, at, kind, group)
    except (BadName, Ends):
        if out.budget.is_spent or end > out.stop:
            raise
        line.concluded("Malformed", "_ws.malformed")
    if end > out.stop:
        raise Ends
    return end


def _cache_flush(out: MessageLines, line: Branch, bit: int | None, at: int) -> None:
    if bit is not None:
        out.bits(line, bit, _HIGHEST, f"Cache flush: {bool(bit)}", "resp.cache_flush", at)


def _record_data(out: MessageLines, line: Branch, at: int, kind: int, group: int) -> None:
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
                _OPTION_WRITERS.get(code, _empty_option)(out, option, at)
            except (BadName, Ends):
                if out.budget.is_spent:
                    raise
                option.concluded("Malformed", "_ws.malformed")
        at += size


def _empty_option(_out: MessageLines, _option: Branch, _at: int) -> None:
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
_OPTION_WRITERS: Final[dict[int, _Write]] = {
    5: _numbers("DAU", "opt.dau"), 6: _numbers("DHU", "opt.dhu"), 7: _numbers("N3U", "opt.n3u"), 8: _subnet,
    10: _cookie, 11: _values(Line("Timeout", "opt.edns_tcp_keepalive.timeout", Form.U16)), 12: _padding,
    13: _values(Line("Closest Trust Point", "opt.chain.fqdn", Form.LEFT_TEXT)), 15: _error,
}  # fmt: skip
