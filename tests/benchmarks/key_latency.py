"""What a person at the keyboard feels: first paint, first rows, key to repaint, bytes, idle.

    python tests/benchmarks/key_latency.py CAPTURE [--keys N] [--columns 120 --rows 40]

Runs the real program in a pseudo-terminal of its own, at once presses the down key while the capture
loads, then again when it is loaded, then leaves it alone.  Times are from the write of the key to the
first byte that comes back; bytes are everything drawn until the terminal is quiet for `QUIET_S`.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

QUIET_S = 0.03
PAUSE_S = 0.05
DOWN = b"\x1b[B"


@dataclass
class Terminal:
    """A program in a pseudo-terminal."""

    pid: int
    descriptor: int

    @classmethod
    def run(cls, command: list[str], columns: int, rows: int) -> Terminal:
        """Start ``command`` in a terminal of the given size."""
        pid, descriptor = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", COLORTERM="truecolor")
            os.execvp(command[0], command)
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        return cls(pid, descriptor)

    def read(self, timeout_s: float) -> bytes:
        """What was drawn within ``timeout_s``; empty when nothing was."""
        ready, _, _ = select.select([self.descriptor], [], [], timeout_s)
        return os.read(self.descriptor, 1 << 16) if ready else b""

    def until(self, text: bytes, timeout_s: float) -> float:
        """Seconds until ``text`` was drawn."""
        started, seen = time.perf_counter(), b""
        while text not in seen:
            left = timeout_s - (time.perf_counter() - started)
            if left <= 0:
                raise SystemExit(f"{text!r} was not drawn within {timeout_s} s: {seen[-400:]!r}")
            seen = (seen + self.read(left))[-200_000:]
        return time.perf_counter() - started

    def quiet(self) -> int:
        """Read until nothing comes; how many bytes came."""
        total = 0
        while block := self.read(QUIET_S):
            total += len(block)
        return total

    def key(self, key: bytes) -> tuple[float, int]:
        """Press ``key``: seconds to the first byte, bytes until quiet."""
        while self.read(0):
            pass
        started = time.perf_counter()
        os.write(self.descriptor, key)
        first = self.read(2.0)
        return time.perf_counter() - started, len(first) + self.quiet()

    def processor_s(self) -> float:
        """Processor time used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of all lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def report(name: str, presses: list[tuple[float, int]]) -> None:
    """Print one line for a series of key presses."""
    times = [1000 * seconds for seconds, _drawn in presses]
    drawn = [count for _seconds, count in presses]
    print(
        f"{name:<24} keys {len(times):4}  p50 {percentile(times, 0.5):6.1f} ms  p99 {percentile(times, 0.99):6.1f} ms"
        f"  max {max(times):6.1f} ms  bytes/key {statistics.median(drawn):.0f}"
    )


def main() -> int:
    """Measure one capture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--first", default="ESTAB", help="text by which the first rows are known (default: ESTAB)")
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=40)
    options = parser.parse_args()
    terminal = Terminal.run([sys.executable, "-m", "tcptui", str(options.capture)], options.columns, options.rows)
    try:
        started = time.perf_counter()
        terminal.until(b"tcptui", 20)
        print(f"first paint              {time.perf_counter() - started:.3f} s")
        terminal.until(options.first.encode(), 20)
        print(f"first rows               {time.perf_counter() - started:.3f} s")
        loading = []
        while len(loading) < options.keys:
            loading.append(terminal.key(DOWN))
            time.sleep(PAUSE_S)
        report("while loading", loading)
        time.sleep(15)
        terminal.quiet()
        report("when loaded", [terminal.key(DOWN) for _ in range(options.keys)])
        time.sleep(1)
        terminal.quiet()
        before, drawn, idle_s = terminal.processor_s(), 0, 5.0
        deadline = time.perf_counter() + idle_s
        while (left := deadline - time.perf_counter()) > 0:
            drawn += len(terminal.read(left))
        used = terminal.processor_s() - before
        print(f"idle for {idle_s:.0f} s             {drawn} bytes, {100 * used / idle_s:.1f} % of one processor")
    finally:
        terminal.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
