"""`query-cancelled`: a statement that was ended before it was done, and who ended it (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import quoted
from tcptui.findings.request_facts import (
    CANCELLED,
    DATABASE_NAMES,
    TIMED_OUT,
    code_of,
    evidence_of,
    told_statement,
    was_ended_early,
)
from tcptui.model.finding import Confidence, Finding, FindingId, Severity

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.request import Request

#: PostgreSQL has one number for both; its words tell, where it speaks English.
_USER: Final = "due to user request"
_TIMEOUT: Final = "due to statement timeout"
#: A connection that only asks to cancel what another one asked (PostgreSQL's CancelRequest).
_CANCEL: Final = "CANCEL "
_SHOWN: Final = 8


def query_cancelled(connection: ConnectionFacts, said: RequestFacts) -> Finding | None:
    """`query-cancelled`: shapes ``asked``, ``timeout``, and ``request`` for the connection that asks for it."""
    ended = [one for one in said.requests if one.response is not None and was_ended_early(said, one)]
    if not ended:
        asks = next((one for one in said.requests if one.operation.startswith(_CANCEL)), None)
        return None if asks is None or said.protocol != "postgresql" else _finding(connection, said, [asks], "request")
    shapes = [_shape(said, one) for one in ended]
    shape = "timeout" if "timeout" in shapes else shapes[0]
    return _finding(connection, said, [one for one, its in zip(ended, shapes, strict=True) if its == shape], shape)


def _shape(said: RequestFacts, request: Request) -> str:
    if code_of(request) in TIMED_OUT.get(said.protocol, frozenset()):
        return "timeout"
    if said.protocol != "postgresql":
        assert code_of(request) in CANCELLED[said.protocol]
        return "asked"
    text = said.error_text(request)
    return "timeout" if _TIMEOUT in text else "asked" if _USER in text else ""


def _finding(connection: ConnectionFacts, said: RequestFacts, ended: list[Request], shape: str) -> Finding:
    longest = max(ended, key=_waited_ns)
    return connection.finding(
        FindingId.QUERY_CANCELLED,
        evidence_of(connection, ended[:_SHOWN]),
        Severity.WARNING if shape == "timeout" else Severity.NOTE,
        Confidence.CERTAIN,
        {"timeout": ("statement-waited",), "asked": ("client-gave-up",)}.get(shape, ()),
        shape=shape,
        protocol=DATABASE_NAMES[said.protocol],
        status=longest.status,
        statement=quoted(longest.operation) if shape == "request" else told_statement(longest),
        count=len(ended),
        wait_s=_waited_ns(longest) / 1e9,
        asked_frame=longest.first_frame,
        answer_frame=0 if longest.response is None else longest.response.first,
    )


def _waited_ns(request: Request) -> int:
    return 0 if request.response is None else request.response.first_ns - request.begun_ns
