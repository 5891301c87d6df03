"""Where a session says that its capture was made, though no handshake tells."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from traces import write_trace

from tcptui.model.capture_point import CapturePoint
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

LATE_START = ["0 C PA 1 1 100", "40 S A 1 101", "41 S PA 1 101 50", "41.1 C A 101 51"]


def test_session_without_a_handshake_is_placed_by_its_acknowledgments(tmp_path: Path) -> None:
    with closing(open_file(write_trace(tmp_path / "trace.pcap", LATE_START))) as session:
        assert session.place.position is CapturePoint.CLIENT
        assert session.place is session.place
