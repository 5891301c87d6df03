"""A standard output whose errors are TcptuiErrors, reported in one line like all others."""

from __future__ import annotations

import io
import os
import select
import sys
from typing import Any, Final

from tcptui.model.descriptors import redirect_to_null
from tcptui.model.errors import StandardOutputError
from tcptui.model.safe_text import reason_of

_DESCRIPTOR: Final = 1
_BLOCK: Final = 1 << 16


class StandardOutput(io.FileIO):
    """Standard output's descriptor: a failed write raises StandardOutputError, a closed pipe BrokenPipeError."""

    def __init__(self) -> None:
        super().__init__(_DESCRIPTOR, "wb", closefd=False)

    def write(self, data: Any, /) -> int:
        """Write some of ``data``; returns how many bytes.  Blocks even if others made the descriptor non-blocking."""
        try:
            while (written := super().write(data)) is None:  # would block
                select.select((), (self,), ())
        except BrokenPipeError:
            raise
        except OSError as error:
            raise StandardOutputError("stdout_failed", reason=reason_of(error)) from error
        return written


def guard_standard_output() -> None:
    """Replace `sys.stdout` by one on `StandardOutput`, with ``?`` for characters that the locale lacks.

    A closed standard output becomes /dev/null, because otherwise the next opened file would get its descriptor.  A
    `sys.stdout` that a caller replaced is left alone.
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
    """Open /dev/null as each closed standard descriptor: open(2) returns the lowest free number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def redirect_stdout_to_null() -> None:
    """Redirect standard output to /dev/null, so that the interpreter's last flush of unwritten data succeeds."""
    redirect_to_null(_DESCRIPTOR)
