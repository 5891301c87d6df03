"""`slow-query` and `asked-to-wait`: answers of a database that came late, and why (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.request_facts import evidence_of, lacks_bytes, told_statement, was_ended_early
from tcptui.findings.rules.think_time import SLOW_ANSWER_NS, SLOW_ANSWER_RTTS, THINK_NS
from tcptui.findings.server_time import least_slow_ns, path_rtt_ns, server_ns, surely_server_ns
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.request import RequestPart

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.request import Request

#: Of a slow query's time the server's own is at least this much, in percent.
SERVER_PERCENT: Final = 50
_OTHERS: Final = ("query-behind-others", "query-waits")
#: Redis has no locks that a command would wait for.
_OTHERS_OF: Final = {"redis": ("query-behind-others",)}
#: What a server does before it admits a client is in no slow log, and waits for no lock.
_OTHERS_OF_LOGIN: Final = ("login-looks-up", "login-busy")
#: With these a session begins, as requests name them.
_LOGINS: Final = ("LOGIN ", "STARTUP ")
#: Nobody but the server sees what became of the first copy of an answer.
_ELSEWHERE: Final = ("query-answer-lost",)
#: Slow ones whose packets are evidence.
_SHOWN: Final = 8


def slow_query(connection: ConnectionFacts, said: RequestFacts) -> Finding | None:
    """`slow-query`: the server took long before it answered, and nobody had asked it to wait.

    Shape ``login``: no query was slow, but the server took its time to admit the client.
    Nobody's time where bytes are missing: what was asked meanwhile may not have been captured.
    """
    if lacks_bytes(connection):
        return None
    least_ns = least_slow_ns(connection)
    excused = said.waiting | said.locked
    slow = [
        one
        for one in said.requests
        if one.number not in excused
        and _is_slow(one, least_ns)
        and not was_ended_early(said, one)
        and surely_server_ns(connection, one) > least_ns
    ]
    if not slow:
        return None
    queries = [one for one in slow if not one.operation.startswith(_LOGINS)]
    is_login, slow = not queries, queries or slow
    slowest = max(slow, key=server_ns)
    assert slowest.request is not None
    assert slowest.response is not None
    loud = server_ns(slowest) >= max(SLOW_ANSWER_NS, SLOW_ANSWER_RTTS * path_rtt_ns(connection))
    shown = sorted(slow, key=server_ns)[-_SHOWN:]
    others = _OTHERS_OF_LOGIN if is_login else _OTHERS_OF.get(said.protocol, _OTHERS)
    return connection.finding(
        FindingId.SLOW_QUERY,
        evidence_of(connection, shown),
        Severity.WARNING if loud else Severity.NOTE,
        Confidence.CERTAIN if connection.at_sender(1) else Confidence.LIKELY,
        others if connection.at_sender(1) else others + _ELSEWHERE,
        shape="login" if is_login else "several" if len(slow) > 1 else "",
        statement=told_statement(slowest),
        asked_frame=slowest.request.last,
        answer_frame=slowest.response.first,
        wait_s=server_ns(slowest) / 1e9,
        total_s=sum(map(server_ns, slow)) / 1e9,
        network_s=slowest.spent_ns(RequestPart.NETWORK) / 1e9,
        count=len(slow),
        requests=len(said.requests),
    )


def asked_to_wait(connection: ConnectionFacts, said: RequestFacts) -> Finding | None:
    """`asked-to-wait`: an answer came late because the client had asked the server to wait until something happens."""
    waited = [
        one
        for one in said.requests
        if one.number in said.waiting and one.response is not None and _idle_ns(one) >= THINK_NS
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
        statement=told_statement(longest),
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
