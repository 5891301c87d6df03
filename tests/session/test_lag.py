"""Analysis that is slower than the capture: it says by how much, and catches up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from captures import many
from growing_source import GrowingSource
from hand_clock import HandClock

from tcptui.access.progress import Phase, Progress
from tcptui.capture.spool import reader as capture_file
from tcptui.session.catch_up import Compile
from tcptui.session.lag import Lag
from tcptui.session.session import Session

if TYPE_CHECKING:
    import pytest


def test_lag_is_how_long_the_first_unread_byte_has_waited() -> None:
    clock = HandClock()
    lag = Lag(clock)
    for end in (100, 200, 300):
        lag.captured(end)
        clock.now += 1

    assert [lag.behind(read) for read in (0, 99, 100, 250, 300)] == [3.0, 3.0, 2.0, 1.0, 0.0]


def test_growth_that_is_not_new_changes_nothing() -> None:
    clock = HandClock()
    lag = Lag(clock)
    lag.captured(100)
    clock.now += 5
    lag.captured(100)

    assert lag.behind(0) == 5.0
    assert lag.behind(100) == 0.0


def test_lag_of_hours_is_remembered_in_little_and_never_told_too_small() -> None:
    clock = HandClock()
    lag = Lag(clock)
    for second in range(20_000):
        lag.captured(second + 1)
        clock.now += 1

    for read in (0, 7, 9_999, 19_000):
        true = 20_000 - read
        assert true <= lag.behind(read) <= true + 16
    assert len(lag._grown) < 5_000


def test_source_that_grows_faster_than_it_is_read_is_told_and_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    data = many(200).pcap()
    monkeypatch.setattr(capture_file, "BLOCK", 4_000)
    clock = HandClock()
    told: list[Progress] = []

    def look(_end: int) -> None:
        clock.now += 1  # each look takes a second, and finds that everything came before the first
        told.append(session.progress)

    source = GrowingSource(data, [len(data)] * 20, seen=look)
    session = Session([source], compile_when=Compile.NEVER)
    session.catch_up.lag = Lag(clock)
    asyncio.run(asyncio.wait_for(session.run(), 600))

    behind = told[2:20]  # before that there was only the session's making, and the first look
    assert all(progress.phase is Phase.LIVE and progress.bytes_waiting for progress in behind)
    assert [progress.seconds_behind for progress in behind] == [float(looks) for looks in range(18)]
    assert [progress.bytes_waiting for progress in behind] == sorted((p.bytes_waiting for p in behind), reverse=True)
    assert session.progress.phase is Phase.DONE
    assert session.progress.bytes_waiting == session.progress.seconds_behind == 0
    assert session.progress.rows == 200 * 8 - 6
    session.close()
