"""Frames that a tool cut without keeping their length: the IP header's counts, and no packet is said to be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.access.open_capture import view_of
from tcptui.model.finding import Confidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.session.session import Session


class Told(Protocol):
    session: Session
    findings: dict[str, Finding]


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


#: A download of which every full segment is 100 bytes in the file.
CUT = [
    "0 C S 0 0",
    "40 S SA 0 1",
    "40.1 C A 1 1",
    "50 C PA 1 1 50",
    "95 S A 1 51 1400 forgot=100",
    "95.1 S A 1401 51 1400 forgot=100",
    "95.2 C A 51 2801",
    "135 S PA 2801 51 1000 forgot=100",
    "135.1 C A 51 3801",
    "300 C FA 51 3801",
    "340 S FA 3801 52",
    "340.1 C A 52 3802",
]


def whole(lines: Sequence[str]) -> list[str]:
    """``lines`` as they were recorded."""
    return [" ".join(word for word in line.split() if not word.startswith("forgot=")) for line in lines]


@pytest.mark.finding("capture-truncated")
@pytest.mark.finding("capture-missed-packets", twin=True)
@pytest.mark.parametrize("version", ["", " v=6"])
def test_length_that_the_file_forgot_is_no_missing_packet(told: Tell, version: str) -> None:
    found = told([line + version for line in CUT]).findings
    finding = found["capture-truncated"]

    assert (finding.severity, finding.confidence, finding.facts["shape"]) == (
        Severity.NOTE,
        Confidence.CERTAIN,
        "forgotten",
    )
    assert (finding.facts["count"], finding.packets) == (3, (5, 8))
    assert finding.facts["missing_bytes"] == 3 * (20 + (20 if not version else 40)) + 3800 - 3 * 100
    assert "capture-missed-packets" not in found


@pytest.mark.finding("capture-truncated")
def test_nothing_else_is_said_than_of_the_whole_packets(told: Tell) -> None:
    cut, uncut = told(CUT).findings, told(whole(CUT)).findings

    assert {name: each.facts for name, each in cut.items() if name != "capture-truncated"} == {
        name: each.facts for name, each in uncut.items()
    }


@pytest.mark.finding("capture-missed-packets")
def test_segment_that_is_missing_between_cut_ones_is_missed(told: Tell) -> None:
    found = told([line for line in CUT if not line.startswith("95.1 ")]).findings

    assert found["capture-missed-packets"].facts["total_bytes"] == 1400
    assert found["capture-truncated"].facts["count"] == 2


@pytest.mark.finding("capture-truncated", twin=True)
def test_wrong_ip_length_that_nobody_counts_is_none(told: Tell) -> None:
    lines = [
        *CUT[:4],
        "95 S A 1 51 1400 forgot=100",
        "95.1 S A 61 51 1400 forgot=100",
        "95.2 C A 51 121",
        "135 S PA 121 51 100",
        "135.1 C A 51 221",
    ]
    found = told(lines).findings

    assert "capture-truncated" not in found


def test_verdicts_count_the_bytes_of_the_file(told: Tell) -> None:
    session = told(CUT).session

    assert session.store.length[4] == 100 - 40
    assert view_of(session, 0).length[4] == 1400
    assert session.quality.forgotten == 3
