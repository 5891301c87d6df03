"""The requests that the waterfall lists: sorted by a column, narrowed by words."""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.request_status import status_number
from tcptui.session.statements import group_statements, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.model.packet_store import I64
    from tcptui.model.request import Request
    from tcptui.session.statements import StatementGroup, StatementKey
    from tcptui.words.catalogue import Words


class RequestSort(Enum):
    """What the requests are sorted by."""

    START = "start"
    DURATION = "duration"
    SERVER = "server"
    STATUS = "status"
    SIZE = "size"

    def following(self) -> RequestSort:
        """The next sort key."""
        members = list(RequestSort)
        return members[(members.index(self) + 1) % len(members)]


#: Sort keys of which the largest comes first.
_LARGEST_FIRST: Final = frozenset({RequestSort.DURATION, RequestSort.SERVER, RequestSort.STATUS, RequestSort.SIZE})


class RequestTable:
    """A fixed list of requests, with columns to sort by."""

    def __init__(self, requests: Sequence[Request], server_of: Callable[[int], str], words: Words) -> None:
        """``server_of``: the address of a connection's server, as words may name it; ``words`` tell a gap."""
        self.requests = requests
        self._server_of = server_of
        self._gap = words

    def __len__(self) -> int:
        return len(self.requests)

    def _column(self, value: Callable[[Request], int]) -> I64:
        return np.fromiter(map(value, self.requests), np.int64, len(self.requests))

    @cached_property
    def start_ns(self) -> I64:
        """When each began."""
        return self._column(lambda one: one.start_ns)

    @cached_property
    def duration_ns(self) -> I64:
        """How long the bar of each is, opening the connection included."""
        return self._column(lambda one: one.duration_ns)

    @cached_property
    def _names(self) -> tuple[I64, I64]:
        """Connection and number of each."""
        return self._column(lambda one: one.stream), self._column(lambda one: one.number)

    @cached_property
    def _keys_of(self) -> list[StatementKey]:
        """Protocol and statement of each."""
        return list(map(key_of, self.requests))

    @cached_property
    def statements(self) -> list[StatementGroup]:
        """The requests by statement, that which took the most time first."""
        return group_statements(self.requests, self._keys_of, self._server_of)

    def prepare(self, *, statements: bool) -> None:
        """Make the columns that every list needs: in the thread that made the table, for it takes a while."""
        assert len(self.start_ns) == len(self.duration_ns) == len(self._names[0])
        if statements:
            assert len(self.statements) <= len(self)

    def around(self, request: Request, most: int) -> list[Request]:
        """``request`` and those of its connection before and behind it, ``most`` at most on each side."""
        streams, numbers = self._names
        found = np.flatnonzero((streams == request.stream) & (np.abs(numbers - request.number) <= most))
        return [self.requests[at] for at in found.tolist()]

    def place(self, order: I64, stream: int, number: int) -> int:
        """Where in ``order`` the request ``number`` of ``stream`` is; 0 where it is not."""
        streams, numbers = self._names
        found = np.flatnonzero((streams[order] == stream) & (numbers[order] == number))
        return int(found[0]) if len(found) else 0

    @cached_property
    def _texts(self) -> list[str]:
        servers: dict[int, str] = {}
        unasked, unanswered = self._gap("requests.not-captured"), self._gap("requests.detail.no-answer")
        for one in self.requests:
            if one.stream not in servers:
                servers[one.stream] = self._server_of(one.stream)

        def text(one: Request) -> str:
            told = one.operation or unasked, one.statement, one.status or unanswered, one.protocol, servers[one.stream]
            return " ".join(told).lower()

        return list(map(text, self.requests))

    def _keys(self, sort: RequestSort) -> I64:
        if sort is RequestSort.START:
            return self.start_ns
        if sort is RequestSort.DURATION:
            return self._column(lambda one: one.own_ns)
        if sort is RequestSort.SERVER:
            return self._column(lambda one: one.server_most_ns)
        if sort is RequestSort.STATUS:
            return self._column(lambda one: status_number(one.status))
        return self._column(lambda one: one.bytes)

    def order(self, sort: RequestSort, *, turned: bool, words: Sequence[str], only: StatementKey | None = None) -> I64:
        """The requests whose line has every one of ``words`` (lower case), sorted; ``turned``: the other way round.

        ``only``: those of one statement.
        """
        chosen: I64 = np.arange(len(self.requests), dtype=np.int64)
        if words:
            texts = self._texts
            found = [at for at, text in enumerate(texts) if all(word in text for word in words)]
            chosen = np.array(found, np.int64)
        if only is not None:
            chosen = chosen[np.fromiter((self._keys_of[at] == only for at in chosen.tolist()), np.bool_, len(chosen))]
        keys = self._keys(sort)[chosen]
        if (sort in _LARGEST_FIRST) != turned:
            keys = -keys
        return chosen[np.lexsort((self.start_ns[chosen], keys))]
