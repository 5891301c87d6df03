"""What can go wrong for a user, as one tree.

    TcptuiError                  exit 1, one line, in the user's language
    ├── UsageError               exit 2: the command line makes no sense
    ├── InputError               a file or stream cannot be read at all
    ├── CaptureError             an interface cannot be captured
    │   └── CaptureDeniedError        … for want of permission; names the command that works
    ├── OutputError              a result cannot be written
    │   └── StandardOutputError       … to standard output
    ├── TerminalError            there is no terminal that can show the screen
    └── WorkerError              a worker process ended before its work was done

Bad packets are data (`DecodeIssue`), never exceptions.  A message is a key of the
catalogue's ``messages`` module and its facts, so it exists in every language.
"""

from __future__ import annotations

from typing import ClassVar


class TcptuiError(Exception):
    """Something the user must know and can act on."""

    exit_code: ClassVar[int] = 1
    hint: ClassVar[str | None] = None
    """Catalogue key of a sentence that the message is inserted into, as ``message``; None: it is shown alone."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, facts)
        self.below: tuple[str, ...] = ()
        """Lines that stand below the message and point at what it is about, as safe text."""
        self.more: tuple[TcptuiError, ...] = ()
        """What else is wrong in the same place: each is told after this, so that all can be mended at once."""
        self.key = f"messages.{key}"
        self.facts = facts


class UsageError(TcptuiError):
    """The command line makes no sense."""

    exit_code = 2


class InputError(TcptuiError):
    """A file or stream cannot be read at all."""


class CaptureError(TcptuiError):
    """An interface cannot be captured."""


class CaptureDeniedError(CaptureError):
    """No permission to capture; the message names the exact command that would have it."""


class OutputError(TcptuiError):
    """A result cannot be written."""


class StandardOutputError(OutputError):
    """Standard output cannot be written; a reader that closed its end of a pipe is a BrokenPipeError instead."""


class TerminalError(TcptuiError):
    """There is no terminal that can show the screen."""


class WorkerError(TcptuiError):
    """A worker process ended before its work was done."""
