"""Which sets of parameters are tried: what the marker says, the same ones in each run, all where all are asked for."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from some_parameters import drawn_order, with_each_value

if TYPE_CHECKING:
    pass

pytest_plugins = ("pytester",)

TESTS = """\
import pytest

@pytest.mark.each_value
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_screen(size, language):
    pass

@pytest.mark.some(4)
@pytest.mark.parametrize("seed", range(40))
def test_world(seed):
    pass

@pytest.mark.parametrize("rule", range(5))
def test_rule(rule):
    pass
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_a=TESTS)
    pytester.makeini("[pytest]\nmarkers =\n  each_value: …\n  some: …\n")
    return pytester


def passed(run: pytest.Pytester, *options: str) -> list[str]:
    result = run.inline_run(
        "-p", "some_parameters", "-p", "no:asyncio", "-p", "no:xdist", "-p", "no:textual-snapshot", *options
    )
    return [report.nodeid for report in result.listoutcomes()[0]]


def test_run_tries_some_and_always_the_same(run: pytest.Pytester) -> None:
    names = passed(run)
    screens = [name for name in names if "screen" in name]
    assert len(screens) == 3
    assert all(any(value in name for name in screens) for value in ("en", "zh", "1", "2", "3"))
    assert sum("world" in name for name in names) == 4
    assert sum("rule" in name for name in names) == 5
    assert passed(run) == names


def test_all_are_tried_where_they_are_asked_for_and_one_by_its_name(run: pytest.Pytester) -> None:
    assert len(passed(run, "--all-parameters")) == 6 + 40 + 5
    for number in range(40):
        assert len(passed(run, f"test_a.py::test_world[{number}]")) == 1


@pytest.mark.parametrize("sizes", [(1,), (2, 3), (4, 4), (2, 7, 3)])
def test_each_value_is_in_a_chosen_set_and_few_are_chosen(sizes: tuple[int, ...]) -> None:
    names = [f"p{number}" for number in range(len(sizes))]
    sets = [frozenset(zip(names, map(str, values), strict=True)) for values in product(*map(range, sizes))]
    chosen = with_each_value(sets)
    assert frozenset().union(*(sets[position] for position in chosen)) == frozenset().union(*sets)
    assert len(chosen) == max(sizes)


def test_drawn_order_mixes_what_lies_side_by_side() -> None:
    names = sorted(map(str, range(100)), key=drawn_order)
    assert names != sorted(names)
    assert len({name[0] for name in names[:20]}) > 4
