"""What hostile captures cost every command: time and memory a byte, and how both grow.

    python -m tests.campaigns.sweep [--shape NAME…] [--command NAME…] [--octets N…] [--jobs 2] [--directory FOLDER]

Each shape (`tests/campaigns/shapes/`) is written at each size, each command reads it in a process of its own, forked
from one that has imported the program, with a limit of processor time.  A line for each pair, the worst first: seconds
of processor time at each size, microseconds a byte, bytes of memory a byte (both beyond those of an almost empty
capture), and the exponent of growth between the last two sizes.  Exit status 1 where a pair is above the bounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NoReturn

from .shapes import tcp_shapes

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from forked_commands import prepare

from tcptui.__main__ import main as program_main

#: The modules that have shapes.
_MODULES: Final = ("tcp_shapes", "protocol_shapes")
SIZES: Final = (200_000, 1_600_000, 6_400_000)
#: Growth above this exponent is not linear, where the time is above `NOTICED_S`.
MOST_EXPONENT: Final = 1.25
NOTICED_S: Final = 2.0
MOST_MICROSECONDS: Final = 50.0
#: Bytes of memory a byte of capture: a packet of 58 bytes has a row in the store, a connection one in its table.
MOST_MEMORY: Final = 200.0
#: Processor time that a process may take at most.
_LIMIT_S: Final = 400
#: Grows by little as memory is returned or not: what an almost empty capture takes may differ by so much.
_SLACK_BYTES: Final = 48 << 20

#: The words behind ``tcptui`` of each command, by name; the capture, and a folder that may be written to.
COMMANDS: Final[dict[str, Callable[[str, str], list[str]]]] = {
    "report": lambda file, _: ["report", file],
    "report-full": lambda file, _: ["report", file, "--full"],
    "report-json": lambda file, _: ["report", file, "--json"],
    "report-explain": lambda file, _: ["report", file, "--explain"],
    "report-stream": lambda file, _: ["report", file, "--stream", "0"],
    "report-html": lambda file, out: ["report", file, "--html", f"{out}/page.html", "--overwrite"],
    "requests": lambda file, _: ["requests", file, "--jsonl"],
    "requests-har": lambda file, out: ["requests", file, "--har", f"{out}/requests.har", "--overwrite"],
    "requests-grouped": lambda file, _: ["requests", file, "--group", "statement"],
    "follow": lambda file, _: ["follow", file, "--stream", "0"],
    "follow-decoded": lambda file, _: ["follow", file, "--stream", "0", "--decoded"],
    "export": lambda file, _: ["export", file],
    "packets": lambda file, _: ["packets", file],
    "packets-fields": lambda file, _: [
        "packets", file, "-e", "frame.number", "-e", "tcp.analysis.flags", "-e", "tcptui.client.state", "-e", "dns.id",
    ],
    "filter-columns": lambda file, _: ["packets", file, "--count", "-Y", "tcp.analysis.retransmission && ip.ttl > 3"],
    "filter-findings": lambda file, _: ["packets", file, "--count", "-Y", 'tcptui.severity == "error"'],
    "filter-dns": lambda file, _: ["packets", file, "--count", "-Y", "dns"],
    "filter-http": lambda file, _: ["packets", file, "--count", "-Y", 'http.request.method == "GET"'],
    "filter-tree": lambda file, _: ["packets", file, "--count", "-Y", "tcp.options.wscale.shift == 7 || ipv6.opt.type"],
    "verdicts": lambda file, _: ["verdicts", file, "--jsonl"],
    "graph-sequence": lambda file, _: ["graph", file, "--stream", "0", "--kind", "sequence", "--csv"],
    "graph-throughput": lambda file, _: ["graph", file, "--stream", "0", "--kind", "throughput", "--csv"],
    "graph-rtt": lambda file, _: ["graph", file, "--stream", "0", "--kind", "rtt", "--csv"],
    "graph-window": lambda file, _: ["graph", file, "--stream", "0", "--kind", "window", "--csv"],
    "graph-flight": lambda file, _: ["graph", file, "--stream", "0", "--kind", "flight", "--csv"],
    "graph-svg": lambda file, _: ["graph", file, "--stream", "0", "--svg", "-"],
    "explain": lambda file, _: ["explain", file, "--stream", "0", "--json"],
    "slice": lambda file, out: ["slice", file, "--finding", "loss,closing", "-w", f"{out}/slice.pcapng", "--overwrite"],
    "assert": lambda file, _: ["assert", file, 'no tcptui.severity == "error"', "p99 tcp.analysis.ack_rtt < 0.2"],
    "no-screen": lambda file, _: ["-r", file, "--no-screen"],
}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    seconds: float
    """Of processor time, with that of its own processes."""
    memory: int
    """Bytes, at most, of one process."""
    status: int

    @property
    def ended_early(self) -> bool:
        """Whether the limit of processor time, or the memory, ended it."""
        return self.status < 0


@dataclass(frozen=True)
class Pair:
    """A shape, a command, and what it took at each size."""

    shape: str
    command: str
    octets: tuple[int, ...]
    """Sizes of the captures."""
    costs: tuple[Cost, ...]
    base: Cost
    """What an almost empty capture takes."""

    @property
    def seconds(self) -> tuple[float, ...]:
        """Of processor time, without what a start takes."""
        return tuple(max(cost.seconds - self.base.seconds, 0.001) for cost in self.costs)

    @property
    def microseconds(self) -> float:
        """A byte, of the largest capture."""
        return self.seconds[-1] * 1e6 / self.octets[-1]

    @property
    def memory(self) -> float:
        """Bytes a byte of the largest capture, beyond what a start takes."""
        return max(self.costs[-1].memory - self.base.memory - _SLACK_BYTES, 0) / self.octets[-1]

    @property
    def exponent(self) -> float:
        """Of growth between the last two sizes: 1 is linear.  0 with one size, and where it took no time."""
        if len(self.octets) < 2 or not self.seconds[-2] or not self.seconds[-1]:
            return 0.0
        return math.log(self.seconds[-1] / self.seconds[-2]) / math.log(self.octets[-1] / self.octets[-2])

    @property
    def is_above(self) -> bool:
        """Whether it is above the bounds, or ended with neither 0 nor 1 (`assert`: 3)."""
        grows = self.exponent > MOST_EXPONENT and self.seconds[-1] > NOTICED_S
        dear = self.microseconds > MOST_MICROSECONDS and self.seconds[-1] > NOTICED_S
        return grows or dear or self.memory > MOST_MEMORY or any(cost.status not in {0, 1, 3} for cost in self.costs)

    def line(self) -> str:
        """The pair as a line of the table."""
        times = " ".join(f"{seconds:7.2f}" for seconds in self.seconds)
        failed = "".join(f" status {cost.status}" for cost in self.costs if cost.status not in {0, 1, 3})
        return (
            f"{'!' if self.is_above else ' '} {times} s {self.microseconds:7.2f} µs/B {self.memory:6.1f} B/B "
            f"^{self.exponent:5.2f}  {self.shape} × {self.command}{failed}"
        )


def _limit(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))


def run(words: Sequence[str], *, limit_s: int = _LIMIT_S) -> Cost:
    """``tcptui`` with ``words`` in a process of its own."""
    child = os.fork()
    if not child:
        _limit(limit_s)
        _become(words)
    _, status, used = os.wait4(child, 0)
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, os.waitstatus_to_exitcode(status))


def _become(words: Sequence[str]) -> NoReturn:
    """Run ``tcptui`` with ``words``, without input or output; end with its status."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    sys.argv[1:] = words
    status = 70
    try:
        status = program_main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 70
    finally:
        os._exit(status)


