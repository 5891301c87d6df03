"""Creates a session's `Judging` on first use, because it imports the rules.

The rules and their payload parsers take a tenth of a second to import; the first packets are on the screen before
that.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.capture_point import CapturePlace
from tcptui.analysis.capture_quality import CaptureQuality
from tcptui.findings.stream_findings import StreamFindings
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.session.input_priority import imports_yield_to_input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.access.packet_reader import PacketReader
    from tcptui.analysis.correction.apply import Replay
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.budget_parts import ProtocolWait
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I32, I64, U8, PacketStore
    from tcptui.protocols.row_notes import NotedRows
    from tcptui.session.judging import Judging
    from tcptui.session.observer import Observer
    from tcptui.session.pipeline import Pipeline

_NONE_YET: Final = np.zeros(0, np.uint8)
_NOTHING_LOST: Final = np.zeros(0, np.int64)


class LazyAnnotator:
    """The `Judging` of one session, created on first use; thread-safe."""

    def __init__(self, pipeline: Pipeline, access: PacketReader, rows_of: Callable[[int], I32]) -> None:
        self._pipeline = pipeline
        self._access = access
        self._rows_of = rows_of
        self._lock = threading.Lock()
        self._made: Judging | None = None
        self._quality = CaptureQuality()
        self._place = CapturePlace()
        self._live = False
        self._observer: Observer | None = None
        pipeline.analyzer.streams.waits_inside = self._waits_inside
        pipeline.analyzer.streams.asked_to_wait = self._asked_to_wait

    @property
    def ready(self) -> bool:
        """Whether it exists, so that a call does not have to import the rules first."""
        return self._made is not None

    @property
    def annotations(self) -> Judging:
        """Its judging; the first access creates it, and concurrent ones wait for that."""
        made = self._made
        if made is None:
            with self._lock:
                made = self._made = self._made or self._make()
        return made

    @property
    def severity(self) -> U8:
        """Worst severity per stream as far as judged; may be shorter than the number of streams."""
        return _NONE_YET if self._made is None else self._made.cache.severity

    @property
    def lost_ns(self) -> I64:
        """Nanoseconds lost per stream as far as judged (`FindingsCache.lost_ns`); may be shorter, too."""
        return _NOTHING_LOST if self._made is None else self._made.cache.lost_ns

    def headline(self, stream: int) -> Finding | None:
        """The worst cached finding of ``stream`` above a note; None: none."""
        return None if self._made is None else self._made.cache.headline(stream)

    def above_note(self) -> StreamFindings:
        """The cached findings of each stream with a warning or an error among them."""
        return StreamFindings() if self._made is None else self._made.cache.above_note()

    def observe(self, observer: Observer) -> None:
        """Notify ``observer`` of findings as they are made."""
        self._observer = observer
        self.annotations.cache.observer = observer

    def set_context(self, quality: CaptureQuality, place: CapturePlace, *, live: bool) -> None:
        """Set the current capture quality and point, and whether more may come (then its end proves nothing)."""
        with self._lock:
            self._quality, self._place, self._live = quality, place, live
            if self._made is not None:
                self._made.context = replace(self._made.context, quality=quality, place=place, live=live)

    def _waits_inside(self, view: StreamView, ways_ns: tuple[int, ...]) -> Sequence[ProtocolWait]:
        """See `StreamView.waits_inside`: the first question imports what reads payload, which answers from then on."""
        _ = self.annotations
        return view.waits_inside(*ways_ns)

    def _asked_to_wait(self, view: StreamView) -> Sequence[tuple[int, int]]:
        """`StreamView.asked_to_wait` of ``view``."""
        _ = self.annotations
        return view.asked_to_wait()

    def _make(self) -> Judging:
        pipeline, analyzer = self._pipeline, self._pipeline.analyzer
        made = new_judging(
            pipeline.store, analyzer.streams, pipeline.noted, analyzer.replay, self._access, self._rows_of
        )  # fmt: skip
        made.context = replace(made.context, quality=self._quality, place=self._place, live=self._live)
        made.cache.observer = self._observer
        return made


def new_judging(
    store: PacketStore, streams: StreamTable, noted: NotedRows, replay: Replay, access: PacketReader,
    rows_of: Callable[[int], I32],
) -> Judging:  # fmt: skip
    """A `Judging` whose rules read payload through ``access``; imports them."""
    with gc_paused_and_frozen(), imports_yield_to_input():
        from tcptui.findings.facts import RuleContext
        from tcptui.protocols.prefilter import Prefilter
        from tcptui.session.judging import Judging
        from tcptui.session.rule_bytes import StreamBytes

    made = Judging(store, streams, rows_of, replay)
    screening = made.screening = Prefilter(store, streams, noted, access.payload, access.keys, access.decoding)
    reader = StreamBytes(access, screening, lambda: made.context.live)
    streams.waits_inside, streams.asked_to_wait = reader.waits_inside, reader.asked_to_wait
    made.keys_revision = partial(getattr, access.keys, "revision")
    made.context = RuleContext(
        read_packet=access.bare,
        read_segments=access.segments,
        read_payloads=access.payloads,
        read_bytes=reader.any_directions,
        directions=reader.directions,
        error_rows=reader.error_rows,
    )
    return made
