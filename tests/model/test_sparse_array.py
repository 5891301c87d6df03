"""Parts of long arrays are given up and read as zero; what is kept stays, also when the array grows."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tcptui.model.sparse_array import emptied, grown, release_pages, trim, zeros


@pytest.mark.parametrize("shape", [(200_000,), (40_000, 18)])
def test_only_what_is_gone_is_given_up(shape: tuple[int, ...]) -> None:
    rows = shape[0]
    array = zeros(shape, np.int64)
    array[:] = np.arange(1, array.size + 1).reshape(shape)
    before = array.copy()
    gone = np.zeros(rows, np.bool_)
    for begin, end in ((10, rows // 3), (rows // 2, rows // 2 + 1), (rows // 2 + 7, rows - 3)):
        gone[begin:end] = True
        array[begin:end] = 0
        release_pages(array, np.flatnonzero(~gone), begin, end)
    longer = grown(array, 2 * rows, np.flatnonzero(~gone))

    assert (array[~gone] == before[~gone]).all()
    assert not array[gone].any()
    assert (longer[:rows] == array).all()
    assert not longer[rows:].any()


@pytest.mark.skipif(sys.platform != "linux", reason="pages are given back on Linux")
def test_memory_is_given_back() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096

    array = zeros((1 << 20, 8), np.int64)
    array[:] = 1
    full = resident()
    gone = np.ones(len(array), np.bool_)
    gone[1_000] = False
    array[gone] = 0
    release_pages(array, np.array([1_000]), 0, len(array))

    assert full - resident() > 40 << 20
    assert (array[1_000] == 1).all()


def test_row_that_leaves_long_after_its_neighbours_costs_no_look_at_all_rows_since() -> None:
    rows = 4_000_000
    array = zeros((rows, 16), np.int64)
    leaving = np.array([3, *range(rows - 100, rows - 1)])
    array[leaving] = 1
    kept = np.array([1_000_000, rows - 1])
    array[kept] = 2
    tracemalloc.start()
    emptied(array, leaving, kept, anew=False)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < rows  # a byte for each row; whatever else the process does meanwhile is counted, too
    assert not array[leaving].any()
    assert (array[kept] == 2).all()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc gives back what it keeps")
def test_what_was_freed_may_be_given_back_at_any_time() -> None:
    kept = zeros(1_000, np.int64)
    kept[:] = 7
    trim()

    assert (kept == 7).all()
