"""The analysis lines of the TCP layer: results of our analysis in Wireshark's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.analysis.stream.table import SCALE_OFF, Completeness
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict
from tcptui.protocols.headers.bits import bits_label
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from tcptui.model.packet_view import Analysis
    from tcptui.protocols.headers.builder import Branch

#: Severity and text of Wireshark's expert note for each verdict, in its order.
_NOTES: Final = (
    (
        Verdict.REUSED_PORTS,
        ExpertLevel.NOTE,
        "A new tcp session is started with the same ports as an earlier session in this trace",
    ),
    (Verdict.FAST_RETRANSMISSION, ExpertLevel.NOTE, "This frame is a (suspected) fast retransmission"),
    (Verdict.SPURIOUS_RETRANSMISSION, ExpertLevel.NOTE, "This frame is a (suspected) spurious retransmission"),
    (Verdict.RETRANSMISSION, ExpertLevel.NOTE, "This frame is a (suspected) retransmission"),
    (Verdict.OUT_OF_ORDER, ExpertLevel.WARNING, "This frame is a (suspected) out-of-order segment"),
    (
        Verdict.LOST_SEGMENT,
        ExpertLevel.WARNING,
        "Previous segment(s) not captured (common at capture start)",
    ),
    (
        Verdict.ACK_LOST_SEGMENT,
        ExpertLevel.WARNING,
        "ACKed segment that wasn't captured (common at capture start)",
    ),
    (Verdict.WINDOW_UPDATE, ExpertLevel.CHAT, "TCP window update"),
    (
        Verdict.WINDOW_FULL,
        ExpertLevel.WARNING,
        "TCP window specified by the receiver is now completely full",
    ),
    (Verdict.KEEP_ALIVE, ExpertLevel.NOTE, "TCP keep-alive segment"),
    (Verdict.KEEP_ALIVE_ACK, ExpertLevel.NOTE, "ACK to a TCP keep-alive segment"),
    (Verdict.ZERO_WINDOW_PROBE, ExpertLevel.NOTE, "TCP Zero Window Probe"),
    (Verdict.ZERO_WINDOW, ExpertLevel.WARNING, "TCP Zero Window segment"),
    (Verdict.ZERO_WINDOW_PROBE_ACK, ExpertLevel.NOTE, "ACK to a TCP Zero Window Probe"),
)

#: Verdicts that Wireshark shows elsewhere, not under [TCP Analysis Flags].
_ELSEWHERE: Final = Verdict.TFO_SYN | Verdict.TFO_ACK | Verdict.TFO_IGNORED

_COMPLETENESS_BITS: Final = (
    (int(Completeness.RST), "RST", "R"),
    (int(Completeness.FIN), "FIN", "F"),
    (int(Completeness.DATA), "Data", "D"),
    (int(Completeness.ACK), "ACK", "A"),
    (int(Completeness.SYN_ACK), "SYN-ACK", "S"),
    (int(Completeness.SYN), "SYN", "S"),
)

_HANDSHAKE: Final = Completeness.SYN | Completeness.SYN_ACK | Completeness.ACK
_CLOSED: Final = Completeness.FIN | Completeness.RST


def completeness_text(bits: int) -> str:
    """Wireshark's name of a ``tcp.completeness`` value: ``"Complete, WITH_DATA"``."""
    if bits & _HANDSHAKE == _HANDSHAKE:
        if bits & _CLOSED:
            return "Complete, WITH_DATA" if bits & Completeness.DATA else "Complete, NO_DATA"
        return "Incomplete, DATA" if bits & Completeness.DATA else "Incomplete, ESTABLISHED"
    if bits == Completeness.SYN | Completeness.SYN_ACK:
        return "Incomplete, CLIENT_ESTABLISHED"
    if bits == Completeness.SYN:
        return "Incomplete, SYN_SENT"
    return "Incomplete"


