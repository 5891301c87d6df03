"""The JSON lines of `tcptui verdicts`, from columns written by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tcptui.analysis.stream.table import NO_BASE, SCALE_OFF, SCALE_UNKNOWN, StreamTable
from tcptui.cli.report.verdicts import Evidence, header_line, tcp_lines, tcp_rows
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.flow_table import FlowTable
from tcptui.model.packet_store import COLUMNS, DecodeIssue, PacketStore, RowKind
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_state import STATE_PROVED, TcpState
from tcptui.model.verdict import Verdict

EPOCH = 1_700_000_000_000_000_000
ACK, SYN, FIN = 0x10, 0x02, 0x01


class Capture:
    """A store and tables with one IPv4 flow, filled row by row."""

    def __init__(self) -> None:
        self.store = PacketStore()
        flows = FlowTable()
        key = np.array([[0, 0x0A000001, 0, 0x0A000002, 4 << 32 | 80 << 16 | 40000]], np.uint64)
        self.flow = int(flows.ids(key)[0])
        self.streams = StreamTable(flows)
        self.streams.count = 1
        self.streams.flow[0] = self.flow
        self.streams.client_is_b[0] = 1  # 10.0.0.2:40000 opened it
        self.streams.base_a[0], self.streams.base_b[0] = 1000, 0xFFFF_FFFF
        self.streams.scale_a[0] = self.streams.scale_b[0] = SCALE_OFF

    def add(self, **columns: int) -> int:
        """Append a row: TCP of stream 0 unless told otherwise; returns it."""
        row = self.store.count
        defaults = {
            "frame": row + 1, "time_ns": EPOCH + row * 1_000_000, "captured": 74, "wire_length": 74,
            "kind": RowKind.TCP, "flow": self.flow, "transport_offset": 34, "header_length": 20,
            "flags": ACK, "window": 500, "previous": row - 1, "refers_to": -1, "acked": -1,
        }  # fmt: skip
        for name in COLUMNS:
            getattr(self.store, name)[row] = columns.get(name, defaults.get(name, 0))
        self.store.publish(row + 1)
        return row

    def lines(self, *findings: tuple[FindingId, tuple[int, ...]]) -> list[dict[str, Any]]:
        evidence = Evidence()
        for name, packets in findings:
            evidence.add(Finding(name, 0, packets, Severity.NOTE, Confidence.CERTAIN))
        text = b"".join(tcp_lines(self.store, self.streams, evidence, self.rows()))
        return [json.loads(line) for line in text.splitlines()]

    def rows(self) -> Any:
        return tcp_rows(self.store)


def test_plain_segment_has_every_header_value_and_no_analysis() -> None:
    capture = Capture()
    capture.streams.completeness[0] = capture.streams.completeness_first[0] = 31
    capture.add(seq=2, ack=1001, length=10, from_b=1, state_a=TcpState.ESTABLISHED, state_b=5 | STATE_PROVED)

    assert capture.lines() == [
        {
            "type": "tcp", "frame": 1, "stream": 0, "sport": 40000, "dport": 80, "src": "10.0.0.2", "dst": "10.0.0.1",
            "side": "client", "seq": 3, "seq_raw": 2, "ack": 1, "ack_raw": 1001, "nxtseq": 13, "len": 10, "hdr_len": 20,
            "flags": ACK, "win": 500, "win_raw": 500, "win_scale": -2, "completeness": 31, "verdicts": [],
            "time_relative": 0.0, "time_delta": 0.0, "client_state": "ESTABLISHED", "client_sure": True,
            "server_state": "ESTABLISHED", "server_sure": False,
        }
    ]  # fmt: skip


def test_syn_and_fin_take_one_number_and_a_syn_has_no_scale() -> None:
    capture = Capture()
    capture.streams.scale_b[0] = 7
    capture.add(seq=0xFFFF_FFFF, flags=SYN, from_b=1, window=100)
    capture.add(seq=0, flags=ACK | FIN, ack=1001, length=5, from_b=1, window=100)
    syn, fin = capture.lines()

    assert (syn["seq"], syn["nxtseq"], syn["win"], "win_scale" in syn) == (0, 1, 100, False)
    assert (fin["seq"], fin["nxtseq"], fin["win"], fin["win_scale"]) == (1, 7, 12800, 128)


def test_ack_without_its_flag_stays_raw() -> None:
    capture = Capture()
    capture.add(flags=0, ack=777, from_b=1)
    assert capture.lines()[0]["ack"] == 777


def test_unknown_bases_and_scales_leave_raw_numbers() -> None:
    capture = Capture()
    capture.streams.base_a[0] = capture.streams.base_b[0] = NO_BASE
    capture.streams.scale_a[0] = SCALE_UNKNOWN
    capture.add(seq=5, ack=6)
    line = capture.lines()[0]
    assert (line["seq"], line["ack"], line["win_scale"], line["win"]) == (5, 6, -1, 500)


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(0, "0.000000000"), (1, "0.000000001"), (-1, "-0.000000001"), (-2_500_000_000, "-2.500000000")],
)
def test_times_are_exact_to_the_nanosecond_also_when_negative(time_ns: int, text: str) -> None:
    capture = Capture()
    capture.add()
    capture.add(time_ns=EPOCH + time_ns)
    (block,) = tcp_lines(capture.store, capture.streams, Evidence(), capture.rows())
    assert f'"time_relative":{text},"time_delta":{text}' in block.decode().splitlines()[1]


def test_analysis_names_frames_not_rows() -> None:
    capture = Capture()
    capture.streams.irtt_ns[0] = 20_000_001
    for frame in (11, 12):
        capture.add(frame=frame)
    capture.add(frame=20, verdict=Verdict.DUPLICATE_ACK, dup_ack_number=3, refers_to=0)
    capture.add(frame=21, verdict=Verdict.RETRANSMISSION, refers_to=1, cause=ResendCause.TAIL_LOSS_PROBE)
    capture.add(frame=22, acked=3, bytes_in_flight=9, push_bytes=4)
    plain, _, duplicate, resent, both = capture.lines()

    assert "irtt" not in plain
    assert (duplicate["dup_ack_num"], duplicate["dup_ack_frame"], duplicate["irtt"]) == (3, 11, 0.020000001)
    assert "rto" not in duplicate
    assert (resent["rto"], resent["rto_frame"], resent["verdicts"]) == (0.002, 12, ["retransmission"])
    assert (resent["cause"], "cause" in both) == ("tail-loss-probe", False)
    assert (both["ack_rtt"], both["acks_frame"], both["bytes_in_flight"], both["push_bytes_sent"]) == (0.001, 21, 9, 4)


def test_verdicts_are_sorted_and_fast_open_alone_shows_no_initial_rtt() -> None:
    capture = Capture()
    capture.streams.irtt_ns[0] = 5
    capture.add(verdict=Verdict.SPURIOUS_RETRANSMISSION | Verdict.RETRANSMISSION | Verdict.ZERO_WINDOW)
    capture.add(verdict=Verdict.TFO_IGNORED)
    several, fast_open = capture.lines()
    assert several["verdicts"] == ["retransmission", "spurious_retransmission", "zero_window"]
    assert fast_open["verdicts"] == ["tfo_ignored"]
    assert ("irtt" in several, "irtt" in fast_open) == (True, False)


def test_header_cut_after_the_ports_shows_only_them() -> None:
    capture = Capture()
    capture.add(kind=RowKind.TCP_CUT, stream=-1, captured=46, issues=DecodeIssue.HEADER_CUT | DecodeIssue.TRUNCATED)
    assert capture.lines() == [
        {"type": "tcp", "frame": 1, "sport": 80, "dport": 40000, "src": "10.0.0.1", "dst": "10.0.0.2", "verdicts": []}
    ]


@pytest.mark.parametrize(("captured", "timed"), [(34 + 16, False), (34 + 19, False), (34 + 20, True)])
def test_cut_header_has_values_but_no_analysis(captured: int, timed: bool) -> None:
    capture = Capture()
    # What is left of such a frame is the engine's to say: it gives it no verdict, no bytes in flight, no ACK.
    capture.add(captured=captured, header_length=32, issues=DecodeIssue.HEADER_CUT, length=10)
    line = capture.lines()[0]
    assert (line["len"], line["verdicts"]) == (10, [])
    assert not line.keys() & {"bytes_in_flight", "acks_frame", "rto", "irtt"}
    assert ("time_delta" in line) is timed


def test_offset_too_small_shows_what_tshark_shows() -> None:
    capture = Capture()
    capture.add(issues=DecodeIssue.BAD_HEADER_LENGTH, header_length=16, length=14, seq=2, from_b=1)
    line = capture.lines()[0]
    assert (line["seq"], line["seq_raw"], line["len"], line["hdr_len"]) == (3, 2, 14, 16)
    assert not line.keys() & {"ack", "ack_raw", "flags", "win", "nxtseq", "time_delta"}


def test_header_longer_than_its_packet_keeps_raw_numbers() -> None:
    capture = Capture()
    capture.add(issues=DecodeIssue.BAD_HEADER_LENGTH, header_length=60, length=-30, seq=2000, ack=77)
    line = capture.lines()[0]
    assert (line["seq"], line["ack"], line["win_scale"], line["time_delta"]) == (2000, 77, -2, 0.0)
    assert not line.keys() & {"len", "nxtseq"}


def test_only_tcp_frames_have_lines_and_findings_follow_their_frame() -> None:
    capture = Capture()
    capture.add()
    capture.add(kind=RowKind.OTHER, stream=-1, flow=-1)
    capture.add(kind=RowKind.ICMP_QUOTE)
    capture.add()
    first, last = capture.lines(
        (FindingId.OUT_OF_ORDER, (1, 3)), (FindingId.KEEP_ALIVE, (1,)), (FindingId.OUT_OF_ORDER, (1,))
    )
    assert first["findings"] == ["out-of-order", "keep-alive"]
    assert (last["frame"], "findings" in last) == (4, False)


def test_lines_do_not_depend_on_where_blocks_end(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Capture()
    for index in range(40):
        capture.add(seq=index, verdict=index % 5, acked=index - 1 if index % 3 else -1, length=index % 7)
    whole = capture.lines((FindingId.KEEP_ALIVE, (3, 39)))
    monkeypatch.setattr("tcptui.cli.report.verdicts.BLOCK_ROWS", 3)
    assert capture.lines((FindingId.KEEP_ALIVE, (3, 39))) == whole


def test_header_line_is_one_ascii_line_whatever_the_name() -> None:
    line = header_line("a\u202e\n名.pcap", "ab", 10, 3, 2, "9")
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == {
        "type": "file", "file": "a\u202e\n名.pcap", "sha256": "ab", "bytes": 10, "source": "tcptui 9",
        "frames": 3, "tcp_frames": 2,
    }  # fmt: skip


def test_first_frame_shows_the_completeness_tshark_shows_there() -> None:
    capture = Capture()
    capture.streams.completeness[0], capture.streams.completeness_first[0] = 31, 23
    capture.add()
    capture.add()
    assert [line["completeness"] for line in capture.lines()] == [23, 31]
