"""Writes TCP traces (`traces`) as real captures, so that rules are tested on what the whole engine makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.resend.classify import causes
from tcptui.analysis.stream.same_server import Siblings
from tcptui.analysis.timing.budget import TimeBudget, time_budget
from tcptui.findings.annotate import annotate
from tcptui.findings.facts import RuleContext
from tcptui.model.resend_cause import ResendCause
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tcptui.model.finding import Finding


@dataclass
class Told:
    """A trace as the engine sees it."""

    session: Session

    @property
    def findings(self) -> dict[str, Finding]:
        """Findings of stream 0 by id."""
        return {finding.id.value: finding for finding in self.stream(0)}

    def stream(self, stream: int) -> tuple[Finding, ...]:
        """Findings of ``stream``."""
        context = RuleContext(
            quality=self.session.quality,
            read_packet=self.session.reader.packet,
            read_segments=self.session.reader.segments,
            siblings=Siblings(self.session.store, self.session.streams),
        )
        return annotate(view_of(self.session, stream), context)

    @property
    def budget(self) -> TimeBudget:
        """Where the time of stream 0 went."""
        return time_budget(view_of(self.session, 0))

    @property
    def causes(self) -> list[str]:
        """Cause of each segment of stream 0; empty where the question does not arise."""
        found = causes(view_of(self.session, 0)).tolist()
        return [ResendCause(value).label if value else "" for value in found]


@pytest.fixture
def told(tmp_path: Path) -> Callable[[Sequence[str]], Told]:
    """A function from trace lines to what the engine makes of them."""

    def run(lines: Sequence[str]) -> Told:
        return Told(open_file(write_trace(tmp_path / "trace.pcap", lines)))

    return run
