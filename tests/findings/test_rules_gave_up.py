"""Attempts that nobody answered: the client ends them by a reset, or the capture ends while it tries."""

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


def syns(*moments: int) -> list[str]:
    """The same SYN at these milliseconds."""
    return [f"{moment} C S 0 0 id={number + 1}" for number, moment in enumerate(moments)]


@pytest.mark.finding("syn-timeout")
@pytest.mark.finding("syn-retransmission", twin=True)
@pytest.mark.parametrize(
    ("sent", "end"),
    [([0], 2000), ([0, 1000], 2000), ([0, 1000, 3000], 7000), ([0, 1000, 3000, 7000, 15000], 30000)],
)
@pytest.mark.parametrize("reset", ["C R 1 0", "C RA 1 0", "C R 0 0", "C R 1 0 text=connect_timed_out"])
def test_client_that_ends_its_attempt_by_a_reset_gave_up(told: Tell, sent: list[int], end: int, reset: str) -> None:
    found = told([*syns(*sent), f"{end} {reset}"]).findings

    assert set(found) == {"syn-timeout"}
    finding = found["syn-timeout"]
    assert (finding.facts["shape"], finding.severity) == ("gave-up", Severity.ERROR)
    assert finding.confidence is Confidence.CERTAIN
    assert finding.facts["tried_s"] == pytest.approx(end / 1000)


@pytest.mark.finding("syn-timeout")
def test_reset_right_behind_a_repeated_syn_may_refuse_an_answer_that_was_not_seen(told: Tell) -> None:
    assert told([*syns(0, 1000), "1040 C R 1 0"]).findings["syn-timeout"].confidence is Confidence.LIKELY


@pytest.mark.finding("syn-timeout", twin=True)
@pytest.mark.parametrize("reset", ["40 C R 1 0", "2000 C R 7001 0", "2000 S R 0 0", "2000 S RA 0 1"])
def test_reset_of_another_end_or_number_or_at_once_is_no_giving_up(told: Tell, reset: str) -> None:
    assert "syn-timeout" not in told([*syns(0), reset]).findings


@pytest.mark.finding("syn-timeout")
@pytest.mark.finding("probe-connection", twin=True)
@pytest.mark.finding("syn-retransmission", twin=True)
def test_answer_after_the_client_gave_up_opens_nothing(told: Tell) -> None:
    lines = [*syns(0, 1000), "2000 C R 1 0", "2100 S SA 0 1", "2100.1 C R 1 0"]
    found = told(lines).findings

    assert set(found) == {"syn-timeout"}
    assert found["syn-timeout"].facts["shape"] == "too-late"
    assert found["syn-timeout"].facts["answer_s"] == pytest.approx(0.1)


@pytest.mark.finding("syn-retransmission")
@pytest.mark.finding("syn-timeout", twin=True)
def test_answer_before_the_reset_is_an_answer(told: Tell) -> None:
    found = told([*syns(0, 1000), "1900 S SA 0 1", "2000 C R 1 0"]).findings

    assert found["syn-retransmission"].facts["shape"] == "unconfirmed"
    assert "syn-timeout" not in found


@pytest.mark.finding("syn-timeout")
@pytest.mark.parametrize("sent", [range(0, 8000, 1000), (0, 1000, 3000, 7000), (0, 3000, 9000)])
def test_capture_that_ends_while_the_client_tries_for_seven_seconds_is_likely(told: Tell, sent: Sequence[int]) -> None:
    finding = told(syns(*sent)).findings["syn-timeout"]

    assert (finding.facts["shape"], finding.confidence) == ("capture-ends", Confidence.LIKELY)


@pytest.mark.finding("syn-retransmission")
@pytest.mark.finding("syn-timeout", twin=True)
@pytest.mark.parametrize("sent", [(0, 1000, 3000), (0, 6900), (0, 1000, 2000, 3000, 4000, 5000, 6000)])
def test_fewer_syns_or_less_time_may_be_answered_yet(told: Tell, sent: Sequence[int]) -> None:
    found = told(syns(*sent)).findings

    assert "syn-timeout" not in found
    assert found["syn-retransmission"].facts["shape"] == "unanswered"
