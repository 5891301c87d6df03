"""A little of the campaign: what is there is told, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from seeds import seed

from tests.campaigns.compare.judge import SCENARIOS, judge

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = seed(41)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_differences_are_found_and_equal_captures_are_not_told_apart(name: str, tmp_path: Path) -> None:
    score = judge(name, range(DRAWN, DRAWN + 2), tmp_path)

    assert score.found == (score.pairs if SCENARIOS[name].found else 0), f"seed {DRAWN}"
    assert not score.false, f"seed {DRAWN}: {score.wrong}"
