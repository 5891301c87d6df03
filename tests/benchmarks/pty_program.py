"""A program in a pseudo-terminal of its own: what it draws, when, and what that costs."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path

from textual.color import Color

from tcptui.ui.theme import DARK

#: The background of the row under the cursor, as the dark theme draws it in 24-bit colour.
CURSOR_ROW = b"48;2;%d;%d;%d" % Color.parse(DARK.variables["row-cursor"]).rgb


@dataclass(frozen=True)
class Press:
    """What followed one key."""

    seconds: float
    """From the key to the row under the cursor drawn anew."""
    drawn: int
    """Bytes of that repaint: all that came until the terminal was quiet."""
    afterwards: int
    """Bytes that came later: panes that follow a cursor at rest."""
    answered: bool
    """What was expected came within the limit."""


@dataclass
class Program:
    """A program in a pseudo-terminal."""

    pid: int
    descriptor: int
    spools: Path
    """Its temporary files: what it leaves, ended by a signal, is gone with them."""

    @classmethod
    def run(cls, command: list[str], columns: int, rows: int, stdin: int | None = None) -> Program:
        """Start ``command`` in a terminal of the given size; ``stdin`` is its standard input instead of that."""
        spools = Path(tempfile.mkdtemp(prefix="tcptui-bench-", dir=os.environ.get("TMPDIR", "/var/tmp")))
        spools.chmod(0o1777)  # the program may become another user
        pid, descriptor = pty.fork()
        if pid == 0:
            os.environ["TMPDIR"] = str(spools)
            if stdin is not None:
                os.dup2(stdin, 0)
            os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", COLORTERM="truecolor")
            os.environ.pop("NO_COLOR", None)
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
            os.environ.pop("SSH_CONNECTION", None)
            os.execvp(command[0], command)
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        return cls(pid, descriptor, spools)

    def read(self, timeout_s: float, size: int = 1 << 16) -> bytes:
        """What was drawn within ``timeout_s``, at most ``size`` bytes of it; empty when nothing was."""
        ready, _, _ = select.select([self.descriptor], [], [], max(timeout_s, 0))
        if not ready:
            return b""
        try:
            return os.read(self.descriptor, size)
        except OSError as error:  # Linux: EIO once the other end is closed
            raise SystemExit("the program has ended") from error

    def until(self, text: bytes, timeout_s: float) -> None:
        """Read until ``text`` was drawn."""
        started, seen = time.perf_counter(), b""
        while text not in seen:
            left = timeout_s - (time.perf_counter() - started)
            if left <= 0:
                raise SystemExit(f"{text!r} was not drawn within {timeout_s} s: {seen[-400:]!r}")
            seen = (seen + self.read(left))[-200_000:]

    def drain(self, quiet_s: float) -> int:
        """Read until nothing came for ``quiet_s``; how many bytes came."""
        total = 0
        while block := self.read(quiet_s):
            total += len(block)
        return total

    def press(
        self, key: bytes, expected: bytes, *, rest_s: float, quiet_s: float = 0.02, limit_s: float = 5.0
    ) -> Press:
        """Press ``key``, wait for ``expected`` to be drawn, then look on for ``rest_s`` since the key.

        What was on its way already is read first, so that it is not taken for the answer.
        """
        self.drain(0)
        started = time.perf_counter()
        os.write(self.descriptor, key)
        seen = b""
        while expected not in seen and time.perf_counter() - started < limit_s:
            seen += self.read(limit_s - (time.perf_counter() - started))
        took = time.perf_counter() - started
        drawn, afterwards, is_quiet = len(seen), 0, False
        while (left := started + rest_s - time.perf_counter()) > 0:
            block = self.read(min(left, quiet_s))
            is_quiet = is_quiet or not block
            drawn, afterwards = (drawn, afterwards + len(block)) if is_quiet else (drawn + len(block), afterwards)
        return Press(took, drawn, afterwards, expected in seen)

    def processor_s(self, *, main_thread: bool = False) -> float:
        """Processor time used so far, by all threads or by the one that handles keys."""
        stat = Path(f"/proc/{self.pid}/task/{self.pid}/stat" if main_thread else f"/proc/{self.pid}/stat")
        fields = stat.read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Memory in use."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def settle(self, limit_s: float = 300.0) -> float:
        """Read until the program has nothing more to do; how long that took, in seconds."""
        started, calm = time.perf_counter(), 0
        while calm < 3 and time.perf_counter() - started < limit_s:
            before, deadline = self.processor_s(), time.perf_counter() + 0.3
            while (left := deadline - time.perf_counter()) > 0:
                self.read(left)
            calm = calm + 1 if self.processor_s() - before <= 0.02 else 0
        return time.perf_counter() - started

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        shutil.rmtree(self.spools)
