"""By hand: the whole program over mutations of real captures, for as long as wanted.

    python tests/adversary/mutate_captures.py --count 20000 --seed 7 --jobs 2 --keep /tmp/found
    NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=/tmp/checked python tests/adversary/mutate_captures.py --count 2000
    python tests/adversary/mutate_captures.py --count 5000 --evolve     # guided by coverage
    python tests/adversary/mutate_captures.py --file /tmp/found/7-311.pcap

Exit status 1 when something went wrong: a crash, a hang, memory without bounds, kernels that differ, or
text that is more than text.  Each such capture is kept.  Numba's kernels index arrays without looking at
bounds; with NUMBA_BOUNDSCHECK=1 they look.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import queue
import random
import resource
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.adversary.capture_mutants import mutated  # noqa: E402 - after the path is set
from tests.adversary.capture_pieces import read_seeds  # noqa: E402
from tests.conftest import corpus_folder  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seeds larger than this are left out: of each only the first packets are used anyway.
LARGEST_SEED = 800_000
#: Seconds that one capture of some dozen packets may take; a hundred times what it takes.
HANG_S = 60
#: … and the compiler, whose work is not kept for a new place of the source.
START_S = 600
#: Bytes that one such capture may have in memory beyond what the program has before it.
MEMORY = 256 << 20
#: What a worker may address in all: beyond it memory errors, not the machine's end.
_ADDRESSABLE = 6 << 30


def seeds() -> dict[str, bytes]:
    """What is mutated: the corpus, where there is one, and the bundled cases."""
    corpus = corpus_folder()
    folders = [] if corpus is None else [corpus / name for name in ("dev", "quirks", "malformed")]
    return read_seeds([*folders, ROOT / "cases"], LARGEST_SEED)


class Mutants:
    """Makes the mutant of a number; with ``evolving`` what reached new code is mutated further."""

    def __init__(self, captures: dict[str, bytes], seed: int) -> None:
        self._pool = list(captures.values())
        self._seed = seed
        self.kept = 0

    def make(self, number: int) -> tuple[bytes, random.Random]:
        """The bytes, and the chance that decides the rest of the trial."""
        chance = random.Random(f"{self._seed}/{number}")
        begin = chance.choice(self._pool) if not self.kept or chance.random() < 0.5 else chance.choice(self._newest())
        return mutated(begin, self._pool, chance), chance

    def _newest(self) -> list[bytes]:
        return self._pool[-self.kept :]

    def keep(self, data: bytes) -> None:
        """Mutate this one, too."""
        self._pool.append(data)
        self.kept += 1


class Reached:
    """Which lines of the engine have been reached so far."""

    def __init__(self) -> None:
        import coverage

        logging.getLogger("coverage").setLevel(logging.ERROR)
        packages = ("wire", "application", "analysis", "explain", "inspection", "capture", "report")
        include = [str(ROOT / "tcptui" / name / "*") for name in packages]
        self._coverage = coverage.Coverage(data_file=None, branch=True, include=include, config_file=False)
        self.arcs = 0

    def __enter__(self) -> Reached:
        self._coverage.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._coverage.stop()

    def is_new(self) -> bool:
        """Whether the last run came somewhere for the first time."""
        data, before = self._coverage.get_data(), self.arcs
        self.arcs = sum(len(data.arcs(name) or ()) for name in data.measured_files())
        return self.arcs > before


def _resident(name: str) -> int:
    """``VmRSS`` or ``VmHWM`` of this process, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) << 10
    return 0


def work(seed: int, first: int, step: int, count: int, keep: Path, evolve: bool) -> None:
    """In a process of its own: every ``step``-th mutant from ``first``; a line for each on standard output."""
    from tests.adversary.capture_trial import try_out, warm_up

    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSABLE, _ADDRESSABLE))
    mutants, reached = Mutants(seeds(), seed), Reached() if evolve else None
    warm_up()
    warnings.simplefilter("error")  # they would be printed over the screen
    channel = sys.stdout
    with tempfile.TemporaryDirectory(prefix="tcptui-mutants-") as folder:
        path = Path(folder) / "mutant.pcap"
        for number in range(first, count, step):
            data, chance = mutants.make(number)
            path.write_bytes(data)
            print("begin", number, file=channel, flush=True)
            Path("/proc/self/clear_refs").write_text("5")
            before, began = _resident("VmRSS"), time.monotonic()
            faulthandler.dump_traceback_later(HANG_S, exit=True)
            packets, trouble = 0, ""
            try:
                if reached is None:
                    packets = try_out(path, chance)
                else:
                    with reached:
                        packets = try_out(path, chance)
            except Exception:  # noqa: BLE001 - whatever it is, it is what we look for
                trouble = traceback.format_exc()
            faulthandler.cancel_dump_traceback_later()
            took, grown = time.monotonic() - began, _resident("VmHWM") - before
            if not trouble and grown > MEMORY:
                trouble = f"{grown >> 20} MiB for {len(data)} bytes"
            if trouble:
                (keep / f"{seed}-{number}.pcap").write_bytes(data)
                (keep / f"{seed}-{number}.txt").write_text(trouble)
            elif reached is not None and reached.is_new():
                mutants.keep(data)
            last = trouble.strip().rpartition("\n")[2]
            arcs = 0 if reached is None else reached.arcs
            print(
                "end",
                number,
                packets,
                round(took * 1e3),
                grown >> 20,
                mutants.kept,
                arcs,
                last,
                file=channel,
                flush=True,
            )


