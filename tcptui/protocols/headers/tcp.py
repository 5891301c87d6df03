"""The TCP header (RFC 9293), with our analysis where Wireshark puts its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict
from tcptui.protocols.headers.bits import bits_label
from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.field_line import ChecksumStatus
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.headers.tcp_analysis import (
    add_completeness,
    add_sequence_analysis,
    add_timestamps,
    add_window_lines,
)
from tcptui.protocols.headers.tcp_options import OptionContext, add_options

if TYPE_CHECKING:
    from tcptui.model.packet_view import Analysis
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

_SHORTEST: Final = 20
#: As numbers: `&` of an enum takes ten times as long.
_AE, _RST, _SYN, _ACK, _FIN = map(int, (TcpFlag.AE, TcpFlag.RST, TcpFlag.SYN, TcpFlag.ACK, TcpFlag.FIN))
_FLAG_ROWS: Final = (
    (_AE, "tcp.flags.ae"),
    (int(TcpFlag.CWR), "tcp.flags.cwr"),
    (int(TcpFlag.ECE), "tcp.flags.ece"),
    (int(TcpFlag.URG), "tcp.flags.urg"),
    (_ACK, "tcp.flags.ack"),
    (int(TcpFlag.PSH), "tcp.flags.push"),
    (_RST, "tcp.flags.reset"),
    (_SYN, "tcp.flags.syn"),
    (_FIN, "tcp.flags.fin"),
)
#: Flags and their names, lowest bit first, as Wireshark lists those that are set.
_FLAG_NAMES: Final = (
    (_FIN, "FIN"), (_SYN, "SYN"), (_RST, "RST"), (int(TcpFlag.PSH), "PSH"), (_ACK, "ACK"),
    (int(TcpFlag.URG), "URG"), (int(TcpFlag.ECE), "ECE"), (int(TcpFlag.CWR), "CWR"), (_AE, "AE"),
)  # fmt: skip
_RESERVED: Final = 0xE00
_SHORT_SEGMENT: Final = (
    "Short segment. Segment/fragment does not contain a full TCP header "
    "(might be NMAP or someone else deliberately sending unusual packets)"
)
_LETTERS: Final = "RRRACEUAPRSF"


class _Numbers(NamedTuple):
    seq: int
    ack: int
    seq_base: int | None
    ack_base: int | None
    length: int
    """Payload bytes by the IP header's length; negative when the segment is shorter than its header."""
    flags: int

    @property
    def shown_seq(self) -> int:
        return self.seq if self.seq_base is None else (self.seq - self.seq_base) & SEQ_MASK

    @property
    def shown_ack(self) -> int:
        """The acknowledgment number, relative if known; raw without the ACK flag, as it then means nothing."""
        if self.ack_base is None or not self.flags & TcpFlag.ACK:
            return self.ack
        return (self.ack - self.ack_base) & SEQ_MASK


def read_tcp(dissection: Dissection, step: Step) -> Step | None:
    """Append header, options and analysis lines; returns the step for the payload."""
    start, source = step.start, step.source
    analysis = None if dissection.quoting else dissection.view.analysis
    dissection.protocols.append("tcp")
    origin, target = source.number(start, 2), source.number(start + 2, 2)
    layer = dissection.layer("Transmission Control Protocol", start, _SHORTEST, "tcp")
    layer.label = f"Transmission Control Protocol, Src Port: {origin}, Dst Port: {target}"
    layer.put("tcp.srcport", origin, start, 2)
    layer.put("tcp.dstport", target, start + 2, 2)
    if not dissection.quoting:
        dissection.coloring.ports |= {origin, target}
    if analysis is not None:
        dissection.coloring.verdict = analysis.verdict
    known = dissection.view.quoted if dissection.quoting else analysis
    if known is not None:
        layer.put("tcp.stream", known.stream)
        if analysis is not None:
            layer.put("tcp.stream.pnum", analysis.packet_in_stream)
        if not layer.is_bare and dissection.options.asks("tcp.completeness"):
            add_completeness(layer, known.completeness)
    if dissection.quoting and source.captured_end() < start + 14:
        _quoted_start(layer, start, source)
        return None
    header = (source.number(start + 12, 1) >> 4) * 4
    flags = source.number(start + 12, 2) & 0x0FFF
    bases = (None, None) if dissection.quoting else dissection.view.number_bases
    numbers = _Numbers(
        source.number(start + 4, 4),
        source.number(start + 8, 4),
        *bases,
        source.end - start - header,
        flags,
    )
    if not dissection.quoting:
        dissection.coloring.tcp_flags = flags
    _title(layer, numbers)
    if not dissection.quoting:  # of a quoted segment that is cut nobody says how long it was
        _length_line(layer, numbers.length)
    with_next = not dissection.quoting and header >= _SHORTEST
    if not layer.is_bare:
        _number_lines(layer, start, numbers, analysis, with_next=with_next, has_raw=_has_raw(dissection))
    _header_length_line(layer, start, header)
    if header < _SHORTEST:
        return None
    layer.length = max(0, min(header, source.captured_end() - start))
    if not layer.is_bare and dissection.options.asks("tcp.flags", "tcp.connection"):
        _flag_lines(layer, start, flags, known, target if analysis is None else analysis.server_port)
    _window_to_urgent(layer, start, source, flags, known, quoted=dissection.quoting)
    if dissection.quoting and known is not None:
        add_timestamps(layer, known)
    if header > _SHORTEST:
        verdict = analysis.verdict if analysis else 0
        context = OptionContext(flags, numbers.ack, numbers.ack_base, verdict, dissection.protocols)
        try:
            add_options(layer, start + _SHORTEST, start + header, source, context)
        finally:
            # The analysis is valid even if the options cannot be parsed.
            _conclusions(layer, analysis)
    else:
        _conclusions(layer, analysis)
    return _payload(dissection, layer, start + header, numbers.length, source, origin << 16 | target)


