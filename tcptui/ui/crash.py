"""What is left when the app crashes: a plain report that may be shown to others.

Textual's own prints a Rich traceback with the local variables, that is, with bytes of
the packets.  A report here has files, lines and our source, the type of the error and
its message with everything quoted left out.
"""

from __future__ import annotations

import io
import platform
import re
import sys
import traceback
from importlib.metadata import version
from typing import Final, Generic

from rich.console import Console, RenderableType
from textual.app import App, ReturnType

from tcptui import __version__
from tcptui.model.safe_text import safe_text

_QUOTED: Final = re.compile(r"""b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*\"""")
_LONGEST_MESSAGE: Final = 200
#: What these quote are names in our own source.
_NAMES_ONLY: Final = (ImportError, AttributeError, NameError)


def describe_crash(error: BaseException) -> str:
    """The report of ``error`` and of the errors that led to it; its last line is the summary."""
    versions = f"tcptui {__version__}, textual {version('textual')}, Python {platform.python_version()}"
    parts = [f"{versions}, {sys.platform}\n"]
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    for link in reversed(chain):
        parts.append("\n")
        parts.extend(traceback.format_tb(link.__traceback__))
        message = str(link) if isinstance(link, _NAMES_ONLY) else _QUOTED.sub("'…'", str(link))
        parts.append(f"{type(link).__name__}: {safe_text(message, _LONGEST_MESSAGE)}\n")
    return "".join(parts)


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
