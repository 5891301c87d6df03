"""Delays of many groups as columns: what each group says alone, at a cost that does not grow by group."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from two_points import Path, World

from tcptui.points.delays import PERCENTILES, spreads_by
from tcptui.points.merge import merge_captures
from tcptui.session.session import open_file

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable


@pytest.mark.parametrize("seed", range(4))
def test_each_group_is_as_if_it_were_alone(seed: int) -> None:
    draw = np.random.default_rng(seed)
    groups, delays = draw.integers(0, 9, 300), np.rint(draw.exponential(1e6, 300))
    groups[groups == 4] = 5

    found = spreads_by(groups, delays, 10)

    assert found.of(4) is None
    assert found.of(9) is None
    for group in np.unique(groups).tolist():
        mine, spread = delays[groups == group], found.of(group)
        assert spread is not None
        assert (spread.least_ns, spread.median_ns, spread.most_ns) == (mine.min(), np.median(mine), mine.max())
        for share, value in zip(PERCENTILES, spread.percentiles_ns, strict=True):
            assert np.mean(mine <= value) >= share / 100
            assert np.mean(mine < value) < share / 100


def _calls(work: Callable[[], object]) -> int:
    """How many functions of Python ``work`` calls."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_no_function_is_called_for_each_connection(tmp_path: pathlib.Path) -> None:
    calls = []
    for seed, connections in ((1, 4), (2, 160)):
        hop = merge_captures(*map(open_file, World(Path(), seed, connections, rounds=1).write(tmp_path)))
        assert len(hop.pairs) == connections
        calls.append((_calls(hop.delays), _calls(hop.intervals)))

    assert calls[0] == calls[1]
