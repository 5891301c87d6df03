"""Loss, liveness, windows and capture quality: each rule with its packets, and near-twins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import pytest

from tcptui.model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence


class Told(Protocol):
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
FLIGHT = [f"{50 + i / 10} C A {1 + 1000 * i} 1 1000 id={100 + i}" for i in range(5)]
DUPLICATES = [f"{90 + i / 10} S A 1 1" for i in range(4)]
TROUBLE = {"fast-retransmission", "retransmission-timeout", "tail-loss", "retransmission-unexplained"}


@pytest.mark.finding("fast-retransmission")
def test_one_fast_retransmission_is_a_note_with_its_trigger(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, *DUPLICATES, "90.5 C A 1 1 1000 id=200", "130 S A 1 5001"]
    finding = told(lines).findings["fast-retransmission"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.CERTAIN)
    assert finding.facts["original_frame"] == 4
    assert finding.facts["healed_frame"] == 14
    assert {4, 12, 13, 14} <= set(finding.packets)


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding("fast-retransmission", twin=True)
def test_segment_resent_on_ack_but_reported_twice_was_not_needed(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, *DUPLICATES, "90.5 C A 1 1 1000 id=200", "91 S A 1 5001", "131 S A 1 5001 sack=1:1001"]
    found = told(lines).findings

    assert found["spurious-retransmission"].facts["shape"] == "dsack"
    assert "fast-retransmission" not in found


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding("fast-retransmission", twin=True)
def test_resend_that_offload_kept_together_is_reported_in_parts(told: Tell) -> None:
    begun = [*OPEN, *FLIGHT, *DUPLICATES, "90.5 C A 1 1 2000 id=200", "91 S A 1 5001", "131 S A 1 5001 sack=1:1001"]
    whole = told([*begun, "131.1 S A 1 5001 sack=1001:2001"]).findings

    assert whole["spurious-retransmission"].facts["proof_frame"] == len(begun) + 1
    assert "fast-retransmission" not in whole
    # Only a part of it came twice: the rest was needed.
    for reports in ([], ["131.1 S A 1 5001 sack=1:1001"]):
        assert "spurious-retransmission" not in told([*begun, *reports]).findings
    assert "spurious-retransmission" not in told([*begun[:-1], "131 S A 1 5001 sack=1001:2001"]).findings


@pytest.mark.finding("retransmission-timeout")
def test_time_out_is_always_a_warning_and_tells_the_wait(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT[:3], "310 C A 1 1 1000 id=200", "351 S A 1 3001"]
    finding = told(lines).findings["retransmission-timeout"]

    assert finding.severity is Severity.WARNING
    assert finding.facts["waited_s"] == pytest.approx(0.26, abs=0.001)


@pytest.mark.finding("retransmission-timeout")
def test_time_out_at_the_captures_end_does_not_claim_that_no_answer_came(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT[:2], "310 C A 1 1 1000 id=200", "830 C A 1 1 1000 id=201", "1870 C A 1 1 1000 id=202"]
    finding = told(lines).findings["retransmission-timeout"]

    assert (finding.facts["shape"], finding.severity) == ("open-end", Severity.WARNING)


@pytest.mark.finding("retransmission-timeout")
def test_fin_that_nobody_answers_costs_nobody_anything(told: Tell) -> None:
    close = [f"{200 + wait} C FA 1 1 id={i}" for i, wait in enumerate((0, 250, 750, 1750, 3750, 7750))]
    finding = told([*OPEN, *close, "40000 C FA 1 1 id=20"]).findings["retransmission-timeout"]

    assert (finding.facts["shape"], finding.severity) == ("fin", Severity.NOTE)


@pytest.mark.finding("retransmission-timeout")
def test_end_that_never_spoke_is_not_said_to_be_silent(told: Tell) -> None:
    lines = [f"{wait} C PA 101 201 50 id={i}" for i, wait in enumerate((0, 250, 750, 1750, 3750))]
    finding = told([*lines, "60000 C A 151 201 id=9"]).findings["retransmission-timeout"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.POSSIBLE)


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding(
    "fast-retransmission", "retransmission-timeout", "tail-loss", "retransmission-unexplained", twin=True
)
def test_timer_resend_with_the_bytes_already_acknowledged_is_spurious_only(told: Tell) -> None:
    stamps = ["0 C S 0 0 ts=1,0", "40 S SA 0 1 ts=500,1", "40.1 C A 1 1 ts=41,500", "50 C PA 1 1 100 ts=51,500"]
    lines = [*stamps, "90 S A 1 101 ts=550,51", "300 C PA 1 1 100 ts=301,500", "340 S A 1 101 ts=800,301"]
    found = told(lines).findings

    assert "spurious-retransmission" in found
    assert not TROUBLE & found.keys()


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding("tail-loss", "retransmission-unexplained", twin=True)
@pytest.mark.parametrize("at_sender", [True, False], ids=["at the sender", "at the receiver"])
def test_fin_that_was_only_acknowledged_late_is_sent_again_for_nothing(told: Tell, at_sender: bool) -> None:
    """As a client leaves a database: good-bye, FIN, a delayed ACK, the probe; the D-SACK names the FIN."""
    opening = ["0 C S 0 0 sackok=1 ts=1,0", "40 S SA 0 1 sackok=1 ts=500,1", "40.1 C A 1 1 ts=41,500"]
    closing = ["50 C PA 1 1 5 ts=51,500", "50.4 C FA 6 1 ts=52,500"]
    late, probe = (130 if at_sender else 91), "127 C FA 6 1 ts=128,500"
    acks = [f"{late} S A 1 7 ts=590,51", f"{late + 6} S FA 1 7 ts=596,51"]
    ending = ["167 S A 2 7 ts=630,128 sack=6:7", "168 C A 7 2 ts=168,596"]
    middle = [probe, *acks] if at_sender else [*acks, probe]
    found = told([*opening, *closing, *middle, *ending]).findings

    assert TROUBLE & found.keys() == set()
    assert found["spurious-retransmission"].facts["shape"] == "dsack"
    assert found["spurious-retransmission"].severity is Severity.NOTE


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding("tail-loss", twin=True)
def test_fin_that_had_been_acknowledged_here_came_again_for_nothing(told: Tell) -> None:
    """The client's ACK of the server's FIN was lost behind the capture; in TIME-WAIT the client reports no copy."""
    opened = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
    spoke = ["50 C PA 1 1 100", "90 S PA 1 101 50", "90.1 C A 101 51"]
    closed = ["95 C FA 101 51", "135 S FA 51 102", "135.1 C A 102 52", "400 S FA 51 102", "400.1 C A 102 52"]
    found = told([*opened, *spoke, *closed]).findings

    assert not TROUBLE & found.keys()
    assert (found["spurious-retransmission"].facts["shape"], found["spurious-retransmission"].severity) == (
        "acked-here",
        Severity.NOTE,
    )


#: A tail of 100 bytes, sent again by a probe and two time-outs, and what is sent behind it.
HELD: Final = [
    "0 C S 0 0 sackok=1 ts=1,0", "40 S SA 0 1 sackok=1 ts=500,1", "40.1 C A 1 1 ts=41,500",
    "50 C PA 1 1 100 ts=51,500", "130 C PA 1 1 100 ts=131,500", "350 C PA 1 1 100 ts=351,500",
    "750 C PA 1 1 100 ts=751,500",
]  # fmt: skip


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding("tail-loss", "retransmission-timeout", twin=True)
def test_each_d_sack_tells_of_one_of_several_resends(told: Tell) -> None:
    """A link that stood still: all copies arrive together, and as many D-SACKs as there were resends come back."""
    reports = [f"{1800 + n} S A 1 101 ts=2260,{stamp} sack=1:101" for n, stamp in enumerate((131, 351, 751))]
    found = told([*HELD, *reports]).findings

    assert not TROUBLE & found.keys()
    finding = found["spurious-retransmission"]
    assert (finding.facts["count"], finding.severity) == (3, Severity.WARNING)
    assert finding.facts["delay_s"] == pytest.approx(1.71, abs=0.01)


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding("tail-loss", twin=True)
@pytest.mark.parametrize(("echo", "found"), [(151, "spurious-retransmission"), (181, "tail-loss")])
def test_the_stamp_that_is_echoed_tells_which_copy_of_a_lone_fin_arrived(told: Tell, echo: int, found: str) -> None:
    """The acknowledgment of the first one was lost on its way to the sender, where the capture was made."""
    lines = ["0 C S 0 0 ts=1,0", "10 S SA 0 1 ts=500,1", "10.1 C A 1 1 ts=11,500"]
    lines += ["140 C PA 1 1 100 ts=141,500", "150 S A 1 101 ts=640,141", "150.1 C FA 101 1 ts=151,640"]
    told_ = told([*lines, "180.1 C FA 101 1 ts=181,640", f"190.1 S A 1 102 ts=680,{echo}", "300 S FA 1 102"]).findings

    assert {"spurious-retransmission", "tail-loss"} & set(told_) == {found}


@pytest.mark.finding("tail-loss")
def test_fewer_d_sacks_than_resends_leave_the_first_one_needed(told: Tell) -> None:
    reports = [f"{1800 + n} S A 1 101 ts=2260,{stamp} sack=1:101" for n, stamp in enumerate((351, 751))]
    found = told([*HELD, "1799 S A 1 101 ts=2259,131", *reports]).findings

    assert "tail-loss" in found
    assert found["spurious-retransmission"].facts["count"] == 2


@pytest.mark.finding("spurious-retransmission")
def test_old_timestamp_echo_proves_that_the_first_copy_arrived(told: Tell) -> None:
    stamps = ["0 C S 0 0 ts=1,0", "40 S SA 0 1 ts=500,1", "40.1 C A 1 1 ts=41,500", "50 C PA 1 1 100 ts=51,500"]
    lines = [*stamps, "300 C PA 1 1 100 ts=301,500", "330 S A 1 101 ts=790,51", "340 S A 1 101 ts=800,301"]

    assert told(lines).findings["spurious-retransmission"].facts["shape"] == "eifel"


@pytest.mark.finding("spurious-retransmission", twin=True)
@pytest.mark.parametrize("echo", [7, 50])
def test_echo_older_than_the_first_copy_proves_nothing(told: Tell, echo: int) -> None:
    """As with a stack that writes something else there, such as a measured delay: that copy cannot have caused it."""
    stamps = ["0 C S 0 0 ts=1001,0", "40 S SA 0 1 ts=500,1001", "40.1 C A 1 1 ts=1041,500"]
    lines = [*stamps, "50 C PA 1 1 100 ts=1051,500", "300 C PA 1 1 100 ts=1301,500", f"330 S A 1 101 ts=790,{echo}"]

    assert "spurious-retransmission" not in told([*lines, "340 S A 1 101 ts=800,1301"]).findings


@pytest.mark.finding("spurious-retransmission")
def test_echo_of_the_first_of_three_copies_proves_that_it_arrived(told: Tell) -> None:
    stamps = ["0 C S 0 0 ts=1,0", "40 S SA 0 1 ts=500,1", "40.1 C A 1 1 ts=41,500", "50 C PA 1 1 100 ts=51,500"]
    again = ["300 C PA 1 1 100 ts=301,500", "800 C PA 1 1 100 ts=801,500"]
    found = told([*stamps, *again, "830 S A 1 101 ts=790,51", "840 S A 1 101 ts=800,801"]).findings

    assert found["spurious-retransmission"].facts["count"] == 2


@pytest.mark.finding("tail-loss")
def test_tail_probe_is_a_note(told: Tell) -> None:
    finding = told([*OPEN, *FLIGHT[:3], "131 C A 2001 1 1000 id=200", "172 S A 1 3001"]).findings["tail-loss"]

    assert finding.severity is Severity.NOTE


@pytest.mark.finding("retransmission-unexplained")
@pytest.mark.finding("fast-retransmission", "retransmission-timeout", "tail-loss", twin=True)
def test_resend_without_a_visible_reason_is_called_that(told: Tell) -> None:
    found = told([*OPEN, *FLIGHT[:3], "110 C A 1 1 1000 id=200", "150 S A 1 3001"]).findings

    assert TROUBLE & found.keys() == {"retransmission-unexplained"}


@pytest.mark.finding("out-of-order")
@pytest.mark.finding(
    "fast-retransmission",
    "retransmission-timeout",
    "tail-loss",
    "retransmission-unexplained",
    "capture-missed-packets",
    twin=True,
)
def test_overtaken_segment_is_out_of_order_and_nothing_was_lost(told: Tell) -> None:
    found = told([*OPEN, FLIGHT[0], FLIGHT[2], FLIGHT[1], "90 S A 1 3001"]).findings

    assert found["out-of-order"].confidence is Confidence.CERTAIN
    assert not TROUBLE & found.keys()
    assert "capture-missed-packets" not in found


@pytest.mark.finding("out-of-order")
@pytest.mark.finding("retransmission-unexplained", twin=True)
def test_last_segment_overtaken_by_a_bare_ack_is_out_of_order(told: Tell) -> None:
    found = told([*OPEN, "50.2 C A 1001 1 id=102", "50.3 C A 1 1 1000 id=101", "90 S A 1 1001"]).findings

    assert found["out-of-order"].confidence is Confidence.CERTAIN
    assert "retransmission-unexplained" not in found


@pytest.mark.finding("retransmission-unexplained")
@pytest.mark.finding("out-of-order", twin=True)
def test_bytes_with_a_newer_number_than_the_bare_ack_before_them_were_sent_after_it(told: Tell) -> None:
    found = told([*OPEN, "50.2 C A 1001 1 id=102", "50.3 C A 1 1 1000 id=103", "90 S A 1 1001"]).findings

    assert "retransmission-unexplained" in found
    assert "out-of-order" not in found


@pytest.mark.finding("keep-alive")
def test_keep_alives_are_a_note_and_no_retransmissions(told: Tell) -> None:
    idle = [line for i in range(3) for line in (f"{15000 * (i + 1)} C A 100 1", f"{15000 * (i + 1) + 40} S A 1 101")]
    found = told([*OPEN, "50 C PA 1 1 100", "90 S A 1 101", *idle]).findings

    assert found["keep-alive"].facts["count"] == 3
    assert found["keep-alive"].facts["interval_s"] == pytest.approx(15, abs=0.2)
    assert max(finding.severity for finding in found.values()) is Severity.NOTE


@pytest.mark.finding("keep-alive")
def test_a_keep_alive_that_crosses_the_end_of_the_other_side_comes_after_silence(told: Tell) -> None:
    lines = [*OPEN, "50 C PA 1 1 100", "90 S PA 1 101 50", "90.1 C A 101 51", "15085 C FA 101 51"]
    crossing = told([*lines, "15090 S A 50 101", "15090.1 C A 102 51", "15125 S A 51 102"]).findings

    assert crossing["keep-alive"].facts["count"] == 1
    assert crossing["keep-alive"].facts["interval_s"] == pytest.approx(15, abs=0.1)


@pytest.mark.finding("keep-alive", twin=True)
def test_a_byte_s_number_soon_behind_what_its_sender_acknowledges_is_none(told: Tell) -> None:
    lines = [*OPEN, "50 C PA 1 1 100", "90 S PA 1 101 50", "90.1 C A 101 51", "15085 C PA 101 51 10"]

    assert "keep-alive" not in told([*lines, "15090 S A 50 111", "15090.1 C A 111 51"]).findings


@pytest.mark.finding("keep-alive-timeout")
@pytest.mark.finding("keep-alive", twin=True)
def test_keep_alives_without_an_answer_then_reset_are_an_error(told: Tell) -> None:
    idle = [f"{15000 * (i + 1)} C A 100 1" for i in range(4)]
    found = told([*OPEN, "50 C PA 1 1 100", "90 S A 1 101", *idle, "75000 C RA 101 1"]).findings

    assert found["keep-alive-timeout"].severity is Severity.ERROR
    assert found["keep-alive-timeout"].facts["shape"] == "reset"
    assert "keep-alive" not in found


@pytest.mark.finding("keep-alive-timeout", twin=True)
def test_last_keep_alive_before_the_captures_end_proves_nothing(told: Tell) -> None:
    lines = [*OPEN, "50 C PA 1 1 100", "90 S A 1 101", "15000 C A 100 1", "15040 S A 1 101", "30000 C A 100 1"]

    assert "keep-alive-timeout" not in told(lines).findings


@pytest.mark.finding("zero-window")
def test_window_shut_while_data_waits_is_a_warning(told: Tell) -> None:
    shut = ["50 C A 1 1 1000", "90 S A 1 1001 win=0", "300 C A 1000 1", "340 S A 1 1001 win=0"]
    finding = told([*OPEN, *shut, "900 S A 1 1001 win=4000", "900.1 C A 1001 1 1000"]).findings["zero-window"]

    assert (finding.severity, finding.facts["probes"]) == (Severity.WARNING, 1)
    assert finding.facts["closed_s"] == pytest.approx(0.81)


@pytest.mark.finding("zero-window")
def test_window_shut_while_nobody_wants_to_send_is_a_note(told: Tell) -> None:
    lines = [*OPEN, "50 C A 1 1 1000", "90 S A 1 1001 win=0", "900 S A 1 1001 win=4000", "2000 C A 1001 1 1000"]

    assert told(lines).findings["zero-window"].severity is Severity.NOTE


@pytest.mark.finding("zero-window", twin=True)
def test_zero_window_of_a_reset_is_no_zero_window(told: Tell) -> None:
    assert "zero-window" not in told([*OPEN, "50 C A 1 1 1000", "90 S RA 1 1001 win=0"]).findings


@pytest.mark.finding("capture-missed-packets")
def test_bytes_acknowledged_but_never_seen_were_missed_by_the_capture(told: Tell) -> None:
    lines = [*OPEN, FLIGHT[0], FLIGHT[2], "90 S A 1 3001", FLIGHT[3].replace("50.3", "95"), "135 S A 1 4001"]
    finding = told(lines).findings["capture-missed-packets"]

    assert (finding.facts["bytes"], finding.facts["first_seq"]) == (1000, 1001)
    assert finding.confidence is Confidence.CERTAIN


@pytest.mark.finding("capture-missed-packets")
def test_gap_of_the_recording_is_no_fault_of_the_connection_however_large(told: Tell) -> None:
    found = told([*OPEN, FLIGHT[0], FLIGHT[4], "90 S A 1 5001"]).findings

    assert found["capture-missed-packets"].facts["percent"] == 60.0
    assert max(finding.severity for finding in found.values()) is Severity.NOTE


@pytest.mark.finding("capture-missed-packets", twin=True)
def test_gap_that_is_never_acknowledged_accuses_nobody(told: Tell) -> None:
    assert "capture-missed-packets" not in told([*OPEN, FLIGHT[0], FLIGHT[2], "90 S A 1 1001"]).findings


@pytest.mark.finding("retransmission-timeout", "capture-missed-packets")
def test_loss_findings_weaken_where_the_capture_missed_packets(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT[:3], "310 C A 1 1 1000 id=200", "351 S A 1 3001", "360 C A 4001 1 500", "400 S A 1 4501"]
    found = told(lines).findings

    assert "capture-missed-packets" in found
    assert found["retransmission-timeout"].confidence is Confidence.POSSIBLE


@pytest.mark.finding("still-open", "capture-started-mid-stream")
def test_capture_without_the_beginning_says_so_and_nothing_more(told: Tell) -> None:
    found = told(["0 C PA 101 201 50", "40 S A 201 151", "41 S PA 201 151 10", "42 C A 151 211"]).findings

    assert found.keys() == {"capture-started-mid-stream", "still-open"}


@pytest.mark.finding("one-sided-capture")
def test_one_direction_with_moving_acks_is_a_one_sided_capture(told: Tell) -> None:
    found = told(["0 C PA 101 201 50", "40 C A 151 901", "80 C A 151 1901"]).findings

    assert found["one-sided-capture"].facts["shape"] == "ack-advances"


@pytest.mark.finding("one-sided-capture", twin=True)
def test_one_direction_of_syns_only_is_not_called_one_sided(told: Tell) -> None:
    assert "one-sided-capture" not in told(["0 C S 0 0 id=1", "1000 C S 0 0 id=2", "3000 C S 0 0 id=3"]).findings


@pytest.mark.finding("capture-duplicates")
@pytest.mark.finding("duplicated-by-network", twin=True)
def test_packet_seen_before_and_behind_a_router_is_the_captures_doing(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, f"{FLIGHT[4].replace('50.4', '51')} ttl=63", "90 S A 1 5001"]
    found = told(lines).findings

    assert found["capture-duplicates"].facts["shape"] == "two-places"
    assert "duplicated-by-network" not in found


@pytest.mark.finding("duplicated-by-network")
@pytest.mark.finding("capture-duplicates", twin=True)
def test_copy_with_the_same_distance_is_the_networks(told: Tell) -> None:
    found = told([*OPEN, *FLIGHT, FLIGHT[4].replace("50.4", "51"), "90 S A 1 5001"]).findings

    assert "duplicated-by-network" in found
    assert "capture-duplicates" not in found


@pytest.mark.finding("capture-duplicates")
def test_every_packet_twice_is_reported_once_and_is_no_loss(told: Tell) -> None:
    single = [*(f"{line} id={i + 1}" for i, line in enumerate(OPEN)), *FLIGHT[:4], "90 S A 1 4001 id=9"]
    found = told([line for line in single for _copy in (0, 1)]).findings

    assert "capture-duplicates" in found
    assert max(finding.severity for finding in found.values()) is Severity.NOTE
