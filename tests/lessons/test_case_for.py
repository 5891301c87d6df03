from __future__ import annotations

import pytest

from tcptui.lessons.case_for import case_step_for, teaching_finding, teaching_state, teaching_verdict
from tcptui.lessons.loader import load_cases
from tcptui.model.finding import FindingId
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict

CASES = load_cases()


def test_the_case_of_a_findings_name_teaches_it() -> None:
    case = teaching_finding(CASES, FindingId.RST_INJECTED)

    assert case is not None
    assert case.id == "rst-injected"
    assert case_step_for(case, FindingId.RST_INJECTED) == 1


def test_a_finding_without_a_case_of_its_name_is_taught_where_a_step_is_about_it() -> None:
    case = teaching_finding(CASES, FindingId.STILL_OPEN)

    assert case is not None
    assert any(FindingId.STILL_OPEN in step.findings for step in case.steps)


def test_a_finding_of_no_case_has_no_teacher() -> None:
    assert teaching_finding([case for case in CASES if case.id == "hello-service"], FindingId.TAIL_LOSS) is None


@pytest.mark.parametrize("verdict", [Verdict.KEEP_ALIVE, Verdict.DUPLICATE_ACK, Verdict.REUSED_PORTS])
def test_a_verdict_is_taught_by_a_case_that_expects_it(verdict: Verdict) -> None:
    case = teaching_verdict(CASES, verdict)

    assert case is not None
    assert any(each.verdicts is not None and each.verdicts & verdict for step in case.steps for each in step.expect)


@pytest.mark.parametrize("state", [state for state in TcpState if state is not TcpState.UNSEEN])
def test_every_state_is_taught(state: TcpState) -> None:
    case = teaching_state(CASES, state)

    assert case is not None
    assert any(state in (each.client, each.server) for step in case.steps for each in step.expect)


def test_the_story_begins_where_no_step_is_about_the_finding() -> None:
    case = next(case for case in CASES if case.id == "path-lost")

    assert case_step_for(case, FindingId.RST_INJECTED) == 0
