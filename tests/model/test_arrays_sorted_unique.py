from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tcptui.model.arrays import distinct, sorted_unique


@pytest.mark.parametrize("values", [[], [5], [5, 5, 5], [3, 1, 2, 3, 1], [-(2**62), 2**62, 0, 2**62]])
def test_each_value_stands_once_in_order(values: list[int]) -> None:
    assert sorted_unique(np.array(values, np.int64)).tolist() == sorted(set(values))


@given(arrays(np.int64, st.integers(0, 40), elements=st.integers(-3, 9)), st.booleans())
def test_distinct_is_what_numpy_says(values: NDArray[np.int64], as_bytes: bool) -> None:
    asked = values.view(np.dtype((np.void, 8))) if as_bytes else values
    _, first, which = np.unique(asked, return_index=True, return_inverse=True)

    assert [column.tolist() for column in distinct(asked)] == [first.tolist(), which.tolist()]
