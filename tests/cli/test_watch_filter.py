"""`--no-screen -Y`: what a filter shows of findings, and how many packets it is asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from captures import CLIENT, SERVER, Tape, mixed
from growth import Answers, Growth, long_one, server_error

from tcptui.cli.run import watch_filter
from tcptui.cli.run.filtering import WrongFilterError
from tcptui.cli.run.watch_filter import Shown
from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError, Mistake, Span
from tcptui.model.errors import InputError
from tcptui.model.finding import CaptureFinding, Confidence, Finding, FindingId, Severity
from tcptui.session.filtering.cancelling import never
from tcptui.session.filtering.live import BLOCKS_AGAIN
from tcptui.session.filtering.run import FilterRun
from tcptui.session.retention import Bounds
from tcptui.session.watch.finding_log import FindingChange, FindingEvent
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32
    from tcptui.session.session import Session


def event(number: int, stream: int = 0, change: FindingChange = FindingChange.CHANGED) -> FindingEvent:
    finding = Finding(FindingId.FAST_RETRANSMISSION, stream, (1,), Severity.WARNING, Confidence.CERTAIN)
    return FindingEvent(change, number, finding)


def of_all(number: int, *streams: int) -> FindingEvent:
    told = event(number, -1)
    whole = CaptureFinding(told.finding, streams, (), 0, 0.0)
    return FindingEvent(told.event, number, told.finding, whole)


class CountedRun(FilterRun):
    """Counts the rows that it is asked about."""

    rows = 0

    def of_rows(self, rows: I32, *, cancelled: Callable[[], bool] = never, whole: bool = False) -> NDArray[np.bool_]:
        self.rows += len(rows)
        return super().of_rows(rows, cancelled=cancelled, whole=whole)


def counted(session: Session, text: str) -> tuple[Shown, CountedRun]:
    compiled = compile_filter(text)
    shown = Shown(session, compiled, Words(Language.EN))
    shown._run = run = CountedRun(session, compiled)
    return shown, run


def stubbed(session: Session) -> tuple[Shown, Answers]:
    """A filter whose answers may change, and which the test gives."""
    answers: Any = Answers()
    shown = Shown(session, compile_filter("tcptui.finding"), Words(Language.EN))
    shown._run = answers
    return shown, answers


# ---- answers that never change


def test_each_packet_is_asked_once() -> None:
    growth = Growth(long_one(600))
    shown, run = counted(growth.session, "tcp.len == 1000")
    for packets in range(100, 600, 50):
        growth.to(packets)
        assert shown.shown(event(1)) is None
        assert shown.shown(event(2)) is None

    assert run.rows == growth.session.store.count


def test_what_matched_once_matches_for_good() -> None:
    growth = Growth(long_one(300))
    shown, run = counted(growth.session, "tcp.flags.syn == 1")
    growth.to(100)
    told = shown.shown(event(1))
    assert told is not None
    assert told.event is FindingChange.FOUND
    so_far = run.rows
    for packets in range(150, 300, 50):
        growth.to(packets)
        assert shown.shown(event(packets)) is not None

    assert run.rows == so_far


def test_a_match_among_new_packets_is_seen() -> None:
    tape = long_one(300)
    tape.tcp(900, f"{CLIENT}:4000", f"{SERVER}:80", 4, 1298, 9001)
    growth = Growth(tape)
    shown, run = counted(growth.session, "tcp.flags.reset == 1")
    growth.to(300)
    assert shown.shown(event(1)) is None
    growth.to(301)

    assert shown.shown(event(1)) is not None
    assert run.rows == 301


def test_a_finding_on_the_whole_capture_asks_its_connections_once() -> None:
    growth = Growth(long_one(100, others=50))
    shown, run = counted(growth.session, "tcp.len == 1000")
    growth.to(149)
    for number in range(5):
        assert shown.shown(of_all(number, 0, 1)) is None

    assert run.rows == 149


# ---- answers that may change


@pytest.mark.parametrize("text", ["http.response.code >= 500", 'tcptui.client.state == "TIME-WAIT"'])
def test_a_long_connection_is_not_asked_whole_at_every_event(text: str) -> None:
    growth = Growth(long_one(600))
    shown, run = counted(growth.session, text)
    events = 0
    with patch.object(FilterRun, "block", 16):
        for packets in range(400, 600, 10):
            growth.to(packets)
            assert shown.shown(event(1)) is None
            events += 1

    assert run.rows <= 5 * growth.session.store.count + 16 * BLOCKS_AGAIN * events


def test_connections_of_a_finding_on_the_whole_capture_are_not_asked_again_without_a_reason() -> None:
    growth = Growth(long_one(100, others=50))
    shown, answers = stubbed(growth.session)
    growth.to(149)
    for number in range(5):
        assert shown.shown(of_all(number, 0, 1)) is None

    assert answers.again == 149


def test_what_judging_changed_is_seen() -> None:
    """Also where packets of others have come since, and where it is a finding on the whole capture that is told."""
    growth = Growth(long_one(100, others=50))
    shown, answers = stubbed(growth.session)
    growth.to(100, judged=False)
    assert shown.shown(of_all(1, 0)) is None
    answers.passing = {7}
    assert shown.shown(of_all(1, 0)) is None
    growth.to(110)

    assert shown.shown(of_all(1, 0)) is not None


def test_a_connection_that_was_judged_again_is_asked_again() -> None:
    growth = Growth(long_one(100))
    shown, answers = stubbed(growth.session)
    growth.to(100)
    assert shown.shown(event(1)) is None
    answers.passing = {7}

    assert shown.shown(event(1)) is not None


def test_the_newest_message_counts() -> None:
    growth = Growth(server_error(40, failing=25))
    shown = Shown(growth.session, compile_filter("http.response.code >= 500"), Words(Language.EN))
    told = []
    for packets in range(3, growth.packets, 2):
        growth.to(packets)
        told.append(shown.shown(event(1)) is not None)

    assert told.index(True) == 26  # with the answer


def test_a_long_connection_is_asked_whole_once_its_events_pay_for_it() -> None:
    growth = Growth(long_one(2_000))
    shown, answers = stubbed(growth.session)
    growth.to(1_990)
    assert shown.shown(event(1)) is None
    answers.passing = {7}
    told = [shown.shown(event(1)) is not None for _ in range(10)]

    # 256 a time.
    assert told == [False] * 7 + [True] * 3
    assert answers.again < 2 * 2_000


def test_after_the_last_packet_a_long_connection_is_asked_whole_once() -> None:
    growth = Growth(long_one(2_000))
    shown, answers = stubbed(growth.session)
    growth.to(1_990)
    shown.shown(event(1))
    answers.again = 0
    growth.end()
    for number in range(3):
        assert shown.shown(event(number)) is None

    assert answers.again == 2_000


def test_what_changed_by_the_end_is_seen() -> None:
    growth = Growth(long_one(2_000))
    shown, answers = stubbed(growth.session)
    growth.to(1_990)
    shown.shown(event(1))
    answers.passing = {7}
    assert shown.shown(event(1)) is None
    growth.end()

    assert shown.shown(event(1)) is not None


# ---- what goes wrong, what is kept


def test_what_cannot_be_read_again_is_an_error_of_the_input() -> None:
    growth = Growth(mixed())
    shown = Shown(growth.session, compile_filter("http.host"), Words(Language.EN))
    growth.to(8)
    with (
        patch.object(growth.session.reader, "data", side_effect=OSError(5, "Input/output error")),
        pytest.raises(InputError) as caught,
    ):
        shown.shown(event(1))

    assert caught.value.facts == {"path": "growing", "reason": "Input/output error"}


def test_an_expression_that_takes_too_long_is_an_error_of_the_filter() -> None:
    growth = Growth(long_one(10))
    shown = Shown(growth.session, compile_filter('http.host matches "(a+)+"'), Words(Language.EN))
    growth.to(10)
    with (
        patch.object(FilterRun, "of_rows", side_effect=FilterError(Mistake.PATTERN_SLOW, Span(0, 1), seconds=1)),
        pytest.raises(WrongFilterError),
    ):
        shown.shown(event(1))


def test_of_connections_that_left_nothing_is_kept() -> None:
    tape = Tape()
    for number in range(200):
        tape.clean(200 * number, f"10.0.1.{number}:4000", f"{SERVER}:80", b"x")
    growth = Growth(tape, Bounds(rows=80))
    shown = Shown(growth.session, compile_filter('tcp contains "zz"'), Words(Language.EN))
    for packets in range(40, growth.packets, 40):
        growth.to(packets)
        assert shown.shown(event(packets, growth.session.streams.count - 2)) is None

    assert len(shown._asked) <= 4
    leaves = shown._run._reader._leaves._known
    assert max(len(cells) for _first, cells in leaves.values()) <= 2 * 120


def test_of_many_connections_those_asked_longest_ago_are_dropped() -> None:
    tape = Tape()
    for number in range(20):
        tape.refused(200 * number, f"10.0.1.{number}:4000", f"{SERVER}:80")
    growth = Growth(tape)
    growth.to(40)
    shown = Shown(growth.session, compile_filter("tcp.len == 1000"), Words(Language.EN))
    with patch.object(watch_filter, "CONNECTIONS_CACHED", 5):
        for stream in range(20):
            shown.shown(event(stream, stream))

    assert list(shown._asked) == list(range(14, 20))
