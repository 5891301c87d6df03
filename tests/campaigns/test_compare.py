"""A little of the campaign: equal captures and sides are not told apart, faults are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from seeds import seed

from tests.campaigns.compare.drawn_pairs import judge_drawn, scenarios
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


def test_drawn_sides_with_many_differences_of_days_are_not_told_apart() -> None:
    """One of five pairs may: that is what is promised of twenty, and more here would be no chance."""
    score = judge_drawn(scenarios(60)["equal, days differ"], range(DRAWN, DRAWN + 5))

    assert score.false <= 1, f"seed {DRAWN}: {score.wrong}"
    assert score.covered.total() >= 0.8 * score.measured.total()


@pytest.mark.parametrize("name", ["rtt +20 %", "loss +1 %", "think +50 ms", "SACK stripped"])
def test_faults_of_drawn_sides_are_found(name: str) -> None:
    score = judge_drawn(scenarios(200)[name], range(DRAWN, DRAWN + 2))

    assert score.found, f"seed {DRAWN}"


def test_of_five_clients_nothing_is_told() -> None:
    score = judge_drawn(scenarios(5)["equal, days differ"], range(DRAWN, DRAWN + 2))

    assert not score.false, f"seed {DRAWN}: {score.wrong}"