def add_analysis_only(dissection: Dissection, analysis: Analysis) -> None:
    """Append a TCP layer for a segment whose header is not in this frame (IP fragments)."""
    layer = dissection.parent.add("Transmission Control Protocol", field="tcp")
    layer.concluded("The header is in an earlier fragment of the same datagram")
    layer.put("tcp.stream", analysis.stream)
    layer.put("tcp.stream.pnum", analysis.packet_in_stream)
    add_completeness(layer, analysis.completeness)
    _conclusions(layer, analysis)


def _conclusions(layer: Branch, analysis: Analysis | None) -> None:
    if analysis is not None and not layer.is_bare:
        add_timestamps(layer, analysis)
        add_sequence_analysis(layer, analysis)


def _length_line(layer: Branch, length: int) -> None:
    if length < 0:
        layer.add(_SHORT_SEGMENT).expert(ExpertLevel.WARNING, "Malformed", _SHORT_SEGMENT, "tcp.short_segment")
    else:
        layer.put("tcp.len", length)


def _title(layer: Branch, numbers: _Numbers) -> None:
    layer.label += f", Seq: {numbers.shown_seq}"
    if numbers.flags & TcpFlag.ACK:
        layer.label += f", Ack: {numbers.shown_ack}"
    if numbers.length >= 0:
        layer.label += f", Len: {numbers.length}"


def _quoted_start(layer: Branch, start: int, source: FrameBytes) -> None:
    """Append the numbers of a quoted header: an ICMP error may quote only eight bytes, ports and SEQ (RFC 792)."""
    seq = source.number(start + 4, 4)
    layer.label += f", Seq: {seq}"
    layer.put("tcp.seq", seq, start + 4, 4)
    layer.add(f"Sequence Number (raw): {seq}", start + 4, 4)  # as in `_number_lines`
    if source.captured_end() >= start + 12:
        ack = source.number(start + 8, 4)
        layer.put("tcp.ack", ack, start + 8, 4)
        layer.put("tcp.ack_raw", ack, start + 8, 4)


def _has_raw(dissection: Dissection) -> bool:
    """Whether the sequence number is two fields: for a header that ICMP quotes tshark has one, for ICMPv6 both."""
    return not dissection.quoting or "icmp" not in dissection.protocols


def _number_lines(
    layer: Branch, start: int, numbers: _Numbers, analysis: Analysis | None, *, with_next: bool, has_raw: bool
) -> None:
    note = "    (relative sequence number)" if numbers.seq_base is not None else ""
    layer.put("tcp.seq", numbers.shown_seq, start + 4, 4, note=note)
    if has_raw:
        layer.put("tcp.seq_raw", numbers.seq, start + 4, 4)
    else:
        layer.add(f"Sequence Number (raw): {numbers.seq}", start + 4, 4)
    if with_next and numbers.length >= 0:
        following = numbers.shown_seq + numbers.length
        if numbers.flags & (TcpFlag.SYN | TcpFlag.FIN):
            following += 1
        layer.put("tcp.nxtseq", following & SEQ_MASK, note=note)
    has_ack = bool(numbers.flags & TcpFlag.ACK)
    note = "    (relative ack number)" if numbers.ack_base is not None and has_ack else ""
    line = layer.put("tcp.ack", numbers.shown_ack, start + 8, 4, note=note)
    if numbers.ack and not has_ack:
        text = "The acknowledgment number field is nonzero while the ACK flag is not set"
        line.expert(ExpertLevel.NOTE, "Protocol", text, "tcp.ack.nonzero")
    if analysis is not None and analysis.verdict & Verdict.TFO_ACK:
        line.expert(ExpertLevel.NOTE, "Sequence", "TCP SYN-ACK accepting TFO data", "tcp.analysis.tfo_ack")
    if analysis is not None and analysis.verdict & Verdict.TFO_IGNORED:
        line.expert(ExpertLevel.NOTE, "Sequence", "TCP SYN-ACK ignoring TFO data", "tcp.analysis.tfo_ignored")
    layer.put("tcp.ack_raw", numbers.ack, start + 8, 4)


