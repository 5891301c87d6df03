"""Only a test that is marked so is left out of the coverage, and counting goes on behind it."""

from __future__ import annotations

import pytest
from coverage import Coverage
from uncounted_marker import pytest_runtest_protocol


class _Counting:
    """In place of a coverage that counts."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def stop(self) -> None:
        self.done.append("stop")

    def start(self) -> None:
        self.done.append("start")


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_counting_stops_for_a_marked_test_only_and_goes_on_behind_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, marked: bool, fails: bool
) -> None:
    counting = _Counting()
    monkeypatch.setattr(Coverage, "current", lambda: counting)
    if marked:
        request.node.add_marker("uncounted")
    around = pytest_runtest_protocol(request.node)

    next(around)
    during = list(counting.done)
    if fails:
        with pytest.raises(RuntimeError, match="the test's machinery"):
            around.throw(RuntimeError("the test's machinery"))
    else:
        with pytest.raises(StopIteration):
            around.send(True)

    assert during == (["stop"] if marked else [])
    assert counting.done == (["stop", "start"] if marked else [])
