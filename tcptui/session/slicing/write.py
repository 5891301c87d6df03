"""Writes chosen packets of a session to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.slicing.layout import read_layout
from tcptui.capture.slicing.source import PacketSource
from tcptui.capture.slicing.writer import PcapngWriter, PcapWriter
from tcptui.model.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.capture.slicing.sink import Sink
    from tcptui.capture.slicing.source import Record
    from tcptui.model.packet_store import I64
    from tcptui.session.session import Session

    Comments = Callable[[int, int, int], Sequence[str]]

PCAP_SUFFIX: Final = ".pcap"


class Slicer:
    """Copies packets of what a session has read so far.  Raises OSError where an input cannot be read."""

    def __init__(self, session: Session) -> None:
        session.reader.require_unchanged()
        self._session = session
        self._sources: list[PacketSource] = []
        store = session.store
        self._spool_of = [info.spool for info in session.reader.sources]
        self._links = [0] * len(session.spools)
        for info in session.reader.sources:
            self._links[info.spool] = info.link_type
        offset, captured = store.offset[: store.count], store.captured[: store.count]
        for spool, (descriptor, end) in enumerate(session.spools):
            if len(session.spools) > 1:
                mine = np.isin(store.source[: store.count], np.flatnonzero(np.array(self._spool_of) == spool))
                offset, captured = store.offset[: store.count][mine], store.captured[: store.count][mine]
            self._sources.append(PacketSource(descriptor, read_layout(descriptor, offset, captured, end), offset))

    @property
    def sources(self) -> tuple[PacketSource, ...]:
        """What packets are read from, one for each spool."""
        return tuple(self._sources)

    @property
    def links(self) -> tuple[int, ...]:
        """The link type of each source that is no pcapng."""
        return tuple(self._links)

    def record(self, row: int) -> tuple[int, Record, int]:
        """The packet in ``row``: the index of its source, the record, its length on the wire.  Raises OSError."""
        store, spool = self._session.store, self._spool(row)
        record = self._sources[spool].record(int(store.offset[row]), int(store.captured[row]), int(store.time_ns[row]))
        return spool, record, int(store.wire_length[row])

    def require_unchanged(self) -> None:
        """Raise FileChangedError where a file was changed since it was read."""
        self._session.reader.require_unchanged()

    def _spool(self, row: int) -> int:
        return self._spool_of[int(self._session.store.source[row])]

    def only_source(self) -> PacketSource:
        """The capture of a session that has one."""
        (source,) = self._sources
        return source

    def number_of(self, row: int) -> tuple[int, int]:
        """The spool that ``row`` is of, and its number in that file."""
        store, spool = self._session.store, self._spool(row)
        if self._session.spool is not None:  # of a live capture not all packets are kept, and none is anywhere else
            return spool, int(store.frame[row])
        return spool, self._sources[spool].number(int(store.offset[row]))

    def write(self, rows: I64, sink: Sink, comments: Comments, program: str) -> None:
        """Write ``rows`` as pcapng.

        ``comments(row, spool, number)``: what to say of a packet, whose number is that in the file of the spool.
        """
        store = self._session.store
        writer = PcapngWriter(sink, self._sources, self._links, program)
        for row in rows.tolist():
            spool, number = self.number_of(row)
            source = self._sources[spool]
            record = source.record(int(store.offset[row]), int(store.captured[row]), int(store.time_ns[row]))
            said = comments(row, spool, number)
            writer.add(spool, record, int(store.wire_length[row]), said)
        self._session.reader.require_unchanged()  # it may have been meanwhile

    def link_type(self, rows: I64) -> int:
        """The link type of ``rows`` in a pcap file.  Raises OutputError when they have several."""
        store = self._session.store
        links = {self._session.reader.sources[source].link_type for source in np.unique(store.source[rows]).tolist()}
        if len(links) > 1:
            raise OutputError("slice_link_types", count=len(links))
        return next(iter(links), 1)

    def write_pcap(self, rows: I64, sink: Sink) -> None:
        """Write ``rows`` as pcap, without comments.  Raises OutputError when they have several link types."""
        store, link_type = self._session.store, self.link_type(rows)
        fields = {source.layout.link_field for source in self._sources}
        link_field = fields.pop() if len(fields) == 1 else 0
        nano = bool((store.time_ns[rows] % 1000).any())
        writer = PcapWriter(sink, link_field or link_type, nano=nano)
        for row in rows.tolist():
            writer.add(int(store.time_ns[row]), self._session.reader.data(row), int(store.wire_length[row]))
        self._session.reader.require_unchanged()  # it may have been meanwhile
