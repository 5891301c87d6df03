"""Numbers of a few rows: found by row, added unsorted, evicted from the front."""

from __future__ import annotations

import numpy as np

from tcptui.model.row_values import RowValues


def of(values: RowValues, *rows: int) -> list[int]:
    return values.of(np.array(rows, np.int32)).tolist()


def test_rows_without_a_value_have_0() -> None:
    values = RowValues()
    assert of(values, 3, 4) == [0, 0]
    values.add(np.array([7, 4]), np.array([70, 40]))

    assert of(values, 3, 4, 5, 7, 9) == [0, 40, 0, 70, 0]


def test_values_of_many_batches_are_found() -> None:
    values = RowValues()
    for begin in range(0, 3_000, 100):
        rows = np.arange(begin, begin + 100, 3)[::-1]
        values.add(rows, rows * 2 + 1)

    assert len(values) == 30 * 34
    assert of(values, 0, 1, 99, 100, 2_999) == [1, 0, 199, 201, 5_999]


def test_evicted_rows_have_none() -> None:
    values = RowValues()
    values.add(np.array([1, 5, 9]), np.array([10, 50, 90]))
    values.evict(5)
    values.add(np.array([12]), np.array([120]))

    assert of(values, 1, 5, 9, 12) == [0, 50, 90, 120]
