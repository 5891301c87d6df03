"""One source: when it is tried again, what is said once, what its runs add up to."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tcptui.cli.watch.feed import FIRST_PAUSE, LASTED, LONGEST_PAUSE, Begun, Ended, Feed, Told
from tcptui.cli.watch.sources import SourceKind, Watched


class Idle:
    """A process that does nothing."""

    socket: socket.socket

    def terminate(self) -> None:
        raise AssertionError

    def finish(self) -> str:
        raise AssertionError


def feed(kind: SourceKind = SourceKind.REMOTE) -> Feed:
    return Feed(Watched("ssh://a/eth0", kind, "a/eth0"))


def lines(*said: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in said)


BEGIN: dict[str, Any] = {"begin": {"clock": {"low": -5, "high": 7, "round_trip": 12}}}
COUNTS: dict[str, Any] = {
    "packets": 10, "bytes": 1000, "dropped": 1, "rtt": [[1, 2], 0.5], "think": [[0, 1], 2.0], "found": 1,
}  # fmt: skip


def end(**facts: Any) -> dict[str, Any]:
    return {"end": {**COUNTS, "code": 0, "error": None, "unread": 0, **facts}}


def event(kind: str = "found", finding: str = "connection-refused") -> dict[str, Any]:
    return {"event": kind, "id": finding, "finding": 1}


def test_pauses_double_up_to_a_bound_and_begin_anew_after_a_run_that_lasted() -> None:
    one, now, pauses = feed(), 0.0, []
    for _ in range(9):
        one.start(Idle(), now)
        one.end("exit 1", now, stopping=False)
        assert one.due is not None
        pauses.append(one.due - now)
        now = one.due
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, LONGEST_PAUSE]
    one.start(Idle(), now)
    one.end("exit 1", now + LASTED, stopping=False)
    assert one.due == now + LASTED + FIRST_PAUSE


def test_a_run_that_fails_at_once_although_it_begins_does_not_shorten_the_pause() -> None:
    one = feed()
    for now in (0.0, 10.0):
        one.start(Idle(), now)
        one.take(lines(BEGIN), now)
        one.end("exit 1", now, stopping=False)
    assert one.due == 12.0


def test_an_error_is_news_once_until_it_is_another_or_the_source_was_back() -> None:
    one = feed()

    def fails(error: str) -> Ended:
        one.start(Idle(), 0.0)
        one.take(lines({"end": {"code": 1, "error": error, "again": True}}), 0.0)
        return one.end("exit 1", 0.0, stopping=False)

    assert fails("no route") == Ended("no route", again=True)
    assert fails("no route") == Ended(None, again=True)
    assert fails("refused") == Ended("refused", again=True)
    one.start(Idle(), 0.0)
    one.take(lines(BEGIN), 0.0)
    one.end("exit 1", 0.0, stopping=False)
    assert fails("refused") == Ended("refused", again=True)


def test_counts_of_all_runs_add_up_also_of_one_that_died() -> None:
    one = feed()
    one.start(Idle(), 0.0)
    news = one.take(lines(BEGIN, event(), event("changed"), {"status": COUNTS}), 1.0)
    assert [type(item) for item in news] == [Begun, Told, Told]
    one.end("signal 9", 2.0, stopping=False)
    one.start(Idle(), 3.0)
    assert one.take(lines(BEGIN), 5.0) == [Begun(3.0)]
    one.take(lines(event(), end(dropped=None)), 6.0)
    one.end("exit 0", 7.0, stopping=True)
    totals = one.totals
    assert (totals.packets, totals.wire_bytes, totals.dropped) == (20, 2000, 1)
    assert (totals.rtt, totals.rtt_seconds, totals.think, totals.think_seconds) == ([2, 4], 1.0, [0, 2], 4.0)
    assert one.found == {"connection-refused": 2}
    assert (one.is_over, one.code) == (True, 0)


@pytest.mark.parametrize(
    ("kind", "said", "again"),
    [
        (SourceKind.REMOTE, {"code": 1, "error": "lost"}, True),
        (SourceKind.REMOTE, {"code": 2, "error": "no such filter", "again": False}, False),
        (SourceKind.FILE, {"code": 0, "error": None}, True),
        (SourceKind.INTERFACE, {"code": 1, "error": "denied", "again": False}, False),
        (SourceKind.STDIN, {"code": 0, "error": None}, False),
    ],
)
def test_what_is_tried_again(kind: SourceKind, said: dict[str, Any], again: bool) -> None:
    one = feed(kind)
    one.start(Idle(), 0.0)
    one.take(lines({"end": said}), 0.0)
    ended = one.end("exit 0", 0.0, stopping=False)
    assert ended.again is again
    assert (one.due is not None) is again


def test_a_process_that_dies_without_a_word_is_an_error_but_not_when_all_is_to_end() -> None:
    one = feed()
    one.start(Idle(), 0.0)
    assert one.end("signal 9", 0.0, stopping=False) == Ended("signal 9", again=True)
    one.start(Idle(), 0.0)
    assert one.end("exit 143", 0.0, stopping=True) == Ended(None, again=False)
    assert one.code == 0


def test_what_is_no_message_is_refused() -> None:
    one = feed()
    one.start(Idle(), 0.0)
    with pytest.raises(ValueError, match="Expecting value"):
        one.take(b"no json\n", 0.0)


def test_a_line_may_come_in_pieces() -> None:
    one, data = feed(), lines(BEGIN, event())
    one.start(Idle(), 0.0)
    news = [item for place in range(len(data)) for item in one.take(data[place : place + 1], 0.0)]
    assert [type(item) for item in news] == [Begun, Told]
