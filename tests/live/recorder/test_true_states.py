"""What Linux does not trace of a state, from the frames at that very end."""

from __future__ import annotations

import pytest

from cases.recorder.evidence import StateEvent
from cases.recorder.namespaces import End
from cases.recorder.true_states import FrameFact, true_states
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import TcpState

SYN, ACK, FIN, RST = int(TcpFlag.SYN), int(TcpFlag.ACK), int(TcpFlag.FIN), int(TcpFlag.RST)
MS = 1_000_000


def frame(number: int, at_ms: float, sent: bool, flags: int, end: int = 1, ack: int = 1) -> FrameFact:
    return FrameFact(number, round(at_ms * MS), sent, flags, end, ack)


def event(at_ms: float, old: TcpState, new: TcpState, by: str, missed: bool = False) -> StateEvent:
    return StateEvent(round(at_ms * MS), End.SERVER, old, new, "a:1", "b:2", by, missed)


def test_answered_syn_is_a_request_until_the_third_packet_makes_the_socket() -> None:
    frames = [frame(1, 0, False, SYN), frame(2, 0.1, True, SYN | ACK), frame(3, 20, False, ACK)]
    events = [
        event(20.1, TcpState.LISTEN, TcpState.SYN_RECEIVED, "packet"),
        event(20.2, TcpState.SYN_RECEIVED, TcpState.ESTABLISHED, "packet"),
    ]

    states = true_states(frames, events, TcpState.LISTEN)

    assert states == [TcpState.SYN_RECEIVED, TcpState.SYN_RECEIVED, TcpState.ESTABLISHED]


def test_syn_that_nobody_answers_leaves_the_listener_listening() -> None:
    assert true_states([frame(1, 0, False, SYN)], [], TcpState.LISTEN) == [TcpState.LISTEN]


def test_request_that_is_reset_leaves_the_listener_listening() -> None:
    frames = [frame(1, 0, False, SYN), frame(2, 0.1, True, SYN | ACK), frame(3, 20, False, RST)]

    assert true_states(frames, [], TcpState.LISTEN)[-1] is TcpState.LISTEN


def test_third_ack_that_a_full_queue_ignores_changes_nothing() -> None:
    frames = [frame(1, 0, False, SYN), frame(2, 0.1, True, SYN | ACK), frame(3, 20, False, ACK)]

    assert true_states(frames, [], TcpState.LISTEN) == [TcpState.SYN_RECEIVED] * 3


def test_close_counts_from_the_fin_though_the_program_closed_before() -> None:
    frames = [frame(1, 5, False, ACK), frame(2, 30, True, FIN | ACK, end=2)]
    events = [event(1, TcpState.ESTABLISHED, TcpState.FIN_WAIT_1, "program")]

    assert true_states(frames, events, TcpState.ESTABLISHED) == [TcpState.ESTABLISHED, TcpState.FIN_WAIT_1]


def test_fin_counts_from_what_is_sent_after_it_when_an_older_answer_left_meanwhile() -> None:
    frames = [
        frame(1, 0, False, FIN | ACK, end=9),
        frame(2, 0.01, True, ACK, ack=7),
        frame(3, 0.2, True, FIN | ACK, end=2, ack=9),
    ]
    events = [
        event(0.02, TcpState.ESTABLISHED, TcpState.CLOSE_WAIT, "packet"),
        event(0.1, TcpState.CLOSE_WAIT, TcpState.LAST_ACK, "program"),
    ]

    established = TcpState.ESTABLISHED
    assert true_states(frames, events, established) == [established, established, TcpState.LAST_ACK]
    assert true_states(frames[::2], events, established) == [TcpState.CLOSE_WAIT, TcpState.LAST_ACK]


def test_closed_after_the_peers_fin_is_time_wait() -> None:
    frames = [
        frame(1, 0, True, FIN | ACK, end=2),
        frame(2, 20, False, FIN | ACK, end=9, ack=2),
        frame(3, 20.1, True, ACK, end=2, ack=9),
    ]
    events = [
        event(-1, TcpState.ESTABLISHED, TcpState.FIN_WAIT_1, "program"),
        event(20.05, TcpState.FIN_WAIT_1, TcpState.FIN_WAIT_2, "packet"),
        event(20.2, TcpState.FIN_WAIT_2, TcpState.CLOSED, "packet"),
    ]

    states = true_states(frames, events, TcpState.ESTABLISHED)

    assert states[0] is TcpState.FIN_WAIT_1
    assert states[-1] is TcpState.TIME_WAIT


def test_orphan_waits_in_fin_wait_2_until_the_fin_comes() -> None:
    frames = [
        frame(1, 0, True, FIN | ACK, end=2),
        frame(2, 20, False, ACK, end=5, ack=2),
        frame(3, 60, False, FIN | ACK, end=6, ack=2),
        frame(4, 60.1, True, ACK, end=2, ack=6),
    ]
    events = [
        event(-1, TcpState.ESTABLISHED, TcpState.FIN_WAIT_1, "program"),
        event(20.1, TcpState.FIN_WAIT_1, TcpState.FIN_WAIT_2, "packet"),
        event(20.2, TcpState.FIN_WAIT_2, TcpState.CLOSED, "packet"),
    ]

    states = true_states(frames, events, TcpState.ESTABLISHED)

    assert states == [TcpState.FIN_WAIT_1, TcpState.FIN_WAIT_2, TcpState.TIME_WAIT, TcpState.TIME_WAIT]


