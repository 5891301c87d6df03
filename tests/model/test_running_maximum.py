"""The largest entry so far, at every place."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from tcptui.model import arrays as running_maximum
from tcptui.model.arrays import RunningMaximum


@pytest.mark.parametrize("sparse", [0, 2, 256])
@pytest.mark.parametrize("count", [1, 3, 4, 5, 300])
def test_running_maximum_is_the_accumulated_one_everywhere(
    count: int, sparse: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_maximum, "_STRIDE", 4)
    monkeypatch.setattr(running_maximum, "_SPARSE", sparse)
    rng = Random(count)
    column = np.array([rng.randrange(-50, 50) for _ in range(count)], np.int64)
    index = np.array([rng.randrange(count) for _ in range(count)], np.int32)
    running = RunningMaximum(column, index)

    everywhere = np.maximum.accumulate(column[index])
    assert [running.at(place) for place in range(count)] == everywhere.tolist()
    for begin in range(0, count, 7):
        places = np.array([rng.randrange(begin, count) for _ in range(rng.randrange(9))], np.int64)
        assert running.of(places).tolist() == everywhere[places].tolist()
