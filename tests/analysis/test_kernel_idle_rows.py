"""Rows put away in few bytes come back as they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.analysis.kernel import idle_rows as parked_rows
from tcptui.analysis.kernel.idle_rows import IdleRows

NUMBERS = st.one_of(
    st.integers(-1, 3),
    st.integers(0, (1 << 32) - 1),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.integers(1_700_000_000 * 10**9, 1_700_000_500 * 10**9),
)


@given(columns=st.lists(st.lists(NUMBERS, min_size=7, max_size=7), min_size=1, max_size=4))
def test_rows_come_back_as_they_were(columns: list[list[int]]) -> None:
    rows = np.array(columns, np.int64).T
    parked = IdleRows()

    places = parked.put(rows)

    assert parked.take(places[::-1]).tolist() == rows[::-1].tolist()
    assert not parked


@given(data=st.data())
def test_each_place_gives_its_own_row_whatever_went_before(data: st.DataObject) -> None:
    parked, kept, next_number = IdleRows(), dict[int, int](), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parked_rows, "GROUP", 4)
        for _ in range(data.draw(st.integers(1, 12))):
            if kept and data.draw(st.booleans()):
                chosen = data.draw(st.lists(st.sampled_from(sorted(kept)), min_size=1, unique=True))
                taken = parked.take(np.array(chosen, np.int64))
                assert taken[:, 0].tolist() == [kept.pop(place) for place in chosen]
            else:
                numbers = np.arange(next_number, next_number + data.draw(st.integers(1, 11)), dtype=np.int64)
                next_number += len(numbers)
                places = parked.put(numbers[:, None]).tolist()
                assert not kept.keys() & set(places)
                kept |= zip(places, numbers.tolist(), strict=True)

    assert bool(parked) == bool(kept)
    assert set(parked.scattered().tolist()) <= kept.keys()


def test_groups_of_which_most_is_gone_are_scattered() -> None:
    parked = IdleRows()
    places = parked.put(np.arange(10, dtype=np.int64)[:, None])

    parked.take(places[:5])
    assert not len(parked.scattered())

    parked.take(places[5:7])
    assert parked.scattered().tolist() == places[7:].tolist()


def test_rows_alike_take_next_to_no_room() -> None:
    parked = IdleRows()
    rows = np.zeros((parked_rows.GROUP, 90), np.int64)
    rows[:, 0] = np.arange(len(rows)) + (1 << 40)

    parked.put(rows)

    assert parked.nbytes <= 3 * len(rows)
