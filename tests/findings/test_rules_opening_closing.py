"""Opening, closing and resets: each rule with its packets, and a near-twin that must stay silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence


class Told(Protocol):
    findings: dict[str, Finding]

    def stream(self, stream: int) -> tuple[Finding, ...]: ...


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
TALK = [*OPEN, "50 C PA 1 1 100", "90 S A 1 101", "100 S PA 1 101 200", "100.1 C A 101 201"]


@pytest.mark.finding("three-way-handshake")
def test_handshake_is_certain_once_the_server_goes_on(told: Tell) -> None:
    finding = told(TALK).findings["three-way-handshake"]

    assert finding.packets == (1, 2, 3)
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.CERTAIN)
    assert finding.facts["server_s"] == pytest.approx(0.040)


@pytest.mark.finding("three-way-handshake")
@pytest.mark.parametrize(
    ("answer", "confidence"),
    [
        ("60 S A 1 1", Confidence.LIKELY),  # as from SYN-RECEIVED, to what it cannot accept
        ("60 S A 1 101", Confidence.CERTAIN),
        ("60 S PA 1 1 10", Confidence.CERTAIN),
        ("60 S FA 1 1", Confidence.CERTAIN),
    ],
)
def test_bare_acknowledgment_of_the_syn_does_not_prove_the_handshake(
    told: Tell, answer: str, confidence: Confidence
) -> None:
    finding = told([*OPEN, "50 C PA 1 1 100", answer]).findings["three-way-handshake"]

    assert finding.confidence is confidence
    assert finding.facts["proof_frame"] == (5 if confidence is Confidence.CERTAIN else 0)


@pytest.mark.finding("three-way-handshake")
def test_handshake_without_a_later_packet_of_the_server_is_only_likely(told: Tell) -> None:
    finding = told([*OPEN, "50 C PA 1 1 100"]).findings["three-way-handshake"]

    assert finding.confidence is Confidence.LIKELY
    assert "third-ack-lost" in finding.alternatives


@pytest.mark.finding("three-way-handshake", twin=True)
def test_ack_that_does_not_acknowledge_the_syn_ack_is_no_handshake(told: Tell) -> None:
    assert "three-way-handshake" not in told(["0 C S 0 0", "40 S SA 0 1", "41 C A 1 0"]).findings


@pytest.mark.finding("simultaneous-open")
def test_crossing_syns_are_a_simultaneous_open_and_nothing_worse(told: Tell) -> None:
    trace = told(["0 C S 0 0", "1 S S 0 0", "41 C SA 0 1", "42 S SA 0 1", "82 C A 1 1", "83 S A 1 1"])

    assert trace.findings["simultaneous-open"].packets == (1, 2, 3, 4)
    assert "three-way-handshake" not in trace.findings
    assert max(finding.severity for finding in trace.findings.values()) is Severity.NOTE


@pytest.mark.finding("simultaneous-open", twin=True)
def test_split_handshake_is_not_a_simultaneous_open(told: Tell) -> None:
    assert "simultaneous-open" not in told(["0 C S 0 0", "40 S A 0 1", "41 S S 0 0", "42 C SA 0 1"]).findings


@pytest.mark.finding("syn-retransmission")
@pytest.mark.finding("syn-timeout", twin=True)
def test_capture_that_ends_after_the_second_syn_proves_no_silence(told: Tell) -> None:
    found = told(["0 C S 0 0 id=1", "1000 C S 0 0 id=2"]).findings

    assert "syn-timeout" not in found
    assert found["syn-retransmission"].facts["shape"] == "unanswered"


@pytest.mark.finding("syn-timeout")
@pytest.mark.finding("syn-retransmission", twin=True)
def test_two_syns_and_silence_are_a_time_out_that_swallows_the_repeat(told: Tell) -> None:
    other = "9000 C S 500 0"  # another attempt on the same ports: a new stream, and the capture goes on
    found = told(["0 C S 0 0 id=1", "1000 C S 0 0 id=2", other]).findings

    assert found["syn-timeout"].severity is Severity.ERROR
    assert found["syn-timeout"].packets == (1, 2)
    assert "syn-retransmission" not in found


@pytest.mark.finding("syn-retransmission")
def test_syn_repeated_and_then_answered_is_a_late_opening(told: Tell) -> None:
    finding = told(["0 C S 0 0 id=1", "1000 C S 0 0 id=2", "1040 S SA 0 1", "1040.1 C A 1 1"]).findings[
        "syn-retransmission"
    ]

    assert finding.severity is Severity.WARNING
    assert finding.facts["delay_s"] == pytest.approx(1.000)  # the round trip of 40 ms would have passed anyway
    assert "syn-lost" in finding.alternatives


@pytest.mark.finding("syn-retransmission")
@pytest.mark.parametrize(
    ("end", "shape"),
    [
        ([], "unconfirmed"),
        (["12000 S SA 0 1", "20000 S RA 1 1"], "unconfirmed"),
        (["5000.1 C R 1 0"], "unconfirmed"),
        (["5000.1 C A 1 1"], "answered"),
        (["12000 S SA 0 1", "12000.1 C PA 1 1 10"], "answered"),
    ],
)
def test_answer_that_the_client_does_not_confirm_opens_nothing(told: Tell, end: list[str], shape: str) -> None:
    finding = told(["0 C S 0 0 id=1", "3000 C S 0 0 id=2", "5000 S SA 0 1", *end]).findings["syn-retransmission"]

    assert finding.facts["shape"] == shape


@pytest.mark.finding("syn-ack-retransmission")
@pytest.mark.parametrize(
    ("end", "excluded"),
    [
        (["3000 C S 0 0 id=2", "7000 C A 1 1"], {"client-gone", "third-ack-lost"}),  # it asked on: it had no SYN-ACK
        (["7000 C A 1 1"], {"client-gone"}),
        ([], set()),
    ],
)
def test_client_that_is_heard_again_was_not_gone(told: Tell, end: list[str], excluded: set[str]) -> None:
    finding = told(["0 C S 0 0 id=1", "0.1 S SA 0 1", "2300 S SA 0 1", *end]).findings["syn-ack-retransmission"]

    told_of = {other.removesuffix("-before") for other in finding.alternatives}  # seen at the server
    assert {"client-gone", "third-ack-lost"} - told_of == excluded


@pytest.mark.finding("syn-retransmission", twin=True)
def test_answer_on_its_way_when_the_syn_is_repeated_is_no_repeat_for_want_of_an_answer(told: Tell) -> None:
    lines = ["0 C S 0 0 id=1", "1000 S SA 0 1", "1000.1 C A 1 1", "1001 C S 0 0 id=2", "1040 S A 1 1"]

    assert "syn-retransmission" not in told(lines).findings


@pytest.mark.finding("connection-refused")
@pytest.mark.finding("rst-abortive-close", twin=True)
def test_reset_that_acknowledges_the_syn_is_a_refusal(told: Tell) -> None:
    trace = told(["0 C S 0 0", "40 S RA 0 1 win=0"])
    finding = trace.findings["connection-refused"]

    assert (finding.severity, finding.packets) == (Severity.ERROR, (1, 2))
    assert "rst-abortive-close" not in trace.findings


@pytest.mark.finding("connection-refused", twin=True)
def test_reset_after_the_syn_ack_is_no_refusal(told: Tell) -> None:
    assert "connection-refused" not in told([*OPEN, "50 S RA 1 1 win=0"]).findings


@pytest.mark.finding("syn-ack-retransmission")
def test_syn_ack_again_after_the_third_packet_names_both_causes(told: Tell) -> None:
    finding = told([*OPEN, "1040 S SA 0 1", "1040.1 C A 1 1"]).findings["syn-ack-retransmission"]

    assert finding.facts["shape"] == "ack-seen"
    assert {"third-ack-lost", "accept-queue-full"} <= set(finding.alternatives)


STAMPED = ["0 C S 0 0 ts=10,0", "40 S SA 0 1 ts=500,10", "40.1 C A 1 1 ts=50,500"]


@pytest.mark.finding("syn-ack-retransmission")
def test_syn_ack_that_echoes_the_third_packet_is_held_back_and_not_lost(told: Tell) -> None:
    lines = [*STAMPED, "1240 S SA 0 1 ts=1700,50", "1240.1 C A 1 1 ts=1250,1700"]
    finding = told(lines).findings["syn-ack-retransmission"]

    assert (finding.facts["shape"], finding.severity) == ("ack-arrived", Severity.NOTE)
    assert finding.facts["echo_frame"] == 4
    assert "third-ack-lost" not in finding.alternatives


@pytest.mark.finding("syn-ack-retransmission")
def test_syn_ack_held_back_while_data_waits_is_a_warning(told: Tell) -> None:
    lines = [*STAMPED, "50 C PA 1 1 100 ts=60,500", "1240 S SA 0 1 ts=1700,50", "1240.1 C A 101 1 ts=1250,1700"]
    finding = told(lines).findings["syn-ack-retransmission"]

    assert (finding.facts["shape"], finding.severity) == ("ack-arrived", Severity.WARNING)


@pytest.mark.finding("three-way-handshake", twin=True)
@pytest.mark.parametrize(("reset", "opened"), [("80 S R 1 0", False), ("80 S RA 1 1", True), ("80 S R 900 0", True)])
def test_third_packet_that_the_server_s_kernel_knows_nothing_of_opens_nothing(
    told: Tell, reset: str, *, opened: bool
) -> None:
    """The process that listened was killed meanwhile."""
    found = told(["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", reset]).findings

    assert ("three-way-handshake" in found) == opened


@pytest.mark.finding("syn-ack-retransmission")
def test_syn_ack_that_echoes_the_syn_says_nothing_of_the_third_packet(told: Tell) -> None:
    lines = [*STAMPED, "1240 S SA 0 1 ts=1700,10", "1240.1 C A 1 1 ts=1250,1700"]

    assert told(lines).findings["syn-ack-retransmission"].facts["shape"] == "ack-seen"


@pytest.mark.finding("syn-ack-retransmission")
def test_syn_ack_again_in_answer_to_a_syn_is_told_apart_from_its_timer(told: Tell) -> None:
    lines = ["0 C S 0 0 id=1", "40 S SA 0 1", "1000 C S 0 0 id=2", "1040 S SA 0 1", "1040.1 C A 1 1"]

    assert told(lines).findings["syn-ack-retransmission"].facts["shape"] == "answering"


@pytest.mark.finding("four-packet-close", "three-packet-close", "simultaneous-close")
@pytest.mark.finding("four-packet-close", "three-packet-close", "simultaneous-close", "still-open", twin=True)
@pytest.mark.parametrize(
    ("close", "expected"),
    [
        (["200 C FA 101 201", "240 S A 201 102", "300 S FA 201 102", "300.1 C A 102 202"], "four-packet-close"),
        (["200 C FA 101 201", "240 S FA 201 102", "240.1 C A 102 202"], "three-packet-close"),
        (["200 C FA 101 201", "201 S FA 201 101", "240 S A 202 102", "241 C A 102 202"], "simultaneous-close"),
        # The server's ACK of the FIN overtakes the FIN that it had sent before.
        (["200 C FA 101 201", "240 S A 202 102", "241 S FA 201 101", "242 C A 102 202"], "simultaneous-close"),
    ],
)
def test_close_is_named_by_who_acknowledged_what(told: Tell, close: list[str], expected: str) -> None:
    found = told([*TALK, *close]).findings
    closes = [name for name in found if name.endswith("-close")]

    assert closes == [expected]
    assert found[expected].confidence is Confidence.CERTAIN
    assert len(found[expected].packets) == (3 if expected == "three-packet-close" else 4)
    assert "still-open" not in found


def test_repeated_fin_is_not_a_second_fin(told: Tell) -> None:
    found = told([*TALK, "200 C FA 101 201 id=1", "600 C FA 101 201 id=2"]).findings

    assert not any(name.endswith("-close") for name in found)


@pytest.mark.finding("three-packet-close")
def test_close_without_its_last_ack_says_so(told: Tell) -> None:
    finding = told([*TALK, "200 C FA 101 201", "240 S FA 201 102"]).findings["three-packet-close"]

    assert finding.facts["shape"] == "no-last-ack"
    assert finding.confidence is Confidence.LIKELY


@pytest.mark.finding("still-open")
def test_connection_without_an_end_is_a_note(told: Tell) -> None:
    assert told(TALK).findings["still-open"].severity is Severity.NOTE


@pytest.mark.finding("still-open")
@pytest.mark.parametrize("answers", [["40 S SA 0 1"], ["40 S SA 0 1 id=1", "1040 S SA 0 1 id=2"]])
def test_connection_whose_handshake_nothing_completes_is_not_called_open(told: Tell, answers: list[str]) -> None:
    assert told(["0 C S 0 0", *answers]).findings["still-open"].facts["shape"] == "unopened"
    assert told(["0 C S 0 0", *answers, "1041 C A 1 1"]).findings["still-open"].facts["shape"] == "to-the-end"


@pytest.mark.finding("rst-abortive-close")
@pytest.mark.parametrize(("ttl", "sure"), [(58, True), (57, True), (60, False), (51, False), (249, True), (122, True)])
def test_abort_with_another_ttl_is_at_most_possible_and_perhaps_injected(ttl: int, sure: bool, told: Tell) -> None:
    opened = ["0 C S 0 0", "40 S SA 0 1 ttl=58", "40.1 C A 1 1", "50 C PA 1 1 100", "90 S A 1 101 ttl=58"]
    finding = told([*opened, f"300 S RA 1 101 ttl={ttl}"]).findings["rst-abortive-close"]

    assert finding.confidence is (Confidence.CERTAIN if sure else Confidence.POSSIBLE)
    assert (finding.alternatives[0] == "rst-injected") is not sure


@pytest.mark.finding("rst-abortive-close")
@pytest.mark.parametrize(("ack", "sure"), [(101, True), (201, False)])
def test_abort_whose_sender_acknowledges_newer_bytes_is_at_most_possible(ack: int, sure: bool, told: Tell) -> None:
    lines = [*TALK, "200 C PA 101 201 100", "240 S RA 201 101", f"240.5 S A 201 {ack}"]
    finding = told(lines).findings["rst-abortive-close"]

    assert finding.confidence is (Confidence.CERTAIN if sure else Confidence.POSSIBLE)


@pytest.mark.finding("rst-abortive-close")
def test_reset_with_everything_acknowledged_is_a_note(told: Tell) -> None:
    finding = told([*TALK, "200 C RA 101 201"]).findings["rst-abortive-close"]

    assert (finding.severity, finding.facts["shape"]) == (Severity.NOTE, "all-acknowledged")


@pytest.mark.finding("rst-abortive-close")
def test_reset_instead_of_an_answer_is_a_warning(told: Tell) -> None:
    finding = told([*TALK, "200 C PA 101 201 50", "240 S A 201 151", "900 S RA 201 151"]).findings["rst-abortive-close"]

    assert (finding.severity, finding.facts["shape"]) == (Severity.WARNING, "unanswered")


@pytest.mark.finding("rst-abortive-close")
def test_reset_over_unacknowledged_data_counts_the_bytes(told: Tell) -> None:
    finding = told([*TALK, "200 S PA 201 101 500", "201 C RA 101 201"]).findings["rst-abortive-close"]

    assert (finding.facts["shape"], finding.facts["unread_bytes"]) == ("peer-lost", 500)


@pytest.mark.finding("rst-abortive-close")
def test_reset_right_behind_a_few_bytes_is_a_farewell(told: Tell) -> None:
    finding = told([*TALK, "200 C PA 101 201 31", "200.1 C RA 132 201"]).findings["rst-abortive-close"]

    assert (finding.facts["shape"], finding.severity) == ("farewell", Severity.NOTE)
    assert finding.facts["unacked_bytes"] == 31


@pytest.mark.finding("rst-abortive-close")
@pytest.mark.parametrize("after", [[], ["5000.1 S R 201 0 win=0"]])
def test_reset_that_its_peer_has_not_heard_loses_what_is_sent_then(told: Tell, after: list[str]) -> None:
    finding = told([*TALK, "1500 S RA 201 101", "5000 C PA 101 201 60", *after]).findings["rst-abortive-close"]

    assert (finding.facts["shape"], finding.severity, finding.facts["lost_bytes"]) == ("unheard", Severity.WARNING, 60)
    assert finding.facts["after_s"] == pytest.approx(3.5)
    assert finding.alternatives == ("rst-lost", "rst-ignored")


@pytest.mark.finding("rst-abortive-close", twin=True)
@pytest.mark.parametrize(
    "after",
    [
        ["1530 C PA 101 201 60", "1530.1 S R 201 0 win=0"],  # crossed it
        ["5000 C A 101 201"],  # an old ACK, no bytes
        ["5000 C PA 1 201 100"],  # an old copy of what had arrived
    ],
)
def test_reset_that_was_heard_or_crossed_lost_nothing(told: Tell, after: list[str]) -> None:
    finding = told([*TALK, "1500 S RA 201 101", *after]).findings.get("rst-abortive-close")

    assert finding is None or finding.facts["shape"] != "unheard"


@pytest.mark.finding("rst-abortive-close")
def test_own_fin_is_no_byte_that_was_lost(told: Tell) -> None:
    lines = [*TALK, "200 S PA 201 101 500", "200.1 S FA 701 101", "201 S RA 702 101"]

    assert told(lines).findings["rst-abortive-close"].facts["unacked_bytes"] == 500


@pytest.mark.finding("rst-abortive-close")
def test_client_that_aborts_after_the_servers_fin_leaves_nobody_waiting(told: Tell) -> None:
    close = [
        "200 S FA 201 101",
        "200.1 C A 101 202",
        "201 C PA 101 202 300",
        "201.1 C FA 401 202",
        "201.2 C RA 402 202",
    ]
    finding = told([*TALK, *close]).findings["rst-abortive-close"]

    assert (finding.facts["shape"], finding.severity) == ("after-fin", Severity.NOTE)


@pytest.mark.finding("syn-ack-retransmission", "rst-abortive-close")
def test_server_that_gives_up_a_handshake_never_opened_anything(told: Tell) -> None:
    retries = ["3040 S SA 0 1 id=2", "9040 S SA 0 1 id=3", "21000 S RA 1 1"]
    found = told(["0 C S 0 0", "40 S SA 0 1 id=1", *retries]).findings

    assert found["rst-abortive-close"].facts["shape"] == "never-opened"
    assert found["rst-abortive-close"].severity is Severity.NOTE
    half_open = found["syn-ack-retransmission"]
    assert (half_open.facts["shape"], half_open.severity) == ("half-open", Severity.NOTE)


@pytest.mark.finding("syn-ack-retransmission")
@pytest.mark.parametrize(("before", "shape"), [(["0 C S 0 0 id=7"] * 3, "half-open"), ([], "no-ack")])
def test_nobody_is_said_to_have_waited_who_sent_one_packet_or_none(told: Tell, before: list[str], shape: str) -> None:
    """A SYN that the network copied, and one that came before the capture began."""
    answers = [
        "0.1 S SA 0 1 id=1",
        *(["0.2 S SA 0 1 id=2"] if before else []),
        "1040 S SA 0 1 id=3",
        "3040 S SA 0 1 id=4",
    ]
    finding = told([*before, *answers, "9000 C S 0 0 port=50000"]).findings["syn-ack-retransmission"]

    assert (finding.facts["shape"], finding.severity) == (shape, Severity.NOTE)


@pytest.mark.finding("rst-dead-connection")
@pytest.mark.finding("rst-dead-connection", twin=True)
@pytest.mark.parametrize(("size", "is_told"), [(0, False), (300, True)])
def test_close_that_waited_for_somebody_who_was_gone_is_no_stalled_transfer(
    told: Tell, size: int, is_told: bool
) -> None:
    data = ["200 S PA 201 101 300"] if size else []
    fins = [f"{200.1 + ms} S FA {201 + size} 101" for ms in (0, 300, 900, 2100, 4500)]
    found = told([*TALK, *data, *fins, "4700.2 C R 101 0 win=0"]).findings

    assert ("rst-dead-connection" in found) is is_told
    assert not is_told or found["rst-dead-connection"].facts["shape"] == "stalled"


@pytest.mark.finding("rst-abortive-close")
def test_idle_connection_that_the_server_ends_is_unused_and_harmless(told: Tell) -> None:
    finding = told([*OPEN, "60000 S RA 1 1"]).findings["rst-abortive-close"]

    assert (finding.facts["shape"], finding.severity) == ("unused", Severity.NOTE)


@pytest.mark.finding("rst-abortive-close", twin=True)
def test_reset_of_an_end_whose_packets_were_not_seen_is_not_judged(told: Tell) -> None:
    assert "rst-abortive-close" not in told(["0 C PA 101 201 50", "40 S RA 201 151"]).findings


@pytest.mark.finding("data-after-close")
def test_client_that_closes_right_behind_its_data_waited_for_no_answer(told: Tell) -> None:
    lines = [*TALK, "200 S FA 201 101", "201 C PA 101 201 300", "201.1 C FA 401 201", "241 S R 201 0 win=0"]
    finding = told(lines).findings["data-after-close"]

    assert (finding.facts["shape"], finding.severity) == ("parting", Severity.NOTE)


@pytest.mark.finding("data-after-close")
@pytest.mark.finding("rst-dead-connection", twin=True)
def test_reset_to_data_after_the_servers_fin_is_a_lost_request(told: Tell) -> None:
    lines = [*TALK, "200 S FA 201 101", "201 C PA 101 201 300", "241 S R 201 0 win=0"]
    trace = told(lines)

    assert trace.findings["data-after-close"].facts["lost_bytes"] == 300
    assert trace.findings["data-after-close"].severity is Severity.WARNING
    assert "rst-dead-connection" not in trace.findings


@pytest.mark.finding("data-after-close")
def test_reset_to_a_short_farewell_after_close_is_a_note(told: Tell) -> None:
    lines = [*TALK, "200 S FA 201 101", "201 C PA 101 201 31", "201.1 C FA 132 202", "241 S R 201 0 win=0"]

    assert told(lines).findings["data-after-close"].severity is Severity.NOTE


def test_reset_after_both_ends_closed_says_nothing(told: Tell) -> None:
    close = ["200 C FA 101 201", "240 S FA 201 102", "240.1 C A 102 202", "241 S R 202 0 win=0"]

    assert not [name for name in told([*TALK, *close]).findings if name.startswith(("rst-", "data-"))]


@pytest.mark.finding("rst-dead-connection")
def test_socketless_reset_after_long_silence_is_a_dead_connection(told: Tell) -> None:
    finding = told([*TALK, "90000 C PA 101 201 40", "90040 S R 201 0 win=0"]).findings["rst-dead-connection"]

    assert (finding.facts["shape"], finding.confidence) == ("idle", Confidence.LIKELY)
    assert finding.facts["idle_s"] == pytest.approx(89.9, abs=0.1)


@pytest.mark.finding("rst-dead-connection")
def test_socketless_reset_in_mid_flow_is_only_possible(told: Tell) -> None:
    finding = told([*TALK, "150 C PA 101 201 40", "190 S R 201 0 win=0"]).findings["rst-dead-connection"]

    assert (finding.facts["shape"], finding.confidence) == ("mid-flow", Confidence.POSSIBLE)


TALK_AT_SERVER = [
    "0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1", "50 C PA 1 1 100", "50.1 S PA 1 101 200", "90 C A 101 201",
]  # fmt: skip


@pytest.mark.finding("rst-dead-connection")
@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        ([*TALK, "150 C PA 101 201 40", "190 S R 201 0 win=0"], Severity.NOTE),
        ([*TALK, "150 C A 101 201 1400", "150.1 C PA 1501 201 40", "190 S R 201 0 win=0"], Severity.WARNING),
        ([*TALK_AT_SERVER, "150 S PA 201 101 1400", "190 C R 101 0 win=0"], Severity.NOTE),
    ],
)
def test_end_whose_fin_may_be_lost_turns_away_no_message_in_mid_flow(
    told: Tell, lines: list[str], severity: Severity
) -> None:
    """A farewell, and what a client does not wait for any more, harm nobody where that end had closed."""
    assert told(lines).findings["rst-dead-connection"].severity is severity


@pytest.mark.finding("rst-injected", twin=True)
@pytest.mark.finding("rst-abortive-close")
def test_answer_of_a_client_in_syn_sent_to_the_old_connection_ended_nothing(told: Tell) -> None:
    lines = [
        "0 C S 0 0", "80 S A 1 70000 100", "80.1 C R 70000 0 win=0", "90 C S 0 0", "130 S SA 900 1", "130.1 C A 1 901",
        "200 C PA 1 901 100", "240 S A 901 101", "300 S RA 901 101",
    ]  # fmt: skip
    found = told(lines).findings

    assert "rst-injected" not in found
    assert found["rst-abortive-close"].facts["rst_frame"] == 9


@pytest.mark.finding("rst-injected")
@pytest.mark.finding("rst-abortive-close", twin=True)
def test_end_that_goes_on_after_its_reset_did_not_send_it(told: Tell) -> None:
    lines = [*TALK, "150 S RA 201 101 ttl=50", "400 S PA 201 101 300", "400.1 C A 101 501"]
    found = told(lines).findings

    assert found["rst-injected"].facts["shape"] == "other-distance"
    assert "rst-abortive-close" not in found


FIRST_REFUSED = [*OPEN, "50 C PA 1 1 100", "90 S R 1 0 win=0", "400 C PA 1 1 100", "440 S PA 1 101 300"]


@pytest.mark.finding("rst-injected")
@pytest.mark.parametrize(
    ("lines", "confidence"),
    [
        (FIRST_REFUSED, Confidence.POSSIBLE),
        ([line.replace("win=0", "win=0 ttl=50") for line in FIRST_REFUSED], Confidence.LIKELY),
        ([line.replace("S R 1 0", "S RA 1 101") for line in FIRST_REFUSED], Confidence.LIKELY),
    ],
)
def test_reset_behind_the_syn_ack_alone_may_be_that_of_a_full_queue(
    told: Tell, lines: list[str], confidence: Confidence
) -> None:
    finding = told(lines).findings["rst-injected"]

    assert finding.confidence is confidence
    assert ("accept-queue-full" in finding.alternatives) is (confidence is Confidence.POSSIBLE)


@pytest.mark.finding("rst-abortive-close")
@pytest.mark.parametrize(
    ("reset", "confidence"),
    [
        ("300 S RA 201 101 win=0", Confidence.POSSIBLE),
        ("300 S RA 201 101 win=0 id=12", Confidence.LIKELY),  # the server's next packet number
        ("300 S RA 201 101 win=0 ts=760,100", Confidence.LIKELY),
        ("300 S RA 201 101", Confidence.LIKELY),
    ],
)
def test_reset_without_window_and_the_senders_timestamps_may_be_forged(
    told: Tell, reset: str, confidence: Confidence
) -> None:
    stamps = ["ts=1,0", "ts=500,1 id=9", "ts=41,500", "ts=51,500", "ts=550,51 id=10", "ts=560,51 id=11", "ts=100,560"]
    finding = told([*(f"{line} {stamp}" for line, stamp in zip(TALK, stamps, strict=True)), reset]).findings[
        "rst-abortive-close"
    ]

    assert finding.confidence is confidence
    assert ("rst-injected" in finding.alternatives) is (confidence is Confidence.POSSIBLE)


@pytest.mark.finding("three-way-handshake")
@pytest.mark.parametrize(
    ("later", "confidence"),
    [
        (["50 C PA 1 1 100"], Confidence.LIKELY),
        (["50 C PA 1 1 100", "350 C PA 1 1 100"], Confidence.POSSIBLE),
        (["1040 S SA 0 1", "1040.1 C A 1 1"], Confidence.POSSIBLE),
        (["50 C PA 1 1 100", "350 C PA 1 1 100", "390 S A 1 101"], Confidence.CERTAIN),
    ],
)
def test_handshake_is_doubted_where_the_server_ignores_what_follows(
    told: Tell, later: list[str], confidence: Confidence
) -> None:
    assert told([*OPEN, *later]).findings["three-way-handshake"].confidence is confidence


@pytest.mark.finding("probe-connection")
def test_handshake_and_reset_without_a_byte_is_a_probe(told: Tell) -> None:
    found = told([*OPEN, "41 C RA 1 1"]).findings

    assert found["probe-connection"].facts["shape"] == "reset"
    assert max(finding.severity for finding in found.values()) is Severity.NOTE


REFUSED_IN_VAIN = ["0 C S 0 0", "20 S RA 0 777 win=0 ttl=46", "40 S SA 0 1", "40.1 C A 1 1"]


@pytest.mark.finding("rst-abortive-close")
def test_reset_that_the_client_ignored_does_not_hide_the_one_that_ended_the_connection(told: Tell) -> None:
    talk = ["50 C PA 1 1 100", "90 S A 1 101", "300 S RA 1 101"]
    finding = told([*REFUSED_IN_VAIN, *talk]).findings["rst-abortive-close"]

    assert (finding.facts["rst_frame"], finding.facts["shape"], finding.facts["count"]) == (7, "unanswered", 1)


@pytest.mark.finding("rst-abortive-close", "rst-dead-connection", "probe-connection", twin=True)
@pytest.mark.parametrize("kind", ["RA 0 777", "R 0 0"])
def test_reset_that_the_client_ignored_ended_nothing(told: Tell, kind: str) -> None:
    refused = [line.replace("RA 0 777", kind) for line in REFUSED_IN_VAIN]
    talk = ["50 C PA 1 1 100", "90 S PA 1 101 50", "90.1 C FA 101 51", "130 S FA 51 102", "130.1 C A 102 52"]

    assert not [id_ for id_ in told([*refused, *talk]).findings if id_.startswith(("rst-", "probe"))]


@pytest.mark.finding("probe-connection", twin=True)
@pytest.mark.parametrize(
    "end",
    [
        ["41 C FA 501 1", "81 S FA 1 502", "81.1 C A 502 2"],  # 500 bytes before the FIN
        ["41 C FA 1 1", "81 S FA 301 2", "81.1 C A 2 302"],  # 300 bytes of the server
        ["41 C RA 501 1"],
        ["1040 S FA 1 1", "1041 C A 501 2"],  # told by the first number after the server's FIN
    ],
)
def test_numbers_that_count_bytes_which_are_not_here_are_no_probe(told: Tell, end: list[str]) -> None:
    assert "probe-connection" not in told([*OPEN, *end]).findings


@pytest.mark.finding("probe-connection")
@pytest.mark.parametrize("end", [["41 C FA 1 1", "81 S FA 1 2", "81.1 C A 2 2"], ["41 C FA 1 1", "81 S R 1 0"]])
def test_fins_alone_are_a_probe(told: Tell, end: list[str]) -> None:
    assert "probe-connection" in told([*OPEN, *end]).findings


@pytest.mark.finding("rst-dead-connection")
@pytest.mark.finding("probe-connection", twin=True)
def test_reset_without_a_socket_that_answers_a_keep_alive_is_no_probe(told: Tell) -> None:
    found = told([*OPEN, "2040 S A 0 1", "2080 C R 1 0 win=0"]).findings

    assert "probe-connection" not in found
    assert found["rst-dead-connection"].facts["shape"] == "idle"


@pytest.mark.finding("rst-abortive-close")
@pytest.mark.finding("probe-connection", twin=True)
def test_server_that_drops_a_fresh_connection_is_no_probe(told: Tell) -> None:
    found = told([*OPEN, "80 S RA 1 1"]).findings

    assert "probe-connection" not in found
    assert found["rst-abortive-close"].facts["shape"] == "nothing-exchanged"


@pytest.mark.finding("port-reused")
def test_new_number_on_old_ports_is_a_note(told: Tell) -> None:
    again = ["500 C S 7000 0", "540 S SA 8000 7001", "540.1 C A 7001 8001"]
    found = {finding.id.value: finding for finding in told([*TALK, *again]).stream(1)}

    assert found["port-reused"].severity is Severity.NOTE


@pytest.mark.finding("port-reused", "challenge-ack")
def test_plain_ack_to_a_reused_port_is_a_collision(told: Tell) -> None:
    found = {finding.id.value: finding for finding in told([*TALK, "500 C S 7000 0", "540 S A 201 101"]).stream(1)}

    assert (found["port-reused"].severity, found["port-reused"].facts["shape"]) == (Severity.NOTE, "collision")
    assert (found["challenge-ack"].severity, found["challenge-ack"].facts["shape"]) == (Severity.WARNING, "syn")


# -- the capture point, where the handshake has repeats --------------------------------------------

SLOW_ANSWER = ["0 C S 0 0 id=1", "1000 C S 0 0 id=2", "1900 S SA 0 1"]


@pytest.mark.parametrize(
    ("lines", "position"),
    [
        pytest.param(["1900.06 C A 1 1", "1910 C PA 1 1 100", "2810 S PA 1 101 20"], "client", id="at the client"),
        pytest.param(["1900.06 C A 1 1"], "client", id="without data"),
        pytest.param(
            ["1940 C A 1 1", "1950 C PA 1 1 100", "1950.1 S PA 1 101 20"], "unknown", id="slow, at the server"
        ),
        pytest.param(["1940 C A 1 1"], "unknown", id="5 % of a long wait is no nearness"),
        pytest.param(["1900.3 C A 1 1", "1910 C PA 1 1 100", "1910.3 S PA 1 101 20"], "unknown", id="one rack"),
    ],
)
def test_capture_point_when_the_answer_may_be_to_an_earlier_syn(told: Tell, lines: list[str], position: str) -> None:
    found = told([*SLOW_ANSWER, *lines]).findings

    assert found["three-way-handshake"].facts["position"] == position


@pytest.mark.finding("syn-ack-retransmission")
@pytest.mark.parametrize(
    ("lines", "possible"),
    [
        (["0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1", "1000 S SA 0 1", "1040 C A 1 1"], False),
        (["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "1040 S SA 0 1", "1040.1 C A 1 1"], True),
        (["0 C S 0 0", "0.1 S SA 0 1", "1000 S SA 0 1", "1040 C A 1 1", "1040.2 C PA 1 1 9", "1040.3 S A 1 10"], True),
    ],
)
def test_third_packet_that_arrived_at_the_server_was_not_lost(told: Tell, lines: list[str], *, possible: bool) -> None:
    offered = told(lines).findings["syn-ack-retransmission"].alternatives

    assert any(key.startswith("third-ack-lost") for key in offered) is possible


@pytest.mark.finding("syn-ack-retransmission")
def test_third_packet_that_never_came_to_the_server_was_lost_before_it(told: Tell) -> None:
    late = ["0 C S 0 0", "0.1 S SA 0 1", "1000 S SA 0 1", "1040 C A 1 1", "1040.2 C PA 1 1 9", "1040.3 S A 1 10"]
    at_client = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "1040 S SA 0 1", "1040.1 C A 1 1"]

    assert "third-ack-lost-before" in told(late).findings["syn-ack-retransmission"].alternatives
    assert "third-ack-lost-before" not in told(at_client).findings["syn-ack-retransmission"].alternatives


@pytest.mark.finding("syn-ack-retransmission")
def test_syn_ack_that_arrived_at_the_client_was_not_lost(told: Tell) -> None:
    lines = [
        "0 C S 0 0 id=1",
        "1000 C S 0 0 id=2",
        "1200 S SA 0 1",
        "1200.1 C A 1 1",
        "2200 S SA 0 1",
        "2200.1 C A 1 1",
    ]

    assert "syn-ack-lost" not in told(lines).findings["syn-ack-retransmission"].alternatives


#: At the server: the third packet answers one of two SYN-ACKs, and nobody sees which.
WHICH = ["0 C S 0 0", "0.1 S SA 0 1", "1000 S SA 0 1", "1045 C A 1 1"]


@pytest.mark.finding("three-way-handshake")
@pytest.mark.parametrize(
    ("later_ms", "shape", "trip_s"),
    [(None, "unmeasured", 0), (40, "remeasured", 0.0401), (1_300, "unmeasured", 0)],
)
def test_round_trip_of_a_repeated_syn_ack_is_what_later_acknowledgments_measure(
    told: Tell, later_ms: int | None, shape: str, trip_s: float
) -> None:
    data = [] if later_ms is None else ["1046 C PA 1 1 100", "1046.1 S PA 1 101 50", f"{1046.1 + later_ms} C A 101 51"]
    facts = told([*WHICH, *data]).findings["three-way-handshake"].facts

    assert (facts["shape"], facts["trip_s"]) == (shape, pytest.approx(trip_s, abs=1e-6))


@pytest.mark.finding("three-way-handshake")
@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["0.1 S SA 0 1", "45 C A 1 1", "1000 S SA 0 1", "1045 C A 1 1"], id="confirmed before"),
        pytest.param(["0.1 S SA 0 1", "20 S SA 0 1", "45 C A 1 1"], id="a copy"),
    ],
)
def test_round_trip_of_an_unrepeated_handshake_is_its_own(told: Tell, lines: list[str]) -> None:
    facts = told(["0 C S 0 0", *lines]).findings["three-way-handshake"].facts

    assert (facts["shape"], facts["rtt_s"]) == ("at-server", pytest.approx(0.045))


@pytest.mark.finding("rst-dead-connection")
@pytest.mark.parametrize(
    ("lines", "alternatives"),
    [
        (["90000 S PA 201 101 40", "90000.1 C R 101 0 win=0"], ("restarted",)),
        (["150 S PA 201 101 40", "150.1 C R 101 0 win=0"], ("restarted", "queue-overflow")),
    ],
)
def test_reset_that_left_here_was_written_by_this_end(
    told: Tell, lines: list[str], alternatives: tuple[str, ...]
) -> None:
    assert told([*TALK, *lines]).findings["rst-dead-connection"].alternatives == alternatives


@pytest.mark.finding("probe-connection", twin=True)
def test_answer_to_a_repeated_syn_that_draws_a_reset_came_when_the_program_had_given_up(told: Tell) -> None:
    scan = ["0 C S 0 0", "40 S SA 0 1", "40.1 C R 1 0 win=0"]
    late = ["0 C S 0 0", "1000 C S 0 0", "3000 S SA 0 1", "3000.1 C R 1 0 win=0"]

    assert told(scan).findings["probe-connection"].facts["shape"] == "half-open"
    assert "probe-connection" not in told(late).findings
    assert "syn-retransmission" in told(late).findings
