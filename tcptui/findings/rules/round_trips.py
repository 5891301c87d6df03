"""`many-round-trips`: a client asks for the same again and again, one at a time (rules/findings.md)."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

from tcptui.findings.request_facts import evidence_of, told_statement
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.request import RequestPart
from tcptui.protocols.statements.statement import statement_of

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.request import Request

#: At least so many requests for the same …
LEAST: Final = 20
#: … whose ways there and back take so long together, …
NETWORK_NS: Final = 200_000_000
#: … a warning from here on, …
LOUD_NS: Final = 1_000_000_000
#: … and so much of the time from the first of them to the last, in percent.
NETWORK_PERCENT: Final = 50
#: A client that takes longer than this, and longer than a round trip, from an answer to its next request does not wait
#: for answers alone: it works, or asks now and then.
PROMPT_NS: Final = 20_000_000


def many_round_trips(connection: ConnectionFacts, said: RequestFacts) -> Finding | None:
    """`many-round-trips`: of all runs of prompt requests one by one, that in which the network took the most time.

    A capture at the server sees the way between an answer and the next request, one at the client between a request
    and its answer: either way it is the round trip, as far as there was time for it from one request to the next.
    """
    rtt_ns = connection.rtt_ns or connection.budget.delays.rtt_ns
    best: list[Request] = []
    best_ns = NETWORK_NS
    for run in _runs(said, rtt_ns):
        ways = _ways(run, rtt_ns)
        if sum(ways.values()) * 100 < NETWORK_PERCENT * (run[-1].end_ns - run[0].begun_ns):
            continue
        for _, members in groupby(sorted(run, key=statement_of), key=statement_of):
            same = sorted(members, key=lambda one: one.number)
            way_ns = sum(ways[one.number] for one in same)
            if len(same) >= LEAST and way_ns > best_ns:
                best, best_ns = same, way_ns
    if not best:
        return None
    first, last = best[0], best[-1]
    return connection.finding(
        FindingId.MANY_ROUND_TRIPS,
        evidence_of(connection, best),
        Severity.WARNING if best_ns >= LOUD_NS else Severity.NOTE,
        Confidence.CERTAIN,
        ("answers-needed",),
        statement=told_statement(first),
        count=len(best),
        network_s=best_ns / 1e9,
        each_s=best_ns / len(best) / 1e9,
        took_s=(last.end_ns - first.begun_ns) / 1e9,
        saved_s=best_ns * (len(best) - 1) / len(best) / 1e9,
        first_frame=first.first_frame,
        last_frame=last.response.last if last.response is not None else 0,
    )


def _runs(said: RequestFacts, rtt_ns: int) -> list[list[Request]]:
    """Requests that were each begun when the one before had been answered, and soon after.

    What of the round trip does not lie within a request, as at the server, lies between it and the next.
    """
    runs: list[list[Request]] = [[]]
    ended_ns = prompt_ns = 0
    for one in said.requests:
        is_single = one.request is not None and one.response is not None and one.number not in said.waiting
        if runs[-1] and not (is_single and ended_ns <= one.begun_ns <= ended_ns + prompt_ns):
            runs.append([])
        if is_single:
            runs[-1].append(one)
        ended_ns = one.end_ns
        prompt_ns = PROMPT_NS + rtt_ns + max(rtt_ns - one.spent_ns(RequestPart.NETWORK), 0)
    return [run for run in runs if len(run) >= LEAST]


def _ways(run: list[Request], rtt_ns: int) -> dict[int, int]:
    """How long each request of ``run``, by its number, was on the way, at most ``rtt_ns``."""
    turns = [after.begun_ns - one.begun_ns for one, after in pairwise(run)] + [run[-1].end_ns - run[-1].begun_ns]
    return {
        one.number: max(min(rtt_ns, turn_ns - one.spent_ns(RequestPart.SERVER)), 0)
        for one, turn_ns in zip(run, turns, strict=True)
    }
