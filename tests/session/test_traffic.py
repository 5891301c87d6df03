"""The traffic of a capture over time."""

from __future__ import annotations

import numpy as np
import pytest

from tcptui.model.packet_store import PacketStore
from tcptui.session.traffic import SLICES, Traffic, traffic_of

S = 10**9


def store_of(packets: list[tuple[int, int]]) -> PacketStore:
    """A store of packets given as (time in ns, bytes on the wire)."""
    store = PacketStore()
    store.reserve(len(packets))
    rows = slice(0, len(packets))
    store.fill("time_ns", rows, np.array([time for time, _ in packets], np.int64))
    store.fill("wire_length", rows, np.array([size for _, size in packets], np.uint32))
    store.publish(len(packets))
    return store


def traffic(packets: list[tuple[int, int]]) -> Traffic:
    found = traffic_of(store_of(packets))
    assert found is not None
    return found


def test_busiest_second_is_the_peak_not_its_busiest_instant() -> None:
    steady = [(second * S, 100) for second in range(241)]
    burst = [(100 * S + S // 2, 1000), (100 * S + S // 2 + 1, 1000)]

    assert traffic(steady + burst).peak == 2100 * 8


def test_packet_whose_time_went_back_is_counted_in_its_own_time() -> None:
    seen = traffic([(10 * S, 1), (20 * S, 1), (0, 7)])

    assert seen.bits[0] == 56
    assert seen.span_ns == 20 * S


@pytest.mark.parametrize("parts", [1, 10, 77, SLICES])
def test_parts_add_up_to_the_whole(parts: int) -> None:
    seen = traffic([(number**2 * S, number) for number in range(50)])

    assert len(seen.bits_in(parts)) == parts
    assert seen.bits_in(parts).sum() == seen.bits.sum() == sum(range(50)) * 8


def test_newest_slice_is_the_last_one() -> None:
    assert traffic([(0, 1), (24 * S, 100)]).bits[-1] == 800


@pytest.mark.parametrize("packets", [[], [(S, 60)], [(S, 60), (S + 4_999_999, 60)]])
def test_exchange_shorter_than_five_milliseconds_has_no_rate(packets: list[tuple[int, int]]) -> None:
    assert traffic_of(store_of(packets)) is None


def test_exchange_of_five_milliseconds_has_one() -> None:
    assert traffic([(S, 60), (S + 5_000_000, 60)]).bits.sum() == 960
