"""Requests grouped by their statement: how often each, how long it took, how many failed."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.answered_together import ANSWERED_WITHIN_NS, BUSY_PERCENT
from tcptui.model.request import RequestPart
from tcptui.protocols.answered_together import ONE_WRITE_NS
from tcptui.protocols.registry import REQUEST_KINDS
from tcptui.protocols.request_status import is_error, status_number
from tcptui.protocols.statements.sessions import is_of_session
from tcptui.protocols.statements.statement import statement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tcptui.model.packet_store import I64
    from tcptui.model.request import AnsweredInOneWrite, Request


#: Protocol and statement.
StatementKey = tuple[str, str]
#: Of a server's time, what is estimated is said to be so from this share on, in percent.
_ESTIMATE_SHOWN_PERCENT: Final = 1


#: Stream and number of a request.
RequestKey = tuple[int, int]
#: What the server took less for kept nobody waiting for long.
_LEAST_NS: Final = ANSWERED_WITHIN_NS * BUSY_PERCENT // 100
#: Answers right before one that are looked at.
_LOOKED_AT: Final = 64


def waited_for_others(requests: Iterable[Request], server_of: Callable[[int], str]) -> dict[RequestKey, int]:
    """What of the server's time of each request it was busy with a command of another connection, where it was (ns).

    That had been asked before, or with it, and was answered right before it; `server_of` gives a connection's server.
    """
    long: dict[int, list[Request]] = {}
    for one in requests:
        if _is_serial(one.protocol) and one.server_most_ns >= _LEAST_NS and one.response is not None:
            long.setdefault(one.stream, []).append(one)
    of_server: dict[str, list[Request]] = {}
    for stream, found in long.items():
        of_server.setdefault(server_of(stream), []).extend(found)
    return {key: ns for found in of_server.values() for key, ns in _waited_within(found).items()}


def _is_serial(protocol: str) -> bool:
    kind = REQUEST_KINDS.get(protocol)
    return kind is not None and kind.is_serial


def _waited_within(requests: list[Request]) -> dict[RequestKey, int]:
    requests.sort(key=_answered)
    answers = [_answered(one)[0] for one in requests]
    found: dict[RequestKey, int] = {}
    for at, one in enumerate(requests):
        took_ns = one.spent_ns(RequestPart.SERVER)
        if took_ns <= ANSWERED_WITHIN_NS:
            continue
        first = max(bisect_left(answers, answers[at] - ANSWERED_WITHIN_NS), at - _LOOKED_AT)
        if any(_occupied(other, one, took_ns) for other in requests[first:at]):
            found[one.stream, one.number] = took_ns
    return found


def _occupied(other: Request, one: Request, took_ns: int) -> bool:
    """Whether ``other``, which was answered before ``one``, is what the server did for most of ``took_ns``."""
    if other.stream == one.stream or other.request is None or one.request is None:
        return False
    is_earlier = other.request.last_ns < one.request.last_ns + ONE_WRITE_NS
    return is_earlier and other.server_most_ns * 100 >= took_ns * BUSY_PERCENT


def _answered(request: Request) -> tuple[int, int]:
    return (0, 0) if request.response is None else (request.response.first_ns, request.response.first)


@dataclass(frozen=True, slots=True)
class StatementGroup:
    """The requests of one protocol that ask for the same; times are `Request.own_ns`."""

    protocol: str
    statement: str
    """Safe text; empty: of these only the answers were captured."""
    count: int
    errors: int
    """The number of those that `is_error` is true of."""
    worst_status: str
    """The status with the greatest `status_number`: empty where one of them was not answered."""
    p50_ns: int
    """The least time within which half of them were over, …"""
    p99_ns: int
    """… and 99 of 100."""
    total_ns: int
    server_ns: int
    """What of `total_ns` is the server's own time for certain, …"""
    waited_ns: int
    """… and what of it is `Request.waited_ns`, or was the server's work for another connection."""
    shared_ns: int
    """Its likely share of what the server took for requests that it answered together (`_shares`)."""
    slowest: Request
    """That which the server took longest for, as far as is certain, else that which took longest."""

    @property
    def key(self) -> StatementKey:
        """The key of the group: what its requests have in common."""
        return self.protocol, self.statement

    @property
    def taken_ns(self) -> int:
        """`total_ns` without `waited_ns`: those of a pipeline wait side by side, and who asks to wait is not slow."""
        return self.total_ns - self.waited_ns

    @property
    def server_likely_ns(self) -> int:
        """How long the server worked for it: for certain, and its likely share of what nothing tells apart."""
        return self.server_ns + self.shared_ns

    @property
    def is_estimated(self) -> bool:
        """Whether a part of `server_likely_ns` worth telling is not certain."""
        return self.shared_ns * 100 > _ESTIMATE_SHOWN_PERCENT * self.server_likely_ns

    @property
    def is_of_session(self) -> bool:
        """Whether it opens a session, instead of being what that is opened for."""
        return is_of_session(self.protocol, self.statement)


