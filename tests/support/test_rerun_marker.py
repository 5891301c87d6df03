"""Only a test that says why is run again."""

from __future__ import annotations

import pytest
from rerun_marker import pytest_itemcollected


def test_unmarked_test_is_not_run_again(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("flaky") is None


@pytest.mark.rerun_on_race(reason="to see it", reruns=3)
def test_marked_test_is_run_again_as_often_as_it_says(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("flaky").kwargs["reruns"] == 3


@pytest.mark.parametrize("options", [{}, {"reason": " "}, {"reason": "late", "times": 2}])
def test_marker_without_a_reason_is_refused(request: pytest.FixtureRequest, options: dict[str, object]) -> None:
    request.node.add_marker(pytest.mark.rerun_on_race(**options))

    with pytest.raises(pytest.UsageError, match="needs a reason="):
        pytest_itemcollected(request.node)
