"""A filter over a capture that grows gives what one over the whole gives, after each piece."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import PropertyMock, patch

import numpy as np
import pytest
from captures import ACK, PSH, RST, SERVER, Tape, mixed
from growth import Answers, Growth, long_one, server_error

from tcptui.analysis.capture_point import CapturePlace, CapturePoint
from tcptui.dfilter.compile import compile_filter
from tcptui.model.fields import FIELDS
from tcptui.session.filtering import live as live_filter
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.live import LiveFilter, answers_may_change, may_change
from tcptui.session.filtering.run import FilterRun
from tcptui.session.retention import Bounds
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.access.progress import Progress

FILTERS: Final = (
    "tcp.len > 0", "tcp.analysis.flags", "tcptui.finding", 'tcptui.client.state == "ESTABLISHED"', "http.response_in",
    "icmp or not tcp.port == 80", "tcp.completeness > 7", "tcptui.duration > 0.001", "",
    "ip.ttl == 64 and http.request.method", 'tcptui.severity >= "warning"', 'tcptui.confidence == "certain"',
    'tcptui.server.state == "CLOSED" or tcptui.cause', "tcptui.packets > 10", "tcp.seq > 1",
    "tcptui.request.status", "tcptui.request.duration < 0.06", "tcptui.rtt > 0",
)  # fmt: skip
#: More updates than it takes to ask about all that is due in these captures.
UPDATES: Final = 3


def busy() -> Tape:
    """`mixed`, and a connection of 33 packets around it: questions, answers, a loss, at last a reset."""
    tape, client, server = mixed(), "10.0.0.9:5000", f"{SERVER}:80"
    tape.handshake(1, client, server)
    asked, answered = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"
    ours, theirs = 1001, 9001
    for turn in range(5):
        ms = 100 * turn + 60
        tape.tcp(ms, client, server, PSH | ACK, ours, theirs, asked)
        ours += len(asked)
        for place, part in enumerate((answered, bytes(30), bytes(30))):
            tape.tcp(ms + 40 + place, server, client, PSH | ACK, theirs, ours, part)
            theirs += len(part)
        if turn == 2:  # the middle of the answer again
            tape.tcp(ms + 50, server, client, PSH | ACK, theirs - 60, ours, bytes(30))
        tape.tcp(ms + 51, client, server, ACK, ours, theirs)
    tape.tcp(900, client, server, PSH | ACK, ours, theirs, asked)
    tape.tcp(950, server, client, RST | ACK, theirs, ours + len(asked))
    tape.records.sort()
    return tape


def at_once(session: Session, text: str) -> NDArray[np.bool_]:
    """Which of the kept packets pass a filter that is new."""
    return FilterRun(session, compile_filter(text)).matching(session.store.first, session.store.count)


@pytest.fixture
def eager() -> Iterator[None]:
    """Connections of more than four packets are long."""
    with patch.object(live_filter, "_SHORT", 4):
        yield


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("step", [3, 17])
def test_after_each_piece_it_is_as_at_once(text: str, step: int) -> None:
    growth = Growth(busy())
    session = growth.session
    live = LiveFilter(session, compile_filter(text))
    for packets in range(step, growth.packets, step):
        growth.to(packets)
        for _ in range(UPDATES):
            live.update()
        assert (live.first, live.stop) == (0, packets)
        assert live.mask.tolist() == at_once(session, text).tolist(), packets
    growth.end()
    live.update()

    whole = at_once(session, text)
    assert live.mask.tolist() == whole.tolist()
    assert live.count == int(whole.sum()) > 0
    streams = session.store.stream[: session.store.count][whole]
    assert live.counts().tolist() == np.bincount(streams[streams >= 0], minlength=session.streams.count).tolist()


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("text", FILTERS)
def test_what_is_judged_later_and_asked_amid_cancels_is_as_at_once(text: str) -> None:
    """Each piece is asked before it is judged, and each question is cancelled a little later than the one before."""
    growth = Growth(busy())
    session = growth.session
    live = LiveFilter(session, compile_filter(text))

    def given_up_after(questions: int) -> None:
        left = iter(range(questions))
        with suppress(Cancelled):
            live.update(cancelled=lambda: next(left, None) is None)

    for packets in range(5, growth.packets, 5):
        growth.to(packets, judged=False)
        live.update()
        growth.to(packets)
        for questions in range(8):
            given_up_after(questions)
        for _ in range(UPDATES):
            live.update()
        assert live.mask.tolist() == at_once(session, text).tolist(), packets


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("text", FILTERS)
def test_what_is_left_of_connections_is_as_at_once(text: str) -> None:
    growth = Growth(busy(), Bounds(rows=24))
    session = growth.session
    live = LiveFilter(session, compile_filter(text))
    for packets in range(6, growth.packets, 6):
        growth.to(packets)
        for _ in range(UPDATES):
            live.update()
        assert live.first == session.store.first
        assert live.mask.tolist() == at_once(session, text).tolist(), packets
    assert session.store.first > 0


def test_evicted_packets_are_left_out() -> None:
    text = "tcp or udp or icmp or arp or frame"
    growth = Growth(busy(), Bounds(rows=20))
    session = growth.session
    live = LiveFilter(session, compile_filter(text))
    for packets in range(1, growth.packets):
        growth.to(packets)
        live.update()
        assert live.first == session.store.first
        assert live.count == session.store.count - session.store.first
    assert session.store.first > 0


def test_a_message_is_seen_long_before_its_connection_has_twice_the_packets() -> None:
    growth = Growth(server_error(40, failing=25))
    live = LiveFilter(growth.session, compile_filter("http.response.code >= 500"))
    found = []
    for packets in range(3, growth.packets, 2):
        growth.to(packets)
        live.update()
        found.append(live.count)

    assert found.index(1) == 26  # with the answer
    assert set(found[26:]) == {1}


# ---- one long connection, with answers that the test gives


def stubbed(session: Session) -> tuple[LiveFilter, Answers]:
    answers: Any = Answers()
    live = LiveFilter(session, compile_filter("tcptui.finding"))
    live._run = answers
    return live, answers


def shown(live: LiveFilter) -> list[int]:
    return (np.flatnonzero(live.mask) + live.first).tolist()


def test_a_long_connection_that_grew_a_little_and_was_judged_is_asked_again() -> None:
    growth = Growth(long_one(1_200))
    live, answers = stubbed(growth.session)
    growth.to(1_000)
    live.update()
    growth.to(1_200, judged=False)
    live.update()
    growth.to(1_200)
    answers.passing = {0, 1_199}
    for _ in range(5):
        live.update()

    assert shown(live) == [0, 1_199]


def test_what_a_cancel_left_out_is_asked_later() -> None:
    growth = Growth(long_one(20, others=5))
    live, answers = stubbed(growth.session)
    growth.to(25, judged=False)
    live.update()
    growth.to(25)
    answers.passing = {3, 22}
    with pytest.raises(Cancelled):
        live.update(cancelled=lambda: True)
    assert shown(live) == []
    live.update()

    assert shown(live) == [3, 22]


def test_packets_that_come_while_an_update_begins_are_not_taken_for_judged() -> None:
    growth = Growth(long_one(20))
    live, answers = stubbed(growth.session)
    growth.to(10)
    live.update()

    def grown() -> Progress:
        if growth.session.store.count == 10:
            growth.to(20, judged=False)
        return growth.session.catch_up.progress

    with patch.object(Session, "progress", PropertyMock(side_effect=grown)):
        live.update()
    assert live.stop == 20
    growth.to(20)
    answers.passing = {12}
    live.update()

    assert shown(live) == [12]


def test_judged_while_others_bring_packets_all_the_time() -> None:
    """No update finds all packets judged, as on a busy interface."""
    growth = Growth(long_one(20, others=10))
    live, answers = stubbed(growth.session)
    growth.to(20, judged=False)
    live.update()
    answers.passing = {3}
    growth.to(25)
    growth.to(26, judged=False)
    live.update()

    assert shown(live) == [3]
    assert set(live._due) == {1}


def test_a_connection_that_never_rests_costs_a_bounded_number_of_rows_an_update() -> None:
    growth = Growth(long_one(6_000))
    live, answers = stubbed(growth.session)
    growth.to(4_000)
    live.update()
    growth.to(4_001)
    live.update()
    answers.again, updates = 0, 0
    for packets in range(4_002, 4_802):
        growth.to(packets)
        live.update()
        updates += 1

    # At no time has it grown by a quarter: what was asked is the allowance, and what was saved up before.
    assert 0 < answers.again <= live_filter.BLOCKS_AGAIN * answers.block * (updates + 1) + 4_802


def test_a_long_connection_holds_up_no_shorter_one() -> None:
    growth = Growth(long_one(3_000, others=400))
    live, answers = stubbed(growth.session)
    growth.to(3_300)
    live.update()
    answers.passing = {3_000}
    growth.to(3_320)
    live._due |= {0: live.stop}
    for _ in range(3):
        live.update()

    assert shown(live) == [3_000]
    assert set(live._due) == {0}


def test_what_waits_for_its_turn_is_owed_until_it_was_asked_though_nothing_comes_any_more() -> None:
    growth = Growth(long_one(3_000))
    live, answers = stubbed(growth.session)
    growth.to(2_999)
    live.update()
    answers.passing = {0}
    growth.to(3_000)
    live.update()
    assert (live.owes, shown(live)) == (True, [])
    updates = 0
    while live.owes:
        live.update()
        updates += 1

    assert shown(live) == [0]
    assert updates <= 1 + 3_000 // (live_filter.BLOCKS_AGAIN * answers.block)


def test_what_has_yet_to_be_judged_is_not_owed() -> None:
    growth = Growth(long_one(20))
    live, _ = stubbed(growth.session)
    growth.to(20, judged=False)
    live.update()

    assert live._due
    assert not live.owes


@pytest.mark.usefixtures("eager")
def test_of_connections_that_left_nothing_is_kept() -> None:
    growth = Growth(long_one(10, others=200), Bounds(rows=80))
    live, _answers = stubbed(growth.session)
    growth.to(10)
    live.update()
    assert set(live._whole) == {0}
    growth.to(20, judged=False)
    live.update()
    live._due |= {0: 1 << 30}
    growth.to(growth.packets)
    live.update()

    assert live.first > 10
    assert set(live._due) | set(live._whole) == {1}


def test_another_sight_of_the_same_packets_has_them_asked_again() -> None:
    growth = Growth(long_one(300))
    live, answers = stubbed(growth.session)
    growth.to(200)
    live.update()
    answers.passing = {3}
    live.update()
    assert shown(live) == []
    growth.session.catch_up.place = CapturePlace(CapturePoint.SERVER, SERVER, 1, bytes(24))
    live.update()

    assert shown(live) == [3]


def test_what_was_read_from_a_packet_never_changes_and_what_is_concluded_may() -> None:
    assert not any(may_change(FIELDS[name]) for name in ("tcp.flags.syn", "tcp.port", "ip.src", "frame.len"))
    assert all(may_change(FIELDS[name]) for name in ("tcptui.cause", "tcptui.finding", "http.response_in", "tcp.seq"))
    assert all(may_change(FIELDS[name]) for name in ("http2.type", "grpc.message_length", "protobuf"))
    assert answers_may_change(compile_filter("tcp.port == 80 and http.response_in"))
    assert not answers_may_change(compile_filter("tcp.port == 80"))
    assert not answers_may_change(compile_filter(""))
