"""Messages of DNS in the header tree of the packet that completed them, in Wireshark's terms."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.codes import UPDATE, class_name, type_name
from tcptui.protocols.dns.message import HEADER, PREFIX, read_head
from tcptui.protocols.dns.names import BadName, read_name, text_of
from tcptui.protocols.dns.tree_header import Variant, write_header
from tcptui.protocols.dns.tree_lines import Budget, Ends, MessageLines
from tcptui.protocols.dns.tree_record import HIGHEST, class_and_bit, long_type_name, write_record
from tcptui.protocols.headers.cursor import Protocol
from tcptui.protocols.headers.data import data_step
from tcptui.protocols.headers.frame_place import FramePlace
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.stream.segment_place import lone_segment, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.dns.conversation import DnsMessage, DnsQuery
    from tcptui.protocols.dns.message import Head, Message
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection, Step

#: Most messages in one packet's tree.
_MESSAGES_SHOWN: Final = 1_000
_SECTIONS: Final = ("Queries", "Answers", "Authoritative nameservers", "Additional records")
_UPDATE_SECTIONS: Final = ("Zone", "Prerequisites", "Updates", "Additional records")
_VARIANTS: Final = {53: Variant.DNS, 5353: Variant.MULTICAST, 5355: Variant.LINK_LOCAL}
_TITLES: Final = {
    Variant.DNS: "Domain Name System", Variant.MULTICAST: "Multicast Domain Name System",
    Variant.LINK_LOCAL: "Link-local Multicast Name Resolution",
}  # fmt: skip


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
                write = write_record if place else _question
                at = write(out, section, at, variant)
        finally:
            out.cover(section, begin, at)


def _question(out: MessageLines, section: Branch, begin: int, variant: Variant) -> int:
    labels, at = read_name(out.data, begin)
    kind = out.number(at, 2)
    group, bit = class_and_bit(out.number(at + 2, 2), variant)
    text = text_of(labels)
    title = f"{text}: type {type_name(kind)}, class {class_name(group)}"
    line = out.line(section, title, begin, at + 4 - begin)
    out.labels(line, "Name", "qry.name", begin, labels, at)
    count = len(text.encode()) if labels else len(text)
    line.concluded(f"Name Length: {count}", "dns.qry.name.len")
    line.concluded(f"Label Count: {text.count('.') + 1}", "dns.count.labels")
    out.line(line, f"Type: {long_type_name(kind)} ({kind})", at, 2, "qry.type")
    out.line(line, f"Class: {class_name(group)} (0x{group:04x})", at + 2, 2, "qry.class")
    if bit is not None:
        out.bits(line, bit, HIGHEST, f'"QU" question: {bool(bit)}', "qry.qu", at + 2)
    return at + 4
