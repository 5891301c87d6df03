"""Sentences about findings that two capture points decide together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.points.joined import ORDER
from tcptui.points.outcomes import Outcome
from tcptui.words.finding_text import finding_title, spoken
from tcptui.words.merged_text import duration_ns
from tcptui.words.quantities import Count, frames

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.points.joined import JoinedFinding
    from tcptui.points.undecided import Undecided
    from tcptui.words.catalogue import Words

#: Findings that are listed one by one.
_LISTED: Final = 12


def finding_lines(joined: Sequence[JoinedFinding], words: Words) -> Iterator[tuple[int, str]]:
    """Lines with how far each is set in: a heading, then each finding and what is ruled out; none without findings."""
    order = sorted(joined, key=lambda one: (ORDER.index(one.row.outcome), -one.finding.severity))
    if order:
        yield 0, words("merged.findings.heading")
    for one in order[:_LISTED]:
        yield 1, _line(one, words)
        if one.row.outcome is not Outcome.WITHDRAWN:
            facts = spoken(one.finding.facts, words)
            for key, others in (("refuted", one.refuted), ("not-between", one.not_between)):
                for other in others:
                    yield 2, words(f"merged.findings.{key}", other=words(f"alternatives.{other}", **facts))
    if len(order) > _LISTED:
        yield 1, words("merged.findings.more", count=Count(len(order) - _LISTED))


def undecided_lines(undecided: Sequence[Undecided], words: Words) -> Iterator[tuple[int, str]]:
    """Lines as `finding_lines`, of the findings that the pair cannot decide."""
    if undecided:
        yield 0, words("merged.findings.undecided.heading")
    for one in undecided[:_LISTED]:
        title = finding_title(one.finding, words)
        yield 1, words("merged.findings.undecided", point="AB"[one.point], stream=one.finding.stream, title=title)
    if len(undecided) > _LISTED:
        yield 1, words("merged.findings.more", count=Count(len(undecided) - _LISTED))


def _line(one: JoinedFinding, words: Words) -> str:
    observed = one.observed
    here, there = observed.at[observed.here], observed.at[1 - observed.here]
    shown = words(
        f"merged.findings.shown.{observed.shown.value}", here="AB"[observed.here], there="BA"[observed.here],
        count=Count(len(here)), frames=frames(here, words), frames_there=frames(there, words),
        beyond=duration_ns(observed.beyond_ns, words), between=duration_ns(observed.between_ns, words),
    )  # fmt: skip
    return words(
        "merged.findings.line", point="AB"[one.point], stream=one.finding.stream,
        title=finding_title(one.finding, words), outcome=words(f"merged.findings.outcome.{one.row.outcome.value}"),
        shown=shown,
    )  # fmt: skip
