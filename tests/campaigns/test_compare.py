"""A little of the campaign: equal captures are not told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from seeds import seed

from tests.campaigns.compare.judge import judge

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = seed(1)
#: The others, and more pairs, are tried by hand: each pair is two captures to be read and judged.
HERE = ("equal", "equal, heavy tails")


@pytest.mark.slow
@pytest.mark.parametrize("name", HERE)
def test_equal_captures_are_not_told_apart(name: str, tmp_path: Path) -> None:
    score = judge(name, range(DRAWN, DRAWN + 2), tmp_path)

    assert not score.false, f"seed {DRAWN}: {score.wrong}"
