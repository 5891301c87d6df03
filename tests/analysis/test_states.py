"""States of both ends along the edges of RFC 9293's diagram."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tcptui.analysis.kernel.transitions import TRANSITIONS, Event, transition_row
from tcptui.model.tcp_state import TcpState

States = Callable[[Sequence[str]], list[str]]
HANDSHAKE = ["C S 0 0", "S SA 0 1", "C A 1 1"]


def test_handshake_is_assumed_at_the_far_end_until_it_answers(states: States) -> None:
    assert states([*HANDSHAKE, "C PA 1 1 5", "S A 1 6"]) == [
        "SYN-SENT ~SYN-RECEIVED",
        "~ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED ~ESTABLISHED",
        "ESTABLISHED ~ESTABLISHED",
        "ESTABLISHED ESTABLISHED",
    ]


def test_close_in_three_packets_ends_in_time_wait(states: States) -> None:
    assert states([*HANDSHAKE, "C FA 1 1", "S FA 1 2", "C A 2 2"])[3:] == [
        "FIN-WAIT-1 ~CLOSE-WAIT",
        "~TIME-WAIT LAST-ACK",
        "TIME-WAIT ~CLOSED",
    ]


def test_close_in_four_packets_passes_fin_wait_2(states: States) -> None:
    assert states([*HANDSHAKE, "S FA 1 1", "C A 1 2", "C FA 1 2", "S A 2 2"])[3:] == [
        "~CLOSE-WAIT FIN-WAIT-1",
        "CLOSE-WAIT ~FIN-WAIT-2",
        "LAST-ACK ~TIME-WAIT",
        "~CLOSED TIME-WAIT",
    ]


def test_simultaneous_open_goes_through_syn_received_on_both_sides(states: States) -> None:
    assert states(["C S 0 0", "S S 0 0", "C SA 0 1", "S SA 0 1"]) == [
        "SYN-SENT ~SYN-RECEIVED",
        "~SYN-RECEIVED SYN-SENT",
        "SYN-RECEIVED ~ESTABLISHED",
        "~ESTABLISHED SYN-RECEIVED",
    ]


def test_simultaneous_close_passes_closing_and_never_fin_wait_2(states: States) -> None:
    shown = states([*HANDSHAKE, "C FA 1 1", "S FA 1 1", "C A 2 2", "S A 2 2"])

    assert shown[3:] == [
        "FIN-WAIT-1 ~CLOSE-WAIT",
        "~CLOSING FIN-WAIT-1",
        "CLOSING ~TIME-WAIT",
        "~TIME-WAIT ~TIME-WAIT",
    ]


def test_half_close_lets_the_other_side_go_on(states: States) -> None:
    shown = states([*HANDSHAKE, "C FA 1 1", "S A 1 2", "S PA 1 2 10", "C A 2 11", "S FA 11 2", "C A 2 12"])

    assert shown[4:7] == ["~FIN-WAIT-2 CLOSE-WAIT", "~FIN-WAIT-2 CLOSE-WAIT", "~FIN-WAIT-2 CLOSE-WAIT"]
    assert shown[-1] == "TIME-WAIT ~CLOSED"


def test_syn_ack_sent_again_shows_that_the_third_packet_never_arrived(states: States) -> None:
    shown = states([*HANDSHAKE, "S SA 0 1"])

    assert shown[2] == "ESTABLISHED ~ESTABLISHED"
    assert shown[3] == "ESTABLISHED SYN-RECEIVED"


def test_syn_sent_again_shows_that_the_answer_never_arrived(states: States) -> None:
    assert states(["C S 0 0", "S SA 0 1", "C S 0 0"])[1:] == [
        "~ESTABLISHED SYN-RECEIVED",
        "SYN-SENT SYN-RECEIVED",
    ]


def test_refused_connection_is_closed_at_both_ends(states: States) -> None:
    assert states(["C S 0 0", "S RA -9000 1"])[1] == "~CLOSED CLOSED"


def test_reset_of_a_half_open_connection_sends_the_server_back_to_listen(states: States) -> None:
    assert states(["C S 0 0", "S SA 0 1", "C R 1 0"])[2] == "CLOSED ~LISTEN"


def test_end_that_talks_on_after_its_reset_was_not_reset(states: States) -> None:
    shown = states([*HANDSHAKE, "S R 1 0", "S PA 1 1 20"])

    assert shown[3] == "~CLOSED CLOSED"
    assert shown[4].endswith(" ESTABLISHED")


def test_joining_late_claims_nothing(states: States) -> None:
    assert states(["C PA 100 200 10", "S A 200 110"]) == ["~? ~?", "~? ~?"]


def test_late_joiner_knows_established_once_both_ends_sent_data(states: States) -> None:
    shown = states(["C PA 100 200 10", "S PA 200 110 10"])

    assert shown[1] == "ESTABLISHED ESTABLISHED"


def test_fin_behind_a_gap_does_not_move_the_receiver(states: States) -> None:
    shown = states([*HANDSHAKE, "C FA 101 1"])  # 100 bytes before the FIN were not seen

    assert shown[3] == "FIN-WAIT-1 ~ESTABLISHED"


@pytest.mark.parametrize(("state", "event"), sorted(TRANSITIONS))
def test_flat_table_is_the_table(state: TcpState, event: Event) -> None:
    assert transition_row()[state * len(Event) + event] == TRANSITIONS[state, event]


def test_every_state_of_the_rfc_is_reached_and_left() -> None:
    real = set(TcpState) - {TcpState.UNSEEN}

    assert set(TRANSITIONS.values()) == real
    assert {state for state, _event in TRANSITIONS} == real


@pytest.mark.parametrize(
    ("reset", "server"),
    [("S RA 1 6", "CLOSED"), ("S R 1 0", "CLOSED"), ("S R 900 0", "~CLOSED")],
    ids=["live", "socket-less", "number never reached"],
)
def test_reset_with_a_number_that_its_sender_never_reached_proves_nothing_of_it(
    states: States, reset: str, server: str
) -> None:
    assert states([*HANDSHAKE, "C PA 1 1 5", reset])[-1].split()[1] == server
