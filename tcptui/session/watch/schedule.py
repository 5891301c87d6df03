"""The streams that are due to be judged again, for an observer that needs findings early.

For a screen, a stream is judged when it has more than doubled (`regrowth`), or when it is opened.  An observer needs
a finding as soon as its packets are there: a stream is due when the stream table's counts of problems have changed,
when it has ended, and when it, or the whole capture, has been quiet for a second.  The interval for a long stream is
so long that judging it takes at most a twentieth of a processor.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import StreamMark
from tcptui.model.sparse_array import grown, zeros

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, PacketStore

#: Seconds without a packet after which a stream counts as quiet.
QUIET: Final = 1.0
_QUIET_NS: Final = 1_000_000_000
#: Minimum interval between two judgements of a stream, in seconds: per segment (judging one takes some microseconds),
#: and in any case.
_REST_PER_SEGMENT: Final = 60e-6
_LEAST_REST: Final = 0.2
_FIRST: Final = 256
_COLUMNS: Final = ("_signs", "_not_before", "_seen")
#: How many streams must have been evicted before their memory is freed.
_WORTH_EVICTING: Final = 1 << 16
_BOTH_FINS: Final = int(StreamMark.FIN_A | StreamMark.FIN_B)
_RESETS: Final = int(StreamMark.RST_A | StreamMark.RST_B | StreamMark.ICMP_QUOTED)


class WatchSchedule:
    """Per stream, its state when it was last judged."""

    def __init__(self, store: PacketStore, streams: StreamTable) -> None:
        self._store = store
        self._streams = streams
        self._signs = zeros(_FIRST, np.int64)
        """Per stream: `_signs_of` when it was last judged."""
        self._not_before = zeros(_FIRST, np.float64)
        """Per stream: the earliest time of its next judgement, in monotonic seconds."""
        self._seen = zeros(_FIRST, np.int64)
        """Per stream: its number of segments when it was last judged; 0: never."""
        self._evicted_at_compaction = 0
        """Evicted streams when these columns were last freed of them."""
        self._rows = 0
        """Rows of the store when it last grew, which was at `_rows_since` (monotonic seconds)."""
        self._rows_since = time.monotonic()

    def due(self, places: slice | I32) -> NDArray[np.bool_]:
        """Mask of the streams at ``places`` (`StreamTable.places`) that should be judged again if they grew."""
        self._reserve(self._streams.count)
        now = time.monotonic()
        due = self._signs_of(places) != self._signs[places]
        due |= self.quiet(places)
        due &= self._not_before[places] <= now
        worth: NDArray[np.bool_] = due
        return worth

    def quiet(self, places: slice | I32) -> NDArray[np.bool_]:
        """Mask of the streams at ``places`` without a packet for a second; all, if the capture had none."""
        now = time.monotonic()
        if self._store.count != self._rows:
            self._rows, self._rows_since = self._store.count, now
        latest = self._streams.latest_ns[places]
        if not self._rows or now - self._rows_since >= QUIET:
            return np.ones(len(latest), np.bool_)
        quiet: NDArray[np.bool_] = self._store.latest_ns - latest >= _QUIET_NS
        return quiet

    def finished(self, count: int, *, even_open: bool = False, over: bool = False) -> NDArray[np.int64]:
        """The first ``count`` streams (ascending) that changed since they were judged, but hardly will again.

        That is, closed by both ends, or reset, and quiet since; with ``even_open`` all quiet ones; with ``over`` all.
        """
        self._reserve(count)
        places = self._streams.places(count)
        changed = self._streams.packets[places] != self._seen[places]
        if not over:
            marks = self._streams.marks[places]
            ended = ((marks & _BOTH_FINS) == _BOTH_FINS) | ((marks & _RESETS) != 0)
            changed &= self.quiet(places) if even_open else ended & self.quiet(places)
        found = np.flatnonzero(changed)
        return found if isinstance(places, slice) else places[found].astype(np.int64)

    def judged(self, stream: int, segments: int) -> None:
        """Record that ``stream`` was judged now, when it had ``segments``."""
        self._reserve(stream + 1)
        self._seen[stream] = segments
        self._signs[stream] = self._signs_of(slice(stream, stream + 1))[0]
        self._not_before[stream] = time.monotonic() + max(_LEAST_REST, segments * _REST_PER_SEGMENT)

    def never_judged(self, streams: NDArray[np.int64]) -> int:
        """How many of ``streams`` were never judged."""
        # The columns stay as they are: these streams may have been evicted just now, and would be compacted away.
        known = streams[streams < len(self._seen)]
        return len(streams) - int(np.count_nonzero(self._seen[known]))

    def passed(self, streams: NDArray[np.int64]) -> None:
        """Record that ``streams`` were judged in bulk, in their current state."""
        self._seen[streams] = self._streams.packets[streams]
        self._signs[streams] = self._signs_of(streams)

    def _signs_of(self, rows: slice | NDArray[np.int64] | I32) -> NDArray[np.int64]:
        """Per stream, a number that changes with the table's counts of problems, marks and verdicts."""
        streams = self._streams
        troubled = streams.troubled[rows].astype(np.int64)
        signs: NDArray[np.int64] = (troubled << 40) + (streams.marks[rows].astype(np.int64) << 20)
        return signs ^ streams.verdicts[rows].astype(np.int64)

    def _reserve(self, streams: int) -> None:
        if streams > len(self._signs):
            rows, places = max(streams, 2 * len(self._signs)), self._streams.places()
            for name in _COLUMNS:
                setattr(self, name, grown(getattr(self, name), rows, places))
        if self._streams.evicted_streams - self._evicted_at_compaction >= _WORTH_EVICTING:
            self._evict()

    def _evict(self) -> None:
        """Free the memory of evicted streams."""
        kept, self._evicted_at_compaction = self._streams.listed(), self._streams.evicted_streams
        for name in _COLUMNS:
            column = getattr(self, name)
            setattr(self, name, grown(column, len(column), kept))
