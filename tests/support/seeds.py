"""What random tests begin with: a number that is written down, so that each run is like the last; a fresh one if asked.

The environment variable `SEED_VARIABLE` says otherwise: ``fresh`` draws a new number, a number is taken as it is.
A test prints its seed, or names it when it fails, so that the same can be tried again.
"""

from __future__ import annotations

import os
import secrets
from typing import Final

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

SEED_VARIABLE: Final = "TCPTUI_SEED"
FRESH: Final = "fresh"


def seed(default: int) -> int:
    """The number that is asked for, a new one below 2**32, or else ``default``.

    Raises `ValueError` where the variable is neither a number nor ``fresh``.
    """
    asked = os.environ.get(SEED_VARIABLE)
    if not asked:
        return default
    return secrets.randbelow(1 << 32) if asked == FRESH else int(asked)


def each_run_alike() -> bool:
    """Whether Hypothesis, too, shall draw the same each time: in CI, unless fresh numbers are asked for."""
    return bool(os.environ.get("CI")) and os.environ.get(SEED_VARIABLE) != FRESH


def set_hypothesis(*, alike: bool) -> None:
    """Load the profile of all property tests; ``alike``: each run draws the same, whatever else its process has run.

    Left alone, Hypothesis draws one value of twenty from the constants of all modules that are imported by then, and
    which these are depends on the tests that a worker ran before.
    """
    # No test is timed: a busy machine takes long for anything now and then.
    settings.register_profile("tcptui", deadline=None, derandomize=alike)
    settings.load_profile("tcptui")
    # To find the constants takes each worker as long as to collect a third of the tests.
    if os.environ.get(SEED_VARIABLE) != FRESH:  # versions without these constants have no such function
        pytest.MonkeyPatch().setattr(providers, "_get_local_constants", Constants, raising=False)
