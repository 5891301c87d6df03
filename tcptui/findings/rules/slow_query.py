"""`slow-query` and `asked-to-wait`: answers of a database that came late, and why (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.answered_together import answered_together, busy_before
from tcptui.findings.request_facts import code_of, evidence_of, lacks_bytes, quoted_statement, was_ended_early
from tcptui.findings.rules.think_time import THINK_NS, least_slow_ns, slow_answer_ns
from tcptui.findings.server_time import own_ns, server_ns, surely_server_ns
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.request import RequestPart
from tcptui.protocols.registry import REQUEST_KINDS
from tcptui.protocols.statements.waiting import asks_to_wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.finding import Fact
    from tcptui.model.request import Request

#: Of a slow query's time the server's own is at least this much, in percent.
SERVER_PERCENT: Final = 50
_OTHERS: Final = ("query-behind-others", "query-waits")
#: Where a server runs one at a time, there are no locks that a command would wait for.
_OTHERS_IF_SERIAL: Final = ("query-behind-others",)
#: What a server does before it admits a client is in no slow log, and waits for no lock.
_OTHERS_OF_LOGIN: Final = ("login-looks-up", "login-busy")
#: With these a session begins, as requests name them.
_LOGINS: Final = ("LOGIN ", "STARTUP ")
#: Nobody but the server sees what became of the first copy of an answer.
_ELSEWHERE: Final = ("query-answer-lost",)
#: Slow ones whose packets are evidence, …
_SHOWN: Final = 8
#: … the slowest, of which it is looked up whether another connection kept the server busy, …
_READ_BESIDE: Final = 4
#: … and different statements that are named of those answered together.
_NAMED: Final = 3


def slow_queries(connection: ConnectionFacts, spoken: RequestFacts) -> Iterator[Finding]:
    """`slow-query`: the server took long before it answered, and nobody had asked it to wait.

    Shapes: ``login``, the server took its time to admit the client; ``together``, answers that were written at once,
    so that any of several statements may have been slow; ``behind``, none was slow, but a command of another connection
    kept the server busy; ``held``, the answer was held up on its way, too.
    Nobody's time where bytes are missing: what was asked meanwhile may not have been captured.
    """
    slow = [] if lacks_bytes(connection) else _slow_ones(connection, spoken)
    for is_login in (False, True):
        alike = [one for one in slow if one.operation.startswith(_LOGINS) is is_login]
        if alike:
            yield _slow_query(connection, spoken, alike, is_login=is_login)


def _slow_query(connection: ConnectionFacts, spoken: RequestFacts, slow: list[Request], *, is_login: bool) -> Finding:
    took = {one.number: own_ns(connection, one) for one in slow}
    slow.sort(key=lambda one: took[one.number])
    before = {one.number: busy_before(connection, spoken, one) for one in slow[-_READ_BESIDE:]}
    # A wait for a command of somebody else is told where nothing of its own was slow.
    slow = [one for one in slow if before.get(one.number) is None] or slow
    slowest = slow[-1]
    assert slowest.request is not None
    assert slowest.response is not None
    wait_ns, busy = took[slowest.number], before.get(slowest.number)
    together = answered_together(spoken, slowest)
    held_ns = server_ns(slowest) - wait_ns
    is_serial = REQUEST_KINDS[spoken.protocol].is_serial
    others = _OTHERS_OF_LOGIN if is_login else _OTHERS_IF_SERIAL if is_serial else _OTHERS
    shape = "login" if is_login else "several" if len(slow) > 1 else "held" if held_ns > THINK_NS else ""
    facts: dict[str, Fact] = {"held_s": held_ns / 1e9} if shape == "held" else {}
    if busy is not None:
        assert busy.request.response is not None
        shape, others = "behind", ("query-by-chance",)
        facts = {
            "other_stream": busy.stream,
            "busy": quoted_statement(busy.request),
            "busy_frame": busy.request.response.first,
        }
    elif len(together) > 1 and not is_login:
        shape = "together"
        facts = {"together": len(together), "statements": _distinct(together)}
    at_server = connection.at_sender(1)
    return connection.finding(
        FindingId.SLOW_QUERY,
        evidence_of(connection, slow[-_SHOWN:]),
        Severity.WARNING if wait_ns >= slow_answer_ns(connection) else Severity.NOTE,
        Confidence.CERTAIN if at_server and busy is None else Confidence.LIKELY,
        others if at_server else others + _ELSEWHERE,
        shape=shape,
        statement=quoted_statement(slowest),
        asked_frame=slowest.request.last,
        answer_frame=slowest.response.first,
        wait_s=wait_ns / 1e9,
        total_s=sum(took[one.number] for one in slow) / 1e9,
        network_s=slowest.spent_ns(RequestPart.NETWORK) / 1e9,
        count=len(slow),
        requests=len(spoken.requests),
        **facts,
    )


def _slow_ones(connection: ConnectionFacts, spoken: RequestFacts) -> list[Request]:
    """Requests for which the server took long, and that nothing excuses, nor what was answered with them."""
    least_ns = least_slow_ns(connection)
    excused = spoken.waiting | spoken.locked
    return [
        one
        for one in spoken.requests
        if _is_slow(one, least_ns)
        and not was_ended_early(spoken, one)
        and code_of(one) not in spoken.codes.session_ended
        and surely_server_ns(connection, one) > least_ns
        and not any(each.number in excused for each in answered_together(spoken, one))
    ]


def _distinct(requests: list[Request]) -> str:
    """The first of the different statements of ``requests``."""
    told = list(dict.fromkeys(map(quoted_statement, requests)))
    return ", ".join(told[:_NAMED]) + (" …" if len(told) > _NAMED else "")


def asked_to_wait(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`asked-to-wait`: an answer came late because the client had asked the server to wait until something happens."""
    waited = [
        one
        for one in spoken.requests
        if one.number in spoken.waiting and one.response is not None and _idle_ns(one) >= THINK_NS
    ]
    if not waited:
        return None
    longest = max(waited, key=_idle_ns)
    assert longest.request is not None
    assert longest.response is not None
    return connection.finding(
        FindingId.ASKED_TO_WAIT,
        evidence_of(connection, waited[:_SHOWN]),
        Severity.NOTE,
        Confidence.CERTAIN,
        (),
        shape="sql" if asks_to_wait(longest.statement) else "",
        statement=quoted_statement(longest),
        asked_frame=longest.request.last,
        answer_frame=longest.response.first,
        wait_s=_idle_ns(longest) / 1e9,
        count=len(waited),
    )


def _idle_ns(request: Request) -> int:
    return request.spent_ns(RequestPart.IDLE)


def _is_slow(request: Request, least_ns: int) -> bool:
    if server_ns(request) <= least_ns or request.request is None or request.response is None:
        return False
    return server_ns(request) * 100 >= SERVER_PERCENT * request.taken_ns
