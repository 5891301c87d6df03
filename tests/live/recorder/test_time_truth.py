"""Where the time went, held against what the programs did and what the kernels counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cases.recorder.time_truth import TOLD, comparisons

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

#: One for each part that has a truth.
NAMES = ["server-think-time", "client-think-time", "slow-sender", "nagle-delayed-ack", "small-window", "periodic-loss"]


def test_every_part_agrees_with_the_programs_and_the_kernel(record_all: Callable[..., Path]) -> None:
    compared = list(comparisons([record_all(NAMES)]))

    assert {each.part for each in compared} == {part for part, _end in TOLD.values()}
    assert len(compared) == len(NAMES)
    assert all(each.agrees for each in compared), "\n".join(map(str, compared))
