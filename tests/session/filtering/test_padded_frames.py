"""Padding of a short Ethernet frame belongs to nothing that its IP packet carries, whatever a filter asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import ACK, Tape
from other_frames import pcap

from tcptui.dfilter.compile import compile_filter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

SHORTEST = 60
ADDRESSES = bytes.fromhex("020000000002 020000000001 0800".replace(" ", ""))


@pytest.mark.parametrize(
    ("text", "matches"),
    [("data[0:3] == 81:82:83", 1), ("data[3]", 0), ("data[2:2]", 0), ("data contains 00:00", 0), ("tcp[22] == 83", 1),
     ("tcp[23] && tcp.len == 3", 0), ("data[3] || ip.len == 99", 0), ("frame[59] == 00 && data", 1)],
)  # fmt: skip
def test_data_end_with_the_ip_packet(tmp_path: Path, text: str, matches: int) -> None:
    tape = Tape()
    tape.handshake(0, "10.0.0.1:40000", "192.0.2.10:9998")
    tape.tcp(50, "10.0.0.1:40000", "192.0.2.10:9998", ACK, 1001, 9001, bytes((0x81, 0x82, 0x83)))
    path = tmp_path / "padded.pcap"
    path.write_bytes(pcap([(ADDRESSES + data).ljust(SHORTEST, b"\0") for _time, data in tape.records]))
    session = open_file(path)
    assert np.count_nonzero(FilterRun(session, compile_filter(text)).matching(0, session.store.count)) == matches
    session.close()
