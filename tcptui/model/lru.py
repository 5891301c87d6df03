"""A bounded cache that evicts what was used least recently: the one such cache of the program.

`functools.lru_cache` does for pure functions of few values; this one is for values that are
made anew when what they were made from has changed, and that can be dropped one by one.
"""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from contextlib import AbstractContextManager

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """At most ``size`` entries; every access but `__contains__` and `__len__` makes an entry the most recent.

    With ``weigh`` that many by weight, which stays the same as long as a value is kept; the most recent one is kept
    whatever it weighs.  With ``locked`` it is safe to use from several threads, and `renew` makes one value at a time.
    Then ``renew``'s function must not use the same cache.
    """

    def __init__(self, size: int, *, locked: bool = False, weigh: Callable[[V], int] | None = None) -> None:
        if size < 1:
            raise ValueError(f"a cache of {size} entries")
        self._size = size
        self._weigh = weigh or (lambda _: 1)
        self._weight = 0
        """Of all entries."""
        self._entries: dict[K, V] = {}
        """In order of use, the least recent first."""
        self._lock: AbstractContextManager[object] = threading.Lock() if locked else nullcontext()

    def get(self, key: K) -> V | None:
        """The value of ``key``; None without one."""
        with self._lock:
            if key not in self._entries:
                return None
            value = self._entries[key] = self._entries.pop(key)
            return value

    def put(self, key: K, value: V) -> None:
        """Set the value of ``key``; evicts the least recently used entry when there are too many."""
        with self._lock:
            self._put(key, value)

    def renew(self, key: K, make: Callable[[V | None], V]) -> V:
        """Set the value of ``key`` to what ``make`` returns for the present one, or None; the new value.

        When ``make`` raises, the entry stays as it was.
        """
        with self._lock:
            value = make(self._entries.get(key))
            self._put(key, value)
            return value

    def pop(self, key: K) -> V | None:
        """Remove the entry of ``key``; its value, None without one."""
        with self._lock:
            return self._remove(key)

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()
            self._weight = 0

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def _put(self, key: K, value: V) -> None:
        self._remove(key)
        self._entries[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._size and len(self._entries) > 1:
            self._remove(next(iter(self._entries)))

    def _remove(self, key: K) -> V | None:
        if key not in self._entries:
            return None
        value = self._entries.pop(key)
        self._weight -= self._weigh(value)
        return value
