"""Reports of captures that hurt, by tshark and by tcptui on one core and on all, as a table for the README.

    python tests/benchmarks/report_speed.py [--only N,N,…] [--runs 3] [--scale 1.0] [--tshark-most N] [--directory DIR]

The captures are made by `make_capture` and `case_crowd` where they are not in ``--directory`` yet; ``--scale 0.01``
makes small ones, to try it out.  For each, by turns and alone, after a run of ours that warms the caches:

- ``tshark -2 -n -r FILE -T fields -e tcp.analysis.flags``;
- verdicts: a process of ours that opens the file and has every verdict and state;
- ``tcptui report FILE --json --workers 1``, the same with all cores, and the report as text.

Medians of ``--runs`` turns are printed (of tshark one run), with the peak of the memory of the program and its children
(PSS: pages that several share count once), and how many times as long, and as much, tshark takes.  Memory is looked at
in a run of its own: whoever looks takes a processor, and holds up the one that is looked at.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import case_crowd
import make_capture
from open_capture import TSHARK, VERDICTS
from process_memory import Peak


@dataclass(frozen=True)
class Capture:
    """One capture to be made."""

    name: str
    shape: str
    connections: int
    snaplen: int = 262_144


CAPTURES = (
    Capture("1.3 million whole packets, 10,000 connections", "transfers", 10_000),
    Capture("the same, 128 bytes of each", "transfers", 10_000, 128),
    Capture("100,000 connections of 10 packets, 3 % in trouble", "short", 100_000),
    Capture("200,000 connections of 5 packets, all in trouble", "trouble", 200_000),
    Capture("10,000 transfers, 128 bytes of each packet, every length its own", "varied-transfers", 10_000, 128),
    Capture("100,000 connections of 10 packets, 3 % in trouble, every length its own", "varied-short", 100_000),
    Capture("200,000 connections of 5 packets, all in trouble, every length its own", "varied-trouble", 200_000),
    Capture("the bundled cases 100 times, every number its own", "cases", 100),
    Capture("10 million packets, 128 bytes of each, 77,000 connections", "transfers", 77_000, 128),
)
_REPORT = (sys.executable, "-m", "tcptui", "report", "{}")
OURS = {
    "verdicts": (sys.executable, "-c", VERDICTS, "{}"),
    "report --json --workers 1": (*_REPORT, "--json", "--workers", "1"),
    "report --json": (*_REPORT, "--json"),
    "report": _REPORT,
}


@dataclass(frozen=True)
class Run:
    """One finished program, or the medians of several."""

    wall_s: float
    peak_mb: float


def measure(command: tuple[str, ...], path: Path, *, watched: bool = False) -> Run:
    """Run ``command`` on ``path`` to its end; ``watched``: the sum of PSS is looked at all the while."""
    words = [str(path) if word == "{}" else word for word in command]
    began = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        peak = Peak(program.pid) if watched else None
        code = program.wait()
    wall = time.perf_counter() - began
    if code:
        raise SystemExit(f"{words} ended with {code}")
    return Run(wall, 0.0 if peak is None else peak.end() / 1e6)


def rows(path: Path, packets: int, options: argparse.Namespace) -> dict[str, Run]:
    """What each program took for ``path``."""
    times: dict[str, list[float]] = defaultdict(list)
    programs = {"tshark -2": TSHARK} | OURS if packets <= options.tshark_most else OURS
    peaks = {name: measure(command, path, watched=True).peak_mb for name, command in programs.items()}
    for turn in range(options.runs):
        for name, command in programs.items():
            if not turn or name in OURS:
                times[name].append(measure(command, path).wall_s)
    return {name: Run(statistics.median(done), peaks[name]) for name, done in times.items()}


def main() -> int:
    """Make the captures, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="numbers of captures, from 1; all unless said otherwise")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the connections")
    parser.add_argument("--tshark-most", type=int, default=3_000_000, help="packets; larger captures without tshark")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the captures are, or go")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    wanted = [int(number) for number in options.only.split(",") if number] or range(1, len(CAPTURES) + 1)
    print(f"{len(os.sched_getaffinity(0))} processors, load average {os.getloadavg()[0]:.2f}\n")
    print("| capture | | wall | peak memory | µs a packet | against tshark |\n|---|---|---:|---:|---:|---|")
    for capture in (CAPTURES[number - 1] for number in wanted):
        count = max(int(capture.connections * options.scale), 1)
        path = options.directory / f"tcptui-{capture.shape}-{count}-{capture.snaplen}.pcap"
        if not path.exists():
            if capture.shape == "cases":
                case_crowd.write(path, count)
            else:
                make_capture.write(path, capture.shape, count, 1, capture.snaplen)
        counting = subprocess.run(["tcpdump", "--count", "-n", "-r", path], check=True, capture_output=True, text=True)
        packets = int(counting.stdout.split()[0])
        title = f"{capture.name}: {packets:,} packets, {path.stat().st_size / 1e6:,.0f} MB"
        found = rows(path, packets, options)
        tshark = found.get("tshark -2")
        for name, run in found.items():
            against = ""
            if tshark is not None and run is not tshark:
                against = (
                    f"{tshark.wall_s / run.wall_s:.1f}× as fast, 1/{tshark.peak_mb / run.peak_mb:.1f} of the memory"
                )
            print(
                f"| {title} | `{name}` | {run.wall_s:.2f} s | {run.peak_mb:,.0f} MB | {1e6 * run.wall_s / packets:.2f} "
                f"| {against} |",
                flush=True,
            )
            title = ""
    return 0


if __name__ == "__main__":
    sys.exit(main())
