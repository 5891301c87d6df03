"""Lost repeats, lost ACKs, damage, congestion marks, copies made beyond the capture: each with its near-twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence


class Told(Protocol):
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


OPEN = ["0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1"]
FLIGHT = [f"{50 + i / 10} C A {1 + 1000 * i} 1 1000 id={100 + i}" for i in range(6)]
DUPLICATES = [f"{90 + i / 10} S A 1 1 sack=1001:{2001 + 1000 * i}" for i in range(5)]
RESENT = "90.5 C A 1 1 1000 id=106"
MORE = [f"{90.6 + i / 10:.1f} C A {6001 + 1000 * i} 1 1000 id={107 + i}" for i in range(3)]
BEYOND = [f"{131 + i / 10:.1f} S A 1 1 sack=1001:{7001 + 1000 * i}" for i in range(3)]
AGAIN = "131.5 C A 1 1 1000 id=110"


# -- repeats that were lost ------------------------------------------------------------


@pytest.mark.finding("lost-retransmission")
def test_repeat_overtaken_by_data_sent_after_it_was_lost_too(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, *DUPLICATES, RESENT, *MORE, *BEYOND, AGAIN, "171 S A 1 9001"]
    finding = told(lines).findings["lost-retransmission"]

    assert (finding.facts["shape"], finding.confidence) == ("overtaken", Confidence.CERTAIN)
    assert finding.facts["waited_s"] == pytest.approx(0.041)


@pytest.mark.finding("lost-retransmission")
def test_repeat_overtaken_where_other_repeats_were_needless_may_have_been_late(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, *DUPLICATES, RESENT, *MORE, *BEYOND, AGAIN, "171 S A 1 9001"]
    needless = ["200 C A 9001 1 1000 id=111", "450 C A 9001 1 1000 id=112", "490 S A 1 10001 sack=9001:10001"]

    assert told([*lines, *needless]).findings["lost-retransmission"].confidence is Confidence.LIKELY


@pytest.mark.finding("lost-retransmission")
def test_repeat_on_which_the_timer_runs_out_was_lost_too(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, *DUPLICATES, RESENT, "400 C A 1 1 1000 id=107", "440 S A 1 6001"]
    finding = told(lines).findings["lost-retransmission"]

    assert (finding.facts["shape"], finding.severity) == ("timer", Severity.WARNING)


@pytest.mark.finding("lost-retransmission", twin=True)
def test_one_repeat_that_arrives_was_not_lost(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, *DUPLICATES, RESENT, *MORE, "131 S A 1 7001"]

    assert "lost-retransmission" not in told(lines).findings


@pytest.mark.finding("lost-retransmission", twin=True)
def test_repeats_in_complete_silence_may_have_been_ignored(told: Tell) -> None:
    tries = [f"{ms} C PA 1 1 100 id={ms}" for ms in (50, 300, 800, 1800)]

    assert "lost-retransmission" not in told([*OPEN, *tries, "1840 S A 1 101"]).findings


@pytest.mark.finding("lost-retransmission", twin=True)
def test_repeats_before_the_server_said_more_than_its_syn_ack_may_have_been_ignored(told: Tell) -> None:
    tries = [f"{ms} C PA 1 1 100 id={ms}" for ms in (50, 300, 800)]
    late = ["850 S PA 1 1 100", "850.1 C A 101 101", "1800 C PA 1 101 100 id=1800", "1840 S A 101 101"]

    assert "lost-retransmission" not in told([*OPEN, *tries, *late]).findings


@pytest.mark.finding("lost-retransmission", twin=True)
def test_repeat_that_a_d_sack_reports_was_not_lost(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, *DUPLICATES, RESENT, "400 C A 1 1 1000 id=107", "440 S A 1 6001 sack=1:1001"]

    assert "lost-retransmission" not in told(lines).findings


# -- ACKs that were lost -----------------------------------------------------------------


@pytest.mark.finding("ack-loss-harmless")
@pytest.mark.finding("capture-missed-packets", twin=True)
def test_gap_in_the_numbers_of_acks_that_the_next_makes_good_is_harmless(told: Tell) -> None:
    found = told(_burst(lost={9, 14})).findings

    assert found["ack-loss-harmless"].facts["count"] == 2
    assert found["ack-loss-harmless"].severity is Severity.NOTE
    assert "capture-missed-packets" not in found


@pytest.mark.finding("capture-missed-packets")
@pytest.mark.finding("ack-loss-harmless", twin=True)
def test_data_let_go_by_an_ack_that_is_not_here_shows_that_the_capture_missed_it(told: Tell) -> None:
    found = told(_burst(lost={9, 14}, reacts=True)).findings

    assert "ack-loss-harmless" not in found
    assert found["capture-missed-packets"].facts["shape"] == "acks"


@pytest.mark.finding("ack-loss-harmless")
@pytest.mark.finding("capture-missed-packets", twin=True)
def test_data_that_a_clock_lets_go_show_nothing_of_acks_that_are_not_here(told: Tell) -> None:
    """A queue before the capture, or pacing, spaces them: what leaves late between two ACKs leaves late anywhere."""
    found = told(_burst(lost={9, 14}, reacts=True, late_ms=3.1)).findings

    assert found["ack-loss-harmless"].facts["count"] == 2
    assert "capture-missed-packets" not in found


@pytest.mark.finding("ack-loss-harmless", "capture-missed-packets", twin=True)
def test_acks_without_a_gap_are_not_told(told: Tell) -> None:
    assert not {"ack-loss-harmless", "capture-missed-packets"} & told(_burst(lost=set())).findings.keys()


@pytest.mark.finding("ack-loss-harmless", "capture-missed-packets", twin=True)
def test_number_0_left_out_at_the_wrap_of_the_counter_is_no_lost_ack(told: Tell) -> None:
    lines = _burst(lost=set(), numbered_from=0xFFFF - 8)

    assert any(line.endswith(" id=1") for line in lines)
    assert not {"ack-loss-harmless", "capture-missed-packets"} & told(lines).findings.keys()


@pytest.mark.finding("capture-missed-packets", twin=True)
@pytest.mark.parametrize("is_captured", [True, False])
def test_an_echo_of_the_packet_that_the_numbering_leaves_out_shows_nothing_missing(
    told: Tell, *, is_captured: bool
) -> None:
    """Number 0 is left out, and the ACK before it was lost on its way: its stamp is not the missing one's."""
    lines = ["0 C S 0 0 ts=1,0", "40 S SA 0 1 ts=900,1", "40.1 C A 1 1 ts=2,900"]
    lines += [f"50 C A {1 + 1000 * i} 1 1000 id={100 + i} ts=10,900" for i in range(10)]
    for i in range(20):
        ms, number = 90 + 4 * i, (0xFFF5 + i) % 0x1_0000
        if number != 0xFFFF and (number or is_captured):
            lines.append(f"{ms} S A 1 {1001 + 1000 * i} id={number} ts={1000 + i},10")
        if number != 0xFFFF:
            lines.append(f"{ms + 0.1} C A {10001 + 1000 * i} 1 1000 id={110 + i} ts={50 + i},{1000 + i}")
    found = told(lines).findings

    assert ("capture-missed-packets" in found) != is_captured


