"""Requests to a database that did not wait for a time of their own: answers that were written together, and queues.

Redis runs one command at a time for all; `tcptui.protocols.answered_together` says who writes answers together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.findings.request_facts import read_beside
from tcptui.findings.server_time import server_ns
from tcptui.protocols.answered_together import ONE_WRITE_NS
from tcptui.protocols.registry import REQUEST_KINDS
from tcptui.protocols.request_times import timed_requests

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.request import Request

#: The answer of who waited comes so soon behind that of the command that it waited for, …
ANSWERED_WITHIN_NS: Final = 20_000_000
#: … or, where packets may have overtaken one another, so long before or behind it, …
OVERTAKEN_NS: Final = 100_000_000
#: … which the server took at least this share of the wait for, in percent.
BUSY_PERCENT: Final = 80


class Before(NamedTuple):
    """A command of another connection that kept a server busy."""

    stream: int
    request: Request


def answered_together(spoken: RequestFacts, first: Request) -> list[Request]:
    """``first``, and those behind it whose answers were written with its own: any of them may have taken the time."""
    if first.together is None:
        return [first]
    return [*spoken.requests[first.number : first.together.stop]]


def busy_before(connection: ConnectionFacts, spoken: RequestFacts, wait: Request) -> Before | None:
    """The command of another connection that a Redis ran while ``wait`` waited, the first that was answered.

    Of commands that came at once any may be run first; they are answered in that order.  Elsewhere than at the server
    answers may overtake one another, and requests have: then a command is known that had been asked long before.

    Raises OSError where packets cannot be read.
    """
    if not REQUEST_KINDS[spoken.protocol].is_serial or wait.request is None or wait.response is None:
        return None
    away_ns = 0 if connection.at_sender(1) else OVERTAKEN_NS
    asked_ns, answered_ns = wait.request.last_ns, wait.response.first_ns
    span = answered_ns - ANSWERED_WITHIN_NS - away_ns, answered_ns + away_ns
    least_ns = server_ns(wait) * BUSY_PERCENT // 100
    found = []
    for view, exchanges in read_beside(connection, span, answering=True):
        for one, exchange in timed_requests(view, exchanges):
            if exchange.waits or one.protocol != spoken.protocol or one.request is None or one.response is None:
                continue
            is_first = one.response.first < wait.response.first and one.request.last_ns < asked_ns + ONE_WRITE_NS
            is_known = is_first or one.request.last_ns < asked_ns - away_ns
            if is_known and span[0] <= one.response.first_ns <= span[1] and server_ns(one) >= least_ns:
                found.append(Before(view.stream, one))
    return min(found, key=lambda before: (_answer(before.request), before.stream), default=None)


def _answer(request: Request) -> int:
    """The packet in which the answer to ``request`` began."""
    return 0 if request.response is None else request.response.first
