"""`many-round-trips`: a client asks for the same again and again, one at a time (rules/findings.md)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import index_of
from tcptui.findings.request_facts import evidence_of, quoted_statement
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
WARNING_NS: Final = 1_000_000_000
#: … and so much of the time from the first of them to the last, in percent.
NETWORK_PERCENT: Final = 50
#: A client that takes longer than this, and longer than a round trip, from an answer to its next request does not wait
#: for answers alone: it works, or asks now and then.
PROMPT_NS: Final = 20_000_000


def many_round_trips(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`many-round-trips`: of all runs of prompt requests one by one, that in which the network took the most time.

    A capture at the server sees the way between an answer and the next request, one at the client between a request
    and its answer: either way it is the round trip, as far as there was time for it from one request to the next.
    """
    rtt_ns = connection.rtt_ns or connection.budget.delays.rtt_ns
    best: list[Request] = []
    best_ns = NETWORK_NS
    for run in _runs(connection, spoken, rtt_ns):
        turns = _turns(run, rtt_ns)
        ways = {number: max(min(rtt_ns, turn_ns - taken_ns), 0) for number, (turn_ns, taken_ns) in turns.items()}
        if sum(ways.values()) * 100 < NETWORK_PERCENT * sum(turn_ns for turn_ns, _ in turns.values()):
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
        Severity.WARNING if best_ns >= WARNING_NS else Severity.NOTE,
        Confidence.CERTAIN,
        ("answers-needed",),
        statement=quoted_statement(first),
        count=len(best),
        network_s=best_ns / 1e9,
        each_s=best_ns / len(best) / 1e9,
        took_s=(last.end_ns - first.begun_ns) / 1e9,
        saved_s=best_ns * (len(best) - 1) / len(best) / 1e9,
        first_frame=first.first_frame,
        last_frame=last.response.last if last.response is not None else 0,
    )


def _runs(connection: ConnectionFacts, spoken: RequestFacts, rtt_ns: int) -> list[list[Request]]:
    """Requests that were each begun when the one before had been answered, and soon after."""
    runs: list[list[Request]] = [[]]
    before: Request | None = None
    for one in spoken.requests:
        is_single = one.request is not None and one.response is not None and one.number not in spoken.waiting
        if before is not None and not (is_single and _follows(connection, before, one, rtt_ns)):
            runs.append([])
        if is_single:
            runs[-1].append(one)
        before = one
    return [run for run in runs if len(run) >= LEAST]


def _follows(connection: ConnectionFacts, before: Request, one: Request, rtt_ns: int) -> bool:
    """Whether ``one`` comes behind the answer to ``before``, and soon; or the answer, or itself, was lost between."""
    gap_ns = one.begun_ns - before.end_ns
    return gap_ns >= 0 and (gap_ns <= _prompt_ns(before, rtt_ns) or _lost_between(connection, before, one))


def _lost_between(connection: ConnectionFacts, before: Request, one: Request) -> bool:
    """Whether the silence before ``one`` is that of a timer: something was sent again in it, or ended it."""
    if before.response is None:
        return False
    answer, asked = (index_of(connection, frame) for frame in (before.response.last, one.first_frame))
    return bool(connection.copies.resends_between(answer, asked + 1)) or connection.copies.had_been_sent(asked)


def _prompt_ns(request: Request, rtt_ns: int) -> int:
    """How soon behind the answer to ``request`` the next one is asked by who waits for answers alone.

    Of the round trip, what does not lie within the request lies here.
    """
    return PROMPT_NS + rtt_ns + max(rtt_ns - request.spent_ns(RequestPart.NETWORK), 0)


def _turns(run: list[Request], rtt_ns: int) -> dict[int, tuple[int, int]]:
    """By number, how long it is from each request of ``run`` to the next, and how long the server took of that.

    Without what was spent on recovery from loss: in a request, and in a silence behind it that is none of the client's.
    """
    turns = {}
    for one, after in zip(run, [*run[1:], None], strict=True):
        recovery_ns = one.spent_ns(RequestPart.RECOVERY)
        gap_ns = 0 if after is None else after.begun_ns - one.end_ns
        gap_ns = min(gap_ns, _prompt_ns(one, rtt_ns))
        turns[one.number] = one.end_ns - one.begun_ns - recovery_ns + gap_ns, one.spent_ns(RequestPart.SERVER)
    return turns
