"""Orders, runs and pairs of keys, against what a plain loop finds."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import product

import numpy as np
import pytest

from tcptui.points.keys import (
    by_group,
    commonest,
    copies,
    found_among,
    has_any,
    joined,
    matched,
    mixed,
    runs,
    stable_order,
)

CASES = {
    "empty": ([], []),
    "one side": ([3, 1], []),
    "unique": ([5, 1, 9, 7], [7, 2, 5]),
    "copies": ([4, 4, 1, 2**64 - 1, 4, 1], [1, 4, 1, 0, 4, 4, 2**64 - 1]),
    "all alike": ([0] * 5, [0] * 3),
    "many": ([n * n % 61 for n in range(400)], [n * 7 % 97 for n in range(300)]),
}


def places(keys: list[int]) -> dict[int, list[int]]:
    found = defaultdict(list)
    for place, key in enumerate(keys):
        found[key].append(place)
    return found


@pytest.fixture(params=CASES, name="sides")
def _sides(request: pytest.FixtureRequest) -> tuple[list[int], list[int]]:
    return CASES[request.param]


def pairs(found: tuple[np.ndarray, np.ndarray]) -> list[tuple[int, int]]:
    return list(zip(found[0].tolist(), found[1].tolist(), strict=True))


def test_every_combination_of_few_is_joined(sides: tuple[list[int], list[int]]) -> None:
    left, right = map(places, sides)
    expected = [
        pair for key in left if len(left[key]) * len(right[key]) <= 16 for pair in product(left[key], right[key])
    ]

    assert pairs(joined(*(np.array(side, np.uint64) for side in sides))) == sorted(expected)


def test_kth_is_matched_with_kth_of_as_many(sides: tuple[list[int], list[int]]) -> None:
    left, right = map(places, sides)
    expected = [
        pair for key in left if len(left[key]) == len(right[key]) for pair in zip(left[key], right[key], strict=True)
    ]
    found = [runs(np.array(side, np.uint64)) for side in sides]

    assert pairs(matched(*found)) == sorted(expected)
    once = pairs(matched(found[0].once(), found[1].once()))
    assert once == sorted((left[key][0], right[key][0]) for key in left if len(left[key]) == len(right[key]) == 1)


def test_orders_and_counts_are_those_of_a_stable_sort(sides: tuple[list[int], list[int]]) -> None:
    for side in sides:
        keys = np.array(side, np.uint64)
        expected = sorted(range(len(side)), key=lambda place, side=side: side[place])  # type: ignore[misc]
        assert stable_order(keys).tolist() == expected
        if max(side, default=0) < 2**31:
            assert by_group(keys.astype(np.int64)).tolist() == expected
        assert copies(keys).tolist() == [side.count(key) for key in side]


def test_what_both_have_is_found_from_either_side(sides: tuple[list[int], list[int]]) -> None:
    one, other = (np.array(side, np.uint64) for side in sides)
    expected = [key in sides[1] for key in sides[0]]

    assert found_among(one, other).tolist() == expected
    assert has_any(one, other).tolist() == expected


def test_commonest_value_of_each_group_has_its_share() -> None:
    groups, values = [2, 0, 2, 2, 0, 3], [2**32 - 1, 7, 5, 5, 7, 0]

    found, share = commonest(np.array(groups), np.array(values), 5)

    assert found.tolist() == [7, 0, 5, 0, 0]
    assert share.tolist() == pytest.approx([1, 0, 2 / 3, 1, 0])


def test_key_does_not_depend_on_where_it_stands() -> None:
    numbers = np.arange(40_000) % 1_000

    keys = mixed(numbers, numbers == 7)

    assert len(Counter(keys.tolist())) == 1_000
    assert (keys[:1_000] == keys[39_000:]).all()
