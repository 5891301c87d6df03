"""Numbers of several streams at once: each result is that of every single one, or there is none."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.batched import (
    Batched,
    DivergedError,
    NotBatchableError,
    NumberDict,
    by_member,
    column,
    in_any_member,
    in_columns,
    in_each,
    integer,
    largest,
    member_values,
    of_each,
    of_pairs,
    one_column,
    places_of,
    put,
    rounded,
    smallest,
    taken,
    upper_median,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = st.lists(st.integers(-(2**40), 2**40), min_size=2, max_size=5)
ARITHMETIC = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.floordiv,
    operator.mod,
    operator.truediv,
    operator.and_,
)
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)


def numbers(*values: int) -> Batched:
    return Batched(np.array(values, np.int64), plain=True)


def columns(*members: list[int]) -> Batched:
    """A column of each member."""
    return Batched(np.array(members, np.int64).T, plain=False)


@pytest.mark.parametrize("operation", ARITHMETIC)
@given(mine=NUMBERS, other=st.integers(-(2**20), 2**20))
def test_arithmetic_is_that_of_each_member_or_refused(
    operation: Callable[[Any, Any], Any], mine: list[int], other: int
) -> None:
    try:
        found = operation(numbers(*mine), other)
    except NotBatchableError:
        assert other == 0 or operation in {operator.mul, operator.truediv}
        return

    assert found.each.tolist() == [operation(number, other) for number in mine]


@pytest.mark.parametrize("operation", COMPARISONS)
@given(mine=NUMBERS, other=st.integers(-3, 3))
def test_a_comparison_comes_out_the_same_in_all_members_or_says_which_agree(
    operation: Callable[[Any, Any], bool], mine: list[int], other: int
) -> None:
    each = [operation(number, other) for number in mine]
    if len(set(each)) == 1:
        assert operation(numbers(*mine), other) is each[0]
        return

    with pytest.raises(DivergedError) as split:
        operation(numbers(*mine), other)
    assert split.value.agreeing.tolist() == [outcome == each[0] for outcome in each]


def test_a_number_beyond_64_bits_is_refused() -> None:
    with pytest.raises(NotBatchableError):
        _ = numbers(2**40, 1) * 2**40
    with pytest.raises(NotBatchableError):
        _ = numbers(2**61, 1) + 2**62
    with pytest.raises(NotBatchableError):
        _ = numbers(2**60 + 1, 3) / 7


@pytest.mark.parametrize(
    "use",
    [
        int, float, hash, str, round, "{}".format, "{:.1f}".format, lambda some: {some}, lambda some: 5 // some,
        lambda some: 1.0 / some, lambda some: some // 0, lambda some: 2**some, lambda some: some in {1, 2},
        lambda some: np.array([some]), lambda some: np.zeros(3)[some], np.median, lambda some: some.unknown(),
    ],
)  # fmt: skip
def test_what_cannot_be_done_for_all_members_is_refused_and_not_done_for_one(use: Callable[[Any], object]) -> None:
    with pytest.raises((NotBatchableError, DivergedError)):
        use(numbers(1, 2))


def test_as_an_index_members_are_split_by_their_value() -> None:
    assert [10, 20, 30][numbers(1, 1)] == 20
    with pytest.raises(DivergedError):
        _ = [10, 20, 30][numbers(1, 2)]


def test_members_with_one_value_are_that_number() -> None:
    assert member_values(np.array([7, 7])) == 7
    assert type(member_values(np.array([7, 7]))) is int
    assert of_each(["a", "a"]) == "a"
    assert column([1, 2]).tolist() == [1, 2]
    assert columns([1, 5], [1, 6]).item(0) == 1


def test_columns_are_as_arrays_of_each_member() -> None:
    mine = [[5, 1, 9], [6, 2, 8]]
    both = columns(*mine)

    assert [some.each.tolist() for some in (both[1], both.max(), both.sum(), both[[0, 2]].min())] == [
        [member[1] for member in mine],
        [max(member) for member in mine],
        [sum(member) for member in mine],
        [min(member[0], member[2]) for member in mine],
    ]
    assert np.diff(both).each.T.tolist() == [np.diff(member).tolist() for member in mine]
    assert np.maximum.accumulate(both).each.T.tolist() == [np.maximum.accumulate(member).tolist() for member in mine]
    assert np.where([True, False, True], both, 0).each.T.tolist() == [[member[0], 0, member[2]] for member in mine]
    assert (both > 4).tolist() == [True, False, True]
    assert (both > 4).nonzero()[0].tolist() == [0, 2]
    assert np.cumsum(both)[-1].each.tolist() == list(map(sum, mine))


def test_places_may_differ_by_member() -> None:
    sorted_numbers = columns([1, 4, 9], [1, 2, 3])
    places = sorted_numbers.searchsorted(np.array([3, 9]))

    assert places.each.T.tolist() == [[1, 2], [2, 3]]
    assert taken(np.array([10, 20, 30, 40]), places).each.T.tolist() == [[20, 30], [30, 40]]
    assert taken(columns([0, 1, 2, 3], [5, 6, 7, 8]), places).each.T.tolist() == [[1, 2], [7, 8]]
    with pytest.raises(NotBatchableError):
        _ = np.array([10, 20, 30, 40])[places]


def test_a_mask_that_differs_chooses_by_member_and_not_for_an_array_of_all() -> None:
    mask = columns([1, 9], [9, 9]) > 5

    assert np.where(mask, 1, 0).each.T.tolist() == [[0, 1], [1, 1]]
    with pytest.raises(DivergedError):
        _ = np.array([1, 2])[mask]
    with pytest.raises(DivergedError):
        np.zeros(2, np.bool_).__ior__(mask)


def test_in_each_makes_the_result_of_every_member() -> None:
    assert in_each(lambda one, other: one + other, 1, 2) == 3
    assert in_each(lambda one, other: f"{one}{other}", numbers(1, 2), "x").each.tolist() == ["1x", "2x"]
    assert in_each(lambda some: max(some), columns([1, 5], [7, 2])).each.tolist() == [5, 7]
    with pytest.raises(DivergedError):
        in_each(lambda number: None if number > 1 else number, numbers(1, 2))
    with pytest.raises(NotBatchableError):
        in_each(lambda number: bytes([number]), numbers(1, 2))


def test_in_columns_makes_the_results_of_all_members_at_once() -> None:
    def add(one: Any, other: Any, third: Any) -> Any:
        return one + other if third is None else one + other + third

    assert in_columns(add, 1, 2, None) == 3
    assert in_columns(add, numbers(1, 2), 5, None).each.tolist() == [6, 7]
    assert in_columns(add, numbers(1, 2), numbers(2, 1), 4) == 7


def test_in_columns_hands_on_the_last_zeros_of_bytes() -> None:
    """An address may end in 0: 192.0.2.0 was handed to the checksum's rule without its last byte."""

    def sizes(column: Any) -> Any:
        return np.array([len(cell) for cell in column.tolist()])

    assert in_columns(sizes, b"\xc0\x00\x02\x00") == 4


