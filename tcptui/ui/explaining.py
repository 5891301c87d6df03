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


def _passages(explanation: Explanation, severity: int, words: Words) -> list[Passage]:
    passages = [Passage(explanation.title, tone=Tone.TITLE, severity=severity)]
    if explanation.meaning:
        passages.append(Passage(explanation.meaning))
    for section in explanation.sections:
        heading = words(f"narrative.section.{section.kind}")
        paragraphs = section.paragraphs or ("",)
        for index, paragraph in enumerate(paragraphs):
            last = index == len(paragraphs) - 1
            passages.append(
                Passage(paragraph, "" if index else heading, section.packets if last else ())
            )
    return passages


def packet_document(session: Session, row: int, severity: int, words: Words) -> Document:
    """What one packet is and why."""
    return tuple(_passages(explain_packet(session, row, words), severity, words))


def stream_document(session: Session, stream: int, findings: tuple[Finding, ...], words: Words) -> Document:
    """What happened to one connection: its findings, the gravest first."""
    packets = int(session.streams.packets[stream])
    passages: list[Passage] = []
    if not any(finding.severity >= Severity.WARNING for finding in findings):
        passages.append(Passage(words("screen.explain.clean"), tone=Tone.TITLE))
        passages.append(Passage(words("screen.explain.clean_meaning", packets=packets)))
    if findings:
        view = session.view(stream)
        for finding in sorted(findings, key=lambda finding: -finding.severity):
            passages += _passages(explain_finding(finding, view, words), int(finding.severity), words)
    return tuple(passages)


def empty_document(words: Words) -> Document:
    """What to show while nothing is selected."""
    return (Passage(words("screen.explain.nothing"), tone=Tone.FAINT),)
