"""The kernel's view beside ours: what is marked, what is only said."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from screen_lines import screen_lines

from tcptui.capture.socket_diag import KernelSocket, Owner
from tcptui.model.endpoint import Endpoint
from tcptui.model.tcp_state import TcpState
from tcptui.ui.prose import lay_out, text_of
from tcptui.ui.screens import socket
from tcptui.ui.screens.socket import EndSeen, Look, SocketScreen, disagree, socket_page
from tcptui.ui.theme import UNICODE
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.quantities import percentage
from tests.ui.conftest import SETTLES_IN_S, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

HERE, THERE = Endpoint(bytes((192, 0, 2, 1)), 80), Endpoint(bytes((198, 51, 100, 7)), 50123)
SEEN = EndSeen(HERE, THERE, False, TcpState.ESTABLISHED, True, 12_000_000, 40)
SOCKET = KernelSocket(
    TcpState.ESTABLISHED, Owner("www-data", "/system.slice/nginx.service", "nginx.service", 812, "nginx"), 2896, 0,
    congestion_window=10, threshold=7, round_trip_ns=13_000_000, minimum_ns=11_000_000, timeout_ns=204_000_000,
    sent_again=3, lost=1, busy_ns=2_000_000_000, window_limited_ns=500_000_000, buffer_limited_ns=0,
)  # fmt: skip
MOVED = replace(SOCKET, state=TcpState.CLOSE_WAIT)


def text(looks: list[Look], before: list[Look], language: Language = Language.EN) -> str:
    lines, _starts = lay_out(socket_page(looks, before, Words(language), UNICODE), 100)
    return "\n".join(text_of(lines))


@pytest.mark.parametrize("language", Language)
def test_page_names_owner_and_numbers_of_both_views(language: Language) -> None:
    page = text([Look(SEEN, SOCKET)], [], language)

    for part in ("192.0.2.1:80", "nginx", "812", "www-data", "nginx.service", "13", "11", "204", "2,896"):
        assert part in page
    assert percentage(25, Words(language)) in page


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [60, 80])
async def test_keys_stand_below_the_page_and_the_question_in_its_title(
    show: Show, mixed_session: Session, width: int, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "look_up", lambda *_ends: SOCKET)
    async with show(mixed_session, (width, 60), language) as shown:
        await shown.pilot.app.push_screen(SocketScreen(mixed_session, 0, shown.screen.words, shown.screen.glyphs))
        words = Words(language)
        await until(lambda: words("kernel.packets") in "\n".join(screen_lines(shown.pilot.app.screen)))
        lines = screen_lines(shown.pilot.app.screen)

    assert any(words("screen.explain.clean") in line for line in lines), "below it, what the packets say"
    hints = ("Esc", "screen.hint.back"), ("↑ ↓", "kernel.hint.scroll"), ("0", "screen.hint.overview")
    assert lines[-1].split() == " ".join(f"{key} {words(word)}" for key, word in hints).split()
    assert lines[0].strip() == words("kernel.title", stream=0), "whole"


async def test_answer_that_takes_longer_than_the_pause_between_two_queries_is_shown(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_answer, may_answer_again = threading.Event(), threading.Event(), threading.Event()
    answers = itertools.count()

    def look_up(*_ends: object) -> KernelSocket:
        asked.set()
        is_first = next(answers) < 2  # of the two ends
        assert (may_answer if is_first else may_answer_again).wait(SETTLES_IN_S)
        return SOCKET

    monkeypatch.setattr(socket, "look_up", look_up)
    async with show(mixed_session) as shown:
        app, words = shown.pilot.app, shown.screen.words
        screen = SocketScreen(mixed_session, 0, words, shown.screen.glyphs)
        await app.push_screen(screen)
        await until(asked.is_set)
        screen.look()
        may_answer.set()
        try:
            await until(lambda: words("kernel.packets") in "\n".join(screen_lines(screen)))
        finally:
            may_answer_again.set()


def test_state_that_differs_twice_with_no_packet_between_is_marked() -> None:
    look = Look(SEEN, MOVED)

    assert disagree([look], look)
    assert "! CLOSE-WAIT, but the packets show ESTABLISHED" in text([look], [look])


@pytest.mark.parametrize(
    "before",
    [
        [],
        [Look(replace(SEEN, packets=39), MOVED)],
        [Look(SEEN, SOCKET)],
        [Look(replace(SEEN, is_client=True), MOVED)],
    ],
    ids=["first look", "a packet came between", "it only just moved", "the other end"],
)
def test_difference_that_a_packet_on_its_way_may_explain_is_not_marked(before: list[Look]) -> None:
    now = Look(SEEN, MOVED)

    assert not disagree(before, now)
    assert "by the packets so far ESTABLISHED" in text([now], before)


def test_state_never_seen_is_no_difference() -> None:
    look = Look(replace(SEEN, state=TcpState.UNSEEN), SOCKET)

    assert not disagree([look], look)


def test_machine_without_this_connection_says_why_that_may_be() -> None:
    page = text([Look(SEEN, None)], [])

    assert "no socket for this connection" in page
    assert "namespace" in page


COUNTED = replace(SEEN, acknowledged=5_000, received=300)
OVER = replace(COUNTED, state=TcpState.CLOSED)


@pytest.mark.parametrize(
    ("seen", "kernel", "of_another"),
    [
        (COUNTED, replace(SOCKET, acknowledged=5_000, received=300), False),
        (COUNTED, replace(SOCKET, acknowledged=9_000, received=400), False),
        (COUNTED, replace(SOCKET, acknowledged=4_999, received=298), False),
        (COUNTED, SOCKET, False),
        (COUNTED, replace(SOCKET, acknowledged=1, received=300), True),
        (COUNTED, replace(SOCKET, acknowledged=5_000, received=0), True),
        (replace(COUNTED, later=7), replace(SOCKET, acknowledged=9_000, received=400), True),
        (OVER, replace(SOCKET, acknowledged=9_000, received=400), True),
        (OVER, replace(SOCKET, acknowledged=5_001, received=300), False),
        (OVER, SOCKET, True),
        (OVER, KernelSocket(TcpState.TIME_WAIT, Owner("root"), 0, 0), False),
        (replace(OVER, later=7), KernelSocket(TcpState.TIME_WAIT, Owner("root"), 0, 0), True),
    ],
)
def test_socket_of_a_later_connection_is_not_shown(seen: EndSeen, kernel: KernelSocket, *, of_another: bool) -> None:
    page = text([Look(seen, kernel)], [])

    assert ("Another connection has these addresses and ports now" in page) is of_another
    assert ("www-data" in page or "root" in page) is not of_another
    assert ("connection 7 of this capture" in page) is (seen.later == 7)


def test_mini_socket_shows_only_what_it_has() -> None:
    small = KernelSocket(TcpState.TIME_WAIT, Owner("root"), 0, 0)

    page = text([Look(SEEN, small)], [])

    assert "TIME-WAIT" in page
    assert "congestion window" not in page


@pytest.mark.parametrize(("width", "columns"), [(58, 1), (100, 1), (118, 2), (198, 2)])
def test_both_ends_stand_beside_each_other_where_they_fit(width: int, columns: int) -> None:
    other = replace(SEEN, endpoint=THERE, peer=HERE, is_client=True)
    page = socket_page([Look(other, SOCKET), Look(SEEN, SOCKET)], [], Words(Language.EN), UNICODE)
    lines = text_of(lay_out(page, width)[0])

    headings = [line for line in lines if "198.51.100.7:50123" in line or "192.0.2.1:80" in line]
    assert len(headings) == 3 - columns
    assert all(len(line) <= width for line in lines)


async def test_explanation_below_has_its_time_budget_and_blank_lines_between_its_parts(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "look_up", lambda *_ends: SOCKET)
    async with show(mixed_session, (160, 70)) as shown:
        await shown.pilot.app.push_screen(SocketScreen(mixed_session, 1, shown.screen.words, shown.screen.glyphs))
        words = Words(Language.EN)
        await until(lambda: words("budget.heading") in "\n".join(screen_lines(shown.pilot.app.screen)))
        lines = [line.strip() for line in screen_lines(shown.pilot.app.screen)]

    heading = lines.index(words("budget.heading"))
    assert not lines[heading - 1]
    assert "%" in lines[heading + 2], "bar, then what its parts are"
