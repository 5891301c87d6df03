"""Judging alone: streams in, findings out.  Nothing is cached here, and nothing decides which stream is judged when.

To *judge* a stream is to run the rules on it.  What follows from a stream as a whole, causes of resends and corrected
states, is written to the packet store, where it is read as the packets' own.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.correction.apply import correct
from tcptui.analysis.correction.find import hindsight, may_need
from tcptui.analysis.resend.classify import causes
from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.same_server import Siblings
from tcptui.analysis.stream.same_shape import SameShapeView, same_shapes
from tcptui.findings.annotate import annotate
from tcptui.findings.batch_evaluation import judge_batches, run_batches
from tcptui.findings.evicted import findings_of_stored_rows, joined, still_valid
from tcptui.findings.facts import ConnectionFacts, RuleContext
from tcptui.model.packet_store import DecodeIssue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.correction.apply import Replay
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import Gathered, StreamView
    from tcptui.findings.stream_findings import SameShapeFindings
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import PacketStore

#: The payload of streams with more segments is not read: that takes seconds, and as much memory as the capture.
READ_SEGMENTS: Final = 1_000_000


class Frozen(NamedTuple):
    """The findings of a stream just before rows of it were evicted."""

    segments: int = 0
    silent_ns: int = 0
    """How long it had been silent."""
    findings: tuple[Finding, ...] = ()


class Whole(NamedTuple):
    """A stream to be looked back at, as a whole."""

    view: StreamView
    corrects: bool
    """Whether its states may need correction."""
    judged: int = 0
    """How many of its first rows in ``view`` have causes already, from when more of it was there."""


class StreamJudge:
    """Runs the rules on streams of one store; for one thread at a time."""

    def __init__(self, store: PacketStore, streams: StreamTable, replay: Replay) -> None:
        self._store, self._streams, self._replay = store, streams, replay
        self._siblings = Siblings(store, streams)
        self._context = self._unread = RuleContext()
        self.context = self._context

    @property
    def context(self) -> RuleContext:
        """The rules' knowledge beyond a stream itself; its `siblings` are always filled in."""
        return self._context

    @context.setter
    def context(self, context: RuleContext) -> None:
        self._context = replace(context, siblings=self._siblings)
        self._unread = replace(self._context, directions=None)

    @contextmanager
    def amid(self, gathered: Gathered) -> Iterator[None]:
        """Judge streams of ``gathered``: their neighbours are looked up there."""
        self._siblings.gathered = gathered
        try:
            yield
        finally:
            self._siblings.gathered = None

    def facts(self, view: StreamView, *, read: bool) -> ConnectionFacts:
        """The facts of ``view``, with those of its payload where it is ``read``."""
        return ConnectionFacts(view, self._context_for(view, read=read))

    def findings(self, view: StreamView, frozen: Frozen | None = None, *, read: bool) -> tuple[Finding, ...]:
        """The findings of ``view``; with ``read``, those of its payload, too.

        Of one with evicted rows, those of ``frozen`` that its later rows leave valid, and what the other rows show.
        """
        if view.evicted:
            segments, silent, known = frozen or Frozen()
            kept = still_valid(known, silent, grown=view.evicted + len(view) != segments)
            return joined(kept, findings_of_stored_rows(view, self._unread))
        return annotate(view, self._context_for(view, read=read))

    def _context_for(self, view: StreamView, *, read: bool) -> RuleContext:
        return self.context if read and len(view) <= READ_SEGMENTS else self._unread

    def same_shape(
        self, gathered: Gathered, places: NDArray[np.int64], apart: NDArray[np.bool_], look_back: NDArray[np.bool_]
    ) -> list[SameShapeFindings]:
        """Judge those of the streams at ``places`` in ``gathered`` together that have the same shape.

        ``apart``: of each of ``places``, whether it is to be judged by itself.  ``look_back``: of each stream of
        ``gathered``, whether its states may need correction.
        """
        streams = gathered.streams[places]
        apart = apart | gathered.quoted[places] | (self._streams.evicted[streams] > 0)
        apart |= gathered.begins[places] == gathered.ends[places]
        looked: list[tuple[SameShapeView, bool]] = []
        for same in same_shapes(gathered, places[~apart]):
            # That is the same for all of them, as what it follows from is (`may_need`).
            corrects = bool(look_back[same.places[0]])
            looked += run_batches(SameShapeView(gathered, same), partial(self._look_back, corrects=corrects))
        self.look_back(Whole(view, corrects) for view, corrects in looked)
        with self.amid(gathered):
            return [kind for view, _ in looked for kind in judge_batches(view, self._unread)]

    @staticmethod
    def _look_back(view: StreamView, *, corrects: bool) -> bool:
        """Find what follows from ``view`` as a whole; ``corrects``: its states, too, which is returned."""
        causes(view)
        if corrects:
            hindsight(view)
        return corrects

    def look_back(self, streams: Iterable[Whole]) -> None:
        """Write what follows from whole streams: causes of resends; where they may need it, corrected states."""
        looked = []
        for view, corrects, judged in streams:
            stream = view.streams[0]
            if not len(view):
                continue
            if int(self._streams.verdicts[stream]) & SUSPICIOUS or (view.issues & DecodeIssue.HEADER_CUT).any():
                # Keep causes that were determined earlier, when more of the stream was there.
                new = slice(judged, None)
                self._store.cause[view.rows_by_stream[:, new]] = causes(view)[new]
            if corrects and not view.evicted:
                looked.append((view, bool(self._streams.client_is_b[stream])))
        correct(self._store, looked, self._replay)

    def may_need(self, streams: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Mask of the ``streams`` whose states may need correction."""
        return may_need(self._streams, streams.astype(np.int32))
