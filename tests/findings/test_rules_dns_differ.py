"""Two answers to one DNS query that exclude each other, and the ordinary ways to get two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from capture_findings import capture_findings

from tcptui.model.finding import Confidence, Severity
from tests.support.outside_tcp import AAAA, OTHER_RESOLVER, SERVER, asked, connected, session_of, told

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.finding import CaptureFinding
    from tests.support.outside_tcp import Timed

FORGED, SPARE = "203.0.113.66", "10.0.0.3"
UNKNOWN, FAILED = 3, 2


def found(folder: Path, *packets: Timed | list[Timed]) -> list[CaptureFinding]:
    """The findings of the shape; their words are there in both languages."""
    every = capture_findings(session_of(folder, packets))
    return [one for one in every if one.finding.facts.get("shape") == "differ"]


@pytest.mark.finding("dns-lookup")
@pytest.mark.parametrize("apart_ms", [0.2, 9, 300])
def test_a_forged_answer_before_the_servers_own_is_told(tmp_path: Path, apart_ms: float) -> None:
    [one] = found(tmp_path, asked(0), told(5), told(5 + apart_ms, [FORGED]), connected(6 + apart_ms))

    facts = one.finding.facts
    assert (one.finding.severity, one.finding.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert (facts["said_first"], facts["said_other"]) == (SERVER, FORGED)
    assert (facts["first_frame"], facts["last_frame"]) == (2, 3)
    assert facts["apart_s"] == pytest.approx(apart_ms / 1000)
    assert one.streams == (0,)


@pytest.mark.finding("dns-lookup")
def test_no_such_name_beside_an_address_is_told(tmp_path: Path) -> None:
    [one] = found(tmp_path, asked(0), told(5, [], code=UNKNOWN), told(40), connected(6))

    assert (one.finding.facts["said_first"], one.finding.facts["said_other"]) == ("NXDOMAIN", SERVER)


@pytest.mark.finding("dns-lookup")
def test_a_third_answer_to_a_query_sent_twice_is_told(tmp_path: Path) -> None:
    packets = asked(0), asked(1000), told(1005, [FORGED]), told(1030), told(1031), connected(1100)

    assert len(found(tmp_path, *packets)) == 1


@pytest.mark.finding("dns-lookup", twin=True)
@pytest.mark.parametrize(
    "packets",
    [
        (asked(0), told(5, [SERVER, SPARE]), told(6, [SPARE, SERVER])),
        (asked(0), asked(1000), told(1005, [SERVER, SPARE]), told(1010, [SPARE, SERVER])),
        (asked(0), asked(1000), told(1005), told(1010, [SPARE])),
        (asked(0), asked(0.2, server=OTHER_RESOLVER), told(5), told(6, [SPARE], server=OTHER_RESOLVER)),
        (asked(0), asked(0.1, 8, kind=AAAA), told(5), told(6, ["2001:db8::2"], 8)),
        (asked(0), told(5), asked(60_000), told(60_005, [SPARE])),
        (asked(0), told(5), asked(2000), told(2005, [SPARE])),
        (asked(0), told(5), told(5.1)),
        (asked(0), told(5, [], code=FAILED), told(40)),
        (asked(0), told(5), told(6, [FORGED], number=9), told(7, [FORGED], port=40_009)),
        (asked(0), told(5), told(6, [FORGED], name="other.example")),
    ],
    ids=[
        "rotated", "again, rotated", "again, of a pool", "two servers", "A and AAAA", "asked later", "socket kept",
        "copied", "failed first", "asked by nobody", "of another name",
    ],
)  # fmt: skip
def test_two_answers_of_ordinary_kinds_are_not(tmp_path: Path, packets: tuple[Timed, ...]) -> None:
    assert not found(tmp_path, *packets, connected(7))
