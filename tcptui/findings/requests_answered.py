"""Whether all that a connection asked was answered, as rules ask of a reset; imports nothing that reads requests."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts

#: Most requests of a connection that rules judge.
REQUESTS_JUDGED: Final = 2_000


def all_answered(connection: ConnectionFacts) -> bool:
    """Whether the connection has requests that are read, and each of them was answered to its end, or taken back.

    What an end said last was then no request: settings, acknowledgments and windows of HTTP/2 are none.
    False where they are more than `REQUESTS_JUDGED`.  Raises OSError where packets cannot be read.
    """
    application = connection.application
    spoken = None if application is None else application.spoken
    if spoken is None:
        return False
    exchanges = list(islice(spoken.requests(), REQUESTS_JUDGED + 1))
    if not 0 < len(exchanges) <= REQUESTS_JUDGED:
        return False
    return all(one.is_reset or (one.response is not None and one.response.complete) for one in exchanges)
