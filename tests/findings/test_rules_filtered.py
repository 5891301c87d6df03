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


#: Nothing but packets with data (tcp.len > 0): the client sends one segment again, by its timer.
DATA_ALONE = [
    "0 C PA 1 1 100",
    "40 S PA 1 101 200",
    "60 C PA 101 201 100",
    "560 C PA 101 201 100",
    "600 S PA 201 201 9",
]


@pytest.mark.finding("retransmission-timeout", "retransmission-unexplained", "tail-loss")
def test_loss_in_a_capture_without_any_bare_ack_is_possible_and_names_the_filter(told: Tell) -> None:
    losses = [each for each in told(DATA_ALONE).findings.values() if "original_frame" in each.facts]

    assert losses
    assert {each.confidence for each in losses} == {Confidence.POSSIBLE}
    assert all(each.alternatives[0] == "kind-filter" for each in losses)


@pytest.mark.finding("retransmission-timeout", "retransmission-unexplained", "tail-loss", twin=True)
def test_one_bare_ack_shows_that_no_filter_left_them_out(told: Tell) -> None:
    losses = told([*DATA_ALONE, "600.1 C A 201 210"]).findings.values()

    assert all("kind-filter" not in each.alternatives for each in losses)


#: The server answers after a pause with a RST without ACK, as a host without the connection does …
DEAD = [*WHOLE[:6], "9000 C PA 101 201 100", "9040 S R 201 0"]


@pytest.mark.finding("rst-dead-connection")
def test_reset_after_silence_is_loud(told: Tell) -> None:
    assert told(DEAD).findings["rst-dead-connection"].severity is Severity.WARNING


@pytest.mark.finding("rst-dead-connection", twin=True)
@pytest.mark.parametrize(
    "lines",
    [
        # … the client has acknowledged its FIN, which a filter left out.
        [*DEAD[:-2], "5000 C A 101 202", "9000 C PA 101 202 100", "9040 S R 202 0"],
        # … its next RST counts the FIN.
        [*DEAD, "9041 C PA 201 202 50", "9081 S R 202 0"],
    ],
)
def test_reset_of_an_end_whose_fin_was_left_out_is_a_possible_note(told: Tell, lines: list[str]) -> None:
    finding = told(lines).findings["rst-dead-connection"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.POSSIBLE)
    assert finding.alternatives[0] == "missed-packets"


@pytest.mark.finding("rst-abortive-close")
@pytest.mark.parametrize(("acked", "shape"), [(1, "nothing-exchanged"), (101, "all-acknowledged")])
def test_reset_before_any_data_is_said_only_where_none_was_acknowledged(told: Tell, acked: int, shape: str) -> None:
    lines = [*WHOLE[:3], f"90 S A 1 {acked}", f"95 S RA 1 {acked}"]

    assert told(lines).findings["rst-abortive-close"].facts["shape"] == shape
