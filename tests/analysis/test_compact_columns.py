"""Columns in little room answer like the arrays they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from tcptui.analysis.stream import compact_columns as compact_numbers
from tcptui.analysis.stream.compact_columns import NOTHING, Counted, Latest, Rounds, RunningValue, Steps

#: Far beyond 2**32, back across it, and at last so often round that eight bits do not count it.
NUMBERS = np.array([5, 2**32 - 1, 2**32 + 3, 2**32 - 2, 2**33 + 1, -7, 300 << 32], np.int64)


def counted() -> Counted:
    rounds = Rounds(len(NUMBERS))
    for begin in (0, 3):
        part = np.arange(begin, min(begin + 3, len(NUMBERS)) if begin == 0 else len(NUMBERS))
        rounds.write(part, NUMBERS[part])
    return Counted((NUMBERS & 0xFFFF_FFFF).astype(np.uint32), rounds)


@pytest.mark.parametrize("index", [slice(None), slice(1, 5), slice(None, None, 2), np.array([6, 0, 3])], ids=str)
def test_numbers_that_came_round_are_those_counted_on(index: slice | np.ndarray) -> None:
    assert counted()[index].tolist() == NUMBERS[index].tolist()


def test_one_number_is_an_integer() -> None:
    assert [counted()[i] for i in range(len(NUMBERS))] == NUMBERS.tolist()


def test_rounds_take_no_room_until_one_is_over() -> None:
    rounds = Rounds(3)
    rounds.write(np.arange(3), np.array([0, 7, 2**32 - 1]))

    assert rounds.column is None


def test_latest_segment_of_a_side_is_itself_or_the_one_before() -> None:
    mine = np.array([False, True, False, True, True])
    latest = Latest(mine, True, np.array([-1, 0, 1, 2, 2], np.int32))

    assert latest[:].tolist() == [-1, 1, 1, 3, 4]
    assert [latest[i] for i in (0, 1, 2, 3, -1)] == [-1, 1, 1, 3, 4]
    assert latest[np.array([4, 0])].tolist() == [4, -1]


@pytest.mark.parametrize("side", ["left", "right"])
def test_search_in_a_course_finds_what_one_in_an_array_finds(
    side: compact_numbers.Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compact_numbers, "_STRIDE", 4)
    numbers = np.array([0, 3, 3, 8, 8, 8, 9, 20, 20, 21, 40], np.int64)
    mine = np.ones(len(numbers), np.bool_)
    latest = Latest(mine, True, np.full(len(numbers), -1, np.int32))
    course = RunningValue(Counted(numbers.astype(np.uint32), Rounds(len(numbers))), latest, 1)
    dense = np.concatenate(([NOTHING], numbers[1:]))
    steps = Steps(len(numbers), np.array([1, 3, 6, 7, 9, 10], np.int32), np.array([3, 8, 9, 20, 21, 40], np.int64))

    assert course[:].tolist() == steps[:].tolist() == dense.tolist()
    for number in (NOTHING - 1, NOTHING, -1, *range(42)):
        expected = int(dense.searchsorted(number, side=side))
        assert course.searchsorted(number, side=side) == expected, number
        assert steps.searchsorted(number, side=side) == expected, number
