"""A terminal that reads slowly, or not at all: packets are read on, keys do not queue up, the last state is drawn."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Self

import pytest
from captures import mixed
from drawn_screen import ANSWER, CURSOR_POSITION_QUERY, DrawnScreen
from pty_run import DEADLINE_S, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.e2e

COLUMNS, ROWS = 120, 40
DOWN = b"\x1b[B"
RATE = 2000  # bytes a second


class LazyTerminal:
    """Runs the program on a terminal that draws and answers only when it is told to read."""

    def __init__(self, home: Path, *words: str, answers: bool = True) -> None:
        self.screen = DrawnScreen(COLUMNS, ROWS)
        self.answers = answers
        self.read = 0
        self._tail = b""
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tcptui", *words], stdin=subprocess.PIPE if "-" in words else slave, stdout=slave,
            stderr=slave, env=environment(home), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        os.close(self._master)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def take(self, patience_s: float = 0.05, most: int = 1 << 16) -> int:
        """Read once."""
        if not select.select([self._master], [], [], patience_s)[0]:
            return 0
        data = os.read(self._master, most)
        self.read += len(data)
        self.screen.feed(data)
        asked = (self._tail + data).count(CURSOR_POSITION_QUERY)
        self._tail = (self._tail + data)[-len(CURSOR_POSITION_QUERY) + 1 :]
        if self.answers:
            os.write(self._master, ANSWER * asked)
        return len(data)

    def until(self, what: str | Callable[[str], bool]) -> None:
        """Read until a text stands on the screen, or something is true of it."""
        end = time.monotonic() + DEADLINE_S
        while not (what(self.screen.text) if callable(what) else what in self.screen.text):
            assert time.monotonic() < end, self.screen.text
            self.take()

    def read_to_the_end(self) -> None:
        """Read until the program has let go of the terminal."""
        with contextlib.suppress(OSError):  # Linux: EIO
            while True:
                self.take(DEADLINE_S)

    def settle(self) -> int:
        """Read until nothing comes for a while; how much came."""
        before, quiet = self.read, 0
        while quiet < 6:
            quiet = 0 if self.take() else quiet + 1
        return self.read - before


@pytest.mark.parametrize("answers", [True, False], ids=["answers", "mute"])
def test_keys_pressed_while_nothing_is_read_are_drawn_once(tmp_path: Path, answers: bool) -> None:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    with LazyTerminal(tmp_path, str(path), answers=answers) as terminal:
        terminal.until("SYN-SENT")
        terminal.settle()
        before = terminal.read
        # Two keys that each repaint the whole screen, many times; the last leave it zoomed, and say that they came.
        for _ in range(100):
            terminal.press(b"zz")
        terminal.press(b"2z#")
        select.select([], [], [], 1.0)  # time in which frames would queue up
        terminal.until("Raw sequence numbers")
        assert "─ 3 Headers" not in terminal.screen.text
        terminal.settle()
        assert terminal.read - before < 150_000  # 200 frames would be some 2 MB
        terminal.press(b"z")
        terminal.until("─ 3 Headers")


def test_packets_are_read_on_while_the_terminal_is_stuck(tmp_path: Path) -> None:
    capture = mixed().pcap()
    header, records = capture[:24], capture[24:]
    with LazyTerminal(tmp_path, "-") as terminal:
        pipe = terminal.process.stdin
        assert pipe is not None
        pipe.write(header + records)
        pipe.flush()
        terminal.until("31 packets")
        terminal.settle()
        # The terminal reads nothing from here on; more than the pipe holds goes through it.
        for _ in range(400):
            pipe.write(records)
            terminal.press(DOWN)
        pipe.flush()
        terminal.until("12,431 packets")
        terminal.press(b"q")
        terminal.until("Press again to quit")  # what came through a pipe is in no file
        terminal.settle()  # a key typed before the question was drawn answers nothing
        terminal.press(b"q")
        terminal.read_to_the_end()
        assert terminal.process.wait(DEADLINE_S) == 0


def test_terminal_of_two_kilobytes_a_second_is_answered_within_seconds(tmp_path: Path) -> None:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    held = (DOWN + b"\x1b[A") * 300  # the cursor is held: 300 rows under it
    with LazyTerminal(tmp_path, str(path)) as terminal:
        terminal.until("SYN-SENT")
        terminal.settle()
        started = time.monotonic()
        terminal.press(held + b"#")
        terminal.until("Raw sequence numbers")  # on a terminal that reads all at once; some 30 kB on a quick machine
        seconds = time.monotonic() - started
        terminal.settle()
        before = terminal.read
        terminal.press(held + b"#")
        while "Relative sequence numbers" not in terminal.screen.text:
            # What it reads until the keys are answered, were that twice as long as before, and what is on its way.
            assert terminal.read - before < 2 * seconds * RATE + 10_000, terminal.screen.text
            time.sleep(0.1)
            terminal.take(most=RATE // 10)
