"""By hand: the whole program over mutations of real captures, for as long as wanted.

    python tests/adversary/mutate_captures.py --count 20000 --seed 7 --jobs 2 --keep /tmp/found
    NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=/tmp/checked python tests/adversary/mutate_captures.py --count 2000
    python tests/adversary/mutate_captures.py --evolve --minutes 60 --keep /tmp/found     # guided by what is reached
    python tests/adversary/mutate_captures.py --app --count 500 --keep /tmp/found         # … shown on the screen
    python tests/adversary/mutate_captures.py --file /tmp/found/7-311.pcap

Exit status 1 when something went wrong: a crash, a hang, memory without bounds, kernels that differ, or
text that is more than text.  Each such capture is kept, and in ``pool`` those that reached something new:
a later run with the same folder goes on with them.  Numba's kernels index arrays without looking at
bounds; with NUMBA_BOUNDSCHECK=1 they look.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import queue
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.adversary.capture_worker import HANG_S, Orders, Trial, work  # noqa: E402 - after the path is set

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds that the compiler may take, whose work is not kept for a new place of the source.
START_S = 600
#: Without an end in sight the run says so often how it is doing.
_EVERY = 500


@dataclass
class Tally:
    """What a run came to."""

    mutants: int = 0
    packets: int = 0
    slowest_ms: tuple[int, int] = (0, 0)
    largest_mib: tuple[int, int] = (0, 0)
    kept: int = 0
    arcs: int = 0
    traits: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """One more mutant, from the line that its end was told by."""
        _end, number, packets, ms, mib, kept, arcs, traits, *last = line.split(" ", 8)
        self.mutants += 1
        self.packets += int(packets)
        self.slowest_ms = max(self.slowest_ms, (int(ms), int(number)))
        self.largest_mib = max(self.largest_mib, (int(mib), int(number)))
        self.kept, self.arcs = max(self.kept, int(kept)), max(self.arcs, int(arcs))
        self.traits = max(self.traits, int(traits))
        if last and last[0].strip():
            self.failures.append(f"{number}: {last[0].strip()}")

    def __str__(self) -> str:
        (ms, slowest), (mib, largest) = self.slowest_ms, self.largest_mib
        text = (
            f"{self.mutants} mutants, {self.packets} packets, {len(self.failures)} failures; "
            f"slowest {ms} ms (#{slowest}), most memory {mib} MiB (#{largest})"
        )
        guided = f"; {self.kept} kept, {self.arcs} branches and {self.traits} traits reached"
        return text + (guided if self.arcs else "")


def _lines(pipe: IO[str], into: queue.Queue[str | None]) -> None:
    with pipe:
        for line in pipe:
            into.put(line.rstrip("\n"))
    into.put(None)


def _noise(pipe: IO[str], into: list[str]) -> None:
    with pipe:
        into.extend(pipe)


def _serve(orders: Orders, end: float) -> Iterator[str]:
    """The lines of workers that do every ``step``-th mutant; a new one goes on behind one that died."""
    at = orders.first
    while at < orders.count:
        command = [sys.executable, __file__, "--seed", str(orders.seed), "--worker", str(at), str(orders.step)]
        command += ["--count", str(orders.count), "--keep", str(orders.keep), "--trial", orders.trial.value]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said: queue.Queue[str | None] = queue.Queue()
        noise: list[str] = []
        readers = [
            threading.Thread(target=_lines, args=(worker.stdout, said), daemon=True),
            threading.Thread(target=_noise, args=(worker.stderr, noise), daemon=True),
        ]
        for reader in readers:
            reader.start()
        begun = -1
        try:
            patience = START_S
            while (line := said.get(timeout=patience)) is not None:
                patience = 2 * HANG_S
                if line.startswith("begin "):
                    begun = int(line.split()[1])
                elif line.startswith("end "):
                    yield line
                    at, begun = int(line.split()[1]) + orders.step, -1
                    if time.monotonic() > end:
                        return
        except queue.Empty:
            pass
        finally:
            worker.kill()
            worker.wait()
            for reader in readers:
                reader.join(5)
        if begun < 0 and at < orders.count:
            raise RuntimeError(f"a worker ended: {''.join(noise)[-2000:]}")
        if begun >= 0:
            failed = orders.failed(begun)
            orders.lane.rename(failed)
            failed.with_suffix(".txt").write_text("".join(noise))
            yield f"end {begun} 0 0 0 0 0 0 the process died or hung: see {failed.stem}.txt"
            at = begun + orders.step


def run(
    seed: int, count: int, jobs: int, keep: Path, *, trial: Trial = Trial.ENGINE, seconds: float = 1e9,
    progress: bool = False,
) -> Tally:  # fmt: skip
    """``count`` mutants of ``seed`` in ``jobs`` processes, or as many as are done within ``seconds``."""
    tally, lock, end = Tally(), threading.Lock(), time.monotonic() + seconds
    orders = Orders(seed, 0, jobs, count, keep, trial)
    errors: list[BaseException] = []

    def serve(first: int) -> None:
        try:
            for line in _serve(replace(orders, first=first), end):
                with lock:
                    tally.add(line)
                    if progress and tally.mutants % _EVERY == 0:
                        print(time.strftime("%H:%M:%S"), tally, flush=True)
        except (RuntimeError, OSError) as error:
            errors.append(error)

    threads = [threading.Thread(target=serve, args=(first,)) for first in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return tally


def _one(path: Path, trial: Trial) -> int:
    from tests.adversary.app_trial import try_app
    from tests.adversary.capture_trial import try_out, warm_up

    warm_up()
    for number in range(20):  # the trial chooses what to do
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        print((try_app if trial is Trial.APP else try_out)(path, random.Random(number)), "packets")
    return 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description="The whole program over mutations of real captures.")
    parser.add_argument("--count", type=int, help="default: 1000, or as many as the time allows")
    parser.add_argument("--minutes", type=float, help="end after so long")
    parser.add_argument("--seed", type=int, help="default: a fresh one, printed")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where captures go that something went wrong with")
    parser.add_argument("--trial", type=Trial, default=Trial.ENGINE, help=argparse.SUPPRESS)
    for name, trial, what in (
        ("--evolve", Trial.GUIDED, "mutate further what reached something new"),
        ("--app", Trial.APP, "walk through the screens instead"),
    ):
        parser.add_argument(name, dest="trial", action="store_const", const=trial, help=what)
    parser.add_argument("--file", type=Path, help="try out this capture only")
    parser.add_argument("--worker", nargs=2, type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """As the module says."""
    a = _arguments()
    if a.file is not None:
        return _one(a.file, a.trial)
    if a.worker is not None:
        work(Orders(a.seed, *a.worker, a.count, a.keep, a.trial))
        return 0
    seed = secrets.randbelow(1 << 32) if a.seed is None else a.seed
    keep = a.keep or Path(tempfile.mkdtemp(prefix="tcptui-found-"))
    keep.mkdir(parents=True, exist_ok=True)
    checked = os.environ.get("NUMBA_BOUNDSCHECK", "0")
    print(f"seed {seed}, bounds of machine code checked: {checked}, found captures in {keep}", flush=True)
    began, seconds = time.monotonic(), 1e9 if a.minutes is None else 60 * a.minutes
    count = a.count or (1000 if a.minutes is None else 1 << 30)
    tally = run(seed, count, a.jobs, keep, trial=a.trial, seconds=seconds, progress=True)
    print(f"{tally}; {time.monotonic() - began:.0f} s")
    print("\n".join(tally.failures))
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
