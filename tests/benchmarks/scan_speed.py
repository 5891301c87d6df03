"""What ``tcptui scan`` takes beyond the packets: for a small file, for a big one against its report, and in memory.

    python tests/benchmarks/scan_speed.py [--files 1000] [--connections 8000] [--workers N] [--directory DIR]

Small files are captures of one connection of ten packets.  A scan of one of them is taken away from a scan of all: what
is left, by the file, is what a file costs; of the kernel's and the program's start nothing is in it.  It is told in
processor time, and as how many packets of a big file (``--connections`` of the shape ``short`` of `make_capture`).  Of
the big file the scan is told beside ``report --json --workers 1``.

Memory is that of the workers (RssAnon), each at a tenth of its life and at its end; it is looked at twice a second.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import make_capture
from timed_runs import timed

_PROGRAM: Final = (sys.executable, "-m", "tcptui")
_RECORD: Final = struct.Struct("<IIII")
_FILE_HEADER: Final = 24


def small_files(folder: Path, count: int) -> None:
    """The same connection at ``count`` times."""
    folder.mkdir()
    make_capture.write(folder / "first.pcap", "short", 1, 1)
    whole = bytearray((folder / "first.pcap").read_bytes())
    (folder / "first.pcap").unlink()
    for number in range(count):
        at = _FILE_HEADER
        while at < len(whole):
            seconds, *others = _RECORD.unpack_from(whole, at)
            _RECORD.pack_into(whole, at, seconds + 1, *others)
            at += _RECORD.size + others[1]
        (folder / f"n{number}-x.pcap").write_bytes(whole)


def scanned(folder: Path, workers: int) -> tuple[float, float]:
    """Seconds of wall and of processor of a scan of ``folder``."""
    out = folder.with_name(f"{folder.name}-out")
    shutil.rmtree(out, ignore_errors=True)
    return timed((*_PROGRAM, "scan", "{}", "-o", str(out), "--workers", str(workers)), folder, Path("/dev/null"))


def worker_memory(folder: Path, workers: int) -> dict[int, list[int]]:
    """KiB of RssAnon of each child of a scan of ``folder``, twice a second."""
    out = folder.with_name(f"{folder.name}-out")
    shutil.rmtree(out, ignore_errors=True)
    words = (*_PROGRAM, "scan", str(folder), "-o", str(out), "--workers", str(workers))
    seen: dict[int, list[int]] = {}
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        while program.poll() is None:
            with suppress(OSError):
                for child in Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split():
                    told = Path(f"/proc/{child}/status").read_text()
                    found = [int(line.split()[1]) for line in told.splitlines() if line.startswith("RssAnon")]
                    seen.setdefault(int(child), []).extend(found)
            time.sleep(0.5)
    return seen


def main() -> int:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--connections", type=int, default=8_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--directory", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as made:
        one, many, big = (Path(made) / name for name in ("one", "many", "big"))
        small_files(one, 1)
        small_files(many, options.files)
        big.mkdir()
        packets = make_capture.write(big / "big.pcap", "short", options.connections, 1)
        scanned(one, 1)  # warms the caches
        _, alone = scanned(one, options.workers)
        wall, all_s = scanned(many, options.workers)
        _, big_s = scanned(big, options.workers)
        report = (*_PROGRAM, "report", "{}", "--json", "--workers", "1")
        _, report_s = timed(report, big / "big.pcap", Path("/dev/null"))
        each_ms = 1e3 * (all_s - alone) / (options.files - 1)
        packet_us = 1e6 * (big_s - alone) / packets
        print(f"{options.files:,} small files: {wall:.1f} s, {all_s:.1f} s of processor; {each_ms:.1f} ms a file")
        print(f"as much as {1e3 * each_ms / packet_us:,.0f} packets of a big file, at {packet_us:.1f} µs each")
        print(f"{packets:,} packets: scan {big_s:.1f} s of processor, report {report_s:.1f} s")
        for worker, kib in worker_memory(many, options.workers).items():
            if len(kib) > 10:
                print(f"worker {worker}: {kib[len(kib) // 10] >> 10} MiB, at its end {kib[-1] >> 10} MiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
