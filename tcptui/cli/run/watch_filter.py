"""``--no-screen -Y``: which findings are about connections that a display filter shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tcptui.cli.run.filtering import WrongFilterError
from tcptui.dfilter.errors import FilterError
from tcptui.model.lru import LruCache
from tcptui.session.filtering.run import FilterRun
from tcptui.session.watch.finding_log import FindingChange

if TYPE_CHECKING:
    from tcptui.dfilter.compile import Compiled
    from tcptui.session.session import Session
    from tcptui.session.watch.finding_log import FindingEvent
    from tcptui.words.catalogue import Words


#: LRU size: findings of which is remembered that they were shown.
FINDINGS_KEPT: Final = 100_000


class Shown:
    """Asks the packets of a finding's connection when the finding is told; for one thread.

    Raises WrongFilterError for a field that nothing reads.
    """

    def __init__(self, session: Session, compiled: Compiled, words: Words) -> None:
        self._session = session
        self._told: LruCache[int, bool] = LruCache(FINDINGS_KEPT)
        """Numbers of the findings that were shown: what becomes of them is shown, too."""
        try:
            self._run = FilterRun(session, compiled)
        except FilterError as error:
            raise WrongFilterError("-Y", error, words) from error

    def shown(self, event: FindingEvent) -> FindingEvent | None:
        """``event``, or None unless a packet of its connection, or of one of several, matches.

        Of a finding that was not shown before, a change is its beginning.
        """
        if self._told.get(event.number):
            return event
        streams = (event.finding.stream,) if event.whole is None else event.whole.streams
        if event.event is FindingChange.GONE or not any(self._matches(stream) for stream in streams):
            return None
        self._told.put(event.number, True)
        return replace(event, event=FindingChange.FOUND)

    def _matches(self, stream: int) -> bool:
        rows = self._session.rows_of(stream)
        return bool(self._run.of_rows(rows[rows >= self._session.store.first]).any())
