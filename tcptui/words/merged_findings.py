"""Sentences about findings that two capture points decide together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.points.joined import ORDER
from tcptui.points.outcomes import Outcome, Shown
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
#: The points of two captures.
_BOTH: Final = ("A", "B")


def finding_lines(joined: Sequence[JoinedFinding], words: Words) -> Iterator[tuple[int, str]]:
    """Lines with how far each is set in: a heading, then each finding and what is ruled out; none without findings."""
    order = sorted(joined, key=lambda one: (ORDER.index(one.row.outcome), -one.finding.severity))
    if order:
        yield 0, words("merged.findings.heading")
    for one in order[:_LISTED]:
        yield from decided_lines(one, words)
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


def decided_lines(
    one: JoinedFinding, words: Words, hop: tuple[str, str] | None = None
) -> Iterator[tuple[int, str]]:  # fmt: skip
    """Lines as `finding_lines`, of one finding; ``hop``: its points, where there are more than A and B."""
    yield 1, _line(one, words, hop)
    if one.row.outcome is Outcome.WITHDRAWN:
        return
    near, far = hop or _BOTH
    facts = spoken(one.finding.facts, words)
    not_between = "merged.findings.not-between" if hop is None else "route.findings.not-between"
    for key, others in (("merged.findings.refuted", one.refuted), (not_between, one.not_between)):
        for other in others:
            yield 2, words(key, near=near, far=far, other=words(f"alternatives.{other}", **facts))


def _line(one: JoinedFinding, words: Words, hop: tuple[str, str] | None) -> str:
    observed, points = one.observed, hop or _BOTH
    here, there = observed.at[observed.here], observed.at[1 - observed.here]
    if observed.shown is Shown.OPTION_REMOVED and hop is not None:
        shown = words("route.findings.option-removed", near=points[0], far=points[1])
    else:
        shown = words(
            f"merged.findings.shown.{observed.shown.value}", here=points[observed.here],
            there=points[1 - observed.here], count=Count(len(here)), frames=frames(here, words),
            frames_there=frames(there, words), beyond=duration_ns(observed.beyond_ns, words),
            between=duration_ns(observed.between_ns, words),
        )  # fmt: skip
    return words(
        "merged.findings.line", point=points[one.point], stream=one.finding.stream,
        title=finding_title(one.finding, words), outcome=words(f"merged.findings.outcome.{one.row.outcome.value}"),
        shown=shown,
    )  # fmt: skip
