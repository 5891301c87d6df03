"""Few of very many numbers are yes: asked like an array of bools."""

from __future__ import annotations

import numpy as np

from tcptui.model.sparse_mask import NONE, SparseMask


def test_answers_are_those_of_an_array() -> None:
    few, array = SparseMask(np.array([2, 5, 9])), np.zeros(12, np.bool_)
    array[[2, 5, 9]] = True
    asked = np.array([9, 0, 5, 5, 11])

    assert [few[number] for number in range(12)] == array.tolist()
    assert few[asked].tolist() == array[asked].tolist()
    assert few[:6].tolist() == array[:6].tolist()
    assert few[3:12].tolist() == array[3:12].tolist()


def test_numbers_beyond_memory_cost_nothing() -> None:
    few = SparseMask(np.array([7, 10**15]))

    assert few[10**15]
    assert few[np.array([10**15, 10**14])].tolist() == [True, False]


def test_none_is_no_for_all() -> None:
    assert not NONE[3]
    assert not NONE[:5].any()
