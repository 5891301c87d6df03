"""Recovery from loss: how often a timer expired, what its resends cost, and whether the bytes arrived at last."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Protocol, cast

import pytest
from traces import write_trace

from tcptui.analysis.resend.resend import Resend
from tcptui.findings.annotate import needs_attention
from tcptui.findings.rules.retransmission import behind_needless
from tcptui.lessons.loader import cases_folder
from tcptui.model.finding import Confidence, Finding, Severity
from tcptui.model.resend_cause import ResendCause
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import explain_finding
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tcptui.findings.facts import ConnectionFacts


class Told(Protocol):
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


#: Captured at the client, 40 ms to the server and back.
OPEN = ["0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1"]
RTT_MS = 40
SEGMENTS = 30


def _flight(segments: int = SEGMENTS, base: int = 0) -> list[str]:
    return [f"{50 + i / 10} C A {base + 1 + 1000 * i} 1 1000 id={100 + i}" for i in range(segments)]


def _go_back_n(start_ms: float, first: int = 1, base: int = 0, rtt_ms: float = RTT_MS) -> list[str]:
    """The first missing segment from the timer; then each ACK lets two more follow, to the end of `_flight`."""
    lines, sent, last = [f"{start_ms} C A {base + first} 1 1000 id=300"], first + 1000, 1000 * SEGMENTS
    while sent < last:
        start_ms += rtt_ms
        lines.append(f"{start_ms} S A 1 {base + sent}")
        for turn in range(2):
            if sent < last:
                lines.append(f"{start_ms + 0.1 + turn / 100} C A {base + sent} 1 1000 id={300 + sent // 1000}")
                sent += 1000
    return [*lines, f"{start_ms + rtt_ms} S A 1 {base + sent}"]


@pytest.mark.finding("retransmission-timeout")
@pytest.mark.parametrize("base", [0, 2**32 - 1_000 - 9_000])
def test_what_acks_let_follow_a_time_out_is_no_further_time_out(told: Tell, base: int) -> None:
    opening = [f"0 C S {base} 0 sackok=1", f"40 S SA 0 {base + 1} sackok=1", f"40.1 C A {base + 1} 1"]
    facts = told([*opening, *_flight(base=base), *_go_back_n(350, base=base)]).findings["retransmission-timeout"].facts

    assert (facts["count"], facts["resent"]) == (1, SEGMENTS)
    assert facts["waited_s"] == facts["total_s"] == pytest.approx(0.3)


@pytest.mark.finding("retransmission-timeout")
def test_far_capture_point_counts_the_same_time_out(told: Tell) -> None:
    opening = ["0 C S 0 0 sackok=1", "0.1 S SA 0 1 sackok=1", "40 C A 1 1"]
    facts = told([*opening, *_flight(), *_go_back_n(350)]).findings["retransmission-timeout"].facts

    assert (facts["count"], facts["resent"]) == (1, SEGMENTS)


@pytest.mark.finding("retransmission-timeout")
def test_first_missing_segment_lost_again_makes_the_timer_expire_again(told: Tell) -> None:
    clocked = ["350 C A 1 1 1000 id=299", "390 S A 1 1001", "390.1 C A 1001 1 1000 id=301", "390.2 C A 2001 1 1000"]
    facts = told([*OPEN, *_flight(), *clocked, *_go_back_n(990, 1001)]).findings["retransmission-timeout"].facts

    assert (facts["count"], facts["total_s"]) == (2, pytest.approx(0.9, abs=0.001))


@pytest.mark.finding("retransmission-timeout")
def test_doubled_wait_is_the_timer_although_the_peer_had_just_spoken(told: Tell) -> None:
    again = ["350 C A 1 1 1000 id=200", "950 C A 1 1 1000 id=201", "2149.9 S PA 1 1 10", "2150 C A 1 11 1000 id=202"]
    facts = told([*OPEN, *_flight(1), *again, "2190 S A 11 1001"]).findings["retransmission-timeout"].facts

    assert (facts["count"], facts["total_s"]) == (3, pytest.approx(2.1, abs=0.01))


@pytest.mark.finding("retransmission-timeout")
def test_resend_asked_for_by_sack_after_a_time_out_is_no_second_one(told: Tell) -> None:
    opening = ["0 C S 0 0 sackok=1", "300 S SA 0 1 sackok=1", "300.1 C A 1 1"]
    flight = [f"{310 + i / 10} C A {1 + 1000 * i} 1 1000 id={100 + i}" for i in range(4)]
    clocked = ["1200 C A 1 1 1000", "1500 S A 1 1001", "1500.1 C A 1001 1 1000", "1500.2 C A 2001 1 1000"]
    asked = ["1800.2 S A 1 1001 sack=2001:3001", "1800.3 C A 1001 1 1000", "2100.3 S A 1 4001"]
    facts = told([*opening, *flight, *clocked, *asked]).findings["retransmission-timeout"].facts

    assert facts["count"] == 1


@pytest.mark.finding("retransmission-timeout")
def test_waits_of_both_ends_at_once_count_once(told: Tell) -> None:
    first = ["50 C PA 1 1 100", "60 S PA 1 1 100", "310 C PA 1 1 100", "320 S PA 1 1 100"]
    again = ["830 C PA 1 1 100", "840 S PA 1 1 100", "870 S A 101 101", "880 C A 101 101"]
    facts = told([*OPEN, *first, *again]).findings["retransmission-timeout"].facts

    assert (facts["count"], facts["total_s"]) == (4, pytest.approx(0.79))


@pytest.mark.parametrize(
    ("capture", "expiries"),
    [
        ("61-retransmission-timeout/client.pcapng.gz", 1),
        ("69-path-mtu-blackhole/server.pcapng.gz", 3),
        ("83-window-shrunk/server.pcapng.gz", 1),
    ],
)
@pytest.mark.finding("retransmission-timeout")
def test_recorded_time_outs_are_counted_as_their_senders_had_them(capture: str, expiries: int) -> None:
    session = open_file(cases_folder() / capture)
    time_out = next(f for f in session.findings(0) if f.id.value == "retransmission-timeout")

    assert time_out.facts["count"] == expiries


FIVE = _flight(5)
REPORTS = [f"{90 + i / 10} S A 1 1 sack=1001:{2001 + 1000 * i}" for i in range(4)]
FAST = [*OPEN, *FIVE, *REPORTS, "90.5 C A 1 1 1000 id=200"]
#: New data leaves after the resend and is reported while the hole stays; the hole is filled once more.
OVERTAKEN = [*FAST, "91 C A 5001 1 1000 id=201", "131 S A 1 1 sack=1001:6001", "131.1 C A 1 1 1000 id=202"]


def _text(finding: Finding) -> str:
    words = Words(Language.EN)
    explained = explain_finding(finding, None, words)
    return " ".join([explained.meaning, *(line for section in explained.sections for line in section.lines)])


@pytest.mark.finding("fast-retransmission")
def test_resend_that_nothing_acknowledges_is_not_called_repaired(told: Tell) -> None:
    finding = told([*FAST, "5000 S FA 1 1 sack=1001:5001", "5000.1 C A 5001 2"]).findings["fast-retransmission"]

    assert (finding.facts["repair"], finding.severity) == ("never", Severity.WARNING)
    assert "it was not repaired" in _text(finding)
    assert "TCP repaired it" not in _text(finding)


@pytest.mark.parametrize(
    ("end", "repair", "severity"),
    [
        (["130 S A 1 5001"], "once", Severity.NOTE),
        ([], "cut", Severity.NOTE),
        (["120 S RA 1 1", "5000 C A 5001 1"], "reset", Severity.NOTE),
        (["400 C A 1 1 1000 id=202", "440 S A 1 5001"], "again", Severity.WARNING),
    ],
)
@pytest.mark.finding("fast-retransmission")
def test_repair_is_told_by_the_ack_that_came(told: Tell, end: list[str], repair: str, severity: Severity) -> None:
    finding = told([*FAST, *end]).findings["fast-retransmission"]

    assert (finding.facts["repair"], finding.severity) == (repair, severity)


@pytest.mark.finding("retransmission-timeout")
def test_gap_reported_before_a_time_out_is_not_called_unreported(told: Tell) -> None:
    finding = told([*FAST, "400 C A 1 1 1000 id=202", "440 S A 1 5001"]).findings["retransmission-timeout"]

    assert (finding.facts["shape"], finding.facts["asked_frame"]) == ("asked", 12)
    assert "No ACK told" not in _text(finding)


@pytest.mark.parametrize(
    ("end", "shape"),
    [
        (["5000 S FA 1 1 sack=1001:5001", "5000.1 C A 6001 2"], "heard"),
        (["5000 S RA 1 1"], "reset"),
        (["5000 C RA 5001 1"], "gave-up"),
        (["2201 S A 1 1 sack=1001:5001"], "heard"),  # it left before the last try could arrive, but after the first
        ([], "open-end"),
    ],
)
@pytest.mark.finding("retransmission-timeout")
def test_what_follows_an_unanswered_resend_is_said(told: Tell, end: list[str], shape: str) -> None:
    tries = ["400 C A 1 1 1000 id=202", "1000 C A 1 1 1000 id=203", "2200 C A 1 1 1000 id=204"]
    finding = told([*FAST, *tries, *end]).findings["retransmission-timeout"]

    assert finding.facts["shape"] == shape
    assert "capture ends before" not in _text(finding)
    assert ("peer-dead" in finding.alternatives) == (shape in {"gave-up", "open-end"})


@pytest.mark.finding("lost-retransmission")
def test_hole_that_stays_although_it_was_sent_again_twice_is_a_warning(told: Tell) -> None:
    lines = [*OVERTAKEN, "5000 S FA 1 1 sack=1001:6001", "5000.1 C A 6001 2"]
    finding = told(lines).findings["lost-retransmission"]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "never-filled",
        Severity.WARNING,
        Confidence.CERTAIN,
    )
    assert "packet 0" not in _text(finding)


@pytest.mark.finding("lost-retransmission", twin=True)
def test_reset_right_after_the_second_repeat_leaves_open_whether_it_arrived(told: Tell) -> None:
    assert "lost-retransmission" not in told([*OVERTAKEN, "171 S R 1 0", "5000 C A 6001 1"]).findings


@pytest.mark.finding("lost-retransmission")
def test_hole_that_the_second_repeat_fills_remains_a_note(told: Tell) -> None:
    finding = told([*OVERTAKEN, "171 S A 1 6001"]).findings["lost-retransmission"]

    assert (finding.facts["shape"], finding.severity) == ("overtaken", Severity.NOTE)


@pytest.mark.finding("lost-retransmission", twin=True)
def test_hole_reported_before_the_repeat_could_arrive_says_nothing_of_it(told: Tell) -> None:
    late = ["90.6 S A 1 1 sack=1001:5001", "131.1 C A 1 1 1000 id=202", "5000 S FA 1 1 sack=1001:5001"]

    assert "lost-retransmission" not in told([*FAST, *late]).findings


def _received(missing: int, segments: int = 29, step_ms: float = 20, sack: bool = True, base: int = 0) -> list[str]:
    """Captured at the client: the server's segments but one, each acknowledged."""
    far = ["0 C S 0 0 sackok=1", f"40 S SA {base} 1 sackok=1", f"40.1 C A 1 {base + 1}", f"40.2 C PA 1 {base + 1} 100"]
    lines = []
    for i in range(segments):
        upto, at = base + 1001 + 1000 * i, 90 + step_ms * i
        if i < missing:
            lines += [f"{at} S A {upto - 1000} 101 1000 id={10 + i}", f"{at + 0.05} C A 101 {upto}"]
        elif i > missing:
            hole = base + 1 + 1000 * missing
            blocks = f" sack={hole + 1000}:{upto}" if sack else ""
            lines += [f"{at} S A {upto - 1000} 101 1000 id={10 + i}", f"{at + 0.05} C A 101 {hole}{blocks}"]
    return [*far, *lines]


