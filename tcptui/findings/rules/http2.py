"""Rules about HTTP/2 and gRPC (rules/findings.md#application): windows, streams, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http2_facts import http2_history
from tcptui.findings.rules.grpc_deadline import grpc_deadline
from tcptui.findings.rules.http2_blocked import http2_head_of_line
from tcptui.findings.rules.http2_errors import http2_error_response
from tcptui.findings.rules.http2_flow_control import http2_flow_control
from tcptui.findings.rules.http2_goaway import http2_goaway
from tcptui.findings.rules.http2_slow_stream import http2_slow_stream
from tcptui.findings.rules.http2_streams import http2_reset_flood, http2_streams_limit
from tcptui.findings.rules.round_trips import LEAST, http_round_trips
from tcptui.findings.rules.slow_request import slow_request
from tcptui.findings.shared_waits import shared_waits

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding

_RULES: Final = (
    http2_flow_control, http2_head_of_line, http2_goaway, http2_reset_flood, grpc_deadline, http2_streams_limit,
    http2_error_response,
)  # fmt: skip


def findings(connection: ConnectionFacts) -> list[Finding]:
    """All findings about HTTP/2 of one stream; empty where it does not speak it."""
    try:
        said = http2_history(connection)
        if said is None:
            return []
        waits = shared_waits(connection)
        told = [
            *(rule(connection, said) for rule in _RULES),
            http2_slow_stream(connection, said, waits),
            slow_request(connection, waits),
            http_round_trips(connection, LEAST),
        ]
    except OSError:
        return []  # the spool was closed meanwhile
    return [finding for finding in told if finding is not None]
