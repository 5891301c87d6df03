"""``--no-screen -Y``: which findings are about connections that a display filter shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tcptui.access.stream_rows import place_of
from tcptui.cli.run.filtering import WrongFilterError
from tcptui.dfilter.errors import FilterError
from tcptui.model.lru import LruCache
from tcptui.session.filtering.live import BLOCKS_AGAIN, REGROWTH, answers_may_change
from tcptui.session.filtering.run import FilterRun
from tcptui.session.reading_again import packets_read_again
from tcptui.session.watch.finding_log import FindingChange

if TYPE_CHECKING:
    from tcptui.dfilter.compile import Compiled
    from tcptui.model.packet_store import I32
    from tcptui.session.session import Session
    from tcptui.session.watch.finding_log import FindingEvent
    from tcptui.words.catalogue import Words


#: LRU size: findings of which is remembered that they were shown.
FINDINGS_CACHED: Final = 100_000
#: Connections at most of which is remembered what their packets answered.
CONNECTIONS_CACHED: Final = 100_000


@dataclass(frozen=True, slots=True)
class _PacketAnswers:
    """The answers of a connection's packets to the filter."""

    matches: bool = False
    stop: int = 0
    """How many packets there were: those of the connection were asked."""
    rows: int = 0
    """How many the connection had when all of them were asked last."""
    allowance: int = 0
    """How many may be asked again, by the events told since."""
    is_judged: bool = False
    """Whether they had been judged."""
    is_final: bool = False
    """Whether all were asked at a finding of the connection after its last packet."""


class Shown:
    """Asks the packets of a finding's connection when the finding is told; for one thread.

    A packet is asked once, unless judging or later packets may change its answer.  Then all packets of the connection
    are asked when it has grown by `REGROWTH`, so 5 for each new one, and at one event after the capture's end.  At
    others `BLOCKS_AGAIN` blocks (`FilterRun.block`) are asked again on average: all packets of a connection that is
    not longer, of a longer one all when so many events have been told that they pay for it.

    Raises WrongFilterError for a field that nothing reads.
    """

    def __init__(self, session: Session, compiled: Compiled, words: Words) -> None:
        self._session = session
        self._words = words
        self._told: LruCache[int, bool] = LruCache(FINDINGS_CACHED)
        """Numbers of the findings that were shown: what becomes of them is shown, too."""
        self._asked: dict[int, _PacketAnswers] = {}
        """By connection, in the order in which they were asked, so `stop` ascends."""
        self._changes = answers_may_change(compiled)
        try:
            self._run = FilterRun(session, compiled)
        except FilterError as error:
            raise WrongFilterError("-Y", error, words) from error

    def shown(self, event: FindingEvent) -> FindingEvent | None:
        """``event``, or None unless a packet of its connection, or of one of several, matches.

        Of a finding that was not shown before, a change is its beginning.  Raises InputError where packets cannot be
        read again, WrongFilterError where a regular expression takes too long.
        """
        if self._told.get(event.number):
            return event
        if event.event is FindingChange.GONE or not self._is_shown(event):
            return None
        self._told.put(event.number, True)
        return replace(event, event=FindingChange.FOUND)

    def _is_shown(self, event: FindingEvent) -> bool:
        self._forget()
        try:
            with packets_read_again(self._session):
                if event.whole is None:
                    return self._matches(event.finding.stream, was_judged=True)
                return any(self._matches(stream, was_judged=False) for stream in event.whole.streams)
        except FilterError as error:
            raise WrongFilterError("-Y", error, self._words) from error

    def _forget(self) -> None:
        """Drop connections of which all that was asked is evicted, and those asked longest ago if there are many."""
        first = self._session.store.first
        while self._asked:
            oldest = next(iter(self._asked))
            if self._asked[oldest].stop > first and len(self._asked) <= CONNECTIONS_CACHED:
                return
            del self._asked[oldest]

    def _matches(self, stream: int, *, was_judged: bool) -> bool:
        """Whether a packet of ``stream`` matches; with ``was_judged``, it has been judged since it was asked last."""
        known = self._asked.get(stream, _PacketAnswers())
        store, catch_up = self._session.store, self._session.catch_up
        rows = self._session.rows_of(stream)
        fresh = rows[place_of(rows, known.stop) :]
        is_judged = catch_up.judged_at_count >= store.count
        if not (was_judged or len(fresh) or (is_judged and not known.is_judged)):
            return known.matches
        ends = catch_up.settled and was_judged and not known.is_final
        allowance = known.allowance + BLOCKS_AGAIN * self._run.block
        if self._changes and (ends or len(rows) <= allowance or len(rows) > known.rows * REGROWTH):
            asked = _PacketAnswers(self._any(rows, whole=True), rows=len(rows), is_final=known.is_final or ends)
        else:
            matches = known.matches or self._any(fresh, whole=False)
            asked = replace(known, matches=matches, allowance=allowance)
        self._asked.pop(stream, None)
        self._asked[stream] = replace(asked, stop=store.count, is_judged=is_judged)
        return asked.matches

    def _any(self, rows: I32, *, whole: bool) -> bool:
        """Whether any of ``rows`` matches; ``whole``: they are all of a connection."""
        run, block = self._run, self._run.block
        return any(run.of_rows(rows[at : at + block], whole=whole).any() for at in range(0, len(rows), block))
