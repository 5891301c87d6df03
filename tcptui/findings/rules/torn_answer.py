"""`request-unanswered` (shape ``torn``): the server of a database ended the connection amid an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.analysis.timing.budget_parts import SERVER
from tcptui.findings.http_facts import index_of
from tcptui.findings.rules.request_unanswered import ENDED, lacks_bytes_before
from tcptui.findings.unanswered import quiet_ns
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.tcp_flags import RST
from tcptui.protocols.request_status import failed

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts


def torn_answer(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`request-unanswered` (shape ``torn``): the server ended the connection amid an answer, by FIN or RST."""
    ends = [*connection.fins, *(i for i in connection.rsts if i >= connection.first_reset >= 0)]
    end = min(ends, default=-1)
    if end < 0 or connection.side[end] != SERVER or not spoken.exchanges or lacks_bytes_before(connection, end):
        return None
    request = spoken.requests[-1]
    answer, asked = request.response, request.request
    if answer is None or asked is None or failed(request) or request.number in spoken.waiting:
        return None
    if spoken.is_whole(request):
        return None
    return connection.finding(
        FindingId.REQUEST_UNANSWERED,
        [i for frame in (asked.first, answer.first) if (i := index_of(connection, frame)) >= 0] + [end],
        Severity.WARNING,
        Confidence.LIKELY,
        ENDED,
        shape="torn",
        request_frame=asked.first,
        request_bytes=asked.bytes,
        answer_frame=answer.first,
        answer_bytes=answer.bytes,
        end_frame=connection.frame[end],
        ending="RST" if connection.flags[end] & RST else "FIN",
        waited_s=max(0, connection.time[end] - asked.last_ns) / 1e9,
        idle_s=quiet_ns(connection, end) / 1e9,
    )
