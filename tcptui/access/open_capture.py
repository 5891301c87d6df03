"""An open capture as its readers see it, and what follows from that alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from tcptui.access.stream_state import StreamState
from tcptui.analysis.stream.view import StreamView, view_stream
from tcptui.model.arrays import sorted_unique
from tcptui.model.packet_store import RowKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcptui.access.cached_findings import CachedFindings
    from tcptui.access.indexes import Indexes
    from tcptui.access.packet_reader import PacketReader
    from tcptui.access.progress import Progress
    from tcptui.analysis.capture_point import CapturePlace
    from tcptui.analysis.capture_quality import CaptureQuality
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.findings.stream_findings import BatchFindings, StreamFindings
    from tcptui.findings.trouble import Trouble
    from tcptui.model.finding import Finding
    from tcptui.model.flow_table import FlowTable
    from tcptui.model.packet_store import I32, I64, U8, PacketStore
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.row_notes import NotedRows
    from tcptui.protocols.stream.reassembly import ByteStream

#: In a capture of up to this many streams, `application_streams` returns all of them.
_ALL_STREAMS: Final = 2_000


class OpenCapture(Protocol):
    """The tables of an open capture, and its bytes on demand; all of it grows while the capture does."""

    @property
    def store(self) -> PacketStore:
        """The columns of packets, a row each."""
        ...

    @property
    def flows(self) -> FlowTable:
        """The pairs of endpoints."""
        ...

    @property
    def streams(self) -> StreamTable:
        """The connections, a row each."""
        ...

    @property
    def noted(self) -> NotedRows:
        """The rows in which messages of application protocols begin."""
        ...

    @property
    def reader(self) -> PacketReader:
        """Single packets: their bytes and analysis, and where they come from."""
        ...

    @property
    def indexes(self) -> Indexes:
        """What readers have built of this capture."""
        ...

    @property
    def label(self) -> str:
        """The names of its files and interfaces, as safe text."""
        ...

    @property
    def progress(self) -> Progress:
        """A snapshot of how far the capture has been read."""
        ...

    def rows_of(self, stream: int) -> I32:
        """Rows of ``stream`` that are kept, in capture order, ICMP quotes included; treat as read-only."""
        ...

    def directions(self, stream: int) -> tuple[ByteStream, ByteStream]:
        """The reassembled byte streams of client and server of ``stream``."""
        ...

    def application(
        self, stream: int, *, whole: bool = False, deep: Callable[[], None] | None = None
    ) -> ApplicationStream:
        """The messages of ``stream`` in its application protocol, and their frames; as `StreamCache.application`."""
        ...


class JudgedCapture(OpenCapture, Protocol):
    """An open capture and what has been found in it so far."""

    @property
    def revision(self) -> int:
        """A number that changes whenever anything of the capture did, findings included."""
        ...

    @property
    def place(self) -> CapturePlace:
        """The capture point, computed from all or nearly all packets so far."""
        ...

    @property
    def quality(self) -> CaptureQuality:
        """What the capture lacks, by which rules limit their confidence."""
        ...

    @property
    def judged_at_count(self) -> int:
        """How many packets there were when all streams that may have problems had last been judged."""
        ...

    @property
    def judges_at_once(self) -> bool:
        """Whether the rules are imported already, so that `findings` does not have to wait for that."""
        ...

    @property
    def severity(self) -> U8:
        """Worst severity per stream, at least `streams.count` long; 0: none, or not judged (`is_looked_through`)."""
        ...

    @property
    def lost_ns(self) -> I64:
        """Nanoseconds that warnings and errors cost each stream, at least; as long as `severity`, and as incomplete."""
        ...

    @property
    def trouble(self) -> Trouble:
        """The trouble of the capture in groups, from what has been read and judged so far."""
        ...

    def findings(self, stream: int) -> tuple[Finding, ...]:
        """The current findings of ``stream``; while the capture grows, those of a long stream may be older."""
        ...

    def current_findings(self, stream: int) -> CachedFindings:
        """`findings`, and how many segments of ``stream`` they (`segments_of`) take into account."""
        ...

    def each_findings(self, chosen: Iterable[int]) -> Iterator[tuple[int, tuple[Finding, ...]]]:
        """Each stream of ``chosen`` (ascending) with its findings, computed in bulk."""
        ...

    def headline(self, stream: int) -> Finding | None:
        """The worst cached finding of ``stream`` above a note; None: none."""
        ...

    def above_note(self) -> StreamFindings:
        """The cached findings of each stream that has a warning or an error among them."""
        ...


class Judges(Protocol):
    """Judges all connections of a capture."""

    def judged(self) -> Iterator[BatchFindings]:
        """Their findings and time budgets, in batches."""
        ...


class WholeCapture(JudgedCapture, Protocol):
    """A capture that has been read to its end, and whose connections can be judged."""

    @property
    def all_findings(self) -> Judges:
        """The findings of all connections."""
        ...


def rows_seen(capture: OpenCapture, stream: int) -> int:
    """How many rows of ``stream`` have become readable so far, including evicted segments.

    Something cached about a stream is fresh while this is unchanged.  `StreamTable.packets` is not suitable: while
    the worker processes a batch it is ahead of the readable rows.
    """
    return int(capture.streams.evicted[stream]) + len(capture.rows_of(stream))


def segments_of(capture: OpenCapture, stream: int) -> int:
    """How many of the `rows_seen` are segments of ``stream`` itself, not ICMP errors that quote it."""
    kinds = capture.store.kind[capture.rows_of(stream)]
    return int(capture.streams.evicted[stream]) + int(np.count_nonzero(kinds != RowKind.ICMP_QUOTE))


def view_of(capture: OpenCapture, stream: int) -> StreamView:
    """The columns of ``stream`` as seen from client and server."""
    return view_stream(capture.store, capture.streams, stream, capture.rows_of(stream))


def state_of(capture: OpenCapture, stream: int) -> StreamState:
    """What the bytes of ``stream`` depend on: something made of them is fresh while this is equal."""
    return StreamState(rows_seen(capture, stream), capture.progress.growing, capture.reader.keys.revision)


def captured_bytes(capture: OpenCapture) -> int:
    """Bytes of all packets that are kept, as captured: how much may be made of them depends on it."""
    store = capture.store
    return int(store.captured[store.first : store.count].sum(dtype=np.int64))


def application_streams(capture: OpenCapture) -> list[int]:
    """Streams that may carry files, ascending: all, or of more than `_ALL_STREAMS` those with a noted message.

    All, too, where there are secrets of encrypted ones.
    """
    count = capture.streams.count
    if count <= _ALL_STREAMS or capture.reader.keys:
        return list(range(count))
    found = sorted_unique(capture.store.stream[capture.noted.rows()])
    return [int(stream) for stream in found if 0 <= stream < count]


def is_looked_through(capture: JudgedCapture) -> bool:
    """Whether `severity` covers all packets so far, so that 0 means no finding above a note."""
    return capture.judged_at_count == capture.store.count