def add_completeness(layer: Branch, bits: int) -> None:
    """Append the conversation completeness: which parts of the connection were captured."""
    node = layer.put("tcp.completeness", bits, text=f"{completeness_text(bits)} ({bits})")
    letters = ""
    for bit, title, letter in _COMPLETENESS_BITS:
        state = "Present" if bits & bit else "Absent"
        name = title.lower().replace("-", "")
        node.add(bits_label(bits, bit, 8, f"{title}: {state}"), field=f"tcp.completeness.{name}")
        letters += letter if bits & bit else "·"
    node.concluded(f"Completeness Flags: {letters if bits else '[ Null ]'}", "tcp.completeness.str")


def add_window_lines(layer: Branch, window: int, flags: int, shift: int, *, quoted: bool) -> None:
    """Append the calculated window size, which tshark does not scale in a quoted header, and the scaling factor."""
    is_syn = bool(flags & TcpFlag.SYN)
    calculated = window << shift if shift > 0 and not is_syn and not quoted else window
    layer.put("tcp.window_size", calculated)
    if is_syn:
        return
    if shift >= 0:
        layer.put("tcp.window_size_scalefactor", 1 << shift)
    elif shift == SCALE_OFF:
        layer.put("tcp.window_size_scalefactor", -2, note=" (no window scaling used)")
    else:
        layer.put("tcp.window_size_scalefactor", -1, note=" (unknown)")


def add_timestamps(layer: Branch, analysis: Analysis) -> None:
    """Append the segment's times within its stream."""
    node = layer.concluded("Timestamps")
    node.put("tcp.time_relative", analysis.since_stream_start_ns)
    node.put("tcp.time_delta", analysis.since_previous_ns)


def _has_conclusions(analysis: Analysis) -> bool:
    return bool(analysis.acks_frame is not None or analysis.bytes_in_flight or analysis.verdict & ~_ELSEWHERE)


def add_sequence_analysis(layer: Branch, analysis: Analysis) -> None:
    """Append [SEQ/ACK analysis], if it has any line."""
    if not _has_conclusions(analysis):
        return
    node = layer.concluded("SEQ/ACK analysis", "tcp.analysis")
    if analysis.acks_frame is not None:
        node.put("tcp.analysis.acks_frame", analysis.acks_frame)
        if analysis.ack_rtt_ns:
            node.put("tcp.analysis.ack_rtt", analysis.ack_rtt_ns)
    if analysis.irtt_ns:
        node.put("tcp.analysis.initial_rtt", analysis.irtt_ns)
    if analysis.bytes_in_flight:
        node.put("tcp.analysis.bytes_in_flight", analysis.bytes_in_flight)
        node.put("tcp.analysis.push_bytes_sent", analysis.push_bytes)
    if analysis.verdict & ~_ELSEWHERE:
        _flags(node, analysis)


def _flags(node: Branch, analysis: Analysis) -> None:
    group = node.concluded("TCP Analysis Flags", "tcp.analysis.flags")
    for verdict, level, message in _NOTES:
        if not analysis.verdict & verdict:
            continue
        group.expert(level, "Sequence", message, f"tcp.analysis.{verdict.field_name}")
        if verdict is Verdict.RETRANSMISSION and analysis.rto_ns:
            group.put("tcp.analysis.rto", analysis.rto_ns)
            if analysis.rto_frame is not None:
                group.put("tcp.analysis.rto_frame", analysis.rto_frame)
    if analysis.verdict & Verdict.DUPLICATE_ACK:
        group.concluded("This is a TCP duplicate ack", "tcp.analysis.duplicate_ack")
        number = analysis.dup_ack_number
        node.put("tcp.analysis.duplicate_ack_num", number)
        line = node.put("tcp.analysis.duplicate_ack_frame", analysis.dup_ack_frame or 0)
        line.expert(ExpertLevel.NOTE, "Sequence", f"Duplicate ACK (#{number})", "tcp.analysis.duplicate_ack")
