"""The decoder's columns against a parser that shares nothing with it: dpkt, on every plain frame of the corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dpkt
import pytest

from tcptui.model.packet_store import DecodeIssue, RowKind
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

ETHERNET = 1
#: What dpkt reads no further, or reads otherwise by design: cut frames, fragments, impossible headers.
BEYOND = DecodeIssue.TRUNCATED | DecodeIssue.FRAGMENT | DecodeIssue.REASSEMBLED | DecodeIssue.BAD_HEADER_LENGTH
FEWEST = 10_000


@pytest.mark.uncounted
def test_ports_numbers_flags_and_lengths_are_those_that_dpkt_reads(corpus: Path) -> None:
    compared = 0
    for path in sorted((corpus / "dev").iterdir()):
        session = open_file(path)
        store = session.store
        for row in range(store.count):
            if store.kind[row] != RowKind.TCP or store.issues[row] & BEYOND:
                continue
            if session.reader.sources[int(store.source[row])].link_type != ETHERNET:
                continue
            try:
                frame = dpkt.ethernet.Ethernet(session.reader.packet(row).data)
            except (dpkt.dpkt.UnpackError, IndexError):
                continue
            segment = getattr(frame.data, "data", None)
            if not isinstance(segment, dpkt.tcp.TCP) or int(store.transport_offset[row]) > 94:
                continue  # a tunnel: dpkt stops at the outer header
            a, b = session.flows.endpoints(int(store.flow[row]))
            sender, receiver = (b, a) if store.from_b[row] else (a, b)
            ours = (
                sender.port, receiver.port, int(store.seq[row]), int(store.ack[row]), int(store.flags[row]) & 0xFF,
                int(store.window[row]), int(store.header_length[row]),
            )  # fmt: skip
            theirs = (
                segment.sport, segment.dport, segment.seq, segment.ack, segment.flags & 0xFF, segment.win,
                segment.off * 4,
            )  # fmt: skip
            assert ours == theirs, f"{path.name} frame {store.frame[row]}"
            compared += 1
        session.close()

    assert compared >= FEWEST


def test_a_frame_that_dpkt_writes_is_read_back(tmp_path: Path) -> None:
    segment = dpkt.tcp.TCP(sport=50123, dport=443, seq=7, ack=9, flags=dpkt.tcp.TH_ACK | dpkt.tcp.TH_PUSH, win=501)
    segment.data = b"hello"
    packet = dpkt.ip.IP(src=b"\x0a\0\0\x01", dst=b"\x0a\0\0\x02", p=dpkt.ip.IP_PROTO_TCP, data=segment, ttl=61)
    packet.len = len(packet)
    path = tmp_path / "dpkt.pcap"
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file)
        writer.writepkt(bytes(dpkt.ethernet.Ethernet(data=packet, type=dpkt.ethernet.ETH_TYPE_IP)), ts=1.5)

    store = open_file(path).store

    assert store.count == 1
    assert (int(store.seq[0]), int(store.ack[0]), int(store.length[0]), int(store.ttl[0])) == (7, 9, 5, 61)
    assert store.time_ns[0] == pytest.approx(1_500_000_000)