CLOSED = ["5000 C FA 101 1001 sack=2001:29001", "5040 S A 29001 102"]


@pytest.mark.finding("lost-retransmission")
def test_gap_that_its_receiver_reports_until_the_end_is_no_healthy_connection(told: Tell) -> None:
    finding = told([*_received(1), *CLOSED]).findings["lost-retransmission"]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "gap",
        Severity.WARNING,
        Confidence.LIKELY,
    )
    assert (finding.facts["reports"], finding.facts["bytes"], finding.facts["first_seq"]) == (27, 1000, 1001)


@pytest.mark.finding("lost-retransmission")
def test_gap_is_reported_by_duplicate_acks_and_across_the_wrap_of_numbers_too(told: Tell) -> None:
    base = 2**32 - 9_000 - 5_000
    lines = [*_received(3, sack=False, base=base), f"5000 C FA 101 {base + 3001}", f"5040 S A {base + 29001} 102"]
    finding = told(lines).findings["lost-retransmission"]

    assert (finding.facts["shape"], finding.facts["bytes"]) == ("gap", 1000)


@pytest.mark.finding("lost-retransmission")
def test_sender_that_is_not_heard_again_may_be_gone(told: Tell) -> None:
    finding = told([*_received(1), "60000 C RA 101 1001"]).findings["lost-retransmission"]

    assert finding.confidence is Confidence.POSSIBLE
    assert "sender-gone" in finding.alternatives


