"""From spools to columns: reads, filters, decodes and analyses one batch of packets at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.source_info import SourceInfo
from tcptui.analysis.analyzer import Analyzer
from tcptui.analysis.capture_quality import LATE_ACK_NS, CaptureQuality, KindsCaptured
from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.endings import update_endings
from tcptui.capture.spool.reader import FIRST_BLOCK, PacketBatch, SpoolReader
from tcptui.model.arrays import sorted_unique
from tcptui.model.flow_table import FlowTable
from tcptui.model.packet_store import MAX_ROWS, DecodeIssue, OptionBit, PacketStore, RowKind
from tcptui.model.prefetch import Prefetch
from tcptui.model.safe_text import safe_text
from tcptui.model.sparse_array import map_long_arrays, trim
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.protocols.payload_places import Payloads
from tcptui.protocols.row_notes import NotedRows
from tcptui.protocols.spoken_roles import Speaker, spoken_by
from tcptui.wire.decode import BatchDecoder
from tcptui.wire.header_walk import PADDING
from tcptui.wire.link.types import LINK_LAYERS
from tcptui.wire.numba_compile import release_compiler
from tcptui.wire.record_scanner import Scanner
from tcptui.wire.records import PacketArrays

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tcptui.capture.bpf.packet_filter import PacketFilter
    from tcptui.wire.numba_compile import Kernel

#: The largest ordinary Ethernet frame, in bytes; longer ones were merged by segmentation offload.
ORDINARY_FRAME: Final = 1_518
#: Upper bound of rows reserved on an estimate.
_FORESEEN_ROWS: Final = 20_000_000
#: The same of streams.
_FORESEEN_STREAMS: Final = 1_000_000
_NONE: Final = np.zeros(0, np.int64)
#: Later than any packet.
_NEVER: Final = 2**63 - 1


class Pipeline:
    """Decodes and analyses the packets of all spools; one thread at a time may call it.

    Several spools are merged by time, keeping each one's own order, into one packet store and stream table.
    """

    def __init__(
        self, descriptors: Sequence[tuple[int, str]], packet_filter: PacketFilter | None = None,
        after: Pipeline | None = None, *, shared: bool = False, expect: Callable[[int], None] | None = None,
        is_tight: bool = False,
    ) -> None:  # fmt: skip
        """``after``: a pipeline over the same spools that has come to rest; this one begins where it stopped.

        ``expect`` is called before tables become long, with how many bytes they will take together.  ``is_tight``:
        memory is short.

        ``shared``: other processes will map the columns (`model.shared_memory`); of a capture that evicts nothing.
        """
        map_long_arrays()
        self.store = PacketStore(shared=shared)
        self.flows = FlowTable(shared=shared)
        self.sources: list[SourceInfo] = []
        self.analyzer = Analyzer(self.store, self.flows, shared=shared)
        self.unknown_link_types: set[int] = set()
        self.noted = NotedRows()
        self._scanner = Scanner()
        before: Sequence[SpoolReader | None] = [None] * len(descriptors) if after is None else after.readers
        self.readers: list[SpoolReader] = [
            SpoolReader(descriptor, self._scanner, reader, is_tight=is_tight)
            for (descriptor, _label), reader in zip(descriptors, before, strict=True)
        ]
        self._labels = [label for _descriptor, label in descriptors]
        self._known: list[dict[int, int]] = [{} for _ in descriptors]
        """Per spool: the parser's interface index -> the index in `sources`."""
        self._filter = packet_filter
        self._decoder = BatchDecoder(self.store, self.flows)
        self._expect = expect
        self._is_tight = is_tight
        self._frames = 0
        self._numbered = 0
        """As `frames`, the batch that is decoded ahead included."""
        self._goes_ahead = False
        self._ahead: Prefetch[_Batch | None] | None = None
        """Makes the next batch."""
        self._held: list[_WaitingPackets | None] = [None] * len(descriptors)
        self._asked_in_vain = [False] * len(descriptors)
        """Per spool: whether the last `advance` found no packets in it."""
        self._tally = _Tally()
        self._foreseen = False
        self.full = False
        """Whether row numbers are exhausted (`MAX_ROWS`): no more packets are read."""

    def compile(self, kernel: Kernel) -> None:
        """Use the compiled kernel, scanner and decoder from the next batch on."""
        self._scanner.compile()
        self._decoder.compile()
        self.analyzer.compile(kernel)
        trim()  # a compiler's first run leaves more freed memory behind than a million packets take
        release_compiler()

    def advance(self, ends: Sequence[int], complete: Sequence[bool], cut: Sequence[bool] = ()) -> bool:
        """Process one batch from the spools' first ``ends`` bytes; False when there is none now.

        A spool that is ``cut`` (stopped by us) may end inside a record, or be empty, without that being reported.
        Raises OSError when a spool cannot be read.
        """
        if self.full:
            return False
        batch = self._next(ends, complete) if self._ahead is None else self._ahead.take()
        self._ahead = None
        if batch is None:
            # One that waits for another to have packets may have more itself.
            through = zip(self.readers, complete, cut or [False] * len(complete), self._asked_in_vain, strict=True)
            for reader, done, excused, is_through in through:
                if done and is_through and not excused and not reader.stopped:
                    reader.finish()
            if all(complete) and not self.analyzer.finished:
                self.analyzer.finish()
                trim()
            return False
        first = self.store.count
        if first + batch.read > MAX_ROWS:
            self.full = True
            return False
        self._frames += batch.read
        if batch.first != first:
            self._decode(batch, first)
        if self._may_go_ahead(complete):
            self._ahead = Prefetch(partial(self._decoded, ends, complete, first + len(batch)))
        if len(batch):
            self._analyse(batch)
        if not self._foreseen and all(complete):
            self._reserve_estimate(sum(ends))
        return True

    def go_ahead(self) -> None:
        """Have the next batch of a complete input decoded in a thread of its own while one is analysed."""
        self._goes_ahead = not self._is_tight
        if self._is_tight:
            return
        for reader in self.readers:
            reader.keeps_last = True

    def _may_go_ahead(self, complete: Sequence[bool]) -> bool:
        """Whether `_decoded` may run now: rows are reserved, and machine code leaves it a processor (the GIL)."""
        return self._goes_ahead and self._foreseen and self.analyzer.compiled and all(complete)

    def _reserve_estimate(self, total: int) -> None:
        """Reserve rows for a complete input, estimated from its beginning: unused memory is free, growing copies."""
        read = sum(reader.position for reader in self.readers)
        if read > FIRST_BLOCK * len(self.readers):  # the first short reads are too small for an estimate
            self._foreseen = True
            times = 1.1 * total / read
            self._expect_rows(int(times * self.store.count), int(times * self.analyzer.streams.count))
            self.store.reserve(min(int(times * self.store.count), _FORESEEN_ROWS))
            self.analyzer.foresee_end(min(int(times * self.analyzer.streams.count), _FORESEEN_STREAMS))

    def _expect_rows(self, rows: int, streams: int) -> None:
        """Say how much memory so many rows and streams will take."""
        if self._expect is not None:
            self._expect(rows * self.store.bytes_per_row + streams * self.analyzer.bytes_per_stream)

    def quality(self, kernel_dropped: int, unread: str = "") -> CaptureQuality:
        """The quality of the capture so far; ``kernel_dropped`` is the live counter, ``unread`` as of the result."""
        tally = self._tally
        reported = sum(reader.parser.reported_drops for reader in self.readers)
        return CaptureQuality(
            self.store.count,
            kernel_dropped + reported,
            tally.truncated,
            tally.headers_cut,
            tally.went_back,
            tally.offloaded,
            tally.zero_filled,
            tally.forgotten,
            KindsCaptured(*tally.kinds.tolist()),
            unread,
            max((reader.parser.claimed_drops for reader in self.readers), default=0),
        )

    @property
    def frames(self) -> int:
        """How many packets have been read, those that a filter left out included."""
        return self._frames

    @property
    def wire_bytes(self) -> int:
        """Bytes of all packets so far, evicted ones included, as they were on the wire."""
        return self._tally.wire_bytes

    @property
    def began_ns(self) -> int:
        """The earliest time of all packets so far; 0 without any."""
        return 0 if self._tally.began_ns == _NEVER else self._tally.began_ns

    def _next(self, ends: Sequence[int], complete: Sequence[bool]) -> _Batch | None:
        """The next packets of all spools, those that the filter leaves out left out; not decoded."""
        self._asked_in_vain = [False] * len(self.readers)
        found = self._single(ends[0]) if len(self.readers) == 1 else self._merged(ends, complete)
        if found is None:
            return None
        found.read = len(found.records.start)
        # Frames of several spools are numbered as in the file that Wireshark's mergecap would write.
        found.frames = (
            found.records.number
            if len(self.readers) == 1
            else np.arange(self._numbered + 1, self._numbered + found.read + 1)
        )
        self._numbered += found.read
        found.links = np.array([source.link_type for source in self.sources], np.int64)[found.source]
        if self._filter is None:
            return found
        keep = np.ones(found.read, np.bool_)
        records = found.records
        for link in sorted_unique(found.links).tolist():
            mine = found.links == link
            keep[mine] = self._filter.keep(
                found.buffer, records.start[mine], records.captured[mine], records.wire[mine], link
            )
        return found.only(keep)

    def _decoded(self, ends: Sequence[int], complete: Sequence[bool], first: int) -> _Batch | None:
        """`_next`, decoded into the rows from ``first`` on where they are reserved.

        For another thread than that which analyses the rows before: it writes to no column and no table of theirs.
        """
        batch = self._next(ends, complete)
        if batch is not None and first + len(batch) <= self.store.capacity:
            self._decode(batch, first)
        return batch

    def _single(self, end: int) -> _Batch | None:
        found = self._next_batch(0, end)
        if found is None:
            return None
        return _Batch(found.buffer, found.records, found.offset, self._source_ids(0, found.records.interface))

    def _next_batch(self, index: int, end: int) -> PacketBatch | None:
        """The next packets of a spool; notes where there are none."""
        found = self.readers[index].next_batch(end)
        self._asked_in_vain[index] = found is None
        return found

    def _merged(self, ends: Sequence[int], complete: Sequence[bool]) -> _Batch | None:
        """Packets in time order, up to the time before which no spool can have any more packets."""
        for index, reader in enumerate(self.readers):
            if self._held[index] is None:
                found = self._next_batch(index, ends[index])
                if found is not None:
                    self._held[index] = _WaitingPackets.of(found, self._source_ids(index, found.records.interface))
                elif not complete[index] and not reader.stopped:
                    return None  # a growing spool may still have earlier packets
        held = [part for part in self._held if part is not None]
        if not held:
            return None
        horizon = min(int(part.key[-1]) for part in held)
        taken = []
        for index, part in enumerate(self._held):
            if part is not None:
                count = int(np.searchsorted(part.key, horizon, side="right"))
                taken.append(part.take(count))
                self._held[index] = part if len(part.key) else None
        return _Batch.merge(taken)

    def _source_ids(self, spool: int, interfaces: NDArray[np.int64]) -> NDArray[np.int64]:
        known = self._known[spool]
        for index in sorted_unique(interfaces).tolist():
            if index not in known:
                interface = self.readers[spool].parser.interfaces[index]
                known[index] = len(self.sources)
                name = safe_text(interface.name) if interface.name else None
                told = safe_text(interface.description)
                place = interface.number, interface.section
                self.sources.append(SourceInfo(self._labels[spool], interface.link_type, name, spool, *place, told))
                if interface.link_type not in LINK_LAYERS:
                    self.unknown_link_types.add(interface.link_type)
        table = np.array([known.get(index, 0) for index in range(max(known) + 1)], np.int64)
        return table[interfaces]

    def _decode(self, batch: _Batch, first: int) -> None:
        """Fill in the rows from ``first`` on, as far as packets tell."""
        store, records, n = self.store, batch.records, len(batch)
        batch.first = first
        if not n:
            return
        if first + n > store.capacity:
            self._expect_rows(first + n, self.analyzer.streams.count)
        store.reserve(first + n)
        rows = slice(first, first + n)
        store.frame[rows] = batch.frames
        store.time_ns[rows] = records.time_ns
        store.offset[rows] = batch.offset
        store.captured[rows] = records.captured
        store.wire_length[rows] = np.minimum(records.wire, 0xFFFF_FFFF)
        store.fill("source", rows, batch.source)
        self._decoder.decode(batch.buffer, records.start, records.captured, records.wire, batch.links, first)

    def _analyse(self, batch: _Batch) -> None:
        """Conclude what follows from the rows that ``batch`` was decoded into, and publish them."""
        store, start, first, n = self.store, batch.records.start, batch.first, len(batch)
        self.analyzer.analyse(first, n)
        payloads = Payloads.of(batch.buffer, start, store, first)
        update_endings(store, self.analyzer.streams, first, n, self.noted.farewells(payloads))
        self.noted.add(payloads)  # of each connection a few: by its number
        unknown = self.analyzer.without_role(first, n)
        if len(unknown):
            speakers = spoken_by(batch.buffer, start[unknown - first], store, unknown)
            told = np.flatnonzero(speakers)
            self.analyzer.note_clients(unknown[told], speakers[told] == Speaker.CLIENT)
        self._tally.add(store, slice(first, first + n), first)
        store.publish(first + n)


