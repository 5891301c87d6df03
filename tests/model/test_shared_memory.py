"""Arrays that another process maps: what `pack` refers to, what it copies, and what may be written."""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from tcptui.model import shared_memory, sparse_array
from tcptui.model.flow_table import KEY_WORDS, FlowTable
from tcptui.model.packet_store import COLUMNS, CORRECTED_COLUMNS, PacketStore
from tcptui.model.shared_memory import WORTH_SHARING, is_shared, pack, shared_zeros, unpack

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shares memory on Linux only")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_both_sides_see_what_either_writes_to_an_array_that_may_be_written() -> None:
    ours = shared_zeros(WORTH_SHARING, np.uint8)
    theirs = unpack(*pack(ours, [ours]))
    ours[7], theirs[9] = 70, 90

    assert (theirs[7], ours[9]) == (70, 90)


def test_other_arrays_are_shared_but_only_read() -> None:
    ours = shared_zeros((3, WORTH_SHARING), np.int64)
    theirs = unpack(*pack(ours))
    ours[2, 5] = -1

    assert (theirs.shape, theirs[2, 5]) == (ours.shape, -1)
    with pytest.raises(ValueError, match="read-only"):
        theirs[0, 0] = 1


def test_parts_lie_where_they_lay_and_take_one_descriptor_together() -> None:
    rows = shared_zeros((WORTH_SHARING, 16), np.uint8)
    column = rows.view(np.dtype([("time", np.int64), ("packets", np.int32), ("mark", np.int32)]))["packets"][:, 0]
    column[:] = np.arange(len(column))
    data, found = pack({"column": column, "tail": column[-5:], "back": column[::-1]})
    theirs = unpack(data, found)

    assert (len(found), len(data) < 1000) == (1, True)
    assert theirs["column"].tolist() == column.tolist()
    assert (theirs["tail"].tolist(), theirs["back"][0]) == (column[-5:].tolist(), column[-1])


def test_short_and_ordinary_arrays_are_copied() -> None:
    for ours in (shared_zeros(10, np.int64), np.zeros(WORTH_SHARING, np.int64)):
        data, found = pack(ours)
        theirs = unpack(data, found)
        ours[1] = 5

        assert (is_shared(ours), found, theirs[1]) == (False, [], 0)


def test_descriptors_are_closed_with_the_last_part_of_an_array() -> None:
    before = descriptors()
    array = shared_zeros(WORTH_SHARING, np.uint8)
    part = array[5:]
    del array
    assert descriptors() > before

    del part
    assert descriptors() == before


def test_without_descriptors_the_array_is_an_ordinary_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_name: str) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "memfd_create", none_left)
    array = shared_zeros(WORTH_SHARING, np.uint8)

    assert (array.any(), is_shared(array)) == (False, False)


def test_nor_does_it_take_pages_of_2_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages: list[int] = []

    def mapped(size: int) -> mmap.mmap:
        small_pages.append(size)
        return mmap.mmap(-1, size)

    monkeypatch.setattr(sparse_array, "mapped", mapped)
    monkeypatch.setattr(shared_memory, "CAN_SHARE", False)

    assert shared_zeros((1 << 20, 8), np.uint8).shape == (1 << 20, 8)
    assert small_pages == [8 << 20]


def test_a_store_is_handed_over_without_copying_a_column() -> None:
    store = PacketStore(shared=True)
    rows = WORTH_SHARING  # so that a column of bytes is worth it, too
    store.reserve(rows)
    store.seq[:rows] = np.arange(rows)
    store.time_ns[:rows] = 5
    store.publish(rows)
    data, found = pack(store, [getattr(store, name) for name in CORRECTED_COLUMNS])
    theirs = unpack(data, found)
    theirs.cause[3] = 9

    assert (len(found), len(data) < 10_000) == (len(COLUMNS), True)
    assert (theirs.count, theirs.seq[:rows].tolist(), store.cause[3]) == (rows, list(range(rows)), 9)
    with pytest.raises(ValueError, match="read-only"):
        theirs.seq[0] = 1


def test_a_flow_table_that_is_handed_over_names_the_endpoints() -> None:
    flows = FlowTable(shared=True)
    keys = np.zeros((2_000, KEY_WORDS), np.uint64)
    keys[:, 1], keys[:, 3], keys[:, 4] = 0x0A000001, np.arange(2_000), 4 << 32 | 80 << 16 | 443
    ids = flows.ids(keys)
    data, found = pack(flows)

    assert (len(found), len(data) < 10_000) == (1, True)
    assert unpack(data, found).endpoints(int(ids[77])) == flows.endpoints(int(ids[77]))
    assert shared_memory.is_shared(flows.keys(ids.astype(np.int64))) is False  # a selection is a copy
