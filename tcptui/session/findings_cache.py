"""The findings of all streams as they were last judged: what is stored of each, and what eviction leaves of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.findings.evicted import still_valid
from tcptui.findings.stream_findings import DeferredFindings, StreamFindings, as_objects
from tcptui.findings.weight import connection_seconds_lost, worst_finding
from tcptui.model.batched import Batched
from tcptui.model.finding import Severity
from tcptui.model.sparse_array import emptied, grown
from tcptui.session.stream_judge import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.stream_findings import MaybeDeferred, SameShapeFindings
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I64, U8
    from tcptui.session.judgement import Judgement, SameShapeJudged
    from tcptui.session.observer import Observer

#: Value of `FindingsCache.judged_until` for findings that do not depend on where the capture ends.
END_INDEPENDENT: Final = np.iinfo(np.int64).max
#: The columns with one entry per stream.
_COLUMNS: Final = ("judged", "judged_until", "severity", "lost_ns")


class FindingsCache:
    """The findings of each stream, and the worst severity among them."""

    def __init__(self, streams: StreamTable) -> None:
        self._streams = streams
        self._findings = StreamFindings()
        self.judged: I64 = np.zeros(256, np.int64)
        """Per stream: its number of segments, evicted ones included, when it was last judged; 0: never."""
        self.judged_until: I64 = np.zeros(256, np.int64)
        """Time (ns) of the capture's newest frame then, if the findings depend on it; else `END_INDEPENDENT`."""
        self.severity: U8 = np.zeros(256, np.uint8)
        """Worst `Severity` per stream; 0: no finding, or not judged, which may hide notes only."""
        self.lost_ns: I64 = np.zeros(256, np.int64)
        """Per stream the nanoseconds that its warnings and errors cost it, at least (`connection_seconds_lost`)."""
        self._frozen: dict[int, Frozen] = {}
        """Of streams with evicted rows, as of just before the eviction."""
        self._whole: set[int] = set()
        self._renewed = streams.renewed
        self.observer: Observer | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no findings are stored of any stream."""
        return not self._findings

    def reserve(self, streams: int) -> None:
        """Have room for the entries of ``streams`` streams."""
        if streams > len(self.judged):
            size, kept = max(streams, 2 * len(self.judged)), self._streams.places()
            for name in _COLUMNS:
                setattr(self, name, grown(getattr(self, name), size, kept))

    # -- what is stored -----------------------------------------------------------------

    def get(self, stream: int) -> tuple[Finding, ...] | None:
        """The findings of ``stream``; None: none are stored."""
        return self._findings.get(stream)

    def __getitem__(self, stream: int) -> tuple[Finding, ...]:
        return self._findings[stream]

    def judged_rows(self, view: StreamView) -> int:
        """How many of the first rows of ``view`` were judged before rows of its stream were evicted; 0: none were."""
        return max(int(self.judged[view.stream]) - view.evicted, 0) if view.evicted else 0

    def has(self, streams: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Mask of the ``streams`` whose stored findings tell of all their segments."""
        known: NDArray[np.bool_] = self._streams.packets[streams] == self.judged[streams]
        judged = np.flatnonzero(known)  # none of a report that judges what it tells of, and then of all
        known[judged] = [stream in self._findings for stream in streams[judged].tolist()]
        return known

    def is_whole(self, stream: int) -> bool:
        """Whether the payload of ``stream`` was judged, too, or is never read (`READ_SEGMENTS`)."""
        return stream in self._whole

    def frozen(self, stream: int) -> Frozen | None:
        """The findings of ``stream`` before rows of it were evicted; None: none were."""
        return self._frozen.get(stream)

    def headline(self, stream: int) -> Finding | None:
        """The worst finding of ``stream`` above a note, of equal ones the costliest; None: none."""
        worst = worst_finding(self._findings.get(stream, ()))
        return worst if worst is not None and worst.severity > Severity.NOTE else None

    def above_note(self) -> StreamFindings:
        """The findings of each kept stream that has a warning or an error among them."""
        listed = self._streams.listed(min(self._streams.count, len(self.severity)))
        chosen = listed[self.severity[listed] > Severity.NOTE]
        return self._findings.some(chosen.tolist())

    def judgement(self, stream: int) -> Judgement:
        """The stored judgement of ``stream``, for another process."""
        numbers = int(self.judged[stream]), int(self.judged_until[stream])
        return stream, self._findings.held(stream), *numbers, stream in self._whole

    # -- storing ------------------------------------------------------------------------

    def store(self, judgement: Judgement) -> None:
        """Store what judging a stream came to, and notify the observer."""
        stream, held, segments, until, whole = judgement
        if not whole:  # before the findings, which another thread may read meanwhile
            self._whole.discard(stream)
        self._findings.hold(stream, held)
        self.judged[stream], self.judged_until[stream] = segments, until
        if whole:
            self._whole.add(stream)
        self._weigh(stream, held)
        if self.observer is not None:
            self.observer.judged(stream, segments, as_objects(held))

    def add_payload(self, stream: int, findings: tuple[Finding, ...], until: int) -> None:
        """Store ``findings`` of ``stream``, which have those of its payload now; they hold ``until`` then, at most."""
        self._findings[stream] = findings
        self.judged_until[stream] = min(int(self.judged_until[stream]), until)
        self._whole.add(stream)
        self._weigh(stream, findings)

    def settle(self, streams: NDArray[np.int64]) -> None:
        """Note that the only segment of each of ``streams`` was judged, without a finding."""
        self.judged[streams] = 1
        self.judged_until[streams] = END_INDEPENDENT

    def note_batch(self, batch: SameShapeJudged) -> SameShapeFindings:
        """Note of streams of which nothing is stored, and which nobody observes, that they are judged.

        Returns their findings, which are still to be stored (`add_batch`).
        """
        streams, kind = batch.kind.streams, batch.kind
        self.judged[streams], self.judged_until[streams] = batch.segments, batch.until
        self.severity[streams] = max((finding.severity for finding in kind.findings), default=0)
        lost: Any = kind.lost
        self.lost_ns[streams] = np.rint((lost.each if isinstance(lost, Batched) else lost) * 1e9)
        return kind

    def add_batches(self, kinds: Iterable[SameShapeFindings]) -> None:
        """Store findings that `note_batch` returned."""
        for kind in kinds:
            self._findings.add_batch(kind)

    def outdate(self) -> None:
        """Have every stream judged anew: the same packets say something else now.  What was said of evicted ones stays.

        Only kept streams are written to: after days nearly all are evicted, and their pages released.
        """
        listed = self._streams.listed(min(self._streams.count, len(self.judged)))
        self.judged[listed[self._streams.evicted[listed] == 0]] = 0

    def _weigh(self, stream: int, held: MaybeDeferred) -> None:
        if isinstance(held, DeferredFindings):
            findings, lost = held.kind.findings, held.lost
        else:
            findings, lost = held, connection_seconds_lost(held)
        self.severity[stream] = max((finding.severity for finding in findings), default=0)
        self.lost_ns[stream] = round(lost * 1e9)

    # -- eviction -----------------------------------------------------------------------

    def freeze(self, stream: int, silent_ns: int) -> None:
        """Keep the findings of ``stream``, silent for ``silent_ns``, of which rows are about to be evicted."""
        known = self._findings.get(stream)  # includes what was frozen earlier
        if known:
            known = self._findings[stream] = still_valid(known, silent_ns, grown=False)
            self._frozen[stream] = Frozen(int(self.judged[stream]), silent_ns, known)
            self._weigh(stream, known)

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop everything about ``streams`` (ascending), which were evicted."""
        self.reserve(self._streams.count)
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
