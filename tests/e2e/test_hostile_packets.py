"""Packets and file names that try to command the terminal; what reaches it is looked at byte by byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from captures import hostile
from tmux_terminal import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

#: Each is in the packets; none may be in what is drawn.
FORBIDDEN = (
    b"\x1b]52;c;aGFja2Vk", b"\x1b]0;owned", b"\x1b[2J\x1b[31mred", b"\x9b31mC1",
    "\u202e".encode(), "\u200b".encode(), "\ufeff".encode(), "\x9b".encode(), "\x90".encode(),
)  # fmt: skip
#: Escape sequences that the program has any business to send: colours, cursor, modes.
_KNOWN = re.compile(
    rb"\x1b\[[?<>=]?[0-9;:]*[A-Za-z`~]|\x1b\[[?=>]?[0-9;]*\$p|\x1b[=>78M]|\x1b[()][0B]|\x1b\]8;[^\x1b\x07]*(?:\x1b\\|\x07)"
    rb"|\x1b\]2?2;[^\x1b\x07]*(?:\x1b\\|\x07)|\x1bP=[12]s\x1b\\|\x1b_G[^\x1b]*\x1b\\"
)
NAME = "evil \x1b]52;c;aGk=\x07 [bold][@click=app.quit] \u202egnp.pcap"


def recorded(raw: Path) -> bytes:
    """Everything that was drawn, up to the last prompt."""
    until(lambda: re.search(rb"<\d+> $", raw.read_bytes()) is not None, "the recording to end")
    return raw.read_bytes()


def walk(terminal: Terminal) -> None:
    """Look at everything that could show the packets' text."""
    for narrowed in ("40001", "40002"):
        terminal.press("1", "/")
        terminal.wait("words in a row")
        terminal.type(narrowed)
        terminal.wait("1 of 2")
        terminal.press("Enter")
        terminal.wait("? help")
        terminal.press("2", "g")
        for _ in range(4):
            terminal.press("j")
        for pane in ("3", "4", "2"):
            shown = terminal.screen()
            terminal.press(pane, "G")
            terminal.wait(lambda screen, shown=shown: screen != shown, f"pane {pane}")
        terminal.press("z")
        terminal.wait_gone("3 Headers")
        terminal.press("z")
        terminal.wait("3 Headers")
        terminal.press("1", "Escape")
        terminal.wait_gone("1 of 2")  # before that, Escape and the next key could be read as one


def test_nothing_of_a_packet_reaches_the_terminal_as_a_command(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    path = tmp_path / "hostile.pcap"
    path.write_bytes(hostile().pcap())
    raw = tmp_path / "raw"
    terminal = open_terminal(200, 50)
    terminal.record(raw)
    terminal.start(str(path))
    terminal.wait("16 packets  2 connections")
    terminal.wait(re.compile(r"stream \d, "))  # before they are listed, there is nothing to narrow
    walk(terminal)
    terminal.press("3", "g")
    terminal.press("y")
    terminal.wait("Copied")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    drawn = recorded(raw)
    assert [text for text in FORBIDDEN if text in drawn] == []
    assert b"aGFja2Vk" in drawn or b"X-Evil" in drawn  # the packets' text was shown, as text
    rest = _KNOWN.sub(b"", drawn)
    clipboard = re.findall(rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07", rest)
    assert len(clipboard) <= 1  # the copy that was asked for
    rest = re.sub(rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07", b"", rest)
    assert b"\x1b" not in rest, rest[max(0, rest.find(b"\x1b") - 40) : rest.find(b"\x1b") + 60]
    assert set(range(32)) & set(rest) <= {0x0A, 0x0D, 0x08, 0x09, 0x0E, 0x0F}


def test_file_name_is_text(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / NAME).write_bytes(hostile().pcap())
    raw = tmp_path / "raw"
    terminal = open_terminal(120, 40)
    terminal.run(f"cd {folder}")
    terminal.wait_prompt()
    terminal.record(raw)
    terminal.run(f"{' '.join(terminal.program)} *")
    terminal.wait("16 packets  2 connections")
    terminal.wait("evil")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    terminal.start()
    terminal.wait("Cases to learn from")
    terminal.wait("evil")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    drawn = recorded(raw)
    assert b"\x1b]52" not in drawn
    assert "\u202e".encode() not in drawn


def test_message_about_a_hostile_name_is_text(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no capture, but longer than any header of one")
    raw = tmp_path / "raw"
    terminal = open_terminal(120, 40)
    terminal.run(f"cd {tmp_path}")
    terminal.wait_prompt()
    terminal.record(raw)
    terminal.run(f"{' '.join(terminal.program)} evil*")
    assert terminal.wait_prompt() == 1
    drawn = recorded(raw)
    assert b"\x1b]52" not in drawn
    assert "\u202e".encode() not in drawn