def group_statements(
    requests: Sequence[Request],
    keys: Iterable[StatementKey] | None = None,
    server_of: Callable[[int], str] | None = None,
) -> list[StatementGroup]:
    """The groups, that for which the server worked longest first, and those behind all that open sessions.

    ``keys``: of each request, where they are known.  ``server_of``: the server of a connection; with it, what a server
    did for another connection is no time of those that waited for it.
    """
    behind = {} if server_of is None else waited_for_others(requests, server_of)
    together: dict[StatementKey, list[Request]] = {}
    batches: dict[tuple[int, AnsweredInOneWrite], Counter[StatementKey]] = {}
    for request, key in zip(requests, map(key_of, requests) if keys is None else keys, strict=True):
        together.setdefault(key, []).append(request)
        if request.together is not None:
            batches.setdefault((request.stream, request.together), Counter())[key] += 1
    shares = _shares(batches, together)
    made = [_group(*key, members, round(shares[key]), behind) for key, members in together.items()]
    return sorted(made, key=order_by_server)


def order_by_server(group: StatementGroup) -> tuple[bool, int, int, int, str, str]:
    """That for which the server worked longest first, and those behind all that open sessions."""
    worked_ns = -group.server_likely_ns
    return group.is_of_session, worked_ns, -group.taken_ns, -group.total_ns, group.protocol, group.statement


def key_of(request: Request) -> StatementKey:
    """The key of ``request``'s group: what its requests have in common."""
    return request.protocol, statement_of(request)


def _shares(
    batches: Mapping[tuple[int, AnsweredInOneWrite], Counter[StatementKey]],
    members: Mapping[StatementKey, Sequence[Request]],
) -> Counter[StatementKey]:
    """How much each statement likely had of the times (ns) that a server took for requests that it answered together.

    As much as its requests took that were answered alone, by the median; what that does not explain belongs to those of
    which none was.  Where there are none of these, all of it is split in proportion to that.
    """
    shares: Counter[StatementKey] = Counter()
    alone: dict[StatementKey, int | None] = {}
    for (_, told), counts in batches.items():
        usual: dict[StatementKey, int] = {}
        for key, count in counts.items():
            if key not in alone:
                alone[key] = _alone_ns(members[key])
            known_ns = alone[key]
            if known_ns is not None:
                usual[key] = count * known_ns
        unknown = [key for key in counts if key not in usual]
        explained_ns = sum(usual.values())
        left_ns = max(told.server_ns - explained_ns, 0)
        scale = 1.0 if unknown and left_ns else told.server_ns / max(explained_ns, 1)
        for key, usual_ns in usual.items():
            shares[key] += round(usual_ns * scale)
        for key in unknown:
            shares[key] += left_ns // len(unknown)
    return shares


def _alone_ns(members: Sequence[Request]) -> int | None:
    """How long the server took for those of ``members`` that it answered alone, by the median; None without any."""
    alone = [one.spent_ns(RequestPart.SERVER) for one in members if one.together is None and one.response is not None]
    return sorted(alone)[len(alone) // 2] if alone else None


def _group(
    protocol: str, statement: str, members: list[Request], shared_ns: int, behind: Mapping[RequestKey, int]
) -> StatementGroup:  # fmt: skip
    waited_ns = sum(behind.get((one.stream, one.number), 0) for one in members) if behind else 0
    took = np.sort(np.fromiter((one.own_ns for one in members), np.int64, len(members)))
    return StatementGroup(
        protocol, statement, len(members), sum(map(is_error, members)),
        max((one.status for one in members), key=status_number), _percentile(took, 50), _percentile(took, 99),
        int(took.sum()), sum(one.spent_ns(RequestPart.SERVER) for one in members) - waited_ns,
        sum(one.waited_ns for one in members) + waited_ns, shared_ns,
        max(members, key=lambda one: (one.spent_ns(RequestPart.SERVER), one.taken_ns, one.own_ns)),
    )  # fmt: skip


def _percentile(ascending: I64, percent: int) -> int:
    """By the nearest rank: a time that one of them took."""
    return int(ascending[-(-percent * len(ascending) // 100) - 1])
