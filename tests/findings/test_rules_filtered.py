"""Captures that a filter thinned out: what is missing from all of the capture proves nothing about a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence


class Told(Protocol):
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


#: A whole connection; the server repeats its answer by the timer.
WHOLE = [
    "0 C S 0 0",
    "40 S SA 0 1",
    "40.1 C A 1 1",
    "50 C PA 1 1 100",
    "95 S PA 1 101 200",
    "95.1 C A 101 201",
    "300 C PA 101 201 100",
    "345 S PA 201 201 200",
    "345.1 C A 201 401",
    "700 C PA 201 401 100",
    "745 S PA 401 301 200",
    "745.1 C A 301 601",
    "800 C FA 301 601",
    "840 S FA 601 302",
    "840.1 C A 302 602",
]
WITHOUT_BARE = [line for line in WHOLE if " A " not in line]


@pytest.mark.finding("capture-missed-packets")
@pytest.mark.finding("third-ack-lost", "tail-loss", twin=True)
def test_capture_without_a_single_bare_ack_was_filtered(told: Tell) -> None:
    found = told(WITHOUT_BARE).findings
    finding = found["capture-missed-packets"]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "filtered", Severity.NOTE, Confidence.LIKELY,
    )  # fmt: skip
    assert all(each.severity is Severity.NOTE for each in found.values())


@pytest.mark.finding("capture-missed-packets", twin=True)
def test_capture_with_bare_acks_was_not(told: Tell) -> None:
    assert "capture-missed-packets" not in told(WHOLE).findings


@pytest.mark.finding("capture-missed-packets", twin=True)
def test_answers_that_acknowledge_at_once_need_no_bare_acks(told: Tell) -> None:
    talk = []
    for i in range(30):
        talk += [f"{60 * i} C PA {100 * i} {200 * i} 100", f"{60 * i + 40} S PA {200 * i} {100 * i + 100} 200"]

    assert "capture-missed-packets" not in told(talk).findings


@pytest.mark.finding("capture-missed-packets")
def test_answers_after_seconds_had_been_acknowledged_before(told: Tell) -> None:
    talk = []
    for i in range(1, 4):
        talk += [f"{3000 * i} C PA {100 * i} {200 * i} 100", f"{3000 * i + 40} S PA {200 * i} {100 * i + 100} 200"]

    assert told(talk).findings["capture-missed-packets"].facts["shape"] == "filtered"


@pytest.mark.finding("retransmission-unexplained", "retransmission-timeout", twin=True)
def test_segment_sent_again_among_filtered_ones_is_a_possible_note(told: Tell) -> None:
    lines = sorted([*WITHOUT_BARE, "560 C PA 101 201 100"], key=lambda line: float(line.split()[0]))
    found = told(lines).findings

    assert all(each.severity is Severity.NOTE for each in found.values())


@pytest.mark.finding("syn-timeout")
@pytest.mark.parametrize("filtered", [False, True])
def test_unanswered_syn_beside_answered_ones_is_doubted_where_all_are_syns(told: Tell, filtered: bool) -> None:
    lost = ["0 C S 0 0 port=40001", "1000 C S 0 0 port=40001", "3000 C S 0 0 port=40001"]
    other = ["3500 C S 0 0", "3540 S SA 0 1", "3540.1 C A 1 1", "9000 C FA 1 1", "9040 S FA 1 2", "9040.1 C A 2 2"]
    kept = [line for line in other if not filtered or line.split()[2].startswith("S")]
    end = "9900 C S 0 0 port=40002"
    finding = told([*lost, *kept, end]).findings["syn-timeout"]

    assert finding.confidence is (Confidence.POSSIBLE if filtered else Confidence.CERTAIN)
    assert ("kind-filter" in finding.alternatives) is filtered


@pytest.mark.finding("syn-timeout")
def test_unanswered_syn_in_a_capture_of_one_direction_is_doubted(told: Tell) -> None:
    lost = ["0 C S 0 0 port=40001", "1000 C S 0 0 port=40001", "3000 C S 0 0 port=40001"]
    other = [line for line in WHOLE if " C " in line]
    finding = told([*lost, *(f"{float(line.split()[0]) + 7000} {line.split(' ', 1)[1]}" for line in other)])

    assert finding.findings["syn-timeout"].confidence is Confidence.POSSIBLE
