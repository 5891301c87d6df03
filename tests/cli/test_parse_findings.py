"""Names of findings, families and severities choose findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcptui.cli.parse_findings import finding_filter
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.run.own_findings import require_defined
from tcptui.findings.annotate import needs_attention
from tcptui.findings.catalog import FAMILIES, MARKED
from tcptui.findings.finding_filter import NOTHING
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.session.session import open_file

CASES = Path(__file__).resolve().parents[2] / "cases"


def finding(name: FindingId, severity: Severity) -> Finding:
    return Finding(name, 0, (1,), severity, Confidence.CERTAIN)


def test_every_finding_is_in_one_family() -> None:
    assert sorted(name for ids in FAMILIES.values() for name in ids) == sorted(FindingId)


@pytest.mark.parametrize(
    ("text", "name", "severity", "is_wanted"),
    [
        ("out-of-order", FindingId.OUT_OF_ORDER, Severity.NOTE, True),
        ("out-of-order", FindingId.TAIL_LOSS, Severity.ERROR, False),
        ("loss", FindingId.OUT_OF_ORDER, Severity.NOTE, False),
        ("loss", FindingId.TAIL_LOSS, Severity.WARNING, True),
        ("loss", FindingId.CONNECTION_REFUSED, Severity.ERROR, False),
        ("any-problem", FindingId.ZERO_WINDOW, Severity.WARNING, True),
        ("any-problem", FindingId.ZERO_WINDOW, Severity.NOTE, False),
        ("error", FindingId.ZERO_WINDOW, Severity.WARNING, False),
        ("note", FindingId.FILE_DOWNLOAD, Severity.NOTE, True),
        ("error,opening", FindingId.PROBE_CONNECTION, Severity.WARNING, True),
    ],
)
def test_name_chooses(text: str, name: FindingId, severity: Severity, is_wanted: bool) -> None:
    assert (finding(name, severity) in finding_filter("--stop-on", text)) is is_wanted


def test_name_that_nobody_has_defined_is_refused_with_those_near_it() -> None:
    wanted = finding_filter("--stop-on", "error,retransmision-timeout")

    with pytest.raises(CommandLineError) as caught:
        require_defined("--stop-on", wanted, ())
    assert (caught.value.key, caught.value.exit_code) == ("cli.error.finding-near", 2)
    assert "retransmission-timeout" in str(caught.value.facts["near"])
    with pytest.raises(CommandLineError) as caught:
        require_defined("--only", finding_filter("--only", "qqqq"), ())
    assert caught.value.key == "cli.error.finding"
    require_defined("--only", finding_filter("--only", "loss,warning,out-of-order"), ())


def test_nothing_chooses_nothing() -> None:
    assert not NOTHING
    assert finding(FindingId.SYN_TIMEOUT, Severity.ERROR) not in NOTHING


def test_healthy_connections_matter_only_to_who_asks_for_notes() -> None:
    assert finding_filter("--stop-on", "three-way-handshake").needs_notes
    assert finding_filter("--stop-on", "note").needs_notes
    assert not finding_filter("--stop-on", "loss,any-problem,connection-refused").needs_notes


def test_findings_that_the_stream_table_counts_are_only_where_it_counted_trouble() -> None:
    seen = set()
    for capture in sorted(capture for name in MARKED for capture in CASES.glob(f"*-{name}/*.pcap*")):
        session = open_file(capture)
        needed = needs_attention(session.streams)
        for stream, findings in session.each_findings(range(session.streams.count)):
            marked = {found.id for found in findings} & MARKED
            assert not marked or needed[stream], (capture, stream, marked)
            seen |= marked
        session.close()
    assert len(seen) > len(MARKED) // 2
