"""Findings of all streams, kept up to date while streams grow."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.cause import causes
from tcptui.analysis.hindsight import may_need, may_wait
from tcptui.analysis.plain_streams import PlainStreams
from tcptui.analysis.resend import SUSPICIOUS
from tcptui.analysis.siblings import Siblings
from tcptui.analysis.state_revision import correct
from tcptui.analysis.stream_view import StreamView, gather_streams, view_stream, view_streams
from tcptui.analysis.time_budget_simple import time_parts
from tcptui.explain.annotator import annotate, annotated, needs_attention, with_what_is_said
from tcptui.explain.partial import joined, lasting, of_the_rest
from tcptui.explain.plain_findings import plain_findings
from tcptui.explain.reading import Context, Reading
from tcptui.model.finding import Finding, Severity
from tcptui.model.packet_store import DecodeIssue
from tcptui.model.paged import give_up, grown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.state_revision import Replay
    from tcptui.analysis.stream_table import StreamTable
    from tcptui.analysis.stream_view import Gathered
    from tcptui.application.screening import Screening
    from tcptui.model.packet_store import I32, U8, PacketStore
    from tcptui.observing import Observer

    Told = tuple[int, tuple[Finding, ...], tuple[int, ...]]

#: A stream is looked at again once it has grown by this share: total work stays linear.
REGROWTH: Final = 2
#: So long a stream takes long: it is not looked at so often while it grows.
LONG: Final = 200_000
LONG_REGROWTH: Final = 8
#: Longer streams are annotated by the worker only, never while a key waits for its repaint.
PROMPT_SEGMENTS: Final = 20_000
#: What longer streams carry is not read: that takes seconds, and as much memory as the capture.
READ_SEGMENTS: Final = 1_000_000
#: What is noted of each stream.
_COLUMNS: Final = ("_judged", "_judged_until", "severity")
#: Segments of many streams gathered in one pass over the rows.
GATHERED_SEGMENTS: Final = 500_000


class Annotations:
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
        """Time of the newest frame of the capture at that moment."""
        self.severity: U8 = np.zeros(256, np.uint8)
        """Worst `Severity` per stream; 0 for none."""
        self._frozen: dict[int, tuple[int, int, tuple[Finding, ...]]] = {}
        """Of streams that lost rows, when these were there: segments, silence (ns), and what was said of them."""
        self._siblings = Siblings(store, streams)
        self._whole: set[int] = set()
        """Streams whose bytes were judged, too."""
        self.screening: Screening | None = None
        """Which streams' bytes are judged without being asked for; None: nobody's."""
        self.context = Context()
        self.observer: Observer | None = None

    @property
    def context(self) -> Context:
        """What the rules know beyond a stream itself; the streams beside it are always among it."""
        return self._context

    @context.setter
    def context(self, context: Context) -> None:
        self._context = replace(context, siblings=self._siblings)
        self._unread = replace(self._context, halves=None)

    def findings(self, stream: int, *, prompt: bool = True) -> tuple[Finding, ...]:
        """The findings of ``stream`` as it is now (or nearly, while a long one grows).

        Of rows that have left stays what was said of them when they went.  With ``prompt`` a long stream
        that the worker has not reached gives what is known so far.
        """
        self._reserve(stream + 1)
        segments = int(self._streams.packets[stream])
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
        findings = known if view.forgotten else with_what_is_said(view, self.context, known)
        self._findings[stream] = findings
        self._whole.add(stream)
        self.severity[stream] = max((finding.severity for finding in findings), default=0)
        return findings

    def headline(self, stream: int) -> Finding | None:
        """The worst finding already known that is more than a note."""
        worst = max(self._findings.get(stream, ()), key=lambda finding: finding.severity, default=None)
        return worst if worst is not None and worst.severity > Severity.NOTE else None

    def bulk(self, chosen: NDArray[np.int64]) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        """Each stream of ``chosen`` (ascending) with its findings, made in bulk; mere notes are not kept."""
        for stream, findings, _parts in self.told(chosen, parts=False):
            yield stream, findings

    def told(self, chosen: NDArray[np.int64], *, parts: bool) -> Iterator[Told]:
        """The same, with ``parts`` also where each stream's time went (`TimeBudget.parts`)."""
        self._reserve(self._streams.count)
        chosen = chosen[self._streams.are_kept(chosen)]
        read, _ = self._worth_reading(self._streams.count)
        known = np.array([stream in self._findings for stream in chosen.tolist()], np.bool_)
        known &= self._streams.packets[chosen] == self._judged[chosen]
        special = known | read[chosen] | may_need(self._streams, chosen.astype(np.int32))
        special |= self._streams.forgotten[chosen] > 0  # what is left of them looks plainer than they were
        done = 0
        for gathered in gather_streams(self._store, self._streams, chosen):
            upto = done + len(gathered.streams)
            yield from self._told(gathered, known[done:upto], special[done:upto], read, parts=parts)
            done = upto

    def _told(
        self,
        gathered: Gathered,
        known: NDArray[np.bool_],
        special: NDArray[np.bool_],
        read: NDArray[np.bool_],
        *,
        parts: bool,
    ) -> Iterator[Told]:
        """Of the streams ``gathered``; those that are ``special`` are looked at one by one, whatever they look like."""
        plain = PlainStreams(gathered.block, gathered.streams, gathered.begins, gathered.ends, np.flatnonzero(~special))
        findings = plain_findings(gathered.block, plain)
        spent, right = plain.parts() if parts else (np.zeros((len(plain), 0), np.int64), np.ones(len(plain), np.bool_))
        shortcuts = zip(plain.chosen.tolist(), findings, spent.tolist(), right.tolist(), strict=True)
        ahead = next(shortcuts, None)
        for place, stream in enumerate(gathered.streams.tolist()):
            if ahead is not None and ahead[0] == place:
                _place, found, times, is_right = ahead
                yield stream, found, tuple(times) if is_right else time_parts(gathered.view(place))
                ahead = next(shortcuts, None)
                continue
            view = gathered.view(place)
            if known[place]:
                yield stream, self._findings[stream], time_parts(view) if parts else ()
                continue
            self._conclude(view, look_back=bool(may_need(self._streams, slice(stream, stream + 1))[0]))
            if view.forgotten or not len(view):
                yield stream, self._annotate(view, read=bool(read[stream])), time_parts(view) if parts else ()
                continue
            reading = Reading(view, self._context_for(view, read=bool(read[stream])))
            yield stream, annotated(reading), reading.parts if parts else ()

    def refresh(self, seconds: float, *, settle: bool) -> bool:
        """Look again at streams that may hold trouble, for about ``seconds``; whether any is left.

        With ``settle`` (nothing more is coming) every changed stream is due, however little it grew.
        """
        count = self._streams.count
        self._reserve(count)
        rows = self._rows(count)
        gone = self._streams.forgotten[rows]
        packets = self._streams.packets[rows] - gone
        judged = np.maximum(self._judged[rows] - gone, 0)
        grown = packets > judged * (1 if settle else np.where(packets > LONG, LONG_REGROWTH, REGROWTH))
        if settle:
            # What silence tells is told by the whole capture, not by where it was when somebody looked.
            earlier = self._judged_until[rows] < self._store.latest_ns
            grown |= (self._judged[rows] > 0) & earlier & may_wait(self._streams, rows)
        read, suspect = self._worth_reading(count)
        needed = needs_attention(self._streams, rows) | may_need(self._streams, rows) | suspect[rows]
        if self.observer is not None:
            grown |= (packets > judged) & self.observer.due(count)[rows]
        due = np.flatnonzero(grown & needed)
        due = due if isinstance(rows, slice) else rows[due].astype(np.int64)
        return self._judge_all(due, read, time.monotonic() + seconds)

    def _rows(self, count: int) -> slice | I32:
        """Where the first ``count`` streams stand in columns: of a capture that runs for days most have left."""
        return self._streams.listed(count) if self._streams.left else slice(count)

    def before_forgetting(self, first: int) -> None:
        """Rows before ``first`` are about to leave: judge the streams that lose some while they are there.

        Kept is what was said of streams that needed attention; of the others the stream table tells enough.
        """
        count = self._streams.count
        self._reserve(count)
        of_row = self._store.stream[self._store.first : first]
        losing = np.unique(of_row[of_row >= 0]).astype(np.int64)
        read, suspect = self._worth_reading(count)
        rows = self._rows(count)
        suspect[rows] |= needs_attention(self._streams, rows) | may_need(self._streams, rows)
        losing = losing[suspect[losing]]
        self._judge_all(losing[self._streams.packets[losing] > self._judged[losing]], read, math.inf)
        for stream in losing.tolist():
            known = self._findings.get(stream)  # what was frozen before is among it
            if known:
                silent = int(self._store.latest_ns - self._streams.latest_ns[stream])
                known = self._findings[stream] = lasting(known, silent, grown=False)
                self._frozen[stream] = int(self._judged[stream]), silent, known
                self.severity[stream] = max((finding.severity for finding in known), default=0)

    def give_up(self, streams: NDArray[np.int64]) -> None:
        """Forget ``streams`` (ascending), which have left."""
        self._reserve(self._streams.count)
        for stream in streams.tolist():
            self._findings.pop(stream, None)
            self._frozen.pop(stream, None)
            self._whole.discard(stream)
        gone = self._streams.gone
        for name in _COLUMNS:
            column = getattr(self, name)
            column[streams] = 0
            give_up(column, gone, int(streams[0]), int(streams[-1]) + 1)
        if self.screening is not None:
            self.screening.give_up(streams, gone)

    def _judge_all(self, due: NDArray[np.int64], read: NDArray[np.bool_], deadline: float) -> bool:
        """Judge the streams ``due`` (ascending) until ``deadline``; whether any is left."""
        while len(due):
            # One pass over the rows gathers as many streams as memory should hold; a longer one comes by itself.
            kept = self._streams.packets[due] - self._streams.forgotten[due]
            upto = max(int(np.searchsorted(np.cumsum(kept), GATHERED_SEGMENTS)), 1)
            for view in view_streams(self._store, self._streams, due[:upto]):
                if time.monotonic() > deadline:
                    return True
                self._judge(view, read=bool(read[view.stream]))
            due = due[upto:]
        return False

    def _worth_reading(self, count: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """For the first ``count`` streams: whether their bytes are judged, and whether they are due for it."""
        if self.screening is None:
            nothing = np.zeros(count, np.bool_)
            return nothing, nothing
        self.screening.update()
        return self.screening.read(count), self.screening.suspects(count)

    def _judge(self, view: StreamView, *, read: bool) -> tuple[Finding, ...]:
        """Annotate; with ``read`` also by what the bytes say."""
        stream, is_long = view.stream, len(view) > READ_SEGMENTS
        self._conclude(view, look_back=bool(may_need(self._streams, slice(stream, stream + 1))[0]))
        findings = self._annotate(view, read=read)
        (self._whole.add if read or is_long else self._whole.discard)(stream)
        self._findings[stream] = findings
        self._judged[stream] = view.forgotten + len(view)  # the table may be a batch ahead of the rows
        self._judged_until[stream] = view.capture_end_ns
        self.severity[stream] = max((finding.severity for finding in findings), default=0)
        if self.observer is not None:
            self.observer.judged(stream, view.forgotten + len(view), findings)
        return findings

    def _annotate(self, view: StreamView, *, read: bool) -> tuple[Finding, ...]:
        """The findings of ``view``; with ``read`` those of its bytes, too."""
        if view.forgotten:
            segments, silent, known = self._frozen.get(view.stream, (0, 0, ()))
            kept = lasting(known, silent, grown=view.forgotten + len(view) != segments)
            return joined(kept, of_the_rest(view, self._unread))
        return annotate(view, self._context_for(view, read=read))

    def _context_for(self, view: StreamView, *, read: bool) -> Context:
        return self.context if read and len(view) <= READ_SEGMENTS else self._unread

    def _conclude(self, view: StreamView, *, look_back: bool) -> None:
        """What only the whole stream tells of its segments: causes, and states in hindsight."""
        stream = view.stream
        if not len(view):
            return
        if int(self._streams.verdicts[stream]) & SUSPICIOUS or (view.issues & DecodeIssue.HEADER_CUT).any():
            # What was judged while more of the stream was there was judged better.
            new = slice(max(int(self._judged[stream]) - view.forgotten, 0) if view.forgotten else 0, None)
            self._store.cause[view.rows[new]] = causes(view)[new]
        if look_back and not view.forgotten:
            rows = self._rows_of(stream)[: len(view) + len(view.quotes)]
            correct(self._store, view, rows, bool(self._streams.client_is_b[stream]), self._replay)

    def _reserve(self, streams: int) -> None:
        if streams > len(self._judged):
            size = max(streams, 2 * len(self._judged))
            for name in _COLUMNS:
                setattr(self, name, grown(getattr(self, name), size))
