"""Messages of DNS in the header tree of the packet that completed them, in Wireshark's terms."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.codes import NOTIFY, UPDATE, class_name, rcode_name, type_name
from tcptui.protocols.dns.message import HEADER, PREFIX, RECORD, read_head
from tcptui.protocols.dns.names import BadName, read_name, text_of
from tcptui.protocols.dns.tree_records import DATA, OPTIONS, Form
from tcptui.protocols.headers.builder import Branch
from tcptui.protocols.headers.cursor import Protocol
from tcptui.protocols.headers.data import bits_label, data_step, shortened
from tcptui.protocols.headers.frame_place import FramePlace
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.stream.segment_place import lone_segment, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.dns.conversation import Asked, Said
    from tcptui.protocols.dns.message import Head, Message
    from tcptui.protocols.dns.tree_records import Line
    from tcptui.protocols.headers.cursor import Dissection, Step

#: Most messages, and most records of all of them, in one packet's tree.
_MESSAGES_SHOWN: Final = 1_000
RECORDS_SHOWN: Final = 4_000
_TEXTS_SHOWN: Final = 300
_SHOWN_BYTES: Final = 36
_OPT: Final = 41
_SRV: Final = 33
_OPERATIONS: Final = {
    0: "Standard query", 1: "Inverse query", 2: "Server status request", NOTIFY: "Zone change notification",
    UPDATE: "Dynamic update", 6: "DNS Stateful operations",
}  # fmt: skip
_CODES: Final = {
    0: "No error", 1: "Format error", 2: "Server failure", 3: "No such name", 4: "Not implemented", 5: "Refused",
    6: "Name exists", 7: "RRset exists", 8: "RRset does not exist", 9: "Not authoritative", 10: "Name out of zone",
}  # fmt: skip
_COUNTS: Final = (
    ("Questions", "queries"), ("Answer RRs", "answers"), ("Authority RRs", "auth_rr"), ("Additional RRs", "add_rr"),
)  # fmt: skip
_UPDATE_COUNTS: Final = (
    ("Zones", "zones"), ("Prerequisites", "prerequisites"), ("Updates", "updates"), ("Additional RRs", "add_rr"),
)  # fmt: skip
_SECTIONS: Final = ("Queries", "Answers", "Authoritative nameservers", "Additional records")
_UPDATE_SECTIONS: Final = ("Zone", "Prerequisites", "Updates", "Additional records")
#: Bits of the flags: mask, field, what stands before the colon, and what 0 and 1 mean; None: not in questions.
_BITS: Final = (
    (0x0200, "truncated", "Truncated", "Message is not truncated", "Message is truncated", True),
    (0x0100, "recdesired", "Recursion desired", "Don't do query recursively", "Do query recursively", True),
    (0x0080, "recavail", "Recursion available", "Server can't do recursive queries",
     "Server can do recursive queries", False),
    (0x0040, "z", "Z", "reserved (0)", "reserved - incorrect!", True),
)  # fmt: skip


class Variant(Enum):
    """Which protocol a message is of, as Wireshark names its layer."""

    DNS = "dns"
    MULTICAST = "mdns"
    """RFC 6762: the highest bit of a class says something else."""
    LINK_LOCAL = "llmnr"
    """RFC 4795: other flags."""


_VARIANTS: Final = {53: Variant.DNS, 5353: Variant.MULTICAST, 5355: Variant.LINK_LOCAL}
_TITLES: Final = {
    Variant.DNS: "Domain Name System", Variant.MULTICAST: "Multicast Domain Name System",
    Variant.LINK_LOCAL: "Link-local Multicast Name Resolution",
}  # fmt: skip
_HIGHEST: Final = 0x8000


def add_dns(dissection: Dissection, place: FramePlace, said: Sequence[Said]) -> None:
    """Append a layer for each message that the packet completed."""
    budget = [RECORDS_SHOWN]
    for one in said[:_MESSAGES_SHOWN]:
        message = one.message
        if not place.holds(message.start, message.stop):
            add_reassembled(dissection, place.half, message.start, message.stop)
        dissection.protocols.append("dns")
        head = message.head
        kind = "" if head is None else " (response)" if head.is_response else " (query)"
        length = message.stop - message.start
        layer = place.add(dissection.parent, f"Domain Name System{kind}", message.start, length, "dns")
        layer.target = 0
        place.add(layer, f"Length: {message.size}", message.start, PREFIX, "dns.length")
        _Writer(layer, place, message.start + PREFIX, message.data(), budget).add(complete=message.complete)
        if one.asked is not None:
            _add_pair(layer, message, one.asked)
    if len(said) > _MESSAGES_SHOWN:
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
    writer = _Writer(layer, place, 0, payload, [RECORDS_SHOWN], variant)
    writer.add(complete=stop >= source.end and not dissection.quoting)
    return None


def _variant(ports: int) -> Variant:
    """What is spoken between two ports, of 16 bits each; the lower one decides, as in Wireshark."""
    return _VARIANTS[min(port for port in (ports >> 16, ports & 0xFFFF) if port in _VARIANTS)]


def _add_pair(layer: Branch, message: Message, asked: Asked) -> None:
    """What Wireshark concludes of a question and its answer."""
    query, first = asked.query, asked.first
    if query is None or first is None:
        return
    if message is query:
        line = layer.concluded(f"Response In: {first.frame}", "dns.response_in")
        line.target = first.frame
    else:
        line = layer.concluded(f"Request In: {query.frame}", "dns.response_to")
        line.target = query.frame
        taken = message.half.delivered_ns(message.stop - 1) - query.half.delivered_ns(query.stop - 1)
        sign, taken = ("-", -taken) if taken < 0 else ("", taken)
        text = f"{sign}{taken // 1_000_000_000}.{taken % 1_000_000_000:09d}"
        layer.concluded(f"Time: {text} seconds", "dns.time")


class _Ends(Exception):  # noqa: N818  (no error: how reading ends where bytes do)
    """The message's bytes end, or its lines are many."""


