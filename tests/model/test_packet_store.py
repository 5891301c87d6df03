"""Rows that leave from the front: numbers stay, memory goes, nothing names what is gone."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from tcptui.model import packet_store
from tcptui.model.packet_store import NO_ROW, PacketStore


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> PacketStore:
    """Ten thousand rows in columns of mapped memory."""
    monkeypatch.setattr(packet_store, "_MAPPED", 4096)
    store = PacketStore()
    _append(store, 10_000)
    return store


def _append(store: PacketStore, rows: int) -> None:
    first = store.count
    store.reserve(first + rows)
    new = np.arange(first, first + rows)
    store.frame[first : first + rows] = new + 1
    store.time_ns[first : first + rows] = new * 1_000
    for name in ("previous", "refers_to", "acked"):
        getattr(store, name)[first : first + rows] = new - 1
    store.publish(first + rows)


def test_frame_that_has_left_is_in_no_row(store: PacketStore) -> None:
    store.evict(6_000)

    assert store.row_of_frame(6_000) == NO_ROW
    assert store.row_of_frame(6_001) == 6_000
    assert store.row_of_frame(10_001) == NO_ROW


def test_kept_rows_name_no_row_that_has_left(store: PacketStore) -> None:
    store.evict(6_000)

    assert store.previous[6_000] == store.refers_to[6_000] == store.acked[6_000] == NO_ROW
    assert store.previous[6_001] == 6_000


@pytest.mark.skipif(sys.platform != "linux", reason="memory is given back in place on Linux")
def test_memory_is_given_back_one_turn_late(store: PacketStore) -> None:
    store.evict(6_000)
    before = int(store.frame[10])
    store.evict(8_000)

    assert before == 11  # whoever looks at a row when it leaves still sees it
    assert not store.frame[:5_000].any()
    assert store.frame[6_000:10_000].tolist() == list(range(6_001, 10_001))


def test_memory_is_given_back_where_no_page_can_be(store: PacketStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_store, "_GIVES_BACK", False)
    store.evict(6_000)
    column = store.frame
    store.evict(8_000)

    assert store.frame is not column
    assert not store.frame[:5_000].any()
    assert store.frame[6_000:10_000].tolist() == list(range(6_001, 10_001))


def test_growing_copies_what_is_kept(store: PacketStore) -> None:
    store.evict(6_000)
    store.evict(8_000)
    _append(store, 40_000)

    assert store.frame[6_000:50_000].tolist() == list(range(6_001, 50_001))
    assert not store.frame[:5_000].any()
    assert store.began_ns == 0
    assert store.latest_ns == 49_999_000


@pytest.mark.parametrize("frame", [-1, 0, 4, 2**32, 2**40])
def test_frame_that_is_not_there_has_no_row(frame: int) -> None:
    store = PacketStore()
    store.frame[:3] = (1, 2, 3)
    store.time_ns[:3] = 0
    store.publish(3)

    assert store.row_of_frame(frame) == NO_ROW
    assert store.row_of_frame(3) == 2


def test_filling_with_zeros_changes_nothing_and_other_values_do(store: PacketStore) -> None:
    store.reserve(20_000)
    values = np.zeros(5_000, np.int64)
    values[[0, 1_500, 4_999]] = 7, 8, 9
    store.fill("verdict", slice(10_000, 15_000), values)
    store.fill("cause", slice(10_000, 15_000), np.zeros(5_000, np.int64))

    assert store.verdict[10_000:15_000].tolist() == values.tolist()
    assert not store.verdict[15_000:20_000].any()
    assert not store.cause[10_000:20_000].any()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_what_a_fork_writes_to_shared_columns_is_seen_and_the_rest_is_kept(store: PacketStore) -> None:
    store.cause[5_000] = 3
    store.share(("cause", "marks"))
    fork = os.fork()
    if not fork:
        store.cause[9_999], store.marks[0], store.ttl[0] = 7, 4, 64
        os._exit(0)
    os.waitpid(fork, 0)

    assert np.flatnonzero(store.cause).tolist() == [5_000, 9_999]
    assert (store.cause[5_000], store.cause[9_999], store.marks[0], store.ttl[0]) == (3, 7, 4, 0)
