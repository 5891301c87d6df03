"""The report that is written when the app crashes: plain text that may be shown to others.

Textual's own is a Rich traceback with the local variables, that is, with bytes of
the packets.  A report here has files, lines and our source, the type of the error, and
its message without what may quote a packet (see `words.crash_report`).
"""

from __future__ import annotations

import io
import sys
from typing import Generic

from rich.console import Console, RenderableType
from textual.app import App, ReturnType, ScreenError
from textual.css.query import QueryError
from textual.worker import WorkerFailed

from tcptui.words.crash_report import describe_crash


class CrashGuard(App[ReturnType], Generic[ReturnType]):
    """An app that puts the report of a crash into `crash` instead of printing a traceback on the terminal."""

    crash: str = ""
    """The report; empty when there was no crash."""
    _is_left = False

    def exit(
        self, result: ReturnType | None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:  # fmt: skip
        """As in Textual."""
        self._is_left = True
        super().exit(result, return_code, message)

    def _handle_exception(self, error: Exception) -> None:
        """As in Textual, but what a screen misses that is taken apart while it is still being mounted is no crash."""
        met = error.error if isinstance(error, WorkerFailed) else error
        if not (self._is_left and isinstance(met, QueryError | ScreenError)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        error = sys.exc_info()[1] or self._exception
        if error is not None and not self.crash:
            self.crash = describe_crash(error)
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """End the app: Textual calls this when its style sheet or its input thread fails."""
        if not self.crash:
            page = io.StringIO()
            console = Console(file=page, width=100, color_system=None)
            for renderable in renderables:
                console.print(renderable)
            self.crash = page.getvalue()
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        if self.crash:
            self._exit_renderables.clear()
        super()._print_error_renderables()
