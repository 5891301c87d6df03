"""`request-unanswered`: the server closed while the client waited for an answer.

A RST leaves the same question, and is told by what it is (`tcptui.findings.rules.reset`): all of these rules ask
`tcptui.findings.unanswered`.  Answers that were torn off are read by `tcptui.findings.rules.torn_answer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.analysis.timing.budget_parts import SERVER
from tcptui.findings.gates import CLOSED
from tcptui.findings.requests_answered import all_answered
from tcptui.findings.unanswered import is_new, last_words, quiet_ns
from tcptui.model.batched import integer
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.last_words import Asks

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts

#: A server that closes sooner after a message which is not read may do so because of it.
AT_ONCE_NS: Final = 1_000_000_000
#: Alternatives where nobody knows what the message asks; where it had arrived; and where the server had been idle.
_UNREAD: Final = ("needs-no-answer",)
ENDED: Final = ("server-ended", "middlebox")
_IDLE: Final = ("idle-middlebox", "server-ended")


def request_unanswered(connection: ConnectionFacts) -> Finding | None:
    """The server's FIN came first, and behind its last message the client had sent what asks for an answer.

    ``closed``: the server had received it; ``crossed`` and ``late``: its FIN was on its way, or had been confirmed,
    when the client sent it, and no RST tells so (else it is `data_after_close`).  After its FIN an end says nothing
    more: where the FIN's number follows on all that was captured of it, there was no answer.
    """
    fin = connection.fins[0]
    if connection.side[fin] != SERVER or _ended_before(connection, fin) or lacks_bytes_before(connection, fin):
        return None
    words = last_words(connection, SERVER)
    if words is None or is_new(connection, fin) or not words.is_request(connection):
        return None
    first, last = words.segments[0], words.segments[-1]
    is_taken = integer(connection.space.seq[first]) < integer(connection.space.acknowledged[0][fin])
    if not is_taken and any(connection.side[i] == SERVER and i > first for i in connection.rsts):
        return None
    is_known = words.asks is Asks.ANSWER
    if (words.asks < Asks.SEALED and connection.mid_stream) or all_answered(connection):
        return None
    # What is not read may be a farewell, or wrong: then the server closes because of it, and at once.
    waited_ns = connection.time[fin] - connection.time[last]
    at_once = not is_known and is_taken and waited_ns < AT_ONCE_NS
    return connection.finding(
        FindingId.REQUEST_UNANSWERED,
        (first, last, fin),
        Severity.NOTE if at_once and not words.opened_by_tls else Severity.WARNING,
        _confidence(connection, fin, words.asks, at_once=at_once),
        (() if is_known else _UNREAD) + (ENDED if is_taken else _IDLE),
        shape="closed" if is_taken else "late" if connection.acknowledges(first, connection.end[fin]) else "crossed",
        request_frame=connection.frame[first],
        request_bytes=integer(connection.space.seq[last])
        + connection.length[last]
        - integer(connection.space.seq[first]),
        end_frame=connection.frame[fin],
        waited_s=connection.seconds(last, fin),
        idle_s=quiet_ns(connection, fin) / 1e9,
    )


def _confidence(connection: ConnectionFacts, fin: int, asked: Asks, *, at_once: bool) -> Confidence:
    """How sure it is that the client waited: certain for a request that is read, and a FIN that its peer confirmed."""
    if asked is Asks.ANSWER:
        confirmed = connection.at_sender(SERVER) or connection.first_acknowledging(0, connection.end[fin], fin) >= 0
        return Confidence.CERTAIN if confirmed else Confidence.LIKELY
    return Confidence.LIKELY if asked is Asks.SEALED and not at_once else Confidence.POSSIBLE


def _ended_before(connection: ConnectionFacts, fin: int) -> bool:
    """Whether anything else had ended the connection before the server's ``fin``."""
    return 0 <= connection.first_reset < fin or any(
        not connection.side[i] and i < fin for i in (*connection.fins, *connection.rsts)
    )


def lacks_bytes_before(connection: ConnectionFacts, fin: int) -> bool:
    """Whether bytes of either end up to ``fin`` never passed here: an answer may be among them."""
    space = connection.space
    if not fin or integer(space.seq[fin]) > integer(space.sent[SERVER][fin - 1]):
        return True
    return any(integer(space.acknowledged[side][fin]) > integer(space.sent[side][fin]) for side in (0, 1))


RULES: Final = ((CLOSED, request_unanswered),)