def test_own_reset_closes_with_the_reset() -> None:
    frames = [frame(1, 0, False, ACK), frame(2, 10.1, True, RST | ACK)]
    events = [event(10, TcpState.ESTABLISHED, TcpState.CLOSED, "program")]

    assert true_states(frames, events, TcpState.ESTABLISHED) == [TcpState.ESTABLISHED, TcpState.CLOSED]


@pytest.mark.parametrize("closed_at_ms", [50.0, 150.0])
def test_own_reset_closes_with_the_reset_though_the_machine_was_busy_in_between(closed_at_ms: float) -> None:
    frames = [frame(1, 0, False, ACK), frame(2, 100, True, RST | ACK)]
    events = [event(closed_at_ms, TcpState.ESTABLISHED, TcpState.CLOSED, "timer")]

    assert true_states(frames, events, TcpState.ESTABLISHED) == [TcpState.ESTABLISHED, TcpState.CLOSED]


def test_change_by_a_packet_that_the_capture_missed_counts_from_the_next_frame() -> None:
    frames = [frame(1, 0, True, SYN), frame(2, 50, True, ACK)]
    events = [event(40, TcpState.SYN_SENT, TcpState.ESTABLISHED, "packet", missed=True)]

    assert true_states(frames, events, TcpState.SYN_SENT) == [TcpState.SYN_SENT, TcpState.ESTABLISHED]


def test_request_that_a_full_queue_refuses_is_gone_with_the_third_packet() -> None:
    frames = [
        frame(1, 0, False, SYN),
        frame(2, 0.1, True, SYN | ACK),
        frame(3, 20, False, ACK),
        frame(4, 20.1, True, RST),
    ]

    assert true_states(frames, [], TcpState.LISTEN)[2:] == [TcpState.LISTEN, TcpState.LISTEN]


def test_data_for_an_orphan_that_answers_with_a_reset_ends_it() -> None:
    frames = [
        frame(1, 0, True, FIN | ACK, end=2),
        frame(2, 20, False, ACK, end=5, ack=2),
        frame(3, 60, False, ACK, end=9, ack=2),
        frame(4, 60.1, True, RST, end=2),
    ]
    events = [
        event(-1, TcpState.ESTABLISHED, TcpState.FIN_WAIT_1, "program"),
        event(20.1, TcpState.FIN_WAIT_1, TcpState.FIN_WAIT_2, "packet"),
        event(20.2, TcpState.FIN_WAIT_2, TcpState.CLOSED, "packet"),
    ]

    states = true_states(frames, events, TcpState.ESTABLISHED)

    assert states[1:] == [TcpState.FIN_WAIT_2, TcpState.CLOSED, TcpState.CLOSED]


def orphan_that_is_answered_unseen(ack: int) -> list[TcpState]:
    """Closed by a packet that the capture missed; ``ack`` is what it acknowledges then."""
    frames = [
        frame(1, 0, True, ACK, ack=5),
        frame(2, 0.5, True, FIN | ACK, end=2, ack=5),
        frame(3, 40, True, ACK, end=2, ack=ack),
    ]
    events = [
        event(0.4, TcpState.ESTABLISHED, TcpState.FIN_WAIT_1, "program"),
        event(40.1, TcpState.FIN_WAIT_1, TcpState.FIN_WAIT_2, "packet", missed=True),
        event(40.2, TcpState.FIN_WAIT_2, TcpState.CLOSED, "packet", missed=True),
    ]
    return true_states(frames, events, TcpState.ESTABLISHED)


def test_fin_that_the_capture_missed_is_known_by_its_acknowledgment() -> None:
    assert orphan_that_is_answered_unseen(6)[1:] == [TcpState.FIN_WAIT_1, TcpState.TIME_WAIT]


def test_without_a_new_acknowledgment_the_missed_packet_was_no_fin() -> None:
    assert orphan_that_is_answered_unseen(5)[-1] is TcpState.FIN_WAIT_2


@pytest.mark.parametrize("acknowledged", [5, 6])
def test_close_whose_fin_waits_behind_data_until_a_reset_comes_was_none_for_the_peer(acknowledged: int) -> None:
    """Unless the peer acknowledges more than the capture has: then only the capture lacks the FIN."""
    frames = [
        frame(1, 0, True, ACK, end=5, ack=7),
        frame(2, 10, False, FIN | ACK, end=8, ack=5),
        frame(3, 10.6, False, ACK, end=8, ack=acknowledged),
        frame(4, 11, True, ACK, end=5, ack=8),
        frame(5, 60, False, RST, end=8),
    ]
    events = [
        event(10.1, TcpState.ESTABLISHED, TcpState.CLOSE_WAIT, "packet"),
        event(10.5, TcpState.CLOSE_WAIT, TcpState.LAST_ACK, "program"),
        event(60.1, TcpState.LAST_ACK, TcpState.CLOSED, "packet"),
    ]

    states = true_states(frames, events, TcpState.ESTABLISHED)

    assert states[2:] == [*[TcpState.CLOSE_WAIT if acknowledged == 5 else TcpState.LAST_ACK] * 2, TcpState.CLOSED]
