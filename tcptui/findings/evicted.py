"""Findings of a stream whose first packets were evicted from a bounded capture.

Such a stream is judged twice: once before the eviction, while all its rows are there, and again by the rows that
are kept.  Findings of the first judgement stay, unless later packets could disprove them.  The kept rows look like a
capture that began mid-stream, although it did not.  So the second judgement makes only findings that the kept
packets prove by themselves, and uses the first of them as context alone.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Final

from tcptui.findings.annotate import annotate, by_weight
from tcptui.findings.catalog import evicted_as
from tcptui.findings.spec import WhenEvicted

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.facts import RuleContext
    from tcptui.model.finding import AnyId, Finding

#: The first kept segments get no finding of their own: what explains them may have been evicted.
CONTEXT: Final = 64
_UNSETTLED: Final = evicted_as(WhenEvicted.UNSETTLED)
#: An unsettled finding is final once its stream has been silent for this long.
SETTLED_NS: Final = 120_000_000_000
_MAY_CHANGE: Final = evicted_as(WhenEvicted.MAY_CHANGE)
_LOCAL: Final = evicted_as(WhenEvicted.LOCAL)


def still_valid(findings: tuple[Finding, ...], silent_ns: int, *, grown: bool) -> tuple[Finding, ...]:
    """The ``findings`` made before an eviction that still hold.

    ``silent_ns``: how long the stream had been silent when they were made.  ``grown``: whether it has sent
    packets since; then those that later packets could disprove are dropped as well.
    """
    gone = frozenset() if silent_ns >= SETTLED_NS else _UNSETTLED
    gone |= _MAY_CHANGE if grown else frozenset()
    return tuple(finding for finding in findings if finding.id not in gone)


def findings_of_stored_rows(view: StreamView, context: RuleContext) -> tuple[Finding, ...]:
    """The findings that the kept segments of a stream prove by themselves; ``context`` must not give access to payload.

    Payload that begins mid-stream cannot be parsed.
    """
    if len(view) <= CONTEXT:
        return ()
    begin = view.frame.item(CONTEXT)
    verdict = view.verdict.copy()
    verdict[:CONTEXT] = 0
    view = copy.copy(view)
    view.__dict__["verdict"] = verdict
    return tuple(
        finding for finding in annotate(view, context) if finding.id in _LOCAL and finding.packets[-1] >= begin
    )


def joined(before: tuple[Finding, ...], later: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Both, each once: the later finding where it rests on newer packets and its severity is not lower.

    Of an id of which one judgement has several kinds, each kind once.
    """
    several = {one for side in (before, later) for one, count in Counter(each.id for each in side).items() if count > 1}

    def key(finding: Finding) -> tuple[AnyId, str]:
        kind = (finding.facts.get("shape", ""), finding.facts.get("status", "")) if finding.id in several else ()
        return finding.id, repr(kind)

    found = {key(finding): finding for finding in before}
    for finding in later:
        known = found.get(key(finding))
        if known is None or (finding.packets[-1:] > known.packets[-1:] and finding.severity >= known.severity):
            found[key(finding)] = finding
    return by_weight(found.values())
