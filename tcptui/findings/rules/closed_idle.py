"""`closed-while-idle`: the database ended a connection on which nothing had been asked for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import first_end, index_of
from tcptui.findings.request_facts import quoted_statement
from tcptui.findings.rules.idle_transaction import is_open
from tcptui.model.batched import integer
from tcptui.model.finding import Confidence, Finding, FindingId, Severity

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.finding import Fact

#: The connection had been silent for at least so long.
IDLE_NS: Final = 1_000_000_000
#: Why it ends the connection the server says so shortly before it does.
FAREWELL_NS: Final = 50_000_000
#: With this PostgreSQL says that a session was idle for longer than `idle_session_timeout`.
IDLE_LIMIT: Final = "57P05"
#: Commands with which a client asks the server to end the connection.
_FAREWELLS: Final = ("QUIT", "SHUTDOWN", "CLIENT KILL")


def closed_while_idle(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`closed-while-idle`: the server's FIN or RST came first, in a silence, when every request had been answered.

    Shape ``lost``: the client did not notice, and its next request was for nothing.
    """
    end, client_end = first_end(connection, 1), first_end(connection, 0)
    if end < 0 or 0 <= client_end < end:
        return None
    end_ns = connection.time[end]
    before = [one for one in spoken.requests if one.begun_ns < end_ns and one.request is not None]
    after = [one for one in spoken.requests if one.begun_ns >= end_ns and one.request is not None]
    if not before or any(one.response is None or one.response.last_ns >= end_ns for one in before):
        return None
    last = before[-1]
    assert last.response is not None
    if not spoken.is_whole(last):
        return None  # it was ended amid an answer (`request-unanswered`)
    idle_ns = _silence_ns(connection, index_of(connection, last.response.last), end)
    if idle_ns < IDLE_NS or last.operation.startswith(_FAREWELLS) or is_open(last):
        return None
    if _sent_goodbye(connection, index_of(connection, last.response.last), end):
        return None
    says_so = spoken.says_unasked(IDLE_LIMIT)
    lost = [one for one in after if one.response is None and not one.operation.startswith(_FAREWELLS)]
    facts: dict[str, Fact] = {}
    if lost:
        facts = {"statement": quoted_statement(lost[0]), "lost_frame": lost[0].first_frame}
    return connection.finding(
        FindingId.CLOSED_WHILE_IDLE,
        [index_of(connection, last.response.last), end, *(index_of(connection, one.first_frame) for one in lost[:1])],
        Severity.WARNING if lost else Severity.NOTE,
        Confidence.CERTAIN if says_so or connection.at_sender(1) else Confidence.LIKELY,
        () if says_so else ("idle-middlebox", "server-ended"),
        shape="lost" if lost else "",
        idle_s=idle_ns / 1e9,
        answer_frame=last.response.last,
        end_frame=connection.frame[end],
        requests=len(before),
        **facts,
    )


def _silence_ns(connection: ConnectionFacts, answer: int, end: int) -> int:
    """How long nobody had said anything behind the last ``answer`` when the server began to take its leave (ns).

    What it says unasked, as messages of a channel are, breaks the silence; an error right before its ``end`` does not.
    """
    view = connection.view
    behind = slice(answer + 1, end)
    said_ns = view.time_ns[behind][view.from_server[behind] & (view.length[behind] > 0)]
    end_ns, since_ns = connection.time[end], connection.time[answer]
    is_late = said_ns > end_ns - FAREWELL_NS
    return int(said_ns[is_late].min(initial=end_ns) - said_ns[~is_late].max(initial=since_ns))


def _sent_goodbye(connection: ConnectionFacts, answer: int, end: int) -> bool:
    """Whether the client sent something new behind the last answer, which asks for none: it takes its leave.

    Also where that was not captured, but the server acknowledged it.
    """
    sent, ends = connection.space.sent[0], connection.space.end
    return integer(connection.space.acknowledged[0][end]) > integer(sent[end]) or any(
        connection.length[i] and not connection.side[i] and integer(ends[i]) > integer(sent[answer])
        for i in range(answer + 1, end)
    )
