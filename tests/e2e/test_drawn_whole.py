"""After any keys, typed one by one or in one piece, the terminal shows what would be drawn anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from tmux_terminal import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

CTRL_P, ENTER, ESC, DOWN = "\x10", "\r", "\x1b", "\x1b[B"
#: Of the panes, one pattern each: what they show of the packet or the connection that the cursor was put on.
THIRD: Final = ("Timeline  stream 0, 8", "Headers ─(.|\n)*Frame 3:", "ACK: the handshake is complete")
OF_40002: Final = ("/40002 1 of 4", "Timeline  stream 1, 13", "Headers ─(.|\n)*Frame 9:", "Nothing serious")
#: The connection list has the whole screen.
ALONE: Final = r"\A(?!(.|\n)*Timeline)(.|\n)*/40002 1 of 4"
#: The palette has no line but those of what was typed.
NARROWED: Final = r"(?s)\A(?!.*Go to the connections).*"
#: What is typed, and patterns of what is there then: of every pane that changes, because they change one by one.
KEYS: Final = [
    (f"{CTRL_P}help", (f"{NARROWED}Help, the term",)),
    (ENTER, ("Move the cursor",)),
    (ESC, ("what happened",)),
    (f"{CTRL_P}sort", (f"{NARROWED}Sort the connections by",)),
    (ENTER, ("by time lost",)),
    ("x", ("No file was carried",)),
    (ESC, ("what happened",)),
    (f"j{ENTER}{DOWN}{DOWN}?", ("Move the cursor",)),
    (f"2{ESC}", THIRD),
    (f"/40002{ENTER}", OF_40002),
    ("z", (ALONE,)),
    ("F", ("Esc back",)),
    (ESC, (ALONE,)),
    ("z?", ("Move the cursor",)),
]
#: Without the last line, where notices come and go.
ROWS: Final = 39


def test_nothing_of_another_screen_shines_through(terminal: Terminal, mixed_file: Path) -> None:
    terminal.start("--lang", "en", str(mixed_file))
    terminal.wait("refused: port")
    for keys, patterns in KEYS:
        terminal.type(keys)
        for pattern in patterns:
            terminal.wait(re.compile(pattern))
        before = terminal.wait_rest(ROWS)
        terminal.press("C-l")
        assert terminal.wait_rest(ROWS) == before, keys


def test_resized_terminal_shows_what_one_of_that_size_shows_from_the_start(
    open_terminal: Callable[..., Terminal],
) -> None:
    resized = open_terminal(120, 40)
    resized.start("--lang", "zh", "case", "hello-service")
    resized.wait("服务端")
    for size in ((100, 30), (80, 24), (121, 40), (90, 31), (200, 50)):
        fresh = open_terminal(*size)
        fresh.start("--lang", "zh", "case", "hello-service")
        fresh.wait("服务端")
        resized.resize(*size)
        until(lambda fresh=fresh: resized.screen() == fresh.screen(), f"the picture of {size}")
