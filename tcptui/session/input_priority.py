"""Lets background threads pause while a key press is being handled.

The interpreter runs one thread at a time, without priorities: beside two threads that import or run rules, handling
a key press takes three times as long.  So these threads check here between two steps, and wait until the screen has
been drawn, or for at most `MOST` seconds.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

#: How long background threads wait at most per key press, in seconds, e.g. for one that changes nothing on the
#: screen; less than the interval of a held key, 0.033.
MOST: Final = 0.025
#: Seconds after a key press after which a redraw is no longer attributed to it.
LONGEST: Final = 0.25


class InputPriority:
    """Whether a key press is being handled now; thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._free = threading.Event()
        self._free.set()
        self._until = 0.0

    def asked(self) -> None:
        """Record that a key was pressed."""
        self._until = self._clock() + MOST
        self._free.clear()

    def answered(self) -> None:
        """Record that the screen was drawn after the key press."""
        self._free.set()

    @property
    def waiting(self) -> bool:
        """Whether a key was pressed less than `MOST` seconds ago and nothing has been drawn since."""
        return not self._free.is_set() and self._clock() < self._until

    @property
    def unanswered(self) -> bool:
        """Whether a key was pressed less than `LONGEST` seconds ago and nothing has been drawn since."""
        return not self._free.is_set() and self._clock() < self._until - MOST + LONGEST

    def step_aside(self) -> None:
        """Block while `waiting`; for background threads only."""
        if not self._free.is_set():
            self._free.wait(max(self._until - self._clock(), 0.0))


#: The instance of this process.
input_priority: Final = InputPriority()


class _Finder:
    """A meta path finder that finds nothing, but makes registered threads pause before each module that they import."""

    def __init__(self) -> None:
        self.polite: set[int] = set()
        """Identifiers of the threads that pause."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Pause if necessary; the next finder finds the module."""
        del fullname, path, target
        if threading.get_ident() in self.polite:
            input_priority.step_aside()
        return None


_finder: Final = _Finder()


@contextmanager
def imports_yield_to_input() -> Iterator[None]:
    """Inside, this thread pauses before each module that it imports; the main thread, which handles keys, does not."""
    if threading.current_thread() is threading.main_thread():
        yield
        return
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    me = threading.get_ident()
    _finder.polite.add(me)
    try:
        yield
    finally:
        _finder.polite.discard(me)
