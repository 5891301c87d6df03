"""Explanations as documents for the explain pane: the narrative's words, set in passages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.explain.explanation import Explanation
from tcptui.explain.narrative import explain_finding
from tcptui.model.finding import FindingId, Severity
from tcptui.ui.cell_text import grouped
from tcptui.ui.time_spent import bar_passage, turn_passages
from tcptui.ui.widgets.explain_pane import Document, Passage, Tone

if TYPE_CHECKING:
    from tcptui.explain.words import Words
    from tcptui.model.finding import Finding
    from tcptui.session import Session

#: What belongs to every connection: told after anything else of the same gravity.
ORDINARY: Final = frozenset(
    {
        FindingId.THREE_WAY_HANDSHAKE,
        FindingId.THREE_PACKET_CLOSE,
        FindingId.FOUR_PACKET_CLOSE,
        FindingId.STILL_OPEN,
        FindingId.CAPTURE_STARTED_MID_STREAM,
    }
)


def _passages(explanation: Explanation, severity: int) -> list[Passage]:
    passages = [Passage(explanation.title, tone=Tone.TITLE, severity=severity)]
    if explanation.meaning:
        passages.append(Passage(explanation.meaning))
    for section in explanation.sections:
        lines = [line for line in section.lines if line]
        if not lines and not section.packets:
            continue
        for index, line in enumerate(lines or [""]):
            packets = section.packets if index == max(0, len(lines) - 1) else ()
            passages.append(Passage(line, "" if index else section.heading, packets))
    return passages


def packet_document(session: Session, row: int, severity: int, words: Words) -> Document:
    """What one packet is and why; ``severity`` is what the timeline shows for it."""
    from tcptui.explain.packet_words import explain_packet  # see `tcptui.ui.behind`

    return tuple(_passages(explain_packet(session, row, words), severity))


def stream_document(session: Session, stream: int, findings: tuple[Finding, ...], words: Words) -> Document:
    """What happened to one connection: the verdict on it, then its findings, the gravest first."""
    passages: list[Passage] = []
    if not any(finding.severity >= Severity.WARNING for finding in findings):
        packets, troubled = int(session.streams.packets[stream]), int(session.streams.troubled[stream])
        verdict = "minor" if troubled else "clean"
        facts = {"packets": grouped(packets), "troubled": grouped(troubled)}
        passages.append(Passage(words(f"screen.explain.{verdict}"), tone=Tone.TITLE))
        passages.append(Passage(words(f"screen.explain.{verdict}_meaning", **facts)))
    for finding in sorted(findings, key=lambda finding: (-finding.severity, finding.id in ORDINARY)):
        passages += _passages(explain_finding(finding, None, words), int(finding.severity))
    # The verdict first, in one breath; then where the time went.
    passages[2:2] = bar_passage(session, stream, words)
    return (*passages, *turn_passages(session, stream, words))
