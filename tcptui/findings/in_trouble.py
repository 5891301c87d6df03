"""What of the findings of connections the whole capture is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.findings.causes import stories
from tcptui.findings.stream_findings import StreamFindings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.findings.stream_findings import BatchFindings
    from tcptui.model.finding import Finding


def in_trouble(told: BatchFindings) -> StreamFindings:
    """The warnings and errors of each stream of ``told`` that has any, with their symptoms."""
    above_note = StreamFindings()
    for place, findings in told.others.items():
        if found := _above_note(findings):
            above_note[int(told.streams[place])] = found
    for kind in told.kinds:
        if found := _above_note(kind.findings):
            above_note.add_batch(kind.only(found))
    return above_note


def _above_note(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for story in stories(findings) for finding in (story.cause, *story.symptoms))
