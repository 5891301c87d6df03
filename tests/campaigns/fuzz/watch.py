"""Calls one reader for a fuzzer, and keeps the inputs with which something was wrong."""

from __future__ import annotations

import json
import time
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from tests.campaigns.fuzz.readers import Reader

#: Processor time that one input may take, in seconds: inputs have some KiB, and are read instrumented.
SECONDS_MOST: Final = 10.0
#: File in the folder of a reader: the input that took most processor time.
SLOWEST: Final = "slowest.json"


class ExpensiveError(AssertionError):
    """An input took more processor time than any of its size may."""


class Watch:
    """Calls ``reader``; writes into ``folder``.

    ``fault-N`` is an input, ``fault-N.txt`` what it raised; each kind (exception and place) is kept once.
    """

    def __init__(self, reader: Reader, folder: Path) -> None:
        self._reader = reader
        self._folder = folder
        self._kinds: set[str] = set()
        self._slowest = 0.0
        self._scratch = folder / "scratch"
        self._scratch.mkdir(exist_ok=True)

    def __call__(self, data: bytes) -> None:
        """Read ``data``; never raises."""
        begun = time.process_time()
        try:
            self._reader.read(data, self._scratch)
            self._check(data, time.process_time() - begun)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            self._keep(data, error)

    def _check(self, data: bytes, seconds: float) -> None:
        if seconds > self._slowest:
            self._slowest = seconds
            slowest = {"seconds": round(seconds, 3), "bytes": len(data), "input": data.hex()}
            (self._folder / SLOWEST).write_text(json.dumps(slowest))
        if seconds > SECONDS_MOST:
            raise ExpensiveError(f"{seconds:.1f} s of processor time for {len(data)} bytes")

    def _keep(self, data: bytes, error: Exception) -> None:
        frames = [each for each in traceback.extract_tb(error.__traceback__) if "/tcptui/" in each.filename]
        place = f" {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        kind = type(error).__name__ + place
        if kind in self._kinds:
            return
        self._kinds.add(kind)
        path = self._folder / f"fault-{len(self._kinds)}"
        path.write_bytes(data)
        text = "".join(traceback.format_exception(error))
        path.with_suffix(".txt").write_text(f"{self._reader.name}: {kind}\n{text}")
