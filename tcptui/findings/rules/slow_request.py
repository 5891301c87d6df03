"""`server-think-time` where many requests share a connection: each is judged by itself (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import index_of, quoted
from tcptui.findings.rules.think_time import LONG_POLL_NS, LONG_POLLS, OTHERS, least_slow_ns, slow_answer_ns
from tcptui.findings.shared_waits import shared_waits
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.request import RequestPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.shared_waits import SharedWait

#: Slow ones whose packets are evidence, the slowest.
_SHOWN: Final = 8


def findings(connection: ConnectionFacts) -> list[Finding]:
    """What is said of the questions of one stream that lets ask many at a time; none where its packets are gone."""
    try:
        found = slow_request(connection, shared_waits(connection), "dns")
    except OSError:
        return []
    return [] if found is None else [found]


def slow_request(connection: ConnectionFacts, waits: Sequence[SharedWait], shape: str = "http") -> Finding | None:
    """`server-think-time`: a request was complete, and its answer came late, whatever passed for others meanwhile."""
    least_ns = least_slow_ns(connection)
    slow = sorted((one for one in waits if one.ns > least_ns), key=lambda one: one.ns)
    if not slow:
        return None
    named = [one for one in slow if one.is_named]
    worst = (named or slow)[-1]
    asked, answer = worst.request.request, worst.request.response
    assert asked is not None
    assert answer is not None
    polls = len(slow) >= LONG_POLLS and slow[0].ns >= LONG_POLL_NS
    # Of an answer whose head is not read nobody knows that it is no stream of events.
    warns = worst.is_named and not polls and worst.ns >= slow_answer_ns(connection)
    steps = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)
    doubt = (not connection.at_sender(1)) + (polls or not worst.is_named)
    frames = [frame for one in slow[-_SHOWN:] for frame in _frames(one)]
    return connection.finding(
        FindingId.SERVER_THINK_TIME,
        [index_of(connection, frame) for frame in dict.fromkeys((*_frames(worst), *frames)) if frame],
        Severity.WARNING if warns else Severity.NOTE,
        steps[doubt],
        OTHERS,
        shape=shape if worst.is_named else "unnamed",
        first_frame=asked.last,
        answer_frame=answer.first,
        wait_s=worst.ns / 1e9,
        total_s=_together_ns(slow) / 1e9,
        elapsed_s=connection.budget.elapsed_ns / 1e9,
        turns=len(waits),
        count=len(slow),
        network_s=worst.request.spent_ns(RequestPart.NETWORK) / 1e9,
        request=quoted(worst.request.operation) if worst.is_named else "",
    )


def _frames(one: SharedWait) -> tuple[int, int]:
    """The packets in which its request ended and its answer began."""
    asked, answer = one.request.request, one.request.response
    return (asked.last if asked is not None else 0), (answer.first if answer is not None else 0)


def _together_ns(slow: Sequence[SharedWait]) -> int:
    """How long any of ``slow`` was waited for: the time that several share counts once."""
    total_ns, until_ns = 0, 0
    spans = [(one.request.response.first_ns, one.ns) for one in slow if one.request.response is not None]
    for begin_ns, end_ns in sorted((answered_ns - ns, answered_ns) for answered_ns, ns in spans):
        total_ns += max(end_ns - max(begin_ns, until_ns), 0)
        until_ns = max(until_ns, end_ns)
    return total_ns
