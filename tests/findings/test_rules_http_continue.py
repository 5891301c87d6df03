"""Clients that hold a body back for a 100 Continue which nobody sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from web_captures import GET, closed, found, response

from tcptui.model.finding import Confidence, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from web_captures import Turn

BODY: Final = b"y" * 3_000
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
DONE: Final = response(b"ok\n")


def head(*fields: str, expect: str = "Expect: 100-continue") -> bytes:
    lines = ["POST /up HTTP/1.1", "Host: a.example", expect, *fields, f"Content-Length: {len(BODY)}"]
    return "\r\n".join(line for line in lines if line).encode() + b"\r\n\r\n"


@pytest.mark.finding("http-continue-awaited")
@pytest.mark.parametrize("early", [b"", b"yy"], ids=["the head alone", "with the body's first bytes"])
def test_a_body_that_was_held_back_in_vain(tmp_path: Path, early: bytes) -> None:
    turns = [(0, "C", head() + early), (1_000, "C", BODY[len(early) :]), (1_030, "S", DONE)]
    finding = found(tmp_path, closed(turns))["http-continue-awaited"]

    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert (finding.facts["shape"], finding.facts["target"]) == ("", "POST /up")
    assert finding.facts["wait_s"] == finding.facts["total_s"] == pytest.approx(1.0)
    assert finding.packets == (4, 6)


@pytest.mark.finding("http-continue-awaited")
def test_each_request_costs_the_wait(tmp_path: Path) -> None:
    turns: list[Turn] = []
    for at in (0, 5_000, 10_000):
        turns += [(at, "C", head()), (at + 1_000, "C", BODY), (at + 1_030, "S", DONE)]
    finding = found(tmp_path, closed(turns))["http-continue-awaited"]

    assert (finding.facts["count"], finding.facts["requests"]) == (3, 3)
    assert finding.facts["total_s"] == pytest.approx(3.0)


def test_a_100_that_comes_after_the_body_was_late(tmp_path: Path) -> None:
    turns = [(0, "C", head()), (1_000, "C", BODY), (1_500, "S", CONTINUE), (1_530, "S", DONE)]
    finding = found(tmp_path, closed(turns))["http-continue-awaited"]

    assert finding.facts["shape"] == "late"


@pytest.mark.finding("http-continue-awaited", twin=True)
@pytest.mark.parametrize(
    "turns",
    [
        pytest.param([(0, "C", head()), (900, "S", CONTINUE), (1_000, "C", BODY), (1_030, "S", DONE)], id="answered"),
        pytest.param([(0, "C", head()), (50, "C", BODY), (90, "S", DONE)], id="hardly waited"),
        pytest.param([(0, "C", head() + BODY), (1_030, "S", DONE)], id="not waited"),
        pytest.param([(0, "C", head(expect="")), (1_000, "C", BODY), (1_030, "S", DONE)], id="did not ask"),
        pytest.param(
            [(0, "C", head()), (300, "S", response(b"", status="417 Expectation Failed")), (1_000, "C", GET)],
            id="refused",
        ),
    ],
)
def test_bodies_that_did_not_wait_for_nothing(tmp_path: Path, turns: Sequence[Turn]) -> None:
    assert "http-continue-awaited" not in found(tmp_path, closed(turns))


@pytest.mark.finding("http-continue-awaited", twin=True)
def test_nothing_is_said_where_the_answer_may_be_missing(tmp_path: Path) -> None:
    """Between head and body a packet of the server is missing: the body's ACK shows bytes that nobody captured."""
    turns = closed([(0, "C", head()), (900, "S", CONTINUE), (1_000, "C", BODY), (1_030, "S", DONE)])

    assert "http-continue-awaited" not in found(tmp_path, turns, missing=[3])
