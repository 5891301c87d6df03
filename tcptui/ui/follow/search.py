"""Searching a conversation in a thread, one search at a time; a new one or Esc ends the one before."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tcptui.ui.follow.source import Pattern, wrapped_find

if TYPE_CHECKING:
    from tcptui.ui.follow.screen import FollowScreen
    from tcptui.ui.follow.source import Found


class Search:
    """The search of one screen."""

    def __init__(self, screen: FollowScreen) -> None:
        self._screen = screen
        self.text = ""
        """What was looked for last."""
        self._cancel = threading.Event()
        self._waiting: tuple[int, int, int] | None = None
        """Where to begin once there is something to search."""
        self.running = False

    def cancel(self) -> None:
        """End the search, if there is one; nothing is told."""
        self._cancel.set()
        self._waiting = None
        self.running = False

    def start(self, text: str, block: int, offset: int, step: int) -> None:
        """Look for ``text`` from there on; the screen's `take_match` is called with what there is."""
        self.cancel()
        self.text = text
        source = self._screen.view.source
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
                self._screen.app.call_from_thread(self._told, cancelled, found, wrapped, step)

        self._screen.run_worker(look, thread=True, group="search")

    def source_changed(self) -> None:
        """Something else is shown: begin what was asked for before anything was."""
        if self._waiting is not None:
            self.start(self.text, *self._waiting)

    def _told(self, search: threading.Event, found: Found | None, wrapped: bool, step: int) -> None:
        if search is self._cancel and not search.is_set() and self._screen.is_running:
            self.running = False
            self._screen.take_match(found, wrapped=wrapped, step=step)