@dataclass
class Tally:
    """What a run came to."""

    mutants: int = 0
    packets: int = 0
    slowest_ms: tuple[int, int] = (0, 0)
    largest_mib: tuple[int, int] = (0, 0)
    kept: int = 0
    arcs: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        _end, number, packets, ms, mib, kept, arcs, *last = line.split(" ", 7)
        self.mutants += 1
        self.packets += int(packets)
        self.slowest_ms = max(self.slowest_ms, (int(ms), int(number)))
        self.largest_mib = max(self.largest_mib, (int(mib), int(number)))
        self.kept, self.arcs = max(self.kept, int(kept)), max(self.arcs, int(arcs))
        if last and last[0].strip():
            self.failures.append(f"{number}: {last[0].strip()}")

    def __str__(self) -> str:
        (ms, slowest), (mib, largest) = self.slowest_ms, self.largest_mib
        text = (
            f"{self.mutants} mutants, {self.packets} packets, {len(self.failures)} failures; "
            f"slowest {ms} ms (#{slowest}), most memory {mib} MiB (#{largest})"
        )
        return text + (f"; {self.kept} kept, {self.arcs} branches reached" if self.arcs else "")


def _lines(pipe: IO[str], into: queue.Queue[str | None]) -> None:
    with pipe:
        for line in pipe:
            into.put(line.rstrip("\n"))
    into.put(None)


def _noise(pipe: IO[str], into: list[str]) -> None:
    with pipe:
        into.extend(pipe)


def _serve(seed: int, first: int, step: int, count: int, keep: Path, evolve: bool, end: float) -> Iterator[str]:
    """The lines of workers that do every ``step``-th mutant; a new one goes on behind one that died."""
    at = first
    while at < count:
        command = [sys.executable, __file__, "--seed", str(seed), "--worker", str(at), str(step), "--count", str(count)]
        command += ["--keep", str(keep), *(["--evolve"] if evolve else [])]
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
                    at, begun = int(line.split()[1]) + step, -1
                    if time.monotonic() > end:
                        return
        except queue.Empty:
            pass
        finally:
            worker.kill()
            worker.wait()
            for reader in readers:
                reader.join(5)
        if begun < 0 and at < count:
            raise RuntimeError(f"a worker ended: {''.join(noise)[-2000:]}")
        if begun >= 0:
            data, _chance = Mutants(seeds(), seed).make(begun)
            (keep / f"{seed}-{begun}.pcap").write_bytes(data)
            (keep / f"{seed}-{begun}.txt").write_text("".join(noise))
            yield f"end {begun} 0 0 0 0 0 the process died or hung: see {seed}-{begun}.txt"
            at = begun + step


def run(seed: int, count: int, jobs: int, keep: Path, *, evolve: bool = False, seconds: float = 1e9) -> Tally:
    """``count`` mutants of ``seed`` in ``jobs`` processes, or as many as are done within ``seconds``."""
    tally, lock, end = Tally(), threading.Lock(), time.monotonic() + seconds
    errors: list[BaseException] = []

    def serve(first: int) -> None:
        try:
            for line in _serve(seed, first, jobs, count, keep, evolve, end):
                with lock:
                    tally.add(line)
                    if tally.mutants % 500 == 0 and seconds == 1e9:
                        print(tally, flush=True)
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


def _one(path: Path) -> int:
    from tests.adversary.capture_trial import try_out, warm_up

    warm_up()
    for number in range(20):  # the trial chooses what to do
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        print(try_out(path, random.Random(number)), "packets")
    return 0


def main() -> int:
    parser: Any = argparse.ArgumentParser(description="The whole program over mutations of real captures.")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, help="default: a fresh one, printed")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where captures go that something went wrong with")
    parser.add_argument("--evolve", action="store_true", help="mutate further what reached new code")
    parser.add_argument("--file", type=Path, help="try out this capture only")
    parser.add_argument("--worker", nargs=2, type=int, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.file is not None:
        return _one(a.file)
    if a.worker is not None:
        work(a.seed, *a.worker, a.count, a.keep, a.evolve)
        return 0
    seed = secrets.randbelow(1 << 32) if a.seed is None else a.seed
    keep = a.keep or Path(tempfile.mkdtemp(prefix="tcptui-found-"))
    keep.mkdir(parents=True, exist_ok=True)
    checked = os.environ.get("NUMBA_BOUNDSCHECK", "0")
    print(f"seed {seed}, bounds of machine code checked: {checked}, found captures in {keep}", flush=True)
    began = time.monotonic()
    tally = run(seed, a.count, a.jobs, keep, evolve=a.evolve)
    print(f"{tally}; {time.monotonic() - began:.0f} s")
    print("\n".join(tally.failures))
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
