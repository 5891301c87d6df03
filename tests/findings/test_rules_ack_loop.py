"""Two ends that answer each other's ACKs for ever; and ACKs in turn that are as they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.model.finding import Confidence, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from traced import Told

    Tell = Callable[[Sequence[str]], Told]

OPEN = ["0 C S 0 0", "0.4 S SA 0 1", "0.5 C A 1 1", "0.6 C PA 1 1 48", "1 S PA 1 49 48", "1.1 C A 49 49"]


def in_turn(count: int, client: str, server: str, every_ms: float = 0.2) -> list[str]:
    """``count`` ACKs, one end's and the other's in turn, with these numbers."""
    return [f"{2 + every_ms * at:.3f} {('C A ' + client, 'S A ' + server)[at % 2]}" for at in range(count)]


@pytest.mark.finding("challenge-ack")
@pytest.mark.parametrize(("count", "every_ms"), [(600, 0.2), (800, 0.2), (30, 150)])
@pytest.mark.parametrize(("client", "server"), [("5049 49", "49 49"), ("49 49", "3049 49"), ("49 49", "49 9049")])
def test_acks_that_answer_each_other_with_numbers_that_do_not_fit_are_a_loop(
    told: Tell, count: int, every_ms: float, client: str, server: str
) -> None:
    finding = told([*OPEN, *in_turn(count, client, server, every_ms)]).findings["challenge-ack"]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "loop", Severity.WARNING, Confidence.CERTAIN,
    )  # fmt: skip
    assert count - 1 <= finding.facts["count"] <= count + 1
    assert finding.facts["off_bytes"] in (3000, 5000, 9000)


@pytest.mark.finding("challenge-ack")
def test_loop_amid_a_transfer_from_mid_stream(told: Tell) -> None:
    data = [f"{0.1 * at} C A {1 + 1000 * at} 1 1000" for at in range(40)]
    finding = told([*data, "4.5 S A 1 40001", *(line for line in in_turn(60, "45001 1", "1 40001", 5))]).findings

    assert finding["challenge-ack"].facts["off_bytes"] == 5000


@pytest.mark.finding("challenge-ack", twin=True)
@pytest.mark.parametrize(
    "lines",
    [
        in_turn(40, "48 49", "49 49", 400),  # keep-alives and their answers, by a nervous program
        in_turn(40, "5049 49", "49 49", 1000),  # too slow for a loop
        in_turn(12, "5049 49", "49 49", 20),  # a few
        in_turn(60, "5049 49", "49 49"),  # over at once
        in_turn(60, "49 49", "49 49"),  # numbers that fit
    ],
)
def test_acks_in_turn_that_are_no_loop(told: Tell, lines: list[str]) -> None:
    assert "challenge-ack" not in told([*OPEN, *lines]).findings


@pytest.mark.finding("challenge-ack", twin=True)
def test_duplicate_acks_of_one_end_are_no_loop(told: Tell) -> None:
    lines = [f"{2 + 0.1 * at} S A 49 49 sack=1049:{2049 + at}" for at in range(60)]

    assert "challenge-ack" not in told([*OPEN, *lines]).findings
