"""Columns of the stream table as packets need them: of each packet, a number or two of its connection.

A row of the stream table is as long as three lines of the processor's cache, of which a packet needs a few bytes.
What is taken out of the table once, side by side, is looked up several times as fast.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.packet_store import RowKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32, U8
    from tcptui.session.filtering.rows import Mask

    #: What is known of the chosen streams: one value each, or one of end *a* and one of end *b*.
    StreamColumn = Callable[[OpenCapture, slice | I32], NDArray[Any]]

#: Streams for each row at hand, up to which taking all between them out of the table is cheaper than what it spares.
_STREAMS_A_ROW: Final = 2
#: Rows for each stream, from which on the whole table is taken out at once.
_ROWS_A_STREAM: Final = 2


#: Rows that are passed over at once.
_CHUNK: Final = 1 << 20
#: Rows that are counted at once: what they need stays in the processor's cache, half the time of a million together.
_COUNTED: Final = 1 << 16
#: Streams of a stretch up to which they are sorted by 16 bits, five times as fast.
_SHORT: Final = 1 << 16


class SegmentNumbers:
    """Counts the segments of each of the first streams; quick where stretches are asked about in ascending order."""

    def __init__(self, session: OpenCapture, streams: int) -> None:
        """``streams``: how many; none of them evicted."""
        self._session = session
        self._streams = streams
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._upto = self._session.store.first
        """All rows before this one are in `_before`."""
        self._before: NDArray[np.int64] = self._session.streams.evicted[: self._streams].astype(np.int64)
        """Each stream's segments so far."""
        self._began = self._upto
        """Where the last stretch began, which ended at `_upto`."""
        self._last: NDArray[np.int64] = np.zeros(0, np.int64)
        """Its numbers."""

    def between(self, begin: int, stop: int) -> NDArray[np.int64]:
        """The number of the segment in each row from ``begin`` to ``stop`` - 1; 0 where there is none."""
        if not self._began <= begin <= stop <= self._upto:
            if begin < self._upto:
                self._begin_anew()
            for start in range(self._upto, begin, _CHUNK):
                _, stream = self._segments(start, min(start + _CHUNK, begin))
                self._before += np.bincount(stream, minlength=self._streams)
            self._last = np.zeros(stop - begin, np.int64)
            for start in range(begin, stop, _COUNTED):
                end = min(start + _COUNTED, stop)
                self._count(start, end, self._last[start - begin : end - begin])
            self._began, self._upto = begin, stop
        return self._last[begin - self._began : stop - self._began]

    def _segments(self, begin: int, stop: int) -> tuple[NDArray[np.int64], I32]:
        """The places of segments in the stretch, and the stream of each."""
        store = self._session.store
        stream = store.stream[begin:stop]
        places = np.flatnonzero((store.kind[begin:stop] == RowKind.TCP) & (stream >= 0))
        return places, stream[places]

    def _count(self, begin: int, stop: int, found: NDArray[np.int64]) -> None:
        """Put the number of each segment of the stretch into its place in ``found``."""
        places, stream = self._segments(begin, stop)
        if not len(places):
            return
        lowest = stream.min()
        key = (stream - lowest).astype(np.uint16) if stream.max() - lowest < _SHORT else stream
        order = np.argsort(key, kind="stable")
        key = key[order]
        firsts = np.concatenate(([0], np.flatnonzero(key[1:] != key[:-1]) + 1))
        sizes = np.diff(firsts, append=len(key))
        streams = stream[order[firsts]]
        # Behind the number of the last segment before come 1, 2, 3 …
        numbers = np.repeat(self._before[streams] + 1 - firsts, sizes)
        numbers += np.arange(len(key))
        found[order if len(order) == len(found) else places[order]] = numbers
        self._before[streams] += sizes


class StreamColumns:
    """Values of the stream table for the connections of packets, for one run of a filter, in one thread.

    Asked about many rows, as against streams, it reads a column of the whole table when somebody first needs it, and
    asks no more: what comes later in this run is as old as that.  Otherwise, and where streams have been evicted (the
    table then is mostly holes), it reads the streams between the first and the last of the rows at hand, or these rows'
    alone where too many lie between.
    """

    def __init__(self, session: OpenCapture, rows: int) -> None:
        """``rows``: how many will be asked about."""
        self.session = session
        self.store = session.store
        streams = session.streams
        self._count = streams.count
        self._whole = not streams.evicted_streams and _ROWS_A_STREAM * self._count <= rows
        self._tables: dict[StreamColumn, NDArray[Any]] = {}

    def of(self, column: StreamColumn, stream: I32) -> NDArray[Any]:
        """The value of ``column`` for each of ``stream``; for no stream (-1), anything."""
        table, place = self._table(column, stream)
        return table if place is None else table.take(place, mode="clip")

    def of_end(self, column: StreamColumn, stream: I32, of_b: U8) -> NDArray[Any]:
        """The values of ``column`` for one end of each stream, *b* where ``of_b`` is 1."""
        table, place = self._table(column, stream)
        if place is None:
            return np.where(of_b != 0, table[:, 1], table[:, 0])
        both = place.astype(np.int64)
        both <<= 1
        both |= of_b
        return table.ravel().take(both, mode="clip")

    def are(self, column: StreamColumn, stream: I32) -> Mask | None:
        """Mask of the ``stream`` for which ``column``, a truth value, holds; None: none of them, nor any near them."""
        table, place = self._table(column, stream)
        if not table.any():
            return None
        mask: Mask = table if place is None else table.take(place, mode="clip")
        mask &= stream >= 0
        return mask

    @cached_property
    def segment_numbers(self) -> SegmentNumbers | None:
        """Counts segments in the order of rows; None: too few rows are asked about."""
        return SegmentNumbers(self.session, self._count) if self._whole else None

    def _table(self, column: StreamColumn, stream: I32) -> tuple[NDArray[Any], I32 | None]:
        """Some streams' values, and where among them those of ``stream`` are; None: they are those of ``stream``."""
        if self._whole:
            table = self._tables.get(column)
            if table is None:
                # The table has room for one stream at least, and who has none is answered, too.
                table = self._tables[column] = np.ascontiguousarray(column(self.session, slice(max(self._count, 1))))
            return table, stream
        highest = int(stream.max(initial=0))
        lowest = int(stream.view(np.uint32).min(initial=highest))  # to which -1 is the highest of all
        if highest - lowest >= _STREAMS_A_ROW * len(stream):
            return column(self.session, np.maximum(stream, 0)), None
        return column(self.session, slice(lowest, highest + 1)), stream - np.int32(lowest)
