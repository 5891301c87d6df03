"""Copies: told from probes and resends by packet number and timestamp, and without either by the time alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.resend.classify import causes
from tcptui.model.finding import Confidence
from tcptui.model.resend_cause import ResendCause
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tcptui.model.finding import Finding

OPEN = ["0 C S 0 0 ts=1,0 id=1", "40 S SA 0 1 ts=500,1 id=7", "40.1 C A 1 1 ts=41,500 id=2"]
CLOSING = ["50 C A 1 1 ts=51,500 id=3", "50.4 C FA 1 1 ts=51,500 id=4"]


def last_cause(folder: Path, lines: Sequence[str]) -> ResendCause:
    session = open_file(write_trace(folder / "trace.pcap", lines))
    return ResendCause(int(causes(view_of(session, 0))[-1]))


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

        assert ResendCause(int(causes(view_of(session, 0))[4])) is not ResendCause.NETWORK_DUPLICATE
        assert not {"duplicated-by-network", "capture-duplicates"} & {f.id.value for f in session.findings(0)}


def test_same_packet_number_within_the_round_trip_is_a_copy(tmp_path: Path) -> None:
    assert last_cause(tmp_path, [*PLAIN, SENT, "65 C PA 1 1 100 id=3"]) is ResendCause.NETWORK_DUPLICATE


def test_short_path_does_not_make_a_resend_of_a_copy(tmp_path: Path) -> None:
    near = ["0 C S 0 0 id=1", "0.2 S SA 0 1 id=7", "0.3 C A 1 1 id=2"]

    assert last_cause(tmp_path, [*near, SENT, "51.5 C PA 1 1 100 id=3"]) is ResendCause.NETWORK_DUPLICATE


UNMARKED = [f"{line} v=6" for line in ("0 C S 0 0 sackok=1", "40 S SA 0 1 sackok=1", "40.1 C A 1 1", "50 C PA 1 1 100")]


@pytest.mark.finding("duplicated-by-network", "retransmission-unexplained", twin=True)
def test_second_copy_without_number_and_timestamp_is_a_copy_within_a_millisecond(tmp_path: Path) -> None:
    assert last_cause(tmp_path, [*UNMARKED, "50.9 C PA 1 1 100 v=6"]) is ResendCause.NETWORK_DUPLICATE
    assert last_cause(tmp_path, [*UNMARKED, "51.1 C PA 1 1 100 v=6"]) is ResendCause.UNKNOWN


def test_second_copy_without_marks_after_a_round_trip_may_have_been_asked_for(tmp_path: Path) -> None:
    near = [line.replace("40.1", "0.3").replace("40", "0.2") for line in UNMARKED]

    assert last_cause(tmp_path, [*near, "50.25 C PA 1 1 100 v=6"]) is ResendCause.NETWORK_DUPLICATE
    assert last_cause(tmp_path, [*near, "50.4 C PA 1 1 100 v=6"]) is ResendCause.UNKNOWN


def test_copy_without_marks_from_another_part_of_its_way_has_another_ttl(tmp_path: Path) -> None:
    routed = [*UNMARKED[:-1], f"{UNMARKED[-1]} ttl=64", "50.01 C PA 1 1 100 v=6 ttl=63"]

    assert last_cause(tmp_path, routed) is ResendCause.NETWORK_DUPLICATE


def told_of(folder: Path, lines: Sequence[str]) -> dict[str, Finding]:
    session = open_file(write_trace(folder / "trace.pcap", lines))
    return {finding.id.value: finding for finding in session.findings(0)}


@pytest.mark.finding("duplicated-by-network")
@pytest.mark.parametrize(
    ("answer", "confidence"),
    [("91 S A 1 101 v=6", Confidence.POSSIBLE), ("91 S A 1 101 sack=1:101 v=6", Confidence.LIKELY)],
)
def test_one_copy_without_marks_is_never_certain(tmp_path: Path, answer: str, confidence: Confidence) -> None:
    found = told_of(tmp_path, [*UNMARKED, "50.01 C PA 1 1 100 v=6", "90 S A 1 101 v=6", answer])

    assert found["duplicated-by-network"].confidence is confidence
    assert "resent-early" in found["duplicated-by-network"].alternatives
    assert "retransmission-unexplained" not in found


def mirrored(lines: Sequence[str]) -> list[str]:
    """Each line twice, 12 microseconds apart."""
    return [
        again
        for line in lines
        for again in (line, line.replace(line.split()[0], f"{float(line.split()[0]) + 0.012:.3f}", 1))
    ]


@pytest.mark.finding("capture-duplicates")
@pytest.mark.finding("tail-loss")
@pytest.mark.finding("retransmission-unexplained", "retransmission-timeout", "spurious-retransmission", twin=True)
def test_mirror_port_without_any_marks_hides_no_probe(tmp_path: Path) -> None:
    talk = [*UNMARKED, "90 S A 1 101 v=6", "100 C PA 101 1 100 v=6", "320 C PA 101 1 100 v=6", "360 S A 1 201 v=6"]
    found = told_of(tmp_path, mirrored(talk))

    assert found["capture-duplicates"].facts["shape"] == "unmarked"
    assert "tail-loss" in found
    assert not {"retransmission-unexplained", "retransmission-timeout", "spurious-retransmission"} & found.keys()


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
