"""Decides which streams are judged, and when, as they grow: what is due in slices of time, what is opened at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.cached_findings import CachedFindings
from tcptui.access.regrowth import PROMPT_SEGMENTS, REGROWTH
from tcptui.analysis.correction.find import may_need
from tcptui.analysis.correction.lone_syns import are_lone_syns, correct_lone_syns
from tcptui.analysis.stream.view import gather_streams, view_stream
from tcptui.findings.annotate import LONE_SYNS, needs_attention, with_payload_findings
from tcptui.model.arrays import sorted_unique
from tcptui.model.sparse_mask import NONE, SparseMask
from tcptui.session.bulk_findings import BulkFindings
from tcptui.session.findings_cache import END_INDEPENDENT, FindingsCache
from tcptui.session.input_priority import input_priority
from tcptui.session.selection import Selection
from tcptui.session.stream_judge import READ_SEGMENTS, StreamJudge, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.correction.apply import Replay
    from tcptui.analysis.stream.row_order import RowOrder
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import Gathered, StreamView
    from tcptui.findings.facts import RuleContext
    from tcptui.findings.stream_findings import BatchFindings
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I32, PacketStore
    from tcptui.protocols.prefilter import Prefilter

#: Segments from which on judging takes long: such a stream is judged again only at `LONG_REGROWTH` times the segments.
LONG: Final = 200_000
LONG_REGROWTH: Final = 8
#: How many segments, of several streams, are gathered in one pass over the rows.
GATHERED_SEGMENTS: Final = 500_000
#: How many streams are looked back at together where a key may be waiting for it.
JUDGED_AT_ONCE: Final = 16


def never() -> bool:
    """Answer that it is not late."""
    return False


class Judging:
    """Has the streams of one session judged, and their findings cached."""

    def __init__(self, store: PacketStore, streams: StreamTable, rows_of: Callable[[int], I32], replay: Replay) -> None:
        self.store, self.streams, self._rows_of, self._replay = store, streams, rows_of, replay
        self.judge = StreamJudge(store, streams, replay)
        self.cache = FindingsCache(streams)
        self._bulk = BulkFindings(store, streams, self.judge, self.cache)
        self.keys_revision: Callable[[], int] = lambda: 0
        """`KeyLog.revision`: whether secrets have come that were missing."""
        self._asked_with: dict[int, int] = {}
        """That of the last question about a stream, where it was another than 0."""
        self.screening: Prefilter | None = None
        """Chooses the streams whose payload is judged in the background; None: no stream."""
        self.waiting = 0
        """How many due streams the last `refresh` had no time for."""
        self.unlooked = 0
        """Those of them with packets that no judgement has seen; the others were only to be judged once more."""

    @property
    def context(self) -> RuleContext:
        """The rules' knowledge beyond a stream itself."""
        return self.judge.context

    @context.setter
    def context(self, context: RuleContext) -> None:
        if context.place.own_host != self.context.place.own_host:
            self.cache.outdate()
        self.judge.context = context

    # -- a single stream ----------------------------------------------------------------

    def current_findings(self, stream: int, *, prompt: bool = True) -> CachedFindings:
        """The current findings of ``stream``, judged now if necessary, and of how many segments they tell.

        Findings about evicted rows are kept from the time of eviction.  With ``prompt``, a stream of more than
        `PROMPT_SEGMENTS` is not judged here: its cached findings are returned, or none.
        """
        cache = self.cache
        cache.reserve(stream + 1)
        segments = int(self.streams.packets[stream])
        if not segments and not self.streams.are_stored(np.array([stream]))[0]:
            return CachedFindings((), 0)
        judged = int(cache.judged[stream])  # before the findings, which another thread may renew meanwhile
        known, keys = cache.get(stream), self.keys_revision()
        is_fresh = keys == self._asked_with.get(stream, 0)
        if known is not None and segments == judged and is_fresh:
            return CachedFindings(known if cache.is_whole(stream) else self._read_through(stream, known), segments)
        if prompt and segments > PROMPT_SEGMENTS:
            return CachedFindings(known or (), judged)
        if not is_fresh:
            self._asked_with[stream] = keys
        view = view_stream(self.store, self.streams, stream, self._rows_of(stream))
        self._look_back([view])
        return CachedFindings(self._conclude(view, read=True), view.evicted + len(view))

    def is_ordinary(self, stream: int) -> bool:
        """Whether ``stream`` is never due: the stream table and its payload as far as read need no judgement."""
        row = slice(stream, stream + 1)
        read = self.screening is not None and self.screening.read()[stream]
        return not (read or needs_attention(self.streams, row)[0] or may_need(self.streams, row)[0])

    def _read_through(self, stream: int, known: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """``known``, the findings of a stream that was judged without its payload, and those of its payload."""
        view = view_stream(self.store, self.streams, stream, self._rows_of(stream))
        # A byte stream whose beginning was evicted cannot be parsed.
        findings = known if view.evicted else with_payload_findings(view, self.context, known)
        self.cache.add_payload(stream, findings, view.newest_ns - self.context.live)
        return findings

    # -- very many ----------------------------------------------------------------------

    def selection(self, chosen: NDArray[np.int64], order: RowOrder | None = None) -> Selection:
        """The kept streams of ``chosen`` (ascending), and what `judged` must know of each.

        With ``order``, rows are not searched for: for a selection that is taken in many parts.
        """
        self.cache.reserve(self.streams.count)
        chosen = chosen[self.streams.are_stored(chosen)]
        read, known = self._read_in_advance(), self.cache.has(chosen)
        # Somebody may have opened a stream of which others are not told the payload's notes: what bulk readers are
        # told must not depend on that.
        cached = np.flatnonzero(known)  # none of a report that judges what it tells of, and then of all
        known[cached] = [self._is_stored_as(stream, bool(read[stream])) for stream in chosen[cached].tolist()]
        alone = np.zeros(len(chosen), np.bool_)
        return Selection(chosen, known, self.judge.may_need(chosen), alone, read, order)

    def _is_stored_as(self, stream: int, read: bool) -> bool:
        """Whether the stored findings of ``stream`` are with those of its payload, or without, as ``read`` says."""
        is_never_read = int(self.streams.packets[stream]) > READ_SEGMENTS
        return self.cache.is_whole(stream) == (read or is_never_read)

    def judged(self, selection: Selection, *, parts: bool = True) -> Iterator[BatchFindings]:
        """The findings of ``selection`` in chunks that memory can hold, not cached; ``parts``: and time budgets."""
        return self._bulk.of(selection, parts=parts)

    # -- what is due --------------------------------------------------------------------

    def refresh(self, seconds: float, *, settle: bool) -> bool:
        """Judge streams again that may have problems, for about ``seconds``; returns whether any are left.

        With ``settle`` (the input has ended) every changed stream is due, however little it grew.
        """
        due, read = self._due(settle=settle)
        deadline = time.monotonic() + seconds
        return self._judge_all(due, read, lambda: time.monotonic() > deadline)

    def due_at_end(self) -> tuple[NDArray[np.int64], SparseMask]:
        """The streams to judge (ascending) once the input has ended, and those whose payload is judged."""
        due, read = self._due(settle=True)
        return self._without_lone_syns(due), read

    def _due(self, *, settle: bool) -> tuple[NDArray[np.int64], SparseMask]:
        """The streams to judge (ascending), and those whose payload is judged."""
        cache, streams, count = self.cache, self.streams, self.streams.count
        cache.reserve(count)
        rows = streams.places(count)
        gone = streams.evicted[rows]
        packets = streams.packets[rows] - gone
        judged = np.maximum(cache.judged[rows] - gone, 0)
        grown = packets > judged * (1 if settle else np.where(packets > LONG, LONG_REGROWTH, REGROWTH))
        # Findings about silence depend on the capture's end: judge again what was judged by an earlier end.
        stale = (cache.judged[rows] > 0) & (cache.judged_until[rows] < self.store.latest_ns) & settle
        read = self._read_in_advance()
        # What is judged of its payload may be more than a note, whatever the table says of the stream.
        needed = needs_attention(streams, rows) | may_need(streams, rows) | read[rows]
        if cache.observer is not None:
            grown |= (packets > judged) & cache.observer.due(rows)
        due = np.flatnonzero((grown & needed) | stale)
        return due if isinstance(rows, slice) else rows[due].astype(np.int64), read

    def _read_in_advance(self) -> SparseMask:
        """The streams whose payload is judged before somebody opens them."""
        if self.screening is None:
            return NONE
        self.screening.update()
        return self.screening.read()

    def _without_lone_syns(self, due: NDArray[np.int64]) -> NDArray[np.int64]:
        """``due`` without lone SYNs, if there are as many as in a scan; their states are corrected in bulk instead."""
        lone = are_lone_syns(self.streams, due)
        if int(np.count_nonzero(lone)) <= LONE_SYNS:
            return due
        crowd = due[lone]
        settled, open_yet = correct_lone_syns(self.store, self.streams, crowd, self._replay)
        self.cache.settle(crowd[settled])
        lone[lone] = settled | open_yet
        return due[~lone]

    def _judge_all(self, due: NDArray[np.int64], read: SparseMask, is_late: Callable[[], bool]) -> bool:
        """Judge the streams ``due`` (ascending) until it ``is_late``; returns whether any are left."""
        due = self._without_lone_syns(due)
        while len(due):
            if is_late():
                self.note_left(due)
                return True
            # One pass over the rows gathers up to `GATHERED_SEGMENTS`; a longer stream is gathered alone.
            kept = self.streams.packets[due] - self.streams.evicted[due]
            upto, done = max(int(np.searchsorted(np.cumsum(kept), GATHERED_SEGMENTS)), 1), 0
            for some in gather_streams(self.store, self.streams, due[:upto]):
                done += sum(1 for _ in self.judge_each(some, np.arange(len(some.streams)), read, is_late))
                if is_late():
                    break
            due = due[done:]
        self.waiting = self.unlooked = 0
        return False

    def note_left(self, left: NDArray[np.int64]) -> None:
        """Note which streams are ``left`` to be judged."""
        self.waiting = len(left)
        self.unlooked = int(np.count_nonzero(self.streams.packets[left] > self.cache.judged[left]))

    def judge_each(
        self, gathered: Gathered, places: NDArray[np.int64], read: SparseMask, is_late: Callable[[], bool] = never
    ) -> Iterator[int]:
        """Judge the streams at ``places`` in ``gathered`` until it ``is_late``, at least one, and cache the findings.

        Yields their numbers.  Were none judged where looking back at it takes longer than there is time, it would be
        looked back at again and again.
        """
        few, of_few = gathered.few(places)
        begin, size = 0, 1  # grows, so that what has been looked back at in vain was less than what has been judged
        with self.judge.amid(gathered):
            while begin < len(places) and not (begin and is_late()):
                input_priority.step_aside()
                views = list(map(few.view, of_few[begin : begin + size]))
                self._look_back(views)
                # From the last one, so that each view is dropped once it was judged.
                views.reverse()
                while views and not (begin and is_late()):
                    input_priority.step_aside()
                    view = views.pop()
                    self._conclude(view, read=bool(read[view.stream]))
                    yield view.stream
                begin, size = begin + size, min(2 * size, JUDGED_AT_ONCE)

    def _look_back(self, views: list[StreamView]) -> None:
        needed = self.judge.may_need(np.fromiter((view.stream for view in views), np.int64, len(views))).tolist()
        self.judge.look_back(
            Whole(view, corrects, self.cache.judged_rows(view)) for view, corrects in zip(views, needed, strict=True)
        )

    def _conclude(self, view: StreamView, *, read: bool) -> tuple[Finding, ...]:
        """Judge ``view``, which has been looked back at, and cache the findings; with ``read``, of its payload, too."""
        stream, segments, is_long = view.stream, view.evicted + len(view), len(view) > READ_SEGMENTS
        findings = self.judge.findings(view, self.cache.frozen(stream), read=read)
        # One less while live, so that the end of the capture makes the entry stale even without a new packet: only
        # then silence is final, and a message that was cut off incomplete.
        until = view.newest_ns - self.context.live if view.hangs_on_end or read else END_INDEPENDENT
        self.cache.store((stream, findings, segments, until, read or is_long))
        return findings

    # -- eviction -----------------------------------------------------------------------

    def before_eviction(self, first: int, is_late: Callable[[], bool] = never) -> None:
        """Before rows up to ``first`` (exclusive) are evicted: judge the streams that lose rows, as a whole.

        Once it ``is_late``, because the capture was ended, those that have not been judged are not any more.
        Freezes the findings of streams that may have problems; for the others the stream table is enough.
        """
        streams = self.streams
        self.cache.reserve(streams.count)
        of_row = self.store.stream[self.store.first : first]
        losing = sorted_unique(of_row[of_row >= 0]).astype(np.int64)
        read = self._read_in_advance()
        places = streams.places()
        needed = needs_attention(streams, places) | may_need(streams, places)
        at = losing if isinstance(places, slice) else np.searchsorted(places, losing)
        losing = losing[needed[at] | read[losing]]
        self._judge_all(losing[streams.packets[losing] > self.cache.judged[losing]], read, is_late)
        for stream in losing.tolist():
            self.cache.freeze(stream, int(self.store.latest_ns - streams.latest_ns[stream]))

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop everything about ``streams`` (ascending), which were evicted."""
        self.cache.evict(streams)
        if self.screening is not None:
            self.screening.evict(streams)
