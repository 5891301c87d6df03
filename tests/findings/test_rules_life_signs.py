"""A peer that speaks, or answers other connections, is neither dead nor cut off; and near-twins."""

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


OPEN = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "50 C PA 1 1 100 id=1", "90 S PA 1 101 200", "90.1 C A 101 201"]
#: A request that nobody acknowledges, sent again by the timer.
TRIES = [f"{ms} C PA 101 201 {{size}} id={ms % 60_000}" for ms in (500, 800, 1400, 2600, 5000)]
GONE = {"path-lost", "peer-dead", "one-sided"}


def tries(size: int = 100) -> list[str]:
    return [line.format(size=size) for line in TRIES]


def together(*lines: str | list[str]) -> list[str]:
    """All lines in the order of their times."""
    flat = [line for part in lines for line in ([part] if isinstance(part, str) else part)]
    return sorted(flat, key=lambda line: float(line.split()[0]))


def sibling(*spoken_ms: float, port: int = 50_000) -> list[str]:
    """A connection of before, in which the server speaks at those times."""
    lines = ["10 C S 0 0", "50 S SA 0 1", "50.1 C A 1 1"]
    for n, ms in enumerate(spoken_ms):
        lines += [f"{ms} S PA {1 + 10 * n} 1 10", f"{ms + 0.1} C A 1 {11 + 10 * n}"]
    return [f"{line} port={port}" for line in lines]


LATER = "30000 C S 0 0 port=51000"


@pytest.mark.finding("retransmission-timeout")
@pytest.mark.finding("path-lost", twin=True)
@pytest.mark.parametrize("late", ["3000 S FA 201 101", "3000 S PA 201 101 20", "3000 S A 200 101"])
def test_peer_that_speaks_amid_the_tries_is_not_gone(told: Tell, late: str) -> None:
    found = told(together(OPEN, tries(), late, LATER)).findings
    finding = found["retransmission-timeout"]

    assert (finding.facts["shape"], finding.facts["heard_frame"], finding.severity) == ("heard", 11, Severity.ERROR)
    assert not GONE & set(finding.alternatives)
    assert "path-lost" not in found


@pytest.mark.finding("retransmission-timeout")
@pytest.mark.finding("path-lost", twin=True)
@pytest.mark.parametrize(("number", "shape"), [(102, "in-part"), (200, "in-part"), (101, "heard")])
def test_peer_that_acknowledges_the_beginning_of_what_is_repeated_does_get_it(
    told: Tell, number: int, shape: str
) -> None:
    found = told(together(OPEN, tries(), f"5040 S A 201 {number}", LATER)).findings
    finding = found["retransmission-timeout"]

    assert finding.facts["shape"] == shape
    assert ("one-way-lost" in finding.alternatives) == (shape == "heard")
    assert finding.facts.get("taken_bytes", 0) == number - 101
    assert "path-lost" not in found


@pytest.mark.finding("retransmission-timeout", twin=True)
def test_smaller_piece_that_arrives_does_not_show_that_the_large_ones_did(told: Tell) -> None:
    lines = together(OPEN, tries(1400), "9800 C PA 101 201 400 id=9800", "9840 S A 201 501", LATER)

    assert told(lines).findings["retransmission-timeout"].facts["shape"] != "in-part"


@pytest.mark.finding("path-lost", twin=True)
def test_path_did_not_end_with_a_packet_that_ignores_what_the_timer_sent_before(told: Tell) -> None:
    more = [f"{ms} C PA 101 201 100 id={ms % 60_000}" for ms in (9800, 19400)]

    assert (
        "path-lost"
        not in told(together(OPEN, tries(), "1500 S FA 201 101", "1500.1 C A 201 202", more, LATER)).findings
    )


@pytest.mark.finding("path-lost", "retransmission-timeout")
def test_peer_last_heard_before_the_first_try_may_be_gone(told: Tell) -> None:
    found = told(together(OPEN, tries(), "505 S PA 201 101 20", LATER)).findings

    assert "path-lost" in found
    assert found["retransmission-timeout"].facts["shape"] == "unanswered"
    assert set(found["retransmission-timeout"].alternatives) >= GONE


