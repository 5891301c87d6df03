"""Findings of very many streams at once, not cached: what reports, exports and filters ask of a whole capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.view import gather_streams
from tcptui.analysis.timing.budget import split_batched, time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.findings.annotate import annotated
from tcptui.findings.stream_findings import BatchFindings, cells
from tcptui.session.judgement import places_without
from tcptui.session.stream_judge import Whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import Gathered
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import PacketStore
    from tcptui.session.findings_cache import FindingsCache
    from tcptui.session.selection import Selection
    from tcptui.session.stream_judge import StreamJudge

    #: A stream's place in `Gathered.streams`, its findings, and its time budget (ns, one entry per `Part`; or empty).
    Judged = tuple[int, tuple[Finding, ...], tuple[int, ...]]

#: How many streams are looked back at together (`correct`); more save no time, and their views take memory.
LOOKED_BACK_AT_ONCE: Final = 256


class BulkFindings:
    """Judges streams in chunks; takes the findings of those that ``cache`` has."""

    def __init__(self, store: PacketStore, streams: StreamTable, judge: StreamJudge, cache: FindingsCache) -> None:
        self._store, self._streams, self._judge, self._cache = store, streams, judge, cache

    def of(self, selection: Selection, *, parts: bool = True) -> Iterator[BatchFindings]:
        """The findings of ``selection`` in chunks that memory can hold; ``parts``: and time budgets."""
        chosen, done = selection.streams, 0
        for gathered in gather_streams(self._store, self._streams, chosen, selection.order):
            upto = done + len(gathered.streams)
            chunk = [self._chunk(gathered, selection.part(done, upto), parts=parts)]
            del gathered  # not held here while its findings are used
            yield chunk.pop()
            done = upto

    def _chunk(self, gathered: Gathered, part: Selection, *, parts: bool) -> BatchFindings:
        """The findings of all streams in ``gathered``; ``part`` is what the selection says of them."""
        spent = np.zeros((len(gathered.streams), len(Part)), np.int64)
        places = np.arange(len(gathered.streams))
        apart = part.known | part.alone | part.read[gathered.streams]
        kinds = self._judge.same_shape(gathered, places, apart, part.look_back)
        for kind in kinds:
            for share, times in zip(Part, kind.parts, strict=True):
                spent[kind.places, share] = list(cells(times, len(kind)))
        found: dict[int, tuple[Finding, ...]] = {}
        for place, findings, times in self._one_by_one(gathered, part, places_without(places, kinds), parts=parts):
            found[place] = findings
            if parts:
                spent[place] = times
        return BatchFindings(gathered.streams, spent, kinds, found)

    def _one_by_one(
        self, gathered: Gathered, part: Selection, places: NDArray[np.int64], *, parts: bool
    ) -> Iterator[Judged]:
        """Judge those of the streams at ``places`` one by one; with ``parts``, their time budgets."""
        judge, cache = self._judge, self._cache
        known, look_back, read = part.known, part.look_back, part.read
        few, of_few = gathered.few(places)
        with judge.amid(gathered):
            for begin in range(0, len(places), LOOKED_BACK_AT_ONCE):
                some = places[begin : begin + LOOKED_BACK_AT_ONCE].tolist()
                views = list(map(few.view, of_few[begin : begin + LOOKED_BACK_AT_ONCE]))
                judge.look_back(
                    Whole(view, bool(look_back[place]), cache.judged_rows(view))
                    for place, view in zip(some, views, strict=True)
                    if not known[place]
                )
                if parts:
                    split_batched(view for view in views if not view.evicted)
                # From the last one, so that each view is dropped once it was judged.
                views.reverse()
                for place in some:
                    view, stream = views.pop(), int(gathered.streams[place])
                    if known[place]:
                        yield place, cache[stream], time_budget(view).parts if parts else ()
                    elif view.evicted or not len(view):
                        findings = judge.findings(view, cache.frozen(stream), read=bool(read[stream]))
                        yield place, findings, time_budget(view).parts if parts else ()
                    else:
                        connection = judge.facts(view, read=bool(read[stream]))
                        yield place, annotated(connection), connection.parts if parts else ()