@dataclass(slots=True)
class _Batch:
    buffer: NDArray[np.uint8]
    records: PacketArrays
    offset: NDArray[np.int64]
    source: NDArray[np.int64]
    frames: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    """The number of each packet, once it has one."""
    links: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    """The link type of each packet, once it is known."""
    read: int = 0
    """How many packets there were before a filter left some out."""
    first: int = -1
    """The row of the first packet; -1: not decoded."""

    def __len__(self) -> int:
        return len(self.records.start)

    def only(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> _Batch:
        r = self.records
        chosen = PacketArrays(*(getattr(r, name)[keep] for name in PacketArrays.__dataclass_fields__))
        frames, links = (column[keep] if len(column) else column for column in (self.frames, self.links))
        return _Batch(self.buffer, chosen, self.offset[keep], self.source[keep], frames, links, self.read)

    @staticmethod
    def merge(parts: Sequence[tuple[_Batch, NDArray[np.int64]]]) -> _Batch:
        """Merge batches, each with its time keys: buffers concatenated, rows sorted by time."""
        shift, batches = 0, []
        for part, _key in parts:
            r = part.records
            batches.append(replace(r, start=r.start + shift))
            shift += len(part.buffer)
        joined = _Batch(
            np.concatenate([part.buffer for part, _key in parts]),
            PacketArrays(
                *(np.concatenate([getattr(b, name) for b in batches]) for name in PacketArrays.__dataclass_fields__)
            ),
            np.concatenate([part.offset for part, _key in parts]),
            np.concatenate([part.source for part, _key in parts]),
        )
        order = np.argsort(np.concatenate([key for _part, key in parts]), kind="stable")
        return joined.only(order)


@dataclass(slots=True)
class _WaitingPackets:
    """Packets of one spool that wait for earlier packets of the others."""

    batch: _Batch
    key: NDArray[np.int64]
    """Sort keys: the timestamps (ns) made monotonic, so that a spool's own order is kept."""

    @classmethod
    def of(cls, found: PacketBatch, source: NDArray[np.int64]) -> _WaitingPackets:
        records = found.records
        begin = int(records.start.min())
        held = found.buffer[begin : int((records.start + records.captured).max()) + PADDING].copy()
        batch = _Batch(held, replace(records, start=records.start - begin), found.offset, source)
        return cls(batch, np.maximum.accumulate(records.time_ns))

    def take(self, count: int) -> tuple[_Batch, NDArray[np.int64]]:
        """Remove and return the first ``count`` packets with their keys."""
        every = np.arange(len(self.key))
        taken = self.batch.only(every[:count]), self.key[:count]
        self.batch, self.key = self.batch.only(every[count:]), self.key[count:]
        return taken


@dataclass(slots=True)
class _Tally:
    """The counts that `CaptureQuality` is made of, and those of `Progress` that evicted packets stay in."""

    truncated: int = 0
    headers_cut: int = 0
    went_back: int = 0
    offloaded: int = 0
    zero_filled: int = 0
    forgotten: int = 0
    wire_bytes: int = 0
    """Of all packets, as they were on the wire."""
    began_ns: int = _NEVER
    """The earliest time of a packet."""
    kinds: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(fields(KindsCaptured)), np.int64))
    """Those of `KindsCaptured`, in its order."""

    def add(self, store: PacketStore, rows: slice, first: int) -> None:
        issues = store.issues[rows]
        self.truncated += int(np.count_nonzero(issues & DecodeIssue.TRUNCATED))
        # A header cut off in an ICMP quote does not count: its sender truncates it (RFC 792), the frame is whole.
        cut = int(DecodeIssue.HEADER_CUT | DecodeIssue.TRUNCATED)
        self.headers_cut += int(np.count_nonzero((issues & cut) == cut))
        self.zero_filled += int(np.count_nonzero(issues & DecodeIssue.ZERO_FILLED))
        self.forgotten += int(np.count_nonzero(issues & DecodeIssue.LENGTH_FORGOTTEN))
        self.kinds += _kinds(store, rows)
        self.wire_bytes += int(store.wire_length[rows].sum(dtype=np.int64))
        self.began_ns = min(self.began_ns, int(store.time_ns[rows].min()))
        times = store.time_ns[max(first - 1, 0) : rows.stop]
        self.went_back += int(np.count_nonzero(times[1:] < times[:-1]))
        is_data = (store.length[rows] > 0) & ((store.options[rows] & OptionBit.MSS) == 0)
        self.offloaded += int(np.count_nonzero(is_data & (store.wire_length[rows] > ORDINARY_FRAME)))


def _kinds(store: PacketStore, rows: slice) -> NDArray[np.int64]:
    """`KindsCaptured` of ``rows``."""
    segment = store.kind[rows] == RowKind.TCP
    flags, length = store.flags[rows], store.length[rows]
    syn, ack, ends = (flags & SYN) != 0, (flags & ACK) != 0, (flags & (SYN | FIN | RST)) != 0
    first_sent = segment & ((store.verdict[rows] & SUSPICIOUS) == 0) & ((flags & RST) == 0)
    acked = store.acked[rows]
    answering = segment & (acked >= store.first)
    filled = (store.issues[rows] & DecodeIssue.ZERO_FILLED) != 0
    late = store.time_ns[rows] - store.time_ns[np.maximum(acked, store.first)] > LATE_ACK_NS
    each = (
        segment,
        segment & syn,
        first_sent & syn & ack,
        first_sent & ~syn & ((length > 0) | ((flags & FIN) != 0)),
        segment & ack & ~ends & ((length <= 0) | filled),
        segment & ack & ((flags & RST) == 0),
        answering,
        first_sent & answering & ~syn & (length > 0) & late,
    )
    return np.array([np.count_nonzero(kind) for kind in each], np.int64)
