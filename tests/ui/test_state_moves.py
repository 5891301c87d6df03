"""The state diagram lights up with the selected packet."""

from __future__ import annotations

import asyncio

from screen_lines import screen_lines

from tcptui.analysis.kernel.transitions import Event
from tcptui.lessons.loader import load_case
from tcptui.model.tcp_state import TcpState
from tcptui.session.session import open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.help_pages import help_page
from tcptui.ui.main.state_moves import EndTransition, transitions_of
from tcptui.ui.prose import Verbatim
from tcptui.ui.screens.help import HelpScreen
from tcptui.ui.theme import UNICODE
from tcptui.words.catalogue import Words
from tcptui.words.language import Language


def test_one_packet_may_take_an_end_two_steps() -> None:
    move = EndTransition(TcpState.FIN_WAIT_1, TcpState.TIME_WAIT, known=False, sent=False)

    assert move.edges() == (
        (TcpState.FIN_WAIT_1, Event.RECEIVE_ACK_OF_FIN),
        (TcpState.FIN_WAIT_2, Event.RECEIVE_FIN),
    )


def test_staying_lights_nothing() -> None:
    assert EndTransition(TcpState.ESTABLISHED, TcpState.ESTABLISHED, known=True, sent=True).edges() == ()


def test_every_packet_of_the_walk_lights_its_transitions() -> None:
    session = open_file(load_case("hello-world-loopback").captures[0])
    lit = []
    for row in range(session.store.count):
        moves = transitions_of(session, row)
        assert moves is not None
        lit.append(tuple(event.name for end in (moves.client, moves.server) for _state, event in end.edges()))
    session.close()

    assert lit == [
        ("SEND_SYN", "RECEIVE_SYN"),
        ("RECEIVE_SYN_ACK",),
        ("RECEIVE_ACK_OF_SYN",),
        (),
        (),
        ("SEND_FIN", "RECEIVE_FIN"),
        ("RECEIVE_ACK_OF_FIN", "RECEIVE_FIN", "SEND_FIN"),
        ("RECEIVE_ACK_OF_FIN",),
    ]


def test_help_page_marks_who_moved() -> None:
    session = open_file(load_case("hello-world-loopback").captures[0])
    page = help_page(Words(Language.EN), UNICODE, (), None, transitions_of(session, 5))
    session.close()

    lines = ["".join(span.text for span in block.spans) for block in page if isinstance(block, Verbatim)]
    marked = [line for line in lines if line.endswith(("◀ client", "◀ server"))]
    assert [line.split()[-1] for line in marked] == ["client", "server"]
    assert "FIN-WAIT-1" in marked[0]
    assert "CLOSE-WAIT" in marked[1]


async def test_help_over_a_packet_says_where_it_left_both_ends() -> None:
    case = load_case("hello-world-loopback")
    session = await asyncio.to_thread(open_file, case.captures[0])
    app = TcptuiApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter", "G", "question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("4")
        await pilot.pause()
        text = "\n".join(screen_lines(app.screen))

    assert "Packet 8: the client is in TIME-WAIT (known)" in text
