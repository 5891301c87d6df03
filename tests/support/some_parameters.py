"""Of a test that has very many sets of parameters a run tries some, and with ``--all-parameters`` all.

    @pytest.mark.each_value     each value of each parameter once at least, not each with each (*each choice*, not the
                                product, in the words of combinatorial testing)
    @pytest.mark.some(20)       twenty sets at most, drawn by a hash of their names: the same ones in each run

    @shares(4)                  a test that goes through many captures does so in four parts, one after the other

A set that is asked for by its name (``test_x.py::test_y[name]``) is always tried.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OPTION: Final = "--all-parameters"
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Share:
    """One of the ``count`` parts of what a test goes through."""

    number: int
    count: int

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Each ``count``-th of ``items``, in their order."""
        return items[self.number :: self.count]


def shares(count: int) -> pytest.MarkDecorator:
    """A mark by which a test is given each of ``count`` parts as its parameter ``share``."""
    return pytest.mark.parametrize(
        "share", [Share(number, count) for number in range(count)], ids=map(str, range(count))
    )


def drawn_order(name: str) -> bytes:
    """Where a set of parameters stands when some are drawn."""
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


def with_each_value(sets: Sequence[frozenset[tuple[str, str]]]) -> list[int]:
    """Positions of the ``sets`` that have together what all have, where the earlier are preferred among equals.

    A set has one value of each parameter: its name, and the value as it is written.
    """
    missing = frozenset().union(*sets)
    chosen = []
    while missing:
        best = max(range(len(sets)), key=lambda position: len(missing & sets[position]))
        missing -= sets[best]
        chosen.append(best)
    return sorted(chosen)


def chosen_of(items: Sequence[pytest.Function]) -> set[pytest.Item]:
    """Which of one test's ``items`` are tried where not all are asked for; all, unless a marker says otherwise."""
    one = items[0]
    drawn = sorted(items, key=lambda item: drawn_order(item.callspec.id))
    if one.get_closest_marker("each_value") is not None:
        sets = [frozenset((name, repr(value)) for name, value in item.callspec.params.items()) for item in drawn]
        return {drawn[position] for position in with_each_value(sets)}
    some = one.get_closest_marker("some")
    return set(items) if some is None else set(drawn[: some.args[0]])


def left_out(items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """Those of ``items`` that are not tried where not all are asked for."""
    tests: dict[str, list[pytest.Function]] = defaultdict(list)
    for item in items:
        if hasattr(item, "callspec"):
            tests[item.nodeid.partition("[")[0]].append(cast("pytest.Function", item))
    return {item for of_one in tests.values() for item in set(of_one) - chosen_of(of_one)}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(OPTION, action="store_true", help="try every set of parameters, also of tests that try some")


@pytest.hookimpl(trylast=True)  # of those that -m chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out sets of parameters that are not chosen."""
    if config.getoption(OPTION) or any("[" in argument for argument in config.args):
        return
    out = left_out(items)
    if out:
        config.hook.pytest_deselected(items=sorted(out, key=lambda item: item.nodeid))
        items[:] = [item for item in items if item not in out]
