"""How many connections a capture shows only in part, and that eviction is no doubt about the rest."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from other_frames import ip, over_ethernet, pcap
from traces import write_trace

from tcptui.analysis.capture_point import CapturePlace
from tcptui.analysis.capture_quality import CaptureQuality
from tcptui.analysis.capture_trust import CaptureTrust, capture_trust
from tcptui.lessons.loader import load_case
from tcptui.model.verdict import Verdict
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.session.session import Session


def opened(case: str) -> Session:
    return open_file(load_case(case).captures[0])


def trust(session: Session) -> CaptureTrust:
    return capture_trust(session.store, session.streams, CaptureQuality(), CapturePlace())


def test_whole_connection_raises_no_doubt() -> None:
    assert trust(opened("hello-service")) == CaptureTrust(CaptureQuality(), 0, 0, 0, CapturePlace())


def test_connection_of_which_one_direction_is_missing_is_one_sided() -> None:
    assert trust(opened("one-sided-capture")).one_sided == 1


@pytest.mark.parametrize("case", ["connection-refused", "path-lost"])
def test_silent_and_refusing_ends_are_no_missing_direction(case: str) -> None:
    assert trust(opened(case)).one_sided == 0


def test_connection_whose_rows_were_evicted_is_not_called_one_sided() -> None:
    session = opened("one-sided-capture")
    session.streams.evicted[np.array([0])] = 1

    assert trust(session).one_sided == 0


def test_connection_that_only_an_icmp_error_quotes_did_not_begin_before_the_capture(tmp_path: Path) -> None:
    syn = struct.pack("!HHIIHHHH", 40009, 80, 1, 0, 0x5002, 0, 0, 0)
    quoted = struct.pack("!BBHI", 3, 1, 0, 0) + ip("10.0.0.1", "192.0.2.10", 6, syn)
    (tmp_path / "quoted.pcap").write_bytes(pcap([over_ethernet(ip("10.0.0.9", "10.0.0.1", 1, quoted))]))
    session = open_file(tmp_path / "quoted.pcap")

    assert session.streams.count == 1
    assert trust(session).mid_stream == 0
    assert trust(opened("capture-started-mid-stream")).mid_stream == 1


#: The client asks for 200 bytes, its bare ACKs are filled to Ethernet's minimum.
PADDED = [
    "0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1 zeros=6", "50 C PA 1 1 100", "95 S PA 1 101 200",
    "95.1 C A 101 201 zeros=6", "300 C PA 101 201 100", "345 S PA 201 201 200", "345.1 C A 201 401 zeros=6",
]  # fmt: skip
CUT = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "95 S PA 1 1 1400 forgot=100", "95.2 C A 1 1401"]
MISSED = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "95.2 C A 1 1401"]


@pytest.mark.parametrize(("lines", "gaps"), [(PADDED, 0), (CUT, 0), (MISSED, 1)])
def test_only_what_passed_elsewhere_is_a_gap(lines: list[str], gaps: int, tmp_path: Path) -> None:
    session = open_file(write_trace(tmp_path / "trace.pcap", lines))

    assert int(np.bitwise_or.reduce(session.streams.verdicts[:1])) & Verdict.ACK_LOST_SEGMENT
    assert trust(session).gaps == gaps


def test_two_numberings_of_one_stream_are_no_gap(tmp_path: Path) -> None:
    shift, lines = 464_000_000, ["0 C S 0 0 id=1", "40 S SA 0 1 id=900", "40.1 C A 1 1 id=2", "50 C PA 1 1 100 id=3"]
    for i in range(8):
        seq, ms = 1 + 1000 * i, 100 + 50 * i
        lines += [f"{ms + at} S PA {seq + by} 101 1000 id={901 + i}" for at, by in ((0, 0), (0.2, shift))]
        lines += [f"{ms + 10 + at} C A 101 {seq + 1000 + by} id={4 + i}" for at, by in ((0, 0), (0.2, shift))]
    session = open_file(write_trace(tmp_path / "trace.pcap", lines))

    assert int(session.streams.verdicts[0]) & Verdict.ACK_LOST_SEGMENT
    assert trust(session).gaps == 0
