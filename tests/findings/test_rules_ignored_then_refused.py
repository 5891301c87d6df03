"""SYNs that nobody answered, then a refusal: both facts, in their order, with what they cost together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from connection_lines import in_order, served, stream

from tcptui.findings.weight import seconds_lost
from tcptui.model.finding import Confidence, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from traced import Told

    from tcptui.model.finding import CaptureFinding

    Tell = Callable[[Sequence[str]], Told]

#: When Linux repeats a SYN, in milliseconds (6.5 and later: four times at one second, then doubling).
TRIES = (0, 1000, 2000, 3000, 4000, 6000)


def ignored(start_ms: float, syns: int, answer: str, after_ms: float = 0.2, **ends: int) -> list[str]:
    """``syns`` SYNs, of which only the last gets an answer."""
    steps = [(float(ms), "C S 0 0") for ms in TRIES[:syns]]
    return stream(start_ms, [*steps, (TRIES[syns - 1] + after_ms, answer)], **ends)


@pytest.mark.finding("connection-refused")
@pytest.mark.parametrize("syns", [2, 3, 6])
@pytest.mark.parametrize("rtt_ms", [0.2, 40])
def test_refusal_behind_ignored_syns_tells_both_and_costs_both(told: Tell, syns: int, rtt_ms: float) -> None:
    finding = told(ignored(0, syns, "S RA 0 1 win=0", rtt_ms)).findings["connection-refused"]

    waited = TRIES[syns - 1] / 1000
    assert (finding.facts["shape"], finding.facts["unanswered"]) == ("ignored", syns - 1)
    assert finding.facts["silent_s"] == pytest.approx(waited)
    assert finding.facts["answer_s"] == pytest.approx(rtt_ms / 1000)
    assert seconds_lost(finding) == pytest.approx(waited + rtt_ms / 1000)
    assert finding.packets == tuple(range(1, syns + 2))
    assert "accept-queue-full" in finding.alternatives


@pytest.mark.finding("connection-refused")
def test_refusals_that_are_late_answer_the_syns_in_turn(told: Tell) -> None:
    lines = ["0 C S 0 0", "1000 C S 0 0", "1200 S RA 0 1 win=0", "2200 S RA 0 1 win=0"]
    finding = told(lines).findings["connection-refused"]

    assert (finding.facts["shape"], finding.facts["unanswered"]) == ("", 0)
    assert finding.facts["answer_s"] == pytest.approx(1.2)
    assert seconds_lost(finding) == pytest.approx(1.2)


@pytest.mark.finding("connection-refused")
def test_client_that_tries_again_after_each_refusal_waits_for_the_last(told: Tell) -> None:
    lines = [f"{ms} {words}" for at in range(3) for ms, words in ((500 * at, "C S 0 0"), (500 * at + 1, "S RA 0 1"))]
    finding = told(lines).findings["connection-refused"]

    assert (finding.facts["shape"], finding.facts["count"]) == ("", 3)
    assert finding.facts["answer_s"] == pytest.approx(0.001)
    assert seconds_lost(finding) == pytest.approx(1.001)


@pytest.mark.finding("connection-refused", twin=True)
def test_ignored_syns_that_are_then_accepted_are_no_refusal(told: Tell) -> None:
    findings = told([*ignored(0, 6, "S SA 0 1"), "6000.3 C A 1 1"]).findings

    assert "connection-refused" not in findings
    assert findings["syn-retransmission"].facts["delay_s"] == pytest.approx(6.0, abs=0.001)


def by_id(trace: Told) -> dict[str, CaptureFinding]:
    """What is said of the capture as a whole."""
    return {one.finding.id.value: one for one in trace.session.diagnosis.findings}


def pending(start_ms: float, until_ms: float, **ends: int) -> list[str]:
    """A connection that waits in the accept queue: its request is acknowledged, never answered, and then reset."""
    steps = [
        (0, "C S 0 0"), (0.1, "S SA 0 1"), (20, "C A 1 1"), (20.1, "C PA 1 1 50"), (20.2, "S A 1 51"),
        (until_ms, "S RA 1 51"),
    ]  # fmt: skip
    return stream(start_ms, steps, **ends)


@pytest.mark.finding("server-restarted", "accept-queue-full", "listener-overflow")
def test_port_that_ignored_syns_with_a_full_queue_and_then_went_down(told: Tell) -> None:
    waiting = [pending(80.0 * at, 5900 - 80.0 * at, port=40_000 + at) for at in range(2)]
    late = [ignored(200 + 100.0 * at, 6, "S RA 0 1 win=0", port=41_000 + at) for at in range(4)]
    said = by_id(told(in_order(*waiting, *late)))

    down = said["server-restarted"].finding
    assert (down.facts["shape"], down.facts["ended"], down.facts["refused"]) == ("down", 2, 4)
    assert (down.facts["ignored_first"], down.facts["silent_s"]) == (4, pytest.approx(6.0))
    assert said["server-restarted"].since_ns == pytest.approx(1_006_200_200_000, abs=1_000)
    assert said["server-restarted"].seconds_lost == pytest.approx(24.0, abs=0.01)
    assert set(said["listener-overflow"].streams) == {0, 1, 2, 3, 4, 5}  # those that waited, too
    assert said["listener-overflow"].finding.facts["waiting"] == 2


@pytest.mark.finding("accept-queue-full", twin=True)
def test_ignored_then_refused_beside_a_port_that_serves_is_no_full_queue(told: Tell) -> None:
    beside = served(0, port=40_000), served(500, port=40_001)
    third = told(in_order(*beside, ignored(100, 3, "S RA 0 1 win=0", port=41_000))).stream(1)
    of_third = {finding.id.value: finding for finding in third}

    assert "accept-queue-full" not in of_third
    assert of_third["connection-refused"].severity is Severity.ERROR


@pytest.mark.finding("port-refused")
def test_other_port_that_ignored_and_refused_is_told_as_one(told: Tell) -> None:
    other = [ignored(100.0 * at, 3, "S RA 0 1 win=0", port=42_000 + at, sport=81) for at in range(3)]
    said = by_id(told(in_order(served(0, port=40_000), *other)))["port-refused"]

    assert (said.finding.facts["ignored_first"], said.finding.confidence) == (3, Confidence.CERTAIN)
    assert said.seconds_lost == pytest.approx(6.0, abs=0.01)
