"""ICMP errors that quote only eight bytes of a segment: enough to name the connection (RFC 792)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from traces import HOST, write_line

from tcptui.findings.weight import seconds_lost
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.finding import Finding

ROUTER = b"\x0a\x00\x00\xfe"
CLIENT = HOST["C"][0]


def _error(segment: bytes, *, port: int | None = None, kind: int = 3, code: int = 1) -> bytes:
    """A router's error about ``segment``, quoting its IP header and ports and sequence number alone."""
    quoted = segment[:28] if port is None else segment[:20] + struct.pack(">H", port) + segment[22:28]
    message = struct.pack(">BBHI", kind, code, 0, 0) + quoted
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(message), 0, 0, 62, 1, 0, ROUTER, CLIENT) + message


def _findings(folder: Path, *frames: tuple[int, bytes]) -> dict[str, Finding]:
    capture = folder / "trace.pcap"
    with capture.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 101))
        for time_ns, frame in frames:
            seconds, rest = divmod(time_ns, 1_000_000_000)
            out.write(struct.pack("<IIII", 1_000 + seconds, rest, len(frame), len(frame)) + frame)
    return {finding.id.value: finding for finding in open_file(capture).findings(0)}


SYN = write_line("0 C S 0 0 id=1")
AGAIN = write_line("1000 C S 0 0 id=2")
MUCH_LATER = write_line("9000 C S 0 0 port=50000")


@pytest.mark.finding("connection-unreachable")
def test_short_quote_of_the_syn_makes_it_unreachable(tmp_path: Path) -> None:
    found = _findings(tmp_path, SYN, (30_000_000, _error(SYN[1])))

    assert found["connection-unreachable"].facts["sender_address"] == "10.0.0.254"
    assert found["connection-unreachable"].facts["shape"] == "router"
    assert found["connection-unreachable"].packets == (1,)


@pytest.mark.finding("connection-unreachable", twin=True)
def test_short_quote_of_another_connection_does_not(tmp_path: Path) -> None:
    assert "connection-unreachable" not in _findings(tmp_path, SYN, (30_000_000, _error(SYN[1], port=41_000)))


@pytest.mark.finding("syn-timeout", "connection-unreachable")
@pytest.mark.finding("syn-retransmission", "syn-timeout", "connection-unreachable", twin=True)
@pytest.mark.parametrize(("port", "expected"), [(None, "connection-unreachable"), (41_000, "syn-timeout")])
def test_syns_that_a_router_answers_did_not_time_out(tmp_path: Path, port: int | None, expected: str) -> None:
    found = _findings(tmp_path, SYN, AGAIN, (1_030_000_000, _error(AGAIN[1], port=port)), MUCH_LATER)

    assert {"connection-unreachable", "syn-timeout", "syn-retransmission"} & found.keys() == {expected}


@pytest.mark.finding("connection-unreachable")
def test_error_of_a_router_behind_ignored_syns_tells_of_these_too(tmp_path: Path) -> None:
    late = _findings(tmp_path, SYN, AGAIN, (1_030_000_000, _error(AGAIN[1])))["connection-unreachable"]
    once = _findings(tmp_path, SYN, (30_000_000, _error(SYN[1])))["connection-unreachable"]

    assert (late.facts["unanswered"], late.facts["silent_s"]) == (1, pytest.approx(1.0))
    assert (seconds_lost(late), seconds_lost(once)) == (pytest.approx(1.03), pytest.approx(0.03))
    assert once.facts["unanswered"] == 0


@pytest.mark.finding("retransmission-unexplained")
@pytest.mark.finding("retransmission-unexplained", twin=True)
def test_short_quote_that_asks_for_smaller_packets_explains_what_comes_in_smaller_pieces(tmp_path: Path) -> None:
    lines = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "50 C A 1 1 1400 id=5"]
    large = [write_line(line) for line in lines]
    after = [write_line(line) for line in ("56 C A 1 1 1000 id=6", "56.1 C A 1001 1 400 id=7", "100 S A 1 1401")]
    told = _findings(tmp_path, *large, (55_000_000, _error(large[3][1], code=4)), *after)
    untold = _findings(tmp_path, *large, *after)

    assert "retransmission-unexplained" in untold
    assert "retransmission-unexplained" not in told