@pytest.mark.finding("retransmission-timeout")
def test_reset_that_answers_the_tries_ends_them_not_the_capture(told: Tell) -> None:
    finding = told(together(OPEN, tries(), "5040 S R 201 0 win=0", LATER)).findings["retransmission-timeout"]

    assert (finding.facts["shape"], finding.severity) == ("reset", Severity.WARNING)
    assert not GONE & set(finding.alternatives)


@pytest.mark.finding("retransmission-timeout")
def test_reset_after_its_own_fin_is_that_of_a_program_that_had_closed(told: Tell) -> None:
    closed = ["200 S FA 201 101", "200.1 C A 101 202"]
    late = [line.replace(" 201 100", " 202 100") for line in tries()]
    finding = told(together(OPEN, closed, late, "5040 S R 202 0 win=0", LATER)).findings["retransmission-timeout"]

    assert (finding.facts["shape"], finding.facts["fin_frame"]) == ("closed", 7)
    assert "crashed" not in finding.alternatives
    assert finding.severity is not Severity.ERROR


@pytest.mark.finding("retransmission-timeout")
def test_fin_that_is_ignored_by_a_peer_that_speaks_is_not_told_as_a_peer_gone(told: Tell) -> None:
    fins = [f"{ms} C FA 101 201 id={ms % 60_000}" for ms in (500, 800, 1400, 2600, 5000)]
    heard = told(together(OPEN, fins, "3000 S PA 201 101 20", LATER)).findings["retransmission-timeout"]
    silent = told(together(OPEN, fins, LATER)).findings["retransmission-timeout"]

    assert (heard.facts["shape"], heard.severity) == ("fin-heard", Severity.NOTE)
    assert (silent.facts["shape"], silent.severity) == ("fin", Severity.NOTE)


@pytest.mark.finding("path-lost", "retransmission-timeout")
def test_server_that_answers_a_connection_beside_it_is_not_gone(told: Tell) -> None:
    found = told(together(OPEN, tries(), sibling(200, 900, 1500, 3000, 6000), LATER)).findings
    finding = found["path-lost"]

    assert (finding.facts["shape"], finding.facts["beside_stream"]) == ("alone", 1)
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.POSSIBLE)
    assert found["retransmission-timeout"].facts["shape"] == "alone"
    assert not GONE & {*finding.alternatives, *found["retransmission-timeout"].alternatives}


@pytest.mark.finding("path-lost")
@pytest.mark.parametrize("spoken", [(200, 450), (200, 5100, 6000), (200, 1000)])
def test_server_that_is_heard_beside_it_before_or_after_the_outage_may_have_been_cut_off(
    told: Tell, spoken: tuple[float, ...]
) -> None:
    finding = told(together(OPEN, tries(), sibling(*spoken), LATER)).findings["path-lost"]

    assert (finding.facts["shape"], finding.confidence) == ("", Confidence.LIKELY)
    assert "peer-dead" in finding.alternatives


@pytest.mark.finding("path-lost")
def test_client_address_that_is_heard_beside_it_may_hide_another_machine(told: Tell) -> None:
    here = ["0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1", "50 C PA 1 1 100", "50.1 S A 1 101"]
    lost = [f"{ms} S PA 1 101 100 id={ms % 60_000}" for ms in (500, 800, 1400, 2600, 5000)]
    finding = told(together(here, lost, sibling(200, 900, 1500, 3000, 6000), LATER)).findings["path-lost"]

    assert finding.facts["shape"] == ""
    assert "peer-dead" in finding.alternatives


@pytest.mark.finding("syn-timeout")
@pytest.mark.parametrize(("ms", "possible"), [(2500, False), (9000, True)], ids=["heard meanwhile", "heard later"])
def test_host_that_answers_another_connection_meanwhile_is_not_down(told: Tell, ms: int, *, possible: bool) -> None:
    attempts = ["0 C S 0 0", "1000 C S 0 0", "3000 C S 0 0"]
    beside = [f"{ms} C S 0 0 port=50000", f"{ms + 40} S SA 0 1 port=50000", f"{ms + 40.1} C A 1 1 port=50000"]
    lines = sorted([*attempts, *beside, "12000 C S 0 0 port=50001"], key=lambda line: float(line.split()[0]))

    assert ("host-down" in told(lines).findings["syn-timeout"].alternatives) is possible
