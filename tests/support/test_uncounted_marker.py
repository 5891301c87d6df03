"""Only a test that is marked so is left out of the coverage, and counting goes on behind it."""

from __future__ import annotations

import pytest
from coverage import Coverage
from uncounted_marker import pytest_runtest_protocol


class _Counting:
    """In place of a coverage that counts; ``running`` is shared by all, the newest last."""

    def __init__(self, running: list[_Counting]) -> None:
        self.running = running
        self.start()

    def stop(self) -> None:
        self.running.remove(self)

    def start(self) -> None:
        self.running.append(self)


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_counting_stops_for_a_marked_test_only_and_goes_on_behind_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, marked: bool, fails: bool
) -> None:
    running: list[_Counting] = []
    before = [_Counting(running) for _ in range(2)]
    monkeypatch.setattr(Coverage, "current", lambda: running[-1] if running else None)
    if marked:
        request.node.add_marker("uncounted")
    around = pytest_runtest_protocol(request.node)

    next(around)
    during = list(running)
    if fails:
        with pytest.raises(RuntimeError, match="the test's machinery"):
            around.throw(RuntimeError("the test's machinery"))
    else:
        with pytest.raises(StopIteration):
            around.send(True)

    assert during == ([] if marked else before)
    assert running == before
