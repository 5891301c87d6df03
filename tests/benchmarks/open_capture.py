"""Open captures with tcpdump, tshark and tcptui in one run: wall time, peak memory, ratios, growth.

    python tests/benchmarks/open_capture.py CAPTURE [CAPTURE …] [--runs N] [--plain-most N] [--tshark-most N]

For each capture, in turn and alone:

- ``tcpdump --count``: what reading the file costs;
- ``tshark -2 -n -r FILE -T fields -e tcp.analysis.flags``, once;
- verdicts: a process of ours that opens the file and has every verdict and state;
- report --json: the command, with every finding too;
- the verdicts again without the compiler (``[fast]`` not installed).

Ours run ``--runs`` times after one that warms the caches; medians are printed, with the times per packet in which
growth shows.  Captures of more packets than ``--plain-most`` or ``--tshark-most`` are left out there.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

VERDICTS = """\
import os, sys
from tcptui.analysis.analyzer import compiled_kernel
from tcptui.session.pipeline import Pipeline
from tcptui.wire.numba_compile import compiler_available
descriptor = os.open(sys.argv[1], os.O_RDONLY)
size = os.fstat(descriptor).st_size
pipeline = Pipeline([(descriptor, "capture")])
if compiler_available():
    pipeline.compile(compiled_kernel())
while pipeline.advance([size], [True]):
    pass
print(pipeline.store.count, pipeline.analyzer.streams.count)
"""
TSHARK = ("tshark", "-2", "-n", "-r", "{}", "-T", "fields", "-e", "tcp.analysis.flags")
TCPDUMP = ("tcpdump", "--count", "-n", "-r", "{}")
OURS = {
    "verdicts": ((sys.executable, "-c", VERDICTS, "{}"), {}),
    "report --json": ((sys.executable, "-m", "tcptui", "report", "{}", "--json"), {}),
    "verdicts, no numba": ((sys.executable, "-c", VERDICTS, "{}"), {"TCPTUI_PLAIN": "1"}),
}
PLAIN = "verdicts, no numba"


#: As where the program is installed, with its bytecode.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Run:
    """One finished process, or the medians of several."""

    wall_s: float
    peak_mb: float
    output: str


def measure(command: tuple[str, ...], path: Path, **environment: str) -> Run:
    """Run ``command`` on ``path`` to its end; peak memory by the kernel's own account of that child."""
    words = [word.replace("{}", str(path)) if word == "{}" else word for word in command]
    started = time.perf_counter()
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_ENVIRONMENT | environment
    ) as child:
        assert child.stdout is not None
        tail = b""
        while block := child.stdout.read(1 << 20):
            tail = (tail + block)[-200:]
        _pid, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{words[0]} ended with {child.returncode} on {path}")
    return Run(time.perf_counter() - started, usage.ru_maxrss / 1024, tail.decode(errors="replace").strip())


def several(command: tuple[str, ...], path: Path, runs: int, **environment: str) -> Run:
    """The medians of ``runs`` runs after one that warms the compiler's cache and the file's pages."""
    measure(command, path, **environment)
    done = [measure(command, path, **environment) for _ in range(runs)]
    wall, peak = statistics.median(run.wall_s for run in done), statistics.median(run.peak_mb for run in done)
    return Run(wall, peak, done[0].output)


def row(name: str, run: Run, packets: int, tshark: Run | None, tcpdump: Run) -> None:
    """Print one line of the table."""
    times = f"{tshark.wall_s / run.wall_s:>8.1f}x{tshark.peak_mb / run.peak_mb:>8.1f}x" if tshark else f"{'':>18}"
    print(
        f"  {name:<20}{run.wall_s:>9.2f}{run.peak_mb:>9.0f}{1e6 * run.wall_s / packets:>9.2f}"
        f"{1e6 * run.peak_mb / packets:>9.0f}{times}{run.wall_s / tcpdump.wall_s:>9.1f}",
        flush=True,
    )


def table(capture: Path, options: argparse.Namespace) -> None:
    """Measure one capture and print its part of the table."""
    tcpdump = several(TCPDUMP, capture, 1)
    packets = int(tcpdump.output.split()[0])
    print(f"{capture.name}: {packets:,} packets, {capture.stat().st_size / 1e6:,.0f} MB, load {os.getloadavg()[0]:.2f}")
    row("tcpdump --count", tcpdump, packets, None, tcpdump)
    tshark = measure(TSHARK, capture) if packets <= options.tshark_most else None
    if tshark is not None:
        row("tshark -2", tshark, packets, tshark, tcpdump)
    for name, (command, environment) in OURS.items():
        if name != PLAIN or packets <= options.plain_most:
            row(name, several(command, capture, options.runs, **environment), packets, tshark, tcpdump)


def main() -> int:
    """Measure each capture, the smallest first, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--plain-most", type=int, default=1_500_000, help="packets; more are not read in plain Python")
    parser.add_argument("--tshark-most", type=int, default=20_000_000, help="packets; tshark takes 2 KB for each")
    options = parser.parse_args()
    headings = ("wall s", "peak MB", "µs/pkt", "MB/Mpkt", "wall", "memory", "× tcpdump")
    print(f"{'':<22}{''.join(f'{heading:>9}' for heading in headings)}")
    print(f"{'':<58}{'tshark ÷ this':>18}")
    for capture in sorted(options.captures, key=lambda path: path.stat().st_size):
        table(capture, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
