"""Random tests draw the same each time, and something new when asked; in CI also those of Hypothesis."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import seeds
from seeds import SEED_VARIABLE, each_run_alike, seed

SUPPORT = Path(seeds.__file__).parent
#: A property that says what it is given, as in CI; beside a module of these numbers.
DRAWS = """
import sys
sys.path[:0] = sys.argv[1:]
import numbers_of_a_module
from hypothesis import given, strategies as st
from seeds import set_hypothesis

set_hypothesis(alike=sys.stdin.read() == "alike")

@given(st.lists(st.integers(0, 1000), min_size=1))
def property(numbers):
    print(numbers)

property()
"""


def test_written_seed_is_taken_unless_another_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SEED_VARIABLE, raising=False)
    written = seed(7)
    monkeypatch.setenv(SEED_VARIABLE, "")
    empty = seed(7)
    monkeypatch.setenv(SEED_VARIABLE, "12")
    asked = seed(7)
    monkeypatch.setenv(SEED_VARIABLE, "fresh")
    fresh = {seed(7) for _ in range(5)}

    assert (written, empty, asked) == (7, 7, 12)
    assert len(fresh) > 1
    assert all(0 <= number < 1 << 32 for number in fresh)


def test_seed_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SEED_VARIABLE, "frehs")

    with pytest.raises(ValueError, match="frehs"):
        seed(7)


@pytest.mark.parametrize(
    ("ci", "asked", "alike"),
    [("", "", False), ("true", "", True), ("true", "5", True), ("true", "fresh", False), ("", "fresh", False)],
)
def test_only_ci_has_hypothesis_draw_the_same(
    ci: str, asked: str, alike: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv(SEED_VARIABLE, asked)

    assert each_run_alike() is alike


def given(folder: Path, asked: str, numbers: range) -> str:
    """What a property is given beside a module of these ``numbers``, in a process of its own."""
    folder.mkdir()
    (folder / "numbers_of_a_module.py").write_text(f"NUMBERS = {tuple(numbers)}\n")
    (folder / "draws.py").write_text(DRAWS)
    command = [sys.executable, str(folder / "draws.py"), str(folder), str(SUPPORT)]
    return subprocess.run(command, input=asked, capture_output=True, text=True, check=True, cwd=folder).stdout


def test_what_hypothesis_draws_in_ci_depends_on_no_module_that_is_loaded(tmp_path: Path) -> None:
    alike = [given(tmp_path / f"alike-{end}", "alike", range(end - 9, end)) for end in (400, 900)]
    fresh = [given(tmp_path / f"fresh-{end}", "fresh", range(end - 9, end)) for end in (400, 900)]

    assert alike[0] == alike[1]
    assert fresh[0] != fresh[1]
