"""The report of an unexpected error in the program itself: plain text that may be shown to others.

Python's own traceback ends with the error's message as it is, and that may quote a packet: an
unknown character set of a header, say, with escape sequences in it.  A report here has files,
lines and our source, the type of the error, and its message where that is of a known form (`crash_message`).
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Final

from tcptui import __version__
from tcptui.model.safe_text import safe_text
from tcptui.words.crash_message import recognised_message

if TYPE_CHECKING:
    from types import TracebackType

_LONGEST_MESSAGE: Final = 200
_LONGEST_LINE: Final = 500


def describe_crash(error: BaseException) -> str:
    """The report of ``error`` and of the errors that caused it; its last line is the summary."""
    # imported here so that ``--help`` starts fast
    import traceback
    from importlib.metadata import PackageNotFoundError, version

    try:
        textual = version("textual")
    except PackageNotFoundError:  # a damaged installation, which may be what failed
        textual = "not installed"
    versions = f"tcptui {__version__}, textual {textual}, Python {sys.version.partition(' ')[0]}"
    parts = [f"{versions}, {sys.platform}\n"]
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    for link in reversed(chain):
        parts.append("\n")
        parts.extend(traceback.format_tb(link.__traceback__))
        parts.append(_summary(link) + "\n")
    return "".join(parts)


def _summary(error: BaseException) -> str:
    message = safe_text(recognised_message(error), _LONGEST_MESSAGE)
    return type(error).__name__ + (f": {message}" if message else "")


def install_exception_hooks() -> None:
    """Have all unhandled errors, of any thread, reported by `describe_crash` instead of Python's traceback."""
    sys.excepthook = _tell
    threading.excepthook = lambda told: _tell(told.exc_type, told.exc_value, told.exc_traceback)
    sys.unraisablehook = lambda told: _tell(told.exc_type, told.exc_value, told.exc_traceback)


def install_log_format() -> None:
    """Have errors that libraries log reported alike: asyncio logs that of a failed task which nobody awaits.

    Call it before commands that may import such a library; ``--help`` does without `logging`.
    """
    import logging

    class SafeFormatter(logging.Formatter):
        """Formats a record as its first line, made safe, and the report of its error if it has one."""

        def format(self, record: logging.LogRecord) -> str:
            first = safe_text(
                record.getMessage().partition("\n")[0], _LONGEST_LINE
            )  # in further lines asyncio quotes the error
            error = record.exc_info[1] if record.exc_info else None
            return first if error is None else f"{first}\n{describe_crash(error)}"

    if logging.lastResort is not None:
        logging.lastResort.setFormatter(SafeFormatter())


def _tell(_kind: type[BaseException], error: BaseException | None, _trace: TracebackType | None) -> None:
    if error is None or isinstance(error, SystemExit) or sys.stderr is None:
        return
    try:
        sys.stderr.write(describe_crash(error))
        sys.stderr.flush()
    except OSError:
        return  # standard error is gone
