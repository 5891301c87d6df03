"""Stories of several connections, recorded afresh: each is told of the capture as a whole, its near-twins are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cases.recorder.scenario import all_scenarios
from cases.recorder.scenarios.whole_capture import SCENARIOS
from cases.recorder.score import score_recordings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

#: Without those that take more than twenty seconds.
NAMES = [scenario.id for scenario in SCENARIOS if scenario.id not in ("idle-flows-dropped", "repeated-resets")]


def test_each_story_is_told_and_nothing_else(record_all: Callable[..., Path]) -> None:
    recorded = record_all(NAMES)
    scores = score_recordings([recorded / name for name in NAMES], all_scenarios())

    assert scores.captures == 2 * len(NAMES)
    assert scores.remarks == []
