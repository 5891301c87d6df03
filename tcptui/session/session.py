"""Wires it all: sources → spool → queue → pipeline → annotator, for screens and reports alike.

A sniffer thread of each source says that its spool grew; an asyncio queue carries that level to
`Session.run`, which has one worker thread read, decode, analyse and annotate what is new and then
bumps `Session.revision`.  Live captures and files differ in nothing but when the spool ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.analyzer import compiled_kernel
from tcptui.analysis.capture_point import CapturePlace, capture_place
from tcptui.analysis.stream.view import StreamView, view_stream
from tcptui.capture.child.priority import give_way
from tcptui.capture.file_source import open_file as open_file_source
from tcptui.capture.own_ssh import OwnScreen
from tcptui.capture.spool.files import save_copy
from tcptui.model.errors import OutputError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.input_priority import input_priority
from tcptui.session.jit_thread import BackgroundCompiler
from tcptui.session.lag import Lag
from tcptui.session.lazy_annotator import LazyAnnotator
from tcptui.session.memory import MemoryRoom
from tcptui.session.packet_reader import PacketReader
from tcptui.session.pipeline import Pipeline, SourceInfo
from tcptui.session.progress import Notice, Phase, Progress
from tcptui.session.retention import Bounds, Retention
from tcptui.session.stream_cache import StreamCache, StreamState
from tcptui.session.stream_rows import StreamRows
from tcptui.session.worker import Worker
from tcptui.wire.numba_compile import compiler_available

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.analysis.capture_quality import CaptureQuality
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.capture.bpf.packet_filter import PacketFilter
    from tcptui.capture.source import Source, SourceStatus
    from tcptui.findings.bulk import BulkFindings
    from tcptui.model.finding import Finding
    from tcptui.model.flow_table import FlowTable
    from tcptui.model.packet_store import I32, U8, PacketStore
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.registry import ApplicationStream
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.observer import Observer

#: Below this many bytes plain Python is done before the compiler is even imported.
WORTH_COMPILING: Final = 4 << 20
#: Annotating is interrupted this often (seconds), so that new packets are decoded soon.
ANNOTATE_SLICE: Final = 0.1
#: While packets keep coming, streams are looked at again this often (seconds): a look passes over all rows.
ANNOTATE_EVERY: Final = 0.5
#: Somebody who waits for findings (`Session.observe`) is served so often (seconds) when nothing comes.
OBSERVED_EVERY: Final = 1.0
#: When nothing more comes there is nothing to make way for but a request to stop.
SETTLE_SLICE: Final = 1.0
#: Where the capture was made is asked again when there are so many times more packets, and at the end.
PLACE_REGROWTH: Final = 1.25
#: So many streams are looked into for files one by one.
_ALL_STREAMS: Final = 2_000


class Compile(Enum):
    """When to use machine code."""

    BACKGROUND = auto()
    """Start at once in plain Python, switch when the compiler is ready (screens)."""
    FIRST = auto()
    """Large input waits for the compiler (commands)."""
    NEVER = auto()


class Session:
    """One open capture; everything a screen or a report needs to know of it.

    Create, then ``await run()`` once.  Attributes may be read from the event loop at any time; they
    are levels, and `revision` changes whenever any of them did.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        packet_filter: PacketFilter | None = None,
        compile_when: Compile = Compile.BACKGROUND,
        memory: int | None = None,
    ) -> None:
        """``memory``: bytes that the rows of packets that arrive as they happen may take; None: all are kept."""
        self._sources = list(sources)
        self._filter = packet_filter
        self._pipeline = Pipeline([(source.descriptor, source.label) for source in sources], packet_filter)
        self.store: PacketStore = self._pipeline.store
        self.flows: FlowTable = self._pipeline.flows
        self.streams: StreamTable = self._pipeline.analyzer.streams
        self.label = ", ".join(source.label for source in sources)
        self.live = any(source.live for source in sources)
        self.progress = Progress(Phase.LIVE if self.live else Phase.LOADING)
        self.revision = 0
        self.own_screen = OwnScreen.LOCAL
        self.local = False
        """Packets come from an interface of this machine: its kernel may know the connections."""
        self._row_lists = StreamRows(self.store, self.streams)
        self._place = (0, CapturePlace())
        self._looked_at = 0
        """Packets there were when no stream waited to be judged."""
        self._access = PacketReader(
            self.store, self.streams, self._pipeline.sources, [source.descriptor for source in sources], self.rows_of
        )
        self._judging = LazyAnnotator(self._pipeline, self._access, self.rows_of)
        source = self._sources[0] if self.live and len(self._sources) == 1 else None
        self.ring = Retention(
            self.store,
            self.streams,
            self._pipeline.noted,
            lambda first: self._judging.annotations.before_forgetting(first),
            self._give_up,
            source,
        )
        """Lets the oldest packets leave; tests may set other bounds."""
        if memory is not None and source is not None:
            per_stream = self._pipeline.analyzer.bytes_per_stream
            self.ring.bounds = Bounds.of_memory(memory, self.store.bytes_per_row, per_stream, source.limit_bytes)
        self._stream_cache = StreamCache(self.view, self._access)
        self._compile_when = compile_when if compiler_available() else Compile.NEVER
        self._watched = compile_when is Compile.BACKGROUND or self.live
        """A command looks at the end only, and is not made to wait for what somebody would have seen on the way."""
        self._observer: Observer | None = None
        self.ending: Notice | None = None
        """Why the capture was ended, where that was no error and nobody's key."""
        self.judges = True
        """Streams that may hold trouble are judged before the end; who asks for all of them afterwards spares that."""
        self.ends_by: float | None = None
        """By `time.monotonic`: somebody waits for the end.  Once the sources have ended nothing is begun after that."""
        self._next_look = 0.0
        self._compiler = BackgroundCompiler()
        self._lag = Lag()
        self._room = None if self.live else MemoryRoom()
        self._stopping = threading.Event()
        self._closed = False

    # -- what screens read --------------------------------------------------------

    @property
    def spool(self) -> int | None:
        """The descriptor of the packets' bytes where they are in no file of their own yet; None for files."""
        grown = [source.descriptor for source in self._sources if source.growing]
        return grown[0] if len(grown) == len(self._sources) == 1 else None

    @property
    def sources(self) -> list[SourceInfo]:
        """Where rows came from, indexed by ``store.source[row]``."""
        return self._pipeline.sources

    @property
    def quality(self) -> CaptureQuality:
        """What the capture as a whole can bear so far."""
        return self._pipeline.quality(self.progress.kernel_dropped or 0)

    @property
    def place(self) -> CapturePlace:
        """Where the capture was made, by the packets so far, or by nearly all of them."""
        return self._place[1]

    def _see_place(self) -> None:
        """Work that out, in the worker: of a hundred thousand connections it takes longer than a key may wait."""
        known, _place = self._place
        packets = self.store.count
        complete = packets > known and self.progress.phase is Phase.DONE
        if complete or packets > PLACE_REGROWTH * known:
            self._place = packets, capture_place(self.streams)

    @property
    def severity(self) -> U8:
        """Worst severity per stream, at least `streams.count` long; 0 for none."""
        severity = self._judging.severity
        missing = self.streams.count - len(severity)
        return severity if missing <= 0 else np.concatenate((severity, np.zeros(missing, np.uint8)))

    def rows_of(self, stream: int) -> I32:
        """Rows of ``stream`` that are kept, in capture order, ICMP quotes included; treat as read-only."""
        return self._row_lists.of(stream)

    def seen(self, stream: int) -> int:
        """How many rows of ``stream`` were there to be read so far, those included that have left.

        What is kept of a stream is fresh as long as this stays: `StreamTable.packets` may run ahead while the
        worker is amid a batch, and would call stale what was made then.
        """
        return int(self.streams.forgotten[stream]) + len(self.rows_of(stream))

    def view(self, stream: int) -> StreamView:
        """The columns of ``stream`` as seen from client and server."""
        return view_stream(self.store, self.streams, stream, self.rows_of(stream))

    def findings(self, stream: int) -> tuple[Finding, ...]:
        """What the annotator says of ``stream``."""
        return self._judging.annotations.findings(stream, prompt=self.progress.growing)

    def each_findings(self, chosen: Iterable[int]) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        """Each stream of ``chosen`` (ascending) with its findings: the way to ask for many."""
        return self._judging.annotations.bulk(np.fromiter(chosen, np.int64))

    def told(self) -> Iterator[BulkFindings]:
        """Every stream with its findings and where its time went, some at a time."""
        return self._judging.annotations.told(self.streams.listed().astype(np.int64))

    @property
    def unjudged(self) -> int:
        """Connections that may hold trouble and were due to be looked at, when there was no more time for it."""
        return self._judging.annotations.waiting

    @property
    def looked_through(self) -> bool:
        """Whether `severity` tells of all packets so far: what it does not tell of is not there."""
        return self._looked_at == self.store.count

    def headline(self, stream: int) -> Finding | None:
        """The worst finding of ``stream`` known so far that is more than a note."""
        return self._judging.headline(stream)

    def packet(self, row: int) -> PacketView:
        """One packet with its bytes.  Raises OSError when the spool is gone."""
        return self._access.packet(row)

    @property
    def judges_at_once(self) -> bool:
        """Whether `findings` takes no longer than the rules themselves: they are imported when first asked."""
        return self._judging.ready

    def base(self, stream: int, row: int, of_b: bool) -> int:
        """What relative numbers of an endpoint of ``stream`` count from at ``row``; `NO_BASE` without one."""
        return self._access.landmarks.base(stream, row, of_b)

    def application(self, stream: int) -> ApplicationStream:
        """What ``stream`` says in the protocol that it speaks, and the frames that hold it.

        Of a stream that grows it is read anew only when it has grown by some.
        """
        return self._stream_cache.application(stream, self._state(stream))

    def application_streams(self) -> list[int]:
        """Streams that may carry files, ascending: all of few, of many those in which a noted message begins."""
        count = self.streams.count
        if count <= _ALL_STREAMS:
            return list(range(count))
        streams = np.unique(self.store.stream[self._pipeline.noted.rows()])
        return [int(stream) for stream in streams if 0 <= stream < count]

    def halves(self, stream: int) -> tuple[ByteStream, ByteStream]:
        """What the client and the server of ``stream`` sent, reassembled; made anew when the stream grew."""
        return self._stream_cache.halves(stream, self._state(stream))

    def _state(self, stream: int) -> StreamState:
        return StreamState(self.seen(stream), self.progress.growing)

    def observe(self, observer: Observer) -> None:
        """Tell ``observer`` of findings as they are made; before `run`."""
        self._judging.observe(observer)
        self._observer = observer

    # -- running --------------------------------------------------------------------

    async def run(self) -> None:
        """Read until the sources end or `stop` is called; then everything is analysed."""
        loop = asyncio.get_running_loop()
        announced: asyncio.Queue[None] = asyncio.Queue(maxsize=1)
        worker = Worker(loop, begins=give_way if self.live else None)

        def wake() -> None:
            # A level, not an edge: one waiting announcement is enough, and none is ever lost.
            if announced.empty():
                announced.put_nowait(None)

        def announce() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(wake)

        for source in self._sources:
            source.start(announce)
        self._warm_up(announce)
        try:
            while True:
                with contextlib.suppress(TimeoutError):  # what silence tells is told when nothing is announced
                    await asyncio.wait_for(announced.get(), None if self._observer is None else OBSERVED_EVERY)
                if await worker.call(self._catch_up):
                    break
        finally:
            worker.close()

    def stop(self) -> None:
        """End growing sources; `run` returns once what they brought is analysed.  Idempotent."""
        for source in self._sources:
            source.stop()

    def save(self, path: Path) -> int:
        """Copy the packets that are kept to the new file ``path``; its size.  None leave meanwhile.

        Raises OutputError, also for packets that are in a file of their own already.
        """
        spool = self.spool
        if spool is None:
            raise OutputError("output_failed", path=safe_text(str(path)), reason=self.label)
        with self.ring.standing_still:
            return save_copy(spool, self.progress.bytes_read, path)

    def keep_spools(self) -> bool:
        """Have `close` leave unsaved packets where the next start finds them; whether there are any."""
        kept = [source for source in self._sources if source.keep_spool()]
        return bool(kept)

    def close(self) -> None:
        """Stop, and give up the spools.  Idempotent."""
        self._stopping.set()
        self._compiler.close()
        if not self._closed:
            self._closed = True
            for source in self._sources:
                source.close()

    def _warm_up(self, announce: Callable[[], None]) -> None:
        statuses = [source.status() for source in self._sources]
        large = any(not s.complete for s in statuses) or sum(s.end for s in statuses) >= WORTH_COMPILING
        if not large or self._compile_when is Compile.NEVER:
            return
        if self._compile_when is Compile.FIRST:
            self._pipeline.compile(compiled_kernel())
            return
        self._compiler.start(announce)

    def _give_up(self, streams: NDArray[np.int64]) -> None:
        """In the worker thread: ``streams`` leave."""
        self._pipeline.analyzer.give_up(streams)
        self._judging.annotations.give_up(streams)

    def _catch_up(self) -> bool:
        """In the worker thread: process all there is; whether the session is over."""
        while not self._stopping.is_set():
            input_priority.step_aside()
            kernel = self._compiler.take()
            if kernel is not None:
                self._pipeline.compile(kernel)
            statuses = [source.status() for source in self._sources]
            self._lag.captured(sum(status.end for status in statuses))
            complete = [status.complete for status in statuses]
            late = all(complete) and self._seconds_left() <= 0
            spent = self._is_memory_spent()
            failure: OSError | None = None
            try:
                advanced = (
                    not late
                    and not spent
                    and self._pipeline.advance(
                        [status.end for status in statuses], complete, [status.stopped for status in statuses]
                    )
                )
            except OSError as error:
                advanced, failure = False, error
            full = self._pipeline.full or spent
            if full:
                self.stop()
            settled = not advanced and (all(complete) or failure is not None or full)
            self._judging.situate(self.quality, live=not settled)
            more = False
            # The first packets are told of before anything is said of them.
            is_time = self._watched and self.revision > 0 and time.monotonic() >= self._next_look
            if self.judges and (is_time or not advanced):
                seconds = min(SETTLE_SLICE if settled else ANNOTATE_SLICE, self._seconds_left())
                more = self._judging.annotations.refresh(seconds, settle=settled)
                self._looked_at = self._looked_at if more else self.store.count
                self._next_look = time.monotonic() + ANNOTATE_EVERY
            over = settled and (not more or self._seconds_left() <= 0)
            if self._observer is not None:
                self._observer.look(over=over)
            self._report(statuses, over, failure)
            if advanced:
                self.ring.turn(statuses[0].end)
                self._compiler.begin()
            if over:
                return True
            if not advanced and not more:
                return False
        return True

    def _is_memory_spent(self) -> bool:
        """Whether a file has had its share; what is captured makes room for itself (`Retention`)."""
        if self._room is None:
            return False
        self._room.look(self.store.count)
        return self._room.spent

    def _seconds_left(self) -> float:
        """Until `ends_by`; not below 0."""
        return math.inf if self.ends_by is None else max(self.ends_by - time.monotonic(), 0.0)

    def _report(self, statuses: Sequence[SourceStatus], over: bool, failure: OSError | None) -> None:
        read = sum(reader.position for reader in self._pipeline.readers)
        end = sum(status.end for status in statuses)
        growing = any(not status.complete for status in statuses)
        notice = self._notice(statuses, failure)
        rows = self.store.count
        phase = Phase.LIVE if self.live else Phase.LOADING
        if over:
            phase = Phase.FAILED if notice is not None and not rows else Phase.DONE
        received = [status.received for status in statuses if status.received is not None]
        dropped = [status.kernel_dropped for status in statuses if status.kernel_dropped is not None]
        self.progress = Progress(
            phase, rows, read, None if growing else end, max(end - read, 0), self._lag.behind(read),
            sum(received) if received else None, sum(dropped) if dropped else None, notice,
            self.store.first, read - self.ring.released, self.ring.spool_limit, self.streams.left,
        )  # fmt: skip
        self._see_place()
        self.revision += 1

    def _notice(self, statuses: Sequence[SourceStatus], failure: OSError | None) -> Notice | None:
        packets = self.store.count
        for status, source, reader in zip(statuses, self._sources, self._pipeline.readers, strict=True):
            if status.error is not None:
                return Notice(status.error.key, status.error.facts)
            facts = {"name": source.label, "position": reader.position, "packets": packets}
            if reader.parser.stop is not None:
                return Notice(f"session.{reader.parser.stop.value}", facts)
            if self._pipeline.full:
                return Notice("session.too-many-packets", facts)
            if self._room is not None and self._room.spent:
                return Notice("session.memory-spent", facts)
            if failure is not None:
                return Notice("session.spool-unreadable", facts | {"reason": reason_of(failure)})
        if self.ending is not None:
            return self.ending
        if self._filter is not None and self._filter.refused:
            link_type, reason = next(iter(self._filter.refused.items()))
            expression = safe_text(self._filter.expression)
            return Notice(
                "messages.filter_link_type", {"filter": expression, "link_type": link_type, "reason": reason}
            )  # fmt: skip
        if self._pipeline.unknown_link_types:
            link_type = min(self._pipeline.unknown_link_types)
            label = next(info.label for info in self.sources if info.link_type == link_type)
            return Notice("session.unknown-link-type", {"name": label, "link_type": link_type})
        return None


def open_file(path: Path | str, compile_when: Compile = Compile.NEVER) -> Session:
    """Open a capture and analyse all of it before returning; not for use inside an event loop.

    Raises InputError when the file cannot be opened at all.
    """
    session = Session([open_file_source(Path(path))], compile_when=compile_when)
    asyncio.run(session.run())
    return session
