"""What the recording did: drops, cuts, clocks, merged segments; each with its near-twin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.access.open_capture import view_of
from tcptui.findings.annotate import annotate
from tcptui.findings.facts import RuleContext
from tcptui.model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
FLIGHT = [f"{50 + i / 10} C A {1 + 1000 * i} 1 1000 id={100 + i}" for i in range(5)]
HOLE = [*OPEN, FLIGHT[0], *FLIGHT[2:], "90 S A 1 5001"]


def _with_drops(trace: Told, dropped: int) -> dict[str, Finding]:
    context = RuleContext(quality=replace(trace.session.quality, kernel_dropped=dropped))
    return {finding.id.value: finding for finding in annotate(view_of(trace.session, 0), context)}


# -- reported drops ----------------------------------------------------------------------


@pytest.mark.finding("capture-missed-packets", "capture-dropped")
def test_drops_that_the_recorder_reports_are_told_beside_what_is_missing(told: Tell) -> None:
    found = _with_drops(told(HOLE), 7)

    assert (found["capture-dropped"].facts["dropped"], found["capture-dropped"].confidence) == (7, Confidence.CERTAIN)
    assert found["capture-missed-packets"].facts["recorder_dropped"] == 7


@pytest.mark.finding("capture-dropped", twin=True)
def test_drops_that_left_no_trace_in_a_connection_are_not_told_of_it(told: Tell) -> None:
    assert "capture-dropped" not in _with_drops(told([*OPEN, *FLIGHT, "90 S A 1 5001"]), 7)


@pytest.mark.finding("capture-missed-packets")
@pytest.mark.finding("capture-dropped", twin=True)
def test_hole_without_reported_drops_is_only_inferred(told: Tell) -> None:
    found = told(HOLE).findings

    assert "capture-dropped" not in found
    assert "capture-missed-packets" in found


# -- cuts -----------------------------------------------------------------------------------


@pytest.mark.finding("capture-truncated")
def test_payload_that_was_cut_is_a_note(told: Tell) -> None:
    lines = [*OPEN, *(f"{line} keep=60" for line in FLIGHT), "90 S A 1 5001"]
    finding = told(lines).findings["capture-truncated"]

    assert (finding.severity, finding.facts["shape"]) == (Severity.NOTE, "")
    assert (finding.facts["count"], finding.facts["kept_bytes"], finding.facts["whole_bytes"]) == (5, 60, 1040)
    assert finding.facts["missing_bytes"] == 5 * 980


@pytest.mark.finding("capture-truncated")
def test_tcp_header_that_was_cut_is_told_as_that(told: Tell) -> None:
    lines = [OPEN[0] + " ts=1,0 keep=42", *OPEN[1:], *FLIGHT, "90 S A 1 5001"]
    finding = told(lines).findings["capture-truncated"]

    assert (finding.severity, finding.facts["shape"]) == (Severity.NOTE, "headers")


@pytest.mark.finding("window-scaling-absent", "sack-absent", twin=True)
def test_options_behind_a_cut_are_not_called_absent(told: Tell) -> None:
    lines = [OPEN[0] + " scale=7 sackok=1", OPEN[1] + " scale=7 sackok=1 keep=40", OPEN[2]]

    assert not {"window-scaling-absent", "sack-absent"} & told(lines).findings.keys()


@pytest.mark.finding("capture-truncated", twin=True)
def test_whole_packets_are_not_called_cut(told: Tell) -> None:
    assert "capture-truncated" not in told([*OPEN, *FLIGHT]).findings


# -- clocks -----------------------------------------------------------------------------------


@pytest.mark.finding("retransmission-timeout", "capture-clock-step")
def test_clock_that_went_back_lowers_what_rests_on_times(told: Tell) -> None:
    waits = ["300 C A 1 1 1000 id=200", "340 S A 1 5001"]
    whole = told([*OPEN, *FLIGHT, *waits, "1340 C PA 5001 1 10"]).findings
    back = told([*OPEN, *FLIGHT, *waits, "200 C PA 5001 1 10"]).findings

    assert back["capture-clock-step"].facts["step_s"] == pytest.approx(0.14)
    assert back["retransmission-timeout"].confidence is Confidence.POSSIBLE
    assert whole["retransmission-timeout"].confidence is not Confidence.POSSIBLE


@pytest.mark.finding("capture-clock-step", twin=True)
def test_packets_a_moment_out_of_order_are_a_matter_of_queues(told: Tell) -> None:
    lines = [*OPEN, "50 C PA 1 1 100", "90 S A 1 101", "89.95 S PA 1 101 50"]

    assert "capture-clock-step" not in told(lines).findings


@pytest.mark.finding("capture-clock-step")
def test_acks_that_precede_their_data_betray_two_clocks(told: Tell) -> None:
    exchange = []
    for i in range(6):
        exchange += [f"{60 + 50 * i} S A 1 {101 + 100 * i}", f"{65 + 50 * i} C PA {1 + 100 * i} 1 100"]
    finding = told([*OPEN, *exchange]).findings["capture-clock-step"]

    assert (finding.facts["shape"], finding.facts["count"]) == ("acks-first", 6)


@pytest.mark.finding("capture-clock-step", twin=True)
def test_data_before_their_acks_do_not(told: Tell) -> None:
    exchange = []
    for i in range(6):
        exchange += [f"{60 + 50 * i} C PA {1 + 100 * i} 1 100", f"{100 + 50 * i} S A 1 {101 + 100 * i}"]

    assert "capture-clock-step" not in told([*OPEN, *exchange]).findings


# -- merged segments ------------------------------------------------------------------------------


@pytest.mark.finding("offloaded-segments")
def test_segment_larger_than_the_handshake_allows_was_not_cut_yet(told: Tell) -> None:
    found = told([*OPEN, "50 C PA 1 1 14600", "90 S A 1 14601"]).findings["offloaded-segments"]

    assert (found.facts["shape"], found.facts["pieces"], found.facts["limit_bytes"]) == ("out", 10, 1460)


@pytest.mark.finding("offloaded-segments")
def test_segment_merged_on_arrival_is_told_as_that(told: Tell) -> None:
    lines = ["0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1", "50 C PA 1 1 2920", "50.1 S A 1 2921"]

    assert told(lines).findings["offloaded-segments"].facts["shape"] == "in"


@pytest.mark.finding("offloaded-segments", twin=True)
def test_full_segments_are_not_told(told: Tell) -> None:
    assert "offloaded-segments" not in told([*OPEN, "50 C PA 1 1 1460", "90 S A 1 1461"]).findings


@pytest.mark.finding("capture-started-mid-stream")
@pytest.mark.parametrize(
    ("port", "client"),
    [(40_000, "C"), (2_000, "C"), (1_024, "C"), (1_023, "C"), (443, "S")],
)
def test_end_with_the_well_known_port_is_the_server_whoever_is_seen_first(told: Tell, port: int, client: str) -> None:
    lines = ["0 S PA 1 1 200", "0.1 C A 1 201", "50 C PA 1 201 20", "90 S A 201 21"]
    trace = told([f"{line} port={port}" for line in lines])
    found = {finding.id.value: finding for finding in trace.stream(0)}

    assert "capture-started-mid-stream" in found
    assert view_of(trace.session, 0).client.port == (port if client == "C" else 80)


@pytest.mark.finding("retransmission-timeout")
def test_what_rests_on_absence_is_possible_where_the_recorder_dropped_packets(told: Tell) -> None:
    stamped = ["0 C S 0 0 ts=1,0", "40 S SA 0 1 ts=500,1", "40.1 C A 1 1 ts=41,500", "50 C PA 1 1 100 ts=51,500"]
    trace = told([*stamped, "400 C PA 1 1 100 ts=401,500", "440 S A 1 101 ts=900,401", "441 C PA 101 1 9 ts=442,900"])

    assert _with_drops(trace, 0)["retransmission-timeout"].confidence is not Confidence.POSSIBLE
    assert _with_drops(trace, 7)["retransmission-timeout"].confidence is Confidence.POSSIBLE


@pytest.mark.finding("capture-missed-packets", twin=True)
@pytest.mark.parametrize("more", [[], ["45000 C A 1 1", "45040 S A 1 2"], ["45000 C PA 2 1 10", "45040 S A 1 12"]])
def test_byte_of_a_keep_alive_with_which_the_capture_begins_is_not_missing(told: Tell, more: list[str]) -> None:
    assert "capture-missed-packets" not in told(["0 C A 1 1", "40 S A 1 2", *more]).findings


@pytest.mark.finding("capture-missed-packets")
@pytest.mark.parametrize(
    "lines",
    [
        ["0 C PA 1 1 10", "40 S A 1 12", "90 C A 12 1"],
        ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "90 S A 1 2", "140 C A 2 1"],
        ["0 C A 1 1", "40 S A 1 3", "90 C A 3 1"],
    ],
)
def test_byte_that_is_no_keep_alives_is_missing(told: Tell, lines: list[str]) -> None:
    assert "capture-missed-packets" in told(lines).findings
