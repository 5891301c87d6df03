"""After any keys, typed one by one or in one piece, the terminal shows what would be drawn anew."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

CTRL_P, ENTER, ESC, DOWN = "\x10", "\r", "\x1b", "\x1b[B"
#: What is typed, and a text that is there then.
KEYS: Final = [
    (f"{CTRL_P}help", "Help, the term"),
    (ENTER, "Move the cursor"),
    (ESC, "what happened"),
    (f"{CTRL_P}sort", "Sort the connections by"),
    (ENTER, "by problems"),
    ("x", "No file was carried"),
    (ESC, "what happened"),
    (f"j{ENTER}{DOWN}{DOWN}?", "Move the cursor"),
    (f"2{ESC}", "what happened"),
    (f"/40002{ENTER}", "/40002 1 of 4"),
    ("z", "/40002 1 of 4"),
    ("F", "Esc back"),
    (ESC, "/40002 1 of 4"),
    ("z?", "Move the cursor"),
]
ROWS: Final = 39
_STILL_S: Final = 0.25


def at_rest(terminal: Terminal) -> list[str]:
    """The screen once it no longer changes, without the last line, where notices come and go."""

    def above() -> list[str]:
        return terminal.screen().splitlines()[:ROWS]

    seen, since = above(), time.monotonic()
    while time.monotonic() - since < _STILL_S:
        if (now := above()) != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.03)
    return seen


def test_nothing_of_another_screen_shines_through(terminal: Terminal, mixed_file: Path) -> None:
    terminal.start("--lang", "en", str(mixed_file))
    terminal.wait("refused: port")
    for keys, text in KEYS:
        terminal.type(keys)
        terminal.wait(text)
        before = at_rest(terminal)
        terminal.press("C-l")
        assert at_rest(terminal) == before, keys
