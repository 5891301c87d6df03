"""Days of packets through ``tcptui -``: memory, disk and rate stay flat while packets come and the oldest leave.

    python tests/benchmarks/long_capture.py                                      twelve hours, as fast as it goes
    python tests/benchmarks/long_capture.py --rate 5000 --every 300000           one real hour
    python tests/benchmarks/long_capture.py [--packets N] [--seconds S] [--rate N] [--every N]
        [--program screen|no-screen] [--shape mixed|trouble] [--memory-limit 64M] [--spool-limit 512M] [--sigterm]

A thread writes packets to the program's standard input, as fast as they are taken, or ``--rate`` a second.  Their time
stamps are those of 5,000 packets a second: 216 million of them, which is what is asked for unless ``--packets`` says
otherwise, carry twelve hours.  ``--seconds`` ends it in any case.  Connections are short ones on changing hosts and
ports, two in a hundred with a lost segment (``mixed``), or each of them refused, unanswered, or with a loss
(``trouble``), and beside them one that lives for ever.

A row is printed each ``--every`` packets: packets given, hours of time stamps, packets a second since the row before,
resident memory and PSS of the program and its children, the system's tables of their pages, what the spool holds on
disk, processor time per packet.  Last, how long the program took to end, of the end of its input or of SIGTERM
(``--sigterm``), and what it said (``--no-screen``): as many packets as were given.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from process_memory import Memory, memory_of
from pty_program import Program

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from captures import SERVER, Tape

#: The rate at which the clock of the packets goes.
PACKETS_PER_SECOND = 5_000
#: Connections of one block; the long one beside them.
CONNECTIONS = 2_000
_CLIENT_PORT = 20
_START = 1_700_000_000
_END_SECONDS = 60.0
HEADINGS = (
    "packets (M)", "hours", "connections (k)", "packets/s (k)", "RSS MiB", "PSS MiB", "tables MiB", "spool MiB",
    "µs/packet",
)  # fmt: skip


def block(shape: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bytes of a few thousand connections, where records begin, and which of them are the long connection's."""
    tape = Tape()
    long_ends = "10.9.9.9:50000", f"{SERVER}:5432"
    is_long: list[bool] = []
    for number in range(CONNECTIONS):
        client, server = f"10.0.{number >> 8}.{number & 255}:{20_000 + number}", f"{SERVER}:80"
        before = len(tape.records)
        if shape == "mixed" and number % 50:
            tape.clean(number, client, server, b"GET / HTTP/1.1\r\n\r\n", b"x" * 300)
        elif shape == "mixed" or number % 3 == 0:
            tape.lossy(number, client, server)
        elif number % 3 == 1:
            tape.refused(number, client, server)
        else:
            for wait in (0, 1000, 3000):
                tape.tcp(number + wait, client, server, 2, 5000)
        is_long += [False] * (len(tape.records) - before)
        tape.tcp(number, *long_ends, 0x18, 1000 + 10 * number, 9000 + 20 * number, b"q" * 10)
        tape.tcp(number, *long_ends[::-1], 0x18, 9000 + 20 * number, 1010 + 10 * number, b"a" * 20)
        is_long += [True, True]
    data = np.frombuffer(tape.pcap()[24:], np.uint8).copy()
    starts, at = [], 0
    while at < len(data):
        starts.append(at)
        at += 16 + int.from_bytes(data[at + 8 : at + 12].tobytes(), "little")
    return data, np.array(starts), np.array(is_long)


