"""The findings about a whole capture, with a look at all that is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections, finding_short, finding_title, what_happened
from tcptui.words.language import Language

if TYPE_CHECKING:
    from tcptui.model.finding import CaptureFinding
    from tcptui.session.session import Session


def capture_findings(session: Session) -> list[CaptureFinding]:
    """The findings; all of their words are there in both languages."""
    found = list(session.diagnosis.findings)
    for one in found:
        for words in map(Words, Language):
            assert finding_title(one.finding, words)
            assert finding_short(one.finding, words)
            assert what_happened(one.finding, words)
            assert all(line for part in finding_sections(one.finding, words) for line in part.lines)
    return found


def by_id(session: Session) -> dict[str, CaptureFinding]:
    """`capture_findings` by their ids."""
    return {one.finding.id.value: one for one in capture_findings(session)}
