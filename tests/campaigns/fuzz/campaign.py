"""Fuzzes all readers: ``python -m tests.campaigns.fuzz.campaign``.

``--runs N --seed S`` does the same each time, as CI does; ``--minutes M`` goes on for so long, from a fresh seed.
``--keep FOLDER`` has the corpora, from which a later call goes on, and the faults.  Exit status 1: there were faults.

The program is instrumented once and reads the first inputs, which imports the rest of it; then each reader is fuzzed in
a process forked from that.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import secrets
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

with atheris.instrument_imports(include=["tcptui"]):
    from tcptui.protocols.scapy_child.client import scapy_child
    from tests.campaigns.fuzz.readers import READERS, Reader

from tests.campaigns.fuzz.watch import SLOWEST, Watch

#: libFuzzer's own bounds: wall-clock seconds for one input, for what never ends; resident memory.
_ENDLESS_S: Final = 900
_MEMORY_MB: Final = 3000
_EXECUTED: Final = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_REACHED: Final = re.compile(r"cov: (\d+) ft: (\d+)")
#: How often it is looked whether a process has ended, in seconds.
_LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried of each reader: a number of inputs, or wall-clock seconds."""

    seed: int
    runs: int | None = None
    seconds: float = 0.0

    @property
    def options(self) -> list[str]:
        """As libFuzzer takes it."""
        much = f"-max_total_time={max(int(self.seconds), 1)}" if self.runs is None else f"-runs={self.runs}"
        return [much, f"-seed={self.seed}"]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one reader."""

    reader: str
    executed: int
    seconds: float
    """Processor time."""
    branches: int
    features: int
    slowest_s: float
    slowest_bytes: int
    faults: tuple[str, ...]
    """First lines of their descriptions."""


def fuzz(reader: Reader, folder: Path, effort: Effort) -> None:
    """Fuzz ``reader`` in this process, which libFuzzer ends."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(reader.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed[: reader.largest])
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    bounds = [f"-max_len={reader.largest}", f"-timeout={_ENDLESS_S}", f"-rss_limit_mb={_MEMORY_MB}"]
    artifacts = f"-artifact_prefix={folder}/"
    atheris.Setup(
        [sys.argv[0], *bounds, artifacts, "-print_final_stats=1", *effort.options, str(corpus)], Watch(reader, folder)
    )
    atheris.Fuzz()


def result(reader: Reader, folder: Path, status: int, seconds: float) -> Result:
    """What a process that ended with ``status`` left in ``folder``."""
    log = (folder / "log").read_text(errors="replace")
    executed, reached = _EXECUTED.search(log), _REACHED.findall(log)
    try:
        slowest = json.loads((folder / SLOWEST).read_text())
    except FileNotFoundError:
        slowest = {"seconds": 0.0, "bytes": 0}
    faults = [path.read_text().partition("\n")[0] for path in sorted(folder.glob("fault-*.txt"))]
    if status:
        faults.append(f"{reader.name}: the process ended with {os.waitstatus_to_exitcode(status)}: see {folder}/log")
    branches, features = map(int, reached[-1]) if reached else (0, 0)
    return Result(
        reader.name, int(executed[1]) if executed else 0, seconds, branches, features, slowest["seconds"],
        slowest["bytes"], tuple(faults),
    )  # fmt: skip


def warm_up(readers: list[Reader], scratch: Path) -> None:
    """Read the first inputs of ``readers``: what is imported only then is instrumented, too."""
    with atheris.instrument_imports(include=["tcptui"]):
        for reader in readers:
            for seed in reader.seeds():
                reader.read(seed[: reader.largest], scratch)


def campaign(readers: list[Reader], keep: Path, effort: Effort, jobs: int) -> list[Result]:
    """Fuzz ``readers``, ``jobs`` at a time; prints a row of each as it ends."""
    scapy_child.close()  # trees do without its process, which bounds each packet itself
    with tempfile.TemporaryDirectory() as scratch:
        warm_up(readers, Path(scratch))
    left, running, results = list(readers), dict[int, tuple[Reader, Path]](), list[Result]()
    while left or running:
        while left and len(running) < jobs:
            reader = left.pop(0)
            folder = keep / reader.name
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.glob("fault-*"):
                old.unlink()
            pid = os.fork()
            if not pid:
                fuzz(reader, folder, effort)
                os._exit(0)
            running[pid] = reader, folder
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if not pid:
            time.sleep(_LOOK_S)
            continue
        reader, folder = running.pop(pid)
        results.append(result(reader, folder, status, usage.ru_utime + usage.ru_stime))
        print(_row(results[-1]), flush=True)
    return results


def _row(one: Result) -> str:
    tried = f"{one.reader:16} {one.executed:9} inputs {one.seconds:7.0f} s"
    reached = f"{one.branches:6} branches {one.features:6} features"
    return f"{tried} {reached}, slowest {one.slowest_s:.2f} s ({one.slowest_bytes} bytes), {len(one.faults)} faults"


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description="Coverage-guided fuzzing of everything that reads bytes of others.")
    parser.add_argument("--reader", action="append", choices=[each.name for each in READERS], help="default: all")
    parser.add_argument("--runs", type=int, help="inputs for each reader")
    parser.add_argument("--minutes", type=float, default=20.0, help="for all readers together (default: 20)")
    parser.add_argument("--seed", type=int, help="default: a fresh one, printed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="default: a temporary folder, which stays if there were faults")
    return parser.parse_args()


def main() -> int:
    """As the module says."""
    asked = _arguments()
    readers = [each for each in READERS if asked.reader is None or each.name in asked.reader]
    seed = secrets.randbelow((1 << 31) - 1) + 1 if asked.seed is None else asked.seed
    effort = Effort(seed, asked.runs, asked.minutes * 60 * asked.jobs / len(readers))
    keep = asked.keep or Path(tempfile.mkdtemp(prefix="tcptui-fuzz-"))
    print(f"seed {seed}, kept in {keep}", flush=True)
    results = campaign(readers, keep, effort, asked.jobs)
    faults = [fault for one in results for fault in one.faults]
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    executed = sum(one.executed for one in results)
    print(f"{executed} inputs, {spent.ru_utime + spent.ru_stime:.0f} s of processor time, {len(faults)} faults")
    print(*faults, sep="\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
