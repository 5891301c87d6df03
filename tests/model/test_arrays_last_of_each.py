"""`last_of_each`: the last cells that are set of each row."""

from __future__ import annotations

import numpy as np
import pytest

from tcptui.model.arrays import last_of_each


@pytest.mark.parametrize("most", [0, 1, 3, 65])
def test_the_last_cells_that_are_set_stay(most: int) -> None:
    mask = np.random.default_rng(most).random((40, 65)) < 0.3
    mask[0], mask[1] = False, True

    found = last_of_each(mask, most)

    for row, left in zip(mask, found, strict=True):
        set_ = np.flatnonzero(row).tolist()
        assert np.flatnonzero(left).tolist() == set_[max(len(set_) - most, 0) :]
