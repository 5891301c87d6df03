"""Connects the parts of an open capture: sources → spool → queue → pipeline → findings, for screens and reports.

The sniffer thread of each source announces that its spool grew; an asyncio queue wakes `Session.run`, which has
one worker thread read, decode, analyse and judge what is new and then increments `Session.revision`.  Live captures
and files differ only in when the spool is complete.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.cached_findings import CachedFindings
from tcptui.access.indexes import Indexes
from tcptui.access.kernel_events.tied_events import KernelEvents
from tcptui.access.open_capture import segments_of, state_of, view_of
from tcptui.access.owners import owners_of
from tcptui.access.packet_reader import PacketReader
from tcptui.access.progress import Notice, Phase, Progress
from tcptui.access.stream_rows import StreamRows
from tcptui.analysis.capture_point import CapturePlace
from tcptui.capture.child.priority import lower_priority
from tcptui.capture.file_source import FileSource
from tcptui.capture.file_source import open_file as open_file_source
from tcptui.capture.own_ssh import OwnScreen
from tcptui.capture.spool.files import is_one_capture, save_copy
from tcptui.findings.weight import worst_finding
from tcptui.model.errors import OutputError
from tcptui.model.file_names import disambiguate
from tcptui.model.finding import Severity
from tcptui.model.pcap_format import FILE_HEADER_BYTES
from tcptui.model.safe_text import safe_text
from tcptui.protocols.keylog import KeyBlocks, KeyLog, KeyLogFile
from tcptui.session.all_findings import AllFindings
from tcptui.session.catch_up import CatchUp, Compile, Steering
from tcptui.session.conclusions import Conclusions
from tcptui.session.copying import Copying
from tcptui.session.cores import usable_cores
from tcptui.session.lazy_annotator import LazyAnnotator
from tcptui.session.memory import MemoryBudget, accounts_strictly
from tcptui.session.observer import Observer, WithOwn
from tcptui.session.pipeline import Pipeline
from tcptui.session.retention import Bounds, Retention
from tcptui.session.stream_cache import StreamCache
from tcptui.session.worker import Worker

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.access.notes.notebook import Notebook
    from tcptui.analysis.capture_quality import CaptureQuality
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.capture.bpf.packet_filter import PacketFilter
    from tcptui.capture.source import Source
    from tcptui.findings.rules.whole_capture.diagnose import CaptureDiagnosis
    from tcptui.findings.stream_findings import StreamFindings
    from tcptui.findings.trouble import Trouble
    from tcptui.model.finding import Finding
    from tcptui.model.flow_table import FlowTable
    from tcptui.model.packet_store import I32, I64, U8, PacketStore
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.decode_as import Decoding
    from tcptui.protocols.message_schema import Schema
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.judge_process import BackgroundJudge
    from tcptui.session.own.findings import OwnFindings
    from tcptui.session.own.rule import OwnRule
    from tcptui.session.owners import Asks, OwnerFinder
    from tcptui.session.sharing import Sharing

#: With an observer, the worker runs at least this often, in seconds, even when nothing is announced.
OBSERVED_EVERY: Final = 1.0


class Session:
    """One open capture; everything a screen or a report needs to know about it.

    Create it, then ``await run()`` once.  Attributes may be read from the event loop at any time; they
    are the current state, and `revision` changes whenever any of them did.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        packet_filter: PacketFilter | None = None,
        compile_when: Compile = Compile.BACKGROUND,
        memory: int | None = None,
        after: Session | None = None,
        *,
        judges_aside: bool = False,
        keylog: str = "",
        schema: str = "",
        decoding: Decoding | None = None,
        decrypts: bool = True,
    ) -> None:
        """``memory``: limit in bytes for rows and connections of a live capture; None: nothing is evicted.

        ``after``: a session over the same sources that has been left (`leave`); this one begins where it stopped.
        ``judges_aside``: a process of its own judges what is not live, so that this one answers keys meanwhile; not
        where memory is accounted strictly.  ``keylog``: a file of TLS secrets, which may grow; raises InputError where
        it cannot be opened.  ``schema``: a file that says what gRPC's messages mean, as `read_schema` wants it.
        ``decoding``: what is read on which port, whatever it begins like.  ``decrypts``: secrets of TLS that the
        capture carries are used.
        """
        self._capture_file: Path | None = None
        self.notes_file: Path | None = None
        """Where marks and notes are kept; None: beside `capture_file`."""
        self._notebook: Notebook | None = None
        self._sources = list(sources)
        self._filter, self._compile_when, self._memory = packet_filter, compile_when, memory
        self.live = any(source.live for source in sources)
        budget = None if self.live else MemoryBudget()
        tight = budget is not None and budget.is_tight
        judges_aside = judges_aside and not self.live and not tight and not accounts_strictly()
        self._pipeline: Pipeline = Pipeline(
            [(source.descriptor, source.label) for source in sources],
            packet_filter,
            None if after is None else after._pipeline,
            shared=judges_aside,
            expect=None if budget is None else budget.expect,
            is_tight=tight,
        )
        self._begin = 0 if after is None else after.progress_end
        """Where this session's packets begin in the spool; 0: at its beginning."""
        self._passed: int = 0 if after is None else after._passed + after._pipeline.frames
        """How many packets of the spool are before that."""
        self._saved_end = self._begin
        """Up to where of the spool its packets have been saved."""
        self.store: PacketStore = self._pipeline.store
        self.flows: FlowTable = self._pipeline.flows
        self.streams: StreamTable = self._pipeline.analyzer.streams
        self.label = ", ".join(source.label for source in sources)
        self.title = ", ".join(disambiguate(source.label for source in sources))
        """What the sources are called on one line."""
        self.own_screen = OwnScreen.LOCAL
        self.filter_words = "" if packet_filter is None else packet_filter.expression
        """The BPF expression that chose the packets, as typed; empty: none did."""
        self.local = False
        """Whether packets come from an interface of this host, whose kernel may then know the connections."""
        self._row_lists = StreamRows(self.store, self.streams)
        keys = self._keys(keylog, decrypts=decrypts) if after is None else after.reader.keys
        read_schema = self._schema(schema) if after is None else after.reader.schema
        self.noted = self._pipeline.noted
        self.reader: PacketReader = PacketReader(
            self.store, self.streams, self._pipeline.sources, [source.descriptor for source in sources], self.rows_of,
            keys, read_schema, lambda: self._changed_file() is not None,
            decoding if after is None else after.reader.decoding,
        )  # fmt: skip
        self.indexes = Indexes()
        if after is not None:
            KernelEvents.of(self).log = KernelEvents.of(after).log
        self._judging = LazyAnnotator(self._pipeline, self.reader, self.rows_of)
        source = self._sources[0] if self.live and len(self._sources) == 1 else None
        self.copying: Copying = Copying() if after is None else after.copying
        """Copies that are being made of the packets of these sources."""
        self.ring = Retention(
            self.store,
            self.streams,
            self.noted,
            self._before_eviction,
            self._evict,
            source,
            self.copying.lock,
        )
        """Evicts the oldest packets; tests may set other bounds."""
        if memory is not None and source is not None:
            per_stream = self._pipeline.analyzer.bytes_per_stream
            self.ring.bounds = Bounds.of_memory(memory, self.store.bytes_per_row, per_stream, source.limit_bytes)
            self.ring.pace(self._begin, self._begin, waits=False)
        self._conclusions = Conclusions(self, self.noted)
        self._owner_finder: OwnerFinder | None = None
        """Looks for whose connections they are; None: of a file nobody can be asked."""
        self._own: OwnFindings | None = None
        self.all_findings = AllFindings(self, self._judging, lambda: self._own)
        """The findings of very many connections at once."""
        self._observer: Observer | None = None
        self._stream_cache = StreamCache(partial(view_of, self), self.reader)
        self.steering = Steering(keys=keys)
        self.catch_up: CatchUp = CatchUp(
            self._sources,
            self._pipeline,
            self._judging,
            self.ring,
            self.steering,
            packet_filter,
            compile_when,
            live=self.live,
            counted=None if after is None else after.catch_up.counted,
            aside=self._aside() if judges_aside else None,
            budget=budget,
        )
        self._closed = False
        self._running: asyncio.Future[None] | None = None
        """Done when `run` has ended; None: it has not begun."""

    def _keys(self, keylog: str, *, decrypts: bool) -> KeyLog:
        if not decrypts:
            return KeyLog()
        carried = KeyBlocks([reader.parser.secrets for reader in self._pipeline.readers])
        if not keylog:
            return KeyLog([carried])
        file = KeyLogFile(Path(keylog))
        return KeyLog([carried, file], file.name)

    @staticmethod
    def _schema(file: str) -> Schema | None:
        if not file:
            return None
        from tcptui.protocols.message_schema import read_schema  # nobody else needs it

        return read_schema(Path(file))

    def _aside(self) -> BackgroundJudge:
        from tcptui.session.judge_process import BackgroundJudge  # nobody else needs it

        return BackgroundJudge(self._pipeline, [source.descriptor for source in self._sources], self.reader)

    # -- what screens read --------------------------------------------------------

    @property
    def spool(self) -> int | None:
        """The spool's descriptor where the only source writes one; None for a plain file or several sources."""
        grown = [source.descriptor for source in self._sources if source.growing]
        return grown[0] if len(grown) == len(self._sources) == 1 else None

    @property
    def spools(self) -> list[tuple[int, int]]:
        """The descriptor of each spool, by `SourceInfo.spool`, and up to where it has been read."""
        descriptors = [source.descriptor for source in self._sources]
        return [(one, reader.position) for one, reader in zip(descriptors, self._pipeline.readers, strict=True)]

    @property
    def quality(self) -> CaptureQuality:
        """The quality of the capture so far: what it lacks, by which rules limit their confidence."""
        return self.catch_up.quality

    @property
    def progress(self) -> Progress:
        """A snapshot of how far the capture has been read."""
        progress, changed = self.catch_up.progress, self._changed_file()
        if changed is None:
            return progress
        notice = Notice("session.file-changed", {"name": changed.label})
        return replace(progress, notice=notice, unread=notice)

    def _changed_file(self) -> FileSource | None:
        """A file that was shortened or written over since it was opened; None: none was."""
        return next((one for one in self._sources if isinstance(one, FileSource) and one.is_changed()), None)

    @property
    def revision(self) -> int:
        """A number that changes whenever anything here did: also when secrets or owners have come."""
        return self.catch_up.revision + self.reader.keys.news + owners_of(self).revision

    @property
    def place(self) -> CapturePlace:
        """The capture point, computed from all or nearly all packets so far."""
        return self.catch_up.place

    @property
    def severity(self) -> U8:
        """Worst severity per stream, at least `streams.count` long; 0: none, or not judged (`looked_through`)."""
        severity = self._judging.severity
        missing = self.streams.count - len(severity)
        severity = severity if missing <= 0 else np.concatenate((severity, np.zeros(missing, np.uint8)))
        if self._own is None:
            return severity
        own = self._own.severity[: len(severity)]
        worst = severity.copy()
        np.maximum(worst[: len(own)], own, out=worst[: len(own)])
        return worst

    @property
    def has_trouble(self) -> bool:
        """Whether any kept stream has a warning or an error, as far as judged."""
        severity = self._judging.severity if self._own is None else self.severity
        listed = self.streams.listed(min(self.streams.count, len(severity)))
        return bool((severity[listed] >= Severity.WARNING).any())

    @property
    def lost_ns(self) -> I64:
        """Nanoseconds that warnings and errors cost each stream, at least; as long as `severity`, and as incomplete."""
        lost = self._judging.lost_ns
        missing = self.streams.count - len(lost)
        return lost if missing <= 0 else np.concatenate((lost, np.zeros(missing, np.int64)))

    def rows_of(self, stream: int) -> I32:
        """Rows of ``stream`` that are kept, in capture order, ICMP quotes included; treat as read-only."""
        return self._row_lists.of(stream)

    def findings(self, stream: int) -> tuple[Finding, ...]:
        """The current findings of ``stream``; while the capture grows, those of a long stream may be older."""
        return self._current_findings(stream).findings

    def current_findings(self, stream: int) -> CachedFindings:
        """The current findings of ``stream``, and of how many of its `segments` they tell."""
        segments = segments_of(self, stream) if self.progress.phase is Phase.LIVE else 0
        known = self._current_findings(stream)
        if known.packets < segments and self._judging.annotations.is_ordinary(stream):
            return CachedFindings(known.findings, segments)
        return known

    def _current_findings(self, stream: int) -> CachedFindings:
        """The findings of ``stream`` as far as they have been judged."""
        found, judged = self._judging.annotations.current_findings(stream, prompt=self.progress.growing)
        return CachedFindings(found if self._own is None else (*found, *self._own.of(stream)), judged)

    def own_findings(self, stream: int) -> tuple[Finding, ...]:
        """The findings of ``stream`` that the user has defined."""
        return () if self._own is None else self._own.of(stream)

    def find_also(self, rules: Sequence[OwnRule], *, at_once: bool = False) -> None:
        """Make the findings that a user has defined, too; call it before `run`.

        With ``at_once``, `look_for_own` does so, once the session has been read to its end.
        """
        if rules:
            from tcptui.session.own.findings import OwnFindings  # only where there are such

            self._own = OwnFindings(self, rules)
            self.steering.own = None if at_once else self._own

    def find_owners(self, child: Asks) -> None:
        """Look for whose connections they are while they are open, by asking ``child``, until `close`."""
        from tcptui.session.owners import OwnerFinder  # files do without

        self._owner_finder = OwnerFinder(self, child)
        self._owner_finder.start()

    def look_for_own(self) -> None:
        """Make all findings that a user has defined.  Raises OwnFailedError and OSError."""
        if self._own is not None:
            self._own.finish()

    def own_changed(self, streams: Sequence[int]) -> None:
        """Called by `OwnFindings` when it has made others of ``streams``."""
        if self._observer is not None:
            for stream in streams:
                self._observer.judged(stream, int(self.streams.packets[stream]), self.findings(stream))

    def _before_eviction(self, first: int) -> None:
        """Called before rows up to ``first`` (exclusive) are evicted."""
        self._judging.annotations.before_eviction(first, self.steering.is_late)
        if self._own is not None:
            self._own.before_eviction(first)

    def each_findings(self, chosen: Iterable[int]) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        """Each stream of ``chosen`` (ascending) with its findings, computed in bulk.

        With `Steering.sharing`, among several processes; raises WorkerError.
        """
        sharing = self.steering.sharing
        return self.all_findings.each(chosen, None if sharing is None else sharing())

    def judge(self, sharing: Sharing) -> None:
        """Judge all streams that may have problems, among several processes.  Raises WorkerError.

        For a session that has been read to its end without that (`Steering.judges`).
        """
        from tcptui.session.shared_judging import judge_shared  # imports the rules

        self.all_findings.import_for(sharing)
        judge_shared(self._judging.annotations, sharing)
        self.catch_up.judged_at_count = self.store.count

    @property
    def judged_at_count(self) -> int:
        """How many packets there were when all streams that may have problems had last been judged."""
        return self.catch_up.judged_at_count

    @property
    def diagnosis(self) -> CaptureDiagnosis:
        """The diagnosis of the capture as a whole, from what has been read and judged so far."""
        return self._conclusions.newest()[0]

    @property
    def trouble(self) -> Trouble:
        """The trouble of the capture in groups, from what has been read and judged so far."""
        return self._conclusions.newest()[1]

    def trouble_of(self, streams: Iterable[int]) -> Trouble:
        """The trouble in groups, of ``streams`` only: concluded from all, and the rest left out."""
        return self._conclusions.trouble_of(streams)

    def conclude(
        self, above_note: StreamFindings, shown: Iterable[int] | None = None
    ) -> tuple[CaptureDiagnosis, Trouble]:
        """`diagnosis` and `trouble` from ``above_note``: the findings of each stream with a warning or an error.

        ``shown``: the trouble of these streams only.
        """
        return self._conclusions.conclude(above_note, shown)

    @property
    def has_own_findings(self) -> bool:
        """Whether a user has defined findings."""
        return self._own is not None

    @property
    def own_revision(self) -> int:
        """A number that changes whenever a finding does that the user has defined."""
        return 0 if self._own is None else self._own.revision

    @property
    def unjudged(self) -> int:
        """How many connections that may have problems were due to be judged when time ran out."""
        return self._judging.annotations.waiting

    @property
    def unlooked(self) -> int:
        """How many of those have packets that no judgement has seen."""
        return self._judging.annotations.unlooked

    def headline(self, stream: int) -> Finding | None:
        """The worst cached finding of ``stream`` above a note; None: none."""
        headline = self._judging.headline(stream)
        known = () if headline is None else (headline,)
        worst = worst_finding((*known, *self.own_findings(stream)))
        return worst if worst is not None and worst.severity > Severity.NOTE else None

    def above_note(self) -> StreamFindings:
        """The cached findings of each stream that has a warning or an error among them."""
        above_note = self._judging.above_note()
        if self._own is None:
            return above_note
        listed = set(self.streams.listed().tolist())
        for stream in self._own.streams():
            own = self._own.of(stream)
            if stream in listed and (stream in above_note or any(one.severity > Severity.NOTE for one in own)):
                above_note[stream] = (*above_note.get(stream, ()), *own)
        return above_note.some(sorted(above_note))

    @property
    def capture_file(self) -> Path | None:
        """The only file that the packets are in; None: they are in several, or in none that the user has."""
        return self._capture_file

    @capture_file.setter
    def capture_file(self, path: Path | None) -> None:
        self._capture_file = path
        if path is not None:
            KernelEvents.of(self).read_companion(path)

    @property
    def notebook(self) -> Notebook | None:
        """Marks and notes of `capture_file`; None without one.  Raises NotesError as long as they cannot be read."""
        if self._notebook is None and self.capture_file is not None:
            from tcptui.access.notes.format import NotesError
            from tcptui.access.notes.notebook import Notebook  # where somebody marks something, or looks

            if any(isinstance(one, FileSource) and not one.is_still(self.capture_file) for one in self._sources):
                raise NotesError("notes_of_another", path=safe_text(str(self.notes_file or self.capture_file)))
            self._notebook = Notebook(self.capture_file, self.notes_file)
        return self._notebook

    @property
    def judges_at_once(self) -> bool:
        """Whether the rules are imported already, so that `findings` does not have to wait for that."""
        return self._judging.ready

    def application(
        self, stream: int, *, whole: bool = False, deep: Callable[[], None] | None = None
    ) -> ApplicationStream:
        """The messages of ``stream`` in its application protocol, and their frames.

        A growing stream is parsed again only when it has grown by the factor `REGROWTH`; with ``whole``, when it has
        grown at all: for whoever looks at all its packets anyway.  ``deep``: as `StreamCache.application`.
        """
        return self._stream_cache.application(stream, state_of(self, stream), whole=whole, deep=deep)

    def directions(self, stream: int) -> tuple[ByteStream, ByteStream]:
        """The reassembled byte streams of client and server of ``stream``; reassembled again when the stream grew."""
        return self._stream_cache.directions(stream, state_of(self, stream))

    def observe(self, observer: Observer) -> None:
        """Notify ``observer`` of findings as they are made; call it before `run`."""
        if self._own is not None:
            self._observer = observer
            observer = WithOwn(observer, self.own_findings)
        self._judging.observe(observer)
        self.steering.observer = observer

    # -- running --------------------------------------------------------------------

    async def run(self) -> None:
        """Read and analyse until the sources have ended, or `stop` was called, and everything is analysed."""
        import asyncio  # a command that reads a file to its end does without (`run_here`)

        loop = asyncio.get_running_loop()
        running = self._running = loop.create_future()
        announced: asyncio.Queue[None] = asyncio.Queue(maxsize=1)
        worker = Worker(loop, begins=lower_priority if self.live else None)

        def wake() -> None:
            # Announcements are level-triggered: one in the queue stands for any number of them.
            if announced.empty():
                announced.put_nowait(None)

        def announce() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
                loop.call_soon_threadsafe(wake)

        self.copying.wake = announce
        for source in self._sources:
            source.start(announce)
        self.catch_up.warm_up(announce)
        try:
            while True:
                with contextlib.suppress(TimeoutError):  # time passing without packets may lead to findings, too
                    await asyncio.wait_for(announced.get(), None if self.steering.observer is None else OBSERVED_EVERY)
                if await worker.call(self.catch_up.run):
                    break
        finally:
            worker.close()
            running.set_result(None)

    def run_here(self, *, alone: bool = False) -> None:
        """Do what `run` does in this thread, which waits for all of it; for commands without an event loop.

        Nothing else may use the session meanwhile.  Unless it is to work ``alone``, packets are decoded by a thread
        beside this one, where there is a processor for it.
        """
        if not alone and usable_cores() > 1:
            self._pipeline.go_ahead()
        announced = threading.Event()
        for source in self._sources:
            source.start(announced.set)
        self.catch_up.warm_up(announced.set)
        while True:
            announced.wait()
            announced.clear()
            if self.catch_up.run():
                return

    async def leave(self) -> None:
        """Have `run` return soon while the sources go on, and wait for it: another session takes over (`anew`)."""
        import asyncio  # see `run`

        self.catch_up.close()
        self.copying.wake()
        if self._running is not None:
            await asyncio.shield(self._running)  # who waits may be cancelled, and another one waits then

    @property
    def may_begin_anew(self) -> bool:
        """Whether `anew` is possible: packets still come, into one spool, whose header tells all about any of them."""
        return self.live and self.progress.growing and len(self._sources) == 1 and is_one_capture(self.spool)

    def anew(self) -> Session:
        """A session of the packets that come after those of this one, which has been left (`leave`).

        The capture goes on meanwhile, so none is missed.  Numbers and times begin anew, as those of a new capture do.
        The disk space of the packets before is released, where they are in a temporary spool.
        """
        session = Session(self._sources, self._filter, self._compile_when, self._memory, after=self)
        session.own_screen, session.local = self.own_screen, self.local
        session.filter_words = self.filter_words
        session.find_also(() if self._own is None else self._own.rules)
        if self._owner_finder is not None:
            self._owner_finder.close()
            session.find_owners(self._owner_finder.child)
        session.ring.release(session._begin)
        for source in self._sources:
            source.count_from(session._passed)
        return session

    def stop(self) -> None:
        """Stop growing sources; `run` returns once their packets are analysed.  Idempotent."""
        for source in self._sources:
            source.stop()

    def save(self, path: Path) -> int:
        """Copy the kept packets to the new file ``path``; returns its size.  Nothing is evicted meanwhile.

        Raises OutputError, also where there is no spool to copy (see `spool`).
        """
        spool = self.spool
        if spool is None:
            raise OutputError("output_failed", path=safe_text(str(path)), reason=self.label)
        with self.copying.keeping_all():
            end = self.progress.bytes_read
            size = save_copy(spool, end, path, self._begin, check=self.copying.check)
        self._saved_end = end
        return size

    @property
    def progress_end(self) -> int:
        """Where in the spool the newest packet that was read ends; with several sources the sum over them."""
        return sum(reader.position for reader in self._pipeline.readers)

    @property
    def has_unsaved(self) -> bool:
        """Whether packets have been captured, or wait to be read, that are in no whole file.

        That is, neither in one that a source writes or was opened from, nor in one that `save` has made.
        """
        progress = self.progress
        if progress.phase is Phase.FAILED or all(source.is_saved for source in self._sources):
            return False
        written = sum(source.status().end for source in self._sources)
        has_packets = progress.rows > 0 or written > progress.bytes_read
        return has_packets and written > max(self._saved_end, FILE_HEADER_BYTES)

    def discard(self) -> None:
        """Have `close` remove temporary spools: what is in no file by now is given up."""
        for source in self._sources:
            source.discard()

    def close(self) -> None:
        """Stop, and close the sources and their spools, which stay where packets are unsaved.  Idempotent."""
        self.catch_up.close()
        if self._owner_finder is not None:
            self._owner_finder.close()
        if not self._closed:
            self._closed = True
            self.stop()
            self.copying.end()
            with self.copying.lock:  # a copy reads descriptors that are closed below
                self._close_sources()

    def _close_sources(self) -> None:
        unsaved = [source for source in self._sources if not source.is_saved]
        for source in () if self.has_unsaved else unsaved:
            source.discard()
        for source in self._sources:
            source.close()

    def _evict(self, streams: NDArray[np.int64]) -> None:
        """Evict ``streams`` (ascending); runs in the worker thread."""
        self._pipeline.analyzer.evict(streams)
        self._judging.annotations.evict(streams)
        if self._own is not None:
            self._own.evict(streams)


def open_file(path: Path | str, compile_when: Compile = Compile.NEVER) -> Session:
    """Open a capture and analyse all of it before returning; not for use inside an event loop.

    Raises InputError when the file cannot be opened at all.
    """
    session = Session([open_file_source(Path(path))], compile_when=compile_when)
    session.capture_file = Path(path)
    session.run_here()
    return session
