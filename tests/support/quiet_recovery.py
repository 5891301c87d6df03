"""What is said of a connection against where its time went: "no loss" beside time spent on recovery from loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.access.cached_findings import CachedFindings
from tcptui.access.open_capture import rows_seen
from tcptui.analysis.timing.budget import Part
from tcptui.ui.explain_document import prefetch_time_budget, stream_document
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from tcptui.session.session import Session

WORDS = Words(Language.EN)


def quiet_recoveries(session: Session) -> list[tuple[str, int, str]]:
    """The connections of ``session`` that are called unusual in nothing though time went into recovery."""
    found = []
    for stream, findings in session.each_findings(range(session.streams.count)):
        prefetch_time_budget(session, stream, WORDS)
        document = stream_document(session, stream, CachedFindings(findings, rows_seen(session, stream)), WORDS)
        spent = [share.time for passage in document for share in passage.bar if share.part is Part.RECOVERY]
        if spent and document[0].text == WORDS("screen.explain.clean"):
            found.append((session.label, stream, spent[0]))
    return found
