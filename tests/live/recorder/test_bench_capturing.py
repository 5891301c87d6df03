"""What a recorder that is set up otherwise writes: how much it lost, and times by a clock that was set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.recorder.capturing import RIGHT, Capturing
from cases.recorder.pcapng import Record, read_pcapng, write_pcapng
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

ETHERNET = 1


def _write(path: Path, dropped: int) -> Path:
    records = [Record(10**18 + n, 60, bytes(60)) for n in range(3)]
    write_pcapng(
        path, records, link_type=ETHERNET, snapshot=65_535, interface="client", comment="", system="", dropped=dropped
    )
    return path


def test_recorder_that_reports_losses_says_so_in_the_file(tmp_path: Path) -> None:
    capture = _write(tmp_path / "lossy.pcapng", 7)

    assert open_file(capture).quality.kernel_dropped == 7
    assert len(read_pcapng(capture)) == 3


def test_recorder_without_losses_reports_none(tmp_path: Path) -> None:
    assert open_file(_write(tmp_path / "whole.pcapng", 0)).quality.kernel_dropped == 0


def test_clock_is_off_from_the_frame_on_at_which_it_was_set() -> None:
    capturing = Capturing(set_back=(5, 0.25))

    assert [capturing.clock_error_ns(frame) for frame in (4, 5, 6)] == [0, -250_000_000, -250_000_000]
    assert RIGHT.clock_error_ns(5) == 0
