"""What is said when the program itself is at fault: plain text that may be shown to others.

Python's own traceback ends with the error's message as it is, and that may quote a packet: an
unknown character set of a header, say, with escape sequences in it.  A report here has files,
lines and our source, the type of the error, and of its message what is in our own words.
"""

from __future__ import annotations

import platform
import re
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Final

from tcptui import __version__
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from types import TracebackType

_QUOTED: Final = re.compile(r"""b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*\"""")
_LONGEST_MESSAGE: Final = 200
_LONGEST_LINE: Final = 500
#: What these quote are names in our own source.
_NAMES_ONLY: Final = (ImportError, AttributeError, NameError)
#: What these say behind a colon is the system's or the codec's own words.
_OWN_WORDS: Final = (OSError, UnicodeError)


def describe_crash(error: BaseException) -> str:
    """The report of ``error`` and of the errors that led to it; its last line is the summary."""
    from importlib.metadata import version  # not sooner: ``--help`` answers at once

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
        parts.append(f"{type(link).__name__}: {_message(link)}\n")
    return "".join(parts)


def _message(error: BaseException) -> str:
    text = str(error)
    if not isinstance(error, _NAMES_ONLY):
        text = _QUOTED.sub("'…'", text)
        if not isinstance(error, _OWN_WORDS):
            told, colon, rest = text.partition(": ")
            text = told + (": …" if colon and rest != "'…'" else colon + rest)
    return safe_text(text, _LONGEST_MESSAGE)


def guard_last_words() -> None:
    """From now on nothing that goes wrong in any thread is told in other words than these.

    That is what asyncio logs, too: a task that failed, and nobody waits for it.
    """
    import logging

    sys.excepthook = _tell
    threading.excepthook = lambda told: _tell(told.exc_type, told.exc_value, told.exc_traceback)
    sys.unraisablehook = lambda told: _tell(told.exc_type, told.exc_value, told.exc_traceback)

    class SafeFormatter(logging.Formatter):
        """The first line of a record as safe text; an error that it carries as a report."""

        def format(self, record: logging.LogRecord) -> str:
            first = safe_text(
                record.getMessage().partition("\n")[0], _LONGEST_LINE
            )  # below it, asyncio quotes the error
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
        return  # there is nobody to tell
