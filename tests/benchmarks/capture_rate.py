"""Packets lost at the same load: ``tcpdump -w``, tcptui with its screen on, and tcptui ``-w``.

    python tests/benchmarks/capture_rate.py [--runs 3] [--seconds 2] [--rates …] [--sizes …] [--budget 560]
    python tests/benchmarks/capture_rate.py --buffers 2048,8192,32768,65536,131072    which -B
    python tests/benchmarks/capture_rate.py --minutes 10 --rates 20000                lag and memory at speed

Needs root on Linux.  Two namespaces joined by a veth pair; `offered_load` sends, the programs capture at
the other end, one at a time and by turns.  tcptui runs on a pseudo-terminal that is read all the time
while keys are pressed.  Lost is what was offered and is not in the file (without ``-w``: not among the packets
that the program has at its end).  Prints a table, with ``--json FILE`` writes every run; ends by itself after
``--budget`` seconds with the runs made until then, each round over all loads before the next.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import mmap
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from capture_runs import Load, Outcome, Wire, by_tcpdump, by_tcptui

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RATES = "10000,50000,100000,200000,400000,1000000"
SIZES = "100,1514"
PROGRAMS = "tcpdump,tcptui,tcptui -w"
#: Kept of each packet: all of it.
SNAPLEN = 262_144
#: Enough for a capture of which the compiler thinks it worth its while.
WARM = Load(60_000, 100, 1.0)
Key = tuple[int, int, int, str]


def numbers(text: str) -> list[int]:
    """The numbers of a list with commas."""
    return [int(part) for part in text.split(",")]


def touch(size: int) -> None:
    """Have ``size`` bytes of memory at hand.

    The host of a virtual machine takes back what was freed some seconds ago; to get it again takes longer
    than to write a packet, and fell on whichever program came next.
    """
    mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()


def capture(wire: Wire, program: str, load: Load, directory: Path, buffer_kib: int, snaplen: int) -> Outcome:
    """One run; its file is gone afterwards."""
    path = directory / "run.pcap"
    touch(int(2 * load.rate * load.seconds * load.frame_bytes))
    try:
        if program == "tcpdump":
            return by_tcpdump(wire, load, path, buffer_kib, snaplen)
        return by_tcptui(wire, load, path if program == "tcptui -w" else None, buffer_kib, snaplen)
    finally:
        path.unlink(missing_ok=True)
        os.sync()  # giving a gigabyte back to the disk is not the next program's work


def rounds(options: argparse.Namespace) -> Iterator[Key]:
    """Every combination once a round: frame size, rate, buffer, program."""
    for _ in range(options.runs):
        for size in numbers(options.sizes):
            for rate in numbers(options.rates):
                for buffer_kib in numbers(options.buffers):
                    for program in options.programs.split(","):
                        yield size, rate, buffer_kib, program


def table(outcomes: dict[Key, list[Outcome]]) -> None:
    """One line a load and program."""
    print(
        f"{'frame':>6}{'asked/s':>10}{'offered/s':>11}{'-B MiB':>7}  {'program':<10}{'lost % of each run':>28}"
        f"{'kernel says':>12}{'us/packet':>10}{'lag s':>7}{'caught up s':>12}{'peak MB':>9}"
    )
    for (size, rate, buffer_kib, program), runs in sorted(outcomes.items()):
        lost = "  ".join(f"{run.lost_percent:.3f}" for run in runs)
        busy = statistics.median(1e6 * run.processor_s / max(run.kept, 1) for run in runs)
        print(
            f"{size:>6}{rate:>10}{statistics.median(run.rate for run in runs):>11.0f}{buffer_kib / 1024:>7.0f}"
            f"  {program:<10}{lost:>28}{sum(run.kernel_dropped for run in runs):>12}{busy:>10.2f}"
            f"{max(run.lag_seconds for run in runs):>7.1f}{max(run.catch_up_seconds for run in runs):>12.1f}"
            f"{max(run.memory_mb for run in runs):>9.0f}"
        )


def make_machine_code(wire: Wire, directory: Path) -> None:
    """It is made once and kept: not in the middle of a run."""
    path = directory / "warm.pcap"
    by_tcpdump(wire, WARM, path, 65_536, SNAPLEN)
    subprocess.run([sys.executable, "-m", "tcptui", "report", str(path), "--json"], check=True, capture_output=True)
    path.unlink()


def compare(wire: Wire, directory: Path, options: argparse.Namespace, write: Callable[[object], None]) -> None:
    """All rounds, as far as the time goes."""
    outcomes: dict[Key, list[Outcome]] = defaultdict(list)
    if any(program != "tcpdump" for program in options.programs.split(",")):
        make_machine_code(wire, directory)
    deadline = time.monotonic() + options.budget
    for key in rounds(options):
        if time.monotonic() > deadline:
            print("out of time: the rounds above are all there are")
            break
        size, rate, buffer_kib, program = key
        outcome = capture(wire, program, Load(rate, size, options.seconds), directory, buffer_kib, options.snaplen)
        outcomes[key].append(outcome)
        if options.verbose:
            print(size, rate, buffer_kib, dataclasses.asdict(outcome), flush=True)
    table(outcomes)
    write(
        [
            {"frame": size, "asked": rate, "buffer_kib": buffer_kib, **dataclasses.asdict(outcome)}
            for (size, rate, buffer_kib, _program), runs in outcomes.items()
            for outcome in runs
        ]
    )


def at_length(wire: Wire, options: argparse.Namespace, write: Callable[[object], None]) -> None:
    """One long run of tcptui, looked at every ten seconds."""
    load = Load(numbers(options.rates)[0], numbers(options.sizes)[0], 60 * options.minutes)
    print(f"{load.rate} packets/s of {load.frame_bytes} bytes for {options.minutes} minutes")
    outcome = by_tcptui(wire, load, None, numbers(options.buffers)[0], options.snaplen, options.sample)
    print(json.dumps({name: value for name, value in dataclasses.asdict(outcome).items() if name != "samples"}))
    write(dataclasses.asdict(outcome))


def main() -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default=RATES, help="packets a second; a rate beyond the machine is the machine's")
    parser.add_argument("--sizes", default=SIZES, help="bytes of a frame")
    parser.add_argument("--buffers", default="65536", help="-B of both programs, in KiB")
    parser.add_argument("--programs", default=PROGRAMS)
    parser.add_argument("--snaplen", type=int, default=SNAPLEN)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long is sent in each run")
    parser.add_argument("--budget", type=float, default=560.0, help="no run begins after so many seconds")
    parser.add_argument("--minutes", type=float, help="one run of tcptui of this length instead")
    parser.add_argument("--sample", type=float, default=10.0, help="with --minutes: seconds between two looks")
    parser.add_argument("--directory", default="/var/tmp", help="where the captures go")
    parser.add_argument("--json", type=Path, help="write every run there")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("namespaces and captures need root")

    def write(found: object) -> None:
        if options.json is not None:
            options.json.write_text(json.dumps(found, indent=1))

    print(f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory(dir=options.directory) as directory, Wire() as wire:
        os.environ["XDG_STATE_HOME"] = directory
        if options.minutes:
            make_machine_code(wire, Path(directory))
            at_length(wire, options, write)
        else:
            compare(wire, Path(directory), options, write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
