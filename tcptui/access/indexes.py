"""What is built of an open capture once, when it is first requested, and grows with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Index = TypeVar("_Index")


class Indexes:
    """One object of each class at most: indexes and caches over a capture, which ends with it."""

    def __init__(self) -> None:
        self._built: dict[type, object] = {}

    def of(self, kind: type[_Index], build: Callable[[], _Index]) -> _Index:
        """The capture's object of class ``kind``; the first call has ``build`` build it.  For several threads."""
        found = self._built.get(kind)
        if not isinstance(found, kind):
            found = self._built.setdefault(kind, build())  # another thread's, if it was first
        assert isinstance(found, kind)
        return found
