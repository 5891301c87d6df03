"""Which messages a stretch of bytes is part of, and which a frame completed."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class _Beginning(Protocol):
    @property
    def start(self) -> int: ...


_Message = TypeVar("_Message", bound=_Beginning)
_One = TypeVar("_One")


def touched(messages: Sequence[_Message], start: int, stop: int, end: Callable[[_Message], int]) -> list[_Message]:
    """The ``messages`` of one direction, in order and none within another, with a byte in ``start … stop``.

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


def by_frame(messages: Iterable[_One], frame_of: Callable[[_One], int]) -> dict[int, list[_One]]:
    """``messages`` by the frame that completed each."""
    shown: dict[int, list[_One]] = {}
    for one in messages:
        shown.setdefault(frame_of(one), []).append(one)
    return shown
