from __future__ import annotations

import numpy as np
import pytest

from tcptui.model.arrays import sorted_unique


@pytest.mark.parametrize("values", [[], [5], [5, 5, 5], [3, 1, 2, 3, 1], [-(2**62), 2**62, 0, 2**62]])
def test_each_value_stands_once_in_order(values: list[int]) -> None:
    assert sorted_unique(np.array(values, np.int64)).tolist() == sorted(set(values))
