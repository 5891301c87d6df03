"""`@pytest.mark.uncounted`: coverage does not count what this test runs, nor what its fixtures run for it.

Counting doubles the time that Python takes. It stands on tests that put a hundred captures through what smaller tests
have covered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import Generator


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "uncounted: coverage does not count its lines, which smaller tests have covered")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Stop counting around ``item`` if it is marked so."""
    stopped = []
    # In a worker pytest-cov has two: when one stops, the one before it goes on.
    while item.get_closest_marker("uncounted") is not None and (counting := Coverage.current()) is not None:
        counting.stop()
        stopped.append(counting)
    try:
        return (yield)
    finally:
        for counting in reversed(stopped):
            counting.start()
