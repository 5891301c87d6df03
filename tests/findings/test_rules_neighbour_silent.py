"""Neighbours that do not answer ARP or its sister of IPv6, and questions that are healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from capture_findings import capture_findings

from tcptui.model.finding import Confidence, FindingId, Severity
from tests.support.outside_tcp import (
    CLIENT,
    SERVER,
    asked,
    connected,
    question,
    reply,
    session_of,
    solicitation,
    tcp,
    told,
    tried,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.finding import CaptureFinding
    from tests.support.outside_tcp import Timed

#: Somebody answers the client: the capture shows what it gets.
HEARD = connected(100, 51_000, 9)


def found(folder: Path, *packets: Timed | list[Timed]) -> list[CaptureFinding]:
    """The findings; their words are there in both languages."""
    return [
        one for one in capture_findings(session_of(folder, packets)) if one.finding.id is FindingId.NEIGHBOUR_SILENT
    ]


def questions(count: int, every: float = 1_000, target: str = SERVER, asker: str = CLIENT) -> list[Timed]:
    return [question(every * i, target, asker) for i in range(count)]


@pytest.mark.finding("neighbour-silent")
@pytest.mark.parametrize("count", [3, 6, 9])
def test_a_neighbour_that_never_answers_is_an_error(tmp_path: Path, count: int) -> None:
    [one] = found(tmp_path, questions(count), HEARD)

    assert (one.finding.severity, one.finding.confidence) == (Severity.ERROR, Confidence.CERTAIN)
    assert (one.finding.facts["asked"], one.streams) == (count, ())


@pytest.mark.finding("neighbour-silent")
def test_a_capture_of_nothing_else_is_told_less_surely(tmp_path: Path) -> None:
    [one] = found(tmp_path, questions(9, 1_020))

    assert one.finding.confidence is Confidence.LIKELY
    assert "neighbour-answer-unseen" in one.finding.alternatives


@pytest.mark.finding("neighbour-silent")
def test_a_router_that_asks_in_vain_explains_the_connections_that_never_opened(tmp_path: Path) -> None:
    """Captured on both sides of the router: the client's SYNs come in, its questions go out."""
    router = "10.0.0.254"
    syns = [tried(10 * i, 50_000 + i) for i in range(3)]
    session = session_of(
        tmp_path, [*syns, questions(4, asker=router), reply(50, "10.0.0.9", router), connected(200, 52_000, 9),
                   connected(9_000, 53_000, 9)]
    )  # fmt: skip

    [one] = session.diagnosis.findings
    assert (one.finding.id, one.streams, one.echoes) == (FindingId.NEIGHBOUR_SILENT, (0, 1, 2), (0, 1, 2))


@pytest.mark.finding("neighbour-silent")
def test_a_neighbour_that_answers_late_is_told_with_the_connection_that_waited(tmp_path: Path) -> None:
    [one] = found(tmp_path, questions(4), reply(3_001), connected(3_001.2), HEARD)

    assert (one.finding.facts["shape"], one.streams, one.seconds_lost) == ("late", (1,), 3.001)
    assert one.finding.severity is Severity.WARNING


@pytest.mark.finding("neighbour-silent")
def test_a_neighbour_of_ipv6_that_never_answers_is_an_error(tmp_path: Path) -> None:
    [one] = found(tmp_path, [solicitation(1_000 * i, "fe80::77", "fe80::1") for i in range(3)])

    assert (one.finding.facts["protocol"], one.finding.facts["target"]) == ("ICMPv6", "fe80::77")


@pytest.mark.finding("neighbour-silent", twin=True)
@pytest.mark.parametrize(
    "packets",
    [
        [questions(2)],  # one was lost, or the capture ends
        [question(0), question(1_000), reply(1_000.1)],  # late for nobody
        [question(0), reply(0.1), question(30_000), reply(30_000.1), question(60_000)],
        [[question(1_000 * i, CLIENT) for i in range(5)]],  # its own address: gratuitous
        [[question(1_000 * i, "10.0.0.77", "0.0.0.0") for i in range(5)]],
        [[solicitation(1_000 * i, "fe80::77", "::") for i in range(5)]],  # is the address taken?
        # A switch passes everybody's questions, and the answers to those who asked alone.
        [questions(5, asker="10.0.0.20"), questions(2, target="10.0.0.33", asker="10.0.0.21")],
        # A search through the network.
        [[question(i * 100 + again, f"10.0.0.{100 + i}") for i in range(20) for again in (0, 1_000, 2_000)]],
        # The neighbour speaks meanwhile: its answers pass elsewhere.
        [questions(5), connected(2_000)],
        # Asked now and then for a host that is off, never again and again.
        [questions(5, 60_000, "10.0.0.77")],
    ],
)
def test_healthy_questions_are_not_told(tmp_path: Path, packets: list[Timed | list[Timed]]) -> None:
    assert found(tmp_path, *packets, HEARD) == []


@pytest.mark.finding("neighbour-silent", twin=True)
def test_a_late_answer_that_nobody_waited_for_is_not_told(tmp_path: Path) -> None:
    assert found(tmp_path, questions(4), reply(3_001), HEARD, asked(0), told(1), tcp(20_000, "0 C S 0 0")) == []
