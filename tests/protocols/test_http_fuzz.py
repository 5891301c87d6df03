"""Whatever the bytes, reading ends, stays within its bounds, and says what broke."""

from __future__ import annotations

import pytest
from http_mutants import try_out

#: Seeds tried here; ``tests/support/http_mutants.py`` tries any number.
MUTANTS = 2_400
_BLOCK = 300


@pytest.mark.parametrize(
    "first", [pytest.param(first, marks=[pytest.mark.slow] if first else []) for first in range(0, MUTANTS, _BLOCK)]
)
def test_mutants_are_read_within_bounds(first: int) -> None:
    messages = sum(try_out(seed) for seed in range(first, first + _BLOCK))

    assert messages > _BLOCK
