"""Transfers that begin small again behind each pause, as a sender has it that was idle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from traced import Told

from tcptui.model.finding import Confidence, Severity

Tell = Callable[[Sequence[str]], Told]
SIZE = 1460


def answers(flights: Sequence[Sequence[int]], pause_ms: float = 5000) -> list[str]:
    """At the server: a request each ``pause_ms``, answered by flights of so many segments, 50 ms each."""
    lines = ["0 C S 0 0 win=60000 scale=7", "0.1 S SA 0 1 win=60000 scale=7", "50 C A 1 1 win=5000"]
    now, asked, sent = 60.0, 1, 1
    for one in flights:
        lines.append(f"{now} C PA {asked} {sent} 100 win=5000")
        asked += 100
        for size in one:
            for part in range(size):
                lines.append(f"{now + 0.1 + part / 100} S A {sent} {asked} {SIZE} win=500")
                sent += SIZE
            now += 50
            lines.append(f"{now} C A {asked} {sent} win=5000")
        now += pause_ms
    return lines


GROWN = (10, 20, 40, 40)


@pytest.mark.finding("path-limited")
def test_a_window_that_is_small_again_behind_each_pause_is_told(told: Tell) -> None:
    finding = told(answers([GROWN] * 4)).findings["path-limited"]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "restart", Severity.NOTE, Confidence.LIKELY,
    )  # fmt: skip
    assert (finding.facts["restarts"], finding.facts["small_bytes"]) == (3, 10 * SIZE)
    assert finding.facts["paused_s"] == pytest.approx(5, abs=0.1)


@pytest.mark.finding("path-limited", twin=True)
@pytest.mark.parametrize(
    ("flights", "pause_ms"),
    [([GROWN, (40, 40, 40), (40, 40, 40)], 5000), ([GROWN] * 4, 300), ([GROWN] * 2, 5000), ([(10, 10)] * 6, 5000)],
    ids=["window kept", "short pauses", "once", "never grew"],
)
def test_other_transfers_behind_pauses_are_not(told: Tell, flights: list[tuple[int, ...]], pause_ms: float) -> None:
    found = told(answers(flights, pause_ms)).findings.get("path-limited")

    assert found is None or found.facts["shape"] != "restart"
