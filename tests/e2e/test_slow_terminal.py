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
from process_work import Rest, family
from pty_run import DEADLINE_S, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.e2e

COLUMNS, ROWS = 120, 40
DOWN = b"\x1b[B"
RATE = 2000  # bytes a second
#: What the terminal's own buffers hold, and the frames that are written, wait to be written, or are drawn for what came
#: meanwhile: some 30 kB.  A frame for each key would be ten times that.
FEW_FRAMES = 100_000
#: The answer to a key waits for no more than that: what the terminal's own buffers hold, 8 kB, and two frames.
SECONDS = 8
#: A key that the program takes for one typed before the question was there is typed again after so long.
AGAIN_S = 10.0


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

    def leave(self, key: bytes) -> int:
        """Type ``key`` until the program has let go of the terminal; its exit code."""
        end = time.monotonic() + DEADLINE_S
        with contextlib.suppress(OSError):  # Linux: EIO
            while time.monotonic() < end:
                self.press(key)
                again = time.monotonic() + AGAIN_S
                while (left := again - time.monotonic()) > 0:
                    self.take(left)
        return self.process.wait(DEADLINE_S)

    def rest(self, rate: int | None = None) -> None:
        """Read, at ``rate`` bytes a second if given (0: nothing), until the program has nothing to do but to wait.

        It has acted on all keys then.
        """
        end = time.monotonic() + DEADLINE_S
        rest = Rest(lambda: family(self.process.pid))
        while not rest.has_come(self.read if rate is None else None):
            assert time.monotonic() < end, self.screen.text
            if rate is None:
                self.take()
            else:
                time.sleep(0.1)
                if rate:
                    self.take(0, most=rate // 10)


@pytest.mark.parametrize("answers", [True, False], ids=["answers", "mute"])
def test_keys_pressed_while_nothing_is_read_are_drawn_once(tmp_path: Path, answers: bool) -> None:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    with LazyTerminal(tmp_path, str(path), answers=answers) as terminal:
        terminal.until("SYN-SENT")
        terminal.rest()
        before = terminal.read
        # Two keys that each repaint the whole screen, many times; the last leave it zoomed, and say that they came.
        terminal.press(b"zz" * 40 + b"2z#")
        terminal.rest(0)  # frames would queue up
        terminal.until("Raw sequence numbers")
        terminal.rest()
        assert "─ 3 Headers" not in terminal.screen.text
        assert terminal.read - before < FEW_FRAMES
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
        terminal.rest()
        # The terminal reads nothing from here on; more than the pipe holds goes through it.
        for _ in range(400):
            pipe.write(records)
            terminal.press(DOWN)
        pipe.flush()
        terminal.until("12,431 packets")
        terminal.press(b"q")
        terminal.until("Press again to quit")  # what came through a pipe is in no file
        terminal.rest()
        assert terminal.leave(b"q") == 0


def test_terminal_of_two_kilobytes_a_second_is_answered_once_the_keys_are_acted_on(tmp_path: Path) -> None:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    held = (DOWN + b"\x1b[A") * 300  # the cursor is held: 300 rows under it
    with LazyTerminal(tmp_path, str(path)) as terminal:
        terminal.until("SYN-SENT")
        terminal.rest()
        terminal.press(held + b"#")
        terminal.until("Raw sequence numbers")  # on a terminal that reads all at once
        terminal.rest()
        terminal.press(held + b"#")
        terminal.rest(RATE)
        before = terminal.read
        terminal.until("Relative sequence numbers")
        assert terminal.read - before < SECONDS * RATE