def _burst(lost: set[int], *, reacts: bool = False, numbered_from: int = 500, late_ms: float = 0.1) -> list[str]:
    """Ten segments in flight; each ACK lets one go.  ``lost`` ACKs are not here; ``reacts``: the client got them."""
    lines = [*OPEN, *(f"50 C A {1 + 1000 * i} 1 1000 id={100 + i}" for i in range(10))]
    sent, waiting = 10, 0
    for i in range(20):
        ms = 90 + 4 * i
        if i in lost and not reacts:
            waiting += 1
            continue
        if i not in lost:
            lines.append(f"{ms} S A 1 {1001 + 1000 * i} id={(numbered_from + i - 1) % 0xFFFF + 1}")
        for _ in range(1 + waiting):
            lines.append(f"{ms + late_ms} C A {1 + 1000 * sent} 1 1000 id={100 + sent}")
            sent += 1
        waiting = 0
    return lines


# -- damage --------------------------------------------------------------------------------


def _sums(lines: Sequence[str], *, bad: int = -1) -> list[str]:
    return [f"{line} sum={'bad' if i == bad else 'good'}" for i, line in enumerate(lines)]


ARRIVES = ["0 C S 0 0 sackok=1", "0.1 S SA 0 1 sackok=1", "40 C A 1 1"]
REPAIR = ["50.2 S A 1 1 sack=1001:2001", "50.3 S A 1 1 sack=1001:3001", "50.4 S A 1 1 sack=1001:4001"]


def _arrival(copy: str = "90.5 C A 1 1 1000 id=200") -> list[str]:
    return [*ARRIVES, *FLIGHT[:4], *REPAIR, copy, "90.6 S A 1 4001"]


@pytest.mark.finding("checksum-error")
def test_segment_that_does_not_add_up_and_comes_again_was_damaged(told: Tell) -> None:
    found = told(_sums(_arrival(), bad=3)).findings

    assert (found["checksum-error"].confidence, found["checksum-error"].facts["bad_frame"]) == (Confidence.CERTAIN, 4)
    assert found["checksum-error"].facts["found_sum"] != found["checksum-error"].facts["right_sum"]


