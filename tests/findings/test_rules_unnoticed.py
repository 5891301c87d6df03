"""Troubles that one sign too many, another end or a single packet used to hide."""

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
TALK = [*OPEN, "50 C PA 1 1 100", "90 S A 1 101"]

# -- keep-alives that a reset answers ---------------------------------------------------------


@pytest.mark.finding("rst-dead-connection")
@pytest.mark.finding("keep-alive", twin=True)
def test_keep_alive_that_a_reset_answers_is_not_answered(told: Tell) -> None:
    found = told([*TALK, "60000 C A 100 1", "60040 S R 1 0 win=0"]).findings

    assert "keep-alive" not in found
    assert found["rst-dead-connection"].severity is Severity.WARNING


@pytest.mark.finding("keep-alive")
def test_those_before_it_that_were_answered_are_counted(told: Tell) -> None:
    idle = ["60000 C A 100 1", "60040 S A 1 101", "120000 C A 100 1", "120040 S R 1 0 win=0"]

    assert told([*TALK, *idle]).findings["keep-alive"].facts["count"] == 1


# -- a reset by an end that knows no such connection, seen from far away -----------------------


@pytest.mark.finding("rst-dead-connection")
def test_reset_answers_the_segment_that_broke_the_silence_though_more_have_left(told: Tell) -> None:
    burst = ["90000 C A 101 1 1000", "90000.1 C A 1101 1 1000", "90000.2 C PA 2101 1 40"]
    finding = told([*TALK, *burst, "90040 S R 1 0 win=0", "90040.1 S R 1 0 win=0"]).findings["rst-dead-connection"]

    assert (finding.facts["shape"], finding.confidence) == ("idle", Confidence.LIKELY)
    assert finding.facts["data_frame"] == 6


@pytest.mark.finding("rst-dead-connection")
def test_reset_amid_a_transfer_is_one_of_mid_flow_still(told: Tell) -> None:
    burst = ["150 C A 101 1 1000", "150.1 C A 1101 1 1000", "150.2 C PA 2101 1 40"]
    finding = told([*TALK, *burst, "190 S R 1 0 win=0"]).findings["rst-dead-connection"]

    assert finding.facts["shape"] == "mid-flow"


# -- a single SYN --------------------------------------------------------------------------------


@pytest.mark.finding("syn-timeout")
def test_single_syn_without_an_answer_is_a_note(told: Tell) -> None:
    finding = told(["0 C S 0 0 port=40001", "9000 C S 0 0"]).findings["syn-timeout"]

    assert (finding.facts["shape"], finding.severity) == ("single", Severity.NOTE)


@pytest.mark.finding("syn-timeout", twin=True)
def test_single_syn_at_the_captures_end_says_nothing(told: Tell) -> None:
    assert not told(["0 C S 0 0 port=40001", "900 C S 0 0"]).stream(0)


# -- lost acknowledgments ------------------------------------------------------------------------


def acknowledged(released: int) -> list[str]:
    """Bursts, seen at their sender.  Four ACKs are missing; of ``released`` of them the data show that they came."""
    lines, sent, number = [*OPEN], 1, 500
    for i in range(20):
        ms, missing = 50.0 + 60 * i, int(i < 4)
        lines += [f"{ms + part / 50} C A {sent + 1000 * part} 1 1000" for part in range(5)]
        lines += [f"{ms + 40} S A 1 {sent + 1000} id={number}"]
        more = int(i < released)
        lines += [f"{ms + 45} C A {sent + 5000} 1 1000"] if more else []
        sent += 5000 + 1000 * more
        lines += [f"{ms + 50} S A 1 {sent} id={number + 1 + missing}"]
        number += 2 + missing
    return lines


@pytest.mark.finding("ack-loss-harmless")
def test_data_that_are_paced_show_no_acks_that_came(told: Tell) -> None:
    """As by BBR: what leaves in a gap between ACKs leaves by the sender's clock."""
    paced = [_apart(line) for line in acknowledged(4)]

    assert told(paced).findings["ack-loss-harmless"].facts["gaps"] == 4


def _apart(line: str) -> str:
    """Segments of a burst 60 µs apart, not 20."""
    ms, *words = line.split(" ")
    begin, part = divmod(float(ms), 1.0)
    return " ".join([f"{begin + 3 * part:.3f}" if words[0] == "C" and part < 0.2 else ms, *words])


@pytest.mark.finding("ack-loss-harmless")
@pytest.mark.finding("capture-missed-packets", twin=True)
@pytest.mark.parametrize(("under_way", "gaps"), [(True, 4), (False, 0)])
def test_burst_that_a_slow_interface_spreads_over_acks_shows_no_acks_that_came(
    told: Tell, under_way: bool, gaps: int
) -> None:
    """What left in the gap had been released before it; unless the burst paused when the ACK before the gap came."""
    lines, sent, number = [*OPEN], 1, 500
    for i in range(20):
        ms, missing = 50.0 + 60 * i, int(i < 4)
        burst = [f"{ms + 0.028 * part:.3f} C A {sent + 1000 * part} 1 1000" for part in range(12)]
        if not under_way:
            burst[6:] = [f"{ms + 0.4 + 0.028 * part:.3f} C A {sent + 1000 * part} 1 1000" for part in range(6, 12)]
        ack = [f"{ms + 0.15:.3f} S A 1 {sent} id={number}"]  # the sixth has left, and it acknowledges nothing more
        number += 1 + missing
        lines += [*burst[:6], *ack, *burst[6:], f"{ms + 0.7:.3f} S A 1 {sent + 3000} id={number}"]
        sent += 12_000
        lines += [f"{ms + 40} S A 1 {sent} id={number + 1}"]
        number += 2
    found = told(lines).findings
    harmless = found.get("ack-loss-harmless")

    assert (0 if harmless is None else harmless.facts["gaps"]) == gaps
    assert under_way != ("capture-missed-packets" in found)


@pytest.mark.finding("ack-loss-harmless")
@pytest.mark.finding("ack-loss-harmless", twin=True)
@pytest.mark.parametrize(("released", "gaps"), [(0, 4), (1, 3), (2, 0)])
def test_one_ack_that_did_arrive_does_not_hide_those_that_were_lost(told: Tell, released: int, gaps: int) -> None:
    finding = told(acknowledged(released)).findings.get("ack-loss-harmless")

    assert (finding.facts["gaps"] if finding is not None else 0) == gaps
