"""`lock-wait`: a statement waits until a transaction of another connection ends (rules/findings.md#lock-wait)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.late_copies import sent_before_ns
from tcptui.findings.request_facts import (
    code_of,
    evidence_of,
    lacks_bytes,
    lacks_bytes_beside,
    quoted_statement,
    requests_beside,
)
from tcptui.findings.rules.think_time import SLOW_ANSWER_NS, least_slow_ns
from tcptui.findings.server_time import server_ns, surely_server_ns
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.request import TransactionState
from tcptui.protocols.request_status import failed
from tcptui.protocols.statements.statement import statement_of
from tcptui.protocols.statements.tables import Locks, locks_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.findings.request_facts import RequestFacts
    from tcptui.model.finding import Fact
    from tcptui.model.request import Request

#: The answer of who waited begins at most so long before the answer of who ended the transaction (two threads write
#: them) …
BEFORE_NS: Final = 20_000_000
#: (elsewhere than at the server one answer may overtake the other by so much), …
OVERTAKEN_NS: Final = 100_000_000
#: … or so long behind it: the statement still has its work to do.
AFTER_NS: Final = 100_000_000
#: Waits of a connection, the longest, for which others are read.
WAITS_READ: Final = 4


@dataclass(frozen=True, slots=True)
class _Release:
    """The end of another connection's transaction, and its statement that had taken the lock."""

    end: Request
    taken: Request


@dataclass(frozen=True, slots=True)
class LockWaits:
    """Statements of a connection that waited for locks, of one kind: how that is known."""

    waits: tuple[Request, ...] = ()
    """The longest first."""
    shape: str = ""
    release: _Release | None = None
    """What ended the first of `waits`; None where the server said it with an error."""
    doubtful: tuple[Request, ...] = ()
    """Statements that may have waited, too: what was said meanwhile on another connection is not all known."""

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of the requests that waited, or may have."""
        return frozenset(one.number for one in self.waits + self.doubtful)


def lock_waits(connection: ConnectionFacts, spoken: RequestFacts) -> tuple[LockWaits, ...]:
    """By the server's own errors, and by what other connections did when the answers came."""
    codes = spoken.codes
    shapes = ("deadlock", codes.deadlocked), ("timeout", codes.lock_timed_out)
    return (*(_named(spoken, shape, wanted) for shape, wanted in shapes), _released(connection, spoken))


def _named(spoken: RequestFacts, shape: str, wanted: frozenset[str]) -> LockWaits:
    """Statements that the server ended with one of the errors ``wanted``."""
    refused = (one for one in spoken.requests if one.response is not None and code_of(one) in wanted)
    return LockWaits(tuple(sorted(refused, key=server_ns, reverse=True)), shape)


def _released(connection: ConnectionFacts, spoken: RequestFacts) -> LockWaits:
    """Statements that were answered when a transaction of another connection ended."""
    if lacks_bytes(connection) or not spoken.codes.lock_timed_out:
        return LockWaits()
    longest = sorted(_long_waits(connection, spoken), key=server_ns, reverse=True)[:WAITS_READ]
    released = [(one, _release_of(connection, spoken, one)) for one in longest]
    found = [(one, release) for one, release in released if release is not None]
    waits = tuple(one for one, _ in found)
    doubtful = tuple(one for one, release in released if release is None and _is_doubtful(connection, one))
    return LockWaits(waits, "", found[0][1] if found else None, doubtful)


def _is_doubtful(connection: ConnectionFacts, wait: Request) -> bool:
    """Whether bytes are missing on another connection that was there while ``wait`` waited."""
    assert wait.request is not None
    assert wait.response is not None
    return lacks_bytes_beside(connection, (wait.request.last_ns, wait.response.first_ns))


def lock_wait(connection: ConnectionFacts, found: LockWaits) -> Finding | None:
    """`lock-wait`: what is told of ``found``."""
    if not found.waits:
        return None
    longest, release = found.waits[0], found.release
    facts: dict[str, Fact] = {"status": longest.status}
    if release is not None:
        assert release.end.response is not None
        facts = {
            "other_stream": release.end.stream,
            "held": quoted_statement(release.taken),
            "ended": quoted_statement(release.end),
            "ended_frame": release.end.response.first,
        }
    above_note = release is None or server_ns(longest) >= SLOW_ANSWER_NS
    return connection.finding(
        FindingId.LOCK_WAIT,
        evidence_of(connection, sorted(found.waits, key=lambda one: one.number)),
        Severity.WARNING if above_note else Severity.NOTE,
        Confidence.CERTAIN if release is None else Confidence.LIKELY,
        () if release is None else ("lock-by-chance",),
        shape=found.shape,
        statement=quoted_statement(longest),
        wait_s=server_ns(longest) / 1e9,
        total_s=sum(map(server_ns, found.waits)) / 1e9,
        count=len(found.waits),
        asked_frame=0 if longest.request is None else longest.request.last,
        answer_frame=0 if longest.response is None else longest.response.first,
        **facts,
    )


def _long_waits(connection: ConnectionFacts, spoken: RequestFacts) -> list[Request]:
    """Statements that lock something, and for which the server took its time."""
    least_ns = least_slow_ns(connection)
    return [
        one
        for one in spoken.requests
        if one.request is not None
        and one.response is not None
        and not failed(one)
        and server_ns(one) > least_ns
        and _locks(one).tables
        and surely_server_ns(connection, one) > least_ns
    ]


def _release_of(connection: ConnectionFacts, spoken: RequestFacts, wait: Request) -> _Release | None:
    """What ended just when the server answered ``wait``: transactions before single statements, then the nearest."""
    assert wait.response is not None
    answered_ns = wait.response.first_ns
    before_ns = BEFORE_NS if connection.at_sender(1) else OVERTAKEN_NS
    span = _earliest_ns(connection.view, wait) - AFTER_NS, answered_ns + before_ns
    found = [
        release
        for view, requests in requests_beside(connection, spoken.protocol, span)
        if (release := _release_in(view, requests, wait, span)) is not None
    ]
    return min(
        found, key=lambda one: (one.taken is one.end, abs(one.end.end_ns - answered_ns), one.end.stream), default=None
    )


def _earliest_ns(view: StreamView, request: Request) -> int:
    """When its answer was first sent, at the earliest: the one that was captured may be a repetition (ns)."""
    assert request.response is not None
    answer = view.frame.searchsorted(np.array([request.response.first]))
    return request.response.first_ns - int(sent_before_ns(view, 1, answer)[0])


def _release_in(view: StreamView, requests: Iterable[Request], wait: Request, span: tuple[int, int]) -> _Release | None:
    """The request among ``requests`` of one connection that ended in ``span`` what kept ``wait`` waiting."""
    assert wait.request is not None
    asked_ns, wanted = wait.request.last_ns, _locks(wait)
    taken: Request | None = None
    for one in requests:
        if one.response is None or one.request is None:
            continue
        if one.response.first_ns > span[1] and _earliest_ns(view, one) > span[1]:
            continue
        if taken is None and one.begun_ns < asked_ns and not failed(one) and _locks(one).keeps_from(wanted):
            taken = one
        if _ends_transaction(one):
            if taken is not None and one.response.first_ns >= span[0]:
                return _Release(one, taken)
            taken = None
    return None


def _ends_transaction(request: Request) -> bool:
    """Whether no transaction is open behind it: its locks are gone."""
    return request.transaction in (TransactionState.IDLE, TransactionState.FAILED)


def _locks(request: Request) -> Locks:
    return locks_of(statement_of(request))