@pytest.mark.finding("checksum-error", twin=True)
def test_segment_that_adds_up_was_not(told: Tell) -> None:
    assert "checksum-error" not in told(_sums(_arrival())).findings


@pytest.mark.finding("checksum-error", twin=True)
def test_checksums_left_to_the_network_card_are_no_damage(told: Tell) -> None:
    assert "checksum-error" not in told(_arrival()).findings


@pytest.mark.finding("checksum-error", twin=True)
def test_segment_that_the_receiver_took_was_sound_where_it_mattered(told: Tell) -> None:
    lines = [*ARRIVES, *FLIGHT[:4], "50.4 S A 1 4001", "290.5 C A 1 1 1000 id=200", "290.6 S A 1 4001"]

    assert "checksum-error" not in told(_sums(lines, bad=3)).findings


# -- congestion ------------------------------------------------------------------------------

ECN_OPEN = ["0 C SEW 0 0", "40 S SAE 0 1", "40.1 C A 1 1"]


@pytest.mark.finding("ecn-congestion")
def test_echo_of_a_mark_is_congestion_where_ecn_was_agreed(told: Tell) -> None:
    lines = [*ECN_OPEN, "50 C PA 1 1 1000", "90 S AE 1 1001", "91 C PAW 1001 1 1000", "131 S A 1 2001"]
    finding = told(lines).findings["ecn-congestion"]

    assert (finding.facts["shape"], finding.confidence) == ("echoed", Confidence.CERTAIN)
    assert (finding.facts["echoes"], finding.facts["reductions"]) == (1, 1)


@pytest.mark.finding("ecn-congestion")
def test_mark_itself_is_told_with_its_packet(told: Tell) -> None:
    lines = [*ECN_OPEN, "50 C PA 1 1 1000 tos=3", "50.1 S AE 1 1001"]
    finding = told(lines).findings["ecn-congestion"]

    assert (finding.facts["shape"], finding.facts["mark_frame"]) == ("marked", 4)


@pytest.mark.finding("ecn-congestion", twin=True)
def test_flags_of_the_handshake_alone_are_an_offer(told: Tell) -> None:
    assert "ecn-congestion" not in told([*ECN_OPEN, "50 C PA 1 1 1000 tos=2", "90 S A 1 1001"]).findings


@pytest.mark.finding("ecn-congestion", twin=True)
def test_flags_without_an_agreement_mean_nothing(told: Tell) -> None:
    lines = ["0 C SEW 0 0", "40 S SA 0 1", "40.1 C A 1 1", "50 C PA 1 1 1000", "90 S AE 1 1001"]

    assert "ecn-congestion" not in told(lines).findings


# -- copies beyond the capture -----------------------------------------------------------------


@pytest.mark.finding("duplicated-by-network")
def test_one_copy_sent_and_two_reported_is_a_copy_made_on_the_way(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, "90 S A 1 6001", "90.4 S A 1 6001 sack=2001:3001"]
    finding = told(lines).findings["duplicated-by-network"]

    assert (finding.facts["shape"], finding.facts["original_frame"]) == ("beyond", 6)


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding("duplicated-by-network", twin=True)
def test_two_copies_sent_and_two_reported_are_a_needless_resend(told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, "300 C A 5001 1 1000 id=300", "340 S A 1 6001", "340.4 S A 1 6001 sack=5001:6001"]
    found = told(lines).findings

    assert "duplicated-by-network" not in found
    assert "spurious-retransmission" in found


@pytest.mark.finding("duplicated-by-network")
@pytest.mark.finding("duplicated-by-network", twin=True)
def test_answer_to_each_of_two_syns_is_no_copy(told: Tell) -> None:
    first, again = "0 C S 0 0 ts=1000,0", "999 C S 0 0 ts=1999,0"
    answers = ["1000 S SA 0 1 ts=500,1000", "1000.3 S SA 0 1 ts=500,1000", "1000.4 C A 1 1 ts=2000,500"]

    assert "duplicated-by-network" not in told([first, again, *answers]).findings
    assert "duplicated-by-network" in told([first, *answers]).findings
    assert "syn-ack-retransmission" not in told([first, first.replace("0 C", "0.2 C"), *answers]).findings


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding("spurious-retransmission", twin=True)
@pytest.mark.parametrize(("left", "needless"), [(5001, True), (5501, False)])
def test_report_of_part_of_a_resend_does_not_make_it_needless(left: int, needless: bool, told: Tell) -> None:
    lines = [*OPEN, *FLIGHT, "300 C A 5001 1 1000 id=300", f"340 S A 1 6001 sack={left}:6001"]

    assert ("spurious-retransmission" in told(lines).findings) is needless
