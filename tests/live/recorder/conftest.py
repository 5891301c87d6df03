"""Recordings that several tests look at, made once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parents[3]
RULES = Path(__file__).with_name("rule_scenarios.py")
SIDE_BY_SIDE = 4
#: How often a refused recording is tried again, with nothing beside it.
ALONE = 10
SECONDS = 600


def run_bench(*words: str, seconds: float = SECONDS) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cases.recorder", *words]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=seconds, check=False)


@cache
def rule_names() -> list[str]:
    """The scenarios of rule_scenarios.py."""
    names = [line.split()[0] for line in run_bench("--list", "--scenarios", str(RULES)).stdout.splitlines()]
    assert names
    return names


def record_side_by_side(folder: Path, names: list[str], *words: str) -> Path:
    """Records several scenarios side by side into folders of their names.

    What the bench refuses there, because a busy machine upset it, is recorded again by itself.
    """

    def one(name: str) -> str:
        done = run_bench(name, "--out", str(folder / name), *words)
        return done.stderr if done.returncode else ""

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        refused = [name for name, problem in zip(names, pool.map(one, names), strict=True) if problem]
    for _ in range(ALONE):
        problems = {name: problem for name in refused if (problem := one(name))}
        refused = list(problems)
    assert not refused, problems
    return folder


@pytest.fixture(scope="session")
def bench() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the recorder's command line with these words."""
    return run_bench


@pytest.fixture(scope="session")
def recordings() -> dict[tuple[object, ...], Path]:
    """Folders that exist, by what is in them and for which attempt of a test."""
    return {}


@pytest.fixture
def record_all(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    recordings: dict[tuple[object, ...], Path],
) -> Callable[..., Path]:
    """Records several scenarios side by side into folders of their names, once for all tests.

    A test that is tried again gets recordings of its own: what a busy moment spoilt stays spoilt.
    """
    attempt = getattr(request.node, "execution_count", 1)

    def once(names: list[str], *words: str) -> Path:
        key = (request.node.nodeid if attempt > 1 else "", attempt, tuple(names), words)
        if key not in recordings:
            recordings[key] = record_side_by_side(tmp_path_factory.mktemp("recorded"), names, *words)
        return recordings[key]

    return once


@pytest.fixture
def ruled(record_all: Callable[..., Path]) -> Path:
    """Folder with a recording of every scenario in rule_scenarios.py."""
    return record_all(rule_names(), "--scenarios", str(RULES))
