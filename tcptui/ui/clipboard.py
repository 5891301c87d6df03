"""Puts a text on the clipboard of the user's terminal, and into a private file.

OSC 52 (xterm's ctlseqs, *Manipulate Selection Data*) asks the user's own terminal, so it works over SSH; no terminal
answers whether it did.  tmux and screen do not pass OSC 52 on: tmux gets the text through its own command, which also
puts it into tmux's paste buffer (where that command fails because sudo removed TMUX from the environment, OSC 52 is
sent all the same, for some users set `set-clipboard on`); screen passes on what comes in a DCS string, a few bytes at
a time.  So that nothing is lost where there is no clipboard, the text is always written to a private file too, which
is there until the program ends.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import subprocess
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.userdirs.directory import open_directory
from tcptui.userdirs.locking import locked
from tcptui.userdirs.places import runtime_directory, state_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: Longest text that is sent (bytes): in Base64 it makes an OSC 52 sequence of 100,000 bytes, which terminals accept.
MOST: Final = 74_994
#: Bytes per DCS string: older versions of screen drop DCS strings longer than 768 bytes (MAXSTR).
_SCREEN_CHUNK: Final = 512
_TMUX_PATIENCE_S: Final = 3.0
_FILE: Final = "copied.txt"
_GENERATIONS: Final = 64
#: Files of copies of this process, open and locked.
_open_files: Final[dict[Path, int]] = {}


class Way(Enum):
    """How the clipboard of the user's terminal is reached: what lies between this process and that terminal."""

    DIRECT = auto()
    TMUX = auto()
    SCREEN = auto()
    NONE = auto()
    """A console without a clipboard."""


#: By process name, up to its first colon: the server of tmux is called ``tmux: server``.
_MULTIPLEXERS: Final = {"tmux": Way.TMUX, "screen": Way.SCREEN}


@dataclass(frozen=True, slots=True)
class Copied:
    """The result of copying a text."""

    sent: bool
    """Whether it was sent to a clipboard; an OSC 52 clipboard does not say whether it took it."""
    size: int
    """In bytes."""
    path: Path | None
    """The private file that holds it; None when it could not be written."""
    by_tmux: bool = False
    """Whether tmux confirmed that it has the text."""


@cache
def parent_names(proc: Path = Path("/proc")) -> tuple[str, ...]:
    """The names of our ancestor processes, the parent first; empty where there is no ``/proc``."""
    names: list[str] = []
    number = os.getppid()
    with contextlib.suppress(OSError, ValueError, IndexError):
        while number > 1 and len(names) < _GENERATIONS:
            name, _, rest = (proc / str(number) / "stat").read_text("utf-8", "replace").rpartition(")")
            names.append(name.partition("(")[2])
            number = int(rest.split()[1])
    return tuple(names)


def clipboard_route(environ: Mapping[str, str], parents: Callable[[], Iterable[str]] = parent_names) -> Way:
    """How the clipboard is reached.

    ``parents`` is called only where TERM says screen or tmux but neither TMUX nor STY is set: sudo removes them.
    """
    term = environ.get("TERM", "")
    if environ.get("TMUX"):
        return Way.TMUX
    if environ.get("STY"):
        return Way.SCREEN
    if term.startswith(("screen", "tmux")):
        ways = (_MULTIPLEXERS.get(name.casefold().partition(":")[0]) for name in parents())
        return next((way for way in ways if way is not None), Way.DIRECT)
    return Way.NONE if term.startswith(("linux", "vt", "cons", "dumb")) else Way.DIRECT


def sequence(text: str, way: Way) -> str:
    """The escape sequence that puts ``text`` on the clipboard; empty when it is too long, or there is no clipboard."""
    data = text.encode("utf-8", "replace")
    if way is Way.NONE or len(data) > MOST:
        return ""
    plain = f"\x1b]52;c;{base64.b64encode(data).decode()}\a"
    if way is Way.SCREEN:
        parts = [plain[at : at + _SCREEN_CHUNK] for at in range(0, len(plain), _SCREEN_CHUNK)]
        return "".join(f"\x1bP{part}\x1b\\" for part in parts)
    return plain


def give_to_tmux(text: str) -> bool:
    """Load ``text`` into tmux's buffer and the clipboards of its terminals (``-w``, tmux 3.2); whether tmux took it.

    May block for up to `_TMUX_PATIENCE_S` per command: call it from a worker thread.
    """
    data = text.encode("utf-8", "replace")
    for command in (["tmux", "load-buffer", "-w", "-"], ["tmux", "load-buffer", "-"]):
        try:
            done = subprocess.run(
                command, input=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_TMUX_PATIENCE_S,
                check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return False
        if done.returncode == 0:
            return True
    return False


def keep(text: str, environ: Mapping[str, str]) -> Path | None:
    """Write ``text`` to a private file, which `forget_copied` removes; its path, or None where that failed.

    The file is in XDG_RUNTIME_DIR where that can be used, which is in memory and ends with the login, else in the
    state directory.  It is locked as long as this process lives, so that nobody else removes it.
    """
    place = runtime_directory(environ) or state_directory(environ)
    if place is None:
        return None
    try:
        with open_directory(place) as folder, locked(folder.descriptor):
            folder.write(_FILE, text.encode("utf-8", "replace"))
            descriptor = folder.open(_FILE)
    except OSError:
        return None
    with contextlib.suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    path = place / _FILE
    before = _open_files.get(path)
    if before is not None:
        os.close(before)
    _open_files[path] = descriptor
    return path


def forget_copied() -> None:
    """Remove the files of this process's copies: they may hold what packets carried, and nobody would look for them."""
    for path, descriptor in _open_files.items():
        _remove_file(path.parent, descriptor)
        os.close(descriptor)
    _open_files.clear()


def forget_stale(environ: Mapping[str, str]) -> None:
    """Remove the copy that a program which was killed has left on disk."""
    place = state_directory(environ)
    if place is None:
        return
    try:
        with open_directory(place) as folder:
            descriptor = folder.open(_FILE)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove_file(place, descriptor)
    except OSError:  # another window has it
        return
    finally:
        os.close(descriptor)


def _remove_file(place: Path, descriptor: int) -> None:
    """Remove the copy in ``place`` if it still is the open file: another window may have put its own there."""
    with contextlib.suppress(OSError), open_directory(place) as folder, locked(folder.descriptor):
        there = folder.open(_FILE)
        try:
            is_same = os.path.sameopenfile(there, descriptor)
        finally:
            os.close(there)
        if is_same:
            folder.remove(_FILE)
