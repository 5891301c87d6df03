"""Connections in which nothing is read: most trees would be built for fields that none of their packets has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.cancelling import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.access.open_capture import OpenCapture
    from tcptui.session.filtering.rows import Mask, Rows

_UNKNOWN, _SPEAKS, _SILENT = range(3)


class SilentStreams:
    """Knows the connections of a file in which no application protocol was recognised.

    A tree takes messages from the connection, or, for a segment that carries no byte of it, from that segment alone.
    """

    def __init__(self, session: OpenCapture, cancelled: Callable[[], bool]) -> None:
        self._session = session
        self._cancelled = cancelled
        self._known = np.zeros(0, np.uint8)
        self._keys = 0
        """The secrets by which that is known (`KeyLog.revision`)."""
        self._alone: set[int] = set()
        """Rows of silent connections that carry no byte of them."""

    def may_speak(self, rows: Rows) -> Mask:
        """Which of ``rows`` (segments with payload) may have a message; all while packets come.

        Raises Cancelled, and OSError when packets cannot be read again.
        """
        mask = np.ones(len(rows), np.bool_)
        if self._session.progress.growing:
            return mask
        self._begin()
        stream_of = self._session.store.stream[rows.index]
        streams = sorted_unique(stream_of[stream_of >= 0])
        for stream in streams[self._known[streams] == _UNKNOWN].tolist():
            if self._cancelled():
                raise Cancelled
            self._ask(stream)
        silent = stream_of >= 0
        silent[silent] = self._known[stream_of[silent]] == _SILENT
        mask[silent] = False
        if self._alone:
            mask |= np.isin(rows.numbers, list(self._alone))
        return mask

    def _begin(self) -> None:
        """Have room for all connections, and forget what other secrets said."""
        count, keys = self._session.streams.count, self._session.reader.keys.revision
        if keys != self._keys or count != len(self._known):
            self._known, self._keys = np.zeros(count, np.uint8), keys
            self._alone.clear()

    def _ask(self, stream: int) -> None:
        application = self._session.application(stream)
        self._known[stream] = _SPEAKS if application else _SILENT
        if not application:
            store, rows = self._session.store, self._session.rows_of(stream)
            rows = rows[(store.kind[rows] == RowKind.TCP) & (store.length[rows] > 0)]
            carried = np.concatenate([direction.carriers for direction in application.directions])
            self._alone.update(rows[~np.isin(rows, carried)].tolist())
