"""Packets almost like those of a finding, of which the rule says nothing; where the rule's own tests have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.finding import Finding


class Told(Protocol):
    findings: dict[str, Finding]

    def stream(self, stream: int) -> tuple[Finding, ...]: ...


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
TALK = [*OPEN, "50 C PA 1 1 100", "90 S PA 1 101 200", "90.1 C A 101 201"]
STAMPED = ["0 C S 0 0 ts=1,0", "40 S SA 0 1 ts=500,1", "40.1 C A 1 1 ts=41,500", "50 C PA 1 1 100 ts=51,500"]


@pytest.mark.finding("capture-started-mid-stream", twin=True)
def test_capture_that_begins_with_the_syn_ack_has_the_beginning(told: Tell) -> None:
    assert "capture-started-mid-stream" not in told(TALK[1:]).findings


@pytest.mark.finding("syn-ack-retransmission", twin=True)
def test_syn_ack_of_another_attempt_on_the_same_ports_is_no_repeat(told: Tell) -> None:
    again = ["500 C S 7000 0", "540 S SA 8000 7001", "540.1 C A 7001 8001"]
    trace = told([*TALK, *again])

    for stream in (0, 1):
        assert "syn-ack-retransmission" not in {finding.id.value for finding in trace.stream(stream)}


@pytest.mark.finding("port-reused", twin=True)
def test_second_connection_from_another_port_reuses_none(told: Tell) -> None:
    other = [f"{line} port=41000" for line in ("500 C S 7000 0", "540 S SA 8000 7001", "540.1 C A 7001 8001")]
    trace = told([*TALK, *other])

    for stream in (0, 1):
        assert "port-reused" not in {finding.id.value for finding in trace.stream(stream)}


@pytest.mark.finding("out-of-order", twin=True)
def test_gap_that_is_filled_by_a_new_packet_a_round_trip_later_was_a_loss(told: Tell) -> None:
    lines = [*OPEN, "50 C A 1 1 1000 id=1", "50.1 C A 1001 1 1000 id=2", "50.3 C A 3001 1 1000 id=4", "90 S A 1 2001"]

    assert "out-of-order" not in told([*lines, "310 C A 2001 1 1000 id=9", "350 S A 1 4001"]).findings


@pytest.mark.finding("spurious-retransmission", twin=True)
def test_echo_of_the_second_copy_does_not_say_that_the_first_arrived(told: Tell) -> None:
    lines = [*STAMPED, "300 C PA 1 1 100 ts=301,500", "340 S A 1 101 ts=800,301"]

    assert "spurious-retransmission" not in told(lines).findings
