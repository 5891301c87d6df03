"""How long a server took for a request to a database, and how much of that the packets leave beyond doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.http_facts import index_of
from tcptui.model.request import RequestPart

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.request import Request


def server_ns(request: Request) -> int:
    """How long the server took, by the time budget, for it or for what was answered with it (ns)."""
    return request.spent_ns(RequestPart.SERVER) + request.unsure_ns


def own_ns(connection: ConnectionFacts, request: Request) -> int:
    """`server_ns`, less what the answer was held on its way by the server's own timestamps (ns)."""
    places = _places(connection, request)
    return max(server_ns(request) - connection.copies.held_ns(*places), 0) if places else server_ns(request)


def surely_server_ns(connection: ConnectionFacts, request: Request) -> int:
    """`server_ns`, less what may have passed while a copy of the request or of the answer was on its way (ns)."""
    if request.request is None or request.response is None:
        return 0
    places = _places(connection, request)
    if not places:
        return server_ns(request)
    return min(server_ns(request), connection.copies.surely_waited_ns(*places) - request.spent_ns(RequestPart.NETWORK))


def _places(connection: ConnectionFacts, request: Request) -> tuple[int, int] | None:
    """Indexes of the segments in which ``request`` ended and its answer began; None where they do not follow."""
    if request.request is None or request.response is None:
        return None
    asked = index_of(connection, request.request.last)
    answer = index_of(connection, request.response.first)
    return (asked, answer) if 0 <= asked < answer else None