def test_of_pairs_makes_a_number_in_each_place_of_every_member() -> None:
    assert of_pairs(np.maximum, np.array([2, 1]), np.array([1, 3])).tolist() == [2, 3]
    assert of_pairs(np.maximum, columns([2, 1], [3, 5]), np.array([3, 3])).each.T.tolist() == [[3, 3], [3, 5]]
    assert of_pairs(np.minimum, columns([2, 1], [3, 5]), np.array([1, 1])).tolist() == [1, 1]


def test_put_widens_a_column_only_where_it_must() -> None:
    plain = np.array([1, 2, 3])

    assert put(plain, slice(0, 1), np.array([9])).tolist() == [9, 2, 3]
    assert put(plain, slice(1, 3), columns([4, 5], [6, 7])).each.T.tolist() == [[9, 4, 5], [9, 6, 7]]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("lift", [0, 2**60, -(2**62)], ids=["room", "far", "no room"])
@given(seed=st.integers(0, 1_000))
def test_places_in_long_columns_are_those_of_each_member(side: Literal["left", "right"], lift: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    # Where the lift is negative, the last member is so far from the others that one search has no room for all.
    lifts = np.array([lift, lift, lift, abs(lift)])
    numbers, wanted = np.sort(chance.integers(-40, 40, (30, 4)), axis=0), chance.integers(-45, 45, (20, 4))

    found = Batched(numbers + lifts, plain=False).searchsorted(Batched(wanted + lifts, plain=False), side)

    assert isinstance(found, Batched)
    places = [numbers[:, member].searchsorted(wanted[:, member], side) for member in range(4)]
    assert found.each.T.tolist() == [column.tolist() for column in places]


def test_the_same_places_in_all_members_are_one_column() -> None:
    numbers = np.arange(30)[:, None] * 10 + np.array([0, 1, 2])
    wanted = np.arange(0, 300, 30)[:, None] + np.array([5, 6, 7])

    found = Batched(numbers, plain=False).searchsorted(Batched(wanted, plain=False))

    assert found.tolist() == list(range(1, 31, 3))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("seed", range(20))
def test_places_of_nearly_the_same_members_are_those_of_each(side: Literal["left", "right"], seed: int) -> None:
    chance = np.random.default_rng(seed)
    numbers = np.repeat(np.sort(chance.integers(0, 30, (12, 1)), axis=0), 5, axis=1)
    wanted = np.repeat(chance.integers(-2, 33, (7, 1)), 5, axis=1)
    if seed % 4:
        member = int(chance.integers(0, 5))  # the first, the last, or one between
        wanted[int(chance.integers(0, 7)), member] = chance.integers(-2, 33)

    found = Batched(numbers, plain=False).searchsorted(Batched(wanted, plain=False), side)

    places = [numbers[:, member].searchsorted(wanted[:, member], side).tolist() for member in range(5)]
    each = np.broadcast_to(found.each if isinstance(found, Batched) else found[:, None], (7, 5))
    assert each.T.tolist() == places


def test_a_column_is_one_only_where_all_members_have_the_same() -> None:
    amid = one_column(np.array([[1, 1, 1], [2, 3, 2], [4, 4, 4]]))

    assert isinstance(amid, Batched)
    assert [isinstance(number, Batched) for number in amid.tolist()] == [False, True, False]
    assert one_column(np.array([[1, 1], [2, 2]])).tolist() == [1, 2]
    assert len(one_column(np.zeros((0, 3), np.int64))) == 0


def test_integers_are_pythons_and_those_of_members_stay_apart() -> None:
    members = integer(columns([1, 4], [2, 4])[0])

    assert (integer(np.uint32(2**32 - 1)) + 1, integer(7)) == (2**32, 7)
    assert isinstance(members, Batched)
    assert members.plain
    assert integer(columns([1, 4], [2, 4])[1]) == 4


def test_a_dictionary_by_numbers_compares_those_of_members() -> None:
    known = NumberDict[str]()
    known[5] = "five"
    known[7] = "seven"
    assert (known.get(5, ""), known.get(6, "")) == ("five", "")

    known[numbers(8, 9)] = "eight or nine"
    known[5] = "five again"

    assert known.get(numbers(8, 9), "") == "eight or nine"
    assert known.get(numbers(18, 19), "") == ""
    assert known.get(5, "") == "five again"
    with pytest.raises(DivergedError):
        known.get(numbers(8, 10), "")


@pytest.mark.parametrize("side", ["left", "right"])
def test_places_in_a_column_that_all_members_have(side: Literal["left", "right"]) -> None:
    known = np.array([10, 20, 30])

    assert places_of(known, numbers(11, 19), side) == 1
    assert places_of(known, 20, side) == known.searchsorted(20, side)
    assert places_of(known, columns([5, 20], [12, 31]), side).each.T.tolist() == [
        known.searchsorted([5, 20], side).tolist(),
        known.searchsorted([12, 31], side).tolist(),
    ]
    with pytest.raises(DivergedError):
        places_of(known, numbers(11, 21), side)


def test_the_largest_of_some_segments() -> None:
    column_of_each = columns([1, 9, 4], [2, 8, 3])

    assert column_of_each.max(initial=0, where=np.array([True, False, True])).each.tolist() == [4, 3]
    assert column_of_each.max(initial=5, where=columns([0, 0, 1], [1, 1, 0]) > 0).each.tolist() == [5, 8]


def test_what_is_made_of_columns_member_by_member() -> None:
    def sums(column: Any, others: Any) -> Any:
        return np.cumsum(column) + others

    made = by_member(sums, columns([1, 2], [3, 4]), np.array([10, 20]))

    assert made.each.T.tolist() == [[11, 23], [13, 27]]
    assert by_member(sums, np.array([1, 2]), np.array([10, 20])).tolist() == [11, 23]


def test_numbers_are_rounded_in_each_member() -> None:
    assert rounded(2.25, 1) == round(2.25, 1)
    assert rounded(numbers(225, 375) / 100, 1).each.tolist() == [round(2.25, 1), round(3.75, 1)]  # type: ignore[attr-defined]


def test_minima_of_stretches_are_those_of_each_member() -> None:
    found = np.minimum.reduceat(columns([5, 1, 7, 2], [9, 3, 4, 8]), np.array([0, 2]))

    assert found.each.T.tolist() == [[1, 2], [3, 4]]


def test_texts_are_true_where_they_are_not_empty() -> None:
    texts = np.empty(2, object)
    texts[:] = ["", "said"]

    assert bool(of_each(["one", "other"]))
    with pytest.raises(DivergedError):
        bool(Batched(texts, plain=True))


@given(each=st.lists(st.lists(st.integers(-(2**60), 2**60), min_size=4, max_size=4), min_size=2, max_size=5))
def test_the_largest_the_smallest_and_the_middle_one_are_those_of_each_member(each: list[list[int]]) -> None:
    given_numbers = [member_values(np.array(column_of_each)) for column_of_each in zip(*each, strict=True)]

    for function, of_one in (
        (largest, max),
        (smallest, min),
        (lambda *some: upper_median(some), lambda *some: sorted(some)[2]),
    ):
        found = function(*given_numbers)
        expected = [of_one(*member) for member in each]
        assert (found.each.tolist() if isinstance(found, Batched) else [found] * len(each)) == expected


def test_the_largest_of_plain_numbers_is_pythons() -> None:
    assert largest(2, 3.5) == 3.5
    assert smallest(2**70, 1) == 1
    assert upper_median([4, 1, 3, 2]) == 3
    with pytest.raises(NotBatchableError):
        largest(numbers(1, 2), 1.5)  # of what is both, a number would lose digits


def test_what_is_set_in_any_member() -> None:
    mask = np.array([True, False])
    members = Batched(np.array([[True, False], [False, False], [True, True]]), plain=False)

    assert in_any_member(mask) is mask
    assert in_any_member(members).tolist() == [True, False, True]


def test_sorted_and_looked_for_member_by_member() -> None:
    column_of_each = columns([3, 1, 2], [9, 7, 8])

    assert np.sort(column_of_each).each.T.tolist() == [[1, 2, 3], [7, 8, 9]]
    assert np.isin(column_of_each, (1, 9)).each.T.tolist() == [[False, True, False], [True, False, False]]
    assert np.isin(columns([3, 1], [3, 1]), (1,)).tolist() == [False, True]


def test_tuples_of_all_members_are_one_tuple() -> None:
    whole, first = of_each([(1, 5, "x"), (1, 6, "x")]), of_each([(1, 2), (1, 2)])

    assert (whole[0], whole[1].each.tolist(), whole[2]) == (1, [5, 6], "x")
    assert first == (1, 2)
    with pytest.raises(DivergedError):
        of_each([(1, 2), (1,)])
