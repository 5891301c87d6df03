"""Searching a conversation in a thread, one search at a time; a new one or Esc ends the one before."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tcptui.ui.follow_source import Pattern, wrapped_find

if TYPE_CHECKING:
    from tcptui.ui.follow_source import Found
    from tcptui.ui.screens.follow_screen import FollowScreen


class Search:
    """The search of one screen."""

    def __init__(self, screen: FollowScreen) -> None:
        self._screen = screen
        self.text = ""
        """What was looked for last."""
        self._cancel = threading.Event()
        self.running = False

    def cancel(self) -> None:
        """End the search, if there is one; nothing is told."""
        self._cancel.set()
        self.running = False

    def start(self, text: str, block: int, offset: int, step: int) -> None:
        """Look for ``text`` from there on; the screen's `take_match` is called with what there is."""
        self.cancel()
        self.text = text
        source = self._screen.view.source
        pattern = Pattern.of(text)
        if source is None or not pattern.data:
            return
        cancelled = self._cancel = threading.Event()
        self.running = True

        def look() -> None:
            found, wrapped = wrapped_find(source, pattern, block, offset, step, cancelled.is_set)
            if not cancelled.is_set():
                self._screen.app.call_from_thread(self._told, cancelled, found, wrapped, step)

        self._screen.run_worker(look, thread=True, group="search")

    def _told(self, search: threading.Event, found: Found | None, wrapped: bool, step: int) -> None:
        if search is self._cancel and not search.is_set():
            self.running = False
            self._screen.take_match(found, wrapped=wrapped, step=step)
