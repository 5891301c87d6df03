"""Explanations as documents for the explain pane: the narrative's words, set in passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.explain.narrative import Explanation, explain_finding, explain_packet
from tcptui.model.finding import Severity
from tcptui.ui.widgets.explain_pane import Document, Passage, Tone

if TYPE_CHECKING:
    from tcptui.explain.words import Words
    from tcptui.model.finding import Finding
    from tcptui.session import Session


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
    return tuple(_passages(explain_packet(session, row, words), severity))


def stream_document(session: Session, stream: int, findings: tuple[Finding, ...], words: Words) -> Document:
    """What happened to one connection: its findings, the gravest first."""
    packets = int(session.streams.packets[stream])
    passages: list[Passage] = []
    if not any(finding.severity >= Severity.WARNING for finding in findings):
        passages.append(Passage(words("screen.explain.clean"), tone=Tone.TITLE))
        passages.append(Passage(words("screen.explain.clean_meaning", packets=packets)))
    for finding in sorted(findings, key=lambda finding: -finding.severity):
        passages += _passages(explain_finding(finding, None, words), int(finding.severity))
    return tuple(passages)


def empty_document(words: Words) -> Document:
    """What to show while nothing is selected."""
    return (Passage(words("screen.explain.nothing"), tone=Tone.FAINT),)
