"""Conclusions about a capture as a whole: its diagnosis, and the trouble of its connections in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.finding import FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from tcptui.access.outside_tcp import OutsideTcp
    from tcptui.findings.rules.whole_capture.diagnose import CaptureDiagnosis
    from tcptui.findings.stream_findings import StreamFindings
    from tcptui.findings.trouble import Trouble
    from tcptui.model.request import Request
    from tcptui.protocols.row_notes import NotedRows
    from tcptui.session.session import Session


class Conclusions:
    """Concludes anew when something has changed that it follows from.

    What it needs comes with the rules, which are imported late: see `LazyAnnotator`.
    """

    def __init__(self, session: Session, noted: NotedRows) -> None:
        """``noted``: the rows of messages outside TCP among others."""
        self._session = session
        self._noted = noted
        self._outside: OutsideTcp | None = None
        self._known: tuple[tuple[int, int, int, int], CaptureDiagnosis, Trouble] | None = None
        """The newest `newest`, and what it was made from."""

    def newest(self) -> tuple[CaptureDiagnosis, Trouble]:
        """From what has been read and judged so far."""
        session = self._session
        state = session.store.count, session.judged_at_count, session.unjudged, session.own_revision
        if self._known is None or self._known[0] != state:
            self._known = state, *self.conclude(session.above_note())
        return self._known[1:]

    def diagnose(self, above_note: StreamFindings) -> CaptureDiagnosis:
        """From ``above_note``: the findings of each stream with a warning or an error."""
        from tcptui.access.outside_tcp import OutsideTcp
        from tcptui.access.truncated import truncated_answers
        from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
        from tcptui.findings.rules.whole_capture.diagnose import diagnose

        if self._outside is None:
            self._outside = OutsideTcp(self._session, self._noted.outside)
        of_rules = _of_rules(above_note) if self._session.has_own_findings else above_note
        session = self._session
        return diagnose(
            CaptureFacts(
                session.store,
                session.streams,
                of_rules,
                self._requests_of,
                lambda: truncated_answers(session),
                self._segments,
                self._outside.newest,
            )
        )

    def _requests_of(self, stream: int) -> tuple[Request, ...]:
        """The requests of ``stream``; none where its packets cannot be read."""
        from tcptui.access.requests import cached_requests

        try:
            return cached_requests(self._session, stream)
        except OSError:
            return ()

    def _segments(self, rows: NDArray[np.int64]) -> list[bytes]:
        """TCP header and payload of each of ``rows``; empty where they cannot be read."""
        try:
            return self._session.reader.segments(rows)
        except OSError:
            return [b""] * len(rows)

    def conclude(
        self, above_note: StreamFindings, shown: Iterable[int] | None = None
    ) -> tuple[CaptureDiagnosis, Trouble]:
        """From ``above_note``, as `diagnose`; ``shown``: the trouble of these streams only."""
        from tcptui.findings.trouble import find_trouble, trouble_of

        diagnosis = self.diagnose(above_note)
        if shown is None:
            return diagnosis, find_trouble(diagnosis, above_note, self._time_of)
        return diagnosis, trouble_of(frozenset(shown), diagnosis, above_note, self._time_of)

    def trouble_of(self, streams: Iterable[int]) -> Trouble:
        """The trouble of ``streams`` only: concluded from all, and the rest left out."""
        from tcptui.findings.trouble import trouble_of

        return trouble_of(frozenset(streams), self.newest()[0], self._session.above_note(), self._time_of)

    def _time_of(self, frame: int) -> int:
        store = self._session.store
        row = store.row_of_frame(frame)
        return int(store.time_ns[row]) if row >= 0 else 0


def _of_rules(above_note: StreamFindings) -> StreamFindings:
    """``above_note`` without what a user has defined: nothing is concluded from that."""
    found = above_note.some(above_note)
    for stream, findings in above_note.items():
        of_rules = tuple(finding for finding in findings if isinstance(finding.id, FindingId))
        if not any(finding.severity > Severity.NOTE for finding in of_rules):
            del found[stream]
        elif len(of_rules) < len(findings):
            found[stream] = of_rules
    return found
