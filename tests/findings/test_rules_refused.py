"""Retransmissions that the receiver itself did not keep: no network lost them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.finding import Confidence, Finding, Severity
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import explain_finding
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence


class Told(Protocol):
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


WIDE = "win=60000"
#: Captured at the client, 40 ms to the server and back.
OPEN = ["0 C S 0 0 sackok=1", f"40 S SA 0 1 sackok=1 {WIDE}", "40.1 C A 1 1"]
FLIGHT = [f"{50 + i / 10} C A {1 + 1000 * i} 1 1000" for i in range(10)]


def in_order(*lines: Sequence[str]) -> list[str]:
    return sorted((line for part in lines for line in part), key=lambda line: float(line.split()[0]))


#: Bytes 2001 to 3000 are lost, resent at 90.35 ms, and two new segments follow.
ACKS = [f"{90 + i / 10} S A 1 {1 + 1000 * (i + 1)} {WIDE}" for i in range(2)]
SACKS = [f"{90 + i / 10} S A 1 2001 {WIDE} sack=3001:{1001 + 1000 * i}" for i in range(3, 10)]
RESENT = ["90.35 C A 2001 1 1000", "91.1 C A 10001 1 1000", "91.2 C A 11001 1 1000"]
GAP = [*OPEN, *in_order(FLIGHT, ACKS, SACKS, RESENT)]


def healed(at: float) -> list[str]:
    return [f"{at} C A 2001 1 1000", f"{at + 40} S A 1 12001 {WIDE}"]


def asked(window: str) -> list[str]:
    return [f"131 S A 1 2001 sack=3001:11001 {window}", f"131.1 S A 1 2001 sack=3001:12001 {window}"]


@pytest.mark.finding("lost-retransmission")
@pytest.mark.parametrize("window", ["win=0", "win=500"])
def test_retransmission_beyond_a_window_that_was_taken_back_is_no_loss_on_the_path(told: Tell, window: str) -> None:
    found = told([*GAP, *asked(window), f"171 S A 1 2001 sack=3001:12001 {WIDE}", *healed(171.2)]).findings
    lost = found["lost-retransmission"]

    assert (lost.facts["shape"], lost.severity, lost.confidence) == ("no-room", Severity.NOTE, Confidence.LIKELY)
    assert found["window-shrunk"].severity is Severity.WARNING
    for language, path in ((Language.EN, "no evidence of loss on the path"), (Language.ZH, "自己丢掉")):
        lines = [line for part in explain_finding(lost, None, Words(language)).sections for line in part.lines]
        assert any(path in line for line in lines)


@pytest.mark.finding("lost-retransmission", twin=True)
def test_window_that_ends_behind_the_bytes_lets_the_path_be_the_cause(told: Tell) -> None:
    lost = told([*GAP, *asked("win=10500"), *healed(131.2)]).findings["lost-retransmission"]

    assert (lost.facts["shape"], lost.confidence) == ("overtaken", Confidence.CERTAIN)
    assert lost.alternatives[-1] == "receiver-dropped"


@pytest.mark.finding("lost-retransmission", twin=True)
def test_overtaken_ack_with_an_old_window_shows_no_want_of_room(told: Tell) -> None:
    late = "130.5 S A 1 1001 win=900"

    assert (
        told([*GAP, late, *asked(WIDE), *healed(131.2)]).findings["lost-retransmission"].facts["shape"] == "overtaken"
    )


#: Bytes 2001 to 3000 and 5001 to 6000 are lost.  The latter are resent first, arrive, and are reported.
TWO_GAPS = [
    *OPEN,
    *in_order(
        FLIGHT,
        ACKS,
        [f"90.{i} S A 1 2001 {WIDE} sack=3001:{1001 + 1000 * i}" for i in (3, 4)],
        [f"90.{i} S A 1 2001 {WIDE} sack=6001:{1001 + 1000 * i}+3001:5001" for i in range(6, 10)],
        ["90.41 C A 5001 1 1000", "90.85 C A 2001 1 1000", f"130.4 S A 1 2001 {WIDE} sack=3001:10001"],
    ),
]


@pytest.mark.finding("lost-retransmission")
def test_retransmission_that_was_reported_and_not_kept_is_no_loss(told: Tell) -> None:
    pruned = [f"130.9 S A 1 3001 {WIDE}", "350 C A 3001 1 1000", f"390 S A 1 4001 {WIDE}", "390.1 C A 4001 1 1000"]
    again = [f"430.1 S A 1 5001 {WIDE}", "430.2 C A 5001 1 1000", f"470.2 S A 1 6001 {WIDE}"]
    lost = told([*TWO_GAPS, *pruned, *again]).findings["lost-retransmission"]

    assert (lost.facts["shape"], lost.confidence) == ("discarded", Confidence.CERTAIN)
    assert lost.facts["count"] == 1
    assert lost.facts["first_seq"] == 5001
    assert "discarded" in explain_finding(lost, None, Words(Language.EN)).meaning


@pytest.mark.finding("lost-retransmission")
def test_receiver_that_discards_other_data_may_have_dropped_this_too(told: Tell) -> None:
    pruned = ["350 C A 2001 1 1000", f"390 S A 1 3001 {WIDE}", "600 C A 3001 1 1000", f"640 S A 1 5001 {WIDE}"]
    lost = told([*TWO_GAPS, *pruned]).findings["lost-retransmission"]

    assert (lost.facts["shape"], lost.confidence) == ("timer", Confidence.POSSIBLE)
    assert lost.alternatives[0] == "receiver-dropped"


@pytest.mark.finding("lost-retransmission", twin=True)
def test_receiver_that_keeps_what_it_reported_is_not_short_of_memory(told: Tell) -> None:
    lost = told([*TWO_GAPS, "350 C A 2001 1 1000", f"390 S A 1 10001 {WIDE}"]).findings["lost-retransmission"]

    assert (lost.facts["shape"], lost.confidence) == ("timer", Confidence.LIKELY)


@pytest.mark.finding("lost-retransmission", twin=True)
def test_stack_that_acknowledges_a_block_with_its_next_ack_kept_it(told: Tell) -> None:
    stepwise = ["350 C A 2001 1 1000", f"390 S A 1 3001 {WIDE}", f"390.1 S A 1 10001 {WIDE}"]
    lost = told([*TWO_GAPS, *stepwise]).findings["lost-retransmission"]

    assert (lost.facts["shape"], lost.confidence) == ("timer", Confidence.LIKELY)
