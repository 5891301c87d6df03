"""The round of a session's worker thread: what it does each time a source announces growth.

One round reads, decodes and analyses a batch, judges streams (runs the rules on them) within a time budget, and
updates the progress.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Protocol

from tcptui.access.progress import Notice, Phase, Progress
from tcptui.analysis.analyzer import compiled_kernel, kernel_is_cached
from tcptui.analysis.capture_point import CapturePlace, capture_place
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.input_priority import input_priority
from tcptui.session.jit_thread import BackgroundCompiler
from tcptui.session.keys_notice import keys_notice
from tcptui.session.lag import Lag
from tcptui.wire.numba_compile import compiler_available

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.analysis.capture_quality import CaptureQuality
    from tcptui.capture.bpf.packet_filter import PacketFilter
    from tcptui.capture.source import Source, SourceStatus
    from tcptui.protocols.keylog import KeyLog
    from tcptui.session.judge_process import BackgroundJudge
    from tcptui.session.lazy_annotator import LazyAnnotator
    from tcptui.session.memory import MemoryBudget
    from tcptui.session.observer import Observer
    from tcptui.session.pipeline import Pipeline
    from tcptui.session.retention import Retention
    from tcptui.session.sharing import Sharing

#: Packets below which plain Python finishes before machine code is loaded: a tenth of a second …
WORTH_LOADING: Final = 10_000
#: … and before it is compiled, where it is not in the cache.
WORTH_COMPILING: Final = 50_000
#: One in this many must be there when nobody knows how many come: waiting for more would cost long inputs time.
_GROWING: Final = 4
#: Time budget of one round of judging while the input grows, in seconds, so that new packets are decoded soon.
ANNOTATE_SLICE: Final = 0.1
#: Interval of judging while packets keep coming, in seconds: each time it scans all streams.
ANNOTATE_EVERY: Final = 0.5
#: Judging rests at least so many times as long as it took: of a million streams those that are due are not found in
#: less than half a second.
_REST: Final = 4
#: Time budget of a round of judging after the input has ended, in seconds: then it only delays a request to stop.
SETTLE_SLICE: Final = 1.0
#: How long a round waits for what another process has judged, in seconds: the screen then shows it.
BACKGROUND_SLICE: Final = 0.25
#: The capture point is computed again when there are this many times more packets, and at the end.
PLACE_REGROWTH: Final = 1.25


class Compile(Enum):
    """When to use the compiled kernel."""

    BACKGROUND = auto()
    """Start at once in plain Python, switch when compilation is done (screens)."""
    FIRST = auto()
    """Load machine code as soon as the input turns out to be large; have it compiled meanwhile if it is not cached."""
    NEVER = auto()


class LooksForOwn(Protocol):
    """Looks for findings that a user has defined (`tcptui.session.own.findings`)."""

    @property
    def failure(self) -> Notice | None:
        """The notice about a finding that cannot be looked for any more; None: all can."""

    def look(self, *, settled: bool, seconds: float) -> bool:
        """Look for about ``seconds``; returns whether something is left.  ``settled``: the capture has ended."""


@dataclass(slots=True)
class Steering:
    """Requests to the worker thread, which reads them every round."""

    judges: bool = True
    """Whether the worker judges streams that may have problems; False where the caller later asks for all findings."""
    ends_by: float | None = None
    """Deadline (`time.monotonic`) for the work after the sources have ended; None: none."""
    ending: Notice | None = None
    """Why the capture was ended, if neither by an error nor by the user; None: it was not."""
    observer: Observer | None = None
    """Notified of findings as they are made."""
    own: LooksForOwn | None = None
    """Looks for the findings that a user has defined; None: there are none, or somebody else does."""
    keys: KeyLog | None = None
    """The session's secrets of TLS connections."""
    sharing: Callable[[], Sharing] | None = None
    """How a file that has been read to its end is judged; None: as a growing capture is, some streams at a time.

    Called by the thread that reads, when its processes are to be forked: `Session.run_here` must run it.
    """

    def is_late(self) -> bool:
        """Whether `ends_by` has passed."""
        return self.seconds_left() <= 0

    def seconds_left(self) -> float:
        """Seconds until `ends_by`, at least 0; infinite without a deadline."""
        return math.inf if self.ends_by is None else max(self.ends_by - time.monotonic(), 0.0)


