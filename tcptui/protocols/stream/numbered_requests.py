"""Requests that wait for their responses, which name them by a number and come in the order of the requests."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Asked(Protocol):
    is_given_up: bool


A = TypeVar("A", bound=_Asked)


class NumberedRequests(Generic[A]):
    """Those that wait, the oldest first.

    Whoever waits behind missing bytes may have been answered by them: without a response it is given up.
    """

    def __init__(self, most: int) -> None:
        """``most``: so many wait; of more the oldest is given up."""
        self._most = most
        self._waiting: deque[tuple[int, A]] = deque()
        self._numbers: Counter[int] = Counter()
        """How many of those that wait have each number."""
        self._doubtful = 0
        """So many of the first that wait may have been answered by bytes that are missing."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, number: int) -> bool:
        return self._numbers[number] > 0

    def responses_missing(self) -> None:
        """Bytes of the server are missing here."""
        self._doubtful = len(self._waiting)

    def add(self, number: int, one: A) -> Iterator[A]:
        """Let ``one`` wait; yields the one that is given up for it, if any."""
        self._waiting.append((number, one))
        self._numbers[number] += 1
        if len(self._waiting) > self._most:
            yield self._given_up()

    def before(self, number: int) -> Iterator[A]:
        """Yield those in front of the first with ``number``, which is there; a response to that one gives them up."""
        while self._waiting[0][0] != number:
            yield self._given_up()

    def take(self) -> A:
        """Take the oldest."""
        number, one = self._waiting.popleft()
        self._doubtful = max(self._doubtful - 1, 0)
        self._numbers[number] -= 1
        if not self._numbers[number]:
            del self._numbers[number]
        return one

    def rest(self) -> Iterator[A]:
        """Yield all that still wait at the end."""
        for at, (_number, one) in enumerate(self._waiting):
            one.is_given_up |= at < self._doubtful
            yield one

    def _given_up(self) -> A:
        one = self.take()
        one.is_given_up = True
        return one
