"""Searching a conversation in a worker thread, one search at a time; a new one, or Esc, cancels the one before."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from tcptui.ui.follow.source import Pattern, wrapped_find
from tcptui.ui.loop_call import call_on_loop

if TYPE_CHECKING:
    from textual.widget import Widget

    from tcptui.ui.follow.source import FollowSource, Found


class MatchTaker(Protocol):
    """A function that is called on the event loop with the result of a search."""

    def __call__(self, found: Found | None, *, wrapped: bool, step: int) -> None:
        """``found`` is None when nothing matches; ``wrapped``: the search went on from the other end."""


class Search:
    """The search of one screen: ``owner`` runs its worker threads, ``take_match`` is called with the result."""

    def __init__(self, owner: Widget, take_match: MatchTaker) -> None:
        self._owner = owner
        self._take_match = take_match
        self._source: FollowSource | None = None
        self.text = ""
        """The text of the last search."""
        self._cancel = threading.Event()
        self._waiting: tuple[int, int, int] | None = None
        """Block, offset and step of a search that begins once there is a source; None for none."""
        self.running = False

    def cancel(self) -> None:
        """Cancel the search, if one is running; ``take_match`` is not called."""
        self._cancel.set()
        self._waiting = None
        self.running = False

    def start(self, text: str, block: int, offset: int, step: int) -> None:
        """Search for ``text`` from ``offset`` of ``block`` on, forward (``step`` 1) or backward (-1)."""
        self.cancel()
        self.text = text
        source = self._source
        pattern = Pattern.of(text)
        if not pattern.data:
            return
        if source is None:
            self._waiting = (block, offset, step)
            return
        cancelled = self._cancel = threading.Event()
        self.running = True

        def look() -> None:
            found, wrapped = wrapped_find(source, pattern, block, offset, step, cancelled.is_set)
            if not cancelled.is_set():
                call_on_loop(self._owner, self._told, cancelled, found, wrapped, step)

        self._owner.run_worker(look, thread=True, group="search")

    def set_source(self, source: FollowSource | None) -> None:
        """Search ``source`` from now on; a search that waits for a source begins."""
        self._source = source
        if self._waiting is not None:
            self.start(self.text, *self._waiting)

    def _told(self, search: threading.Event, found: Found | None, wrapped: bool, step: int) -> None:
        if search is self._cancel and not search.is_set():
            self.running = False
            self._take_match(found, wrapped=wrapped, step=step)
