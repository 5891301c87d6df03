"""The app on a real pseudo-terminal: what it leaves behind, whatever happens to it."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import closing
from typing import IO, TYPE_CHECKING

import pytest

from tcptui.capture.byte_reader import wait_readable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e

PROGRAM = """
import os, sys, threading, time
from tcptui.model.errors import TerminalError
from tcptui.ui.terminal import run as terminal
from tcptui.ui.terminal.run import run_app
from tcptui.ui.terminal.setup import prepare_terminal, wait_for_data

terminal.PATIENCE_S = float(os.environ.get("PATIENCE", terminal.PATIENCE_S))

try:
    setup = prepare_terminal()
except TerminalError as error:
    print(error.key, file=sys.stderr)
    sys.exit(error.exit_code)

if "ROBBED" in os.environ:
    import selectors

    class Robbed(selectors.SelectSelector):
        def select(self, timeout=None):
            super().select(timeout)
            return [(key, selectors.EVENT_READ) for key in self.get_map().values()]

    selectors.SelectSelector = Robbed

from textual.app import App
from textual.widgets import Static
from tcptui.ui.terminal.crash import CrashGuard
from tcptui.ui.terminal.driver import PacedDriver

class Program(CrashGuard):
    BINDINGS = [("q", "quit"), ("x", "crash"), ("w", "stick"), ("f", "flood")]
    def compose(self):
        yield Static("READY ascii" if setup.ascii else "READY \\u2500", id="text")
    def on_mount(self):
        if setup.piped is not None:
            threading.Thread(target=self.read, daemon=True).start()
    def read(self):
        count = 0
        while chunk := os.read(setup.piped, 65536):
            count += len(chunk)
        self.call_from_thread(self.query_one(Static).update, f"PIPED {count}")
    def action_crash(self):
        packet = b"hunter2"
        raise ValueError(packet)
    def action_flood(self):
        for _ in range(100):  # more than the driver queues
            self._driver.write("FLOOD" + "." * 10_000)
    def action_stick(self):
        self.run_worker(lambda: threading.Event().wait(), thread=True)

