"""Findings of all streams, kept up to date while streams grow: which are judged again, when, and by whom."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.correction.apply import correct
from tcptui.analysis.correction.find import may_need
from tcptui.analysis.correction.lone_syns import are_lone_syns, correct_lone_syns
from tcptui.analysis.resend.classify import causes
from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.clean_streams import CleanStreams
from tcptui.analysis.stream.same_server import Siblings
from tcptui.analysis.stream.view import StreamView, gather_streams, view_stream, view_streams
from tcptui.analysis.timing.budget_parts import Part
from tcptui.analysis.timing.budget_short import time_parts
from tcptui.findings.annotate import LONE_SYNS, annotate, annotated, needs_attention, with_what_is_said
from tcptui.findings.bulk import BulkFindings, one_by_one, plain_findings
from tcptui.findings.evicted import joined, lasting, of_the_rest
from tcptui.findings.facts import ConnectionFacts, RuleContext
from tcptui.model.finding import Finding, Severity
from tcptui.model.packet_store import DecodeIssue
from tcptui.model.sparse_array import emptied, grown
from tcptui.model.sparse_mask import NONE, SparseMask
from tcptui.session.input_priority import input_priority
from tcptui.session.regrowth import PROMPT_SEGMENTS, REGROWTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.correction.apply import Replay
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import Gathered
    from tcptui.model.packet_store import I32, U8, PacketStore
    from tcptui.protocols.prefilter import Prefilter
    from tcptui.session.observer import Observer

    #: A stream (or its place among others), its findings, and where its time went.
    Told = tuple[int, tuple[Finding, ...], tuple[int, ...]]

#: So long a stream takes long: it is not looked at so often while it grows.
LONG: Final = 200_000
LONG_REGROWTH: Final = 8
#: What longer streams carry is not read: that takes seconds, and as much memory as the capture.
READ_SEGMENTS: Final = 1_000_000
#: What is said of a stream does not hang on where the capture ends.
_WHENEVER: Final = np.iinfo(np.int64).max
#: What is noted of each stream.
_COLUMNS: Final = ("_judged", "_judged_until", "severity")
#: Segments of many streams gathered in one pass over the rows.
GATHERED_SEGMENTS: Final = 500_000


class FindingsCache:
    """What the annotator said of each stream, and how bad it is."""

    def __init__(self, store: PacketStore, streams: StreamTable, rows_of: Callable[[int], I32], replay: Replay) -> None:
        self._store = store
        self._streams = streams
        self._rows_of = rows_of
        self._replay = replay
        self._findings: dict[int, tuple[Finding, ...]] = {}
        self._judged = np.zeros(256, np.int64)
        """Segments each stream had when it was last looked at."""
        self._judged_until = np.zeros(256, np.int64)
        """Time of the newest frame of the capture at that moment, where it made a difference; else `_WHENEVER`."""
        self.severity: U8 = np.zeros(256, np.uint8)
        """Worst `Severity` per stream; 0 for none."""
        self._frozen: dict[int, tuple[int, int, tuple[Finding, ...]]] = {}
        """Of streams that lost rows, when these were there: segments, silence (ns), and what was said of them."""
        self._siblings = Siblings(store, streams)
        self._renewed = streams.renewed
        self._whole: set[int] = set()
        """Streams whose bytes were judged, too."""
        self.screening: Prefilter | None = None
        """Which streams' bytes are judged without being asked for; None: nobody's."""
        self.context = RuleContext()
        self.observer: Observer | None = None
        self.waiting = 0
        """Streams that were due when the time of the last `refresh` was over."""

    @property
    def context(self) -> RuleContext:
        """What the rules know beyond a stream itself; the streams beside it are always among it."""
        return self._context

    @context.setter
    def context(self, context: RuleContext) -> None:
        self._context = replace(context, siblings=self._siblings)
        self._unread = replace(self._context, halves=None)

    def findings(self, stream: int, *, prompt: bool = True) -> tuple[Finding, ...]:
        """The findings of ``stream`` as it is now (or nearly, while a long one grows).

        Of rows that have left stays what was said of them when they went.  With ``prompt`` a long stream
        that the worker has not reached gives what is known so far.
        """
        self._reserve(stream + 1)
        segments = int(self._streams.packets[stream])
        if not segments and not self._streams.are_kept(np.array([stream]))[0]:
            return ()
        known = self._findings.get(stream)
        if known is not None and segments == self._judged[stream]:
            return known if stream in self._whole else self._read_through(stream, known)
        if prompt and segments > PROMPT_SEGMENTS:
            return known or ()
        return self._judge(view_stream(self._store, self._streams, stream, self._rows_of(stream)), read=True)

    def _read_through(self, stream: int, known: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """``known``, and what the bytes say of a stream that was judged without them."""
        view = view_stream(self._store, self._streams, stream, self._rows_of(stream))
        # From amid a stream its bytes are not understood.
        findings = known if view.evicted else with_what_is_said(view, self.context, known)
        self._findings[stream] = findings
        self._judged_until[stream] = min(int(self._judged_until[stream]), view.capture_end_ns - self.context.live)
        self._whole.add(stream)
        self.severity[stream] = max((finding.severity for finding in findings), default=0)
        return findings

    def headline(self, stream: int) -> Finding | None:
        """The worst finding already known that is more than a note."""
        worst = max(self._findings.get(stream, ()), key=lambda finding: finding.severity, default=None)
        return worst if worst is not None and worst.severity > Severity.NOTE else None

    def bulk(self, chosen: NDArray[np.int64]) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        """Each stream of ``chosen`` (ascending) with its findings, made in bulk; mere notes are not kept."""
        for gathered, plain, others in self._gathered(chosen, parts=False):
            findings = one_by_one(plain.stream, plain_findings(gathered.block, plain))
            is_plain = np.zeros(len(gathered.streams), np.bool_)
            is_plain[plain.chosen] = True
            for stream, plainly in zip(gathered.streams.tolist(), is_plain.tolist(), strict=True):
                yield stream, next(findings) if plainly else next(others)[1]

    def told(self, chosen: NDArray[np.int64]) -> Iterator[BulkFindings]:
        """The same with where each stream's time went, as many streams at a time as memory should hold."""
        for gathered, plain, others in self._gathered(chosen, parts=True):
            spent = np.zeros((len(gathered.streams), len(Part)), np.int64)
            spent[plain.chosen], right = plain.parts()
            for place in plain.chosen[~right].tolist():
                spent[place] = time_parts(gathered.view(place))
            found: dict[int, tuple[Finding, ...]] = {}
            for place, findings, times in others:
                found[place], spent[place] = findings, times
            yield BulkFindings(gathered.streams, spent, plain.chosen, plain_findings(gathered.block, plain), found)

    def _gathered(
        self, chosen: NDArray[np.int64], *, parts: bool
    ) -> Iterator[tuple[Gathered, CleanStreams, Iterator[Told]]]:
        """Of the streams ``chosen``, some at a time: the ordinary ones, and what is said of each other one.

        The others come by their places among those gathered.
        """
        self._reserve(self._streams.count)
        chosen = chosen[self._streams.are_kept(chosen)]
        read, _ = self._worth_reading()
        known = np.array([stream in self._findings for stream in chosen.tolist()], np.bool_)
        known &= self._streams.packets[chosen] == self._judged[chosen]
        look_back = may_need(self._streams, chosen.astype(np.int32))
        special = known | read[chosen] | look_back
        special |= self._streams.evicted[chosen] > 0  # what is left of them looks plainer than they were
        done = 0
        for gathered in gather_streams(self._store, self._streams, chosen):
            upto = done + len(gathered.streams)
            asked = np.flatnonzero(~special[done:upto])
            plain = CleanStreams(gathered.block, gathered.streams, gathered.begins, gathered.ends, asked)
            others = np.delete(np.arange(len(gathered.streams)), plain.chosen)
            conclude = look_back[done:upto]
            yield gathered, plain, self._others(gathered, others, known[done:upto], conclude, read, parts=parts)
            done = upto

    def _others(
        self,
        gathered: Gathered,
        places: NDArray[np.int64],
        known: NDArray[np.bool_],
        look_back: NDArray[np.bool_],
        read: SparseMask,
        *,
        parts: bool,
    ) -> Iterator[Told]:
        """What is said of each of the streams at ``places``, looked at one by one."""
        for place in places.tolist():
            view, stream = gathered.view(place), int(gathered.streams[place])
            if known[place]:
                yield place, self._findings[stream], time_parts(view) if parts else ()
                continue
            self._conclude(view, look_back=bool(look_back[place]))
            if view.evicted or not len(view):
                yield place, self._annotate(view, read=bool(read[stream])), time_parts(view) if parts else ()
                continue
            connection = ConnectionFacts(view, self._context_for(view, read=bool(read[stream])))
            yield place, annotated(connection), connection.parts if parts else ()

    def refresh(self, seconds: float, *, settle: bool) -> bool:
        """Look again at streams that may hold trouble, for about ``seconds``; whether any is left.

        With ``settle`` (nothing more is coming) every changed stream is due, however little it grew.
        """
        count = self._streams.count
        self._reserve(count)
        rows = self._streams.places(count)
        gone = self._streams.evicted[rows]
        packets = self._streams.packets[rows] - gone
        judged = np.maximum(self._judged[rows] - gone, 0)
        grown = packets > judged * (1 if settle else np.where(packets > LONG, LONG_REGROWTH, REGROWTH))
        # What silence tells is told by the whole capture, not by where it was when somebody looked.
        stale = (self._judged[rows] > 0) & (self._judged_until[rows] < self._store.latest_ns) & settle
        read, suspect = self._worth_reading()
        needed = needs_attention(self._streams, rows) | may_need(self._streams, rows) | suspect[rows]
        if self.observer is not None:
            grown |= (packets > judged) & self.observer.due(rows)
        due = np.flatnonzero((grown & needed) | stale)
        due = due if isinstance(rows, slice) else rows[due].astype(np.int64)
        return self._judge_all(due, read, time.monotonic() + seconds)

    def before_eviction(self, first: int) -> None:
        """Rows before ``first`` are about to leave: judge the streams that lose some while they are there.

        Kept is what was said of streams that needed attention; of the others the stream table tells enough.
        """
        self._reserve(self._streams.count)
        of_row = self._store.stream[self._store.first : first]
        losing = np.unique(of_row[of_row >= 0]).astype(np.int64)
        read, suspect = self._worth_reading()
        places = self._streams.places()
        needed = needs_attention(self._streams, places) | may_need(self._streams, places)
        at = losing if isinstance(places, slice) else np.searchsorted(places, losing)
        losing = losing[needed[at] | suspect[losing]]
        self._judge_all(losing[self._streams.packets[losing] > self._judged[losing]], read, math.inf)
        for stream in losing.tolist():
            known = self._findings.get(stream)  # what was frozen before is among it
            if known:
                silent = int(self._store.latest_ns - self._streams.latest_ns[stream])
                known = self._findings[stream] = lasting(known, silent, grown=False)
                self._frozen[stream] = int(self._judged[stream]), silent, known
                self.severity[stream] = max((finding.severity for finding in known), default=0)

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Forget ``streams`` (ascending), which have left."""
        self._reserve(self._streams.count)
        if self.observer is not None:
            self.observer.leaving(streams)
        for stream in streams.tolist():
            self._findings.pop(stream, None)
            self._frozen.pop(stream, None)
            self._whole.discard(stream)
        kept, renewed = self._streams.listed(), self._streams.renewed
        for name in _COLUMNS:
            setattr(self, name, emptied(getattr(self, name), streams, kept, anew=self._renewed != renewed))
        self._renewed = renewed
        if self.screening is not None:
            self.screening.evict(streams)

    def _judge_all(self, due: NDArray[np.int64], read: SparseMask, deadline: float) -> bool:
        """Judge the streams ``due`` (ascending) until ``deadline``; whether any is left."""
        due = self._without_crowd(due)
        while len(due):
            # One pass over the rows gathers as many streams as memory should hold; a longer one comes by itself.
            kept = self._streams.packets[due] - self._streams.evicted[due]
            upto = max(int(np.searchsorted(np.cumsum(kept), GATHERED_SEGMENTS)), 1)
            for place, view in enumerate(view_streams(self._store, self._streams, due[:upto])):
                if time.monotonic() > deadline:
                    self.waiting = len(due) - place
                    return True
                input_priority.step_aside()
                self._judge(view, read=bool(read[view.stream]))
            due = due[upto:]
        self.waiting = 0
        return False

    def _without_crowd(self, due: NDArray[np.int64]) -> NDArray[np.int64]:
        """``due`` but for lone SYNs where somebody scans: what time tells of these is told of all at once."""
        lone = are_lone_syns(self._streams, due)
        if int(np.count_nonzero(lone)) <= LONE_SYNS:
            return due
        crowd = due[lone]
        settled, open_yet = correct_lone_syns(self._store, self._streams, crowd, self._replay)
        self._judged[crowd[settled]] = 1
        self._judged_until[crowd[settled]] = _WHENEVER
        lone[lone] = settled | open_yet
        return due[~lone]

    def _worth_reading(self) -> tuple[SparseMask, SparseMask]:
        """The few streams whose bytes are judged, and those that are due for it."""
        if self.screening is None:
            return NONE, NONE
        self.screening.update()
        suspects = self.screening.suspects()
        return self.screening.read(suspects), suspects

    def _judge(self, view: StreamView, *, read: bool) -> tuple[Finding, ...]:
        """Annotate; with ``read`` also by what the bytes say."""
        stream, is_long = view.stream, len(view) > READ_SEGMENTS
        self._conclude(view, look_back=bool(may_need(self._streams, slice(stream, stream + 1))[0]))
        findings = self._annotate(view, read=read)
        (self._whole.add if read or is_long else self._whole.discard)(stream)
        self._findings[stream] = findings
        self._judged[stream] = view.evicted + len(view)  # the table may be a batch ahead of the rows
        # That nothing more comes may be all that is new at the end; what a stream says is whole then, or is not.
        until = view.capture_end_ns - self.context.live if view.hangs_on_end or read else _WHENEVER
        self._judged_until[stream] = until
        self.severity[stream] = max((finding.severity for finding in findings), default=0)
        if self.observer is not None:
            self.observer.judged(stream, view.evicted + len(view), findings)
        return findings

    def _annotate(self, view: StreamView, *, read: bool) -> tuple[Finding, ...]:
        """The findings of ``view``; with ``read`` those of its bytes, too."""
        if view.evicted:
            segments, silent, known = self._frozen.get(view.stream, (0, 0, ()))
            kept = lasting(known, silent, grown=view.evicted + len(view) != segments)
            return joined(kept, of_the_rest(view, self._unread))
        return annotate(view, self._context_for(view, read=read))

    def _context_for(self, view: StreamView, *, read: bool) -> RuleContext:
        return self.context if read and len(view) <= READ_SEGMENTS else self._unread

    def _conclude(self, view: StreamView, *, look_back: bool) -> None:
        """What only the whole stream tells of its segments: causes, and states in hindsight."""
        stream = view.stream
        if not len(view):
            return
        if int(self._streams.verdicts[stream]) & SUSPICIOUS or (view.issues & DecodeIssue.HEADER_CUT).any():
            # What was judged while more of the stream was there was judged better.
            new = slice(max(int(self._judged[stream]) - view.evicted, 0) if view.evicted else 0, None)
            self._store.cause[view.rows[new]] = causes(view)[new]
        if look_back and not view.evicted:
            rows = self._rows_of(stream)[: len(view) + len(view.quotes)]
            correct(self._store, view, rows, bool(self._streams.client_is_b[stream]), self._replay)

    def _reserve(self, streams: int) -> None:
        if streams > len(self._judged):
            size, kept = max(streams, 2 * len(self._judged)), self._streams.places()
            for name in _COLUMNS:
                setattr(self, name, grown(getattr(self, name), size, kept))