@cache
def _base(command: str, folder: Path) -> Cost:
    file = folder / "almost-empty.pcap"
    file.write_bytes(tcp_shapes.SHAPES["whole-connections"](500))
    run(COMMANDS[command](str(file), str(folder)))  # what is compiled or cached once is not of every start
    return run(COMMANDS[command](str(file), str(folder)))


def measure(shape: str, command: str, sizes: Sequence[int], folder: Path) -> Pair:
    """What ``command`` takes for ``shape`` at each of the ``sizes``; captures are written to ``folder`` once."""
    octets, costs = [], []
    for size in sizes:
        file = folder / f"{shape}-{size}.pcap"
        if not file.exists():
            part = file.with_suffix(f".{command}")
            part.write_bytes(shapes()[shape](size))
            part.replace(file)
        with tempfile.TemporaryDirectory(dir=folder) as out:
            cost = run(COMMANDS[command](str(file), out))
        octets.append(file.stat().st_size)
        costs.append(cost)
        if cost.ended_early:
            break
    return Pair(shape, command, tuple(octets), tuple(costs), _base(command, folder))


def shapes() -> dict[str, Callable[[int], bytes]]:
    """All shapes, by name."""
    found: dict[str, Callable[[int], bytes]] = {}
    for name in _MODULES:
        module = f"{__package__}.shapes.{name}"
        if importlib.util.find_spec(module) is not None:
            found |= importlib.import_module(module).SHAPES
    return found


def _chosen(words: Sequence[str], known: Sequence[str]) -> list[str]:
    """Those of ``known`` that are, or begin with, one of ``words``; all without any."""
    return [name for name in known if not words or any(name.startswith(word) for word in words)]


def sweep(pairs: Sequence[tuple[str, str]], sizes: Sequence[int], folder: Path, jobs: int) -> Iterator[Pair]:
    """Measure all ``pairs``, ``jobs`` at a time, in their order."""
    prepare()
    for command in {command for _, command in pairs}:
        _base(command, folder)
    with ProcessPoolExecutor(jobs, get_context("fork")) as processes:
        yield from processes.map(partial(_measure, sizes=sizes, folder=folder), pairs)


def _measure(pair: tuple[str, str], sizes: Sequence[int], folder: Path) -> Pair:
    return measure(*pair, sizes, folder)


def main() -> int:
    """The command line; exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", nargs="+", default=[])
    parser.add_argument("--command", nargs="+", default=[])
    parser.add_argument("--octets", nargs="+", type=int, default=SIZES)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--directory", type=Path, help="where captures are written, and kept")
    options = parser.parse_args()
    commands = _chosen(options.command, list(COMMANDS))
    pairs = [(shape, command) for shape in _chosen(options.shape, list(shapes())) for command in commands]
    with tempfile.TemporaryDirectory() as made:
        folder = options.directory or Path(made)
        folder.mkdir(exist_ok=True)
        done = []
        for pair in sweep(pairs, options.octets, folder, options.jobs):
            done.append(pair)
            print(pair.line(), file=sys.stderr, flush=True)
    print()
    for pair in sorted(done, key=lambda pair: (pair.is_above, pair.microseconds), reverse=True):
        print(pair.line())
    return 1 if any(pair.is_above for pair in done) else 0


if __name__ == "__main__":
    sys.exit(main())
