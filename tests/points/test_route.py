"""Three captures of composed connections: their order, on which hop a packet was lost, and what a capture missed."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from three_points import Triple
from two_points import BEGAN_NS, Path, World

from tcptui.points.fates import Fate
from tcptui.points.route import merge_route
from tcptui.points.route_clocks import clock_of
from tcptui.session.session import open_file

if TYPE_CHECKING:
    import pathlib

    from tcptui.points.route import Route

_MS = 1_000_000


def merged(triple: Triple, folder: pathlib.Path) -> Route:
    return merge_route(list(map(open_file, triple.write(folder))))


def truth(triple: Triple) -> list[dict[int, int]]:
    """By point the number of each packet by its frame."""
    return [triple.world.frames(0), triple.frames(), triple.world.frames(1)]


def fates(route: Route, near: int, far: int, side: int) -> dict[int, Fate]:
    """What became of the packets of one side of a hop, by frame."""
    hop = route.hops[near, far]
    index, fate = hop.missing[side].index, hop.missing[side].fate
    return dict(zip(hop.sides[side].column("frame")[index].tolist(), map(Fate, fate.tolist()), strict=True))


PATHS = {
    "plain": Path(loss=0.05),
    "translated": Path(loss=0.05, translated=True),
    "renumbered": Path(loss=0.05, translated=True, renumbered=False, mss=1_360),
    "clocks": Path(loss=0.05, offset_ns=-7_200_000 * _MS),
    "no stamps": Path(loss=0.05, stamps=False),
}


@pytest.mark.parametrize("order", permutations(range(3)), ids=lambda order: "".join("ABC"[one] for one in order))
def test_order_along_the_path_does_not_depend_on_that_of_the_files(
    tmp_path: pathlib.Path, order: tuple[int, int, int]
) -> None:
    files = Triple(World(PATHS["plain"], 3, connections=4)).write(tmp_path)

    route = merge_route([open_file(files[one]) for one in order])

    assert [order[given] for given in route.given] == [0, 1, 2]
    assert route.is_told == (True, True)


@pytest.mark.parametrize("translated_first", [True, False])
@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_loss_is_on_its_hop(tmp_path: pathlib.Path, kind: str, seed: int, translated_first: bool) -> None:
    triple = Triple(World(PATHS[kind], seed, connections=4, rounds=12), seed, translated_first=translated_first)

    route = merged(triple, tmp_path)

    assert len(route.chains) == 4
    assert all([(one.near, one.far) for one in chain] == [(0, 1), (1, 2)] for chain in route.chains)
    numbers, lost, told = truth(triple), triple.world.lost, 0
    seen = [set(each.values()) for each in numbers]
    for near, far in ((0, 1), (1, 2)):
        for side, (here, there) in enumerate(((near, far), (far, near))):
            found = fates(route, near, far, side)
            assert {numbers[here][frame] for frame in found} <= lost
            outside = route.hops[near, far].sides[side].column("frame")[
                route.hops[near, far].missing[side].outside
            ].tolist()  # fmt: skip
            expected = {frame for frame, number in numbers[here].items() if number not in seen[there]}
            assert found.keys() | set(outside) == expected
            assert set(found.values()) <= {Fate.LOST_BETWEEN}
            told += len(found)
    assert told > 4


@pytest.mark.parametrize("seed", range(4))
def test_capture_that_missed_packets_is_told_from_a_path_that_lost_them(tmp_path: pathlib.Path, seed: int) -> None:
    triple = Triple(World(Path(loss=0.05), seed, connections=5, rounds=12), seed, missed=0.06)

    route = merged(triple, tmp_path)

    numbers, lost, missed = truth(triple), triple.world.lost, 0
    at_ends = set(numbers[0].values()) & set(numbers[2].values())
    for near, far, side, here in ((0, 1, 0, 0), (1, 2, 1, 2)):
        for frame, fate in fates(route, near, far, side).items():
            number = numbers[here][frame]
            if number in triple.unseen:
                # What was missed here and lost further on looks like what was lost before.
                assert fate is not Fate.LOST_BETWEEN or number in lost
                if number in at_ends:  # both neighbours have it: nothing is left to doubt
                    assert fate is Fate.NOT_CAPTURED
                    missed += 1
            else:
                assert number in lost
                assert fate is not Fate.NOT_CAPTURED
    assert missed > 5
    for side, here in ((0, 1), (1, 2)):  # nor does what it missed make a hop lose it
        for frame, fate in fates(route, 1, 2, side).items():
            if fate is Fate.LOST_BETWEEN:
                assert numbers[here][frame] in lost


def test_two_points_alone_cannot_tell_what_the_third_shows(tmp_path: pathlib.Path) -> None:
    """Bare ACKs without timestamps: nobody answers them, so a pair does not know whether they arrived."""
    triple = Triple(World(Path(stamps=False), 3, connections=5, rounds=12), 3, missed=0.06)
    files = triple.write(tmp_path)

    alone, route = (merge_route(list(map(open_file, some))) for some in (files[:2], files))

    unknown = [list(fates(one, 0, 1, 0).values()).count(Fate.NOT_CAPTURED) for one in (alone, route)]
    assert unknown[0] < unknown[1] == len(fates(route, 0, 1, 0))


def test_clocks_are_told_against_the_first_point(tmp_path: pathlib.Path) -> None:
    path = Path(offset_ns=5_000 * _MS, drift=40e-6, loss=0.02)
    triple = Triple(World(path, 3, connections=6), 3, offset_ns=-3_000 * _MS)

    route = merged(triple, tmp_path)

    for point, offset in ((1, lambda _at: -3_000 * _MS), (2, path.offset_at)):
        clock = clock_of(route, point)
        assert clock is not None
        low, high = clock.offset.low_ns, clock.offset.high_ns
        assert low is not None
        assert high is not None
        slack = 2_000 + 40e-6 * 60 * _MS
        assert low - slack <= offset(clock.at_ns - BEGAN_NS) <= high + slack
        assert high - low < 2 * (path.there_ns + path.back_ns) + 4 * path.jitter_ns


def test_clock_of_a_point_that_shares_nothing_with_the_first_is_the_sum_of_the_hops(tmp_path: pathlib.Path) -> None:
    path = Path(offset_ns=5_000 * _MS)
    triple = Triple(World(path, 3, connections=8), 3, offset_ns=-3_000 * _MS)
    # The client has the first four connections only, the server the others.
    for point, ports in ((0, range(40_000, 40_004)), (1, range(40_004, 40_008))):
        records = triple.world.records[point]
        records[:] = [one for one in records if _port(one[1]) in ports]

    route = merged(triple, tmp_path)

    assert route.hops[0, 2].clocks is None
    clock = clock_of(route, 2)
    assert clock is not None
    assert clock.offset.low_ns is not None
    assert clock.offset.high_ns is not None
    assert clock.offset.low_ns <= 5_000 * _MS <= clock.offset.high_ns
    assert len(route.chains) == 8
    assert route.is_told == (True, True)


def test_connection_that_one_point_has_not_is_merged_at_the_others(tmp_path: pathlib.Path) -> None:
    triple = Triple(World(Path(loss=0.03), 3, connections=4), 3, without=frozenset({40_001}))

    route = merged(triple, tmp_path)

    hops = sorted([(one.near, one.far) for one in chain] for chain in route.chains)
    assert hops == [[(0, 1), (1, 2)]] * 3 + [[(0, 2)]]


def test_points_that_packets_do_not_order_stay_as_given(tmp_path: pathlib.Path) -> None:
    triple = Triple(World(Path(), 3), 3)
    other = World(Path(), 9).write(tmp_path)[0]

    route = merge_route([open_file(path) for path in (triple.write(tmp_path)[2], other, triple.write(tmp_path)[0])])

    assert route.given == (1, 2, 0) or route.given == (2, 0, 1)
    assert sum(route.is_told) == 1


def _port(data: bytes) -> int:
    source, target = int.from_bytes(data[20:22], "big"), int.from_bytes(data[22:24], "big")
    return source if source >= 40_000 else target