class Writer(threading.Thread):
    """Writes block after block to ``descriptor``, each a little later and from other hosts."""

    def __init__(self, descriptor: int, options: argparse.Namespace) -> None:
        super().__init__(daemon=True)
        self.given = 0
        """Packets written so far."""
        self.connections = 0
        self.stopping = False
        self._descriptor = descriptor
        self._options = options

    def run(self) -> None:
        """Write until there are enough, or `stopping` is set; then close the pipe."""
        with contextlib.suppress(BrokenPipeError):
            self._write()
        os.close(self._descriptor)

    def _write(self) -> None:
        data, starts, is_long = block(self._options.shape)
        words = data[starts[:, None] + np.arange(8)]
        ports, long_starts = starts[~is_long] + 16 + _CLIENT_PORT, starts[is_long] + 16 + 24
        self._put(Tape().pcap())
        turn, began = 0, time.monotonic()
        while not self.stopping and self.given < self._options.packets:
            at = _START * 10**9 + (self.given + np.arange(len(starts))) * (10**9 // PACKETS_PER_SECOND)
            words[:, :4] = (at // 10**9).astype("<u4").view(np.uint8).reshape(-1, 4)
            words[:, 4:] = (at % 10**9).astype("<u4").view(np.uint8).reshape(-1, 4)
            data[starts[:, None] + np.arange(8)] = words
            _shift(data, ports, turn)
            _advance(data, long_starts, turn)
            self._put(data)
            self.given += len(starts)
            self.connections += CONNECTIONS
            turn += 1
            if self._options.rate:
                time.sleep(max(0.0, began + self.given / self._options.rate - time.monotonic()))

    def _put(self, data: bytes | np.ndarray) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


def _shift(data: np.ndarray, at: np.ndarray, turn: int) -> None:
    """Other hosts for each block: the second byte of both addresses' network (10.x) tells the turn."""
    for place in (at - 8, at - 4):  # source and destination address in the IP header
        private = data[place] == 10
        data[place[private] + 1] = turn & 255
        data[place[private] + 2] = (data[place[private] + 2] & 7) | ((turn >> 8 & 31) << 3)


def _advance(data: np.ndarray, at: np.ndarray, turn: int) -> None:
    """The long connection's numbers go on from block to block."""
    if not turn:
        return
    for which, own, peer in ((0, 10, 20), (1, 20, 10)):
        for offset, step in ((0, own), (4, peer)):
            place = at[which::2] + offset
            number = data[place[:, None] + np.arange(4)].copy().view(">u4").reshape(-1)
            number = (number + np.uint32(step * CONNECTIONS)).astype(">u4")
            data[place[:, None] + np.arange(4)] = number.view(np.uint8).reshape(-1, 4)


class Watched:
    """The program with its screen on a pseudo-terminal that is read all the time, or without one."""

    def __init__(self, options: argparse.Namespace, stdin: int) -> None:
        limits = ["--memory-limit", options.memory_limit, "--spool-limit", options.spool_limit]
        command = [sys.executable, "-m", "tcptui", *limits, "-"]
        self.said, self.lines = "", 0
        self._screen: Program | None = None
        self._process: subprocess.Popen[bytes] | None = None
        if options.program == "screen":
            self._screen = Program.run(command, 160, 48, stdin)
            self.pid, self._spools = self._screen.pid, self._screen.spools
        else:
            self._spools = Path(tempfile.mkdtemp(prefix="tcptui-bench-", dir=os.environ.get("TMPDIR", "/var/tmp")))
            self._spools.chmod(0o1777)  # the program may become another user
            self._process = subprocess.Popen(
                [*command[:-1], "--no-screen", "--only", "any-problem", "-"], stdin=stdin,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(self._spools)},
            )  # fmt: skip
            self.pid = self._process.pid
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._listen)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        if self._screen is not None:
            with contextlib.suppress(SystemExit, OSError):
                while True:
                    self._screen.read(1.0)
        elif self._process is not None and self._process.stdout is not None:
            for _line in self._process.stdout:
                self.lines += 1

    def _listen(self) -> None:
        if self._process is not None and self._process.stderr is not None:
            for line in self._process.stderr:
                self.said += line.decode(errors="replace")

    def held(self) -> int:
        """Bytes on disk of the spool, which may have no name."""
        with contextlib.suppress(OSError):
            for link in Path(f"/proc/{self.pid}/fd").iterdir():
                if str(link.readlink()).startswith(str(self._spools)):
                    return link.stat().st_blocks * 512
        return 0

    def processor_s(self) -> float:
        """Processor time used so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, *, by_signal: bool) -> float:
        """Wait for the end, of itself or by SIGTERM; returns how long it took, in seconds."""
        began = time.monotonic()
        if by_signal or self._screen is not None:
            os.kill(self.pid, signal.SIGTERM)
        if self._process is not None:
            self._process.wait(None if not by_signal else _END_SECONDS)
            for reader in self._readers:
                reader.join(_END_SECONDS)
        else:
            os.waitpid(self.pid, 0)
        took = time.monotonic() - began
        for left in self._spools.iterdir():
            left.unlink()
        self._spools.rmdir()
        return took


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=PACKETS_PER_SECOND * 12 * 3600)
    parser.add_argument("--seconds", type=float, default=3600, help="no packet is written after so many")
    parser.add_argument("--rate", type=int, default=0, help="packets a second; 0: as fast as they are taken")
    parser.add_argument("--every", type=int, default=1_000_000, help="packets between two rows")
    parser.add_argument("--program", choices=("screen", "no-screen"), default="screen")
    parser.add_argument("--shape", choices=("mixed", "trouble"), default="mixed")
    parser.add_argument("--memory-limit", default="64M")
    parser.add_argument("--spool-limit", default="512M")
    parser.add_argument("--sigterm", action="store_true", help="end the program while packets come")
    options = parser.parse_args()
    reading, writing = os.pipe()
    watched = Watched(options, reading)
    os.close(reading)
    writer = Writer(writing, options)
    began = time.monotonic()
    writer.start()
    print(f"load average {os.getloadavg()[0]:.2f}\n| {' | '.join(HEADINGS)} |\n|{'---:|' * len(HEADINGS)}")
    before, shown_at, spent = 0, began, 0.0
    last = False
    while not last:
        time.sleep(0.02)
        last = not writer.is_alive() or time.monotonic() - began > options.seconds
        given, now = writer.given, time.monotonic()
        if given - before >= options.every or (last and given > before):
            try:
                memory, processor = memory_of(watched.pid), watched.processor_s()
            except OSError:
                memory, processor = Memory(0, 0, 0), spent
            print(
                f"| {given / 1e6:.1f} | {given / PACKETS_PER_SECOND / 3600:.2f} | {writer.connections / 1e3:.0f} "
                f"| {(given - before) / max(now - shown_at, 1e-9) / 1e3:.0f} | {memory.resident / 2**20:.1f} "
                f"| {memory.proportional / 2**20:.1f} | {memory.page_tables / 2**20:.1f} "
                f"| {watched.held() / 2**20:.0f} | {1e6 * (processor - spent) / (given - before):.2f} |",
                flush=True,
            )
            before, shown_at, spent = given, now, processor
    if options.sigterm:
        took = watched.end(by_signal=True)
        writer.stopping = True
        writer.join()
    else:
        writer.stopping = True
        writer.join()
        took = watched.end(by_signal=False)
    print(f"{writer.given:,} packets given; the program ended {took:.1f} s later; {watched.lines:,} lines")
    print(watched.said, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
