"""Messages outside TCP that connections wait for, read from the capture when a rule asks, each packet once."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.packet_heads import packet_heads
from tcptui.protocols.outside.messages import DnsMessage
from tcptui.protocols.outside.notes import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I64
    from tcptui.protocols.outside.messages import OutsideMessage
    from tcptui.protocols.outside.notes import OutsideRows

#: Packets whose headers are read at once.
BATCH: Final = 1 << 12


def messages_in(capture: OpenCapture, rows: I64) -> Iterator[OutsideMessage]:
    """The messages outside TCP in ``rows``, at most `BATCH` of them; none of rows that are evicted."""
    from tcptui.protocols.outside.reading import read_outside  # captures of TCP alone do without

    store, reader = capture.store, capture.reader
    found = read_outside(packet_heads(store, reader.sources, reader.descriptors, rows), store, rows)
    return (message for message in found if message.row >= store.first)


class OutsideTcp:
    """Reads what is new since the last time it was asked; any thread may ask."""

    def __init__(self, capture: OpenCapture, found: OutsideRows) -> None:
        self._capture, self._found = capture, found
        self._lock = Lock()
        self._next_row = 0
        self._messages: deque[OutsideMessage] = deque(maxlen=MOST_ROWS)

    def newest(self) -> tuple[OutsideMessage, ...]:
        """The messages of the packets that are kept, in capture order, at most `MOST_ROWS`."""
        with self._lock:
            store, rows = self._capture.store, self._found.rows
            new = rows[int(rows.searchsorted(self._next_row)) :].astype(np.int64)
            for begin in range(0, len(new), BATCH):
                self._read(new[begin : begin + BATCH])
            while self._messages and self._messages[0].row < store.first:
                self._messages.popleft()
            return tuple(self._messages)

    def _read(self, rows: I64) -> None:
        for one in messages_in(self._capture, rows):
            if not isinstance(one, DnsMessage) or one.name:
                self._messages.append(one)
        self._next_row = int(rows[-1]) + 1
