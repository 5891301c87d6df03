"""Over real captures: everything said can be said in both languages, fits, and is quiet on healthy streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from tcptui.access.open_capture import view_of
from tcptui.findings.annotate import annotate, needs_attention
from tcptui.findings.facts import RuleContext
from tcptui.model.finding import Finding, Severity
from tcptui.session.session import Session, open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import explain_finding, finding_short
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.uncounted

LANGUAGES = tuple(Words(language) for language in Language)
#: The list's note column (cells).
SHORT = 40
#: Captures in which tshark finds nothing amiss and nobody resets or refuses anything.
HEALTHY = (
    "PcapPlusPlus-raw_ip.pcap",
    "gopacket-test_loopback.pcap",
    "lab-sseapp.pcap",
    "filesamples-simple_http_sll2.pcap",
    "tcpdump-tcp-handshake-nano.pcap",
)


@pytest.fixture(scope="module")
def sessions(corpus: Path) -> list[Session]:
    files = sorted(path for path in (corpus / "dev").iterdir() if path.suffix != ".tsv")
    return [open_file(path) for path in files]


def _annotated(session: Session) -> list[tuple[int, tuple[Finding, ...]]]:
    context = RuleContext(
        quality=session.quality, read_packet=session.reader.packet, read_segments=session.reader.segments
    )
    return [(stream, annotate(view_of(session, stream), context)) for stream in range(session.streams.count)]


def test_every_finding_can_be_told_in_both_languages_with_nothing_missing(sessions: list[Session]) -> None:
    told = 0
    for session in sessions:
        for _stream, findings in _annotated(session):
            for finding in findings:
                for words in LANGUAGES:
                    explanation = explain_finding(finding, None, words)
                    assert explanation.title
                    assert explanation.meaning
                    assert all(line for section in explanation.sections for line in section.lines)
                    assert 0 < cell_len(finding_short(finding, words)) <= SHORT, finding
                told += 1
    assert told > 1000


def test_evidence_exists_in_the_stream_and_in_order(sessions: list[Session]) -> None:
    for session in sessions:
        for stream, findings in _annotated(session):
            frames = set(session.store.frame[session.rows_of(stream)].tolist())
            for finding in findings:
                assert finding.packets
                assert list(finding.packets) == sorted(set(finding.packets))
                assert frames.issuperset(finding.packets)


def test_streams_that_need_no_attention_have_notes_only(sessions: list[Session]) -> None:
    for session in sessions:
        needed = needs_attention(session.streams)
        for stream, findings in _annotated(session):
            worst = max((finding.severity for finding in findings), default=Severity.NOTE)
            assert worst is Severity.NOTE or needed[stream]


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_captures_give_notes_only(corpus: Path, name: str) -> None:
    session = open_file(corpus / "dev" / name)
    above_note = [
        finding
        for _stream, findings in _annotated(session)
        for finding in findings
        if finding.severity > Severity.NOTE and not finding.id.startswith(("capture-", "one-sided"))
    ]

    assert above_note == []
