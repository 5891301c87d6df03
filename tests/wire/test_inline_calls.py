"""A kernel with its callees put in does what it did by calling them."""

from __future__ import annotations

import pytest

from tcptui.wire.object_code import inlined

STEP = 3


def _stepped(number: int, places: list[int]) -> tuple[int, int]:
    """Its own ``total`` is not the caller's."""
    total = number * STEP
    places[0] = total
    return total, total + 1


def _caller(count: int, places: list[int]) -> int:
    total = 100
    for number in range(count):
        low, high = _stepped(number, places)
        total += low + high
    return total


def _calls_with_other_names(number: int, places: list[int]) -> int:
    low, _high = _stepped(number + 1, places)
    return low


def test_inlined_kernel_calls_nothing_and_gives_the_same() -> None:
    alone = inlined(_caller)
    by_calls, by_itself = [0], [0]

    assert "_stepped" not in alone.__code__.co_names
    assert alone(5, by_itself) == _caller(5, by_calls)
    assert by_itself == by_calls
    assert alone.__code__.co_firstlineno == _caller.__code__.co_firstlineno


def test_call_that_cannot_be_put_in_is_refused() -> None:
    with pytest.raises(TypeError, match="_stepped cannot be inlined"):
        inlined(_calls_with_other_names)


def test_kernel_without_calls_is_itself() -> None:
    assert inlined(_stepped) is _stepped
