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
    answers = _answers(connection)
    return bool(answers) and all(answers)


def some_unanswered(connection: ConnectionFacts) -> bool:
    """Whether the connection has requests that are read, and one has no whole answer and was not taken back.

    False where they are more than `REQUESTS_JUDGED`.  Raises OSError where packets cannot be read.
    """
    return not all(_answers(connection))


def _answers(connection: ConnectionFacts) -> list[bool]:
    """Of each request that is read whether it had its answer, or none was wanted; empty where they are too many."""
    application = connection.application
    spoken = None if application is None else application.spoken
    if spoken is None:
        return []
    exchanges = list(islice(spoken.requests(), REQUESTS_JUDGED + 1))
    if len(exchanges) > REQUESTS_JUDGED:
        return []
    return [one.is_reset or (one.response is not None and one.response.complete) for one in exchanges]
