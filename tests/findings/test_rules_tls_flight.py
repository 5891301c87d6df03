"""`tls-flight-waited`: a first flight that stopped where a window ends, and near-twins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from captures import ACK, PSH, SYN, Tape
from tls_bytes import CHANGE, TLS_1_3_CHOSEN, client_hello, record, server_hello
from web_captures import CLIENT, SERVER

from tcptui.model.finding import Confidence, Finding, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

ID = "tls-flight-waited"
SEGMENT = 1400
HELLO = record(22, client_hello(), 0x0301)
MSS = b"\2\4\5\x78"  # 1,400


@dataclass(frozen=True)
class Flight:
    """When which part of the server's first flight came."""

    bursts: tuple[int, ...]
    """Bytes that came at once, one after the other."""
    pause_ms: float = 40.0
    rtt_ms: float = 40.0
    records: tuple[int, ...] = (9_000, 9_000)
    """Encrypted records behind the ServerHello."""
    again: bool = False
    """The first segment came twice."""
    held_ms: float = 0.0
    """How long the client holds its acknowledgments back."""
    to_client_ms: float = 0.05
    """From the capture point to the client and back; the rest of the round trip is on the server's side."""


def told(tmp_path: Path, flight: Flight) -> list[Finding]:
    data = (
        record(22, server_hello(TLS_1_3_CHOSEN, 0x1301))
        + CHANGE
        + b"".join(record(23, bytes(n)) for n in flight.records)
    )
    tape = Tape()
    tape.tcp(0, CLIENT, SERVER, SYN, 1000, 0, options=MSS)
    to_server = flight.rtt_ms - flight.to_client_ms
    tape.tcp(to_server, SERVER, CLIENT, SYN | ACK, 9000, 1001, options=MSS)
    tape.tcp(flight.rtt_ms + 0.1, CLIENT, SERVER, ACK, 1001, 9001)
    tape.tcp(flight.rtt_ms + 0.2, CLIENT, SERVER, PSH | ACK, 1001, 9001, HELLO)
    now, at, mine = flight.rtt_ms + to_server + 1, 0, 1001 + len(HELLO)
    bursts = [*flight.bursts, len(data) - sum(flight.bursts)]
    for size in bursts:
        stop = at + size
        while at < stop:
            part = data[at : min(at + SEGMENT, stop)]
            for _ in range(1 + (flight.again and not at)):
                tape.tcp(now, SERVER, CLIENT, ACK, 9001 + at, mine, part)
            at += len(part)
            tape.tcp(now + flight.to_client_ms + flight.held_ms, CLIENT, SERVER, ACK, mine, 9001 + at)
            now += 0.1
        now += flight.pause_ms
    tape.tcp(now + flight.rtt_ms, CLIENT, SERVER, PSH | ACK, mine, 9001 + at, CHANGE + record(23, bytes(60)))
    tape.records.sort()
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    findings = [finding for finding in session.findings(0) if str(finding.id) == ID]
    session.close()
    return findings


WAITED = Flight((10 * SEGMENT,))


@pytest.mark.finding("tls-flight-waited")
@pytest.mark.parametrize("rtt_ms", [6.0, 40.0, 250.0])
def test_flight_that_fills_its_window_is_told_with_its_numbers(tmp_path: Path, rtt_ms: float) -> None:
    (finding,) = told(tmp_path, replace(WAITED, rtt_ms=rtt_ms, pause_ms=rtt_ms))

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.LIKELY)
    assert (finding.facts["first_bytes"], finding.facts["trips"]) == (10 * SEGMENT - 5, 1)
    assert float(finding.facts["waited_s"]) == pytest.approx(rtt_ms / 1000, abs=0.001)


def test_two_windows_are_two_round_trips(tmp_path: Path) -> None:
    (finding,) = told(tmp_path, Flight((3 * SEGMENT, 6 * SEGMENT)))

    assert finding.facts["trips"] == 2


@pytest.mark.parametrize("to_client_ms", [0.05, 20.0, 39.9])
def test_wait_for_an_acknowledgment_that_was_held_back_is_one(tmp_path: Path, to_client_ms: float) -> None:
    (finding,) = told(tmp_path, replace(WAITED, held_ms=40, pause_ms=80, to_client_ms=to_client_ms))

    assert float(finding.facts["waited_s"]) == pytest.approx(0.08, abs=0.001)


QUIET = {
    "acknowledged-long-before": replace(WAITED, pause_ms=95),
    "acknowledged-long-before-at-the-server": replace(WAITED, pause_ms=95, to_client_ms=39.9),
    "acknowledged-long-before-in-between": replace(WAITED, pause_ms=95, to_client_ms=15),
    "before-its-acknowledgment": replace(WAITED, pause_ms=30, held_ms=40),
    "fits": Flight(()),
    "pause-between-records": Flight((9_136,), records=(9_031, 9_000)),
    "short-segment-in-front": Flight((4_000,)),
    "one-segment": Flight((SEGMENT,)),
    "held-back-by-its-sender": Flight((4 * SEGMENT,), records=(5_000, 900)),
    "short-pause": replace(WAITED, pause_ms=10),
    "long-pause": replace(WAITED, pause_ms=400),
    "no-path": replace(WAITED, rtt_ms=0.3, pause_ms=0.3),
    "last-record-waits-for-the-program": Flight((9_136,), pause_ms=41, records=(9_031 - 22, 9_000)),
    "in-small-goes": Flight((700, 700, 700), records=(3_000,)),
    "some-round-trips": replace(WAITED, pause_ms=140),
    "sent-again": replace(WAITED, again=True),
}


@pytest.mark.finding("tls-flight-waited", twin=True)
@pytest.mark.parametrize("name", QUIET)
def test_flight_that_did_not_wait_for_its_window_is_silent(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, QUIET[name]) == []