app = Program(driver_class=PacedDriver, ansi_color=True if setup.no_color else None)
code = run_app(app, setup)
print("AFTER", file=sys.stderr)
sys.exit(code)
"""

ALTERNATE_ON, ALTERNATE_OFF = b"\x1b[?1049h", b"\x1b[?1049l"
DEADLINE_S = 600.0


class Terminal:
    """A program with a pseudo-terminal as its controlling terminal."""

    def __init__(self, *, stdin: int | None = None, stderr: IO[bytes] | None = None, **environ: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.drawn = b""
        everything = os.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TEXTUAL_ANIMATIONS": "none"}
        for name in ("LC_ALL", "LC_CTYPE", "NO_COLOR", "COLORTERM", "COLUMNS", "LINES"):
            everything.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=slave if stdin is None else stdin,
            stdout=slave,
            stderr=slave if stderr is None else stderr,
            env=everything | environ,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0),
        )

    def read_until(self, text: bytes) -> None:
        end = time.monotonic() + DEADLINE_S
        while text not in self.drawn:
            assert time.monotonic() < end, self.drawn[-2000:]
            self._read(0.1)

    def _read(self, patience: float) -> bool:
        if not wait_readable(self.master, patience):
            return False
        try:
            self.drawn += os.read(self.master, 65536)
        except OSError:
            return False
        return True

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def wait(self) -> int:
        end = time.monotonic() + DEADLINE_S
        while self.process.poll() is None:
            assert time.monotonic() < end, "the program did not end"
            self._read(0.05)
        while self._read(0):
            pass
        return self.process.returncode

    @property
    def restored(self) -> bool:
        modes = termios.tcgetattr(self.slave)
        off = self.drawn.rfind(ALTERNATE_OFF) > self.drawn.rfind(ALTERNATE_ON)
        mouse = self.drawn.rfind(b"\x1b[?1003l") > self.drawn.rfind(b"\x1b[?1003h")
        kitty = self.drawn.rfind(b"\x1b[<u") > self.drawn.rfind(b"\x1b[>")
        return off and mouse and kitty and modes == self.before

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.slave)
        if self.master >= 0:
            os.close(self.master)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "tcptui"


@pytest.fixture
def terminal(state: Path) -> Iterator[Terminal]:
    shown = Terminal()
    yield shown
    shown.close()


def test_quitting_restores_the_terminal_and_exits_with_0(terminal: Terminal) -> None:
    terminal.read_until("READY ─".encode())
    terminal.press(b"q")

    assert terminal.wait() == 0
    assert terminal.restored
    assert b"AFTER" in terminal.drawn.rpartition(ALTERNATE_OFF)[2]


def test_exit_does_not_wait_for_keys_that_the_shell_has_read(state: Path) -> None:
    """What the poll has shown may be gone when it is read: a shell reads, too, while the program is stopped."""
    with closing(Terminal(ROBBED="1")) as terminal:
        terminal.read_until(b"READY")
        terminal.press(b"q")
        assert terminal.wait() == 0
        assert terminal.restored


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_signal_restores_the_terminal_and_exits_with_128_and_its_number(
    terminal: Terminal, number: signal.Signals
) -> None:
    terminal.read_until(b"READY")
    terminal.process.send_signal(number)

    assert terminal.wait() == 128 + number
    assert terminal.restored


def test_crash_exits_with_1_and_names_its_report(terminal: Terminal, state: Path) -> None:
    terminal.read_until(b"READY")
    terminal.press(b"x")

    assert terminal.wait() == 1
    assert terminal.restored
    last_words = terminal.drawn.rpartition(ALTERNATE_OFF)[2]
    assert str(state / "crash.txt").encode() in last_words
    assert b"Traceback" not in last_words
    assert b"hunter2" not in terminal.drawn
    assert "ValueError" in (state / "crash.txt").read_text()


def test_worker_that_never_returns_does_not_keep_the_process(terminal: Terminal) -> None:
    terminal.read_until(b"READY")
    terminal.press(b"wq")

    assert terminal.wait() == 0
    assert terminal.restored


def test_signal_ends_a_program_whose_terminal_no_longer_reads(state: Path) -> None:
    with closing(Terminal(PATIENCE="0.5")) as terminal:
        terminal.read_until(b"READY")
        terminal.press(b"f")
        terminal.read_until(b"FLOOD")  # and no further: it is stuck
        terminal.process.send_signal(signal.SIGTERM)

        assert terminal.process.wait(DEADLINE_S) == 128 + signal.SIGTERM


def test_terminal_that_vanishes_ends_the_program(terminal: Terminal) -> None:
    terminal.read_until(b"READY")
    os.close(terminal.master)
    terminal.master = -1

    assert terminal.process.wait(DEADLINE_S) == 128 + signal.SIGHUP


def test_capture_piped_in_leaves_the_keyboard_to_the_terminal(state: Path) -> None:
    reader, writer = os.pipe()
    terminal = Terminal(stdin=reader)
    os.close(reader)
    try:
        terminal.read_until(b"READY")
        os.write(writer, b"\x00" * 40_000)
        os.close(writer)
        terminal.read_until(b"PIPED 40000")
        terminal.press(b"q")

        assert terminal.wait() == 0
        assert terminal.restored
    finally:
        terminal.close()


def test_messages_sent_to_a_file_do_not_blank_the_screen(state: Path, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log, closing(Terminal(stderr=log)) as terminal:
        terminal.read_until(b"READY")
        terminal.press(b"q")

        assert terminal.wait() == 0
        assert terminal.restored
    assert (tmp_path / "log").read_text() == "AFTER\n"


def test_no_color_sends_no_colour(state: Path) -> None:
    with closing(Terminal(NO_COLOR="1")) as terminal:
        terminal.read_until(b"READY")
        terminal.press(b"q")
        terminal.wait()
    assert b"38;2" not in terminal.drawn
    assert b"48;2" not in terminal.drawn
    assert b"38;5" not in terminal.drawn


@pytest.mark.parametrize(("lang", "lc_all"), [("C", ""), ("en_US.UTF-8", "POSIX")])
def test_plain_locale_gets_ascii_glyphs(state: Path, lang: str, lc_all: str) -> None:
    # The interpreter itself sets LC_CTYPE=C.UTF-8 then (PEP 538), which is not what the user said.
    with closing(Terminal(LANG=lang, LC_ALL=lc_all)) as terminal:
        terminal.read_until(b"READY ascii")
        terminal.press(b"q")
        assert terminal.wait() == 0


def test_dumb_terminal_is_refused_in_one_line(state: Path) -> None:
    with closing(Terminal(TERM="dumb")) as terminal:
        assert terminal.wait() == 1
        assert terminal.drawn.strip() == b"messages.terminal_dumb"


def test_program_without_any_terminal_is_refused_in_one_line() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=os.environ | {"TERM": "xterm"},
        start_new_session=True,
        timeout=DEADLINE_S,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (1, b"messages.terminal_missing\n")
