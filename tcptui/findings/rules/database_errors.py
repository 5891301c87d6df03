"""`database-errors`: requests that a database answers with errors, above all the login (rules/findings.md)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import index_of
from tcptui.findings.request_facts import code_of, evidence_of, quoted_statement
from tcptui.findings.rules.database_refusals import demands_encryption
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.tcp_flags import FIN, RST
from tcptui.protocols.registry import DATABASE_NAMES, REQUEST_KINDS
from tcptui.protocols.request_status import failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.request import Request

#: At least so many errors of one kind …
LEAST: Final = 5
#: … and so many of all answers, in percent, are a burst.
ERRORS_PERCENT: Final = 10
#: Commands with which a client library asks what the server knows; an old one answers with errors.
_INTRODUCTIONS: Final = ("CLIENT ", "HELLO", "COMMAND", "AUTH")
#: MariaDB refuses who is to use TLS and does not with the same number as a wrong password.
_UNENCRYPTED: Final = ("login-needs-tls",)
_SHOWN: Final = 12


def database_errors(connection: ConnectionFacts, spoken: RequestFacts) -> Iterator[Finding]:
    """`database-errors`: a login refused and not repeated with success, bursts of one error, an end by one."""
    answered = [one for one in spoken.requests if one.response is not None]
    login = _login(connection, spoken, answered)
    if login is not None:
        yield login
    yield from _bursts(connection, spoken, answered)
    last = _ended(connection, spoken, answered)
    if last is not None:
        yield last


def _ended(connection: ConnectionFacts, spoken: RequestFacts, answered: list[Request]) -> Finding | None:
    """The error in the last answer, with which the server gave the connection up and then ended it."""
    if not answered or code_of(answered[-1]) not in spoken.codes.gives_up:
        return None
    last = answered[-1]
    assert last.response is not None
    said = index_of(connection, last.response.first)
    behind = range(max(said, 0), connection.count)
    end = next((i for i in behind if connection.side[i] and connection.flags[i] & (FIN | RST)), -1)
    if said < 0 or end < 0 or any(i < end for i in connection.fins_by_side[0]):
        return None  # the client had closed, or nobody knows
    return _finding(connection, spoken, [last], len(answered), "ended", end)


def _login(connection: ConnectionFacts, spoken: RequestFacts, answered: list[Request]) -> Finding | None:
    refusals = spoken.codes.refused
    refused = [one for one in answered if code_of(one) in refusals and not demands_encryption(spoken, one)]
    if not refused or any(not failed(one) for one in answered if one.number > refused[-1].number):
        return None  # it did what it wanted in the end
    without = all(one.status == "NOAUTH" for one in refused)
    return _finding(connection, spoken, refused, len(answered), "without-login" if without else "login")


def _bursts(connection: ConnectionFacts, spoken: RequestFacts, answered: list[Request]) -> Iterator[Finding]:
    ordinary = spoken.codes.ordinary | spoken.codes.refused
    errors = [
        one
        for one in answered
        if failed(one) and code_of(one) not in ordinary and not one.operation.startswith(_INTRODUCTIONS)
    ]
    shape = "sql" if REQUEST_KINDS[spoken.protocol].is_sql else ""
    for status, count in Counter(one.status for one in errors).most_common():
        if count >= LEAST and count * 100 >= ERRORS_PERCENT * len(answered):
            burst = [one for one in errors if one.status == status]
            yield _finding(connection, spoken, burst, len(answered), shape)


def _finding(
    connection: ConnectionFacts, spoken: RequestFacts, errors: list[Request], answers: int, shape: str, end: int = -1
) -> Finding:
    first = errors[0]
    assert first.response is not None
    return connection.finding(
        FindingId.DATABASE_ERRORS,
        [*evidence_of(connection, errors[:_SHOWN]), end],
        Severity.WARNING,
        Confidence.CERTAIN,
        _UNENCRYPTED if shape == "login" and spoken.protocol == "mysql" else (),
        shape=shape,
        status=first.status,
        statement=quoted_statement(first),
        protocol=DATABASE_NAMES[spoken.protocol],
        count=len(errors),
        answers=answers,
        asked_frame=0 if first.request is None else first.request.last,
        answer_frame=first.response.first,
        end_frame=connection.frame[end] if end >= 0 else 0,
    )
