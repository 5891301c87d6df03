"""Open a capture with tshark and with tcptui in the same run: wall time, peak memory, ratio.

    python tests/benchmarks/open_capture.py CAPTURE [CAPTURE …] [--runs N]

tshark: ``tshark -2 -n -r FILE -T fields -e tcp.analysis.flags``.  tcptui: a process that opens the
file and has every verdict and state (``verdicts``), and one that also has every finding (``report``).
Processes run in turn, tshark once, ours ``--runs`` times; medians are printed.
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
from tcptui.pipeline import Pipeline
from tcptui.wire.compiled import compiler_available
descriptor = os.open(sys.argv[1], os.O_RDONLY)
size = os.fstat(descriptor).st_size
pipeline = Pipeline([(descriptor, "capture")])
if compiler_available():
    pipeline.compile(compiled_kernel())
while pipeline.advance([size], [True]):
    pass
print(pipeline.store.count, pipeline.analyzer.streams.count)
"""


@dataclass(frozen=True)
class Run:
    """One finished process."""

    wall_s: float
    peak_mb: float
    output: str


def measure(command: list[str], **environment: str) -> Run:
    """Run ``command`` to its end; peak memory by the kernel's own account of that child."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | environment
    ) as child:
        assert child.stdout is not None
        tail = b""
        while block := child.stdout.read(1 << 20):
            tail = (tail + block)[-200:]
        _pid, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[0]} ended with {child.returncode}")
    return Run(time.perf_counter() - started, usage.ru_maxrss / 1024, tail.decode(errors="replace").strip())


def main() -> int:
    """Measure each capture and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{'capture':<22}{'what':<22}{'wall s':>9}{'peak MB':>9}{'ratio':>8}{'memory':>8}")
    for capture in options.captures:
        path = str(capture)
        oracle = measure(["tshark", "-2", "-n", "-r", path, "-T", "fields", "-e", "tcp.analysis.flags"])
        print(f"{capture.name:<22}{'tshark -2':<22}{oracle.wall_s:>9.2f}{oracle.peak_mb:>9.0f}")
        ways = {
            "verdicts": ([sys.executable, "-c", VERDICTS, path], {}),
            "report --json": ([sys.executable, "-m", "tcptui", "report", path, "--json"], {}),
            "verdicts, no numba": ([sys.executable, "-c", VERDICTS, path], {"TCPTUI_PLAIN": "1"}),
        }
        for name, (command, environment) in ways.items():
            measure(command, **environment)  # warm: the compiler's cache, the file's pages
            runs = [measure(command, **environment) for _ in range(options.runs)]
            wall, peak = statistics.median(r.wall_s for r in runs), statistics.median(r.peak_mb for r in runs)
            print(
                f"{'':<22}{name:<22}{wall:>9.2f}{peak:>9.0f}{oracle.wall_s / wall:>7.1f}x{oracle.peak_mb / peak:>7.1f}x"
            )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
