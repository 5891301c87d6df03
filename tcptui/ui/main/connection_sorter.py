"""Keeps the connection list's index up to date, in a thread when it is long."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from tcptui.ui.main.columns import SortKey, sort_order
from tcptui.ui.main.connection_index import ConnectionMatcher, Narrowing

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32
    from tcptui.session.session import Session

#: Up to this many streams an order is computed between two keys: about 5 ms.
INLINE_STREAMS: Final = 20_000
#: How often (seconds) a long list that is sorted or narrowed is put in order again while it grows.
REORDER_SECONDS: Final = 1.0


class ConnectionSorter:
    """Computes orders of one session's streams; safe to call from one thread after the other."""

    def __init__(self, session: Session, matcher: ConnectionMatcher) -> None:
        self._session = session
        self._matcher = matcher
        self._lock = threading.Lock()

    def is_natural(self, narrowing: Narrowing, key: SortKey) -> bool:
        """Whether the order is all streams as they began: costs nothing, only grows."""
        return not narrowing and key is SortKey.START

    def is_quick(self, narrowing: Narrowing, key: SortKey) -> bool:
        """Whether `compute` may run on the event loop."""
        return self.is_natural(narrowing, key) or self._session.streams.count <= INLINE_STREAMS

    def compute(self, narrowing: Narrowing, key: SortKey) -> I32:
        """The streams that match, in order."""
        count = self._session.streams.count
        if self.is_natural(narrowing, key):
            return self._session.streams.listed(count)
        with self._lock:
            streams = self._session.streams
            chosen = self._matcher.matching(narrowing, count) if narrowing else streams.listed(count)
            return sort_order(self._session, chosen, key)
