"""What is printed of packets that were counted and are in no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tcptui.capture.source import SourceStatus
from tcptui.cli.outputs import report_unsaved
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    import pytest

    from tcptui.capture.source import Source


@dataclass
class Ended:
    is_saved: bool
    unwritten: int = 0

    def status(self) -> SourceStatus:
        return SourceStatus(0, complete=True, unwritten=self.unwritten)


def printed(capsys: pytest.CaptureFixture[str], source: Ended, evicted: int) -> str:
    report_unsaved([cast("Source", source)], evicted, Words(Language.EN))
    return capsys.readouterr().err


def test_evicted_packets_of_a_temporary_spool_are_counted_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert "the 12340 oldest of them were discarded" in printed(capsys, Ended(is_saved=False), 12_340)


def test_evicted_packets_that_a_file_holds_are_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, Ended(is_saved=True), 12_340) == ""


def test_packets_without_room_are_counted_with_a_file_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert "7 more packets came" in printed(capsys, Ended(is_saved=True, unwritten=7), 0)
