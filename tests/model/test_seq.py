"""Sequence numbers modulo 2**32: single numbers and columns of them by the same functions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.seq import SEQ_HALF, SEQ_MASK, ahead, seq_after, seq_distance

NUMBERS = st.one_of(st.integers(0, SEQ_MASK), st.sampled_from([0, 1, SEQ_HALF - 1, SEQ_HALF, SEQ_HALF + 1, SEQ_MASK]))


@pytest.mark.parametrize(
    ("number", "reference", "expected"),
    [(5, 3, 2), (3, 5, -2), (1, SEQ_MASK, 2), (SEQ_MASK, 1, -2), (SEQ_HALF - 1, 0, SEQ_HALF - 1),
     (SEQ_HALF, 0, -SEQ_HALF)],
)  # fmt: skip
def test_ahead_is_the_shorter_way_and_signed(number: int, reference: int, expected: int) -> None:
    assert ahead(number, reference) == expected


@given(NUMBERS, NUMBERS)
def test_the_functions_agree(x: int, y: int) -> None:
    assert seq_distance(y, x) == ahead(x, y) & SEQ_MASK
    assert (ahead(x, y) > 0) == (seq_after(x, y) and seq_distance(y, x) != SEQ_HALF)
    assert (ahead(x, y) < 0) == seq_after(y, x)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=20))
def test_columns_give_what_single_numbers_give(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    assert ahead(x, y).tolist() == [ahead(*pair) for pair in pairs]
    assert seq_distance(x, y).tolist() == [seq_distance(*pair) for pair in pairs]
