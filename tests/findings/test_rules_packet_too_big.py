"""ICMP errors that ask for smaller packets: gone by, ignored, or about something else."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tcptui.model.finding import Confidence, Finding, Severity
from tests.support.other_frames import icmp, ip
from tests.support.outside_tcp import CLIENT, SERVER, session_of, tcp

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.outside_tcp import Timed

ROUTER, PORT = "10.0.0.254", 50_000
OPEN = [tcp(0, line) for line in ("0 C S 0 0", "0.1 S SA 0 1", "20 C A 1 1", "21 C PA 1 1 100", "21.1 S A 1 101")]
LARGE = [tcp(30, f"{i * 0.1} S PA {1 + 1460 * i} 101 1460") for i in range(4)]
SMALL = [tcp(41, f"{i * 0.1} S PA {1 + 1310 * i} 101 1310") for i in range(4)]
ACKS = [tcp(61, f"{i} C A 101 {1 + 1310 * (i + 1)}") for i in range(4)]


def found(folder: Path, *packets: Timed | list[Timed]) -> dict[str, Finding]:
    return {finding.id.value: finding for finding in session_of(folder, packets).findings(0)}


def too_big(ms: float, *, seq: int = 9_001, mtu: int = 1350, quoted: int = 8) -> Timed:
    head = struct.pack("!HHII", 80, PORT, seq, 1_101) + bytes(8)
    return ms, icmp(ROUTER, SERVER, 3, 4, struct.pack("!HH", 0, mtu) + ip(SERVER, CLIENT, 6, head[:quoted]))


@pytest.mark.finding("packet-too-big")
@pytest.mark.parametrize("quoted", [8, 20])
def test_error_that_was_gone_by_is_a_note(tmp_path: Path, quoted: int) -> None:
    one = found(tmp_path, OPEN, LARGE, too_big(40, quoted=quoted), SMALL, ACKS)["packet-too-big"]

    assert (one.severity, one.confidence, one.facts["shape"]) == (Severity.NOTE, Confidence.CERTAIN, "")
    assert [one.facts[name] for name in ("mtu", "large_bytes", "small_bytes")] == [1350, 1460, 1310]
    assert one.facts["sender_address"] == ROUTER


@pytest.mark.finding("packet-too-big")
@pytest.mark.parametrize("tries", [3, 6])
def test_error_that_is_ignored_is_the_cause_of_the_silence(tmp_path: Path, tries: int) -> None:
    again = [tcp(240 * 2**i, "0 S PA 1 101 1460") for i in range(tries)]
    told = found(tmp_path, OPEN, LARGE, too_big(40), again, [too_big(240 * 2**i + 10) for i in range(tries)])

    assert (told["packet-too-big"].severity, told["packet-too-big"].facts["shape"]) == (Severity.ERROR, "ignored")
    assert told["packet-too-big"].facts["count"] == tries
    assert {told[name].severity for name in ("path-lost", "retransmission-timeout") if name in told} == {Severity.NOTE}


@pytest.mark.finding("packet-too-big", twin=True)
@pytest.mark.parametrize(
    "packets",
    [
        [LARGE, SMALL, ACKS],  # nobody said anything
        [LARGE, too_big(40)],  # the capture ends
        [LARGE, too_big(40, seq=77), SMALL, ACKS],  # about something else
        [LARGE, too_big(40), tcp(61, "0 C A 101 5841")],  # it arrived all the same
        [LARGE, too_big(40), tcp(240, "0 S PA 1 101 1460"), tcp(720, "0 S PA 1 101 1460")],  # not yet ignored
        [LARGE, too_big(40), SMALL],  # nobody acknowledged the smaller ones
    ],
)
def test_other_errors_are_not_told(tmp_path: Path, packets: list[Timed | list[Timed]]) -> None:
    assert "packet-too-big" not in found(tmp_path, OPEN, *packets)
