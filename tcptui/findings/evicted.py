"""What may be said of a stream whose first packets have left a bounded capture.

Such a stream is judged twice: once while all its rows are still there (what is *past* then, stays said), and again
by the rows that are kept.  Those look like a capture that began amid the stream, but it did not, so
nothing is said that a beginning could overturn: only what the kept packets prove by themselves, and the first
of these are there to be compared with, not to be judged.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final

from tcptui.findings.annotate import annotate, by_weight
from tcptui.findings.catalog import evicted_as
from tcptui.findings.spec import WhenEvicted

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.facts import RuleContext
    from tcptui.model.finding import Finding

#: Kept segments at the beginning that are not judged: what explains them may be among those that have left.
CONTEXT: Final = 64
_UNSETTLED: Final = evicted_as(WhenEvicted.UNSETTLED)
#: Nothing changes an unsettled finding any more once its stream has been silent for so long.
SETTLED_NS: Final = 120_000_000_000
_MAY_CHANGE: Final = evicted_as(WhenEvicted.MAY_CHANGE)
_LOCAL: Final = evicted_as(WhenEvicted.LOCAL)


def lasting(findings: tuple[Finding, ...], silent_ns: int, *, grown: bool) -> tuple[Finding, ...]:
    """Of ``findings``, made while more might come, those that are true still: with ``grown`` whatever came.

    ``silent_ns``: for how long nothing had come when they were made.
    """
    gone = frozenset() if silent_ns >= SETTLED_NS else _UNSETTLED
    gone |= _MAY_CHANGE if grown else frozenset()
    return tuple(finding for finding in findings if finding.id not in gone)


def of_the_rest(view: StreamView, context: RuleContext) -> tuple[Finding, ...]:
    """What the kept segments of a stream prove by themselves; ``context`` must not read its bytes."""
    if len(view) <= CONTEXT:
        return ()
    begin = int(view.frame[CONTEXT])
    verdict = view.verdict.copy()
    verdict[:CONTEXT] = 0
    view = copy.copy(view)
    view.__dict__["verdict"] = verdict
    return tuple(
        finding for finding in annotate(view, context) if finding.id in _LOCAL and finding.packets[-1] >= begin
    )


def joined(before: tuple[Finding, ...], later: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Both, each id once: the later one where it rests on newer packets and weighs no less."""
    found = {finding.id: finding for finding in before}
    for finding in later:
        known = found.get(finding.id)
        if known is None or (finding.packets[-1:] > known.packets[-1:] and finding.severity >= known.severity):
            found[finding.id] = finding
    return by_weight(found.values())
