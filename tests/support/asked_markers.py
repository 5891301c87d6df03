"""Files in which no marker stands that ``-m`` asks for are not imported: to collect all takes each worker 20 seconds.

A test's markers stand in its own file, as ``mark.name``; where one of `KINDS` does not, the run fails.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Final

import pytest
from _pytest.mark.expression import Expression

#: Markers by which README and CI choose tests.
KINDS: Final = frozenset({"live", "tshark", "e2e", "slow"})
_MARK: Final = re.compile(r"\bmark\.(\w+)")
_WORD: Final = re.compile(r"\w+")


@cache
def markers_in(path: Path) -> frozenset[str]:
    """Markers that a file names."""
    return frozenset(_MARK.findall(path.read_text(encoding="utf-8")))


def may_match(expression: str, markers: frozenset[str]) -> bool:
    """Whether ``expression`` chooses a test with some of ``markers``, or with none.

    Markers that are no `KINDS` may come from anywhere: plugins give them, too.
    """
    compiled = Expression.compile(expression)
    asked = sorted({*_WORD.findall(expression)} - (KINDS - markers))
    return any(
        compiled.evaluate(lambda name, /, **_values: name in some)  # noqa: B023  # evaluated at once
        for count in range(len(asked) + 1)
        for some in combinations(asked, count)
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a file of which no test would be chosen, unless it was named."""
    expression = config.option.markexpr
    if not expression or collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    named = {Path(argument.partition("::")[0]).resolve() for argument in config.args}
    if collection_path in named or may_match(expression, markers_in(collection_path)):
        return None
    return True


@pytest.hookimpl(tryfirst=True)  # before any is left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fail where a test would be missed by what asks for its kind."""
    for item in items:
        hidden = KINDS & {mark.name for mark in item.iter_markers()} - markers_in(item.path)
        if hidden:
            raise pytest.UsageError(f"{item.nodeid}: {', '.join(sorted(hidden))} must stand in the file as mark.…")