@pytest.mark.parametrize(
    "lines",
    [
        _received(1),  # the capture ends before a sender must have sent again
        [*_received(1), "700 C RA 101 1001", "60000 C R 101 0"],  # nobody wanted the bytes any longer
        [*_received(1, segments=4), *CLOSED],  # two reports ask for nothing
        [
            *_received(1),
            "640 S A 1001 101 1000 id=60",
            "660 C A 101 29001",
            "5000 C FA 101 29001",
            "5040 S A 29001 102",
        ],
        [*_received(1)[4:], "660 C A 101 29001", "5000 C A 101 29001"],  # the capture missed them, not the client
    ],
    ids=["cut", "aborted", "two", "filled", "missed"],
)
@pytest.mark.finding("lost-retransmission", twin=True)
def test_gap_that_is_filled_or_given_up_is_none_that_stays(told: Tell, lines: list[str]) -> None:
    assert "lost-retransmission" not in told(lines).findings


@pytest.mark.finding("lost-retransmission", twin=True)
def test_sender_s_own_capture_shows_what_it_sends(told: Tell) -> None:
    """The server's interface: a gap there is the recorder's, for what it did not record may have left."""
    here = ["0 C S 0 0 sackok=1", "0.1 S SA 0 1 sackok=1", "40 C A 1 1", "40.2 C PA 1 1 100"]

    assert "lost-retransmission" not in told([*here, *_received(1)[4:], *CLOSED]).findings