class _Writer:
    """Writes the lines of the message ``data``, which begins at ``base`` of its direction."""

    def __init__(self, layer: Branch, place: FramePlace, base: int, data: bytes, budget: list[int],
                 variant: Variant = Variant.DNS) -> None:  # fmt: skip
        self._layer, self._place = layer, place
        self._variant = variant
        self._base, self._data = base, data
        self._at = HEADER
        self._budget = budget

    def add(self, *, complete: bool) -> None:
        """Append the lines; ``complete``: all of the message was captured."""
        head = read_head(self._data)
        if head is None:
            self._layer.concluded("Packet size limited during capture")
            return
        self._header(head)
        try:
            self._sections(head)
        except (_Ends, BadName, struct.error):
            why = "Malformed" if complete else "Not all of it was captured"
            if not self._budget[0]:
                why = "More records are not shown"
            self._layer.concluded(why, "_ws.malformed" if why == "Malformed" else "")

    def _line(self, parent: Branch, label: str, at: int, length: int, field: str = "") -> Branch:
        return self._place.add(parent, label, self._base + at, length, field and f"dns.{field}")

    # -- header ------------------------------------------------------------------------------
    def _header(self, head: Head) -> None:
        layer = self._layer
        self._line(layer, f"Transaction ID: 0x{head.number:04x}", 0, 2, "id")
        operation = _OPERATIONS.get(head.opcode, f"Unknown operation ({head.opcode})")
        told = f"{operation} response, {_code(head.code)}" if head.is_response else operation
        flags = self._line(layer, f"Flags: 0x{head.flags:04x} {told}", 2, 2, "flags")
        self._bit(
            flags, head, 0x8000, "response", "Response", f"Message is a {'response' if head.is_response else 'query'}"
        )
        self._bits(flags, head.flags, 0x7800, f"Opcode: {operation} ({head.opcode})", "flags.opcode")
        if self._variant is Variant.LINK_LOCAL:
            self._link_local_bits(flags, head)
        else:
            self._domain_bits(flags, head)
        if head.is_response:
            self._bits(flags, head.flags, 0x000F, f"Reply code: {_code(head.code)} ({head.code})", "flags.rcode")
        counts = (head.questions, head.answers, head.authorities, head.additional)
        titles = _UPDATE_COUNTS if head.opcode == UPDATE else _COUNTS
        for place, ((title, name), count) in enumerate(zip(titles, counts, strict=True)):
            self._line(layer, f"{title}: {count}", 4 + 2 * place, 2, f"count.{name}")

    def _link_local_bits(self, flags: Branch, head: Head) -> None:
        told = "Yes" if head.flags & 0x0400 else "No"
        self._bit(flags, head, 0x0400, "conflict", "Conflict", told)
        no, yes = "Message is not truncated", "Message is truncated"
        self._bit(flags, head, 0x0200, "truncated", "Truncated", yes if head.flags & 0x0200 else no)
        self._bit(flags, head, 0x0100, "tentative", "Tentative", "Yes" if head.flags & 0x0100 else "No")

    def _domain_bits(self, flags: Branch, head: Head) -> None:
        if head.is_response:
            is_authority = "an authority" if head.flags & 0x0400 else "not an authority"
            self._bit(flags, head, 0x0400, "authoritative", "Authoritative", f"Server is {is_authority} for domain")
        for mask, name, title, no, yes, is_asked in _BITS:
            if head.is_response or is_asked:
                self._bit(flags, head, mask, name, title, yes if head.flags & mask else no)
        if head.is_response:
            was = "was" if head.flags & 0x20 else "was not"
            text = f"Answer/authority portion {was} authenticated by the server"
            self._bit(flags, head, 0x0020, "authenticated", "Answer authenticated", text)
        elif head.flags & 0x20:
            self._bit(flags, head, 0x0020, "authenticated", "AD bit", "Set")
        text = "Acceptable" if head.flags & 0x10 else "Unacceptable"
        self._bit(flags, head, 0x0010, "checkdisable", "Non-authenticated data", text)

    def _bit(self, parent: Branch, head: Head, mask: int, name: str, title: str, text: str) -> None:
        self._bits(parent, head.flags, mask, f"{title}: {text}", f"flags.{name}")

    def _bits(self, parent: Branch, value: int, mask: int, text: str, field: str, at: int = 2) -> None:
        self._line(parent, bits_label(value, mask, 16, text), at, 2, field)

    # -- sections ----------------------------------------------------------------------------
    def _sections(self, head: Head) -> None:
        titles = _UPDATE_SECTIONS if head.opcode == UPDATE else _SECTIONS
        counts = (head.questions, head.answers, head.authorities, head.additional)
        for place, (title, count) in enumerate(zip(titles, counts, strict=True)):
            if not count:
                continue
            begin = self._at
            section = self._line(self._layer, title, begin, 0)
            try:
                for _ in range(count):
                    if self._budget[0] <= 0:
                        raise _Ends
                    self._budget[0] -= 1
                    if place:
                        self._record(section)
                    else:
                        self._question(section)
            finally:
                self._cover(section, begin, self._at)

    def _cover(self, line: Branch, begin: int, end: int) -> None:
        """Has ``line`` mark the bytes that it turned out to be about."""
        drawn = self._line(Branch(""), "", begin, end - begin)
        line.start, line.length, line.target = drawn.start, drawn.length, drawn.target

    def _number(self, at: int, size: int) -> int:
        value = self._data[at : at + size]
        if len(value) < size:
            raise _Ends
        return int.from_bytes(value)

    def _name(self, parent: Branch, title: str, field: str, at: int, labels: list[bytes], end: int) -> Branch:
        return self._text(parent, title, field, at, end - at, text_of(labels))

    def _text(self, parent: Branch, title: str, field: str, at: int, length: int, text: str) -> Branch:
        line = self._line(parent, f"{title}: {text}", at, length, field)
        line.whole = lambda: text.encode()
        return line

    def _question(self, section: Branch) -> None:
        begin = self._at
        labels, at = read_name(self._data, begin)
        kind, group = self._number(at, 2), self._number(at + 2, 2)
        group, bit = self._class_and_bit(group)
        self._at = at + 4
        text = text_of(labels)
        title = f"{text}: type {type_name(kind)}, class {class_name(group)}"
        line = self._line(section, title, begin, self._at - begin)
        self._name(line, "Name", "qry.name", begin, labels, at)
        count = len(text.encode()) if labels else len(text)
        line.concluded(f"Name Length: {count}", "dns.qry.name.len")
        line.concluded(f"Label Count: {len(labels)}", "dns.count.labels")
        self._line(line, f"Type: {type_name(kind)} ({kind})", at, 2, "qry.type")
        self._line(line, f"Class: {class_name(group)} (0x{group:04x})", at + 2, 2, "qry.class")
        self._highest(line, bit, '"QU" question', "qry.qu", at + 2)

    def _class_and_bit(self, group: int) -> tuple[int, int | None]:
        """A class, and the bit above it where that is none of it."""
        return (group & ~_HIGHEST, group & _HIGHEST) if self._variant is Variant.MULTICAST else (group, None)

    def _highest(self, line: Branch, bit: int | None, title: str, field: str, at: int) -> None:
        if bit is not None:
            self._bits(line, bit, _HIGHEST, f"{title}: {bool(bit)}", field, at)

    def _record(self, section: Branch) -> None:
        begin = self._at
        labels, at = read_name(self._data, begin)
        kind, group, lifetime, size = RECORD.unpack_from(self._data, at)
        group, bit = self._class_and_bit(group)
        text = text_of(labels)
        line = self._line(section, f"{text}: type {type_name(kind)}", begin, at + RECORD.size + size - begin)
        if kind == _SRV and len(labels) > 2:
            for title, field, some in zip(
                ("Service", "Protocol", "Name"), ("service", "proto", "name"), ([labels[0]], [labels[1]], labels[2:]),
                strict=True,
            ):  # fmt: skip
                self._name(line, title, f"srv.{field}", begin, some, at)
        else:
            self._name(line, "Name", "resp.name", begin, labels, at)
        self._line(line, f"Type: {type_name(kind)} ({kind})", at, 2, "resp.type")
        if kind == _OPT:
            self._edns(line, at, group, lifetime, bit)
        else:
            line.label += f", class {class_name(group)}"
            self._line(line, f"Class: {class_name(group)} (0x{group:04x})", at + 2, 2, "resp.class")
            self._highest(line, bit, "Cache flush", "resp.cache_flush", at + 2)
            self._line(line, f"Time to live: {lifetime}", at + 4, 4, "resp.ttl")
        self._line(line, f"Data length: {size}", at + 8, 2, "resp.len")
        at += RECORD.size
        if at + size > len(self._data):
            raise _Ends
        self._at = at + size
        if kind == _OPT:
            self._options(line, at, at + size)
        elif kind in DATA and size:
            self._said(line, DATA[kind], at, at + size)
        elif size:
            from tcptui.protocols.dns.text import text_of_record  # imports dnspython: few types need it

            told = text_of_record(self._data, at, size, kind, group)
            self._line(line, f"Data: {told or shortened(self._data[at : at + min(size, _SHOWN_BYTES)])}", at, size)

    def _said(self, line: Branch, lines: tuple[Line, ...], at: int, end: int) -> None:
        """What a record's data says, from ``at`` to ``end``."""
        for title, field, form in lines:
            at = self._value(line, title, field.removeprefix("dns."), form, at, end)
            if at > end:
                line.concluded("Malformed", "_ws.malformed")
                return

    def _value(self, line: Branch, title: str, field: str, form: Form, at: int, end: int) -> int:
        """Appends one value; returns the offset behind it, beyond ``end`` where it does not fit."""
        data = self._data
        if form is Form.NAME:
            try:
                labels, behind = read_name(data, at)
            except BadName:
                return end + 1
            self._name(line, title, field, at, labels, behind)
            return behind
        if form is Form.BYTES:
            self._line(line, f"{title}: {shortened(data[at : min(end, at + _SHOWN_BYTES)])}", at, end - at, field)
            return end
        if form in (Form.TEXT, Form.TEXTS):
            return self._texts(line, title, field, at, end, 1 if form is Form.TEXT else _TEXTS_SHOWN)
        size = {Form.U8: 1, Form.U16: 2, Form.TYPE: 2, Form.IPV6: 16}.get(form, 4)
        if at + size > end:
            return end + 1
        raw = data[at : at + size]
        number = int.from_bytes(raw)
        if form is Form.IPV4:
            said = str(IPv4Address(raw))
        elif form is Form.IPV6:
            said = str(IPv6Address(raw))
        elif form is Form.TYPE:
            said = f"{type_name(number)} ({number})"
        elif form is Form.TIME:
            said = f"{datetime.fromtimestamp(number, UTC):%b %e, %Y %H:%M:%S}.000000000 UTC"
        else:
            said = str(number)
        self._line(line, f"{title}: {said}", at, size, field)
        return at + size

    def _texts(self, line: Branch, title: str, field: str, at: int, end: int, most: int) -> int:
        counted = f"{field}_length" if "." in field else f"{field}.length"
        for _ in range(most):
            if at >= end:
                break
            size = self._data[at]
            if at + 1 + size > end:
                return end + 1
            self._line(line, f"{title} Length: {size}", at, 1, counted)
            text = self._data[at + 1 : at + 1 + size].decode("ascii", "replace")
            self._text(line, title, field, at + 1, size, text)
            at += 1 + size
        return at

    # -- EDNS (RFC 6891) -----------------------------------------------------------------------
    def _edns(self, line: Branch, at: int, size: int, bits: int, bit: int | None) -> None:
        self._line(line, f"UDP payload size: {size}", at + 2, 2, "rr.udp_payload_size")
        self._highest(line, bit, "Cache flush", "resp.cache_flush", at + 2)
        self._line(line, f"Higher bits in extended RCODE: 0x{bits >> 24:02x}", at + 4, 1, "resp.ext_rcode")
        self._line(line, f"EDNS0 version: {bits >> 16 & 255}", at + 5, 1, "resp.edns0_version")
        z = self._line(line, f"Z: 0x{bits & 0xFFFF:04x}", at + 6, 2, "resp.z")
        can = "Accepts" if bits & 0x8000 else "Cannot handle"
        self._bits(z, bits & 0xFFFF, 0x8000, f"DO bit: {can} DNSSEC security RRs", "resp.z.do", at + 6)
        self._bits(z, bits & 0xFFFF, 0x7FFF, f"Reserved: 0x{bits & 0x7FFF:04x}", "resp.z.reserved", at + 6)

    def _options(self, line: Branch, at: int, end: int) -> None:
        for _ in range(_TEXTS_SHOWN):
            if at + 4 > end:
                return
            code, size = self._number(at, 2), self._number(at + 2, 2)
            title = OPTIONS.get(code, f"Unknown ({code})")
            option = self._line(line, f"Option: {title}", at, 4 + size, "opt")
            self._line(option, f"Option Code: {title} ({code})", at, 2, "opt.code")
            self._line(option, f"Option Length: {size}", at + 2, 2, "opt.len")
            data = self._data[at + 4 : min(at + 4 + size, end)]
            if data:
                self._line(option, f"Option Data: {shortened(data[:_SHOWN_BYTES])}", at + 4, len(data), "opt.data")
            if code == _COOKIE and size >= _CLIENT_COOKIE:
                parts = (("Client", 0, _CLIENT_COOKIE), ("Server", _CLIENT_COOKIE, size - _CLIENT_COOKIE))
                for side, begin, length in parts:
                    if length:
                        text = f"{side} Cookie: {data[begin : begin + length].hex()}"
                        self._line(option, text, at + 4 + begin, length, f"opt.cookie.{side.lower()}")
            at += 4 + size


#: Number of the option, and length of the client's part (RFC 7873, 4).
_COOKIE: Final = 10
_CLIENT_COOKIE: Final = 8


def _code(code: int) -> str:
    return _CODES.get(code, rcode_name(code))
