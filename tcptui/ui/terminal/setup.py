"""Prepares the real terminal for the app: standard descriptors that are a terminal, and the encoding of its locale.

Measured on Textual 8.2.8: the driver reads the descriptor of ``sys.__stdin__``, writes
``sys.__stderr__`` and asks the size of ``sys.__stdout__``.  Those that are not a terminal
are replaced by ``/dev/tty`` while the app runs, so ``tcpdump … | tcptui - 2>log`` works.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import sys
import termios
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcptui.capture.byte_reader import wait_readable
from tcptui.model.charset import as_user_set, ascii_wanted, terminal_encoding
from tcptui.model.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping


@dataclass(slots=True)
class TerminalSetup:
    """What `prepare_terminal` found out and which descriptors it replaced; `release` restores them."""

    ascii: bool = False
    """Whether to use ASCII glyphs, because the locale may not show box drawing characters."""
    no_color: bool = False
    """Whether NO_COLOR is set: the app is then made with ``ansi_color=True``, which draws no colour at all."""
    piped: int | None = None
    """A descriptor of the original stdin, when that was not the terminal."""
    _lent: dict[int, int | None] = field(default_factory=dict)
    """Each of stdout and stderr that was replaced by /dev/tty, and a duplicate of the original (None: closed)."""

    def release(self) -> None:
        """Restore stdout and stderr; stdin stays the terminal, its pipe is `piped`."""
        for number, copy in self._lent.items():
            if copy is not None:
                os.dup2(copy, number)
                os.close(copy)
        self._lent.clear()


def prepare_terminal(environ: MutableMapping[str, str] | None = None) -> TerminalSetup:
    """Make descriptors 0, 1 and 2 a terminal that a full screen can be drawn on.

    Call it once, before the app is made.  Raises TerminalError when there is no
    terminal, or one that cannot address its screen (TERM unset or ``dumb``).
    """
    if environ is None:
        environ = os.environ
    spoken = as_user_set(environ)
    term = environ.get("TERM", "")
    if term in {"", "dumb", "unknown"}:
        raise TerminalError("terminal_dumb", term=term or "-")
    if environ.get("NO_COLOR") == "":
        del environ["NO_COLOR"]  # the convention (no-color.org): empty means not set; Textual asks for presence only
    setup = TerminalSetup(ascii=ascii_wanted(spoken), no_color="NO_COLOR" in environ)
    _replace_with_tty(setup)
    encoding = terminal_encoding(spoken)
    for stream in (sys.__stdout__, sys.__stderr__):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=encoding, errors="replace")
    return setup


def _replace_with_tty(setup: TerminalSetup) -> None:
    """Replace each of the standard descriptors that is not a terminal by /dev/tty.  Raises TerminalError."""
    missing = [number for number in (0, 1, 2) if not os.isatty(number)]
    if not missing:
        return
    copies = {number: _copy(number) for number in missing}  # before: /dev/tty may open as one of them that is closed
    terminal = _open_terminal()
    for number, copy in copies.items():
        if number != terminal:
            os.dup2(terminal, number)
        if number == 0:
            setup.piped = copy
        else:
            setup._lent[number] = copy
    if terminal > 2:
        os.close(terminal)
    for number in missing:
        _renew_stream(number)


def _renew_stream(number: int) -> None:
    """Replace the interpreter's stream of a descriptor that now is the terminal; it was made for a file, or is None."""
    name = ("stdin", "stdout", "stderr")[number]
    old = getattr(sys, f"__{name}__")
    if number and old is not None:
        with contextlib.suppress(OSError):
            old.flush()
    new = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
    if getattr(sys, name) is old:
        setattr(sys, name, new)
    setattr(sys, f"__{name}__", new)


def _copy(number: int) -> int | None:
    """A duplicate of the descriptor with a number above 2; None when ``number`` is closed."""
    try:
        return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3)
    except OSError:
        return None


def _open_terminal() -> int:
    """A descriptor of our controlling terminal.  Raises TerminalError without one."""
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise TerminalError("terminal_missing") from error


def wait_for_data(descriptor: int, announce: Callable[[], None], patience_s: float = 0.2) -> bool:
    """Wait until ``descriptor`` has bytes (True) or has ended (False).

    Calls ``announce`` when that takes longer than ``patience_s``.  To be called before the full screen comes, so that
    a password prompt of the program at the other end of the pipe still has the terminal.
    """
    if not wait_readable(descriptor, patience_s):
        announce()
        wait_readable(descriptor)
    waiting = array("i", [0])
    try:
        fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
    except OSError:
        return True  # neither a pipe, a socket nor a file: reading it will show
    return waiting[0] > 0
