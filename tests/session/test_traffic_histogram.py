"""Packets and bytes over time: however packets come, each is counted once, in its time, and bins stay few."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from captures import Tape
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.finding import Severity
from tcptui.model.packet_store import PacketStore, RowKind
from tcptui.model.verdict import Verdict
from tcptui.session.session import open_file
from tcptui.session.traffic_histogram import MOST_BINS, Histogram, TrafficHistogram

if TYPE_CHECKING:
    from pathlib import Path


S = 10**9
NOBODY = np.zeros(0, np.uint8)
TIMES = st.one_of(st.integers(0, 10**5), st.integers(0, 10**12), st.integers(-(2**62), 2**62))


def no_streams() -> Any:
    nothing = np.zeros(0, np.int32)
    return SimpleNamespace(count=0, listed=lambda _count: nothing, troubled=nothing, latest_ns=np.zeros(0, np.int64))


def fill(store: PacketStore, packets: list[tuple[int, int]], verdict: int = 0, stream: int = 0) -> None:
    """Add packets, given as (time in ns, bytes on the wire)."""
    rows = slice(store.count, store.count + len(packets))
    store.reserve(rows.stop)
    store.fill("time_ns", rows, np.array([time for time, _ in packets], np.int64))
    store.fill("wire_length", rows, np.array([size for _, size in packets], np.uint32))
    store.fill("verdict", rows, np.full(len(packets), verdict, np.uint32))
    store.fill("stream", rows, np.full(len(packets), stream, np.int32))
    store.fill("kind", rows, np.full(len(packets), RowKind.TCP, np.uint8))
    store.publish(rows.stop)


def counted(packets: list[tuple[int, int]], batches: int = 1) -> Histogram:
    store = PacketStore()
    histogram, seen = TrafficHistogram(store, no_streams()), None
    size = -(-len(packets) // batches)
    for begin in range(0, len(packets), size):
        fill(store, packets[begin : begin + size])
        seen = histogram.grow(NOBODY)
    assert seen is not None
    return seen


@given(st.lists(st.tuples(TIMES, st.integers(0, 9000)), min_size=1, max_size=40), st.integers(1, 10))
def test_each_packet_is_counted_once_in_its_time_whatever_the_batches(
    packets: list[tuple[int, int]], batches: int
) -> None:
    seen, began = counted(packets, batches), packets[0][0]
    expected: dict[int, list[int]] = {}
    for time_ns, size in packets:
        since = min(max(time_ns - began, -(2**61)), 2**61)
        place = expected.setdefault(since // seen.width_ns - seen.first, [0, 0])
        place[0] += 1
        place[1] += size

    assert len(seen.packets) <= MOST_BINS
    assert {int(at): int(seen.packets[at]) for at in np.flatnonzero(seen.packets)} == {
        at: number for at, (number, _) in expected.items()
    }
    assert all(int(seen.octets[at]) == size for at, (_, size) in expected.items())
    assert min(expected) == 0
    assert max(expected) == len(seen.packets) - 1


@given(st.lists(st.tuples(TIMES, st.integers(0, 9000)), min_size=1, max_size=40), st.integers(1, 300))
def test_columns_add_up_to_the_whole_and_follow_each_other(packets: list[tuple[int, int]], most: int) -> None:
    seen = counted(packets)
    columns = seen.columns(most)

    assert columns.packets.sum() == len(packets)
    assert columns.octets.sum() == sum(size for _, size in packets)
    assert len(columns.begins_ns) == len(columns.packets) + 1 <= most + 1
    assert (np.diff(columns.begins_ns) > 0).all()
    for place in range(len(columns.packets)):
        assert columns.column_of(int(columns.begins_ns[place])) == place


def test_long_capture_keeps_some_bins_for_every_column() -> None:
    seen = counted([(number * S, 100) for number in range(50_000)], 7)

    assert MOST_BINS // 10 <= len(seen.packets) <= MOST_BINS
    assert seen.width_ns == 10 * S


def test_evicted_packets_are_not_shown_any_more() -> None:
    store = PacketStore()
    histogram = TrafficHistogram(store, no_streams())
    fill(store, [(number * S, 100) for number in range(4096)])
    histogram.grow(NOBODY)
    store.evict(2048)
    fill(store, [(4096 * S, 100)])
    seen = histogram.grow(NOBODY)

    assert seen is not None
    assert seen.packets.sum() == 2049
    assert seen.first * seen.width_ns == 2048 * S


def test_evicted_before_they_were_counted_are_left_out() -> None:
    store = PacketStore()
    histogram = TrafficHistogram(store, no_streams())
    fill(store, [(number * S, 100) for number in range(4096)])
    store.evict(4000)
    seen = histogram.grow(NOBODY)

    assert seen is not None
    assert seen.packets.sum() == 96


def test_trouble_is_marked_where_it_is_and_only_of_connections_in_trouble() -> None:
    store = PacketStore()
    histogram = TrafficHistogram(store, no_streams())
    fill(store, [(0, 60), (9 * S, 60)])
    fill(store, [(3 * S, 60)], int(Verdict.RETRANSMISSION), stream=0)
    fill(store, [(5 * S, 60)], int(Verdict.RETRANSMISSION), stream=1)
    fill(store, [(7 * S, 60)], int(Verdict.RETRANSMISSION), stream=2)
    severity = np.array([Severity.WARNING, Severity.NOTE, Severity.ERROR], np.uint8)
    calm, seen = histogram.grow(np.zeros(3, np.uint8)), histogram.grow(severity)

    assert calm is not None
    assert not calm.severity.any()
    assert seen is not None
    found = np.flatnonzero(seen.severity)
    assert (found * seen.width_ns).tolist() == [3 * S, 7 * S]
    assert seen.severity[found].tolist() == [Severity.WARNING, Severity.ERROR]


async def test_trouble_that_no_packet_shows_is_marked_at_the_connections_end(tmp_path: Path) -> None:
    tape, path = Tape(), tmp_path / "calm.pcap"
    tape.clean(0, "10.0.0.1:40001", "192.0.2.10:80", b"a")
    tape.clean(9000, "10.0.0.1:40002", "192.0.2.10:80", b"a")
    path.write_bytes(tape.pcap())
    session = open_file(path)
    await session.run()
    severity = np.array([Severity.ERROR, 0], np.uint8)
    seen = TrafficHistogram(session.store, session.streams).grow(severity)

    assert seen is not None
    marked = np.flatnonzero(seen.severity).tolist()
    assert [place * seen.width_ns for place in marked] == [140_100_000 // seen.width_ns * seen.width_ns]
