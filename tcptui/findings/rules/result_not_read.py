"""`result-not-read`: a client that stopped reading in the middle of what it had asked for (rules/findings.md).

`zero-window` and `slow-receiver` say that TCP's window was shut; this names the statement, and what was left of it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from tcptui.findings.request_facts import quoted_statement
from tcptui.findings.rules.zero_window import CLOSED_NS, waited_windows
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.registry import DATABASE_NAMES

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.findings.rules.zero_window import Closed
    from tcptui.model.request import Request
    from tcptui.protocols.interface import Carried

#: A client's window that is shut for so long, in one result, is a warning; it is told from `CLOSED_NS` on.
WARNING_NS: Final = 1_000_000_000
_SHOWN: Final = 12


def result_not_read(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`result-not-read`: of all results in which the client's window was shut, that which stood longest."""
    unread: dict[int, list[Closed]] = {}
    for one in waited_windows(connection):
        amid = next((each.number for each in spoken.requests if _is_within_answer(each, one.begins_ns)), None)
        if one.side == 0 and amid is not None:
            unread.setdefault(amid, []).append(one)
    if not unread:
        return None
    number, shut = max(unread.items(), key=lambda pair: _union_ns(pair[1]))
    request, answer = spoken.requests[number], spoken.exchanges[number].response
    closed_ns = _union_ns(shut)
    if closed_ns < CLOSED_NS or request.response is None or answer is None:
        return None
    longest = max(shut, key=lambda one: one.lasted_ns)
    sent = _sent_until(answer, request.response.bytes, longest.begins_ns)
    return connection.finding(
        FindingId.RESULT_NOT_READ,
        [index for one in shut[:_SHOWN] for index in (one.shut, one.opened)],
        Severity.WARNING if closed_ns >= WARNING_NS else Severity.NOTE,
        Confidence.CERTAIN,
        ("row-by-row", "stopped-program", "small-buffer"),
        shape="" if longest.opened >= 0 else "still",
        protocol=DATABASE_NAMES[spoken.protocol],
        statement=quoted_statement(request),
        asked_frame=request.first_frame,
        shut_frame=connection.frame[longest.shut],
        open_frame=connection.frame[longest.opened] if longest.opened >= 0 else 0,
        closed_s=closed_ns / 1e9,
        longest_s=longest.lasted_ns / 1e9,
        count=len(shut),
        sent_bytes=sent,
        pending_bytes=max(request.response.bytes - sent, 0),
    )


def _union_ns(shut: list[Closed]) -> int:
    return sum(one.lasted_ns for one in shut)


def _is_within_answer(request: Request, at_ns: int) -> bool:
    """Whether at this time the answer to ``request`` had begun and had not ended."""
    return request.response is not None and request.response.first_ns <= at_ns < request.response.last_ns


def _sent_until(answer: Carried, size: int, at_ns: int) -> int:
    """How many of the ``size`` bytes of ``answer`` had passed at this time; they come in order, but for resent ones."""
    return bisect_right(range(answer.start, answer.start + size), at_ns, key=answer.direction.first_ns)
