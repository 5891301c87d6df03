"""Fields of the TCP header and of what is concluded from it (``tcp.analysis.*``); options are in `tcp_options`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.field import (
    AnyOf,
    Base,
    Column,
    Field,
    FieldType,
    Layer,
    Owner,
    Place,
    Reader,
    Take,
    Unit,
    in_stream,
    segments,
    whole_headers,
)
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from tcptui.model.field import Mask, Presence, Where
    from tcptui.model.packet_store import PacketStore

_BYTES: Final = Unit.BYTES
_TIME: Final = Unit.SECONDS
_NEWER: Final = Owner.NEWER_WIRESHARK
_STREAM: Final = Reader.STREAM


def _fits(store: PacketStore, rows: Where) -> Mask:
    """Present where the header fits into its packet."""
    return segments(store, rows) & (store.length[rows] >= 0)


def _with(verdict: Verdict) -> Presence:
    def present(store: PacketStore, rows: Where) -> Mask:
        mask: Mask = whole_headers(store, rows) & ((store.verdict[rows] & verdict) != 0)
        return mask

    return present


def _acknowledges(store: PacketStore, rows: Where) -> Mask:
    return whole_headers(store, rows) & (store.acked[rows] >= 0)


def _acknowledges_later(store: PacketStore, rows: Where) -> Mask:
    """Present in ACKs that came later than the segment they acknowledge: tshark shows no ack_rtt of 0."""
    mask = _acknowledges(store, rows)
    mask &= store.time_ns[rows] != store.time_ns.take(store.acked[rows], mode="clip")
    return mask


def _in_flight(store: PacketStore, rows: Where) -> Mask:
    return whole_headers(store, rows) & (store.bytes_in_flight[rows] > 0)


def _timed_out(store: PacketStore, rows: Where) -> Mask:
    """Present in retransmissions whose RTO is known.  `refers_to` of a duplicate ACK has another meaning."""
    verdict, refers = store.verdict[rows], store.refers_to[rows]
    resent = ((verdict & Verdict.RETRANSMISSION) != 0) & ((verdict & Verdict.DUPLICATE_ACK) == 0)
    mask: Mask = whole_headers(store, rows) & resent & (refers >= 0)
    places = np.flatnonzero(mask)  # few
    mask[places] = store.time_ns[rows][places] != store.time_ns[refers[places]]
    return mask


def _flag(name: str, doc: str, bits: int) -> Field:
    return Field(f"tcp.flags.{name}", FieldType.BOOLEAN, doc, Column("flags", mask=int(bits)), quoted=True)


def _completeness(name: str, doc: str) -> Field:
    return Field(f"tcp.completeness.{name}", FieldType.BOOLEAN, doc, _STREAM, owner=_NEWER)


def _verdict(verdict: Verdict, doc: str, *, repeats: bool = False) -> Field:
    name = f"tcp.analysis.{verdict.field_name}"
    return Field(name, FieldType.NONE, doc, Column("verdict", _with(verdict), int(verdict)), repeats=repeats)


_HEADER: Final = (
    Field("tcp", FieldType.PROTOCOL, "The TCP header.", layer=Layer.LISTED | Layer.WITH_REST | Layer.DESCRIBED),
    Field("tcp.srcport", FieldType.UINT16, "Port of the sender.", Reader.FLOW, quoted=True),
    Field("tcp.dstport", FieldType.UINT16, "Port of the receiver.", Reader.FLOW, quoted=True),
    Field("tcp.port", FieldType.UINT16, "Port of the sender or the receiver.", AnyOf(("tcp.srcport", "tcp.dstport")),
          repeats=True, quoted=True),
    Field("tcp.stream", FieldType.UINT32, "Number of the connection, from 0.", Column("stream", in_stream)),
    Field("tcp.stream.pnum", FieldType.UINT32, "Number of the segment in its connection, from 1.", _STREAM,
          owner=_NEWER, title="Stream Packet Number"),
    Field("tcp.completeness", FieldType.UINT8, "Which parts of the connection were captured, as bits.", _STREAM,
          quoted=True),
    _completeness("rst", "A reset was captured."),
    _completeness("fin", "A FIN was captured."),
    _completeness("data", "Payload was captured."),
    _completeness("ack", "The handshake's last acknowledgment was captured."),
    _completeness("synack", "The SYN-ACK was captured."),
    _completeness("syn", "The SYN was captured."),
    Field("tcp.completeness.str", FieldType.STRING, "The captured parts as letters.", _STREAM, owner=_NEWER),
    Field("tcp.len", FieldType.UINT32, "Payload of the segment.", Column("length", _fits), _BYTES),
    Field("tcp.seq", FieldType.UINT32, "Number of the first byte, counted from the connection's first.", _STREAM,
          quoted=True),
    Field("tcp.seq_raw", FieldType.UINT32, "Number of the first byte as in the header.", Column("seq", segments)),
    Field("tcp.nxtseq", FieldType.UINT32, "Number of the byte after the last.", _STREAM),
    Field("tcp.ack", FieldType.UINT32, "Number of the next expected byte, from the connection's first.", _STREAM,
          quoted=True),
    Field("tcp.ack_raw", FieldType.UINT32, "Number of the next expected byte as in the header.", Column("ack"),
          quoted=True),
    Field("tcp.ack.nonzero", FieldType.NONE, "There is an acknowledgment number, yet no ACK flag."),
    Field("tcp.hdr_len", FieldType.UINT8, "Length of the header with its options.",
          Column("header_length", segments), _BYTES, quoted=True),
    Field("tcp.bogus_header_length", FieldType.NONE, "The header is shorter than it may be."),
    Field("tcp.short_segment", FieldType.NONE, "The header does not fit into its packet."),
    Field("tcp.flags", FieldType.UINT16, "The twelve bits of the flags.", Column("flags"), quoted=True,
          base=Base.HEXADECIMAL),
    _flag("res", "A reserved bit is set.", 0xE00),
    _flag("ae", "Accurate ECN.", TcpFlag.AE),
    _flag("cwr", "The sender halved its window after a sign of congestion.", TcpFlag.CWR),
    _flag("ece", "A router marked congestion; in a SYN: ECN is offered.", TcpFlag.ECE),
    _flag("urg", "The urgent pointer is valid.", TcpFlag.URG),
    _flag("ack", "The acknowledgment number is valid.", TcpFlag.ACK),
    _flag("push", "The receiver should pass the data on at once.", TcpFlag.PSH),
    _flag("reset", "The connection is aborted.", TcpFlag.RST),
    _flag("syn", "A connection is opened.", TcpFlag.SYN),
    _flag("fin", "The sender has nothing more to send.", TcpFlag.FIN),
    Field("tcp.flags.str", FieldType.STRING, "The flags as letters."),
    Field("tcp.window_size_value", FieldType.UINT16, "The window as in the header, not scaled.", Column("window"),
          quoted=True),
    Field("tcp.window_size", FieldType.UINT32, "How much data the sender has room for.", _STREAM, _BYTES, quoted=True),
    Field("tcp.window_size_scalefactor", FieldType.INT32, "The factor of the header's window; -1: unknown.",
          _STREAM, quoted=True),
    Field("tcp.checksum", FieldType.UINT16, "Checksum of the segment.", base=Base.HEXADECIMAL,
          place=Place("tcp", 16, 2)),
    Field("tcp.checksum.status", FieldType.UINT8, "Whether the segment's checksum is right."),
    Field("tcp.urgent_pointer", FieldType.UINT16, "Where the urgent data ends.", place=Place("tcp", 18, 2)),
    Field("tcp.urgent_pointer.non_zero", FieldType.NONE, "There is an urgent pointer, yet no URG flag."),
    Field("tcp.payload", FieldType.BYTES, "The payload's bytes.", repeats=True),
    Field("tcp.connection.syn", FieldType.NONE, "A connection is asked for."),
    Field("tcp.connection.synack", FieldType.NONE, "A connection is accepted."),
    Field("tcp.connection.fin", FieldType.NONE, "One side is closed."),
    Field("tcp.connection.fin_active", FieldType.NONE, "The connection's first FIN."),
    Field("tcp.connection.fin_passive", FieldType.NONE, "The first FIN of the side that closed second."),
    Field("tcp.connection.rst", FieldType.NONE, "The connection is reset."),
    Field("tcp.time_relative", FieldType.RELATIVE_TIME, "Time since the connection's first frame.", _STREAM, _TIME,
          quoted=True),
    Field("tcp.time_delta", FieldType.RELATIVE_TIME, "Time since the connection's previous frame.", _STREAM, _TIME,
          quoted=True),
)  # fmt: skip

_ANALYSIS: Final = (
    Field("tcp.analysis", FieldType.NONE, "Something was inferred from the sequence numbers."),
    Field("tcp.analysis.flags", FieldType.NONE, "One of the verdicts below applies to the segment."),
    Field("tcp.analysis.acks_frame", FieldType.FRAMENUM, "The frame that the segment acknowledges.",
          Column("acked", _acknowledges, take=Take.FRAME)),
    Field("tcp.analysis.ack_rtt", FieldType.RELATIVE_TIME, "Time from that frame to its acknowledgment.",
          Column("acked", _acknowledges_later, take=Take.SINCE), _TIME),
    Field("tcp.analysis.initial_rtt", FieldType.RELATIVE_TIME, "Round-trip time of the handshake.", _STREAM, _TIME),
    Field("tcp.analysis.bytes_in_flight", FieldType.UINT32, "Payload sent and not acknowledged so far.",
          Column("bytes_in_flight", _in_flight), _BYTES),
    Field("tcp.analysis.push_bytes_sent", FieldType.UINT32, "Payload sent since the last PSH flag.",
          Column("push_bytes", _in_flight), _BYTES),
    Field("tcp.analysis.rto", FieldType.RELATIVE_TIME, "Time after which the segment was retransmitted.",
          Column("refers_to", _timed_out, take=Take.SINCE), _TIME),
    Field("tcp.analysis.rto_frame", FieldType.FRAMENUM, "The frame from which that time counts.",
          Column("refers_to", _timed_out, take=Take.FRAME)),
    Field("tcp.analysis.duplicate_ack_num", FieldType.UINT32, "How many duplicates of the ACK so far.",
          Column("dup_ack_number", _with(Verdict.DUPLICATE_ACK))),
    Field("tcp.analysis.duplicate_ack_frame", FieldType.FRAMENUM, "The frame with the ACK that is repeated.",
          Column("refers_to", _with(Verdict.DUPLICATE_ACK), take=Take.FRAME)),
    _verdict(Verdict.RETRANSMISSION, "Payload is retransmitted."),
    _verdict(Verdict.FAST_RETRANSMISSION, "Payload is retransmitted after duplicate ACKs."),
    _verdict(Verdict.SPURIOUS_RETRANSMISSION, "Payload is retransmitted that was acknowledged already."),
    _verdict(Verdict.OUT_OF_ORDER, "A segment arrived after later ones."),
    _verdict(Verdict.LOST_SEGMENT, "Segments before this one were not captured."),
    _verdict(Verdict.ACK_LOST_SEGMENT, "The segment acknowledges bytes that were not captured."),
    _verdict(Verdict.DUPLICATE_ACK, "The acknowledgment is repeated.", repeats=True),
    _verdict(Verdict.KEEP_ALIVE, "A probe checks whether the other end is still there."),
    _verdict(Verdict.KEEP_ALIVE_ACK, "The reply to such a probe."),
    _verdict(Verdict.ZERO_WINDOW, "The receiver has no room."),
    _verdict(Verdict.ZERO_WINDOW_PROBE, "The sender checks whether there is room again."),
    _verdict(Verdict.ZERO_WINDOW_PROBE_ACK, "The reply to such a probe."),
    _verdict(Verdict.WINDOW_FULL, "The segment fills the receiver's window."),
    _verdict(Verdict.WINDOW_UPDATE, "The segment only announces a new window."),
    Field("tcp.analysis.reused_ports", FieldType.NONE, "A new connection has the ports of an earlier one.", _STREAM),
    _verdict(Verdict.TFO_SYN, "The SYN has a Fast Open cookie."),
    _verdict(Verdict.TFO_ACK, "The SYN-ACK accepts the SYN's data."),
    _verdict(Verdict.TFO_IGNORED, "The SYN-ACK does not acknowledge the SYN's data."),
)  # fmt: skip

_REASSEMBLY: Final = (
    Field("tcp.segments", FieldType.NONE, "The segments of a message."),
    Field("tcp.segment", FieldType.FRAMENUM, "A frame with a part of the message.", repeats=True),
    Field(
        "tcp.segment.overlap",
        FieldType.BOOLEAN,
        "The segment overlaps bytes of other segments.",
        repeats=True,
    ),
    Field("tcp.segment.overlap.conflict", FieldType.BOOLEAN, "Its bytes differ there.", repeats=True),
    Field("tcp.segment.count", FieldType.UINT32, "How many segments the message has.", repeats=True),
    Field("tcp.segment_data", FieldType.BYTES, "Payload that belongs to a longer message.", repeats=True),
    Field("tcp.reassembled_in", FieldType.FRAMENUM, "The frame that completes the message.", repeats=True),
    Field("tcp.reassembled.length", FieldType.UINT32, "Length of the message.", unit=_BYTES, repeats=True),
    Field("tcp.reassembled.data", FieldType.BYTES, "The message's bytes.", repeats=True),
)

TCP_FIELDS: Final = (*_HEADER, *_ANALYSIS, *_REASSEMBLY)
