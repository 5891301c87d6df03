"""The first packets are told of at once: before the rest is read, and before anything is said of them."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from captures import Tape

from tcptui.access.progress import Phase
from tcptui.capture.file_source import open_file as open_source
from tcptui.capture.spool import reader as capture_file
from tcptui.session.catch_up import CatchUp, Compile
from tcptui.session.session import Session

if TYPE_CHECKING:
    from pathlib import Path

CONNECTIONS = 60


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    tape = Tape()
    for number in range(CONNECTIONS):
        tape.clean(1000 * number, f"10.0.0.1:{1000 + number}", "192.0.2.1:80", b"ask" * 200, b"answer" * 200)
    path = tmp_path / "a.pcap"
    path.write_bytes(tape.pcap())
    return path


def test_first_packets_are_told_of_before_they_are_judged(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_file, "FIRST_BLOCK", 8 << 10)
    with closing(Session([open_source(capture)])) as session:
        told: list[tuple[int, bool]] = []
        report = CatchUp._report

        def noting(self: CatchUp, *arguments: object, over: bool) -> None:
            report(self, *arguments, over=over)  # type: ignore[arg-type]
            told.append((session.progress.rows, session.judges_at_once))

        monkeypatch.setattr(CatchUp, "_report", noting)
        asyncio.run(session.run())

    assert 0 < told[0][0] < 40
    assert not told[0][1]
    assert session.judges_at_once
    assert session.progress.phase is Phase.DONE
    assert session.progress.rows == told[-1][0] > 40


@pytest.mark.parametrize("block", [24, 100, 1 << 20])
def test_short_first_read_changes_nothing(capture: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Not even one that ends amid the first packet."""
    monkeypatch.setattr(capture_file, "FIRST_BLOCK", block)
    with closing(Session([open_source(capture)], compile_when=Compile.NEVER)) as session:
        asyncio.run(session.run())
        assert session.streams.count == CONNECTIONS
        rows = session.progress.rows
    assert session.progress.notice is None
    assert rows == session.store.count


def test_session_that_nobody_has_judge_anything_says_nothing_of_severity(capture: Path) -> None:
    with closing(Session([open_source(capture)])) as session:
        session.steering.judges = False
        asyncio.run(session.run())
        assert not session.judges_at_once
        assert session.severity.tolist() == [0] * CONNECTIONS
        assert session.headline(0) is None
        assert session.findings(0)  # whoever asks is answered all the same
        assert session.judges_at_once
