"""The capturing host's clock is set while packets come through a pipe: said, and nothing else suffers."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from captures import CLIENT, SERVER, Tape
from fault_table import line_with, note_fault

if TYPE_CHECKING:
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

HOUR_NS = 3_600_000_000_000


def stepped(by_ns: int) -> bytes:
    """Three connections; amid the second one the clock is set by ``by_ns``."""
    tape = Tape()
    for number in range(3):
        tape.clean(500 * number, f"{CLIENT}:4000{number}", f"{SERVER}:80", b"GET / HTTP/1.1\r\n\r\n")
    tape.records[12:] = [(time + by_ns, data) for time, data in tape.records[12:]]
    return tape.pcap()


def through_a_pipe(terminal: Terminal, tmp_path: Path, capture: bytes) -> str:
    """Show ``capture``, which comes in two parts, the step in the second."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    terminal.run(f"{' '.join(terminal.program)} -n - <{pipe}")
    with pipe.open("wb", buffering=0) as end:
        end.write(capture[: len(capture) // 3])
        terminal.wait("1 connection")
        end.write(capture[len(capture) // 3 :])
        listed = ("24 packets  3 connections", f"{CLIENT}:40002")  # the first line counts before the list has them
        return terminal.wait(lambda screen: all(text in screen for text in listed), "all of it")


def numbers(screen: str) -> list[int]:
    """The packets' numbers as the timeline has them."""
    return [int(found) for found in re.findall(r"^[▸ ·!]+ (\d+) +[-\d]", screen, re.MULTILINE)]


def test_clock_set_back_is_a_finding_and_packets_keep_their_order(terminal: Terminal, tmp_path: Path) -> None:
    through_a_pipe(terminal, tmp_path, stepped(-HOUR_NS))
    terminal.press("g", "j")
    terminal.wait("stream 1, 8 packets")
    terminal.wait(lambda screen: numbers(screen) == list(range(9, 17)), "packets 9 to 16 in their order")
    terminal.press("4", "z")  # all of it, wherever it begins
    seen = line_with(terminal.wait("Capture clock went back"), "clock went back")
    terminal.leave_unsaved()
    code = terminal.wait_prompt()
    assert code == 0
    assert "Traceback" not in terminal.screen()
    note_fault("clock set back by an hour", seen, "nothing", code)


def test_clock_set_forward_changes_no_order_and_stops_nothing(terminal: Terminal, tmp_path: Path) -> None:
    through_a_pipe(terminal, tmp_path, stepped(HOUR_NS))
    terminal.press("g", "j")
    screen = terminal.wait("stream 1, 8 packets")
    terminal.leave_unsaved()
    code = terminal.wait_prompt()
    assert code == 0
    note_fault("clock set forward by an hour", line_with(screen, "stream 1, 8 packets"), "nothing", code)
