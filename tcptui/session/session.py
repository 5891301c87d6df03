"""Wires it all: sources → spool → queue → pipeline → annotator, for screens and reports alike.

A sniffer thread of each source says that its spool grew; an asyncio queue carries that level to
`Session.run`, which has one worker thread read, decode, analyse and annotate what is new and then
bumps `Session.revision`.  Live captures and files differ in nothing but when the spool ends.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.capture_point import CapturePlace
from tcptui.analysis.stream.view import StreamView, view_stream
from tcptui.capture.child.priority import give_way
from tcptui.capture.file_source import open_file as open_file_source
from tcptui.capture.own_ssh import OwnScreen
from tcptui.capture.spool.files import save_copy
from tcptui.model.errors import OutputError
from tcptui.model.safe_text import safe_text
from tcptui.session.catch_up import CatchUp, Compile, Steering
from tcptui.session.lazy_annotator import LazyAnnotator
from tcptui.session.packet_reader import PacketReader
from tcptui.session.pipeline import Pipeline, SourceInfo
from tcptui.session.progress import Progress
from tcptui.session.retention import Bounds, Retention
from tcptui.session.stream_cache import StreamCache, StreamState
from tcptui.session.stream_rows import StreamRows
from tcptui.session.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.analysis.capture_quality import CaptureQuality
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.capture.bpf.packet_filter import PacketFilter
    from tcptui.capture.source import Source
    from tcptui.findings.bulk import BulkFindings
    from tcptui.model.finding import Finding
    from tcptui.model.flow_table import FlowTable
    from tcptui.model.packet_store import I32, U8, PacketStore
    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.registry import ApplicationStream
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.observer import Observer

#: Somebody who waits for findings (`Session.observe`) is served so often (seconds) when nothing comes.
OBSERVED_EVERY: Final = 1.0
#: So many streams are looked into for files one by one.
_ALL_STREAMS: Final = 2_000


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
        self._pipeline = Pipeline([(source.descriptor, source.label) for source in sources], packet_filter)
        self.store: PacketStore = self._pipeline.store
        self.flows: FlowTable = self._pipeline.flows
        self.streams: StreamTable = self._pipeline.analyzer.streams
        self.label = ", ".join(source.label for source in sources)
        self.live = any(source.live for source in sources)
        self.own_screen = OwnScreen.LOCAL
        self.local = False
        """Packets come from an interface of this machine: its kernel may know the connections."""
        self._row_lists = StreamRows(self.store, self.streams)
        self._access = PacketReader(
            self.store, self.streams, self._pipeline.sources, [source.descriptor for source in sources], self.rows_of
        )
        self._judging = LazyAnnotator(self._pipeline, self._access, self.rows_of)
        source = self._sources[0] if self.live and len(self._sources) == 1 else None
        self.ring = Retention(
            self.store,
            self.streams,
            self._pipeline.noted,
            lambda first: self._judging.annotations.before_eviction(first),
            self._evict,
            source,
        )
        """Lets the oldest packets leave; tests may set other bounds."""
        if memory is not None and source is not None:
            per_stream = self._pipeline.analyzer.bytes_per_stream
            self.ring.bounds = Bounds.of_memory(memory, self.store.bytes_per_row, per_stream, source.limit_bytes)
        self._stream_cache = StreamCache(self.view, self._access)
        self.steering = Steering()
        self.catch_up = CatchUp(
            self._sources,
            self._pipeline,
            self._judging,
            self.ring,
            self.steering,
            packet_filter,
            compile_when,
            live=self.live,
        )
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
        return self.catch_up.quality

    @property
    def progress(self) -> Progress:
        """How far the capture is read."""
        return self.catch_up.progress

    @property
    def revision(self) -> int:
        """Changes whenever anything here did."""
        return self.catch_up.revision

    @property
    def place(self) -> CapturePlace:
        """Where the capture was made, by the packets so far, or by nearly all of them."""
        return self.catch_up.place

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
        return int(self.streams.evicted[stream]) + len(self.rows_of(stream))

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
        return self.catch_up.looked_at == self.store.count

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
        self.steering.observer = observer

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
        self.catch_up.warm_up(announce)
        try:
            while True:
                with contextlib.suppress(TimeoutError):  # what silence tells is told when nothing is announced
                    await asyncio.wait_for(announced.get(), None if self.steering.observer is None else OBSERVED_EVERY)
                if await worker.call(self.catch_up.run):
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
        self.catch_up.close()
        if not self._closed:
            self._closed = True
            for source in self._sources:
                source.close()

    def _evict(self, streams: NDArray[np.int64]) -> None:
        """In the worker thread: ``streams`` leave."""
        self._pipeline.analyzer.evict(streams)
        self._judging.annotations.evict(streams)


def open_file(path: Path | str, compile_when: Compile = Compile.NEVER) -> Session:
    """Open a capture and analyse all of it before returning; not for use inside an event loop.

    Raises InputError when the file cannot be opened at all.
    """
    session = Session([open_file_source(Path(path))], compile_when=compile_when)
    asyncio.run(session.run())
    return session