class CatchUp:
    """The worker thread's rounds; the event loop may read `progress`, `revision`, `place` and `judged_at_count`."""

    def __init__(
        self,
        sources: Sequence[Source],
        pipeline: Pipeline,
        judging: LazyAnnotator,
        ring: Retention,
        steering: Steering,
        packet_filter: PacketFilter | None,
        compile_when: Compile,
        *,
        live: bool,
        counted: tuple[int, int] | None = None,
        aside: BackgroundJudge | None = None,
        budget: MemoryBudget | None = None,
    ) -> None:
        """``counted``: what the kernel's counters stood at when the packets of this session began; None: at 0.

        ``aside`` judges in a process of its own once the input has ended; None: this thread does.  ``budget``: what
        may be read of a file; None: all, for a live capture evicts rows.
        """
        self._aside = aside
        self._sources = sources
        self._pipeline = pipeline
        self._judging = judging
        self._ring = ring
        self._steering = steering
        self._filter = packet_filter
        self._live = live
        self._compile_when = compile_when if compiler_available() else Compile.NEVER
        self._watched = compile_when is Compile.BACKGROUND or live
        """Whether streams are judged while packets come; a command on a file reads findings only at the end."""
        self.counted = counted or (0, 0)
        """Packets received and dropped by the kernel so far, those before this session included."""
        self._counted_before = self.counted
        position = sum(reader.position for reader in pipeline.readers)
        self.progress = Progress(Phase.LIVE if live else Phase.LOADING, bytes_read=position)
        self.revision = 0
        """Incremented whenever anything of the session may have changed."""
        self.place = CapturePlace()
        self._placed = 0
        """The number of packets when `place` was computed."""
        self.settled = False
        """Whether all packets are analysed and no more will come; judging may still go on."""
        self.judged_at_count = 0
        """The number of packets when last no stream was waiting to be judged."""
        self.lag = Lag()
        self._next_look = 0.0
        self._next_own = 0.0
        self._compiler = BackgroundCompiler()
        self._announce: Callable[[], None] = lambda: None
        self._asked = False
        self._is_cached: bool | None = None
        """Whether machine code only has to be loaded; None: not known yet."""
        """Whether the kernel is compiled already, or is being."""
        self._memory_budget = budget
        self._stopping = threading.Event()

    @property
    def quality(self) -> CaptureQuality:
        """The quality of the capture so far: what it lacks, by which rules limit their confidence."""
        unread = self.progress.unread
        why = "" if unread is None else unread.key.rpartition(".")[2]
        return self._pipeline.quality(self.progress.kernel_dropped or 0, why)

    def warm_up(self, announce: Callable[[], None]) -> None:
        """Prepare for compiling the kernel; ``announce`` is called whenever that is done in the background."""
        self._announce = announce
        growing = any(not source.status().complete for source in self._sources)
        if growing and self._compile_when is Compile.BACKGROUND:
            self._have_compiled()

    def _have_compiled(self) -> None:
        self._asked = True
        self._compiler.start(self._announce)

    def _compile_if_worth(self, statuses: Sequence[SourceStatus]) -> None:
        """Have the kernel compiled once so many packets are there, or to be expected in a file, that it pays."""
        if self._asked or self._compile_when is Compile.NEVER:
            return
        packets = _GROWING * self._pipeline.store.count
        if all(status.complete for status in statuses):
            read = sum(reader.position for reader in self._pipeline.readers)
            packets = self._pipeline.store.count * sum(status.end for status in statuses) // max(read, 1)
        if packets < WORTH_LOADING:
            return
        if self._is_cached is None:
            self._is_cached = kernel_is_cached()
        if packets < WORTH_COMPILING and not self._is_cached:
            return
        if self._compile_when is Compile.FIRST and self._is_cached:
            self._asked = True
            self._pipeline.compile(compiled_kernel())
            return
        self._have_compiled()

    def close(self) -> None:
        """Have `run` begin no further round.  Idempotent."""
        self._stopping.set()
        self._compiler.close()
        if self._aside is not None:
            self._aside.close()

    def run(self) -> bool:
        """Process everything available; returns whether the session is over."""
        while not self._stopping.is_set():
            input_priority.step_aside()
            kernel = self._compiler.take()
            if kernel is not None:
                self._pipeline.compile(kernel)
            statuses = [source.status() for source in self._sources]
            self.lag.captured(sum(status.end for status in statuses))
            ended = all(status.complete for status in statuses)
            spent = self._is_memory_spent()
            late = ended and self._steering.seconds_left() <= 0
            advanced, failure = (False, None) if late or spent else self._advance(statuses)
            self._stop_unreadable(statuses)
            full = self._pipeline.full or spent
            if full:
                for source in self._sources:
                    source.stop()
            self.settled = settled = not advanced and (ended or failure is not None or full)
            self._see_place(complete=settled)
            self._judging.set_context(self.quality, self.place, live=not settled)
            more = self._judge(advanced=advanced, settled=settled)
            more = more or self._look_for_own(advanced=advanced, settled=settled)
            over = settled and (not more or self._steering.seconds_left() <= 0)
            if self._steering.observer is not None:
                self._steering.observer.look(over=over)
            self._report(statuses, failure, over=over)
            if not settled:
                self._ring.turn(statuses[0].end)
            self._ring.pace(self.progress.bytes_read, statuses[0].end, waits=not advanced)
            if advanced:
                self._compile_if_worth(statuses)
                self._compiler.begin()
                if self._aside is not None and self._steering.judges:
                    self._aside.foresee()
            if over:
                self._compiler.finish()
                if self._aside is not None:
                    self._aside.close()
                return True
            if not advanced and not more:
                return False
        return True

    def _advance(self, statuses: Sequence[SourceStatus]) -> tuple[bool, OSError | None]:
        """Read, decode and analyse a batch; returns whether there was one, and the error of reading the spool."""
        ends = [status.end for status in statuses]
        complete, stopped = [status.complete for status in statuses], [status.stopped for status in statuses]
        try:
            return self._pipeline.advance(ends, complete, stopped), None
        except OSError as error:
            return False, error

    def _stop_unreadable(self, statuses: Sequence[SourceStatus]) -> None:
        """Stop what cannot be read any further: all that it still delivers would only fill the disk."""
        for status, source, reader in zip(statuses, self._sources, self._pipeline.readers, strict=True):
            if reader.stopped and not status.complete:
                source.stop()

    def _judge(self, *, advanced: bool, settled: bool) -> bool:
        """Judge streams if it is time to; returns whether more are due."""
        # The first packets are shown (revision 1) before the rules are imported and run.
        is_time = self._watched and self.revision > 0 and time.monotonic() >= self._next_look
        sharing = self._steering.sharing
        if not self._steering.judges or not (is_time or not advanced) or (sharing is not None and not settled):
            return False
        if sharing is not None:
            from tcptui.session.shared_judging import judge_shared  # imports the rules

            judge_shared(self._judging.annotations, sharing())
            self.judged_at_count = self._pipeline.store.count
            return False
        seconds = min(SETTLE_SLICE if settled else ANNOTATE_SLICE, self._steering.seconds_left())
        began, annotations = time.monotonic(), self._judging.annotations
        more = settled and self._aside is not None and self._aside.judges(annotations, min(seconds, BACKGROUND_SLICE))
        more = more or annotations.refresh(seconds, settle=settled)
        self.judged_at_count = self.judged_at_count if more else self._pipeline.store.count
        done = time.monotonic()
        self._next_look = done + max(ANNOTATE_EVERY, _REST * (done - began))
        return more

    def _look_for_own(self, *, advanced: bool, settled: bool) -> bool:
        """Look for findings that the user has defined, in a file once all has been judged; whether more is left."""
        own, began = self._steering.own, time.monotonic()
        if own is None or not (settled or (self._live and (not advanced or began >= self._next_own))):
            return False
        seconds = min(SETTLE_SLICE if settled else ANNOTATE_SLICE, self._steering.seconds_left())
        more = own.look(settled=settled, seconds=seconds)
        done = time.monotonic()
        self._next_own = done + max(ANNOTATE_EVERY, _REST * (done - began))
        return more

    def _is_memory_spent(self) -> bool:
        """Whether a file has used up its share of memory; False of a live capture, which evicts rows (`Retention`)."""
        if self._memory_budget is None:
            return False
        self._memory_budget.look(self._pipeline.store.count)
        return self._memory_budget.spent

    def _report(self, statuses: Sequence[SourceStatus], failure: OSError | None, *, over: bool) -> None:
        store, streams = self._pipeline.store, self._pipeline.analyzer.streams
        read = sum(reader.position for reader in self._pipeline.readers)
        end = sum(status.end for status in statuses)
        growing = any(not status.complete for status in statuses)
        unread = self._unread(statuses, failure)
        notice = unread or self._notice()
        phase = Phase.LIVE if self._live else Phase.LOADING
        if over:
            phase = Phase.FAILED if notice is not None and not store.count else Phase.DONE
        received = [status.received for status in statuses if status.received is not None]
        dropped = [status.kernel_dropped for status in statuses if status.kernel_dropped is not None]
        self.counted = sum(received), sum(dropped)
        received_before, dropped_before = self._counted_before
        self.progress = Progress(
            phase, store.count, read, None if growing else end, max(end - read, 0), self.lag.behind(read),
            self.counted[0] - received_before if received else None,
            self.counted[1] - dropped_before if dropped else None, notice,
            store.first, read - self._ring.released, self._ring.spool_limit, streams.evicted_streams,
            self._pipeline.wire_bytes, self._pipeline.began_ns, unread,
        )  # fmt: skip
        self.revision += 1

    def _see_place(self, *, complete: bool) -> None:
        """Update `place` in this thread: with 100,000 connections it takes longer than a key press may wait.

        The rules know it before they run; commands on files run them at the end.  ``complete``: no more packets come.
        """
        packets = self._pipeline.store.count
        due = packets > self._placed * (1 if complete else PLACE_REGROWTH)
        if due and (complete or self._watched):
            self._placed, self.place = packets, capture_place(self._pipeline.analyzer.streams)

    def _unread(self, statuses: Sequence[SourceStatus], failure: OSError | None) -> Notice | None:
        """Why not every byte of the input is read, nor will be; None: all are, or more may come."""
        pipeline = self._pipeline
        spent = self._memory_budget is not None and self._memory_budget.spent
        for status, source, reader in zip(statuses, self._sources, pipeline.readers, strict=True):
            if status.error is not None:
                return Notice(status.error.key, status.error.facts)
            facts = {"name": source.label, "position": reader.position, "packets": pipeline.store.count}
            if reader.parser.stop is not None:
                return Notice(f"session.{reader.parser.stop.value}", facts)
            if pipeline.full:
                return Notice("session.too-many-packets", facts)
            if spent and reader.position < status.end:
                return Notice("session.memory-spent", facts)
            if failure is not None:
                return Notice("session.spool-unreadable", facts | {"reason": reason_of(failure)})
        return None

    def _notice(self) -> Notice | None:
        """The most serious message about a capture that is read whole; None: nothing to report."""
        pipeline = self._pipeline
        if self._steering.ending is not None:
            return self._steering.ending
        if self._aside is not None and self._aside.notice is not None:
            return self._aside.notice
        if self._steering.own is not None and self._steering.own.failure is not None:
            return self._steering.own.failure
        if self._steering.keys is not None and (told := keys_notice(self._steering.keys)) is not None:
            return told
        if self._filter is not None and self._filter.refused:
            link_type, reason = next(iter(self._filter.refused.items()))
            facts = {"filter": safe_text(self._filter.expression), "link_type": link_type, "reason": reason}
            return Notice("messages.filter_link_type", facts)
        if pipeline.unknown_link_types:
            link_type = min(pipeline.unknown_link_types)
            label = next(info.label for info in pipeline.sources if info.link_type == link_type)
            return Notice("session.unknown-link-type", {"name": label, "link_type": link_type})
        for source, reader in zip(self._sources, pipeline.readers, strict=True):
            if reader.parser.times_clipped:
                return Notice("session.times-out-of-range", {"name": source.label})
        return None
