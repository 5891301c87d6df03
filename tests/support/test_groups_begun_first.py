"""A file of tests that was renamed does not lose its turn unnoticed."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import FIRST

TESTS = Path(__file__).parents[1]


def test_every_file_that_is_begun_first_exists() -> None:
    files = {path.stem for path in TESTS.rglob("test_*.py")}

    assert {group for group in FIRST if group.startswith("test_")} <= files
