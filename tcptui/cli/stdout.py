"""Standard output that fails as everything else does here: in one line that says why."""

from __future__ import annotations

import io
import os
import select
import sys
from typing import Any, Final

from tcptui.model.descriptors import lead_nowhere
from tcptui.model.errors import StandardOutputError
from tcptui.model.safe_text import reason_of

_DESCRIPTOR: Final = 1
_BLOCK: Final = 1 << 16


class StandardOutput(io.FileIO):
    """Standard output's descriptor: a full disk raises StandardOutputError, a reader that left BrokenPipeError."""

    def __init__(self) -> None:
        super().__init__(_DESCRIPTOR, "wb", closefd=False)

    def write(self, data: Any, /) -> int:
        """Write some of ``data``; how much.  One that others have made non-blocking is waited for all the same."""
        try:
            while (written := super().write(data)) is None:  # there was no room
                select.select((), (self,), ())
        except BrokenPipeError:
            raise
        except OSError as error:
            raise StandardOutputError("stdout_failed", reason=reason_of(error)) from error
        return written


def guard_standard_output() -> None:
    """Have `sys.stdout` write through it, with ``?`` for a character that the locale does not have.

    One that was closed leads nowhere: the next file that is opened would take its place.  Somebody's own object stays.
    """
    stream = sys.stdout
    encoding, by_line = "utf-8", False
    if stream is None:
        _open_standard_descriptors()
    elif stream is sys.__stdout__ and isinstance(stream, io.TextIOWrapper):
        stream.flush()
        encoding, by_line = stream.encoding, stream.line_buffering
    else:
        return
    raw = io.BufferedWriter(StandardOutput(), _BLOCK)
    sys.stdout = io.TextIOWrapper(raw, encoding=encoding, errors="replace", line_buffering=by_line)


def _open_standard_descriptors() -> None:
    """Put /dev/null where a standard descriptor is closed; an open file gets the lowest free number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def forget_standard_output() -> None:
    """Let the interpreter's last flush of standard output succeed: nobody takes what is left."""
    lead_nowhere(_DESCRIPTOR)