def test_gap_that_is_reported_is_found_before_anybody_opens_the_connection(tmp_path: Path) -> None:
    session = open_file(write_trace(tmp_path / "gap.pcap", [*_received(1), *CLOSED, "5041 S FA 29001 102"]))

    assert needs_attention(session.streams).tolist() == [True]


@pytest.mark.parametrize(("gap_ms", "severity"), [(400, Severity.WARNING), (100, Severity.NOTE)])
@pytest.mark.finding("fast-retransmission")
def test_recovery_lasts_at_the_receiver_as_long_as_the_gap_was_open(
    told: Tell, gap_ms: int, severity: Severity
) -> None:
    filled = [f"{90.5 + gap_ms} S A 1001 101 1000 id=60", f"{90.6 + gap_ms} C A 101 20001"]
    closed = [f"{131 + gap_ms} S FA 20001 101", f"{131.1 + gap_ms} C FA 101 20002", f"{172 + gap_ms} S A 20002 102"]
    lines = [*_received(1, segments=20, step_ms=gap_ms / 20), *filled, *closed]
    finding = told(lines).findings["fast-retransmission"]

    assert finding.severity is severity
    assert finding.facts["recovery_s"] == pytest.approx(0.9 * gap_ms / 1000, abs=0.001)


STAMPED = ["0 C S 0 0 sackok=1 ts=1,0", "40 S SA 0 1 sackok=1 ts=500,1", "40.1 C A 1 1 ts=41,500"]
STAMPED_FLIGHT = [f"{50 + i / 10} C A {1 + 1000 * i} 1 1000 ts=51,500" for i in range(5)]
STAMPED_REPORTS = [f"{90 + i / 10} S A 1 1 sack=1001:{2001 + 1000 * i} ts={540 + i},41" for i in range(4)]


@pytest.mark.finding("fast-retransmission")
@pytest.mark.finding("retransmission-unexplained", twin=True)
def test_frozen_echo_at_the_senders_own_interface_does_not_hide_the_sacks_before_it(told: Tell) -> None:
    lines = [*STAMPED, *STAMPED_FLIGHT, *STAMPED_REPORTS, "90.5 C A 1 1 1000 ts=91,500", "130 S A 1 5001 ts=580,91"]
    found = told(lines).findings

    assert found["fast-retransmission"].facts["trigger_frame"] == 12
    assert "retransmission-unexplained" not in found


@pytest.mark.finding("retransmission-unexplained")
@pytest.mark.finding("fast-retransmission", twin=True)
def test_frozen_echo_elsewhere_says_that_the_reports_had_not_reached_the_sender(told: Tell) -> None:
    middle = ["0 C S 0 0 sackok=1 ts=1,0", "20 S SA 0 1 sackok=1 ts=500,1", "40 C A 1 1 ts=41,500"]
    lines = [*middle, *STAMPED_FLIGHT, *STAMPED_REPORTS, "90.5 C A 1 1 1000 ts=91,500", "130 S A 1 5001 ts=580,91"]
    found = told(lines).findings

    assert "retransmission-unexplained" in found
    assert "fast-retransmission" not in found