def _header_length_line(layer: Branch, start: int, header: int) -> None:
    words = header // 4
    if header < _SHORTEST:
        text = f"Header Length: {header} bytes (bogus, must be at least {_SHORTEST})"
        line = layer.add(bits_label(words << 4, 0xF0, 8, text), start + 12, 1, "tcp.hdr_len")
        message = f"Bogus TCP header length ({header}, must be at least {_SHORTEST})"
        line.expert(ExpertLevel.ERROR, "Protocol", message, "tcp.bogus_header_length")
        return
    text = f"Header Length: {header} bytes ({words})"
    layer.add(bits_label(words << 4, 0xF0, 8, text), start + 12, 1, "tcp.hdr_len")


def _flag_lines(layer: Branch, start: int, flags: int, analysis: Analysis | None, server_port: int) -> None:
    names = ", ".join(name for bit, name in _FLAG_NAMES if flags & bit)
    if flags & _RESERVED:
        names += ", Reserved" if names else "Reserved"
    group = layer.put("tcp.flags", flags, start + 12, 2)
    group.label = f"Flags: 0x{flags:03x} ({names or '<None>'})"  # without its bits
    group.put("tcp.flags.res", flags >> 9, start + 12, 1)
    for bit, field in _FLAG_ROWS:
        line = group.put(field, int(flags & bit != 0), start + (12 if bit == _AE else 13), 1)
        if flags & bit:
            _connection_note(line, bit, flags, server_port)
    line = group.put("tcp.flags.str", flag_letters(flags))
    if analysis is None:
        return
    if analysis.initiates_close:
        text = "This frame initiates the connection closing"
        line.expert(ExpertLevel.NOTE, "Sequence", text, "tcp.connection.fin_active")
    if analysis.completes_close:
        text = "This frame undergoes the connection closing"
        line.expert(ExpertLevel.NOTE, "Sequence", text, "tcp.connection.fin_passive")


def flag_letters(flags: int) -> str:
    """The twelve flags as letters, ``·`` for one that is not set."""
    return "".join(letter if flags >> (11 - place) & 1 else "·" for place, letter in enumerate(_LETTERS))


def _connection_note(line: Branch, bit: int, flags: int, server_port: int) -> None:
    if bit == _RST:
        line.expert(ExpertLevel.WARNING, "Sequence", "Connection reset (RST)", "tcp.connection.rst")
    elif bit == _FIN:
        line.expert(ExpertLevel.CHAT, "Sequence", "Connection finish (FIN)", "tcp.connection.fin")
    elif bit == _SYN and flags & _ACK:
        text = f"Connection establish acknowledge (SYN+ACK): server port {server_port}"
        line.expert(ExpertLevel.CHAT, "Sequence", text, "tcp.connection.synack")
    elif bit == _SYN:
        text = f"Connection establish request (SYN): server port {server_port}"
        line.expert(ExpertLevel.CHAT, "Sequence", text, "tcp.connection.syn")


def _window_to_urgent(
    layer: Branch, start: int, source: FrameBytes, flags: int, analysis: Analysis | None, *, quoted: bool
) -> None:
    window = source.number(start + 14, 2)
    layer.put("tcp.window_size_value", window, start + 14, 2)
    if analysis is not None:
        add_window_lines(layer, window, flags, analysis.window_shift, quoted=quoted)
    checksum = source.number(start + 16, 2)
    layer.put("tcp.checksum", checksum, start + 16, 2, note=" [unverified]")
    layer.put("tcp.checksum.status", ChecksumStatus.UNVERIFIED)
    urgent = source.number(start + 18, 2)
    line = layer.put("tcp.urgent_pointer", urgent, start + 18, 2)
    if urgent and not flags & TcpFlag.URG:
        text = "The urgent pointer field is nonzero while the URG flag is not set"
        line.expert(ExpertLevel.NOTE, "Protocol", text, "tcp.urgent_pointer.non_zero")


def _payload(
    dissection: Dissection, layer: Branch, start: int, length: int, source: FrameBytes, ports: int
) -> Step | None:
    """The step for the payload; ``ports``: both, 16 bits each."""
    captured = source.captured_end() - start
    if length <= 0 or captured <= 0:
        return None
    layer.add(f"TCP payload ({length} byte{'' if length == 1 else 's'})", start, captured, "tcp.payload")
    dissection.transport = layer
    protocol = Protocol.TCP_DATA if dissection.quoting else Protocol.APPLICATION
    return Step(protocol, start, source, ports)
