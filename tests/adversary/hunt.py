"""Which mutants of the engine the adversary notices, and at which frame.

By hand: ``python tests/adversary/hunt.py`` prints the table.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tcptui.analysis.analyzer import Analyzer  # noqa: E402 - after the path is set
from tcptui.analysis.stream_table import STREAM_COLUMNS  # noqa: E402
from tcptui.pipeline import Pipeline  # noqa: E402
from tests.adversary.generator import SHAPES, generate  # noqa: E402
from tests.adversary.judge import Answers, Judge, lines  # noqa: E402
from tests.adversary.mutants import Mutant, mutants  # noqa: E402
from tests.conftest import corpus_folder  # noqa: E402

#: Fixed, so that a mutant's fate does not hang on luck.
HUNT_SEEDS = (11, 12)
FRAMES = 1_500
#: Shapes in which what matters is rare.
MORE_FRAMES = {"quotes": 5_000, "lengths": 4_000}
#: Seconds after which a mutant that does not come to an end counts as noticed.
PATIENCE = 20.0
_COLUMNS = (
    "stream", "previous", "verdict", "dup_ack_number", "refers_to", "acked", "bytes_in_flight", "push_bytes", "marks",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """A capture decoded once, with tshark's answers and the right engine's columns."""

    name: str
    store: Any
    flows: Any
    answers: Answers
    right: dict[str, Any]


class EndlessError(Exception):
    """The mutant did not come to an end."""


def grounds(judge: Judge, folder: Path) -> list[Ground]:
    """The captures to hunt on, asked of tshark once; the right engine must agree on all of them."""
    wanted = [(seed, shape) for seed in HUNT_SEEDS for shape in SHAPES if not SHAPES[shape].long]
    wanted.append((HUNT_SEEDS[0], "long"))

    def make(which: tuple[int, str]) -> Ground:
        seed, shape = which
        path = folder / f"{shape}-{seed}.pcap"
        generate(seed, shape, MORE_FRAMES.get(shape, FRAMES)).write(path)
        answers = judge.ask(path)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            pipeline = Pipeline([(descriptor, path.name)])
            while pipeline.advance([path.stat().st_size], [True]):
                pass
        finally:
            os.close(descriptor)
        right = _columns(pipeline.store, pipeline.analyzer.streams)
        return Ground(f"{shape} {seed}", pipeline.store, pipeline.flows, answers, right)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(make, wanted))


def hunt(judge: Judge, found: list[Ground], mutant: Mutant) -> str | None:
    """Where ``mutant`` is noticed, in words; None when it survives."""
    kernel = mutant.kernel()
    for ground in found:
        analyzer = Analyzer(ground.store, ground.flows)
        analyzer._kernel = kernel
        try:
            with _patience():
                analyzer.analyse(0, ground.store.count)
                columns = _columns(ground.store, analyzer.streams)
                if all(np.array_equal(columns[name], ground.right[name]) for name in columns):
                    continue
                differences = judge.differences(ground.answers, lines(ground.store, analyzer.streams))
        except EndlessError:
            return f"{ground.name}: does not end"
        except (IndexError, OverflowError, UnboundLocalError, ValueError) as error:
            return f"{ground.name}: {type(error).__name__}"
        if differences:
            return f"{ground.name}: {differences[0]}"
    return None


def _columns(store: Any, streams: Any) -> dict[str, Any]:
    columns = {name: getattr(store, name)[: store.count].copy() for name in _COLUMNS}
    shown = [name for name in STREAM_COLUMNS if name not in ("troubled", "min_rtt_a_ns", "min_rtt_b_ns")]
    return columns | {f"stream {name}": getattr(streams, name)[: streams.count].copy() for name in shown}


@contextmanager
def _patience() -> Iterator[None]:
    def over(_signal: int, _frame: object) -> None:
        raise EndlessError

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    folder = corpus_folder()
    if folder is None:
        print("needs the corpus: set TCPTUI_CORPUS to its folder", file=sys.stderr)
        return 2
    judge = Judge(folder)
    survivors = 0
    with tempfile.TemporaryDirectory() as scratch:
        found = grounds(judge, Path(scratch))
        for mutant in mutants():
            where = hunt(judge, found, mutant)
            survivors += where is None
            print(f"{mutant.line:4} {mutant.name}\n       {where or 'SURVIVES'}", flush=True)
    print(f"{survivors} survive")
    return 0


if __name__ == "__main__":
    sys.exit(main())
