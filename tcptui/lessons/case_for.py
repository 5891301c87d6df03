"""Finds the case that teaches a finding, a verdict or a state, so that a user's own capture can lead to a lesson."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.catalog import spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.lessons.case import Case, Expectation, Step
    from tcptui.model.finding import AnyId
    from tcptui.model.tcp_state import TcpState
    from tcptui.model.verdict import Verdict


def teaching_finding(cases: Sequence[Case], finding: AnyId) -> Case | None:
    """The case that the catalog names for ``finding``; None when it is not among ``cases``."""
    wanted = spec_of(finding).case_id
    return next((case for case in cases if case.id == wanted), None)


def teaching_verdict(cases: Sequence[Case], verdict: Verdict) -> Case | None:
    """The case with the highest share of steps that expect the verdict, of several the smallest; None without one."""
    return _with_expectation(cases, lambda each: each.verdicts is not None and bool(each.verdicts & verdict))


def teaching_state(cases: Sequence[Case], state: TcpState) -> Case | None:
    """The case with the highest share of steps that expect an end in ``state``; None without one."""
    return _with_expectation(cases, lambda each: state in (each.client, each.server))


def case_step_for(case: Case, finding: AnyId) -> int:
    """The number (from 1) of the first step about ``finding``; 0, the story, when no step is."""
    return next((number for number, step in enumerate(case.steps, 1) if finding in step.findings), 0)


def _with_expectation(cases: Sequence[Case], fits: Callable[[Expectation], bool]) -> Case | None:
    def shows(step: Step) -> bool:
        return any(fits(each) for each in step.expect)

    ranked = [
        (-sum(map(shows, case.steps)) / len(case.steps), case.packets, index)
        for index, case in enumerate(cases)
        if any(map(shows, case.steps))
    ]
    return cases[min(ranked)[-1]] if ranked else None
