"""Judges streams whose packets are alike together: one run of the rules for all of them (`tcptui.model.lanes`).

A capture in trouble has the same trouble thousands of times: SYNs that nobody answers, connections that are refused.
The rules are those of single streams, and so are the results.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tcptui.analysis.stream.alike import FEWEST, AlikeView
from tcptui.findings.annotate import annotated
from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.weight import connection_seconds_lost
from tcptui.model.finding import Finding
from tcptui.model.lanes import DivergedError, Lanes, NotInLockstepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcptui.analysis.stream.view import Gathered
    from tcptui.findings.facts import RuleContext
    from tcptui.model.packet_store import I64


#: Runs that streams that are alike are worth, as they take different branches: so many …
RUNS: Final = 4
#: … and one for each of so many streams: a run takes as long as that of some five streams judged one by one.
STREAMS_A_RUN: Final = 8

#: Raised for what lanes cannot do, or do not know; where a rule itself is wrong, it raises again for a single stream.
_UNKNOWN: Final = (NotInLockstepError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class AlikeFindings:
    """The findings of streams that are alike."""

    places: I64
    """Which streams, by their places in the block; lane by lane."""
    findings: tuple[Finding, ...]
    """Those of each; stream, frame numbers and facts that differ are `Lanes`."""
    lost: Any
    """`connection_seconds_lost` of each: a float or `Lanes`."""
    parts: tuple[Any, ...]
    """`TimeBudget.parts` of each: integers or `Lanes`."""

    def __len__(self) -> int:
        return len(self.places)

    def each(self, streams: Iterable[int], chosen: Iterable[Finding]) -> Iterator[tuple[Finding, ...]]:
        """Those of ``findings`` that are ``chosen``, of each lane as objects; ``streams``: their numbers."""
        numbers = list(streams)
        return zip(*(_each(finding, numbers) for finding in chosen), strict=True)


def cells(value: Any, lanes: int) -> Iterable[Any]:
    """``value`` in each of so many lanes."""
    if isinstance(value, Lanes):
        found: list[Any] = value.each.tolist()
        return found
    if isinstance(value, tuple) and any(isinstance(part, Lanes) for part in value):
        return zip(*(cells(part, lanes) for part in value), strict=True)
    return repeat(value, lanes)


def _each(finding: Finding, streams: list[int]) -> Iterator[Finding]:
    """``finding`` of each lane."""
    count, names = len(streams), tuple(finding.facts)
    values = zip(*(cells(value, count) for value in finding.facts.values()), strict=True)
    for stream, packets, facts in zip(streams, cells(finding.packets, count), values, strict=True):
        told = dict(zip(names, facts, strict=True))
        yield Finding(finding.id, stream, packets, finding.severity, finding.confidence, told, finding.alternatives)


def together(
    gathered: Gathered, places: I64, run: Callable[[AlikeView], _T], known: AlikeView | None = None
) -> Iterator[tuple[AlikeView, _T]]:
    """``run`` of those streams at ``places`` in ``gathered``, which are alike, that can be asked together.

    Streams without quotes, of which nothing is evicted.  ``known``: the view of all of them, if there is one already.
    """
    waiting, runs = [places], 0
    while waiting and runs <= RUNS + len(places) // STREAMS_A_RUN:
        some = waiting.pop()
        if len(some) < FEWEST:
            continue
        view = known if known is not None and not runs else AlikeView(gathered, some)
        runs += 1
        try:
            result = run(view)
        except DivergedError as split:
            waiting += [some[~split.agreeing], some[split.agreeing]]
        except _UNKNOWN:
            continue
        else:
            yield view, result


def judged_together(gathered: Gathered, known: AlikeView, context: RuleContext) -> Iterator[AlikeFindings]:
    """The findings of those streams of ``known``, a view of streams in ``gathered``, that can be judged together.

    Streams whose payload is not read, too.
    """

    def judge(view: AlikeView) -> AlikeFindings:
        connection = ConnectionFacts(view, context)
        findings = annotated(connection)
        return AlikeFindings(view.places, findings, connection_seconds_lost(findings), connection.parts)

    for _view, judged in together(gathered, known.places, judge, known):
        yield judged
