"""Sentences about three or more capture points: their clocks, and what their hops make of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.points.joined import ORDER
from tcptui.words.merged_findings import decided_lines
from tcptui.words.merged_text import duration_ns, offset_text
from tcptui.words.quantities import Count, clock_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.points.route_clocks import PointClock
    from tcptui.points.route_findings import Decided
    from tcptui.words.catalogue import Words

#: Findings that are listed one by one.
_LISTED: Final = 12


def clock_lines(clock: PointClock | None, point: str, first: str, words: Words) -> Iterator[str]:
    """What packets say of the clock of ``point`` against that of ``first``, a paragraph each."""
    if clock is None:
        yield words("route.clock.unknown", point=point, first=first)
        return
    low, high, width = clock.offset.low_ns, clock.offset.high_ns, clock.offset.width_ns
    facts = {"point": point, "first": first}
    if low is not None and high is not None and width is not None:
        bounds = {"low": offset_text(low, words, width), "high": offset_text(high, words, width)}
        yield words("route.clock.between", width=duration_ns(width, words), **bounds, **facts)
    elif low is not None:
        yield words("route.clock.at-least", low=offset_text(low, words), **facts)
    elif high is not None:
        yield words("route.clock.at-most", high=offset_text(high, words), **facts)
    least, most = (rate * 1e6 for rate in clock.drift_range)
    if clock.drift is not None and not least <= 0 <= most:
        rates = {"ppm": f"{clock.drift * 1e6:+.1f}", "low": f"{least:+.1f}", "high": f"{most:+.1f}"}
        yield words("route.clock.drift", **rates, **facts)
    for step in clock.steps:
        yield words("route.clock.step", time=clock_time(step.time_ns), size=offset_text(step.offset_ns, words), **facts)


def finding_lines(decided: Decided, names: Sequence[str], words: Words) -> Iterator[tuple[int, str]]:
    """Lines with how far each is set in: a heading, then each finding and what is ruled out; none without findings."""
    each = [(at, one) for at, found in sorted(decided.items()) for one in found]
    each.sort(key=lambda one: (ORDER.index(one[1].row.outcome), -one[1].finding.severity))
    if each:
        yield 0, words("route.findings.heading")
    for (near, far), one in each[:_LISTED]:
        yield from decided_lines(one, words, (names[near], names[far]))
    if len(each) > _LISTED:
        yield 1, words("merged.findings.more", count=Count(len(each) - _LISTED))
