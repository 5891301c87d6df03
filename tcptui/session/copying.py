"""Copies of a capture's packets that are being made, also while another session goes on with the same capture."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from tcptui.model.errors import OutputError
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Copying:
    """The lock on the packets of one source, which all sessions over that source share."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        """While held, no packet is evicted and no byte of the spool released."""
        self.wake: Callable[[], None] = lambda: None
        """Wakes the session that reads the source now: packets may wait for room until a copy is complete."""
        self._running = 0
        self._count = threading.Lock()
        self._is_ending = False

    @property
    def is_running(self) -> bool:
        """Whether a copy is being made, or waits to be."""
        return self._running > 0

    @contextlib.contextmanager
    def keeping_all(self) -> Iterator[None]:
        """Have all packets that are kept now be there until the end of the block."""
        with self._count:
            self._running += 1
        try:
            with self.lock:
                yield
        finally:
            with self._count:
                self._running -= 1
            self.wake()

    def end(self) -> None:
        """Have copies end soon without a file: the program ends."""
        self._is_ending = True

    def check(self, path: Path) -> None:
        """Raise OutputError if the copy to ``path`` is to end."""
        if self._is_ending:
            raise OutputError("save_given_up", path=safe_text(str(path)))
