"""A terminal that is read slowly: what that costs the capture, the analysis and the keys.

    python tests/benchmarks/slow_terminal.py CAPTURE [--rates 0,20000,2000] [--seconds 20] [--packets-per-s 10000]

The capture's records are piped into ``tcptui -`` at a steady rate while the terminal takes so many bytes a second
(0: all there are).  Every two seconds a key is pressed whose answer is one short notice; its time is taken until
the notice stands on the screen that the bytes read so far have drawn.  ``mute`` is a terminal that does not answer
when it is asked for the cursor, which every real one does.
"""

from __future__ import annotations

import argparse
import os
import signal
import struct
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from drawn_screen import ANSWER, CURSOR_POSITION_QUERY, DrawnScreen
from pty_program import Program

COLUMNS, ROWS = 120, 40
#: Bytes that a slow line takes at a time.
STEPS_PER_S = 20
KEY_EVERY_S = 2.0
#: Between raw and relative numbers, and what is said then.
KEY = b"#"
SAID = ("Raw sequence numbers", "Relative sequence numbers")


def feed(capture: Path, descriptor: int, packets_per_s: int, stop: threading.Event) -> None:
    """Write the records of ``capture`` (pcap, little endian) into the pipe, so many a second."""
    data = capture.read_bytes()
    view, at, sent = memoryview(data), 24, 0
    os.write(descriptor, data[:24])
    began = time.perf_counter()
    try:
        while at < len(data) and not stop.is_set():
            due = int((time.perf_counter() - began) * packets_per_s) - sent
            first = at
            for _ in range(due):
                if at >= len(data):
                    break
                at += 16 + struct.unpack_from("<I", data, at + 8)[0]
            sent += due
            block = view[first:at]
            while block:
                block = block[os.write(descriptor, block) :]
            time.sleep(0.01)
    except BrokenPipeError:
        pass
    finally:
        os.close(descriptor)


@dataclass
class SlowTerminal:
    """Reads a program's screen at ``rate`` bytes a second."""

    program: Program
    rate: int
    answers: bool
    screen: DrawnScreen = field(default_factory=lambda: DrawnScreen(COLUMNS, ROWS))
    read: int = 0
    _tail: bytes = b""
    _debt: float = 0.0
    _last: float = field(default_factory=time.perf_counter)

    def step(self) -> None:
        """One look."""
        now = time.perf_counter()
        if self.rate:
            self._debt = min(self._debt + (now - self._last) * self.rate, self.rate / STEPS_PER_S * 2)
            size = int(self._debt)
        else:
            size = 1 << 16
        self._last = now
        data = self.program.read(0.01, size) if size else b""
        if self.rate:
            self._debt -= len(data)
            time.sleep(1 / STEPS_PER_S)
        self.read += len(data)
        self.screen.feed(data)
        asked = (self._tail + data).count(CURSOR_POSITION_QUERY)
        self._tail = (self._tail + data)[-(len(CURSOR_POSITION_QUERY) - 1) :]
        if asked and self.answers:
            os.write(self.program.descriptor, ANSWER * asked)

    def until(self, text: str, limit_s: float) -> float:
        """Seconds until ``text`` stands on the screen; the limit if it never does."""
        began = time.perf_counter()
        while text not in self.screen.text and time.perf_counter() - began < limit_s:
            self.step()
        return time.perf_counter() - began

    def look_on(self, seconds: float) -> None:
        """Read on."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            self.step()


def measure(capture: Path, rate: int, *, answers: bool, options: argparse.Namespace) -> None:
    """One run, one line."""
    reader, writer = os.pipe()
    stop = threading.Event()
    feeder = threading.Thread(target=feed, args=(capture, writer, options.packets_per_s, stop), daemon=True)
    feeder.start()
    program = Program.run([sys.executable, "-m", "tcptui", "-"], COLUMNS, ROWS, stdin=reader)
    os.close(reader)
    terminal = SlowTerminal(program, rate, answers)
    keys: list[float] = []
    try:
        terminal.until("ESTAB", 60)
        began, drawn, spent = time.perf_counter(), terminal.read, program.processor_s()
        while time.perf_counter() - began < options.seconds:
            os.write(program.descriptor, KEY)
            keys.append(terminal.until(SAID[len(keys) % 2], 30))
            terminal.look_on(KEY_EVERY_S + 1.5)  # the notice goes by itself
        seconds = time.perf_counter() - began
        packets = next((line for line in terminal.screen.lines if " packets" in line), "").strip()
        drawn_per_s = (terminal.read - drawn) / seconds
        share = 100 * (program.processor_s() - spent) / seconds
        print(
            f"{rate or 'all':>6} B/s {'' if answers else 'mute ':5} drawn {drawn_per_s:7.0f} B/s  "
            f"key to notice {min(keys):.2f}-{max(keys):.2f} s (median {sorted(keys)[len(keys) // 2]:.2f})  "
            f"cpu {share:3.0f} %  rss {program.resident_mb():.0f} MB  load {os.getloadavg()[0]:.1f}\n        {packets}",
            flush=True,
        )
    finally:
        stop.set()
        os.kill(program.pid, signal.SIGKILL)
        program.close()
        feeder.join(5)


def main() -> int:
    """Each rate with a terminal that answers, the slow ones once more mute."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--rates", default="0,20000,2000")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--packets-per-s", type=int, default=10_000)
    options = parser.parse_args()
    for rate in map(int, options.rates.split(",")):
        for answers in (True, False) if rate else (True,):
            measure(options.capture, rate, answers=answers, options=options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
