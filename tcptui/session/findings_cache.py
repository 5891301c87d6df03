"""Caches the findings of all streams, and decides which streams are judged again, and when, as they grow.

To *judge* a stream is to run the rules on it.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.access.cached_findings import CachedFindings
from tcptui.access.regrowth import PROMPT_SEGMENTS, REGROWTH
from tcptui.analysis.correction.apply import correct
from tcptui.analysis.correction.find import hindsight, may_need
from tcptui.analysis.correction.lone_syns import are_lone_syns, correct_lone_syns
from tcptui.analysis.resend.classify import causes
from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.row_order import RowOrder
from tcptui.analysis.stream.same_server import Siblings
from tcptui.analysis.stream.same_shape import SameShapeView, same_shapes
from tcptui.analysis.stream.view import StreamView, gather_streams, view_stream
from tcptui.analysis.timing.budget import split_batched, time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.findings.annotate import LONE_SYNS, annotate, annotated, needs_attention, with_payload_findings
from tcptui.findings.batch_evaluation import judge_batches, run_batches
from tcptui.findings.evicted import findings_of_stored_rows, joined, still_valid
from tcptui.findings.facts import ConnectionFacts, RuleContext
from tcptui.findings.stream_findings import BatchFindings, DeferredFindings, StreamFindings, as_objects, cells
from tcptui.findings.weight import connection_seconds_lost, rank_of
from tcptui.model.arrays import sorted_unique
from tcptui.model.batched import Batched
from tcptui.model.finding import Finding, Severity
from tcptui.model.packet_store import CORRECTED_COLUMNS, DecodeIssue
from tcptui.model.sparse_array import emptied, grown
from tcptui.model.sparse_mask import NONE, SparseMask
from tcptui.session.input_priority import input_priority
from tcptui.session.judgement import SameShapeJudged
from tcptui.session.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.correction.apply import Replay
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import Gathered
    from tcptui.findings.stream_findings import MaybeDeferred, SameShapeFindings
    from tcptui.model.packet_store import I32, U8, PacketStore
    from tcptui.protocols.prefilter import Prefilter
    from tcptui.session.judgement import Judgement
    from tcptui.session.observer import Observer
    from tcptui.session.sharing import Sharing

    #: A stream's place in `Gathered.streams`, its findings, and its time budget (ns, one entry per `Part`; or empty).
    Told = tuple[int, tuple[Finding, ...], tuple[int, ...]]

#: Segments from which on judging takes long: such a stream is judged again only at `LONG_REGROWTH` times the segments.
LONG: Final = 200_000
LONG_REGROWTH: Final = 8
#: The payload of streams with more segments is not read: that takes seconds, and as much memory as the capture.
READ_SEGMENTS: Final = 1_000_000
#: Value of `_judged_until` for findings that do not depend on where the capture ends.
_END_INDEPENDENT: Final = np.iinfo(np.int64).max
#: The columns with one entry per stream.
_COLUMNS: Final = ("_judged", "_judged_until", "severity", "lost_ns")
#: How many segments, of several streams, are gathered in one pass over the rows.
GATHERED_SEGMENTS: Final = 500_000
#: How many streams are looked back at together (`correct`); more save no time, and their views take memory.
LOOKED_BACK_AT_ONCE: Final = 256
#: How many where a key may be waiting for it.
JUDGED_AT_ONCE: Final = 16


def _never() -> bool:
    return False


def _without(places: NDArray[np.int64], kinds: list[SameShapeFindings]) -> NDArray[np.int64]:
    """``places`` but those of ``kinds``, in one pass: there may be thousands of kinds."""
    judged = [kind.places for kind in kinds]
    return np.setdiff1d(places, np.concatenate(judged), assume_unique=True) if judged else places


class FindingsCache:
    """The findings of each stream, and the worst severity among them."""

    def __init__(self, store: PacketStore, streams: StreamTable, rows_of: Callable[[int], I32], replay: Replay) -> None:
        self._store = store
        self._streams = streams
        self._rows_of = rows_of
        self._replay = replay
        self._findings = StreamFindings()
        self._judged = np.zeros(256, np.int64)
        """Per stream: its number of segments, evicted ones included, when it was last judged; 0: never."""
        self._judged_until = np.zeros(256, np.int64)
        """Time (ns) of the capture's newest frame then, if the findings depend on it; else `_END_INDEPENDENT`."""
        self.severity: U8 = np.zeros(256, np.uint8)
        """Worst `Severity` per stream; 0: no finding, or not judged, which may hide notes only."""
        self.lost_ns = np.zeros(256, np.int64)
        """Per stream the nanoseconds that its warnings and errors cost it, at least (`connection_seconds_lost`)."""
        self._frozen: dict[int, tuple[int, int, tuple[Finding, ...]]] = {}
        """Of streams with evicted rows, as of just before the eviction: segments, silence (ns), and findings."""
        self._siblings = Siblings(store, streams)
        self._renewed = streams.renewed
        self._whole: set[int] = set()
        """Streams whose payload was judged, too, or is never read (`READ_SEGMENTS`)."""
        self.keys_revision: Callable[[], int] = lambda: 0
        """`KeyLog.revision`: whether secrets have come that were missing."""
        self._asked_with: dict[int, int] = {}
        """That of the last question about a stream, where it was another than 0."""
        self.screening: Prefilter | None = None
        """Chooses the streams whose payload is judged in the background; None: no stream."""
        self._context = self._unread = RuleContext()
        self.context = self._context
        self.observer: Observer | None = None
        self.waiting = 0
        """How many due streams the last `refresh` had no time for."""
        self.unlooked = 0
        """Those of them with packets that no judgement has seen; the others were only to be judged once more."""

    @property
    def context(self) -> RuleContext:
        """What the rules know beyond a stream itself; its `siblings` are always filled in."""
        return self._context

    @context.setter
    def context(self, context: RuleContext) -> None:
        if context.place.own_host != self._context.place.own_host:
            # The same packets say something else now.  What was said of evicted ones stays.
            # Only kept streams are written to: after days nearly all are evicted, and their pages released.
            listed = self._streams.listed(min(self._streams.count, len(self._judged)))
            self._judged[listed[self._streams.evicted[listed] == 0]] = 0
        self._context = replace(context, siblings=self._siblings)
        self._unread = replace(self._context, directions=None)

    def current_findings(self, stream: int, *, prompt: bool = True) -> CachedFindings:
        """The current findings of ``stream``, judged now if necessary, and of how many segments they tell.

        Findings about evicted rows are kept from the time of eviction.  With ``prompt``, a stream of more than
        `PROMPT_SEGMENTS` is not judged here: its cached findings are returned, or none.
        """
        self._reserve(stream + 1)
        segments = int(self._streams.packets[stream])
        if not segments and not self._streams.are_stored(np.array([stream]))[0]:
            return CachedFindings((), 0)
        judged = int(self._judged[stream])  # before the findings, which another thread may renew meanwhile
        known, keys = self._findings.get(stream), self.keys_revision()
        is_fresh = keys == self._asked_with.get(stream, 0)
        if known is not None and segments == judged and is_fresh:
            return CachedFindings(known if stream in self._whole else self._read_through(stream, known), segments)
        if prompt and segments > PROMPT_SEGMENTS:
            return CachedFindings(known or (), judged)
        if not is_fresh:
            self._asked_with[stream] = keys
        view = view_stream(self._store, self._streams, stream, self._rows_of(stream))
        return CachedFindings(self._judge(view, read=True), view.evicted + len(view))

    def is_ordinary(self, stream: int) -> bool:
        """Whether ``stream`` is never due: the stream table and its payload as far as read need no judgement."""
        row = slice(stream, stream + 1)
        read = self.screening is not None and self.screening.read()[stream]
        return not (read or needs_attention(self._streams, row)[0] or may_need(self._streams, row)[0])

    def _read_through(self, stream: int, known: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """``known``, the findings of a stream that was judged without its payload, and those of its payload."""
        view = view_stream(self._store, self._streams, stream, self._rows_of(stream))
        # A byte stream whose beginning was evicted cannot be parsed.
        findings = known if view.evicted else with_payload_findings(view, self.context, known)
        self._findings[stream] = findings
        self._judged_until[stream] = min(int(self._judged_until[stream]), view.newest_ns - self.context.live)
        self._whole.add(stream)
        self._weigh(stream, findings)
        return findings

    def headline(self, stream: int) -> Finding | None:
        """The worst cached finding of ``stream`` above a note, of equal ones the costliest; None: none."""
        worst = max(self._findings.get(stream, ()), key=rank_of, default=None)
        return worst if worst is not None and worst.severity > Severity.NOTE else None

    def above_note(self) -> StreamFindings:
        """The cached findings of each kept stream that has a warning or an error among them."""
        listed = self._streams.listed(min(self._streams.count, len(self.severity)))
        chosen = listed[self.severity[listed] > Severity.NOTE]
        return self._findings.some(chosen.tolist())

    def selection(self, chosen: NDArray[np.int64], order: RowOrder | None = None) -> Selection:
        """The kept streams of ``chosen`` (ascending), and what `judged` must know of each.

        With ``order``, rows are not searched for: for a selection that is taken in many parts.
        """
        self._reserve(self._streams.count)
        chosen = chosen[self._streams.are_stored(chosen)]
        read = self._read_in_advance()
        known = self._streams.packets[chosen] == self._judged[chosen]
        judged = np.flatnonzero(known)  # none of a report that judges what it tells of, and then of all
        known[judged] = [self._is_cached_as(stream, bool(read[stream])) for stream in chosen[judged].tolist()]
        rows = chosen.astype(np.int32)
        alone = np.zeros(len(chosen), np.bool_)
        return Selection(chosen, known, may_need(self._streams, rows), alone, read, order)

    def _is_cached_as(self, stream: int, read: bool) -> bool:
        """Whether ``stream``'s findings are cached with those of its payload, or without, as ``read`` says.

        Somebody may have opened a stream that others are not told the payload's notes of: what bulk readers are told
        must not depend on that.
        """
        if int(self._streams.packets[stream]) > READ_SEGMENTS:
            read = True  # `_whole`, though it is never read
        return stream in self._findings and (stream in self._whole) == read

    def judged(self, selection: Selection, *, parts: bool = True) -> Iterator[BatchFindings]:
        """The findings of ``selection`` in chunks that memory can hold, not cached; ``parts``: and time budgets."""
        chosen, done = selection.streams, 0
        for gathered in gather_streams(self._store, self._streams, chosen, selection.order):
            upto = done + len(gathered.streams)
            chunk = [self._judged_chunk(gathered, selection.part(done, upto), parts=parts)]
            del gathered  # not held here while its findings are used
            yield chunk.pop()
            done = upto

    def _judged_chunk(self, gathered: Gathered, part: Selection, *, parts: bool) -> BatchFindings:
        """The findings of all streams in ``gathered``; ``part`` is what the selection says of them."""
        spent = np.zeros((len(gathered.streams), len(Part)), np.int64)
        places = np.arange(len(gathered.streams))
        kinds = self._together(gathered, part, places)
        for kind in kinds:
            for share, times in zip(Part, kind.parts, strict=True):
                spent[kind.places, share] = list(cells(times, len(kind)))
        places = _without(places, kinds)
        found: dict[int, tuple[Finding, ...]] = {}
        for place, findings, times in self._judge_one_by_one(gathered, part, places, parts=parts):
            found[place] = findings
            if parts:
                spent[place] = times
        return BatchFindings(gathered.streams, spent, kinds, found)

    def _together(self, gathered: Gathered, part: Selection, places: NDArray[np.int64]) -> list[SameShapeFindings]:
        """Judge those of the streams at ``places`` together that are alike; ``part``: the streams of ``gathered``."""
        streams = gathered.streams[places]
        apart = part.known[places] | part.alone[places] | part.read[streams] | gathered.quoted[places]
        apart |= (self._streams.evicted[streams] > 0) | (gathered.begins[places] == gathered.ends[places])
        looked: list[tuple[SameShapeView, bool]] = []
        for same in same_shapes(gathered, places[~apart]):
            # That is the same for all of them, as what it follows from is (`may_need`).
            corrects = bool(part.look_back[same.places[0]])
            looked += run_batches(SameShapeView(gathered, same), partial(self._look_back, corrects=corrects))
        self._write_hindsight(looked)
        self._siblings.gathered = gathered
        kinds = [kind for view, _ in looked for kind in judge_batches(view, self._unread)]
        self._siblings.gathered = None
        return kinds

    def _judge_one_by_one(
        self, gathered: Gathered, part: Selection, places: NDArray[np.int64], *, parts: bool
    ) -> Iterator[Told]:  # fmt: skip
        """Judge those of the streams at ``places`` one by one; with ``parts``, their time budgets."""
        known, look_back, read = part.known, part.look_back, part.read
        self._siblings.gathered = gathered
        few, of_few = gathered.few(places)
        for begin in range(0, len(places), LOOKED_BACK_AT_ONCE):
            some = places[begin : begin + LOOKED_BACK_AT_ONCE].tolist()
            views = list(map(few.view, of_few[begin : begin + LOOKED_BACK_AT_ONCE]))
            self._write_hindsight(
                (view, bool(look_back[place])) for place, view in zip(some, views, strict=True) if not known[place]
            )
            if parts:
                split_batched(view for view in views if not view.evicted)
            # From the last one, so that each view is dropped once it was judged.
            views.reverse()
            for place in some:
                view, stream = views.pop(), int(gathered.streams[place])
                if known[place]:
                    yield place, self._findings[stream], time_budget(view).parts if parts else ()
                elif view.evicted or not len(view):
                    yield place, self._annotate(view, read=bool(read[stream])), time_budget(view).parts if parts else ()
                else:
                    connection = ConnectionFacts(view, self._context_for(view, read=bool(read[stream])))
                    yield place, annotated(connection), connection.parts if parts else ()
        self._siblings.gathered = None

    def refresh(self, seconds: float, *, settle: bool) -> bool:
        """Judge streams again that may have problems, for about ``seconds``; returns whether any are left.

        With ``settle`` (the input has ended) every changed stream is due, however little it grew.
        """
        due, read = self._due(settle=settle)
        deadline = time.monotonic() + seconds
        return self._judge_all(due, read, lambda: time.monotonic() > deadline)

    def judge(self, sharing: Sharing) -> None:
        """Judge all streams that may have problems, among several processes; the input has ended."""
        due, read = self._due(settle=True)
        due = self._without_lone_syns(due)
        cuts = sharing.cut(self._streams.packets[due])
        order = RowOrder(self._store, self._streams.count)
        if len(cuts) < 2 or not sharing.forks:
            for gathered in gather_streams(self._store, self._streams, due, order):
                for _stream in self._judge_at_once(gathered, read):
                    pass
            self.waiting = self.unlooked = 0
            return

        def work(share: int) -> Iterator[tuple[list[SameShapeJudged], list[Judgement]]]:
            for gathered in gather_streams(self._store, self._streams, due[slice(*cuts[share])], order):
                yield self._judged_block(gathered, read)

        at_once = not self._findings and self.observer is None
        kept: list[SameShapeFindings] = []
        self._store.share(CORRECTED_COLUMNS)
        with closing(sharing.in_order(len(cuts), work)) as parts:
            for alike, others in parts:
                for judgement in chain(
                    others, () if at_once else chain.from_iterable(map(SameShapeJudged.each, alike))
                ):
                    self._keep(judgement)
                if at_once:
                    kept += map(self._note_batch, alike)
        for kind in kept:
            self._findings.add_batch(kind)
        self.waiting = self.unlooked = 0

    def due_at_end(self) -> tuple[NDArray[np.int64], SparseMask]:
        """The streams to judge (ascending) once the input has ended, and those whose payload is judged."""
        due, read = self._due(settle=True)
        return self._without_lone_syns(due), read

    def judgements(self, due: NDArray[np.int64], read: SparseMask, order: RowOrder) -> Iterator[Iterator[Judgement]]:
        """What another process needs of the streams ``due`` (ascending), judged here, block by block."""
        self._reserve(self._streams.count)
        for gathered in gather_streams(self._store, self._streams, due, order):
            yield map(self._judgement, self._judge_at_once(gathered, read))

    def keep(self, judged: Iterable[Judgement], left: NDArray[np.int64]) -> None:
        """Cache what another process found; ``left`` are the streams that it has still to judge."""
        for judgement in judged:
            stream, _findings, segments, _until, _whole = judgement
            # What somebody opened meanwhile stays, but not what was judged before the capture's end was known (`_due`).
            opened = self._judged[stream] == segments and stream in self._whole
            if not opened or self._judged_until[stream] < self._store.latest_ns:
                self._keep(judgement)
        self._note_left(left)

    def _judgement(self, stream: int) -> Judgement:
        """What `_concluded` cached of ``stream``."""
        numbers = int(self._judged[stream]), int(self._judged_until[stream])
        return stream, self._findings.held(stream), *numbers, stream in self._whole

    def _keep(self, judgement: Judgement) -> None:
        """Cache what another process found."""
        stream, held, segments, until, whole = judgement
        self._findings.hold(stream, held)
        self._judged[stream], self._judged_until[stream] = segments, until
        (self._whole.add if whole else self._whole.discard)(stream)
        self._weigh(stream, held)
        if self.observer is not None:
            self.observer.judged(stream, segments, as_objects(held))

    def _due(self, *, settle: bool) -> tuple[NDArray[np.int64], SparseMask]:
        """The streams to judge (ascending), and those whose payload is judged."""
        count = self._streams.count
        self._reserve(count)
        rows = self._streams.places(count)
        gone = self._streams.evicted[rows]
        packets = self._streams.packets[rows] - gone
        judged = np.maximum(self._judged[rows] - gone, 0)
        grown = packets > judged * (1 if settle else np.where(packets > LONG, LONG_REGROWTH, REGROWTH))
        # Findings about silence depend on the capture's end: judge again what was judged by an earlier end.
        stale = (self._judged[rows] > 0) & (self._judged_until[rows] < self._store.latest_ns) & settle
        read = self._read_in_advance()
        # What is judged of its payload may be more than a note, whatever the table says of the stream.
        needed = needs_attention(self._streams, rows) | may_need(self._streams, rows) | read[rows]
        if self.observer is not None:
            grown |= (packets > judged) & self.observer.due(rows)
        due = np.flatnonzero((grown & needed) | stale)
        return due if isinstance(rows, slice) else rows[due].astype(np.int64), read

    def before_eviction(self, first: int, is_late: Callable[[], bool] = _never) -> None:
        """Before rows up to ``first`` (exclusive) are evicted: judge the streams that lose rows, as a whole.

        Once it ``is_late``, because the capture was ended, those that have not been judged are not any more.
        Freezes the findings of streams that may have problems; for the others the stream table is enough.
        """
        self._reserve(self._streams.count)
        of_row = self._store.stream[self._store.first : first]
        losing = sorted_unique(of_row[of_row >= 0]).astype(np.int64)
        read = self._read_in_advance()
        places = self._streams.places()
        needed = needs_attention(self._streams, places) | may_need(self._streams, places)
        at = losing if isinstance(places, slice) else np.searchsorted(places, losing)
        losing = losing[needed[at] | read[losing]]
        self._judge_all(losing[self._streams.packets[losing] > self._judged[losing]], read, is_late)
        for stream in losing.tolist():
            known = self._findings.get(stream)  # includes what was frozen earlier
            if known:
                silent = int(self._store.latest_ns - self._streams.latest_ns[stream])
                known = self._findings[stream] = still_valid(known, silent, grown=False)
                self._frozen[stream] = int(self._judged[stream]), silent, known
                self._weigh(stream, known)

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop everything about ``streams`` (ascending), which were evicted."""
        self._reserve(self._streams.count)
        if self.observer is not None:
            self.observer.leaving(streams)
        for stream in streams.tolist():
            if stream in self._findings:
                del self._findings[stream]
            self._frozen.pop(stream, None)
            self._whole.discard(stream)
        kept, renewed = self._streams.listed(), self._streams.renewed
        for name in _COLUMNS:
            setattr(self, name, emptied(getattr(self, name), streams, kept, anew=self._renewed != renewed))
        self._renewed = renewed
        if self.screening is not None:
            self.screening.evict(streams)

    def _judge_all(self, due: NDArray[np.int64], read: SparseMask, is_late: Callable[[], bool]) -> bool:
        """Judge the streams ``due`` (ascending) until it ``is_late``; returns whether any are left."""
        due = self._without_lone_syns(due)
        while len(due):
            if is_late():
                self._note_left(due)
                return True
            # One pass over the rows gathers up to `GATHERED_SEGMENTS`; a longer stream is gathered alone.
            kept = self._streams.packets[due] - self._streams.evicted[due]
            upto, done = max(int(np.searchsorted(np.cumsum(kept), GATHERED_SEGMENTS)), 1), 0
            for some in gather_streams(self._store, self._streams, due[:upto]):
                done += sum(1 for _ in self._judge_each(some, np.arange(len(some.streams)), read, is_late))
                if is_late():
                    break
            due = due[done:]
        self.waiting = self.unlooked = 0
        return False

    def _note_left(self, left: NDArray[np.int64]) -> None:
        """Note which streams are ``left`` to be judged."""
        self.waiting = len(left)
        self.unlooked = int(np.count_nonzero(self._streams.packets[left] > self._judged[left]))

    def _judge_at_once(self, gathered: Gathered, read: SparseMask) -> Iterator[int]:
        """`_judge_each` of all streams in ``gathered``, where nobody waits for the first: those alike together."""
        alike, places = self._judge_batches(gathered, read)
        yield from merge(self._store_batches(alike), self._judge_each(gathered, places, read, _never))

    def _judged_block(self, gathered: Gathered, read: SparseMask) -> tuple[list[SameShapeJudged], list[Judgement]]:
        """What another process needs of the streams in ``gathered``: those alike together, and the others."""
        alike, places = self._judge_batches(gathered, read)
        return alike, [self._judgement(stream) for stream in self._judge_each(gathered, places, read, _never)]

    def _judge_batches(self, gathered: Gathered, read: SparseMask) -> tuple[list[SameShapeJudged], NDArray[np.int64]]:
        """The streams in ``gathered`` that can be judged together, not cached; and the places of all others."""
        streams = gathered.streams
        nowhere, look_back = np.zeros(len(streams), np.bool_), may_need(self._streams, streams.astype(np.int32))
        places = np.arange(len(streams))
        kinds = self._together(gathered, Selection(streams, nowhere, look_back, nowhere, read), places)
        newest, alike = gathered.block.newest_ns - self.context.live, []  # see `_concluded`
        for kind in kinds:
            segments = gathered.ends[kind.places] - gathered.begins[kind.places]
            until = newest if kind.hangs_on_end else _END_INDEPENDENT
            alike.append(SameShapeJudged(kind.only(kind.findings), segments, until))
        return alike, _without(places, kinds)

    def _store_batches(self, alike: Iterable[SameShapeJudged]) -> Iterator[int]:
        """Cache the findings of the streams that are ``alike``; yields their numbers, ascending."""
        for judgement in sorted(chain.from_iterable(map(SameShapeJudged.each, alike)), key=itemgetter(0)):
            self._keep(judgement)
            yield judgement[0]

    def _note_batch(self, alike: SameShapeJudged) -> SameShapeFindings:
        """Note of streams of which nothing is known, and which nobody observes, that they are judged.

        Returns their findings, which are still to be cached.
        """
        streams, kind = alike.kind.streams, alike.kind
        self._judged[streams], self._judged_until[streams] = alike.segments, alike.until
        self.severity[streams] = max((finding.severity for finding in kind.findings), default=0)
        lost: Any = kind.lost
        self.lost_ns[streams] = np.rint((lost.each if isinstance(lost, Batched) else lost) * 1e9)
        return kind

    def _judge_each(
        self, gathered: Gathered, places: NDArray[np.int64], read: SparseMask, is_late: Callable[[], bool]
    ) -> Iterator[int]:
        """Judge the streams at ``places`` in ``gathered`` until it ``is_late``, at least one, and cache the findings.

        Yields their numbers.  Were none judged where looking back at it takes longer than there is time, it would be
        looked back at again and again.
        """
        self._siblings.gathered = gathered
        few, of_few = gathered.few(places)
        begin, size = 0, 1  # grows, so that what has been looked back at in vain was less than what has been judged
        while begin < len(places) and not (begin and is_late()):
            input_priority.step_aside()
            some = gathered.streams[places[begin : begin + size]]
            views = list(map(few.view, of_few[begin : begin + size]))
            self._write_hindsight(zip(views, may_need(self._streams, some.astype(np.int32)).tolist(), strict=True))
            # From the last one, so that each view is dropped once it was judged.
            views.reverse()
            while views and not (begin and is_late()):
                input_priority.step_aside()
                view = views.pop()
                self._concluded(view, read=bool(read[view.stream]))
                yield view.stream
            begin, size = begin + size, min(2 * size, JUDGED_AT_ONCE)
        self._siblings.gathered = None

    def _without_lone_syns(self, due: NDArray[np.int64]) -> NDArray[np.int64]:
        """``due`` without lone SYNs, if there are as many as in a scan; their states are corrected in bulk instead."""
        lone = are_lone_syns(self._streams, due)
        if int(np.count_nonzero(lone)) <= LONE_SYNS:
            return due
        crowd = due[lone]
        settled, open_yet = correct_lone_syns(self._store, self._streams, crowd, self._replay)
        self._judged[crowd[settled]] = 1
        self._judged_until[crowd[settled]] = _END_INDEPENDENT
        lone[lone] = settled | open_yet
        return due[~lone]

    def _read_in_advance(self) -> SparseMask:
        """The streams whose payload is judged before somebody opens them."""
        if self.screening is None:
            return NONE
        self.screening.update()
        return self.screening.read()

    def _judge(self, view: StreamView, *, read: bool) -> tuple[Finding, ...]:
        """Judge ``view`` and cache the findings; with ``read``, those of its payload, too."""
        stream = view.stream
        self._write_hindsight([(view, bool(may_need(self._streams, slice(stream, stream + 1))[0]))])
        return self._concluded(view, read=read)

    def _concluded(self, view: StreamView, *, read: bool) -> tuple[Finding, ...]:
        """`_judge` what was looked back at."""
        stream, is_long = view.stream, len(view) > READ_SEGMENTS
        findings = self._annotate(view, read=read)
        (self._whole.add if read or is_long else self._whole.discard)(stream)
        self._findings[stream] = findings
        self._judged[stream] = view.evicted + len(view)  # the table may be a batch ahead of the rows
        # One less while live, so that the end of the capture makes the entry stale even without a new packet: only
        # then silence is final, and a message that was cut off incomplete.
        until = view.newest_ns - self.context.live if view.hangs_on_end or read else _END_INDEPENDENT
        self._judged_until[stream] = until
        self._weigh(stream, findings)
        if self.observer is not None:
            self.observer.judged(stream, view.evicted + len(view), findings)
        return findings

    def _weigh(self, stream: int, held: MaybeDeferred) -> None:
        if isinstance(held, DeferredFindings):
            findings, lost = held.kind.findings, held.lost
        else:
            findings, lost = held, connection_seconds_lost(held)
        self.severity[stream] = max((finding.severity for finding in findings), default=0)
        self.lost_ns[stream] = round(lost * 1e9)

    def _annotate(self, view: StreamView, *, read: bool) -> tuple[Finding, ...]:
        """The findings of ``view``, not cached; with ``read``, those of its payload, too."""
        if view.evicted:
            segments, silent, known = self._frozen.get(view.stream, (0, 0, ()))
            kept = still_valid(known, silent, grown=view.evicted + len(view) != segments)
            return joined(kept, findings_of_stored_rows(view, self._unread))
        return annotate(view, self._context_for(view, read=read))

    def _context_for(self, view: StreamView, *, read: bool) -> RuleContext:
        return self.context if read and len(view) <= READ_SEGMENTS else self._unread

    @staticmethod
    def _look_back(view: StreamView, *, corrects: bool) -> bool:
        """Find what follows from ``view`` as a whole; ``corrects``: its states, too, which is returned."""
        causes(view)
        if corrects:
            hindsight(view)
        return corrects

    def _write_hindsight(self, judged: Iterable[tuple[StreamView, bool]]) -> None:
        """Write what follows from whole streams: causes of resends; where the flag says so, corrected states."""
        looked = []
        for view, look_back in judged:
            stream = view.streams[0]
            if not len(view):
                continue
            if int(self._streams.verdicts[stream]) & SUSPICIOUS or (view.issues & DecodeIssue.HEADER_CUT).any():
                # Keep causes that were determined earlier, when more of the stream was there.
                new = slice(max(int(self._judged[stream]) - view.evicted, 0) if view.evicted else 0, None)
                self._store.cause[view.rows_by_stream[:, new]] = causes(view)[new]
            if look_back and not view.evicted:
                looked.append((view, bool(self._streams.client_is_b[stream])))
        correct(self._store, looked, self._replay)

    def _reserve(self, streams: int) -> None:
        if streams > len(self._judged):
            size, kept = max(streams, 2 * len(self._judged)), self._streams.places()
            for name in _COLUMNS:
                setattr(self, name, grown(getattr(self, name), size, kept))
