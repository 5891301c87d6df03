"""Records many seeds side by side, each in a process of its own: namespaces are taken over for good."""

from __future__ import annotations

import os
import sys
import time
import traceback
from typing import TYPE_CHECKING, Final

from cases.recorder.account import RecordingError
from cases.recorder.bench import ABOUT
from cases.recorder.namespaces import die_with_parent
from cases.recorder.tracing import TracingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Record = Callable[[int, Path], None]

TRIES: Final = 4


def record_many(
    record: Record, seeds: Sequence[int], out: Path, jobs: int, until: float = float("inf"), fewest: int = 0
) -> list[int]:  # fmt: skip
    """Record ``seeds`` into ``out``/SEED, so many at once; returns those that were refused each time.

    None begins after the monotonic second ``until`` once ``fewest`` are there.  Recordings that exist are kept.  Each
    that is refused has one less beside it from then on: the machine may be too slow for so many.
    """
    waiting = [(seed, 0) for seed in reversed(seeds) if not (out / str(seed) / ABOUT).exists()]
    running: dict[int, tuple[int, int]] = {}
    refused: list[int] = []
    made = len(seeds) - len(waiting)
    while waiting or running:
        while waiting and len(running) < jobs and (time.monotonic() < until or made < fewest):
            seed, tries = waiting.pop()
            running[_begin(record, seed, out / str(seed))] = seed, tries + 1
        if not running:
            break
        child, status = os.waitpid(-1, 0)
        seed, tries = running.pop(child)
        if not status:
            made += 1
            continue
        jobs = max(1, jobs - 1)
        if tries < TRIES:
            waiting.append((seed, tries))
        else:
            refused.append(seed)
    return refused


def _begin(record: Record, seed: int, folder: Path) -> int:
    """Fork a process that records."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        die_with_parent()
        record(seed, folder)
        status = 0
    except (RecordingError, TracingError, OSError) as problem:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "problem.txt").write_text(f"{type(problem).__name__}: {problem}\n")
    except BaseException:  # noqa: BLE001 - a forked child must end here
        traceback.print_exc()
    finally:
        os._exit(status)
