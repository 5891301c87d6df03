"""`query-cancelled`: a statement that was ended before it was done, and who ended it (rules/findings.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import quoted
from tcptui.findings.request_facts import (
    code_of,
    evidence_of,
    quoted_statement,
    read_beside,
    was_ended_early,
)
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.registry import DATABASE_NAMES
from tcptui.protocols.request_times import timed_requests

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.finding import Fact
    from tcptui.model.request import Request

#: PostgreSQL has one number for both; its words tell, where it speaks English.
_USER: Final = "due to user request"
_TIMEOUT: Final = "due to statement timeout"
#: A connection that only asks to cancel what another one asked (PostgreSQL's CancelRequest).
_CANCEL: Final = "CANCEL "
_SHOWN: Final = 8
#: Requests of a connection with which its session may begin.
_OPENING: Final = 3
_OTHERS: Final = {"timeout": ("statement-waited",), "asked": ("client-gave-up",), "asked-by": ("client-gave-up",)}


def query_cancelled(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`query-cancelled`: shapes ``asked``, ``timeout``, and ``request`` for the connection that asks for it.

    The server names each session (PostgreSQL by a key), and who asks repeats the name: shapes ``asked-by`` and
    ``request-of`` tell the other connection.  Raises OSError where its packets cannot be read.
    """
    ended = [one for one in spoken.requests if one.response is not None and was_ended_early(spoken, one)]
    if not ended:
        asks = next((one for one in spoken.requests if one.operation.startswith(_CANCEL)), None)
        if asks is None or spoken.protocol != "postgresql":
            return None
        victim = _victim(connection, spoken, asks)
        return _finding(connection, spoken, [asks], "request-of" if victim else "request", victim)
    shapes = [_shape(spoken, one) for one in ended]
    shape = "timeout" if "timeout" in shapes else shapes[0]
    ended = [one for one, its in zip(ended, shapes, strict=True) if its == shape]
    asker = _asker(connection, spoken, max(ended, key=_waited_ns)) if shape == "asked" else {}
    return _finding(connection, spoken, ended, "asked-by" if asker else shape, asker)


def _victim(connection: ConnectionFacts, spoken: RequestFacts, asks: Request) -> dict[str, Fact]:
    """The connection whose key ``asks`` repeats, and what was asked there; empty where it was not captured."""
    key = spoken.exchanges[asks.number].cancels
    moment_ns = asks.begun_ns
    for view, exchanges in read_beside(connection, (moment_ns, moment_ns)):
        if not key or not any(one.session == key for one in exchanges[:_OPENING]):
            continue
        asked = [one for one, _ in timed_requests(view, exchanges) if one.request and one.begun_ns <= moment_ns]
        # At the server both may have crossed: it was over, or not yet there.
        running = [one for one in asked if one.response is None or one.response.last_ns >= moment_ns]
        if not running or running[-1].request is None:
            return {}
        return {
            "other_stream": view.stream,
            "victim": quoted_statement(running[-1]),
            "victim_frame": running[-1].request.last,
        }
    return {}


def _asker(connection: ConnectionFacts, spoken: RequestFacts, ended: Request) -> dict[str, Fact]:
    """The connection that asked to end ``ended``; empty where it was not captured, or the database names none."""
    key = next((one.session for one in spoken.exchanges[:_OPENING] if one.session), b"")
    if not key or ended.response is None:
        return {}
    for view, exchanges in read_beside(connection, (ended.begun_ns, ended.response.first_ns)):
        carried = next((one.request for one in exchanges if one.cancels == key), None)
        if carried is not None and carried.first_ns >= ended.begun_ns:
            return {"other_stream": view.stream, "cancel_frame": carried.first_frame}
    return {}


def _shape(spoken: RequestFacts, request: Request) -> str:
    if code_of(request) in spoken.codes.timed_out:
        return "timeout"
    if spoken.protocol != "postgresql":
        assert code_of(request) in spoken.codes.cancelled
        return "asked"
    text = spoken.error_text(request)
    return "timeout" if _TIMEOUT in text else "asked" if _USER in text else ""


def _finding(
    connection: ConnectionFacts, spoken: RequestFacts, ended: list[Request], shape: str, other: dict[str, Fact]
) -> Finding:
    longest = max(ended, key=_waited_ns)
    made = connection.finding(
        FindingId.QUERY_CANCELLED,
        evidence_of(connection, ended[:_SHOWN]),
        Severity.WARNING if shape == "timeout" else Severity.NOTE,
        Confidence.CERTAIN,
        _OTHERS.get(shape, ()),
        shape=shape,
        protocol=DATABASE_NAMES[spoken.protocol],
        status=longest.status,
        statement=quoted(longest.operation) if shape.startswith("request") else quoted_statement(longest),
        count=len(ended),
        wait_s=_waited_ns(longest) / 1e9,
        asked_frame=longest.first_frame,
        answer_frame=0 if longest.response is None else longest.response.first,
        **other,
    )
    # What the other connection shows is evidence, too: from there one gets to it.
    beside = [frame for name in ("victim_frame", "cancel_frame") if isinstance(frame := other.get(name), int)]
    return replace(made, packets=tuple(sorted({*made.packets, *beside})))


def _waited_ns(request: Request) -> int:
    return 0 if request.response is None else request.response.first_ns - request.begun_ns
