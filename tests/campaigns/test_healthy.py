"""A little of the campaign of healthy connections (`tests.campaigns.healthy`): nothing louder than a note is said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.campaigns.healthy.__main__ import connections, record_apart, said

#: A program that stood still for longer than this, in seconds, makes connections that are not healthy.
STOOD_S: Final = 0.05
#: Of a recording; what is said without reason is said each time.
TRIES: Final = 20


@pytest.mark.live
def test_healthy_connections_are_called_nothing_worse_than_a_note(tmp_path: Path) -> None:
    for number in range(TRIES):
        capture = tmp_path / f"healthy-{number}.pcap"
        stood_s = record_apart(capture, rounds=2, seed=1)
        found = [str(one) for one in said(capture)]
        if not found or stood_s < STOOD_S:
            break
        print(f"taken again, for a program stood still for {stood_s:.3f} s: {found}")
    counted = connections(capture)

    assert all(counted.values()), counted
    assert found == []
