"""A count of packets (``-c``) over an absence of the interface is a count of what was written."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from tcptui.capture import live_source
from tcptui.capture.child.client import CaptureOptions
from tcptui.capture.child.protocol import Ended, Ending, Level
from tcptui.capture.live_source import LiveSource

if TYPE_CHECKING:
    from collections.abc import Iterator


class Child:
    """Tells what it is given, one capture after another, and notes what was asked of it."""

    def __init__(self, *captures: list[Level | Ended]) -> None:
        self._captures = list(captures)
        self.counts: list[int | None] = []
        self.asked: list[int] = []

    def open(self, options: Any, *_rest: Any, **_how: Any) -> None:
        self.counts.append(options.count)

    def messages(self) -> Iterator[Level | Ended]:
        yield from self._captures.pop(0)

    def count_to(self, packets: int) -> None:
        self.asked.append(packets)

    def stop(self) -> None:
        pass


def test_packets_that_went_with_the_interface_are_captured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "_LOOK_SECONDS", 0.0)
    child = Child(
        [Level(500, 6, 0, 0, packets=5), Ended(Ending.GONE, "")],  # the kernel counted one that it could not deliver
        [Level(500, 0, 0, 0, packets=0), Ended(Ending.GONE, "")],
        [Level(700, 2, 0, 0, packets=2), Ended(Ending.COUNT, "")],
    )
    source = LiveSource(cast("Any", child), CaptureOptions("wire0", count=7))
    over = threading.Event()
    source.start(lambda: over.set() if source.status().complete else None)
    assert over.wait(600)

    assert child.counts[1:] == [2, 2]
    assert source.status().complete
    assert source.status().received == 8
    source.close()


def test_every_absence_is_told_and_not_the_last_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "_LOOK_SECONDS", 0.0)
    times = iter(f"10:00:0{number}" for number in range(9))
    monkeypatch.setattr(live_source.time, "strftime", lambda _form: next(times))
    gone = Ended(Ending.GONE, "")
    child = Child([gone], [gone], [gone], [Ended(Ending.COUNT, "")])
    source = LiveSource(cast("Any", child), CaptureOptions("wire0"))
    over = threading.Event()
    source.start(lambda: over.set() if source.status().complete else None)
    assert over.wait(600)
    source.close()

    error = source.status().error
    assert error is not None
    assert error.key == "messages.interface_back_again"
    facts = (error.facts["count"], error.facts["first"], error.facts["since"], error.facts["until"])
    assert facts == (3, "10:00:00", "10:00:04", "10:00:05")


def test_packets_that_were_not_written_are_counted_over_all_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "_LOOK_SECONDS", 0.0)
    child = Child(
        [Level(500, 6, 0, 0, packets=5, unwritten=1), Ended(Ending.GONE, "")],
        [Level(500, 9, 0, 0, packets=0, unwritten=9), Ended(Ending.DISK_FULL, "")],
    )
    source = LiveSource(cast("Any", child), CaptureOptions("wire0"))
    over = threading.Event()
    source.start(lambda: over.set() if source.status().complete else None)
    assert over.wait(600)
    source.close()

    assert source.status().unwritten == 10


def test_capture_process_that_others_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "_SAME_SIGNAL_SECONDS", 0.0)
    child = Child([Level(500, 5, 0, 0, packets=5), Ended(Ending.STOPPED, "")])
    source = LiveSource(cast("Any", child), CaptureOptions("wire0"))
    over = threading.Event()
    source.start(lambda: over.set() if source.status().complete else None)
    assert over.wait(600)
    source.close()

    error = source.status().error
    assert error is not None
    assert error.key == "messages.capture_child_died"


def test_count_from_a_mark_holds_over_an_absence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "_LOOK_SECONDS", 0.0)
    child = Child()
    source = LiveSource(cast("Any", child), CaptureOptions("wire0", count=7))

    def first() -> Iterator[Level | Ended]:
        yield Level(500, 5, 0, 0, packets=5)
        source.count_from(4)
        yield Ended(Ending.GONE, "")

    def second() -> Iterator[Level | Ended]:
        yield Level(700, 2, 0, 0, packets=2)
        source.count_from(6)
        yield Level(900, 8, 0, 0, packets=8)
        yield Ended(Ending.COUNT, "")

    captures = [first(), second()]
    monkeypatch.setattr(child, "messages", lambda: captures.pop(0))
    over = threading.Event()
    source.start(lambda: over.set() if source.status().complete else None)
    assert over.wait(600)
    source.close()

    assert child.counts[1:] == [6], "packets 5 to 11 of the spool, of which one was there"
    assert child.asked == [11, 8], "counted from the beginning of each capture of the child"


def test_capture_without_a_count_asks_for_none() -> None:
    child = Child([Ended(Ending.STOPPED, "")])
    source = LiveSource(cast("Any", child), CaptureOptions("wire0"))
    source.count_from(4)
    source.close()

    assert child.asked == []
