"""What a narrow list makes of states and addresses: one word, and no beginning that all of them share."""

from __future__ import annotations

import pytest

from tcptui.analysis.stream.table import StreamMark
from tcptui.model.tcp_state import TcpState
from tcptui.ui.cell_text import left_out, shared_beginning, shared_network
from tcptui.ui.main.state_text import StateWord, state_word

RST = int(StreamMark.RST_B)


@pytest.mark.parametrize(
    ("client", "server", "marks", "word"),
    [
        (TcpState.SYN_SENT, TcpState.LISTEN, 0, StateWord.OPENING),
        (TcpState.ESTABLISHED, TcpState.SYN_RECEIVED, 0, StateWord.OPENING),
        (TcpState.ESTABLISHED, TcpState.ESTABLISHED, 0, StateWord.OPEN),
        (TcpState.ESTABLISHED, TcpState.UNSEEN, 0, StateWord.OPEN),
        (TcpState.FIN_WAIT_2, TcpState.CLOSE_WAIT, 0, StateWord.CLOSING),
        (TcpState.TIME_WAIT, TcpState.LAST_ACK, 0, StateWord.CLOSING),
        (TcpState.TIME_WAIT, TcpState.CLOSED, 0, StateWord.CLOSED),
        (TcpState.CLOSED, TcpState.CLOSED, 0, StateWord.CLOSED),
        (TcpState.CLOSED, TcpState.CLOSED, RST, StateWord.RESET),
        (TcpState.ESTABLISHED, TcpState.ESTABLISHED, RST, StateWord.OPEN),
        (TcpState.UNSEEN, TcpState.UNSEEN, 0, StateWord.UNKNOWN),
    ],
)
def test_states_of_both_ends_are_one_word(client: TcpState, server: TcpState, marks: int, word: StateWord) -> None:
    assert state_word(int(client), int(server), marks) is word


@pytest.mark.parametrize(
    ("addresses", "shared"),
    [
        (("10.9.7.1", "10.9.7.20"), "10.9.7"),
        (("10.9.7.1", "10.9.71.1"), "10.9"),
        (("10.9.7.1", "10.9.7.1"), "10.9.7"),
        (("10.9.7.1", "192.0.2.1"), ""),
        (("[2001:db8::1]", "[2001:db8::2]"), "[2001:db8::"),
        (("10.9.7.1", "[2001:db8::2]"), ""),
        (("web.example.org", "web.example.com"), ""),
    ],
)
def test_addresses_share_whole_numbers_and_names_share_nothing(addresses: tuple[str, str], shared: str) -> None:
    assert shared_network(shared_beginning(*addresses)) == shared


def test_only_an_address_in_brackets_shows_where_something_is_left_out() -> None:
    assert left_out("[2001:db8::") == "[…"
    assert left_out("10.9.7") == ""
