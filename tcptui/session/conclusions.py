"""What can be said of a capture as a whole: its diagnosis, and the trouble of its connections in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.finding import FindingId, Severity
from tcptui.protocols.dns.answer_rows import DnsRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tcptui.findings.rules.whole_capture.diagnose import CaptureDiagnosis
    from tcptui.findings.trouble import Trouble
    from tcptui.model.finding import Finding
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.row_notes import NotedRows
    from tcptui.session.dns_answers import DnsAnswers
    from tcptui.session.session import Session

    #: The findings of each connection with a warning or an error.
    Loud = Mapping[int, tuple[Finding, ...]]


class Conclusions:
    """Concludes anew when something has changed that it follows from.

    What it needs comes with the rules, which are imported late: see `LazyAnnotator`.
    """

    def __init__(self, session: Session, noted: NotedRows, read: Callable[[int], PacketView]) -> None:
        """``noted``: the rows with DNS answers among others; ``read``: makes the view of a row."""
        self._session = session
        self._noted = noted
        self._read = read
        self._dns: DnsAnswers | None = None
        self._known: tuple[tuple[int, int, int, int], CaptureDiagnosis, Trouble] | None = None
        """The newest `newest`, and what it was made from."""

    def newest(self) -> tuple[CaptureDiagnosis, Trouble]:
        """From what has been read and judged so far."""
        session = self._session
        state = session.store.count, session.catch_up.judged_at_count, session.unjudged, session.own_revision
        if self._known is None or self._known[0] != state:
            self._known = state, *self.of(session.loud())
        return self._known[1:]

    def of(self, loud: Loud) -> tuple[CaptureDiagnosis, Trouble]:
        """From ``loud``."""
        from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
        from tcptui.findings.rules.whole_capture.diagnose import diagnose
        from tcptui.findings.trouble import find_trouble
        from tcptui.session.dns_answers import DnsAnswers

        if self._dns is None:
            self._dns = DnsAnswers(self._noted.of(DnsRows), self._read)
        store, streams = self._session.store, self._session.streams
        diagnosis = diagnose(CaptureFacts(store, streams, _of_rules(loud), self._dns.newest))
        return diagnosis, find_trouble(diagnosis, loud, self._time_of)

    def trouble_of(self, streams: Iterable[int]) -> Trouble:
        """The trouble of ``streams`` only: concluded from all, and the rest left out."""
        from tcptui.findings.trouble import trouble_of

        return trouble_of(frozenset(streams), self.newest()[0], self._session.loud(), self._time_of)

    def _time_of(self, frame: int) -> int:
        store = self._session.store
        row = store.row_of_frame(frame)
        return int(store.time_ns[row]) if row >= 0 else 0


def _of_rules(loud: Loud) -> dict[int, tuple[Finding, ...]]:
    """``loud`` without what a user has defined: nothing is concluded from that."""
    found = {
        stream: tuple(finding for finding in findings if isinstance(finding.id, FindingId))
        for stream, findings in loud.items()
    }
    return {
        stream: findings
        for stream, findings in found.items()
        if any(finding.severity > Severity.NOTE for finding in findings)
    }
