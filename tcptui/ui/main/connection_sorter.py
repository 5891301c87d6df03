"""Computes the order of the connection list: which streams it lists, and how they are sorted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from tcptui.session.input_priority import input_priority
from tcptui.ui.main.columns import Sorting, sort_order
from tcptui.ui.main.connection_index import ConnectionMatcher, ListFilter

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.column import ColumnReader
    from tcptui.session.filtering.filtered_capture import FilteredCapture

#: Up to this many streams the order is computed on the event loop: about 5 ms.
INLINE_STREAMS: Final = 20_000
#: Interval (seconds) at which a longer list that is sorted or narrowed is ordered again while it grows.
REORDER_SECONDS: Final = 1.0


class ConnectionSorter:
    """Computes orders of one session's streams; may be called from several threads, a lock makes them take turns."""

    def __init__(self, session: FilteredCapture, matcher: ConnectionMatcher) -> None:
        self._session = session
        self._matcher = matcher
        self._lock = threading.Lock()
        self._own: dict[str, ColumnReader] = {}
        """Of each of the user's columns that the list was sorted by, what has been read of it."""
        self._cancelled = False

    def is_natural(self, narrowing: ListFilter, sorting: Sorting) -> bool:
        """Whether the order is that of all streams by their start, which needs no sorting and only grows."""
        return not narrowing and sorting.is_natural

    def is_quick(self, narrowing: ListFilter, sorting: Sorting) -> bool:
        """Whether `compute` may run on the event loop."""
        streams = self._session.streams
        if sorting.expression:
            return False
        kept = streams.count - streams.evicted_streams
        return self.is_natural(narrowing, sorting) or kept <= INLINE_STREAMS

    def with_end(self, text: str) -> I32:
        """Numbers of the streams of which an end contains every word of ``text``, ascending."""
        with self._lock:
            listed = self._session.streams.listed()
            for word in text.casefold().split():
                listed = listed[self._matcher.ends(word, listed)]
            return listed

    def compute(self, narrowing: ListFilter, sorting: Sorting) -> I32:
        """Numbers of the streams that match ``narrowing``, in the order of ``sorting``.

        By one of the user's columns it raises Cancelled, OSError, and FilterError as `ColumnReader`.
        """
        count = self._session.streams.count
        if self.is_natural(narrowing, sorting):
            return self._session.streams.listed(count)
        with self._lock:
            streams = self._session.streams
            chosen = self._matcher.matching(narrowing, count) if narrowing else streams.listed(count)
            if sorting.expression:
                return self._own_order(chosen, sorting)
            return sort_order(self._session, chosen, sorting)

    def cancel(self) -> None:
        """Stop reading what the list was to be sorted by: another order is wanted."""
        self._cancelled = True

    def _own_order(self, chosen: I32, sorting: Sorting) -> I32:
        from tcptui.session.filtering.column import ColumnExpression, ColumnReader  # lark: imported where it is used

        self._cancelled = False
        reader = self._own.get(sorting.expression)
        if reader is None:
            column = ColumnExpression.of(sorting.expression)
            reader = self._own[sorting.expression] = ColumnReader(self._session, column)
        return reader.order(chosen, self._asked, is_reversed=sorting.is_reversed)

    def _asked(self) -> bool:
        input_priority.step_aside()
        return self._cancelled
