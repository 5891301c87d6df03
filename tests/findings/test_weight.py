"""Seconds lost, and how sure event and cause are: over every case, and for composed findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tcptui.access.open_capture import view_of
from tcptui.analysis.timing.budget import Part, time_budget
from tcptui.findings.catalog import SPECS
from tcptui.findings.causes import causes_first, stories
from tcptui.findings.weight import (
    cause_confidence,
    causes_before_symptoms,
    connection_seconds_lost,
    event_confidence,
    seconds_lost,
    worst_finding,
)
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.session.session import open_file

CASES = sorted(Path(__file__).parents[2].glob("cases/*/*.pcapng*"))


def finding(
    name: FindingId,
    confidence: Confidence = Confidence.CERTAIN,
    alternatives: tuple[str, ...] = (),
    severity: Severity = Severity.WARNING,
    **facts: float,
) -> Finding:
    return Finding(name, 0, (1,), severity, confidence, facts, alternatives)


@pytest.mark.parametrize("capture", CASES, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")
def test_no_connection_loses_more_than_it_lasted_and_no_finding_lacks_its_fact(capture: Path) -> None:
    session = open_file(capture)
    try:
        for stream, findings in session.each_findings(range(session.streams.count)):
            times = session.store.time_ns[session.rows_of(stream)]
            lasted = int(times.max() - times.min()) / 1e9
            assert connection_seconds_lost(findings) <= lasted + 1e-6, (stream, findings)
            for found in findings:
                assert not SPECS[found.id].lost or SPECS[found.id].lost in found.facts, found
                assert seconds_lost(found) >= 0
    finally:
        session.close()


def test_waits_of_one_family_may_be_the_same_and_those_of_two_are_not() -> None:
    timer = finding(FindingId.RETRANSMISSION_TIMEOUT, total_s=1.5)
    again = finding(FindingId.LOST_RETRANSMISSION, total_s=1.0)
    window = finding(FindingId.ZERO_WINDOW, lost_s=0.25)

    assert connection_seconds_lost((timer, again)) == 1.5
    assert connection_seconds_lost((timer, again, window)) == 1.75


def test_notes_cost_a_connection_nothing() -> None:
    assert connection_seconds_lost((finding(FindingId.TAIL_LOSS, severity=Severity.NOTE, lost_s=3.0),)) == 0.0


def test_symptoms_cost_their_cause_what_they_waited_and_only_once() -> None:
    shrunk = finding(FindingId.WINDOW_SHRUNK)
    window = finding(FindingId.ZERO_WINDOW, severity=Severity.NOTE, lost_s=3.0)
    probed = {"first_frame": 4, "open_frame": 9, "sender": "client"}
    window = replace(window, facts={**window.facts, **probed})
    timer = finding(FindingId.RETRANSMISSION_TIMEOUT, severity=Severity.NOTE, total_s=2.0, count=1)
    timer = replace(timer, facts={**timer.facts, "original_frame": 8, "first_frame": 11, "sender": "client"})
    other = finding(FindingId.TAIL_LOSS, lost_s=0.5, count=2, first_frame=20)

    (one, another) = stories((other, timer, window, shrunk))
    assert (one.cause, one.symptoms) == (other, ())
    assert (another.cause, another.symptoms) == (shrunk, (timer, window))
    assert connection_seconds_lost((other, timer, window, shrunk)) == 3.5
    assert worst_finding((other, timer, window, shrunk)) is shrunk
    assert causes_before_symptoms((other, timer, window, shrunk)) == [shrunk, timer, window, other]


def test_resend_whose_copy_met_an_open_window_is_no_symptom_of_a_closed_one() -> None:
    window = finding(FindingId.ZERO_WINDOW, lost_s=3.0)
    window = replace(window, facts={**window.facts, "first_frame": 4, "open_frame": 9, "sender": "client"})
    for copy, sender in ((3, "client"), (10, "client"), (0, "client"), (8, "server")):
        timer = finding(FindingId.RETRANSMISSION_TIMEOUT, total_s=2.0, count=1)
        timer = replace(timer, facts={**timer.facts, "original_frame": copy, "first_frame": 11, "sender": sender})
        assert causes_first([window, timer]) == [window, timer]
    several = replace(timer, facts={**timer.facts, "original_frame": 8, "sender": "client", "count": 2})
    assert causes_first([window, several]) == [window, several]
    one = replace(several, facts={**several.facts, "count": 1})
    assert [found.severity for found in causes_first([window, one])] == [Severity.WARNING, Severity.NOTE]


def test_certain_event_with_other_readings_has_an_open_cause() -> None:
    silent = finding(FindingId.SYN_TIMEOUT, alternatives=("host-down", "firewall-drop"))

    assert event_confidence(silent) is Confidence.CERTAIN
    assert cause_confidence(silent) is Confidence.POSSIBLE


def test_finding_that_names_its_cause_is_never_certain_of_it_beside_others() -> None:
    mtu = finding(FindingId.PATH_MTU_BLACKHOLE, alternatives=("loss-by-chance",))
    unsure = finding(FindingId.PATH_MTU_BLACKHOLE, Confidence.POSSIBLE, ("loss-by-chance",))

    assert event_confidence(unsure) is Confidence.CERTAIN
    assert cause_confidence(mtu) is Confidence.LIKELY
    assert cause_confidence(unsure) is Confidence.POSSIBLE


def test_finding_without_other_readings_is_as_sure_of_its_cause_as_of_itself() -> None:
    assert cause_confidence(finding(FindingId.CHECKSUM_ERROR)) is Confidence.CERTAIN


@pytest.mark.parametrize("case", ["14", "120", "128"])
def test_what_a_loss_cost_is_the_recovery_of_the_time_budget_but_for_a_round_trip(case: str) -> None:
    """The list and the verdict tell the findings' seconds, the pane beside them the budget's."""
    (capture,) = (path for path in CASES if path.parent.name.startswith(f"{case}-") and "client" in path.name)
    session = open_file(capture)
    told = 0
    for stream in range(session.streams.count):
        lost_ns = int(session.lost_ns[stream])
        if lost_ns:
            view = view_of(session, stream)
            recovery_ns = time_budget(view)[Part.RECOVERY]
            assert -2_000_000 <= recovery_ns - lost_ns <= view.irtt_ns + 2_000_000
            told += 1
    assert told
