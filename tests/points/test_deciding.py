"""Connections that are judged for a merge: all of which the pair decides something, and no healthy ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from two_points import Path, World
from two_views import TRUTH, FaultyWorld

from tcptui.points.deciding import asked_streams
from tcptui.points.evidence import PointEvidence
from tcptui.points.joined import decide_findings, join_findings
from tcptui.points.merge import merge_captures
from tcptui.points.outcomes import Shown
from tcptui.points.splits import split_waits
from tcptui.session.session import open_file

if TYPE_CHECKING:
    import pathlib

_MS = 1_000_000


@pytest.mark.parametrize("path", [Path(), Path(translated=True, missed_by_a=0.03)], ids=["plain", "missed"])
@pytest.mark.parametrize("fault", TRUTH)
def test_what_the_pair_decides_needs_no_other_connection_judged(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, fault: str, path: Path
) -> None:
    first, second = map(open_file, FaultyWorld(path, 3, connections=3, fault=fault).write(tmp_path))
    hop = merge_captures(first, second)
    splits = split_waits(hop)
    everything = join_findings(
        hop, splits, tuple(one.each_findings(range(one.streams.count)) for one in (first, second))
    )

    assert decide_findings(hop, splits, first, second) == everything

    # These SYNs lack options, and what is sent again is waited for: each other question has to be seen without these.
    monkeypatch.setattr("tcptui.points.deciding._NEGOTIATED", 0)
    monkeypatch.setattr("tcptui.points.deciding._LEAST_WAIT_NS", 1 << 62)
    aside = {Shown.OPTION_KEPT, Shown.WAIT_BEYOND, Shown.WAIT_BETWEEN}
    others = [one for one in everything if one.observed.shown not in aside]
    assert [
        one for one in decide_findings(hop, splits, first, second) if one.observed.shown not in aside
    ] == others  # fmt: skip
    assert others or fault in {"nothing", "slow path", "slow server"} or path != Path()


def test_healthy_connections_are_not_judged(tmp_path: pathlib.Path) -> None:
    """Though their hops, addresses and MSS were changed, and some packets passed slowly."""
    world = World(Path(translated=True, mss=1_360, dscp=0), 3, connections=5)
    for records in world.records:  # options that SYNs do not have are a question
        records[:] = [record for record in records if not record[1][33] & 2]

    hop = merge_captures(*map(open_file, world.write(tmp_path)))

    asked = asked_streams(hop, split_waits(hop), (PointEvidence(hop, 0), PointEvidence(hop, 1)))
    assert len(hop.pairs) == 5
    assert [len(streams) for streams in asked] == [0, 0]