@pytest.mark.finding("retransmission-timeout")
@pytest.mark.finding("fast-retransmission", twin=True)
def test_gap_filled_much_later_than_the_reports_take_there_and_back_waited_for_the_timer(told: Tell) -> None:
    near = ["0 C S 0 0", "0.1 S SA 0 1", "20 C A 1 1"]
    flight = [line for i in range(1, 6) for line in (f"{50 + i} C A {1 + 1000 * i} 1 1000", f"{50.1 + i} S A 1 1")]
    late = told([*near, *flight, "263 C A 1 1 1000", "263.1 S A 1 6001"]).findings
    prompt = told([*near, *flight, "76 C A 1 1 1000", "76.1 S A 1 6001"]).findings

    assert late["retransmission-timeout"].confidence is Confidence.POSSIBLE
    assert "fast-retransmission" not in late
    assert "fast-retransmission" in prompt


# -- what it cost ---------------------------------------------------------------------------

TAIL = [*OPEN, "50 C PA 1 1 100 id=5", "90 S PA 1 101 20 id=9", "90.1 C A 101 21 id=6"]


@pytest.mark.finding("tail-loss")
@pytest.mark.parametrize(("until", "severity"), [(600, Severity.WARNING), (3000, Severity.NOTE)])
def test_recovery_is_a_warning_where_it_took_more_than_a_fifth_of_the_connection(
    told: Tell, until: int, severity: Severity
) -> None:
    lost = ["100 C PA 101 21 100 id=7", "420 C PA 101 21 100 id=8", "460 S A 21 201 id=10"]
    ends = [f"{until} S PA 21 201 20 id=11", f"{until + 0.1} C A 201 41 id=9"]

    assert told([*TAIL, *lost, *ends]).findings["tail-loss"].severity is severity


@pytest.mark.finding("tail-loss")
@pytest.mark.parametrize(
    ("begun", "confidence"), [(OPEN, Confidence.POSSIBLE), ([*OPEN, "50 S PA 1 1 20 id=9"], Confidence.LIKELY)]
)
def test_first_data_may_have_been_ignored_by_a_server_that_has_said_nothing(
    told: Tell, begun: list[str], confidence: Confidence
) -> None:
    number = 1 if begun is OPEN else 21
    tries = [f"{ms} C PA 1 {number} 100 id={ms % 1000}" for ms in (100, 420)]
    finding = told([*begun, *tries, f"460 S A {number} 101 id=10"]).findings["tail-loss"]

    assert finding.confidence is confidence
    assert ("accept-queue-full" in finding.alternatives) is (begun is OPEN)


@pytest.mark.finding("tail-loss", twin=True)
def test_recovery_of_a_fin_alone_costs_nobody_anything(told: Tell) -> None:
    found = told([*TAIL, "100 C FA 101 21 id=7", "420 C FA 101 21 id=8", "460 S FA 21 102 id=10"]).findings

    assert max(finding.severity for finding in found.values()) is Severity.NOTE


@pytest.mark.finding("tail-loss")
def test_tail_without_a_packet_of_the_peer_is_a_possible_note(told: Tell) -> None:
    finding = told(["0 C PA 1 1 648 id=1", "206 C PA 1 1 648 id=2"]).findings["tail-loss"]

    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.POSSIBLE)


@pytest.mark.finding("rst-dead-connection", "tail-loss")
def test_reset_that_answers_the_last_try_is_told_once(told: Tell) -> None:
    tries = [f"{ms} C PA 101 21 100 id={ms % 1000 + 20}" for ms in (100, 1400, 3900)]
    found = told([*TAIL, *tries, "3940 S R 21 0 win=0"]).findings
    above_note = [name for name, finding in found.items() if finding.severity > Severity.NOTE]

    assert "rst-dead-connection" in found
    assert above_note
    assert "rst-dead-connection" not in above_note


# -- copies, and what nobody asked for ------------------------------------------------------


@pytest.mark.finding("retransmission-unexplained")
@pytest.mark.parametrize(("report", "shape"), [("sack=819:835", "reported"), ("", "")])
def test_report_of_bytes_beyond_is_told_where_it_does_not_explain_the_resend(
    told: Tell, report: str, shape: str
) -> None:
    flight = ["50 C PA 1 1 32 id=5", "50.1 C PA 33 1 786 id=6", "50.2 C PA 819 1 16 id=7"]
    lines = [*OPEN, *flight, f"90 S A 1 33 {report}", "90.1 C PA 1 1 818 id=8", "130 S A 1 835"]
    finding = told(lines).findings["retransmission-unexplained"]

    assert finding.facts["shape"] == shape
    assert finding.facts["report_frame"] == (7 if report else 0)


