"""How long a server took for a request to a database, and how much of that the packets leave beyond doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.http_facts import index_of
from tcptui.findings.late_copies import surely_waited_ns
from tcptui.findings.rules.think_time import THINK_NS, THINK_RTTS
from tcptui.model.request import RequestPart

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.request import Request


def server_ns(request: Request) -> int:
    """How long the server took, by the time budget (ns)."""
    return request.spent_ns(RequestPart.SERVER)


def path_rtt_ns(connection: ConnectionFacts) -> int:
    """The round trip, as long as anything measures it (ns)."""
    return max(connection.rtt_ns, connection.budget.delays.rtt_ns)


def least_slow_ns(connection: ConnectionFacts) -> int:
    """What a server must take longer than to be called slow (ns)."""
    return max(THINK_NS, THINK_RTTS * path_rtt_ns(connection))


def surely_server_ns(connection: ConnectionFacts, request: Request) -> int:
    """`server_ns`, less what may have passed while a copy of the request or of the answer was on its way (ns)."""
    if request.request is None or request.response is None:
        return 0
    asked = index_of(connection, request.request.last)
    answer = index_of(connection, request.response.first)
    if not 0 <= asked < answer:
        return server_ns(request)
    waited_ns = surely_waited_ns(connection, asked, answer)
    return min(server_ns(request), waited_ns - request.spent_ns(RequestPart.NETWORK))
