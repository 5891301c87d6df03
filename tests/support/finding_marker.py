"""Tests of a finding are found by its id: ``pytest --finding zero-window``, or ``-k window`` for all that contain it.

`@pytest.mark.finding("zero-window", …)` marks a test in which the rule makes these findings, with ``twin=True`` one
in which almost the same packets give none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.model.finding import FindingId

if TYPE_CHECKING:
    from collections.abc import Iterable


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--finding`, any number of times."""
    ids = [finding.value for finding in FindingId]
    parser.addoption(
        "--finding", action="append", choices=ids, metavar="ID", default=[], help="only tests of this finding"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "finding(*ids, twin=False): a test of these findings' rules; twin: none is made")


def ids_of(marks: Iterable[pytest.Mark]) -> frozenset[str]:
    """The findings that ``marks`` name; raises UsageError where one is none."""
    ids = frozenset(name for mark in marks for name in mark.args)
    for name in ids:
        if name not in FindingId.__members__.values():
            raise pytest.UsageError(f"mark.finding: there is no finding {name!r}")
    return ids


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `-k` know the ids."""
    item.extra_keyword_matches.update(ids_of(item.iter_markers("finding")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what `--finding` asks for."""
    wanted = frozenset(config.getoption("finding"))
    if not wanted:
        return
    chosen = [item for item in items if wanted & item.extra_keyword_matches]
    config.hook.pytest_deselected(items=[item for item in items if not wanted & item.extra_keyword_matches])
    items[:] = chosen
