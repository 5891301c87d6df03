"""A little of the campaign of healthy connections (`tests.campaigns.healthy`): nothing louder than a note is said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.campaigns.healthy.__main__ import connections, record_apart, said


@pytest.mark.live
def test_healthy_connections_are_called_nothing_worse_than_a_note(tmp_path: Path) -> None:
    capture = tmp_path / "healthy.pcap"
    record_apart(capture, rounds=2, seed=1)
    counted = connections(capture)

    assert all(counted.values()), counted
    assert [str(one) for one in said(capture)] == []
