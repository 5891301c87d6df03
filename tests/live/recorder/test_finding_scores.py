"""What counts as a finding that was made, missed or false."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cases.recorder.namespaces import End
from cases.recorder.scenario import Scenario, all_scenarios
from cases.recorder.score import Scores, score_recordings, unknown_ids

if TYPE_CHECKING:
    from pathlib import Path

    from cases.recorder.program import Program


def nothing(_: Program) -> None:
    """No program at all."""


LOSS = Scenario(
    id="loss",
    shows="A segment is lost.",
    client=nothing,
    server=nothing,
    findings_client=("fast-retransmission",),
    findings_perhaps=("spurious-retransmission",),
    never=("out-of-order",),
)


def scored(scenario: Scenario, *made: str, end: End = End.CLIENT) -> Scores:
    scores = Scores()
    scores.add(scenario, end, frozenset(made), "here")
    return scores


def test_finding_that_is_asked_for_and_made_counts_for_both_shares() -> None:
    score = scored(LOSS, "fast-retransmission").of["fast-retransmission"]

    assert (score.precision, score.recall) == (1.0, 1.0)


def test_finding_that_is_asked_for_and_not_made_is_missed() -> None:
    scores = scored(LOSS)

    assert scores.of["fast-retransmission"].recall == 0.0
    assert scores.remarks == ["here: fast-retransmission is missed"]


def test_finding_that_the_other_end_asks_for_is_false_here() -> None:
    assert scored(LOSS, "fast-retransmission", end=End.SERVER).of["fast-retransmission"].false == 1


def test_forbidden_finding_is_false() -> None:
    assert scored(LOSS, "fast-retransmission", "out-of-order").of["out-of-order"].precision == 0.0


def test_finding_that_may_be_made_and_one_of_good_order_are_neither() -> None:
    scores = scored(LOSS, "fast-retransmission", "spurious-retransmission", "four-packet-close")

    assert set(scores.of) == {"fast-retransmission"}
    assert not scores.remarks


def test_finding_of_good_order_can_be_forbidden() -> None:
    strict = replace(LOSS, never=("four-packet-close",))

    assert scored(strict, "four-packet-close").of["four-packet-close"].false == 1


def test_scenario_that_says_nothing_of_its_findings_is_not_scored(tmp_path: Path) -> None:
    (tmp_path / "recording.json").write_text(json.dumps({"scenario": "loss", "seed": 1}))
    silent = replace(LOSS, findings_client=(), findings_perhaps=(), never=())

    assert score_recordings([tmp_path], {"loss": silent}).captures == 0


def test_table_ends_with_the_sums() -> None:
    scores = scored(LOSS, "fast-retransmission", "out-of-order")
    scores.add(LOSS, End.CLIENT, frozenset(), "there")

    assert scores.table().splitlines()[-1].split() == ["all,", "2", "captures", "1", "1", "1", "50.0%", "50.0%"]


def test_id_that_this_build_cannot_find_is_named() -> None:
    assert unknown_ids({"loss": replace(LOSS, never=("fast-retransmision",))}) == {"fast-retransmision"}


def test_finding_that_is_asked_for_and_forbidden_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "scenarios.py"
    file.write_text(
        "from cases.recorder.scenario import Scenario\n"
        "SCENARIOS = [Scenario(id='a', shows='', client=print, server=print, findings_client=('x',), never=('x',))]\n"
    )

    with pytest.raises(ValueError, match="x is asked for and forbidden"):
        all_scenarios(file)