@pytest.mark.finding("out-of-order", twin=True)
def test_kept_packet_that_is_sent_again_was_not_overtaken(told: Tell) -> None:
    lines = [*OPEN, "50 C PA 1 1 100 id=5", "90 S A 1 101", "100 S PA 1 101 50", "100.1 C A 101 51 id=6"]
    found = told([*lines, "3000 C PA 1 1 100 id=7", "3040 S A 51 101"]).findings

    assert "out-of-order" not in found


@pytest.mark.finding("out-of-order", twin=True)
def test_first_copy_behind_its_resend_brings_nothing_new(told: Tell) -> None:
    lines = [*OPEN, "50 C PA 1 1 100 id=7", "90 S A 1 101", "100 S PA 1 101 50", "100.1 C A 101 51 id=8"]

    assert "out-of-order" not in told([*lines, "101 C PA 1 1 100 id=3", "141 S A 51 101"]).findings


def far_sender(pause_ms: float, *, rounds: int = 7, id_step: int = 1) -> list[str]:
    """Recorded at the client, begun amid a download over 400 ms: a hole is reported, and filled ``pause_ms`` later."""
    lines, number, at, packet = [], 1, 0.0, 100
    for _ in range(rounds):
        for place in (0, 1):
            packet += id_step
            lines.append(f"{at + place / 10} S A {number + 1_000 * place} 1 1000 id={packet}")
        number += 2_000
        lines.append(f"{at + 0.2} C A 1 {number}")
        at += 400
    for place in (1, 2):
        right = number + 1_000 * (place + 1)
        lines.append(f"{at + place / 10} S A {number + 1_000 * place} 1 1000 id={packet + 1 + place * id_step}")
        lines.append(f"{at + place / 10 + 0.05} C A 1 {number} sack={number + 1_000}:{right}")
    lines.append(f"{at + 0.25 + pause_ms} S A {number} 1 1000 id={packet + 10}")
    lines.append(f"{at + 0.3 + pause_ms} C A 1 {number + 3_000}")
    return lines


@pytest.mark.finding("fast-retransmission")
@pytest.mark.finding("retransmission-timeout", twin=True)
@pytest.mark.parametrize("pause_ms", [400, 480, 560])
@pytest.mark.parametrize("id_step", [1, 7])  # 7: the server counts its packets for all of its connections
def test_hole_filled_a_round_trip_after_its_report_waited_for_no_timer(
    told: Tell, pause_ms: float, id_step: int
) -> None:
    found = told(far_sender(pause_ms, id_step=id_step)).findings

    assert "fast-retransmission" in found
    assert "retransmission-timeout" not in found


@pytest.mark.finding("retransmission-timeout")
@pytest.mark.finding("fast-retransmission", twin=True)
def test_hole_filled_long_after_a_round_trip_waited_for_the_timer(told: Tell) -> None:
    found = told(far_sender(1_300)).findings

    assert found["retransmission-timeout"].facts["waited_s"] == pytest.approx(1.3, abs=0.01)
    assert "fast-retransmission" not in found


def hidden_burst(*, silent_ms: float, lost: int, id_step: int = 1) -> list[str]:
    """Recorded at the client: a silence of the server, one segment, an ACK, one far ahead; the hole is asked for."""
    lines, number, at, packet = [], 1, 0.0, 100
    for _ in range(12):
        packet += id_step
        lines += [f"{at} S A {number} 1 1000 id={packet}", f"{at + 0.05} C A 1 {number + 1_000}"]
        number += 1_000
        at += 30
    at += silent_ms
    packet += id_step * (1 + lost)
    lines += [f"{at} S A {number} 1 1000 id={packet}", f"{at + 0.05} C A 1 {number + 1_000}"]
    hole, right = number + 1_000, number + 5_000
    lines += [
        f"{at + 30} S A {right} 1 1000 id={packet + id_step}",
        f"{at + 30.05} C A 1 {hole} sack={right}:{right + 1_000}",
    ]
    for place in range(4):
        at += 30
        start = hole + 1_000 * place
        lines.append(f"{at + 30.1} S A {start} 1 1000 id={packet + id_step * (2 + place)}")
        over = right + 1_000 if place == 3 else start + 1_000
        lines.append(f"{at + 30.2} C A 1 {over}" + ("" if place == 3 else f" sack={right}:{right + 1_000}"))
    return lines


