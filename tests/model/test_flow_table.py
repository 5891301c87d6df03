"""Flow keys to numbers: exact, dense, and still exact when hashes collide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.flow_table import KEY_WORDS, FlowTable


def key(number: int, version: int = 4) -> list[int]:
    return [0, number >> 16 | 1, 0, 0xFFFF_FFFF, version << 32 | (number & 0xFFFF) << 16 | 80]


def keys(*numbers: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    return np.array([key(number) for number in numbers], np.uint64).reshape(-1, KEY_WORDS)


def test_equal_keys_share_a_number_within_and_across_batches() -> None:
    flows = FlowTable()
    first = flows.ids(keys(5, 6, 5))
    second = flows.ids(keys(6, 7))

    assert first[0] == first[2] != first[1]
    assert second[0] == first[1]
    assert sorted({*first.tolist(), *second.tolist()}) == [0, 1, 2]
    assert len(flows) == 3


def test_any_layout_of_the_keys_gives_the_same_numbers() -> None:
    flows = FlowTable()
    rows = keys(1, 2, 3)
    numbers = flows.ids(rows).tolist()

    assert flows.ids(np.asfortranarray(rows)).tolist() == numbers


def test_empty_batch_has_no_flows() -> None:
    flows = FlowTable()

    assert len(flows.ids(np.zeros((0, KEY_WORDS), np.uint64))) == 0
    assert len(flows) == 0


def test_table_grows_beyond_its_first_room_and_keeps_the_ends() -> None:
    flows = FlowTable()
    numbers = flows.ids(keys(*range(5_000)))

    assert sorted(numbers.tolist()) == list(range(5_000))
    assert flows.endpoints(int(numbers[4_321]))[0].port == 4_321
    assert flows.ports(numbers)[0].tolist() == list(range(5_000))


def test_address_has_the_size_of_its_version() -> None:
    flows = FlowTable()
    wide = np.array([[0x20010DB8 << 32, 1, 0x20010DB8 << 32, 2, 6 << 32 | 5 << 16 | 6]], np.uint64)
    four, six = flows.ids(keys(7))[0], flows.ids(wide)[0]

    assert [len(end.address) for end in flows.endpoints(int(four))] == [4, 4]
    assert str(flows.endpoints(int(six))[1]) == "[2001:db8::2]:6"
    assert flows.addresses(int(six), int(six) + 1).tolist() == [[[0x20010DB8 << 32, 1, 6], [0x20010DB8 << 32, 2, 6]]]


@pytest.mark.parametrize("bits", [0, 1, 3])
def test_colliding_hashes_cost_time_but_never_mix_flows(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        FlowTable, "_hashes", lambda _table, words: (words[4] >> np.uint64(16)) & np.uint64(2**bits - 1)
    )
    flows = FlowTable()
    numbers = [7, 8, 7, 9, 8, 70_007, 7]

    first, again = flows.ids(keys(*numbers)), flows.ids(keys(*reversed(numbers)))

    assert again.tolist() == first.tolist()[::-1]
    assert len(set(first.tolist())) == len(set(numbers)) == len(flows)
    assert [flows.endpoints(int(flow))[0].port for flow in first] == [number & 0xFFFF for number in numbers]


@given(batches=st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=6))
def test_numbers_follow_the_keys_whatever_the_batches(batches: list[list[int]]) -> None:
    flows = FlowTable()
    known: dict[int, int] = {}
    for batch in batches:
        for number, flow in zip(batch, flows.ids(keys(*batch)).tolist(), strict=True):
            assert known.setdefault(number, flow) == flow

    assert sorted(known.values()) == list(range(len(flows)))


def test_number_of_a_forgotten_flow_is_used_again_but_not_at_once() -> None:
    flows = FlowTable()
    numbers = flows.ids(keys(1, 2, 3))
    flows.evict(numbers[:1].astype(np.int64))
    other = int(flows.ids(keys(4))[0])
    flows.evict(np.zeros(0, np.int64))
    again = int(flows.ids(keys(1))[0])

    assert other not in numbers.tolist()
    assert again == int(numbers[0])
    assert len(flows) == 4
    assert flows.ids(keys(2, 3, 4, 1)).tolist() == [*numbers[1:].tolist(), other, again]
    assert flows.endpoints(again)[0].port == 1


def test_who_keeps_things_by_number_is_told_that_they_mean_others() -> None:
    flows = FlowTable()
    numbers = flows.ids(keys(1, 2))
    before = flows.renewals
    flows.ids(keys(1, 3))
    assert flows.renewals == before
    flows.evict(numbers[:1].astype(np.int64))
    flows.evict(np.zeros(0, np.int64))
    evicted = flows.renewals
    flows.ids(keys(4))

    assert before < evicted < flows.renewals


def test_table_stays_as_large_as_what_is_kept() -> None:
    flows = FlowTable()
    for turn in range(200):
        numbers = flows.ids(keys(*range(100 * turn, 100 * turn + 100)))
        flows.evict(numbers.astype(np.int64))

    assert len(flows) <= 200
    assert not flows._by_hash


@pytest.mark.parametrize("bits", [0, 1])
def test_flow_whose_hash_a_forgotten_one_had_keeps_its_number(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        FlowTable, "_hashes", lambda _table, words: (words[4] >> np.uint64(16)) & np.uint64(2**bits - 1)
    )
    flows = FlowTable()
    numbers = flows.ids(keys(2, 4, 6))
    for gone in numbers[:2]:
        flows.evict(np.array([gone], np.int64))
    flows._recent[:] = 0

    assert flows.ids(keys(6))[0] == numbers[2]
    assert len({*flows.ids(keys(2, 4, 6)).tolist()}) == 3
