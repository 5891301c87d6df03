"""Long columns a piece after the other."""

from __future__ import annotations

import numpy as np
import pytest

from tcptui.model import arrays
from tcptui.model.arrays import flatnonzero32, top_k


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "PIECE", 4)


@pytest.mark.parametrize(("count", "begin"), [(0, 0), (3, 0), (8, 0), (11, 1), (3, 3)])
def test_pieces_cover_every_entry_once(count: int, begin: int) -> None:
    covered = [i for part in arrays.chunks(count, begin) for i in range(part.start, part.stop)]

    assert covered == list(range(begin, count))


def test_positions_of_a_long_mask_are_those_of_flatnonzero() -> None:
    mask = np.array([1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1], np.bool_)

    assert flatnonzero32(mask).tolist() == np.flatnonzero(mask).tolist() == [0, 3, 4, 9, 10]
    assert flatnonzero32(mask).dtype == np.int32


@pytest.mark.parametrize("count", [4, 9])
def test_largest_come_first(count: int) -> None:
    numbers = np.array([3, 9, 1, 7, 8, 2, 6, 9, 0])[:count]

    assert numbers[top_k(numbers, 3)].tolist() == sorted(numbers.tolist(), reverse=True)[:3]
