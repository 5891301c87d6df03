"""Why was it sent again: each cause with its trigger, and its near-twin without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.access.open_capture import view_of
from tcptui.analysis.resend.classify import causes, resends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session
    causes: list[str]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


#: Captured at the client, 40 ms to the server and back.
OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
SACK_OPEN = ["0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1 id=99"]


def _flight(start_ms: float, first: int, count: int, size: int = 1000, step_ms: float = 0.1) -> list[str]:
    return [f"{start_ms + step_ms * i} C A {first + size * i} 1 {size} id={100 + i}" for i in range(count)]


def test_three_duplicate_acks_then_resend_is_fast_recovery(told: Tell) -> None:
    duplicates = [f"{90 + i / 10} S A 1 1" for i in range(4)]
    trace = told([*OPEN, *_flight(50, 1, 5), *duplicates, "90.5 C A 1 1 1000 id=200", "130 S A 1 5001"])

    assert trace.causes[-2] == "fast-recovery"


def test_two_duplicate_acks_without_sack_leave_the_reason_unknown(told: Tell) -> None:
    duplicates = [f"{90 + i / 10} S A 1 1" for i in range(2)]
    trace = told([*OPEN, *_flight(50, 1, 5), *duplicates, "90.5 C A 1 1 1000 id=200"])

    assert trace.causes[-1] == "unknown"


def test_one_sack_above_the_hole_is_enough_for_rack(told: Tell) -> None:
    trace = told([*OPEN, *_flight(50, 1, 3), "90 S A 1 1 sack=1001:3001", "101 C A 1 1 1000 id=200"])

    assert trace.causes[-1] == "fast-recovery"


def test_partial_ack_resend_belongs_to_the_same_recovery(told: Tell) -> None:
    duplicates = [f"{90 + i / 10} S A 1 1" for i in range(4)]
    lines = [
        *OPEN,
        *_flight(50, 1, 6),
        *duplicates,
        "90.5 C A 1 1 1000 id=200",
        "131 S A 1 2001",
        "131.2 C A 2001 1 1000 id=201",
    ]

    assert told(lines).causes[-1] == "fast-recovery"


def test_resend_after_silence_of_the_first_segment_is_a_time_out(told: Tell) -> None:
    trace = told([*OPEN, *_flight(50, 1, 3), "310 C A 1 1 1000 id=200"])

    assert trace.causes[-1] == "rto"


def test_what_follows_a_time_out_until_it_heals_belongs_to_it(told: Tell) -> None:
    lines = [*OPEN, *_flight(50, 1, 3), "310 C A 1 1 1000 id=200", "351 S A 1 1001", "351.1 C A 1001 1 1000 id=201"]

    assert told(lines).causes[-1] == "rto"


def test_resend_too_early_for_any_timer_is_unknown(told: Tell) -> None:
    trace = told([*OPEN, *_flight(50, 1, 3), "110 C A 1 1 1000 id=200"])

    assert trace.causes[-1] == "unknown"


def test_last_of_several_segments_again_after_two_round_trips_is_a_probe(told: Tell) -> None:
    trace = told([*OPEN, *_flight(50, 1, 3), "131 C A 2001 1 1000 id=200"])

    assert trace.causes[-1] == "tail-loss-probe"


def test_lone_segment_resent_once_stays_open_where_the_opening_was_not_seen(told: Tell) -> None:
    before = ["0 C PA 901 1 100 id=98", "40 S A 1 1001"]
    trace = told([*before, "50 C PA 1001 1 500 id=99", "294 C PA 1001 1 500 id=100", "334 S A 1 1501"])

    assert trace.causes[-2] == "unknown"
    assert resends(view_of(trace.session, 0))[0].lone


def test_lone_segment_without_sack_is_a_time_out(told: Tell) -> None:
    trace = told([*OPEN, "50 C PA 1 1 500 id=100", "294 C PA 1 1 500 id=101", "334 S A 1 501"])

    assert trace.causes[-2] == "rto"


def test_lone_segment_with_sack_is_a_probe_and_the_next_a_time_out(told: Tell) -> None:
    tries = ["50 C PA 1 1 500 id=100", "294 C PA 1 1 500 id=101", "540 C PA 1 1 500 id=102"]

    assert told([*SACK_OPEN, *tries]).causes[-2:] == ["tail-loss-probe", "rto"]


def test_lone_segment_behind_a_missing_packet_number_stays_open(told: Tell) -> None:
    lines = [*SACK_OPEN, "40.2 C A 1 1 100 id=100", "80 S A 1 101", "300 C PA 101 1 500 id=102"]
    trace = told([*lines, "544 C PA 101 1 500 id=103"])

    assert trace.causes[-1] == "unknown"


def test_tail_probed_before_is_a_time_out_the_next_time(told: Tell) -> None:
    flight = [*SACK_OPEN, *_flight(50, 1, 2), "140 C A 1001 1 1000 id=110"]

    assert told([*flight, "380 C A 1 1 2000 id=111"]).causes[-2:] == ["tail-loss-probe", "rto"]


def test_time_out_that_was_none_ends_when_its_sender_learns_it(told: Tell) -> None:
    lines = [
        *(f"{line} ts={ms},{ms}" for ms, line in enumerate(SACK_OPEN)),
        *(f"{50 + i} C A {1 + 1000 * i} 1 1000 id={100 + i} ts=50,40" for i in range(4)),
        "310 C A 1 1 1000 id=104 ts=310,40",
        "311 S A 1 4001 ts=100,50",
        *(f"312 C A {4001 + 1000 * i} 1 1000 id={105 + i} ts=312,100" for i in range(5)),
        *(f"350.{i} S A 1 4001 ts=140,50 sack=5001:{6001 + 1000 * i}" for i in range(4)),
        "352 C A 4001 1 1000 id=110 ts=352,140",
    ]

    assert told(lines).causes[-1] == "fast-recovery"


@pytest.mark.parametrize(("echo", "cause"), [(300, "fast-recovery"), (7, "rto")])
def test_echo_older_than_the_first_copy_does_not_end_a_time_out(told: Tell, echo: int, cause: str) -> None:
    """Some stacks write a delay there: no copy can have caused that echo, so the sender has learnt nothing."""
    lines = [
        *(f"{line} ts={200 + ms},{ms}" for ms, line in enumerate(SACK_OPEN)),
        *(f"{50 + i} C A {1 + 1000 * i} 1 1000 id={100 + i} ts=300,40" for i in range(4)),
        "310 C A 1 1 1000 id=104 ts=560,40",
        f"350 S A 1 1001 ts=140,{echo}",
        f"351 S A 1 1001 ts=141,{echo} sack=2001:4001",
        "351.5 C A 1001 1 1000 id=110 ts=602,140",
    ]

    assert told(lines).causes[-1] == cause


def test_late_copy_with_the_same_timestamp_is_no_syn_retry(told: Tell) -> None:
    trace = told(["0 C S 0 0 id=7 ts=1,0", "20 S RA 0 1", "1600 C S 0 0 id=7 ts=1,0"])

    assert trace.causes[-1] == "network-duplicate"


def test_old_acknowledgment_that_came_late_is_no_keep_alive(told: Tell) -> None:
    trace = told([*OPEN, "50 C PA 1 1 100", "90 S A 1 101", "91 S FA 1 101", "131 C A 101 2", "200 S A 1 1"])

    assert trace.causes[-1] == "none"


def test_new_bytes_behind_a_forged_reset_were_not_sent_again(told: Tell) -> None:
    trace = told([*OPEN, "50 S R 8000 0", "90 S PA 1 1 300"])

    assert trace.causes[-1] == "none"


def test_ipv6_copy_is_told_by_the_clock_of_its_timestamps(told: Tell) -> None:
    opening = [f"{line} ts={value}" for line, value in zip(OPEN, ("0,0", "500,0", "40,500"), strict=True)]
    sent = "C PA 1 1 500 ts=50,500"

    assert told([*opening, f"50 {sent}", f"80 {sent}"]).causes[-1] == "network-duplicate"
    assert told([*opening, f"50 {sent}", "80 C PA 1 1 500 ts=80,500"]).causes[-1] != "network-duplicate"


def test_lone_segment_with_doubling_gaps_is_a_time_out_chain(told: Tell) -> None:
    times = (50, 294, 782, 1758)
    trace = told([*OPEN, *(f"{ms} C PA 1 1 500 id={100 + i}" for i, ms in enumerate(times))])

    assert trace.causes[-3:] == ["rto", "rto", "rto"]


def test_lone_segment_whose_second_gap_does_not_double_began_with_a_probe(told: Tell) -> None:
    times = (50, 330, 574, 1062)
    trace = told([*OPEN, *(f"{ms} C PA 1 1 500 id={100 + i}" for i, ms in enumerate(times))])

    assert trace.causes[-3:] == ["tail-loss-probe", "rto", "rto"]


def test_peer_never_heard_and_doubling_gaps_is_a_time_out_chain(told: Tell) -> None:
    trace = told([f"{ms} C PA 1 1 500 id={100 + i}" for i, ms in enumerate((0, 206, 606, 1406))])

    assert trace.causes == ["", "rto", "rto", "rto"]


def test_empty_question_after_silence_is_a_keep_alive(told: Tell) -> None:
    trace = told([*OPEN, "50 C PA 1 1 100", "90 S A 1 101", "15090 C A 100 1", "15130 S A 1 101"])

    assert trace.causes[-2] == "keep-alive"


def test_one_unacknowledged_byte_again_is_no_keep_alive(told: Tell) -> None:
    trace = told([*OPEN, "50 C PA 1 1 1 id=100", "1500 C PA 1 1 1 id=101"])

    assert trace.causes[-1] == "rto"


def test_byte_into_a_closed_window_is_a_probe(told: Tell) -> None:
    lines = [*OPEN, "50 C A 1 1 1000", "90 S A 1 1001 win=0", "300 C A 1000 1", "340 S A 1 1001 win=0"]

    assert told(lines).causes[-2] == "zero-window-probe"


def test_whole_segment_into_a_shrunk_window_is_a_probe(told: Tell) -> None:
    lines = [*OPEN, *_flight(50, 1, 3), "90 S A 1 1001 win=0", "400 C A 1001 1 1000 id=200"]

    assert told(lines).causes[-1] == "zero-window-probe"


def test_same_packet_number_and_bytes_is_a_network_duplicate(told: Tell) -> None:
    lines = [*OPEN, *_flight(50, 1, 6), "51 C A 2001 1 1000 id=102", "90 S A 1 6001"]

    assert told(lines).causes[-2] == "network-duplicate"


def test_every_packet_twice_is_the_capture_and_nothing_was_repeated(told: Tell) -> None:
    single = [*(f"{line} id={i + 1} ts={i},0" for i, line in enumerate(OPEN)), *_flight(50, 1, 4)]
    doubled = [line for line in single for _copy in (0, 1)]

    assert set(told(doubled).causes) == {"", "none"}


def test_older_packet_number_in_a_hole_was_overtaken(told: Tell) -> None:
    flight = _flight(50, 1, 3)

    assert told([*OPEN, flight[0], flight[2], flight[1]]).causes[-1] == "none"


def test_newer_packet_number_in_a_hole_was_sent_again(told: Tell) -> None:
    flight = _flight(50, 1, 3)

    assert told([*OPEN, flight[0], flight[2], "52 C A 1001 1 1000 id=150"]).causes[-1] == "unknown"


def test_older_timestamp_in_a_hole_was_overtaken(told: Tell) -> None:
    lines = [*OPEN, "50 C A 1 1 100 ts=10,1", "51 C A 201 1 100 ts=12,1", "65 C A 101 1 100 ts=11,1"]

    assert told(lines).causes[-1] == "none"


def test_repeated_syn_is_a_retry(told: Tell) -> None:
    assert told(["0 C S 0 0 id=1", "1000 C S 0 0 id=2", "3000 C S 0 0 id=3"]).causes == ["", "syn-retry", "syn-retry"]


def test_syn_repeated_at_once_is_no_retry(told: Tell) -> None:
    assert told(["0 C S 0 0 id=1", "30 C S 0 0 id=2"]).causes == ["", "unknown"]


def test_syn_ack_of_a_simultaneous_open_only_looks_repeated(told: Tell) -> None:
    trace = told(["0 C S 0 0", "1 S S 0 0", "41 C SA 0 1", "42 S SA 0 1"])

    assert trace.causes == ["", "", "none", "none"]


def test_second_resend_finds_the_first_copy_of_its_own_bytes(told: Tell) -> None:
    lines = [*OPEN, "50 C PA 1 1 200 id=1", "90 S A 1 201", "300 C PA 1 1 200 id=2", "600 C PA 1 1 1200 id=3"]
    found = resends(view_of(told(lines).session, 0))

    assert [(resend.index, resend.previous) for resend in found] == [(5, 3), (6, 5)]


def test_stream_without_suspicious_segments_costs_no_judgement(told: Tell) -> None:
    view = view_of(told([*OPEN, *_flight(50, 1, 3), "90 S A 1 3001"]).session, 0)

    assert not causes(view).any()
    assert resends(view) == ()


def test_byte_of_a_probe_that_comes_again_was_last_sent_when_it_came_again(told: Tell) -> None:
    shut = ["50 C A 1 1 1000", "90 S A 1 1001 win=0", "500 C A 1001 1 1 id=5", "540 S A 1 1001 win=0"]
    lines = [*OPEN, *shut, "900 S A 1 1001 win=4000", "901 C PA 1001 1 1 id=6", "931 C PA 1001 1 1 id=7"]
    last = resends(view_of(told(lines).session, 0))[-1]

    assert (last.index, last.previous) == (9, 8)


def test_empty_ack_with_an_old_number_resends_nothing(told: Tell) -> None:
    lines = [*OPEN, "50 C PA 1 1 100", "90 S A 1 101", "100 C FA 101 1", "101 S PA 1 101 50", "300.1 C A 101 51"]

    assert told(lines).causes[-1] == "none"
