"""Which mutants of the engine the adversary notices, and at which frame.

By hand: ``python tests/adversary/hunt.py`` prints the table.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tcptui.analysis.analyzer import Analyzer  # noqa: E402 - after the path is set
from tcptui.analysis.stream.table import STREAM_COLUMNS  # noqa: E402
from tcptui.cli.report.verdicts import tcp_rows  # noqa: E402
from tcptui.session.pipeline import Pipeline  # noqa: E402
from tests.adversary.generator import SHAPES, generate  # noqa: E402
from tests.adversary.judge import Answers, Difference, Judge, lines  # noqa: E402
from tests.adversary.mutants import Kernel, Mutant, mutants  # noqa: E402
from tests.conftest import corpus_folder  # noqa: E402

#: Fixed, so that a mutant's fate does not hang on luck.
HUNT_SEEDS = (11, 12)
FRAMES = 1_500
#: Shapes in which what matters is rare.
MORE_FRAMES = {"quotes": 5_000, "lengths": 4_000}
#: A mutant that takes so many times the processor time of the right engine (and a second) never comes to an end.
PATIENCE = 10
#: So many rows that a mutant changes are held against tshark's answers at first.
FIRST_ROWS = 40
_OF_STREAM = "of stream: "
_COLUMNS = (
    "stream", "previous", "verdict", "dup_ack_number", "refers_to", "acked", "bytes_in_flight", "push_bytes", "marks",
)  # fmt: skip


@dataclass
class Ground:
    """A capture decoded once, with the right engine's columns; tshark is asked when a mutant's are others."""

    name: str
    path: Path
    store: Any
    flows: Any
    right: dict[str, Any]
    seconds: float
    """Processor time that the right engine took, reading the file included."""
    _answers: Answers | None = None

    def answers(self, judge: Judge) -> Answers:
        """What tshark says of it, and the right engine, too.

        Raises RuntimeError when these two differ.
        """
        if self._answers is None:
            self._answers = judge.ask(self.path)
            pipeline = _read(self.path)  # the store holds what a mutant says
            if judge.differences(self._answers, lines(pipeline.store, pipeline.analyzer.streams)):
                raise RuntimeError(f"the engine itself differs from tshark: {self.name}")
        return self._answers


class EndlessError(Exception):
    """The mutant did not come to an end."""


def grounds(folder: Path) -> list[Ground]:
    """The captures to hunt on, in ``folder``, which must stay."""
    wanted = [(seed, shape) for seed in HUNT_SEEDS for shape in SHAPES if not SHAPES[shape].long]
    wanted.append((HUNT_SEEDS[0], "long"))
    return [_ground(folder / f"{shape}-{seed}.pcap", seed, shape) for seed, shape in wanted]


def _ground(path: Path, seed: int, shape: str) -> Ground:
    generate(seed, shape, MORE_FRAMES.get(shape, FRAMES)).write(path)
    begun = time.process_time()
    pipeline = _read(path)
    right = _columns(pipeline.store, pipeline.analyzer.streams)
    seconds = time.process_time() - begun
    return Ground(f"{shape} {seed}", path, pipeline.store, pipeline.flows, right, seconds)


def _read(path: Path) -> Pipeline:
    """The capture decoded and analysed by the right engine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        pipeline = Pipeline([(descriptor, path.name)])
        while pipeline.advance([path.stat().st_size], [True]):
            pass
    finally:
        os.close(descriptor)
    return pipeline


def hunt(judge: Judge, found: list[Ground], mutant: Mutant) -> str | None:
    """Where ``mutant`` is noticed, in words; None when it survives.

    What noticed a mutant comes first for the next: neighbours in the source are noticed by the same traffic.
    """
    kernel = mutant.kernel()
    for place, ground in enumerate(found):
        where = _where(judge, ground, kernel)
        if where is not None:
            found.insert(0, found.pop(place))
            return where
    return None


def _where(judge: Judge, ground: Ground, kernel: Kernel) -> str | None:
    analyzer = Analyzer(ground.store, ground.flows)
    analyzer._kernel = kernel
    try:
        with _patience(1 + PATIENCE * ground.seconds):
            analyzer.analyse(0, ground.store.count)
        rows = _other_rows(ground, _columns(ground.store, analyzer.streams))
        if not len(rows):
            return None
        difference = _first_difference(judge, ground, analyzer.streams, rows)
    except EndlessError:
        return f"{ground.name}: does not end"
    except (IndexError, OverflowError, UnboundLocalError, ValueError) as error:
        return f"{ground.name}: {type(error).__name__}"
    return None if difference is None else f"{ground.name}: {difference}"


def _first_difference(judge: Judge, ground: Ground, streams: Any, rows: Any) -> Difference | None:
    """The first of ``rows`` (ascending) on which tshark says something else.

    Few rows are asked about at first: most mutants are noticed by one of them.
    """
    answers = ground.answers(judge)
    begin, size = 0, FIRST_ROWS
    while begin < len(rows):
        part = rows[begin : begin + size]
        frames = set(ground.store.frame[part].tolist())
        found = judge.differences(answers.of(frames), lines(ground.store, streams, part))
        if found:
            return found[0]
        begin, size = begin + size, size * 4
    return None


def _other_rows(ground: Ground, columns: dict[str, Any]) -> Any:
    """TCP rows of which something is not as the right engine has it."""
    right, rows = ground.right, tcp_rows(ground.store)
    if len(columns[_OF_STREAM + "flow"]) != len(right[_OF_STREAM + "flow"]):
        return rows
    other = np.zeros(ground.store.count, bool)
    for name in _COLUMNS:
        other |= columns[name] != right[name]
    streams = np.zeros(len(right[_OF_STREAM + "flow"]) + 1, bool)  # the last one for rows of none
    for name in columns.keys() - set(_COLUMNS):
        streams[:-1] |= columns[name] != right[name]
    return rows[other[rows] | streams[columns["stream"][rows]]]


@contextmanager
def untraced() -> Iterator[None]:
    """Nobody counts the lines of mutants; counting would take most of the time."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


def _columns(store: Any, streams: Any) -> dict[str, Any]:
    columns = {name: getattr(store, name)[: store.count].copy() for name in _COLUMNS}
    shown = [name for name in STREAM_COLUMNS if name not in ("troubled", "min_rtt_a_ns", "min_rtt_b_ns")]
    return columns | {_OF_STREAM + name: getattr(streams, name)[: streams.count].copy() for name in shown}


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    def over(_signal: int, _frame: object) -> None:
        raise EndlessError

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def main() -> int:
    folder = corpus_folder()
    if folder is None:
        print("needs the corpus: set TCPTUI_CORPUS to its folder", file=sys.stderr)
        return 2
    judge = Judge(folder)
    survivors = 0
    with tempfile.TemporaryDirectory() as scratch:
        found = grounds(Path(scratch))
        for mutant in mutants():
            where = hunt(judge, found, mutant)
            survivors += where is None
            print(f"{mutant.line:4} {mutant.name}\n       {where or 'SURVIVES'}", flush=True)
    print(f"{survivors} survive")
    return 0


if __name__ == "__main__":
    sys.exit(main())
