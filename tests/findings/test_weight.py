"""Seconds lost, and how sure event and cause are: over every case, and for composed findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcptui.access.open_capture import view_of
from tcptui.analysis.timing.budget import Part, time_budget
from tcptui.findings.catalog import SPECS
from tcptui.findings.weight import cause_confidence, connection_seconds_lost, event_confidence, seconds_lost
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
    window = finding(FindingId.ZERO_WINDOW, total_s=0.25)

    assert connection_seconds_lost((timer, again)) == 1.5
    assert connection_seconds_lost((timer, again, window)) == 1.75


def test_notes_cost_a_connection_nothing() -> None:
    assert connection_seconds_lost((finding(FindingId.TAIL_LOSS, severity=Severity.NOTE, lost_s=3.0),)) == 0.0


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
