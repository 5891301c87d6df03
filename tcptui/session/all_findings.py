"""The findings of all connections of a capture, in bulk and among several processes; with those that a user defined."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.packet_store import CORRECTED_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcptui.access.open_capture import OpenCapture
    from tcptui.analysis.stream.row_order import RowOrder
    from tcptui.findings.stream_findings import BatchFindings
    from tcptui.model.finding import Finding
    from tcptui.session.lazy_annotator import LazyAnnotator
    from tcptui.session.own.findings import OwnFindings
    from tcptui.session.selection import Selection
    from tcptui.session.sharing import Sharing


class AllFindings:
    """Judges what it is asked about and caches nothing; the first call imports the rules."""

    def __init__(self, capture: OpenCapture, judging: LazyAnnotator, own: Callable[[], OwnFindings | None]) -> None:
        """``own``: what looks for the findings that a user has defined; None: there are no such."""
        self._capture, self._judging, self._own = capture, judging, own

    def each(self, chosen: Iterable[int], sharing: Sharing | None) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        """Each stream of ``chosen`` (ascending) with its findings; with ``sharing``, which raises WorkerError."""
        numbers = np.fromiter(chosen, np.int64)
        if sharing is None:
            return self.of(self._judging.annotations.selection(numbers))
        whole = self._judging.annotations.selection(numbers, self._order())
        return self._each_among(sharing, whole)

    def _each_among(self, sharing: Sharing, whole: Selection) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        cuts = sharing.cut(self._capture.streams.packets[whole.streams])

        def work(share: int) -> Iterator[list[tuple[int, tuple[Finding, ...]]]]:
            yield list(self.of(whole.part(*cuts[share])))

        with closing(sharing.in_order(len(cuts), work)) as parts:
            for part in parts:
                yield from part

    def of(self, share: Selection) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        """Each stream of ``share`` with its findings."""
        batches, own = self._judging.annotations.judged(share, parts=False), self._own()
        each = chain.from_iterable(batch.each() for batch in batches)
        return each if own is None else ((stream, (*found, *own.of(stream))) for stream, found in each)

    def shares(self, sharing: Sharing, *, first: int = 0, lasting: bool = False) -> list[Selection]:
        """All streams, cut into shares for `judged` and `of`; for a capture that has been read to its end.

        ``first`` as of `Sharing.cut`.  With ``lasting``, this process will see what others, that judge a share, write
        to the store.
        """
        whole = self._all(self._order())
        if lasting and sharing.forks:
            self._capture.store.share(CORRECTED_COLUMNS)
        cuts = sharing.cut(self._capture.streams.packets[whole.streams], first)
        if len(cuts) > 1:
            self.import_for(sharing)
        return [whole.part(begin, end) for begin, end in cuts]

    def judged(self, share: Selection | None = None) -> Iterator[BatchFindings]:
        """The findings and time budgets of the streams of ``share`` (None: of all), in chunks."""
        chosen, own = self._all() if share is None else share, self._own()
        if own is None:
            return self._judging.annotations.judged(chosen)
        # A connection of which more is said than of others like it is told one by one.
        apart = replace(chosen, alone=own.has(chosen.streams))
        return (_with_own(batch, own) for batch in self._judging.annotations.judged(apart))

    def import_for(self, sharing: Sharing) -> None:
        """Import here what each of several processes would import for itself: rules about payload, if there is any."""
        if sharing.forks and self._capture.noted.any:
            from tcptui.findings.rules.payload import OF_ONE_PROTOCOL

            for module in OF_ONE_PROTOCOL:
                import_module(module)

    def _all(self, order: RowOrder | None = None) -> Selection:
        return self._judging.annotations.selection(self._capture.streams.listed().astype(np.int64), order)

    def _order(self) -> RowOrder:
        from tcptui.analysis.stream.row_order import RowOrder  # screens do without

        return RowOrder(self._capture.store, self._capture.streams.count)


def _with_own(batch: BatchFindings, own: OwnFindings) -> BatchFindings:
    streams = batch.streams
    return replace(
        batch, others={place: (*found, *own.of(int(streams[place]))) for place, found in batch.others.items()}
    )
