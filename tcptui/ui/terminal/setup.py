"""The real terminal before the app runs: descriptors that are one, and what its locale can show.

Measured on Textual 8.2.8: the driver reads the descriptor of ``sys.__stdin__``, writes
``sys.__stderr__`` and asks the size of ``sys.__stdout__``; whichever of them is not a
terminal is lent ``/dev/tty`` while the app runs, so ``tcpdump … | tcptui - 2>log`` works.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import io
import os
import sys
import termios
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.byte_reader import wait_readable
from tcptui.model.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping


@dataclass(slots=True)
class TerminalSetup:
    """What `prepare_terminal` found and lent; `release` takes the loan back."""

    ascii: bool = False
    """The locale cannot be trusted with box drawing: use ASCII glyphs."""
    no_color: bool = False
    """NO_COLOR is set: make the app with ``ansi_color=True``, which then draws no colour at all."""
    piped: int | None = None
    """A descriptor of what stdin was, when stdin was not the terminal."""
    _lent: dict[int, int | None] = field(default_factory=dict)
    """Each descriptor that /dev/tty was lent to, and a copy of what it was (None: closed)."""

    def release(self) -> None:
        """Give stdout and stderr back; stdin stays with the terminal, its pipe is `piped`."""
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
    spoken = _before_coercion(environ)
    term = environ.get("TERM", "")
    if term in {"", "dumb", "unknown"}:
        raise TerminalError("terminal_dumb", term=term or "-")
    if environ.get("NO_COLOR") == "":
        del environ["NO_COLOR"]  # the convention (no-color.org): empty means not set; Textual asks for presence only
    setup = TerminalSetup(ascii=ascii_wanted(spoken), no_color="NO_COLOR" in environ)
    _lend_terminal(setup)
    encoding = terminal_encoding(spoken)
    for stream in (sys.__stdout__, sys.__stderr__):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=encoding, errors="replace")
    return setup


def _before_coercion(environ: Mapping[str, str], at_start: Path = Path("/proc/self/environ")) -> Mapping[str, str]:
    """``environ`` without the UTF-8 locale that the interpreter itself put there for LANG=C (PEP 538).

    What the user said is in ``at_start``; where the system does not keep that, the environment is believed.
    """
    try:
        said = at_start.read_bytes().split(b"\0")
    except OSError:
        return environ
    if any(entry.startswith(b"LC_CTYPE=") for entry in said):
        return environ
    return {name: value for name, value in environ.items() if name != "LC_CTYPE"}


def _locale_name(environ: Mapping[str, str]) -> str:
    """The locale that decides about characters: the first of POSIX's three that is set."""
    return next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name, ""))), "")


def _charset(environ: Mapping[str, str]) -> str:
    """The locale's character set as Python names it; empty for C, POSIX and what nobody knows."""
    name = _locale_name(environ).partition("@")[0]
    charset = name.partition(".")[2] or (name if name.upper().startswith("UTF") else "")
    with contextlib.suppress(LookupError):
        return codecs.lookup(charset).name if charset else ""
    return ""


def ascii_wanted(environ: Mapping[str, str]) -> bool:
    """Whether only ASCII glyphs are sure to arrive: any locale but UTF-8, or the Linux console's font."""
    return _charset(environ) != "utf-8" or environ.get("TERM", "").startswith("linux")


def terminal_encoding(environ: Mapping[str, str]) -> str:
    """How to encode what is drawn: as the locale says, else UTF-8 (PEP 538 would choose it too)."""
    return _charset(environ) or "utf-8"


def _lend_terminal(setup: TerminalSetup) -> None:
    """Put the terminal where a standard descriptor is something else."""
    missing = [number for number in (0, 1, 2) if not os.isatty(number)]
    if not missing:
        return
    copies = {number: _copy(number) for number in missing}  # first, for /dev/tty may open as a closed one of them
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
    """Give the interpreter a stream that knows what the descriptor has become (it may have been closed, or a file)."""
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
    """Another descriptor of the same thing, outside the standard three; None when there is none."""
    try:
        return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3)
    except OSError:
        return None


def _open_terminal() -> int:
    """A descriptor of the terminal we belong to."""
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise TerminalError("terminal_missing") from error


def wait_for_data(descriptor: int, announce: Callable[[], None], patience_s: float = 0.2) -> bool:
    """Return when ``descriptor`` has bytes (True) or has ended (False); call ``announce`` if that takes a while.

    Before the full screen comes, so that a password prompt of the program at the
    other end of the pipe still has the terminal.
    """
    if not wait_readable(descriptor, patience_s):
        announce()
        wait_readable(descriptor)
    waiting = array("i", [0])
    try:
        fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
    except OSError:
        return True  # of another kind than a pipe, a socket or a file: reading will tell
    return waiting[0] > 0
