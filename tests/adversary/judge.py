"""tshark's answers and ours to one capture, and where they differ."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from tcptui.analysis.analyzer import compiled_kernel
from tcptui.cli.report.verdicts import Evidence, tcp_lines, tcp_rows
from tcptui.session.pipeline import Pipeline
from tests.adversary.packets import Capture

Frame = dict[str, Any]
#: Seconds that one reading of one capture may take tshark.
_TIMEOUT = 600.0
_SYN, _SYN_ACK = 0x02, 0x12


@dataclass(frozen=True, slots=True)
class Answers:
    """What tshark says of every TCP frame, by frame number."""

    two_passes: dict[int, Frame]
    one_pass: dict[int, Frame]
    final: dict[int, tuple[int, int]]
    """Per stream: its completeness in the end, and that with the SYN bit when a SYN was seen (as in compare.py)."""

    def of(self, frames: Collection[int]) -> Answers:
        """Those to ``frames`` alone."""
        readings = (
            {number: row for number, row in each.items() if number in frames}
            for each in (self.two_passes, self.one_pass)
        )
        return Answers(*readings, self.final)


@dataclass(frozen=True, slots=True)
class Difference:
    """A frame on which we and both of tshark's readings differ."""

    frame: int
    stream: int | None
    what: tuple[str, ...]

    def __str__(self) -> str:
        return f"frame {self.frame} stream {self.stream}: " + "; ".join(self.what)


class Judge:
    """Asks tshark through the corpus's oracle.py and compares as its compare.py does with --alt."""

    def __init__(self, corpus: Path) -> None:
        self._oracle, self._compare = _module(corpus / "oracle.py"), _module(corpus / "compare.py")
        self._keys = tuple(key for key in self._compare.KEYS if key != "completeness")

    def ask(self, path: Path) -> Answers:
        """Both readings of a capture, side by side."""
        readers = [self._oracle.Tshark("tshark", _TIMEOUT, one_pass) for one_pass in (False, True)]
        try:
            with ThreadPoolExecutor(2) as pool:
                (head, two), (_, one) = pool.map(lambda reader: reader.capture(str(path)), readers)
        finally:
            for reader in readers:
                Path(reader.home).rmdir()
        if head["rc"]:
            raise RuntimeError(f"tshark failed on {path.name}: {head.get('error')}")
        # A TCP frame without even its ports is a line without values to tshark, and nothing to us.
        two, one = ([row for row in rows if "sport" in row] for rows in (two, one))
        last: dict[int, int] = {}
        opened: dict[int, int] = {}
        for row in two:
            if "stream" in row:
                if "completeness" in row:
                    last[row["stream"]] = row["completeness"]
                if row.get("flags", 0) & _SYN_ACK == _SYN:
                    opened[row["stream"]] = 1
        final = {stream: (value, value | opened.get(stream, 0)) for stream, value in last.items()}
        return Answers({row["frame"]: row for row in two}, {row["frame"]: row for row in one}, final)

    def differences(self, answers: Answers, ours: Iterable[Frame]) -> list[Difference]:
        """All frames on which ``ours`` equals neither reading in some verdict or value."""
        found = []
        seen = set()
        for row in ours:
            number = row["frame"]
            seen.add(number)
            two = answers.two_passes.get(number)
            if two is None:
                found.append(Difference(number, row.get("stream"), ("frame only in ours",)))
                continue
            what = self._frame(two, answers.one_pass.get(number, two), row, answers.final)
            if what:
                found.append(Difference(number, two.get("stream"), tuple(what)))
        found += [Difference(number, None, ("frame only in tshark",)) for number in answers.two_passes.keys() - seen]
        return sorted(found, key=lambda difference: difference.frame)

    def _frame(self, two: Frame, one: Frame, ours: Frame, final: dict[int, tuple[int, int]]) -> list[str]:
        what = []
        if ours["verdicts"] != two["verdicts"] and ours["verdicts"] != one["verdicts"]:
            wanted, given = set(two["verdicts"]), set(ours["verdicts"])
            what += [f"missing {name}" for name in sorted(wanted - given)]
            what += [f"extra {name}" for name in sorted(given - wanted)]
        same = self._compare.same
        for key in self._keys:
            value, right = ours.get(key), two.get(key)
            if value != right and not same(key, right, value, 1.5e-9) and not same(key, one.get(key), value, 1.5e-9):
                what.append(f"{key}: tshark {right} (one pass {one.get(key)}) ours {value}")
        value, right = ours.get("completeness"), two.get("completeness")
        if value not in (right, one.get("completeness"), *final.get(two.get("stream", -1), ())):
            what.append(f"completeness: tshark {right} ours {value}")
        return what


def ours(path: Path, kernel: Callable[..., Any] | None = None, compiled: bool = False) -> list[Frame]:
    """What the engine says of every TCP frame; ``kernel`` replaces its inner loop."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        pipeline = Pipeline([(descriptor, path.name)])
        if compiled:
            pipeline.compile(compiled_kernel())
        elif kernel is not None:
            pipeline.analyzer._kernel = kernel
        size = path.stat().st_size
        while pipeline.advance([size], [True]):
            pass
        store = pipeline.store
        return lines(store, pipeline.analyzer.streams)
    finally:
        os.close(descriptor)


def lines(store: Any, streams: Any, rows: Any = None) -> list[Frame]:
    """The JSON lines of ``rows``, or of all TCP rows, read back."""
    chosen = tcp_rows(store) if rows is None else rows
    return [json.loads(line) for block in tcp_lines(store, streams, Evidence(), chosen) for line in block.splitlines()]


def minimised(capture: Capture, differs: Callable[[list[int]], bool], tries: int = 150) -> list[int]:
    """Indices of few frames of ``capture`` for which ``differs`` still holds (ddmin, at most ``tries`` questions)."""
    chosen = list(range(len(capture.frames)))
    parts = 2
    while len(chosen) > 1 and tries > 0:
        size = max(len(chosen) // parts, 1)
        for start in range(0, len(chosen), size):
            fewer = chosen[:start] + chosen[start + size :]
            tries -= 1
            if fewer and differs(fewer):
                chosen, parts = fewer, max(parts - 1, 2)
                break
            if tries <= 0:
                return chosen
        else:
            if size == 1:
                return chosen
            parts = min(parts * 2, len(chosen))
    return chosen


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"corpus_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
