"""The time of many streams that is split at once is split as that of each alone."""

from __future__ import annotations

from contextlib import ExitStack, closing
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.timing import budget as budgets
from tcptui.analysis.timing.budget import split_batched, time_budget
from tcptui.analysis.timing.segments import SeveralSegments
from tcptui.lessons.loader import load_cases
from tcptui.session.session import Session, open_file
from tests.analysis.test_time_budget import OPEN, SEGMENTS, assert_same_waits

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget import TimeBudget
    from tcptui.analysis.timing.send_gap_table import SendGaps


def plain_talk(messages: list[tuple[bool, int, int, bool]], close: int) -> list[str]:
    """One segment a message (by the client, ms after the one before, ms to its ACK or 0 for none, numbered on)."""
    numbers, sent, now, lines = (
        {"C": 3, "S": 3},
        {"C": 1, "S": 1},
        41.0,
        [f"{line} id={i}" for i, line in enumerate(OPEN)],
    )

    def say(sender: str, flags: str, length: int, skip: int = 0) -> None:
        other = "S" if sender == "C" else "C"
        numbers[sender] += 1 + skip
        lines.append(f"{now} {sender} {flags} {sent[sender]} {sent[other]} {length} id={numbers[sender]}")
        sent[sender] += length + ("F" in flags)

    for by_client, wait, ack, numbered in messages:
        sender = "C" if by_client else "S"
        now += wait
        say(sender, "PA", 100, 0 if numbered else 1)
        if ack:
            now += ack
            say("S" if by_client else "C", "A", 0)
    for sender in ("", "C", "CS")[close]:
        now += 20
        say(sender, "FA", 0)
    return lines


def assert_gaps(one: SendGaps | None, other: SendGaps | None) -> None:
    assert (one is None) == (other is None)
    if one is None or other is None:
        return
    for name in ("which", "before", "after", "marks", "release", "flight"):
        mine, its = getattr(one, name), getattr(other, name)
        assert mine.tolist() == its.tolist(), name
        assert mine.dtype == its.dtype, name


def assert_same(one: TimeBudget, other: TimeBudget) -> None:
    assert_same_waits(one, other)
    assert one.waits.clock.tolist() == other.waits.clock.tolist()
    assert one.waits.clock.dtype == other.waits.clock.dtype
    for side in (0, 1):
        assert_gaps(one.sends[side], other.sends[side])


def compared(views: list[StreamView], alone: list[StreamView]) -> int:
    """How many of ``views`` were split together; ``alone`` are other views of the same streams."""
    split_batched(views)
    together = 0
    for view, other in zip(views, alone, strict=True):
        known = view.kept.get(time_budget)
        if known is not None:
            together += 1
            assert_same(known, time_budget(other))
    return together


def views_of(sessions: list[Session]) -> list[tuple[StreamView, StreamView]]:
    return [
        (view_of(session, stream), view_of(session, stream))
        for session in sessions
        for stream in range(session.streams.count)
    ]


@pytest.mark.some(1)
@pytest.mark.parametrize("piece", [300, 2_000, 1 << 16])
def test_streams_of_the_recorded_cases(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "PIECE", piece)
    made: list[int] = []
    with ExitStack() as opened, monkeypatch.context() as counted:
        init = SeveralSegments.__init__
        counted.setattr(
            SeveralSegments, "__init__", lambda self, members: (made.append(len(members)), init(self, members))[1]
        )
        paths = [path for case in load_cases() for path in case.captures]
        sessions = [opened.enter_context(closing(open_file(path))) for path in paths]
        pairs = views_of(sessions)
        Random(1).shuffle(pairs)
        together = compared([one for one, _ in pairs], [other for _, other in pairs])

    assert together > 200
    assert max(made) > 2


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crowd=st.lists(st.tuples(SEGMENTS, st.integers(0, 3)), min_size=2, max_size=8))
def test_whatever_the_packets(
    tmp_path: Path, crowd: list[tuple[list[tuple[int, str, str, int, int, int, int]], int]]
) -> None:
    pairs = []
    with ExitStack() as opened:
        for number, (segments, distance) in enumerate(crowd):
            lines, now = list(OPEN), 41 + 10 * distance
            for gap, sender, flags, seq, ack, length, window in segments:
                now += gap
                lines.append(f"{now} {sender} {flags} {seq * 500} {ack * 500} {length} win={window}")
            path = write_trace(tmp_path / f"{number}.pcap", lines)
            pairs += views_of([opened.enter_context(closing(open_file(path)))])
        pairs = [pair for pair in pairs if len(pair[0])]
        compared([one for one, _ in pairs], [other for _, other in pairs])


def test_stream_that_is_not_ordinary_is_left_to_itself(tmp_path: Path) -> None:
    plain = write_trace(tmp_path / "plain.pcap", plain_talk([(True, 1, 1, True), (False, 39, 0, True)], 1))
    later = write_trace(tmp_path / "later.pcap", ["0 C A 1 1 100", "5 S A 1 101 0", "9 S A 1 101 500"])
    with closing(open_file(plain)) as one, closing(open_file(later)) as other:
        views = [view_of(one, 0), view_of(other, 0), view_of(one, 0)]
        split_batched(views)

    assert [time_budget in view.kept for view in views] == [True, False, True]
    assert views[0].kept[time_budget].parts == views[2].kept[time_budget].parts == time_budget(view_of(one, 0)).parts
    assert np.array(views[0].kept[time_budget].parts).sum() == views[0].kept[time_budget].elapsed_ns
