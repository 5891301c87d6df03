"""What is left when the app crashes: a plain report that may be shown to others.

Textual's own prints a Rich traceback with the local variables, that is, with bytes of
the packets.  A report here has files, lines and our source, the type of the error and
its message in our own words only (see `last_words`).
"""

from __future__ import annotations

import io
import sys
from typing import Generic

from rich.console import Console, RenderableType
from textual.app import App, ReturnType

from tcptui.words.crash_report import describe_crash


class CrashGuard(App[ReturnType], Generic[ReturnType]):
    """An app whose crash leaves `crash` to be reported instead of a traceback on the terminal."""

    crash: str = ""
    """The report; empty while all is well."""

    def _fatal_error(self) -> None:
        error = sys.exc_info()[1] or self._exception
        if error is not None and not self.crash:
            self.crash = describe_crash(error)
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """Textual's way out when its style sheet or its input thread fails."""
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
