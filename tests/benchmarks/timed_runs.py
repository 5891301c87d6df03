"""Runs of programs that are measured; used by the benchmarks."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def words_of(command: Sequence[str], path: Path) -> list[str]:
    """``command`` with ``path`` in the place of ``{}``."""
    return [str(path) if word == "{}" else word for word in command]


def timed(command: Sequence[str], path: Path, out: Path) -> tuple[float, float]:
    """Run ``command`` on ``path`` to its end; seconds of wall and of processor."""
    began, before = time.perf_counter(), os.times()
    with out.open("wb") as output:
        subprocess.run(words_of(command, path), check=True, stdout=output, stderr=subprocess.DEVNULL)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, spent
