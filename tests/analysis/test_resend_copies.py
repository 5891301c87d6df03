"""Copies of segments that carry nothing: told from probes by packet number and timestamp."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traces import write_trace

from tcptui.analysis.resend.classify import causes
from tcptui.model.resend_cause import ResendCause
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OPEN = ["0 C S 0 0 ts=1,0 id=1", "40 S SA 0 1 ts=500,1 id=7", "40.1 C A 1 1 ts=41,500 id=2"]
CLOSING = ["50 C A 1 1 ts=51,500 id=3", "50.4 C FA 1 1 ts=51,500 id=4"]


def last_cause(folder: Path, lines: Sequence[str]) -> ResendCause:
    session = open_file(write_trace(folder / "trace.pcap", lines))
    return ResendCause(int(causes(session.view(0))[-1]))


def test_copy_of_an_acknowledgment_behind_the_fin_is_no_keep_alive(tmp_path: Path) -> None:
    assert last_cause(tmp_path, [*OPEN, *CLOSING, "50.8 C A 1 1 ts=51,500 id=3"]) is ResendCause.NETWORK_DUPLICATE


def test_empty_segment_with_a_number_of_its_own_is_a_keep_alive(tmp_path: Path) -> None:
    lines = [*OPEN, "41 C PA 1 1 100 ts=42,500 id=3", "81 S A 1 101 ts=541,42 id=8"]

    assert last_cause(tmp_path, [*lines, "7000 C A 100 1 ts=7000,541 id=4"]) is ResendCause.KEEP_ALIVE


PLAIN = ["0 C S 0 0 id=1", "40 S SA 0 1 id=7", "40.1 C A 1 1 id=2"]
SENT = "50 C PA 1 1 100 id=3"


@pytest.mark.finding("duplicated-by-network", "capture-duplicates", twin=True)
def test_same_packet_number_after_a_time_out_is_a_resend_by_a_stack_that_keeps_it(tmp_path: Path) -> None:
    for apart in (450, 990):
        lines = [*PLAIN, SENT, f"{50 + apart} C PA 1 1 100 id=3", f"{90 + apart} S A 1 101 id=8"]
        session = open_file(write_trace(tmp_path / "trace.pcap", lines))

        assert ResendCause(int(causes(session.view(0))[4])) is not ResendCause.NETWORK_DUPLICATE
        assert not {"duplicated-by-network", "capture-duplicates"} & {f.id.value for f in session.findings(0)}


def test_same_packet_number_within_the_round_trip_is_a_copy(tmp_path: Path) -> None:
    assert last_cause(tmp_path, [*PLAIN, SENT, "65 C PA 1 1 100 id=3"]) is ResendCause.NETWORK_DUPLICATE


def test_short_path_does_not_make_a_resend_of_a_copy(tmp_path: Path) -> None:
    near = ["0 C S 0 0 id=1", "0.2 S SA 0 1 id=7", "0.3 C A 1 1 id=2"]

    assert last_cause(tmp_path, [*near, SENT, "51.5 C PA 1 1 100 id=3"]) is ResendCause.NETWORK_DUPLICATE


def test_same_packet_number_with_another_ttl_was_captured_elsewhere(tmp_path: Path) -> None:
    lines = [*PLAIN, f"{SENT} ttl=64", "450 C PA 1 1 100 id=3 ttl=63"]

    assert last_cause(tmp_path, lines) is ResendCause.NETWORK_DUPLICATE


@pytest.mark.finding("duplicated-by-network")
@pytest.mark.finding("capture-duplicates")
def test_copies_at_the_same_moment_are_the_recorders_unless_the_receiver_reports_them(tmp_path: Path) -> None:
    more = [f"{60 + i} C PA {101 + 100 * i} 1 100 id={4 + i}" for i in range(9)]

    def told(report: list[str]) -> set[str]:
        session = open_file(write_trace(tmp_path / "trace.pcap", [*PLAIN, SENT, SENT, *more, *report]))
        return {finding.id.value for finding in session.findings(0)}

    assert "capture-duplicates" in told(["100 S A 1 1001 id=9"])
    assert "duplicated-by-network" in told(["90 S A 1 101 sack=1:101 id=9", "101 S A 1 1001 id=10"])
