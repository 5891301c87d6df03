"""Judges streams whose packets are alike together: one run of the rules for all of them (`tcptui.model.batched`).

A capture in trouble has the same trouble thousands of times: SYNs that nobody answers, connections that are refused.
The rules are those of single streams, and so are the results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from tcptui.analysis.stream.same_shape import FEWEST, SameShapeView
from tcptui.findings.annotate import annotated
from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.gates import OPENED
from tcptui.findings.stream_findings import SameShapeFindings
from tcptui.findings.weight import connection_seconds_lost
from tcptui.model.batched import UNABLE, DivergedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.findings.facts import RuleContext


#: Runs that streams that are alike are worth, as they take different branches: so many …
RUNS: Final = 4
#: … and one for each of so many streams: a run takes as long as that of some five streams judged one by one.
STREAMS_A_RUN: Final = 8

_T = TypeVar("_T")


def run_batches(known: SameShapeView, run: Callable[[SameShapeView], _T]) -> Iterator[tuple[SameShapeView, _T]]:
    """``run`` of those streams of ``known`` that can be asked together."""
    waiting, runs = [known], 0
    while waiting and runs <= RUNS + len(known.places) // STREAMS_A_RUN:
        view = waiting.pop()
        runs += 1
        try:
            result = run(view)
        except DivergedError as split:
            halves = ~split.agreeing, split.agreeing
            waiting += [view.some(half) for half in halves if np.count_nonzero(half) >= FEWEST]
        except UNABLE:
            continue
        else:
            yield view, result


def judge_batches(known: SameShapeView, context: RuleContext) -> Iterator[SameShapeFindings]:
    """The findings of those streams of ``known`` that can be judged together.

    Streams whose payload is not read, too.
    """

    def judge(view: SameShapeView) -> SameShapeFindings:
        connection = ConnectionFacts(view, context)
        # Here most ways part; what would have been done before would have to be done again.
        if connection.signs & OPENED:
            _ = connection.position
        _ = connection.parts
        findings = annotated(connection)
        lost, hangs_on_end = connection_seconds_lost(findings), view.hangs_on_end or known.hangs_on_end
        return SameShapeFindings(view.numbers, view.places, findings, lost, connection.parts, hangs_on_end).alone()

    for _view, judged in run_batches(known, judge):
        yield judged
