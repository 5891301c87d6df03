"""How much a finding weighs: the seconds it cost, and how sure the event and its cause are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.catalog import spec_of
from tcptui.model.batched import Batched
from tcptui.model.finding import Confidence, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.findings.spec import Family
    from tcptui.model.finding import Finding


def lost_fact(finding: Finding) -> str:
    """The name of the fact that says what ``finding`` cost (`FindingSpec.lost`); empty where none does."""
    return spec_of(finding.id).lost


def seconds_lost(finding: Finding) -> float:
    """The seconds that ``finding`` cost its connection (`FindingSpec.lost`); 0.0 where none can be told."""
    name = lost_fact(finding)
    value = finding.facts.get(name, 0.0) if name else 0.0
    return 1.0 * value if isinstance(value, (int, float, Batched)) else 0.0


def rank_of(finding: Finding) -> tuple[Severity, float]:
    """By which of two findings of a connection is the worse: the more severe, or of equal ones the costlier."""
    return finding.severity, seconds_lost(finding)


def connection_seconds_lost(findings: Iterable[Finding]) -> float:
    """The seconds that the warnings and errors among ``findings`` of one connection cost it, at least.

    Findings of one family may tell of the same wait, so the longest of each family counts.
    """
    longest: dict[Family, float] = {}
    for finding in findings:
        if finding.severity > Severity.NOTE and (lost := seconds_lost(finding)):
            family = spec_of(finding.id).family
            longest[family] = max(longest.get(family, 0.0), lost)
    return sum(longest.values(), 0.0)


def event_confidence(finding: Finding) -> Confidence:
    """How sure it is that the event of ``finding`` happened, whatever caused it."""
    return Confidence.CERTAIN if spec_of(finding.id).names_cause else finding.confidence


def cause_confidence(finding: Finding) -> Confidence:
    """How sure the cause of ``finding`` is.

    Where its title names the cause, that is the finding's confidence, but never certain beside alternatives.  Where it
    says only what happened, *possible* as soon as there are alternatives: all of them are ordinary.
    """
    if not finding.alternatives:
        return finding.confidence
    if not spec_of(finding.id).names_cause:
        return Confidence.POSSIBLE
    return Confidence.LIKELY if finding.confidence is Confidence.CERTAIN else finding.confidence
