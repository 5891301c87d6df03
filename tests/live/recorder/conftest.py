"""Recordings that several tests look at, made once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parents[3]
RULES = Path(__file__).with_name("rule_scenarios.py")
SIDE_BY_SIDE = 4
SECONDS = 90


def run_bench(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cases.recorder", *words]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=SECONDS, check=False)


def record_side_by_side(folder: Path, names: list[str], *words: str) -> Path:
    """Records several scenarios side by side into folders of their names."""

    def one(name: str) -> str:
        done = run_bench(name, "--out", str(folder / name), *words)
        return done.stderr if done.returncode else ""

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        problems = [problem for problem in pool.map(one, names) if problem]
    assert not problems, problems
    return folder


@pytest.fixture(scope="session")
def bench() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the recorder's command line with these words."""
    return run_bench


@pytest.fixture(scope="session")
def record_all() -> Callable[..., Path]:
    """Records several scenarios side by side into folders of their names."""
    return record_side_by_side


@pytest.fixture(scope="session")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a recording of every scenario in rule_scenarios.py."""
    names = [line.split()[0] for line in run_bench("--list", "--scenarios", str(RULES)).stdout.splitlines()]
    assert names
    return record_side_by_side(tmp_path_factory.mktemp("rules"), names, "--scenarios", str(RULES))
