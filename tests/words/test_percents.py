from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tcptui.words.percents import whole_percents


def test_three_thirds_add_up_to_a_hundred() -> None:
    assert whole_percents([1, 1, 1], 3) == [34, 33, 33]


def test_halves_of_a_percent_do_not_make_more_than_a_hundred() -> None:
    assert whole_percents([395, 395, 210], 1000) == [40, 39, 21]


def test_a_part_of_almost_nothing_gets_nothing_of_what_is_missing() -> None:
    assert whole_percents([9_960, 20, 20], 10_000) == [100, 0, 0]


def test_nothing_of_nothing_is_no_share() -> None:
    assert whole_percents([0, 0], 0) == [0, 0]


@given(st.lists(st.integers(min_value=0, max_value=10**12), max_size=12))
def test_percents_are_less_than_one_beside_the_share_and_together_never_more_than_a_hundred(parts: list[int]) -> None:
    whole = sum(parts)
    percents = whole_percents(parts, whole)

    assert all(abs(100 * part - percent * whole) < max(whole, 1) for part, percent in zip(parts, percents, strict=True))
    small = sum(1 for part in parts if 0 < 100 * part < whole)
    assert not whole or 100 - small <= sum(percents) <= 100
