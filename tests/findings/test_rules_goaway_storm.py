"""A client that is sent away by GOAWAY, comes back and is sent away again; and near-twins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from http2_ends import OK, PREFACE, Ends, frame, get
from repeated_sessions import diagnosed, sessions

from tcptui.findings.rules.whole_capture.goaway_storm import BACK_NS

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

STORM: Final = "http2-goaway-storm"
CALM, NO_ERROR = 11, 0


def goaway(code: int, last: int) -> bytes:
    return frame(7, 0, 0, last.to_bytes(4) + code.to_bytes(4))


def sent_away(code: int = CALM, *, answered: bool = False) -> list[Turn]:
    """A request, then the server's GOAWAY: with an error, or without the answer, or in good order."""
    ends = Ends()
    ends.ask(1, get("/a"))
    if answered:
        ends.answer(1, OK, b"now")
    turns: list[Turn] = [(5 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)]
    assert isinstance(turns[0][2], bytes)
    assert turns[0][2].startswith(PREFACE)
    return [*turns, (5 * len(turns), "S", goaway(code, 1))]


@pytest.mark.finding("http2-goaway-storm")
def test_a_client_that_comes_back_and_is_sent_away_again_is_told_once(tmp_path: Path) -> None:
    told = diagnosed(tmp_path, sent_away(), count=5, apart_ms=400)[STORM]
    facts = told.finding.facts

    assert (facts["shape"], facts["count"], facts["rounds"], facts["code"]) == ("calm", 5, 5, "ENHANCE_YOUR_CALM")
    assert (facts["lost"], facts["answered"]) == (5, 0)
    assert facts["took_s"] == pytest.approx(1.6, abs=0.01)
    assert told.echoes == tuple(range(5))


@pytest.mark.finding("http2-goaway-storm")
def test_requests_that_are_cut_each_time_are_another_shape(tmp_path: Path) -> None:
    told = diagnosed(tmp_path, sent_away(NO_ERROR), count=3, apart_ms=400)[STORM]

    assert (told.finding.facts["shape"], told.finding.facts["lost"]) == ("", 3)


@pytest.mark.finding("http2-goaway-storm", twin=True)
def test_a_pool_that_is_sent_away_at_once_is_none(tmp_path: Path) -> None:
    assert STORM not in sessions(tmp_path, sent_away(NO_ERROR), count=6, apart_ms=0)
    assert STORM not in sessions(tmp_path, sent_away(NO_ERROR), count=6, apart_ms=2)


@pytest.mark.finding("http2-goaway-storm", twin=True)
def test_good_byes_behind_all_answers_two_rounds_and_a_client_that_waits_are_none(tmp_path: Path) -> None:
    assert STORM not in sessions(tmp_path, sent_away(NO_ERROR, answered=True), count=6, apart_ms=400)
    assert STORM not in sessions(tmp_path, sent_away(), count=2, apart_ms=400)
    assert STORM not in sessions(tmp_path, sent_away(), count=4, apart_ms=BACK_NS / 1e6 + 1_000)
