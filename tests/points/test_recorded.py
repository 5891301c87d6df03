"""Both ends of the bundled cases, which real kernels made over a link that knows what it lost, under one clock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.points.changes import Change
from tcptui.points.fates import Fate
from tcptui.points.merge import merge_captures
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.points.merge import Hop

CASES = Path(__file__).parents[2] / "cases"
PAIRS = sorted(
    folder.parent.name for folder in CASES.glob("*/client.pcap*") if list(folder.parent.glob("server.pcap*"))
)
LOST, MISSED, UNKNOWN = Fate.LOST_BETWEEN, Fate.NOT_CAPTURED, Fate.UNKNOWN
#: What only the client's capture has, and only the server's.
ONLY: dict[str, tuple[dict[int, Fate], dict[int, Fate]]] = {
    "10-third-ack-lost": ({3: LOST}, {}),
    "23-challenge-ack": ({8: LOST}, {}),
    "39-rst-injected": ({5: UNKNOWN}, {}),  # the server never sent it
    "41-client-network-gone": ({8: LOST}, {8: LOST, 9: LOST, 10: LOST}),
    "52-keep-alive-answers-lost": ({}, {9: LOST, 11: LOST, 13: LOST}),
    "60-fast-retransmission": ({8: LOST}, {}),
    "73-sack-mangled": ({7: LOST}, {}),
    "95-capture-missed-packets": ({7: MISSED, 8: MISSED, 9: MISSED}, {}),
}


def merged(case: str) -> Hop:
    first, second = (open_file(next((CASES / case).glob(f"{end}.pcap*"))) for end in ("client", "server"))
    return merge_captures(first, second)


@pytest.mark.parametrize("case", PAIRS)
def test_both_ends_are_one_connection_under_one_clock(case: str) -> None:
    hop = merged(case)

    assert len(hop.pairs) == hop.a.streams.count == hop.b.streams.count
    assert hop.pairs.is_same.all()
    assert hop.clocks is not None
    assert hop.clocks.steps == ()
    low, high = hop.clocks.offset.low_ns, hop.clocks.offset.high_ns
    assert low is None or low <= 0
    assert high is None or high >= 0


@pytest.mark.parametrize("case", PAIRS)
def test_packets_of_one_end_alone_are_those_that_the_link_kept(case: str) -> None:
    hop = merged(case)

    found = []
    for side, missing in zip(hop.sides, hop.missing, strict=True):
        frames = side.column("frame")[missing.index].tolist()
        found.append(dict(zip(frames, map(Fate, missing.fate.tolist()), strict=True)))
        assert len(missing.outside) == 0

    assert tuple(found) == ONLY.get(case, ({}, {}))


def test_options_that_a_device_takes_away_or_blanks_are_seen_as_changes() -> None:
    changes = {case: {one.change for found in merged(case).changes for one in found} for case in PAIRS}

    assert [case for case, found in changes.items() if Change.SACK in found] == ["21-sack-absent", "73-sack-mangled"]
    assert [case for case, found in changes.items() if found & {Change.ISN, Change.PAYLOAD, Change.PORTS}] == []
