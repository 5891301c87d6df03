"""The bars of the connection list that show each connection's traffic over its life; a thread counts it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from tcptui.model.lru import LruCache
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.input_priority import input_priority
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.start.rates import bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from tcptui.access.open_capture import OpenCapture

#: Bars of a connection.
BARS: Final = 12
#: Connections whose bars are kept: some screens of them.
_CACHE_SIZE: Final = 1_024
#: While packets come, those on screen are counted again after this many seconds, or as many times what counting took.
_REST: Final = 1.0
_REST_TIMES: Final = 10


class TrafficCells:
    """Counts what ``widget`` shows, and refreshes it."""

    def __init__(self, widget: Widget, *, ascii_only: bool) -> None:
        self._widget = widget
        self._ascii = ascii_only
        self._drawn: LruCache[int, tuple[tuple[int, bool], str]] = LruCache(_CACHE_SIZE)
        """Per stream: how many packets it had and whether more could come, and its bars."""
        self._cancel = threading.Event()
        self._rests_until = 0.0
        self.is_settled = True
        """Whether all that is on screen has been counted."""

    def close(self) -> None:
        """Stop counting, and forget."""
        self._cancel.set()
        self._cancel = threading.Event()
        self._drawn.clear()
        self.is_settled = True

    def text(self, stream: int) -> str:
        """The bars of ``stream``; empty until they are known."""
        known = self._drawn.get(stream)
        return "" if known is None else known[1]

    def want(self, session: OpenCapture, streams: Sequence[int]) -> None:
        """Have the bars of ``streams``, which are on screen, where they are missing or the connection has grown."""
        if not self.is_settled:
            return
        packets, growing = session.streams.packets, session.progress.growing
        known = {stream: self._drawn.get(stream) for stream in streams}
        now = {stream: (int(packets[stream]), growing) for stream in streams}
        asked = [stream for stream, drawn in known.items() if drawn is None or drawn[0] != now[stream]]
        is_missing = any(known[stream] is None for stream in asked)
        if not asked or (not is_missing and growing and time.monotonic() < self._rests_until):
            return
        self.is_settled, cancel = False, self._cancel

        def count() -> None:
            from tcptui.session.stream_traffic import traffic_of_streams

            began = time.monotonic()

            def asks() -> bool:
                input_priority.step_aside()
                return cancel.is_set()

            try:
                found = traffic_of_streams(session.store, session.streams, asked, BARS, asks).tolist()
            except Cancelled:
                return
            self._rests_until = time.monotonic() + max(_REST, _REST_TIMES * (time.monotonic() - began))
            call_on_loop(self._widget, self._take, cancel, {stream: now[stream] for stream in asked}, found)

        self._widget.run_worker(count, thread=True, group="traffic")

    def _take(self, cancel: threading.Event, asked: dict[int, tuple[int, bool]], found: list[list[int]]) -> None:
        if cancel is not self._cancel:
            return
        for (stream, was), octets in zip(asked.items(), found, strict=True):
            self._drawn.put(stream, (was, bars(tuple(octets), BARS, ascii_only=self._ascii)))
        self.is_settled = True
        self._widget.refresh()
