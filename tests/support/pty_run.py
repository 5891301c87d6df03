"""The real program on a pseudo-terminal: keys in, the very bytes that it draws out."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from drawn_screen import DrawnScreen
from process_work import family, is_at_work

from tcptui.capture.spool.files import FALLBACK_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
PROGRAM: Final = (sys.executable, "-m", "tcptui")
#: A word of a command line or a value of the environment need not be text.
Word = str | bytes
DEADLINE_S: Final = float(os.environ.get("TCPTUI_TEST_DEADLINE_S", "600"))
#: Nothing drawn for so long while nothing works: the screen has come to rest.
_QUIET_S: Final = 0.15
#: A program that works takes pauses, too: so often, and at such intervals (seconds), it is seen to wait.
_LOOKS: Final = 3
_LOOK_S: Final = 0.01
#: What is written behind the last of a program that has ended.
_END_MARK: Final = b"\x1b]end of the run\x07"
#: The full screen is over.
_LEFT: Final = b"\x1b[?1049l"
#: What follows Esc closely makes another key of it: so long is waited, once the program has read it.
_ESCAPE_S: Final = 1.0


def environment(home: Path, **more: Word) -> dict[bytes, bytes]:
    """A known environment with ``more``; bytes, for values need not be text."""
    clean: dict[str, Word] = {
        "PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor",
        "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "TEXTUAL_ANIMATIONS": "none", "TMPDIR": str(home),
        FALLBACK_VARIABLE: str(home),
        # Of the run of the tests; a cache of its own would make each program compile the kernels anew.
        "XDG_CONFIG_HOME": os.environ["XDG_CONFIG_HOME"], "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
    }  # fmt: skip
    return {os.fsencode(name): os.fsencode(value) for name, value in (clean | more).items()}


class PtyRun:
    """One run of a program that has a terminal of its own."""

    def __init__(
        self,
        words: Sequence[Word],
        environ: Mapping[bytes, bytes],
        *,
        program: Sequence[str] = PROGRAM,
        columns: int = 120,
        rows: int = 40,
        folder: Path | None = None,
    ) -> None:
        self.drawn = bytearray()
        """All that came so far."""
        self.patience_s = DEADLINE_S
        """How long is waited for the screen to come to rest, which one that grows never does."""
        self._screen = DrawnScreen(columns, rows)
        self._terminal, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._settings = termios.tcgetattr(slave)
        self._slave = slave
        self._process = subprocess.Popen(
            [*program, *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._slave)
        os.close(self._terminal)

    @property
    def pid(self) -> int:
        """The program's process number."""
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """The screen as it was drawn last."""
        return self._screen.lines

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def take_drawn(self) -> None:
        """Read what has been drawn; waits for nothing."""
        while self._take(0.0):
            pass

    def _take(self, seconds: float) -> bool:
        if not select.select([self._terminal], [], [], max(seconds, 0))[0]:
            return False
        try:
            data = os.read(self._terminal, 1 << 16)
        except OSError:  # nobody has the other end any more
            return False
        self.drawn += data
        self._screen.feed(data)
        return True

    def rest(self, quiet_s: float = _QUIET_S) -> None:
        """Read until nothing comes for ``quiet_s`` while nothing works, or for `patience_s`."""
        end = time.monotonic() + self.patience_s
        while time.monotonic() < end and (self._take(quiet_s) or self._works()):
            pass

    def _works(self) -> bool:
        """Whether the program, or what it has started, does something or would if it had a processor."""
        processes = family(self.pid)
        for _ in range(_LOOKS):
            if is_at_work(processes):
                return True
            time.sleep(_LOOK_S)
        return False

    def until(self, text: bytes) -> None:
        """Read until ``text`` has been drawn."""
        self._until(lambda: text in self.drawn, lambda: f"waited in vain for {text!r}: {bytes(self.drawn[-2000:])!r}")

    def _until(self, met: Callable[[], bool], failure: Callable[[], str]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not met():
            has_ended = self._process.poll() is not None
            if has_ended:
                self._read_to_the_end()
            else:
                self._take(0.1)
            assert met() or not (has_ended or time.monotonic() > end), failure()

    def shows(self, text: str) -> bool:
        """Whether ``text`` stands in a line of the screen, drawn at once or cell by cell."""
        return any(text in line for line in self._screen.lines)

    def until_shown(self, text: str) -> None:
        """Read until the screen shows ``text``."""
        self._until(lambda: self.shows(text), lambda: f"waited in vain for {text!r}: {self._screen.lines}")

    def press(self, *keys: bytes) -> None:
        """Press keys one by one, each when what the one before set in motion has come to rest."""
        for key in keys:
            if self._process.poll() is None:
                os.write(self._terminal, key)
                if key.endswith(b"\x1b"):
                    self._let_escape_stand_alone()
                self.rest()

    def _let_escape_stand_alone(self) -> None:
        """Read until the program has read Esc, and so long that what comes next makes no other key of it."""
        end = time.monotonic() + DEADLINE_S
        while self._process.poll() is None and time.monotonic() < end and self._waiting_keys():
            self._take(0.05)
        until = time.monotonic() + _ESCAPE_S
        while self._process.poll() is None and (left := until - time.monotonic()) > 0:
            self._take(left)

    def _waiting_keys(self) -> int:
        """How many bytes were pressed that the program has not read."""
        return int.from_bytes(fcntl.ioctl(self._slave, termios.FIONREAD, bytes(4)), sys.byteorder)

    def leave(self, *keys: bytes) -> int:
        """Press ``keys`` again and again until the program ends; the exit code.

        Once may not be enough: what is open on top is left first.
        """
        end = time.monotonic() + DEADLINE_S
        while _LEFT not in self.drawn and self._process.poll() is None and time.monotonic() < end:
            self.press(*keys)
            self.rest(1.0)
        return self.wait()

    def wait(self) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + DEADLINE_S
        while self._process.poll() is None:
            assert time.monotonic() < end, f"it does not end: {bytes(self.drawn[-2000:])!r}"
            self._take(0.05)
        self._read_to_the_end()
        return self._process.returncode

    def _read_to_the_end(self) -> None:
        """Read all that the program, which has ended, had written: the kernel may still be on its way with it."""
        self.take_drawn()
        os.write(self._slave, _END_MARK)
        end = time.monotonic() + DEADLINE_S
        while _END_MARK not in self.drawn:
            assert time.monotonic() < end, bytes(self.drawn[-2000:])
            self._take(0.1)
        del self.drawn[self.drawn.index(_END_MARK) :]

    def is_as_before(self) -> bool:
        """Whether the terminal's line settings are those that it had."""
        return termios.tcgetattr(self._slave) == self._settings
