"""A standard output whose errors are TcptuiErrors, reported in one line like all others."""

from __future__ import annotations

import io
import os
import select
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from tcptui.model.ascii_signs import ASCII_SIGNS, LIKE_ASCII
from tcptui.model.charset import ascii_wanted, terminal_encoding
from tcptui.model.descriptors import redirect_to_null
from tcptui.model.errors import StandardOutputError
from tcptui.model.safe_text import reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_DESCRIPTOR: Final = 1
_BLOCK: Final = 1 << 16


class LocaleText(io.TextIOWrapper):
    """Text for people, in the locale's character set; what that lacks is written as ASCII, or as ``?``.

    With ``ascii_signs`` all signs are, whatever the character set.
    """

    def __init__(self, raw: BinaryIO, encoding: str, *, ascii_signs: bool, by_line: bool) -> None:
        super().__init__(raw, encoding=encoding, errors=LIKE_ASCII, line_buffering=by_line)
        self.ascii_signs = ascii_signs

    def write(self, text: str, /) -> int:
        """Write ``text``; returns its length."""
        is_plain = not self.ascii_signs or text.isascii()
        super().write(text if is_plain else text.translate(ASCII_SIGNS))
        return len(text)


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


def guard_standard_streams(environ: Mapping[str, str]) -> None:
    """Replace `sys.stdout` by text in the locale's characters on `StandardOutput`, and `sys.stderr` by such text.

    A closed standard output becomes /dev/null, because otherwise the next opened file would get its descriptor.
    Streams that a caller replaced are left alone.  ``environ`` tells the locale, as the user set it.
    """
    encoding, ascii_signs = terminal_encoding(environ), ascii_wanted(environ)
    errors = sys.stderr
    if errors is sys.__stderr__ and isinstance(errors, io.TextIOWrapper):
        errors.flush()
        sys.stderr = LocaleText(errors.buffer, encoding, ascii_signs=ascii_signs, by_line=True)
    stream = sys.stdout
    by_line = False
    if stream is None:
        _open_standard_descriptors()
    elif stream is sys.__stdout__ and isinstance(stream, io.TextIOWrapper):
        stream.flush()
        by_line = stream.line_buffering
    else:
        return
    raw = io.BufferedWriter(StandardOutput(), _BLOCK)
    sys.stdout = LocaleText(raw, encoding, ascii_signs=ascii_signs, by_line=by_line)


def _open_standard_descriptors() -> None:
    """Open /dev/null as each closed standard descriptor: open(2) returns the lowest free number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def redirect_stdout_to_null() -> None:
    """Redirect standard output to /dev/null, so that the interpreter's last flush of unwritten data succeeds."""
    redirect_to_null(_DESCRIPTOR)
