"""Packets that were overtaken between two points, against the order in which they truly left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from two_points import Path
from two_views import FAULTY_PORT, FaultyWorld

from tcptui.points.merge import merge_captures
from tcptui.points.order import overtaken
from tcptui.session.session import open_file

if TYPE_CHECKING:
    import pathlib


@pytest.mark.parametrize("turned", [False, True], ids=["client at A", "client at B"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_overtaken_packets_are_those_that_left_earlier_and_came_later(
    tmp_path: pathlib.Path, seed: int, turned: bool
) -> None:
    world = FaultyWorld(Path(jitter_ns=0, loss=0.03), seed, connections=3, fault="reordered")
    files = world.write(tmp_path)
    hop = merge_captures(*map(open_file, files[::-1] if turned else files))

    found = overtaken(hop)

    # The server's packets travel to the client, whose capture is the first of the world.
    toward_client, toward_server = (found[1], found[0]) if not turned else (found[0], found[1])
    assert len(toward_server) == 0
    side = hop.sides[int(turned)]
    frames = side.column("frame")[toward_client].tolist()
    left = {number: time for time, _, number in world.records[1]}
    records = world.records[0]
    ports = [int.from_bytes(data[22:24], "big") for _, data, _ in records]
    server = [place for place, (_, data, _) in enumerate(records) if data[12] == 192 and ports[place] == FAULTY_PORT]
    true = [
        place + 1
        for rank, place in enumerate(server)
        if any(left[records[before][2]] > left[records[place][2]] for before in server[:rank])
    ]
    assert frames == true
    assert len(true) == 1


def test_nothing_is_overtaken_where_packets_keep_their_order(tmp_path: pathlib.Path) -> None:
    path = replace(Path(jitter_ns=0), loss=0.05, offset_ns=-(10**9))
    hop = merge_captures(*map(open_file, FaultyWorld(path, 5, connections=4).write(tmp_path)))

    assert [len(index) for index in overtaken(hop)] == [0, 0]
