"""SYN-ACKs that differ in their initial number, and SYN-ACKs that answer another SYN than the one captured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pytest

from tcptui.findings.annotate import needs_attention
from tcptui.model.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


SYN = "0 C S 0 0 id=1"


def numbers(first: int, other: int) -> list[str]:
    """Two machines answer one SYN, each repeats its SYN-ACK; the client is served by the first."""
    third = first + 1
    return [
        SYN, f"40 S SA {first} 1", f"40.1 C A 1 {third}", f"41 S SA {other} 1", f"41.1 C A 1 {third}",
        f"1041 S SA {other} 1", f"1041.1 C A 1 {third}", f"3041 S SA {other} 1", f"3041.1 C A 1 {third}",
    ]  # fmt: skip


@pytest.mark.finding("syn-ack-retransmission")
@pytest.mark.finding("third-ack-lost", twin=True)
@pytest.mark.finding("accept-queue-full", twin=True)
@pytest.mark.parametrize(("first", "other"), [(0, 5000), (5000, 0), (0xFFFF_0000, 10), (0, 0x9000_0000)])
def test_two_machines_do_not_repeat_one_another(told: Tell, first: int, other: int) -> None:
    trace = told(numbers(first, other))
    finding = trace.findings["syn-ack-retransmission"]

    assert set(trace.findings) <= {"syn-ack-retransmission", "three-way-handshake", "still-open"}
    assert (finding.facts["shape"], finding.facts["numbers"], finding.severity) == ("other-number", 2, Severity.WARNING)
    assert "third-ack-lost" not in finding.alternatives
    assert trace.findings["three-way-handshake"].packets == (1, 2, 3)
    assert bool(np.all(needs_attention(trace.session.streams)))


@pytest.mark.finding("syn-ack-retransmission")
@pytest.mark.parametrize("gap", ["1040", "40.5", "61000"])
def test_same_number_is_a_repeat_still(told: Tell, gap: str) -> None:
    found = told([SYN, "40 S SA 0 1", f"{gap} S SA 0 1", "70000 C A 1 1"]).findings

    assert found.get("syn-ack-retransmission") is None or found["syn-ack-retransmission"].facts["shape"] == "no-ack"


@pytest.mark.finding("three-way-handshake")
@pytest.mark.parametrize("other", [500, -500])
def test_handshake_is_that_of_the_number_the_client_acknowledged(told: Tell, other: int) -> None:
    lines = [SYN, "40 S SA 0 1", "1000 C S 0 0 id=2", f"1040 S SA {other} 1", f"1040.1 C A 1 {other + 1}"]
    found = told([*lines, f"1050 C PA 1 {other + 1} 100", f"1090 S A {other + 1} 101"]).findings

    assert found["three-way-handshake"].packets == (3, 4, 5)
    assert found["three-way-handshake"].facts["rtt_s"] == pytest.approx(0.0401)
    assert found["syn-ack-retransmission"].alternatives[0] == "forgotten-attempt"


@pytest.mark.finding("syn-ack-retransmission")
def test_proxy_answers_each_of_two_syns_on_a_slow_path_with_another_number(told: Tell) -> None:
    lines = [SYN, "1000 C S 0 0 id=2", "1040 S SA 0 1 id=7", "1050 C A 1 1", "1735 S SA 900 1 id=8", "1737 C A 1 1"]
    found = told([*lines, "1780 S A 1 1"]).findings

    assert found["syn-ack-retransmission"].alternatives == ("forgotten-attempt", "several-servers")
    assert found["three-way-handshake"].packets == (2, 3, 4)


@pytest.mark.finding("rst-dead-connection", twin=True)
def test_client_that_turns_the_second_machine_away_has_not_lost_its_connection(told: Tell) -> None:
    lines = [SYN, "40 S SA 0 1", "40.1 C A 1 1", "41 S SA 5000 1", "41.1 C R 1 0"]
    found = told([*lines, "50 C PA 1 1 100", "90 S A 1 101"]).findings

    assert set(found) == {"three-way-handshake", "syn-ack-retransmission"}


@pytest.mark.finding("syn-ack-retransmission", twin=True)
@pytest.mark.parametrize("mark", ["id=77", "ts=500,10"])
def test_one_packet_on_both_sides_of_a_rewriting_firewall_is_no_second_answer(told: Tell, mark: str) -> None:
    lines = ["0 C S 0 0 id=1 ts=10,0", f"40 S SA 0 1 {mark}", f"40.05 S SA 5000 1 {mark}", "40.1 C A 1 5001 ts=50,500"]

    assert "syn-ack-retransmission" not in told([*lines, "90 S A 5001 1 ts=520,50"]).findings


@pytest.mark.finding("three-way-handshake", twin=True)
@pytest.mark.finding("syn-retransmission")
def test_syn_ack_of_another_syn_an_hour_later_is_neither_answer_nor_handshake(told: Tell) -> None:
    late = ["3420000 S SA 0 777", "3420040 C A 777 1"]
    repeated = told([SYN, "1000 C S 0 0 id=2", *late]).findings

    assert not {"three-way-handshake", "think-time"} & set(told([SYN, *late, "3420050 C PA 777 1 100"]).findings)
    assert repeated["syn-retransmission"].facts["shape"] == "unanswered"
    assert "three-way-handshake" not in repeated


@pytest.mark.finding("probe-connection", twin=True)
@pytest.mark.finding("rst-dead-connection", twin=True)
@pytest.mark.finding("capture-missed-packets", twin=True)
def test_client_that_resets_the_answer_to_another_syn_probes_nothing(told: Tell) -> None:
    refused = [SYN, "40 S SA 0 777", "40.1 C R 777 0"]

    assert told(refused).findings == {}
    again = told([*refused, "1000 C S 0 0 id=2", "1040 S SA 500 1", "1040.1 C A 1 501"]).findings
    assert again["three-way-handshake"].packets == (4, 5, 6)
    assert "probe-connection" not in again


@pytest.mark.finding("probe-connection")
def test_client_that_resets_the_answer_to_its_own_syn_is_a_half_open_probe(told: Tell) -> None:
    assert told([SYN, "40 S SA 0 1", "40.1 C R 1 0"]).findings["probe-connection"].facts["shape"] == "half-open"


@pytest.mark.finding("three-way-handshake")
@pytest.mark.parametrize("taken", [1, 51, 101])
def test_syn_ack_may_acknowledge_any_of_the_data_in_the_syn(told: Tell, taken: int) -> None:
    lines = ["0 C S 0 0 100", f"40 S SA 0 {taken}", f"40.1 C A {taken} 1", "90 S A 1 101"]

    assert told(lines).findings["three-way-handshake"].packets == (1, 2, 3)
