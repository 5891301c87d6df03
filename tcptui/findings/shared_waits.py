"""How long each request waited for the server, where many of them share a connection (HTTP/2, gRPC)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.findings.request_facts import lacks_bytes
from tcptui.findings.requests_answered import REQUESTS_JUDGED
from tcptui.findings.server_time import surely_server_ns
from tcptui.model.request import UNKNOWN, RequestPart
from tcptui.protocols.application import requests_of
from tcptui.protocols.request_times import timed_requests

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.request import Request

#: What a call of gRPC ends with when somebody stopped waiting, or somebody else: no answer that came late.
_GIVEN_UP: Final = frozenset({"DEADLINE_EXCEEDED", "CANCELLED", "UNAVAILABLE"})


@dataclass(frozen=True, slots=True)
class SharedWait:
    """A request with an answer, and its wait for that."""

    request: Request
    ns: int
    """What of the time until the answer began was the server's, beyond doubt; 0 where it is nobody's."""
    is_named: bool
    """Both heads were read: what was asked for, and that it was no stream of events."""


def shared_waits(connection: ConnectionFacts) -> list[SharedWait]:
    """The answered ones of the first `REQUESTS_JUDGED` requests, in the order in which they began.

    None where bytes are missing: what was asked or answered in them is not known.
    Raises OSError where packets cannot be read.
    """
    application = connection.application
    exchanges = None if application is None or lacks_bytes(connection) else requests_of(*application.directions)
    if exchanges is None:
        return []
    requests = timed_requests(connection.view, islice(exchanges, REQUESTS_JUDGED), budget=connection.kept_budget)
    return [
        SharedWait(one, 0 if exchange.waits or exchange.is_reset else _server_ns(connection, one), _is_named(one))
        for one, exchange in requests
        if one.request is not None and one.response is not None
    ]


def _server_ns(connection: ConnectionFacts, one: Request) -> int:
    """What the server took before it began to answer: pauses within the answer are none of it."""
    if one.request is None or one.response is None or one.status in _GIVEN_UP:
        return 0
    way_ns = connection.budget.delays.to_server_ns
    until_ns = one.response.first_ns - one.request.last_ns - way_ns
    took_ns = min(one.spent_ns(RequestPart.SERVER), until_ns)
    return max(min(took_ns, surely_server_ns(connection, one)), 0) if took_ns > 0 else 0


def _is_named(one: Request) -> bool:
    return UNKNOWN not in one.operation.split(" ") and one.status not in ("", UNKNOWN)
