"""`idle-in-transaction`: a client asks for nothing while a transaction of its is open (rules/findings.md)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import first_end, index_of
from tcptui.findings.request_facts import code_of, lacks_bytes, quoted_statement
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.request import TransactionState
from tcptui.protocols.request_status import failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.request import Request

#: The client was silent for at least so long, beyond a round trip, …
IDLE_NS: Final = 1_000_000_000
#: … a warning from here on.
WARNING_NS: Final = 10_000_000_000
#: With this PostgreSQL says that a transaction was idle for longer than `idle_in_transaction_session_timeout`.
LIMIT: Final = "25P03"
#: Silences whose packets are evidence.
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class _Silence:
    """From an answer behind which a transaction is open to what came next."""

    before: Request
    end_ns: int
    end_frame: int
    by_server: bool
    """The server ended the connection."""

    @property
    def lasted_ns(self) -> int:
        """How long it was."""
        return self.end_ns - self.before.end_ns


def is_open(request: Request) -> bool:
    """Whether a transaction is open behind ``request``, be it one that can only be rolled back."""
    return request.transaction in (TransactionState.OPEN, TransactionState.FAILED)


def idle_in_transaction(connection: ConnectionFacts, spoken: RequestFacts) -> Finding | None:
    """`idle-in-transaction`: the longest silence of the client in a transaction, and how often there were such."""
    if lacks_bytes(connection):
        return None  # what was asked meanwhile may not have been captured
    rtt_ns = connection.rtt_ns or connection.budget.delays.rtt_ns
    silences = [one for one in _silences(connection, spoken) if one.lasted_ns - rtt_ns >= IDLE_NS]
    if not silences:
        return None
    longest = max(silences, key=lambda one: (one.by_server, one.lasted_ns))
    assert longest.before.response is not None
    evidence = []
    for one in silences[:_SHOWN]:
        assert one.before.response is not None
        evidence += [index_of(connection, frame) for frame in (one.before.response.last, one.end_frame) if frame]
    begun = _begun(spoken, longest.before)
    says_so = spoken.says_unasked(LIMIT)
    others: tuple[str, ...] = ("idle-middlebox", "server-ended") if longest.by_server and not says_so else ()
    if _rests_on_timeout(spoken, longest.before):
        others += ("timeout-rolls-back",)
    return connection.finding(
        FindingId.IDLE_IN_TRANSACTION,
        evidence,
        Severity.WARNING if longest.by_server or longest.lasted_ns >= WARNING_NS else Severity.NOTE,
        Confidence.LIKELY if others else Confidence.CERTAIN,
        others,
        shape="ended" if longest.by_server else "",
        idle_s=longest.lasted_ns / 1e9,
        open_s=(longest.end_ns - begun.begun_ns) / 1e9,
        statement=quoted_statement(longest.before),
        begun_frame=begun.first_frame,
        answer_frame=longest.before.response.last,
        end_frame=longest.end_frame,
        count=len(silences),
        total_s=sum(one.lasted_ns for one in silences) / 1e9,
    )


def _silences(connection: ConnectionFacts, spoken: RequestFacts) -> Iterator[_Silence]:
    """The silence after each answer that left a transaction open, until the next request or the end."""
    asked = [one for one in spoken.requests if one.request is not None]
    ends = [end for end in (first_end(connection, 0), first_end(connection, 1)) if end >= 0]
    end = min(ends, default=-1)
    end_ns = connection.time[end] if end >= 0 else 0
    for one, after in zip_longest(asked, asked[1:]):
        if one.response is None or not is_open(one):
            continue
        if after is not None and (end < 0 or after.begun_ns <= end_ns):
            if not connection.copies.had_been_sent(index_of(connection, after.first_frame)):
                yield _Silence(one, after.begun_ns, after.first_frame, by_server=False)
        elif end >= 0 and end_ns >= one.end_ns:
            yield _Silence(one, end_ns, connection.frame[end], connection.side[end] == 1)


def _rests_on_timeout(spoken: RequestFacts, last: Request) -> bool:
    """Whether the server has not said what is open behind ``last`` since a wait for a lock that was too long.

    MySQL undoes one statement then, and with innodb_rollback_on_timeout the whole transaction; the error is the same.
    """
    codes = spoken.codes.lock_timed_out if spoken.protocol == "mysql" else frozenset[str]()
    for one in reversed(spoken.requests[: last.number + 1]):
        if code_of(one) in codes:
            return True
        if not failed(one) and not one.operation.startswith("PREPARE "):
            return False
    return False


def _begun(spoken: RequestFacts, last: Request) -> Request:
    """The request that opened the transaction that is open behind ``last``."""
    begun = last
    for one in reversed(spoken.requests[: last.number + 1]):
        if one.request is not None and not is_open(one):
            break
        begun = one if one.request is not None else begun
    return begun