@pytest.mark.finding("retransmission-timeout")
@pytest.mark.finding("fast-retransmission", twin=True)
def test_what_acks_let_go_after_a_silence_in_which_packets_got_lost_waited_for_its_timer(told: Tell) -> None:
    found = told(hidden_burst(silent_ms=1_700, lost=6)).findings

    timeout = found["retransmission-timeout"]
    assert (timeout.facts["shape"], timeout.facts["count"], timeout.facts["resent"]) == ("silent", 1, 4)
    assert timeout.facts["waited_s"] == pytest.approx(1.73, abs=0.01)
    assert "fast-retransmission" not in found


@pytest.mark.finding("fast-retransmission")
@pytest.mark.finding("retransmission-timeout", twin=True)
@pytest.mark.parametrize(
    ("silent_ms", "lost", "id_step"),
    [(1_700, 0, 1), (100, 6, 1), (1_700, 6, 7)],
    ids=["nothing sent in it", "no longer than a round trip", "counter of all connections"],
)
def test_hole_that_was_asked_for_after_a_programs_silence_waited_for_no_timer(
    told: Tell, silent_ms: float, lost: int, id_step: int
) -> None:
    found = told(hidden_burst(silent_ms=silent_ms, lost=lost, id_step=id_step)).findings

    assert "fast-retransmission" in found
    assert "retransmission-timeout" not in found


@pytest.mark.finding("retransmission-timeout")
def test_way_to_the_sender_is_not_guessed_from_few_answers(told: Tell) -> None:
    assert "retransmission-timeout" in told(far_sender(480, rounds=3)).findings


#: Recorded at the client; the server counts its packets for all of its connections, so copies may have been missed.
HIDDEN = [
    "0 C S 0 0 sackok=", "40 S SA 0 1 sackok=", "40.1 C A 1 1", "50 C PA 1 1 100", "90 S PA 1 101 200 id=100",
    "90.1 C A 101 201", "5000 S PFA 201 101 31 id=150",
]  # fmt: skip


@pytest.mark.finding("retransmission-timeout")
@pytest.mark.finding("tail-loss", twin=True)
def test_waits_that_double_are_the_timer_although_copies_may_have_been_missed(told: Tell) -> None:
    tries = [f"{ms} S PFA 201 101 31 id={150 + n}" for n, ms in enumerate((5_310, 5_920, 7_130, 9_550))]
    found = told([*HIDDEN, *tries]).findings

    assert found["retransmission-timeout"].facts["tries"] >= 3
    assert "tail-loss" not in found


@pytest.mark.finding("tail-loss")
@pytest.mark.finding("retransmission-timeout", twin=True)
def test_lone_tail_of_which_copies_may_have_been_missed_is_probe_or_timer(told: Tell) -> None:
    found = told([*HIDDEN, "5310 S PFA 201 101 31 id=151", "5600 S PFA 201 101 31 id=152"]).findings

    assert found["tail-loss"].facts["shape"] == "probe-or-timeout"
    assert "retransmission-timeout" not in found


@pytest.mark.finding("retransmission-timeout", twin=True)
def test_fin_that_had_been_acknowledged_here_is_no_fin_without_an_answer(told: Tell) -> None:
    opened = ["0 C S 0 0 sackok=1 ts=1,0", "40 S SA 0 1 sackok=1 ts=500,1", "40.1 C A 1 1 ts=41,500"]
    talk = ["50 C PA 1 1 100 ts=51,500", "90 S PA 1 101 20 ts=550,51", "90.1 C A 101 21 ts=91,550"]
    closed = ["1000 S FA 21 101 ts=1460,91", "1044 C A 101 22 ts=1045,1460"]
    again = ["1211 S FA 21 101 ts=1671,91", "1211.1 C A 101 22 ts=1212,1460", "1640 S FA 21 101 ts=2100,91"]
    found = told([*opened, *talk, *closed, *again, "1640.1 C A 101 22 ts=1641,1460"]).findings

    assert "retransmission-timeout" not in found


@pytest.mark.finding("retransmission-timeout")
def test_host_that_receives_the_tries_is_not_gone(told: Tell) -> None:
    opened = ["0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1", "41 C PA 1 1 100 id=5", "41.1 S A 1 101 id=9"]
    tries = [f"{ms} C PA 101 1 100 id={ms % 1000 + 20}" for ms in (500, 800, 1400, 2600)]
    finding = told([*opened, *tries, "9000 C S 0 0 port=50000"]).findings["retransmission-timeout"]

    assert finding.severity is Severity.WARNING
    assert not {"peer-dead", "path-lost"} & set(finding.alternatives)


