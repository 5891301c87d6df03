"""Waits for answers split by two points, against the true times of every packet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from two_points import SYN, Path, World

from tcptui.points.merge import merge_captures
from tcptui.points.splits import split_waits
from tcptui.session.session import open_file

if TYPE_CHECKING:
    import pathlib

    from tcptui.points.merge import Hop

_MS = 1_000_000
PATHS = {
    "plain": Path(),
    "offset": Path(offset_ns=-7_200_000 * _MS, loss=0.03),
    "translated": Path(translated=True, renumbered=True, loss=0.05),
    "offload": Path(joins=6, loss=0.03),
    "drift": Path(drift=70e-6, offset_ns=3_000 * _MS, loss=0.03),
    "cut": Path(snaplen=60, stamps=False, loss=0.03),
    "one network": Path(hops=0, there_ns=60_000, back_ns=40_000, jitter_ns=30_000),
    "stepped": Path(step_ns=900 * _MS, step_at_ns=500 * _MS),
}


def merge(folder: pathlib.Path, world: World, *, turned: bool = False, is_symmetric: bool = False) -> Hop:
    files = world.write(folder)
    return merge_captures(*map(open_file, files[::-1] if turned else files), is_symmetric=is_symmetric)


@pytest.mark.parametrize("turned", [False, True], ids=["client at A", "client at B"])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", PATHS)
def test_ways_are_inside_what_is_said_and_their_sum_is_exact(
    tmp_path: pathlib.Path, kind: str, seed: int, turned: bool
) -> None:
    world = World(PATHS[kind], seed, connections=4)
    hop = merge(tmp_path, world, turned=turned)

    splits = split_waits(hop)

    assert (splits.near == int(turned)).all()
    if hop.clocks is None:  # the clock that all times are told by went back
        assert (kind, turned, len(splits)) == ("stepped", True, 0)
        return
    assert len(splits) >= 0.75 * world.connections * (world.rounds + 1)
    assert np.count_nonzero(splits.is_opening) >= world.connections - 1
    near, far = (0, 1) if not turned else (1, 0)
    names = "asked_a", "asked_b", "answered_a", "answered_b"
    true = {}
    for name in names:
        side = int(name.endswith("b"))
        frames = hop.sides[side].column("frame")[getattr(splits, name)]
        records = world.records[near if side == 0 else far]
        true[name] = np.array([records[frame - 1][0] for frame in frames.tolist()])
    at = "ab" if not turned else "ba"
    there = true[f"asked_{at[1]}"] - true[f"asked_{at[0]}"]
    back = true[f"answered_{at[0]}"] - true[f"answered_{at[1]}"]
    slack = 1_000 + world.path.drift * 1_000 * _MS
    assert (np.abs(there + back - splits.ways_ns) <= slack).all()
    assert (splits.there_low_ns - slack <= there).all()
    assert (there <= splits.there_high_ns + slack).all()
    assert (splits.back_low_ns - slack <= back).all()
    assert (back <= splits.back_high_ns + slack).all()
    assert np.allclose(splits.there_low_ns + splits.back_high_ns, splits.ways_ns, atol=1)


def test_loss_between_the_points_is_no_time_of_the_server(tmp_path: pathlib.Path) -> None:
    splits = split_waits(merge(tmp_path, World(replace(PATHS["plain"], loss=0.08), 5, connections=6)))

    assert splits.is_resent.any()
    assert (splits.ways_ns[splits.is_resent] >= 250 * _MS).all()
    assert (splits.beyond_ns <= 60 * _MS).all()


def test_symmetric_ways_are_single_numbers(tmp_path: pathlib.Path) -> None:
    splits = split_waits(merge(tmp_path, World(Path(), 5), is_symmetric=True))

    assert np.allclose(splits.there_low_ns, splits.there_high_ns)
    assert np.allclose(splits.there_low_ns + splits.back_low_ns, splits.ways_ns, atol=1)


def test_answer_of_which_one_capture_missed_the_packet_is_not_split(tmp_path: pathlib.Path) -> None:
    world = World(Path(numbered=False), 6, connections=2)
    whole = split_waits(merge(tmp_path, world))
    # B's capture has not the first answer of the server that carries data.
    place = next(place for place, (_, data, _) in enumerate(world.records[1]) if data[12] == 192 and len(data) > 500)
    del world.records[1][place]

    splits = split_waits(merge(tmp_path, world))

    assert len(splits) == len(whole) - 1


def test_server_that_sends_first_and_one_direction_are_no_answers(tmp_path: pathlib.Path) -> None:
    world = World(Path(), 7, connections=2)
    for records in world.records:
        records[:] = [record for record in records if record[1][12] == 10]  # from the client alone
    one_way = split_waits(merge(tmp_path, world))
    world = World(Path(), 8, connections=2)
    for records in world.records:  # mid-stream, too: there is no opening
        records[:] = [record for record in records if not record[1][33] & SYN]

    mid_stream = split_waits(merge(tmp_path, world))

    assert len(one_way) == 0
    assert not mid_stream.is_opening.any()
    assert len(mid_stream) > 0
