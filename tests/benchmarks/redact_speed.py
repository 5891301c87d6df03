"""What a redacted copy costs, against a report of the capture and a copy by tcpdump, as a table.

    python tests/benchmarks/redact_speed.py [--only N,N,…] [--runs 3] [--scale 1.0] [--directory DIR]

The captures lie in ``--directory`` afterwards.  Downloads are of random bytes: bytes that are all alike would flatter
the search for what is left of them.  The others are made by `make_capture`.

By turns ``tcptui redact``, ``tcptui report --json --workers 1`` and ``tcpdump -r … -w …`` run.  Printed are medians of
processor time (of the program and of its children), megabytes of the capture in a second of it, how often that of the
other two goes into that of redact (in each turn for itself, the median), and the peak of the memory (PSS, in a run of
its own).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import make_capture
from make_capture import ACK, Record, Talk
from report_speed import measure
from timed_runs import timed

#: Segments of a download, all full.
_SEGMENTS: Final = 10_000
_FULL: Final = 1448


@dataclass(frozen=True)
class Capture:
    """One capture to be made."""

    name: str
    shape: str
    """As of `make_capture`; empty: downloads of random bytes."""
    connections: int


CAPTURES = (
    Capture("4 downloads of 14 MB", "", 4),
    Capture("40 downloads of 14 MB", "", 40),
    Capture("400 transfers of 120 KB", "transfers", 400),
    Capture("1,000 connections of 10 packets", "short", 1_000),
)
_PROGRAM: Final = (sys.executable, "-m", "tcptui")


def downloads(count: int) -> Iterator[Record]:
    """The packets of ``count`` downloads, one behind the other."""
    for number in range(count):
        talk = Talk(number, random.Random(number))
        talk.open()
        talk.say(0, ACK, 5, 100)
        for place in range(_SEGMENTS):
            talk.say(1, ACK, 0.02, _FULL, talk.rng.randbytes(_FULL))
            if place % 2:
                talk.say(0, ACK)
        talk.close()
        yield from ((number * 1_000_000_000_000 + time_ns, frame) for time_ns, frame in talk.records)


def write(capture: Capture, path: Path, count: int) -> None:
    """Make a capture of ``count`` connections."""
    if capture.shape:
        make_capture.write(path, capture.shape, count, seed=1)
    else:
        make_capture.write_capture(path, downloads(count))


def row(name: str, path: Path, folder: Path, runs: int) -> str:
    """What the programs took for one capture, as a row of the table."""
    out, key = str(folder / "out.pcapng"), folder / "key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    redact = (*_PROGRAM, "redact", "{}", "-w", out, "--overwrite", "--key", str(key))
    others = ((*_PROGRAM, "report", "{}", "--json", "--workers", "1"), ("tcpdump", "-r", "{}", "-w", "/dev/null"))
    peak = measure(redact, path, watched=True).peak_mb
    spent, ratios = [], []
    for _ in range(runs):
        spent.append(timed(redact, path, folder / "told")[1])
        ratios.append([spent[-1] / max(timed(one, path, folder / "told")[1], 0.01) for one in others])
    middle, size = statistics.median(spent), path.stat().st_size / 1e6
    report, copy = (statistics.median(of) for of in zip(*ratios, strict=True))
    numbers = f"{middle:.1f} s | {size / middle:.1f} MB/s | {report:.1f} | {copy:.0f} | {peak:.0f} MB"
    return f"| {name} | {size:,.0f} MB | {numbers} |"


def main() -> int:
    """Make the captures, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="numbers of captures, from 1; all unless said otherwise")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the connections")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the captures are, or go")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    wanted = [int(number) for number in options.only.split(",") if number] or range(1, len(CAPTURES) + 1)
    print(f"{len(os.sched_getaffinity(0))} processors, load average {os.getloadavg()[0]:.2f}\n")
    print("| capture | size | processor | rate | reports | copies by tcpdump | peak memory |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(dir=options.directory) as folder:
        for number in wanted:
            capture = CAPTURES[number - 1]
            count = max(int(capture.connections * options.scale), 1)
            path = options.directory / f"tcptui-redact-{number}-{count}.pcap"
            if not path.exists():
                write(capture, path, count)
            print(row(capture.name, path, Path(folder), options.runs), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
