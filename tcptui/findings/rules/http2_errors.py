"""`http-error-response` in HTTP/2: a status of 4xx or 5xx in a header block (rules/findings.md#application)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcptui.findings.http2_facts import operation_of, packets
from tcptui.findings.http_facts import CLIENT_ERRORS, SERVER_ERRORS, quoted
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.http.status import STATUS_PHRASES
from tcptui.protocols.http2.messages import final_block, status_of, value_in

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.history import Call, Http2History


@dataclass(frozen=True, slots=True)
class _Answer:
    call: Call
    head: Block
    status: int

    @property
    def frame(self) -> int:
        """The packet in which its header block begins; 0 unknown."""
        return (self.call.answering.direction.frames_of(self.head.start, self.head.start + 1) or (0,))[0]


def http2_error_response(connection: ConnectionFacts, history: Http2History) -> Finding | None:
    """Answers that are errors, of all that were read; gRPC's own statuses are 200 to HTTP and none."""
    answers = [_Answer(one, head, status_of(head)) for one in history.calls if (head := _head(one)) is not None]
    errors = [one for one in answers if one.status >= CLIENT_ERRORS and one.frame]
    if not errors:
        return None
    grave = [one for one in errors if one.status >= SERVER_ERRORS]
    worst = (grave or errors)[0]
    statuses = Counter(one.status for one in errors)
    wait_ns = worst.call.answering.direction.first_ns(worst.head.start) - worst.call.whole_ns
    return connection.finding(
        FindingId.HTTP_ERROR_RESPONSE,
        packets(connection, [frame for one in errors for frame in (one.call.asked_frame, one.frame)]),
        Severity.WARNING if grave else Severity.NOTE,
        Confidence.CERTAIN,
        (),
        shape="server" if grave else "client",
        status=f"{worst.status} {STATUS_PHRASES.get(worst.status, '')}".strip(),
        target=operation_of(worst.call),
        software=quoted(value_in(worst.head, b"server"), 30) or "?",
        first_frame=worst.frame,
        request_frame=worst.call.asked_frame or worst.frame,
        wait_s=max(wait_ns, 0) / 1e9,
        count=len(errors),
        responses=len(answers),
        statuses=", ".join(f"{status} ×{count}" for status, count in sorted(statuses.items())),
    )


def _head(call: Call) -> Block | None:
    return final_block(call.answering, is_response=True) if call.answering else None
