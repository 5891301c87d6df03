"""Work in the background that stands aside while a key is being answered.

The interpreter runs one thread at a time and knows no priorities: beside two threads that import or annotate, what a
key sets in motion takes three times as long.  So these ask here between two steps, and wait until the screen has been
drawn, or for as long as that should take at most.
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

#: A key of which nothing comes to the screen is waited for so long (seconds): a held key repeats every 0.033.
MOST: Final = 0.025
#: After so long (seconds) nothing that is drawn is taken for the answer to a key any more.
LONGEST: Final = 0.25


class InputPriority:
    """Whether a key is being answered just now; for any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._free = threading.Event()
        self._free.set()
        self._until = 0.0

    def asked(self) -> None:
        """A key has come."""
        self._until = self._clock() + MOST
        self._free.clear()

    def answered(self) -> None:
        """What it changed has been drawn."""
        self._free.set()

    @property
    def waiting(self) -> bool:
        """Whether a key is being answered, and not for long."""
        return not self._free.is_set() and self._clock() < self._until

    @property
    def unanswered(self) -> bool:
        """Whether nothing has been drawn since the last key came."""
        return not self._free.is_set() and self._clock() < self._until - MOST + LONGEST

    def step_aside(self) -> None:
        """Wait while a key is being answered; for background threads only."""
        if not self._free.is_set():
            self._free.wait(max(self._until - self._clock(), 0.0))


#: The keys of this process.
input_priority: Final = InputPriority()


class _Finder:
    """Finds no module, but is asked for each one first: what a polite thread imports is imported step by step."""

    def __init__(self) -> None:
        self.polite: set[int] = set()
        """Identities of the threads that wait."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Step aside; the next finder knows better."""
        del fullname, path, target
        if threading.get_ident() in self.polite:
            input_priority.step_aside()
        return None


_finder: Final = _Finder()


@contextmanager
def imports_stand_aside() -> Iterator[None]:
    """What this thread imports inside stands aside before each module; the main thread, which answers, does not."""
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
