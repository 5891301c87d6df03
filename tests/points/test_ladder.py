"""The rows of the ladder between two points: what dies where, what was doubled, in which order."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from two_points import Path, World
from two_views import FaultyWorld

from tcptui.points.changes import Change
from tcptui.points.fates import Fate
from tcptui.points.joined import join_findings
from tcptui.points.ladder import ABSENT, Ladder, Ladders
from tcptui.points.listing import Kind, list_connections
from tcptui.points.merge import Hop, merge_captures
from tcptui.points.splits import split_waits
from tcptui.session.session import open_file

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator

    from tcptui.model.packet_store import I64

_MS = 1_000_000


@contextmanager
def merged(folder: pathlib.Path, world: World, *, is_symmetric: bool = False) -> Iterator[Hop]:
    sessions = [open_file(file) for file in world.write(folder)]
    try:
        yield merge_captures(*sessions, is_symmetric=is_symmetric)
    finally:
        for session in sessions:
            session.close()


def frames(hop: Hop, point: int, index: I64) -> list[int]:
    found: list[int] = hop.sides[point].column("frame")[index].tolist()
    return found


def all_ladders(hop: Hop) -> list[Ladder]:
    ladders = Ladders(hop)
    return [ladders.of(pair) for pair in range(len(hop.pairs))]


@pytest.mark.parametrize("path", [
    Path(loss=0.05), Path(loss=0.05, offset_ns=-7_200_000 * _MS, drift=8e-5), Path(translated=True, renumbered=True),
    Path(missed_by_a=0.05), Path(missed_by_b=0.05, loss=0.02), Path(loss=0.03, stamps=False, numbered=False),
])  # fmt: skip
def test_every_packet_has_a_row_with_what_became_of_it(tmp_path: pathlib.Path, path: Path) -> None:
    world = World(path, 11, connections=4, rounds=8)
    with merged(tmp_path, world) as hop:
        ladders = all_ladders(hop)
        for point in (0, 1):
            rows = [(ladder.in_b if point else ladder.in_a) for ladder in ladders]
            shown = [frame for row in rows for frame in frames(hop, point, row[row != ABSENT])]
            assert sorted(shown) == list(range(1, len(world.records[point]) + 1))
            only = world.only(point)
            for ladder in ladders:
                absent = (ladder.in_a if point else ladder.in_b) == ABSENT
                mine = (ladder.in_b if point else ladder.in_a)[absent]
                for frame, fate in zip(frames(hop, point, mine), ladder.fate[absent].tolist(), strict=True):
                    assert frame in only
                    assert fate != Fate.SEEN
                    assert fate == Fate.UNKNOWN or (fate == Fate.LOST_BETWEEN) == only[frame]


def test_rows_go_by_time_and_directions_by_who_sent(tmp_path: pathlib.Path) -> None:
    world = World(Path(loss=0.04, offset_ns=3_600_000 * _MS, drift=5e-5), 5, connections=3)
    with merged(tmp_path, world) as hop:
        for ladder in all_ladders(hop):
            assert (np.diff(ladder.time_ns) >= 0).all()
            assert ladder.is_placed
            both = (ladder.in_a != ABSENT) & (ladder.in_b != ABSENT)
            ttl = hop.sides[0].column("ttl")[ladder.in_a[both]]
            assert (ladder.travels_ab[both] == (ttl == 64)).all()
            assert (ladder.delay_ns[both] >= 0).all()
            assert np.isnan(ladder.delay_ns[~both]).all()
        least = min(float(np.nanmin(ladder.delay_ns[ladder.travels_ab])) for ladder in all_ladders(hop))
        assert least < _MS  # of the fastest packet


def test_delay_of_each_packet_is_the_queue_that_it_stood_in(tmp_path: pathlib.Path) -> None:
    world = FaultyWorld(Path(jitter_ns=0), 3, connections=3, fault="ack late")
    with merged(tmp_path, world) as hop:
        delays = np.concatenate([ladder.delay_ns for ladder in all_ladders(hop)])
        slow = delays[np.isfinite(delays) & (delays > 50 * _MS)]
        assert len(slow)
        assert np.nanmedian(delays) < _MS


def test_copies_are_marked_where_they_were_made(tmp_path: pathlib.Path) -> None:
    world = World(Path(copied=0.1, jitter_ns=0), 3, connections=3, rounds=12)
    assert world.copies
    with merged(tmp_path, world) as hop:
        found = 0
        for ladder in all_ladders(hop):
            doubled = ladder.fate == Fate.DUPLICATED
            found += int(np.count_nonzero(doubled))
            at_b = ladder.in_a[doubled] == ABSENT
            assert (at_b == ladder.travels_ab[doubled]).all(), "the copy is at the point that is passed second"
        assert found == len(world.copies)


def test_overtaken_packet_is_late(tmp_path: pathlib.Path) -> None:
    world = FaultyWorld(Path(jitter_ns=0), 3, connections=3, fault="reordered")
    with merged(tmp_path, world) as hop:
        late = [ladder.is_late for ladder in all_ladders(hop)]
        assert sum(int(np.count_nonzero(each)) for each in late) == 1
        ladder = next(one for one in all_ladders(hop) if one.is_late.any())
        assert not ladder.travels_ab[ladder.is_late].any()


def test_segment_that_was_cut_has_a_row_for_each_piece(tmp_path: pathlib.Path) -> None:
    with merged(tmp_path, World(Path(joins=4), 3, connections=1, rounds=3)) as hop:
        (ladder,) = all_ladders(hop)
        pieces = ladder.in_a[~ladder.is_whole]
        assert len(pieces)
        assert np.unique(pieces, return_counts=True)[1].max() == 4


def test_changes_are_those_of_the_one_packet(tmp_path: pathlib.Path) -> None:
    with merged(tmp_path, World(Path(mss=1_360, dscp=10, translated=True), 3, connections=2)) as hop:
        ladders = Ladders(hop)
        for pair in range(2):
            ladder = ladders.of(pair)
            changes = [ladders.changes_of(int(a), int(b)) for a, b in zip(ladder.in_a, ladder.in_b, strict=True)]
            has_mss = [Change.MSS in {one.change for one in each} for each in changes]
            assert has_mss[0]
            assert sum(has_mss) == 1
            for there, each in zip(ladder.travels_ab.tolist(), changes, strict=True):
                assert Change.ADDRESSES in {one.change for one in each}
                assert (Change.DSCP in {one.change for one in each}) == there
                ttl = next(one for one in each if one.change is Change.TTL)
                assert (ttl.before, ttl.after) == (64, 61)


def test_without_clocks_rows_keep_the_order_of_both_captures(tmp_path: pathlib.Path) -> None:
    # Nothing takes any time, and no hop is counted: nobody knows which point is nearer.
    world = World(Path(hops=0, there_ns=0, back_ns=0, jitter_ns=0), 3, connections=1)
    with merged(tmp_path, world) as hop:
        (ladder,) = all_ladders(hop)
        assert not ladder.is_placed
        assert (np.diff(ladder.in_a) > 0).all()
        assert (np.diff(ladder.in_b) > 0).all()


def test_list_has_the_worst_first_and_counts_as_the_truth(tmp_path: pathlib.Path) -> None:
    world = World(Path(loss=0.04), 3, connections=6, rounds=8)
    with merged(tmp_path, world) as hop:
        listing = list_connections(hop)
        lost = listing.lost_ab + listing.lost_ba
        assert int(lost.sum()) == len(world.lost)
        some = lost > 0
        assert (np.diff(some.astype(int)) <= 0).all()
        assert (np.diff(lost[some]) <= 0).all()
        assert (listing.packets_a + listing.packets_b)[0] > 0
        assert int(listing.packets_a.sum()) == len(world.records[0])


def test_connection_that_never_came_is_among_the_worst_and_others_of_one_side_last(tmp_path: pathlib.Path) -> None:
    world = FaultyWorld(Path(), 3, connections=4, fault="syns lost")
    with merged(tmp_path, world) as hop:
        findings = [capture.each_findings(range(capture.streams.count)) for capture in (hop.a, hop.b)]  # type: ignore[attr-defined]
        joined = join_findings(hop, split_waits(hop), (findings[0], findings[1]))
        plain, told = list_connections(hop), list_connections(hop, joined)
        assert Kind(plain.kind[-1]) is Kind.ONLY_A
        assert Kind(told.kind[0]) is Kind.ONLY_A
        assert told.pair[0] == ABSENT
        assert told.packets_b[0] == 0
        assert sorted(told.a.tolist()) == list(range(hop.a.streams.count))
