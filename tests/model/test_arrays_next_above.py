"""The next number above a limit, and the neighbours of a number, without looking at all of them."""

from __future__ import annotations

from random import Random

import numpy as np

from tcptui.model.arrays import MaximumTree, first_after, last_before


def test_next_above_is_what_a_scan_finds() -> None:
    drawn = Random(5)
    for count in [*range(18), 1_000]:
        numbers = [drawn.randrange(12) for _ in range(count)]
        tree = MaximumTree(np.array(numbers, np.int64))
        for begin in range(min(count, 20) + 1):
            for limit in range(-1, 13):
                scanned = next((i for i in range(begin, count) if numbers[i] > limit), -1)
                assert tree.next_above(begin, limit) == scanned


def test_next_above_looks_at_few_numbers_however_far_the_found_one_is() -> None:
    numbers = np.zeros(1 << 16, np.int64)
    numbers[-1] = 1
    tree = MaximumTree(numbers)

    assert tree.next_above(0, 0) == len(numbers) - 1
    assert len(tree._levels) == 17


def test_neighbours_of_a_number_are_the_nearest_and_not_itself() -> None:
    places = [2, 5, 9]

    assert [first_after(places, i) for i in (1, 2, 8, 9)] == [2, 5, 9, -1]
    assert [last_before(places, i) for i in (2, 3, 9, 10)] == [-1, 2, 5, 9]
