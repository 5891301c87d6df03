"""Every way out leaves the terminal as it was found, and the right exit status."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from tmux_terminal import until

if TYPE_CHECKING:
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("keys", [("q",), ("C-c",), ("2", "z", "q"), ("/", "C-c"), ("?", "C-c"), ("C-p", "C-c")])
def test_quitting_leaves_the_terminal_as_it_was(terminal: Terminal, mixed_file: Path, keys: tuple[str, ...]) -> None:
    terminal.run("echo before")
    terminal.wait("before")
    before = terminal.modes()
    terminal.type(f"{' '.join(terminal.program)} {mixed_file}\n")
    terminal.wait("SYN-SENT")
    for key in keys[:-1]:
        shown = terminal.screen()
        terminal.press(key)
        terminal.wait(lambda screen, shown=shown: screen != shown, f"an answer to {key}")
    terminal.press(keys[-1])
    assert terminal.wait_prompt() == 0, terminal.screen()
    assert "before" in terminal.screen()  # the main screen came back
    assert terminal.modes() == before


def test_start_screen_is_left_like_any_other(terminal: Terminal) -> None:
    before = terminal.modes()
    terminal.start()
    terminal.wait("Cases to learn from")
    terminal.press("q")
    assert terminal.wait_prompt() == 0, terminal.screen()
    assert terminal.modes() == before


def test_from_a_file_another_one_is_opened_by_way_of_the_start_screen(
    terminal: Terminal, mixed_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.pcap"
    other.write_bytes(mixed_file.read_bytes())
    before = terminal.modes()
    terminal.start(str(mixed_file))
    terminal.wait("4 connections")
    terminal.press("i")
    terminal.wait("Cases to learn from")
    terminal.press("o")
    terminal.type(str(other))
    terminal.press("Enter")
    terminal.wait("other.pcap  31 packets")
    terminal.press("i")
    terminal.wait("Cases to learn from")
    terminal.press("q")
    assert terminal.wait_prompt() == 0, terminal.screen()
    assert terminal.modes() == before


def test_suspending_gives_the_shell_back_and_fg_the_screen(terminal: Terminal, mixed_file: Path) -> None:
    before = terminal.modes()
    terminal.start(str(mixed_file))
    terminal.wait("by problems")  # the order in which the file is shown at last
    terminal.wait("stream 2, 2 packets")  # the first of it, under the cursor
    terminal.press("Down")
    terminal.wait("stream 1, 13 packets")
    terminal.press("C-z")
    until(lambda: terminal.alternate == 0, "the shell")
    terminal.wait("Stopped")
    assert terminal.state("mouse_any_flag") == "0"
    assert terminal.state("cursor_flag") == "1"
    terminal.run("fg")
    terminal.wait("stream 1, 13 packets")
    terminal.press("Down")
    terminal.wait("stream 0, 8 packets")
    terminal.press("q")
    assert terminal.wait_prompt() == 0, terminal.screen()
    assert terminal.modes() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_restores_the_terminal(terminal: Terminal, mixed_file: Path, number: signal.Signals) -> None:
    before = terminal.modes()
    terminal.start(str(mixed_file))
    terminal.wait("SYN-SENT")
    os.kill(terminal.app_pid(), number)
    assert terminal.wait_prompt() == 128 + number
    assert terminal.modes() == before


def test_terminal_that_closes_ends_the_program(terminal: Terminal, mixed_file: Path) -> None:
    terminal.start(str(mixed_file))
    terminal.wait("SYN-SENT")
    pid = terminal.app_pid()
    terminal.hang_up()
    until(lambda: not os.path.exists(f"/proc/{pid}"), "the program to end")  # noqa: PTH110
