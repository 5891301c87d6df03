"""ICMP errors about what is in no connection of the capture, and those that are healthy."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from capture_findings import capture_findings

from tcptui.model.finding import FindingId, Severity
from tests.support.other_frames import icmp, ip
from tests.support.outside_tcp import CLIENT, SERVER, connected, session_of, tcp

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.finding import CaptureFinding
    from tests.support.outside_tcp import Timed

ROUTER = "10.0.0.254"
UDP, TCP, ICMP = 17, 6, 1


def found(folder: Path, *packets: Timed | list[Timed]) -> list[CaptureFinding]:
    """The findings; their words are there in both languages."""
    return [one for one in capture_findings(session_of(folder, packets)) if one.finding.id is FindingId.ICMP_ERROR]


def error(
    ms: float, protocol: int = TCP, *, kind: int = 3, code: int = 1, sender: str = ROUTER, target: str = SERVER,
    port: int = 443, quoted_bytes: int = 20,
) -> Timed:  # fmt: skip
    first = struct.pack("!BBHHH", 8, 0, 0, 1, 1) if protocol == ICMP else struct.pack("!HHI", 50_000, port, 1_000)
    source = "fd00::1" if ":" in sender else CLIENT
    quoted = ip(source, target, protocol, (first + bytes(12))[:quoted_bytes])
    return ms, icmp(sender, source, kind, code, bytes(4) + quoted)


@pytest.mark.finding("icmp-error")
@pytest.mark.parametrize(
    ("code", "reason"), [(0, "network"), (1, "host"), (3, "port"), (10, "prohibited"), (13, "prohibited")]
)
def test_an_error_about_a_connection_that_is_not_captured_is_told(tmp_path: Path, code: int, reason: str) -> None:
    [one] = found(tmp_path, error(0, code=code), error(1_000, code=code))

    assert (one.finding.facts["reason"], one.finding.facts["errors"]) == (reason, 2)
    assert (one.finding.severity, one.streams, one.finding.packets) == (Severity.ERROR, (0,), (1, 2))


@pytest.mark.finding("icmp-error")
def test_an_error_that_quotes_ports_alone_is_told_where_no_connection_has_them(tmp_path: Path) -> None:
    [one] = found(tmp_path, error(0, quoted_bytes=8))

    assert (one.finding.facts["port"], one.streams) == (443, ())
    assert found(tmp_path, tcp(0, "0 C S 0 0", server=2), error(1, port=80, quoted_bytes=8)) == []


@pytest.mark.finding("icmp-error")
def test_an_error_of_ipv6_is_told(tmp_path: Path) -> None:
    [one] = found(tmp_path, error(0, kind=1, code=1, sender="fd00::fe", target="fd00::2"))

    assert (one.finding.facts["reason"], one.finding.facts["server"]) == ("prohibited", "fd00::2")


@pytest.mark.finding("icmp-error")
@pytest.mark.parametrize("protocol", [UDP, ICMP])
def test_a_host_that_cannot_be_reached_by_anything_is_a_warning(tmp_path: Path, protocol: int) -> None:
    [one] = found(tmp_path, error(0, protocol), connected(10, server=9))

    assert (one.finding.facts["shape"], one.finding.severity) == ("", Severity.WARNING)


@pytest.mark.finding("icmp-error")
def test_packets_that_go_round_in_a_circle_are_told(tmp_path: Path) -> None:
    [one] = found(tmp_path, [error(1_000 * i, kind=11, code=0) for i in range(4)])

    assert one.finding.facts["reason"] == "expired"


OPENED = ("0 C S 0 0", "10 S SA 0 1", "10.1 C A 1 1", "20 C PA 1 1 100", "30 S PA 1 101 200", "30.1 C A 101 201")
TRIES = (1_000, 1_210, 1_630, 2_470, 4_150)


def open_connection(*more: str) -> list[Timed]:
    """A connection whose client says something again at `TRIES`."""
    tries = [f"{ms} C PA 101 201 50 id={50 + i}" for i, ms in enumerate(TRIES)]
    return [tcp(0, line) for line in (*OPENED, *tries, *more)]


def turned_away(*times: float, code: int = 1) -> list[Timed]:
    return [error(ms, port=80, code=code) for ms in times]


@pytest.mark.finding("icmp-error")
@pytest.mark.parametrize(("code", "reason"), [(0, "network"), (1, "host"), (3, "port"), (13, "prohibited")])
def test_errors_about_what_an_open_connection_repeats_tell_why(tmp_path: Path, code: int, reason: str) -> None:
    [one] = found(tmp_path, open_connection(), turned_away(*(ms + 1 for ms in TRIES), code=code))

    facts = one.finding.facts
    assert (facts["shape"], facts["reason"], facts["errors"]) == ("open", reason, len(TRIES))
    assert (one.finding.severity, one.streams) == (Severity.ERROR, (0,))
    assert one.echoes == (0,)  # the time-out is a symptom
    assert one.finding.facts["lost_s"] == pytest.approx(3.15, abs=0.3)


@pytest.mark.finding("icmp-error")
def test_a_route_that_came_back_makes_a_warning_of_it(tmp_path: Path) -> None:
    [one] = found(tmp_path, open_connection("4160 S A 201 151"), turned_away(1_211, 1_631, 2_471))

    assert (one.finding.facts["shape"], one.finding.severity) == ("open", Severity.WARNING)


@pytest.mark.finding("icmp-error", twin=True)
@pytest.mark.parametrize(
    "errors",
    [
        turned_away(25, code=1),  # soft: what it is about was acknowledged
        turned_away(4_170),  # behind the ACK
        [error(1_211, port=81)],  # about another connection: told without one
    ],
)
def test_errors_that_nobody_waited_for_are_no_cause(tmp_path: Path, errors: list[Timed]) -> None:
    some = found(tmp_path, open_connection("4160 S A 201 151"), errors)

    assert [one.finding.facts["shape"] for one in some if one.finding.facts["shape"] == "open"] == []


@pytest.mark.finding("connection-unreachable")
@pytest.mark.parametrize("ttl", [64, 48, 30, 3])
def test_a_syn_that_went_round_in_a_circle_is_no_search_for_the_way(tmp_path: Path, ttl: int) -> None:
    syns = [tcp(again, f"0 C S 0 0 ttl={ttl}") for again in (0, 1_000, 3_000)]
    session = session_of(tmp_path, [syns, error(30, kind=11, code=0, port=80)])

    found = {finding.id: finding for finding in session.findings(0)}
    assert (FindingId.CONNECTION_UNREACHABLE in found) is (ttl > 30)
    assert ttl <= 30 or found[FindingId.CONNECTION_UNREACHABLE].alternatives == ("routing-loop",)


@pytest.mark.finding("icmp-error", twin=True)
@pytest.mark.parametrize(
    "packets",
    [
        [error(0, UDP, code=3)],  # a datagram to a closed port: traceroute, or an answer that came too late
        # Somebody looks for the way.
        [[error(10 * i + n, UDP, kind=11, code=0, sender=f"10.0.{i}.1") for i in range(8) for n in range(3)]],
        [[error(n, kind=11, code=0) for n in range(3)]],
        [error(0, code=4)],  # asks for smaller packets
        [tcp(0, "0 C S 0 0", server=2), error(1, port=80)],  # of a connection that is here
        # A scan.
        [[error(i, target=f"10.0.1.{i}") for i in range(20)]],
        [connected(0)],
    ],
)
def test_healthy_errors_are_not_told(tmp_path: Path, packets: list[Timed | list[Timed]]) -> None:
    assert found(tmp_path, *packets) == []
