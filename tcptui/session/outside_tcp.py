"""Messages outside TCP that connections wait for, read from the capture when a rule asks, each packet once."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.outside.notes import MOST_ROWS
from tcptui.session.packet_heads import packet_heads

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I64
    from tcptui.protocols.outside.messages import OutsideMessage
    from tcptui.protocols.outside.notes import OutsideRows

#: Packets whose headers are read at once.
_BATCH: Final = 1 << 12


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
            for begin in range(0, len(new), _BATCH):
                self._read(new[begin : begin + _BATCH])
            while self._messages and self._messages[0].row < store.first:
                self._messages.popleft()
            return tuple(self._messages)

    def _read(self, rows: I64) -> None:
        from tcptui.protocols.outside.reading import Heads, read_outside  # captures of TCP alone do without

        store, reader = self._capture.store, self._capture.reader
        buffer, start, captured = packet_heads(store, reader.sources, reader.descriptors, rows)
        links = np.array([source.link_type for source in reader.sources], np.int64)[store.source[rows]]
        heads = Heads(buffer, start, captured, store.wire_length[rows].astype(np.int64), links, rows,
                      store.frame[rows].astype(np.int64), store.time_ns[rows])  # fmt: skip
        self._messages.extend(message for message in read_outside(heads) if message.row >= store.first)
        self._next_row = int(rows[-1]) + 1
