"""Days of a live capture at speed: memory and disk stay flat while packets come and the oldest leave.

    python tests/benchmarks/long_capture.py [--packets N] [--seconds S] [--memory MIB] [--spool MIB]

Packets come as from a capture child: a thread writes records to the end of an unnamed spool, and the very `Session`
of the screen reads, decodes, analyses, judges and lets go.  The writer waits for whoever reads, so the rate is what
the analysis can do.  Connections are short ones (a request, an answer, sometimes a segment sent again) on changing
ports, and one that lives for ever.  What is printed: packets, the capture's own clock at 5,000 packets/s, resident
memory, the system's tables of this process's pages, what the spool holds on disk, streams ever seen and kept.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from tcptui.capture.source import Announce, SourceStatus
from tcptui.capture.spool.punch import SpoolRelease, held_bytes
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from captures import SERVER, Tape

#: The rate at which the clock of the simulated capture goes.
PACKETS_PER_SECOND = 5_000
#: Connections of one block; the long one beside them.
CONNECTIONS = 2_000
_CLIENT_PORT = 20
_START = 1_700_000_000


def block() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bytes of a few thousand connections, where records begin, and which of them are the long connection's."""
    tape = Tape()
    long_ends = "10.9.9.9:50000", f"{SERVER}:5432"
    is_long: list[bool] = []
    for number in range(CONNECTIONS):
        client = f"10.0.{number >> 8}.{number & 255}:{20_000 + number}"
        before = len(tape.records)
        if number % 50:
            tape.clean(number, client, f"{SERVER}:80", b"GET / HTTP/1.1\r\n\r\n", b"x" * 300)
        else:
            tape.lossy(number, client, f"{SERVER}:80")
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


class Days:
    """A source whose thread writes block after block, each a little later and from other ports."""

    growing = True
    live = True
    label = "days"

    def __init__(self, packets: int, seconds: float, limit: int) -> None:
        with tempfile.TemporaryFile(dir="/var/tmp", buffering=0) as file:
            self.descriptor = os.dup(file.fileno())
        self.limit_bytes = limit
        self.written = 0
        self._release = SpoolRelease(self.descriptor)
        self._packets = packets
        self._deadline = time.monotonic() + seconds
        self._status = SourceStatus(end=0, complete=False, received=0, kernel_dropped=0)
        self._announce: Announce = lambda: None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.session: Session | None = None

    def start(self, announce: Announce) -> None:
        """Begin to write."""
        self._announce = announce
        self._thread.start()

    def status(self) -> SourceStatus:
        """The level now."""
        return self._status

    def release(self, offset: int) -> bool:
        """As a live source does."""
        return self._release.release(offset)

    def keep_spool(self) -> bool:
        """Nothing is kept."""
        return False

    def stop(self) -> None:
        """Write no more."""
        self._stopping = True
        self._thread.join(10)

    def close(self) -> None:
        """Give the spool up."""
        self.stop()
        os.close(self.descriptor)

    def _run(self) -> None:
        data, starts, is_long = block()
        words = data[starts[:, None] + np.arange(8)]
        ports = starts[~is_long] + 16 + _CLIENT_PORT
        long_starts = starts[is_long] + 16 + 24
        header = Tape().pcap()
        os.pwrite(self.descriptor, header, 0)
        end, turn = len(header), 0
        while not self._stopping and self.written < self._packets and time.monotonic() < self._deadline:
            at = _START * 10**9 + (self.written + np.arange(len(starts))) * (10**9 // PACKETS_PER_SECOND)
            words[:, :4] = (at // 10**9).astype("<u4").view(np.uint8).reshape(-1, 4)
            words[:, 4:] = (at % 10**9).astype("<u4").view(np.uint8).reshape(-1, 4)
            data[starts[:, None] + np.arange(8)] = words
            _shift(data, ports, turn)
            _advance(data, long_starts, turn)
            os.pwrite(self.descriptor, data, end)
            end += len(data)
            self.written += len(starts)
            turn += 1
            self._status = SourceStatus(end, False, self.written, 0)
            self._announce()
            while self.session is not None and self.session.progress.rows < self.written - 4 * len(starts):
                time.sleep(0.001)
        self._status = SourceStatus(end, True, self.written, 0)
        self._announce()


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


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _page_tables() -> int:
    """KiB; they count as memory wherever a group of processes is limited, but are not in what is resident."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmPTE:"):
            return int(line.split()[1])
    return 0


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=PACKETS_PER_SECOND * 12 * 3600)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--memory", type=int, default=256, help="MiB of rows")
    parser.add_argument("--spool", type=int, default=512, help="MiB on disk")
    options = parser.parse_args()
    source = Days(options.packets, options.seconds, options.spool << 20)
    session = Session([source], compile_when=Compile.FIRST, memory=options.memory << 20)
    source.session = session
    began, shown = time.monotonic(), 0.0
    print("  packets (M)  of 12 h   wall s   RSS MiB  tables MiB  spool MiB  streams (k)  kept (k)  kept rows (M)")

    async def watch() -> None:
        nonlocal shown
        running = asyncio.create_task(session.run())
        while not running.done():
            await asyncio.wait({running}, timeout=0.5)
            rows, wall = session.progress.rows, time.monotonic() - began
            if wall - shown >= 10 or running.done():
                shown = wall
                hours = rows / PACKETS_PER_SECOND / 3600
                print(
                    f"  {rows / 1e6:11.1f}  {hours:5.2f} h  {wall:7.0f}  {_resident() >> 20:8}  "
                    f"{_page_tables() / 1024:10.1f}  {held_bytes(source.descriptor) >> 20:9}  "
                    f"{session.streams.count / 1e3:11.0f}  "
                    f"{(session.streams.count - session.streams.evicted_streams) / 1e3:8.0f}  "
                    f"{(session.store.count - session.store.first) / 1e6:13.2f}",
                    flush=True,
                )
        await running

    asyncio.run(watch())
    session.close()


if __name__ == "__main__":
    main()
