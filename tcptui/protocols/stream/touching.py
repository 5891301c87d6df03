"""Which messages a stretch of bytes is part of."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class _Beginning(Protocol):
    @property
    def start(self) -> int: ...


_Message = TypeVar("_Message", bound=_Beginning)


def touched(messages: Sequence[_Message], start: int, stop: int, end: Callable[[_Message], int]) -> list[_Message]:
    """Of ``messages`` of one direction, in order and none within another, those with a byte in ``start … stop``.

    ``end``: where a message ends (exclusive).
    """
    at = max(bisect_right(messages, start, key=lambda message: message.start) - 1, 0)
    found = []
    for message in messages[at:]:
        if message.start >= stop:
            break
        if end(message) > start:
            found.append(message)
    return found