@pytest.mark.finding("tail-loss")
def test_silence_before_a_tail_is_counted_from_the_last_that_was_sent(told: Tell) -> None:
    lines = [*TAIL, "100 C PA 101 21 100 id=7", "700 C FA 201 21 id=8", "2400 C FPA 101 21 100 id=9"]
    finding = told([*lines, "2440 S A 21 202 id=10"]).findings["tail-loss"]

    assert finding.facts["waited_s"] == pytest.approx(1.7)


@pytest.mark.finding("tail-loss")
@pytest.mark.parametrize(("acked_ms", "confidence"), [(320, Confidence.POSSIBLE), (700, Confidence.LIKELY)])
def test_ack_that_may_be_that_of_the_first_copy_leaves_the_loss_open(
    told: Tell, acked_ms: int, confidence: Confidence
) -> None:
    lines = [*TAIL, "100 C PA 101 21 100 id=7", "310 C PA 101 21 100 id=8", f"{acked_ms} S A 21 201 id=10"]

    assert told(lines).findings["tail-loss"].confidence is confidence


@pytest.mark.finding("tail-loss")
def test_bare_fin_sent_again_may_have_arrived(told: Tell) -> None:
    lines = [*TAIL, "100 C FA 101 21 id=7", "420 C FA 101 21 id=8", "760 S FA 21 102 id=10"]

    assert told(lines).findings["tail-loss"].confidence is Confidence.POSSIBLE


#: The first segment is lost; what fills its gap arrives and its ACK does not; the timer's tries follow.
FILLED = [
    "0 C S 0 0 sackok=1 ts=1,0", "40 S SA 0 1 sackok=1 ts=500,1", "40.1 C A 1 1 ts=41,500",
    *(f"{50 + i / 10} C A {1 + 1000 * i} 1 1000 ts=51,500 id={100 + i}" for i in range(5)),
    *(f"{90 + i / 10} S A 1 1 sack=1001:{2001 + 1000 * i} ts=550,41" for i in range(4)),
    "90.5 C A 1 1 1000 ts=91,550 id=200",
]  # fmt: skip
REPEATED = ["500 C A 1 1 1000 ts=501,550 id=201", "1320 C A 1 1 1000 ts=1321,550 id=202"]


@pytest.mark.finding("spurious-retransmission", "fast-retransmission")
def test_resend_that_moved_the_acknowledgment_was_needed_though_a_report_echoes_it(told: Tell) -> None:
    found = told([*FILLED, *REPEATED, "1360 S A 1 5001 sack=1:1001 ts=1820,91"]).findings
    needless, fast = found["spurious-retransmission"].facts, found["fast-retransmission"].facts

    assert (needless["count"], needless["first_frame"]) == (2, 14)
    assert (fast["first_frame"], fast["recovery_s"]) == (13, pytest.approx(0, abs=0.001))  # the rest is the time-out's
    assert "acks-lost" in found["spurious-retransmission"].alternatives


@pytest.mark.finding("spurious-retransmission")
def test_report_of_the_bytes_acknowledged_last_is_about_the_copy_that_it_echoes(told: Tell) -> None:
    lines = [*FILLED[:3], "50 C PA 1 1 1000 ts=51,500 id=100", "300 C PA 1 1 1000 ts=301,500 id=101",
             "300.4 C PA 1 1 1000 ts=301,500 id=101", "340 S A 1 1001 sack=1:1001 ts=840,301"]  # fmt: skip

    assert told(lines).findings["spurious-retransmission"].facts["first_frame"] == 5


@pytest.mark.parametrize(("apart_ns", "waited_s"), [(200_000, 6.0), (400_000_000, 0.0)])
def test_what_follows_a_needless_try_at_once_waited_as_long_as_that(apart_ns: int, waited_s: float) -> None:
    """The ACKs were lost with the next segment: the timer's try is for nothing, and what was missing follows it."""
    tries = (_resend(0, 6_000_000_000), _resend(1, 0))
    connection = SimpleNamespace(resends=tries, side=[1, 1], time=[0, apart_ns])

    assert behind_needless(cast("ConnectionFacts", connection), tries[1]).waited_ns / 1e9 == waited_s


def _resend(index: int, waited_ns: int) -> Resend:
    return Resend(index=index, cause=ResendCause.RTO, previous=-1, trigger=-1, waited_ns=waited_ns, duplicate_acks=0)
