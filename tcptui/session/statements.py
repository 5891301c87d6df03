"""Requests grouped by their statement: how often each, how long it took, how many failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.request import RequestPart, status_number
from tcptui.protocols.statements.statement import statement_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.model.packet_store import I64
    from tcptui.model.request import Request


#: Protocol and statement.
StatementKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class StatementGroup:
    """The requests of one protocol that ask for the same; times are `Request.own_ns`."""

    protocol: str
    statement: str
    """Safe text; empty: of these only the answers were captured."""
    count: int
    errors: int
    """How many are `Request.is_error`."""
    worst_status: str
    """The status with the greatest `status_number`: empty where one of them was not answered."""
    p50_ns: int
    """The least time within which half of them were over, …"""
    p99_ns: int
    """… and 99 of 100."""
    total_ns: int
    server_ns: int
    """What of `total_ns` is the server's own time, …"""
    waited_ns: int
    """… and what of it is `Request.waited_ns`."""
    slowest: Request

    @property
    def key(self) -> StatementKey:
        """What its requests have in common."""
        return self.protocol, self.statement

    @property
    def taken_ns(self) -> int:
        """`total_ns` without `waited_ns`: those of a pipeline wait side by side, and who asks to wait is not slow."""
        return self.total_ns - self.waited_ns


def group_statements(requests: Sequence[Request], keys: Iterable[StatementKey] | None = None) -> list[StatementGroup]:
    """The groups, by `StatementGroup.taken_ns`, the most first; ``keys``: of each request, where they are known."""
    together: dict[StatementKey, list[Request]] = {}
    for request, key in zip(requests, map(key_of, requests) if keys is None else keys, strict=True):
        together.setdefault(key, []).append(request)
    made = [_group(*key, members) for key, members in together.items()]
    return sorted(made, key=lambda group: (-group.taken_ns, -group.total_ns, group.protocol, group.statement))


def key_of(request: Request) -> StatementKey:
    """What the requests of a group have in common."""
    return request.protocol, statement_of(request)


def _group(protocol: str, statement: str, members: list[Request]) -> StatementGroup:
    took = np.sort(np.fromiter((one.own_ns for one in members), np.int64, len(members)))
    return StatementGroup(
        protocol, statement, len(members), sum(one.is_error for one in members),
        max((one.status for one in members), key=status_number), _percentile(took, 50), _percentile(took, 99),
        int(took.sum()), sum(one.spent_ns(RequestPart.SERVER) for one in members),
        sum(one.waited_ns for one in members),
        max(members, key=lambda one: one.own_ns),
    )  # fmt: skip


def _percentile(ascending: I64, percent: int) -> int:
    """By the nearest rank: a time that one of them took."""
    return int(ascending[-(-percent * len(ascending) // 100) - 1])
