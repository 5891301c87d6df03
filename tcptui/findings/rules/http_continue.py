"""`http-continue-awaited`: a client holds its body back for a 100 Continue (rules/findings.md#http-continue-awaited).

A request with ``Expect: 100-continue`` (RFC 9110, 10.1.1) asks whether its body is wanted.  A server that says nothing
costs each such request the time that the client waits before it sends the body all the same: a second in curl.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.analysis.timing.uncaptured import lacking, uncaptured_at
from tcptui.findings.http_facts import HttpFacts, target_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.http.message import HttpMessage

#: The body comes at least this long after the head (ns): clients wait 350 ms (.NET) to 3 s (Apache's for Java) …
WAITED_NS: Final = 300_000_000
#: … and so many round trips, in which a server's answer could have come.
WAITED_RTTS: Final = 3
CONTINUE: Final = 100


class _Wait(NamedTuple):
    """A wait of a client with its body."""

    ns: int
    message: HttpMessage
    head: int
    """Index of the segment with the end of the head."""
    body: int
    """Index of the segment with which the client went on."""


def continue_awaited(connection: ConnectionFacts, app: HttpFacts) -> Finding | None:
    """The finding about bodies that were held back in vain; each request may have waited."""
    asking = [message for message in app.http.requests() if _expects(message)]
    found = [wait for message in asking if (wait := _waited(connection, app, message)) is not None]
    if not found or not all(connection.packets_by_side):
        return None
    worst = max(found, key=lambda wait: wait.ns)
    late = _continued_ns(worst.message) > 0
    facts = {"continue_frame": worst.message.interim[0].first_frame} if late else {}
    return connection.finding(
        FindingId.HTTP_CONTINUE_AWAITED,
        [index for wait in found for index in (wait.head, wait.body)],
        Severity.WARNING,
        Confidence.LIKELY,
        ("proxy-drops-expect", "client-busy"),
        shape="late" if late else "",
        target=target_of(worst.message),
        count=len(found),
        requests=len(asking),
        first_frame=connection.frame[worst.head],
        body_frame=connection.frame[worst.body],
        wait_s=worst.ns / 1e9,
        total_s=sum(wait.ns for wait in found) / 1e9,
        **facts,
    )


def _expects(message: HttpMessage) -> bool:
    return "100-continue" in message.head.value("Expect").lower() and message.body_end > message.body_start


def _continued_ns(message: HttpMessage) -> int:
    """When the first 100 Continue came; 0 without one."""
    return next((interim.first_ns for interim in message.interim if interim.head.status == CONTINUE), 0)


def _waited(connection: ConnectionFacts, app: HttpFacts, message: HttpMessage) -> _Wait | None:
    """How long the client waited, unless it was answered meanwhile: by a 100, or by what makes the body needless."""
    direction, view = message.direction, connection.view
    span = direction.range_of_row(direction.row_at(message.body_start - 1))
    if span is None or not message.body_start <= span[1] < message.body_end:
        return None
    if not app.is_whole(direction, message.start, span[1] + 1):
        return None
    head, body = (int(view.rows.searchsorted(direction.row_at(at))) for at in (message.body_start - 1, span[1]))
    if not 0 <= head < body < connection.count:
        return None
    if lacking(uncaptured_at(view, connection.space), head, body):
        return None  # what was not captured may be the answer
    waited_ns = connection.time[body] - connection.time[head]
    answers = [one.first_ns for one in (*message.interim, message.response) if one is not None and one.first_ns]
    if answers and min(answers) < connection.time[body]:
        return None
    if waited_ns < WAITED_NS or waited_ns <= WAITED_RTTS * connection.path_rtt_ns:
        return None
    if any(connection.side[resend.index] == 0 for resend in connection.copies.resends_between(head, body + 1)):
        return None  # the head, or the body, was lost on its way
    return _Wait(waited_ns, message, head, body)
