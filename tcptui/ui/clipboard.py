"""`y`: the text of what is under the cursor, made safe, goes to wherever the user of this terminal pastes.

OSC 52 (xterm's ctlseqs, *Manipulate Selection Data*) asks the user's own terminal, so it works over SSH; no terminal
says whether it did.  tmux and screen keep it to themselves: tmux is given the text by its own command, which also
puts it into tmux's paste buffer (where sudo hid the way to it, by OSC 52 all the same: some set `set-clipboard on`);
screen passes on what comes in a DCS string, of which it takes few bytes at a time.
So that nothing is lost where no clipboard is, the text is always in a private file too.
"""

from __future__ import annotations

import base64
import contextlib
import os
import stat
import subprocess
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.model.safe_text import safe_text
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.user_files import state_directory, write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tcptui.ui.main.workspace import Workspace
    from tcptui.ui.widgets.virtual_list import VirtualList

#: Terminals take sequences of 100,000 bytes; that is so many bytes of text in Base64.
MOST: Final = 74_994
#: screen forgets DCS strings longer than 768 bytes (MAXSTR) in its older versions.
_SCREEN_CHUNK: Final = 512
_TMUX_PATIENCE_S: Final = 3.0
_FILE: Final = "copied.txt"
_GENERATIONS: Final = 64


class Way(Enum):
    """Between us and the user's terminal."""

    DIRECT = auto()
    TMUX = auto()
    SCREEN = auto()
    NONE = auto()
    """A console without a clipboard."""


#: What their processes are called: the server of tmux is ``tmux: server``.
_MULTIPLEXERS: Final = {"tmux": Way.TMUX, "screen": Way.SCREEN}


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of a text."""

    sent: bool
    """To a clipboard, which may have taken it."""
    size: int
    """In bytes."""
    path: Path | None
    """The file that holds it; None where there can be none."""
    by_tmux: bool = False
    """tmux has it, certainly."""


@cache
def parent_names(proc: Path = Path("/proc")) -> tuple[str, ...]:
    """The names of the processes that we come from, the nearest first; none where the system does not tell."""
    names: list[str] = []
    number = os.getppid()
    with contextlib.suppress(OSError, ValueError, IndexError):
        while number > 1 and len(names) < _GENERATIONS:
            name, _, rest = (proc / str(number) / "stat").read_text("utf-8", "replace").rpartition(")")
            names.append(name.partition("(")[2])
            number = int(rest.split()[1])
    return tuple(names)


def way_out(environ: Mapping[str, str], parents: Callable[[], Iterable[str]] = parent_names) -> Way:
    """Which way the clipboard is reached; ``parents`` are asked where sudo took the variables away."""
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
    """What puts ``text`` on the clipboard; empty when it is too long, or there is none."""
    data = text.encode("utf-8", "replace")
    if way is Way.NONE or len(data) > MOST:
        return ""
    plain = f"\x1b]52;c;{base64.b64encode(data).decode()}\a"
    if way is Way.SCREEN:
        parts = [plain[at : at + _SCREEN_CHUNK] for at in range(0, len(plain), _SCREEN_CHUNK)]
        return "".join(f"\x1bP{part}\x1b\\" for part in parts)
    return plain


def give_to_tmux(text: str) -> bool:
    """Have tmux keep ``text`` and set the clipboards of its terminals (3.2 and later); whether it did.  May wait."""
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
    """Write ``text`` where only the user reads it: in memory until they log out if there is such a place."""
    folder = _runtime_directory(environ) or state_directory(environ)
    if folder is None:
        return None
    path = folder / _FILE
    try:
        write_private(path, text.encode("utf-8", "replace"))
    except OSError:
        return None
    return path


def _runtime_directory(environ: Mapping[str, str]) -> Path | None:
    """Ours in XDG_RUNTIME_DIR, which sudo may have left pointing at somebody else's."""
    base = Path(environ.get("XDG_RUNTIME_DIR", ""))
    if not base.is_absolute():
        return None
    place = base / "tcptui"
    try:
        if base.stat().st_uid != os.geteuid():
            return None
        place.mkdir(mode=0o700, exist_ok=True)
        found = place.lstat()
    except OSError:
        return None
    return place if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() else None


def _row_text(rows: VirtualList) -> str:
    if not rows.row_count:
        return ""
    width = max(rows.scrollable_content_region.width, 1)
    return " ".join("".join(segment.text for segment in rows.row(rows.cursor, width)).split())


def copied_text(workspace: Workspace) -> str:
    """The connection, the packet, the field, or the whole explanation; empty when there is nothing."""
    pane = workspace.active
    if pane is Pane.CONNECTIONS:
        return safe_text(_row_text(workspace.connections))
    if pane is Pane.TIMELINE:
        return safe_text(_row_text(workspace.ladder))
    if pane is Pane.HEADERS:
        node = workspace.field_under_cursor()
        return "" if node is None else safe_text(node.label)
    return workspace.explain.text
