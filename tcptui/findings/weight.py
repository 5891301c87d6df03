"""How much a finding weighs: the seconds it cost, and how sure the event and its cause are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.catalog import ORDINARY, spec_of
from tcptui.findings.causes import stories
from tcptui.model.batched import Batched, largest
from tcptui.model.finding import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.findings.causes import Story
    from tcptui.findings.spec import Family
    from tcptui.model.finding import AnyId, Finding, Severity


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


def story_seconds(story: Story) -> float:
    """The seconds that ``story`` cost, at least.

    Those of its cause where that kind of finding knows what it cost, without what was idle; else the longest of its
    symptoms, which may tell of one wait.
    """
    if lost_fact(story.cause):
        return seconds_lost(story.cause)
    return largest(0.0, *map(seconds_lost, story.symptoms))


def worst_stories(findings: Iterable[Finding]) -> list[Story]:
    """The `stories` of ``findings``, the most severe first, of equal ones the costliest."""
    return sorted(stories(findings), key=lambda story: (-story.cause.severity, -story_seconds(story)))


def worst_finding(findings: Iterable[Finding]) -> Finding | None:
    """The worst of ``findings`` of a connection: the cause of its worst story, else the costliest note, if any."""
    found = tuple(findings)
    told = worst_stories(found)
    return told[0].cause if told else max(found, key=rank_of, default=None)


def causes_before_symptoms(findings: Iterable[Finding]) -> list[Finding]:
    """All of ``findings`` of a connection in the order in which they are told.

    The worst story first, each cause before its symptoms; then the other notes, the costliest first, and last what is
    ordinary.
    """
    found = tuple(findings)
    told = [finding for story in worst_stories(found) for finding in (story.cause, *story.symptoms)]
    rest = [finding for finding in found if not any(finding is other for other in told)]
    return [*told, *sorted(rest, key=lambda finding: (-seconds_lost(finding), finding.id in ORDINARY))]


def connection_seconds_lost(findings: Iterable[Finding]) -> float:
    """The seconds that the warnings and errors among ``findings`` of one connection cost it, at least.

    Those of their symptoms are theirs (`story_seconds`).
    """
    return seconds_together((story.cause.id, story_seconds(story)) for story in stories(findings))


def seconds_together(costs: Iterable[tuple[AnyId, float]]) -> float:
    """The sum of what findings of one connection cost it, by id, at least.

    Findings of one family may tell of the same wait, so the longest of each family counts.
    """
    longest: dict[Family, float] = {}
    for name, lost in costs:
        family = spec_of(name).family
        longest[family] = largest(longest.get(family, 0.0), lost)
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
