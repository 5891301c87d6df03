"""`sorted_within`: by whichever way, the order of two keys."""

from __future__ import annotations

import numpy as np
import pytest

from tcptui.model.arrays import sorted_within


@pytest.mark.parametrize("largest", [0, 9, 1_000, (1 << 59) - 1, 1 << 60, (1 << 63) - 1])
def test_numbers_are_ascending_within_their_group(largest: int) -> None:
    chance = np.random.default_rng(largest % 1_000)
    groups = chance.integers(0, 7, 200).astype(np.int32)
    groups[groups == 3] = 5  # one group has none
    numbers = chance.integers(0, largest, 200, endpoint=True)
    numbers[0] = largest

    found, begins = sorted_within(groups, numbers, 8)

    for group in range(8):
        expected = sorted(numbers[groups == group].tolist())
        assert found[begins[group] : begins[group + 1]].tolist() == expected
    assert (begins[0], begins[8]) == (0, 200)


def test_no_numbers() -> None:
    found, begins = sorted_within(np.zeros(0, np.int32), np.zeros(0, np.int64), 3)

    assert (found.tolist(), begins.tolist()) == ([], [0, 0, 0, 0])
