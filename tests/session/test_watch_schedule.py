"""Streams are due again when something happened to them, and when they fell silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import Tape

from tcptui.session.session import Session, open_file
from tcptui.session.watch import schedule as eagerness
from tcptui.session.watch.schedule import WatchSchedule

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Stream 0 ended two seconds before the last packet, 1 ended with it, 2 is open and as old as 0."""
    tape = Tape()
    tape.clean(0, "10.0.0.1:1", "192.0.2.1:80", b"ask", b"answer")
    tape.handshake(10, "10.0.0.1:3", "192.0.2.1:80")
    tape.clean(2000, "10.0.0.1:2", "192.0.2.1:80", b"ask", b"answer")
    tape.records.sort(key=lambda record: record[0])
    path = tmp_path / "a.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(eagerness.time, "monotonic", clock.monotonic)
    return clock


def eager(session: Session) -> WatchSchedule:
    made = WatchSchedule(session.store, session.streams)
    made.due(slice(session.streams.count))
    return made


def streams(session: Session) -> dict[int, int]:
    """Client's port to stream number."""
    return {session.streams.client(stream).port: stream for stream in range(session.streams.count)}


def test_stream_never_judged_is_due(session: Session, clock: Clock) -> None:
    assert clock.now
    assert eager(session).due(slice(3)).all()


def test_judged_stream_is_due_once_it_is_quiet_and_has_rested(session: Session, clock: Clock) -> None:
    made, number = eager(session), streams(session)
    for stream in range(3):
        made.judged(stream, int(session.streams.packets[stream]))
    assert not made.due(slice(3)).any()  # just judged
    clock.now += 0.5
    due = made.due(slice(3))
    assert (due[number[1]], due[number[2]]) == (True, False)  # by the capture's own time
    clock.now += 1
    assert made.due(slice(3)).all()  # nothing came at all


def test_long_stream_rests_longer(session: Session, clock: Clock) -> None:
    made, number = eager(session), streams(session)
    made.judged(number[1], 1_000_000)
    clock.now += 30
    assert not made.due(slice(3))[number[1]]
    clock.now += 31
    assert made.due(slice(3))[number[1]]


def test_finished_streams_are_those_that_ended_and_are_quiet(session: Session, clock: Clock) -> None:
    made, number = eager(session), streams(session)
    assert made.finished(3).tolist() == [number[1]]
    assert made.finished(3, even_open=True).tolist() == sorted([number[1], number[3]])
    assert made.finished(3, over=True).tolist() == [0, 1, 2]
    made.judged(number[1], int(session.streams.packets[number[1]]))
    assert made.finished(3).tolist() == []
    clock.now += 2
    assert made.finished(3).tolist() == [number[2]]


def test_judged_streams_that_are_evicted_in_their_thousands_were_judged(
    session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clock.now
    monkeypatch.setattr(eagerness, "_WORTH_EVICTING", 1)
    made, number = eager(session), streams(session)
    made.judged(number[1], 5)
    leaving = np.array([number[1], number[2]])
    session.streams.evict(leaving)

    assert made.never_judged(leaving) == 1


def test_streams_that_have_left_are_nobodys_business_any_more(
    session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clock.now
    monkeypatch.setattr(eagerness, "_WORTH_EVICTING", 1)
    made, number = eager(session), streams(session)
    made.judged(number[1], 5)
    session.streams.evict(np.array([number[1]]))
    assert made.due(session.streams.places()).tolist() == [True, True]
    assert made._seen[number[1]] == 0  # what was noted of it is forgotten
    assert number[1] not in made.finished(3, over=True).tolist()
