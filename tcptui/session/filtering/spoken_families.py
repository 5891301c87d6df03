"""Protocols that connections speak: most trees would be built for fields that none of their packets has."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.cancelling import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.session.filtering.rows import Mask, Rows

#: What is known of a connection; what comes behind is a set of families, by its place in `_spoken`.
_UNKNOWN, _ANY, _FIRST = range(3)
_NONE: Final = frozenset[int]()


class SpokenFamilies:
    """Knows by the protocol of each connection of a file which fields its packets may have.

    A tree takes messages from the connection, or, for a segment that carries no byte of one in which no protocol was
    recognised, from that segment alone.  One for all readers of a capture, in several threads.
    """

    def __init__(self) -> None:
        self._known = np.zeros(0, np.uint8)
        self._spoken: list[frozenset[str]] = []
        """Families that some connection speaks, each set once."""
        self._keys = 0
        """The secrets by which that is known (`KeyLog.revision`)."""
        self._alone = frozenset[int]()
        """Rows of silent connections that carry no byte of them."""
        self._lock = threading.Lock()

    def may_have(
        self, session: OpenCapture, families: Iterable[str], rows: Rows, cancelled: Callable[[], bool]
    ) -> Mask:  # fmt: skip
        """Mask of the ``rows`` (segments with payload) that may have a field of ``families``; all while packets come.

        Raises Cancelled, and OSError when packets cannot be read again.
        """
        mask = np.ones(len(rows), np.bool_)
        if session.progress.growing:
            return mask
        known = self._room(session)
        stream_of = session.store.stream[rows.index]
        streams = sorted_unique(stream_of[stream_of >= 0])
        for stream in streams[known[streams] == _UNKNOWN].tolist():
            if cancelled():
                raise Cancelled
            self._ask(session, stream, known)
        asked = frozenset(families)
        told = [True, True, *(not asked.isdisjoint(spoken) for spoken in self._spoken)]
        of_connection = stream_of >= 0
        mask[of_connection] = np.array(told)[known[stream_of[of_connection]]]
        alone = self._alone
        if alone:
            mask |= np.isin(rows.numbers, list(alone))
        return mask

    def _room(self, session: OpenCapture) -> NDArray[np.uint8]:
        """A cell for each connection; what other secrets said is forgotten."""
        count, keys = session.streams.count, session.reader.keys.revision
        with self._lock:
            if keys != self._keys or count != len(self._known):
                self._known, self._keys = np.zeros(count, np.uint8), keys
            return self._known

    def _ask(self, session: OpenCapture, stream: int, known: NDArray[np.uint8]) -> None:
        application = session.application(stream)
        families, alone = application.families, _NONE
        if not application:
            store, rows = session.store, session.rows_of(stream)
            rows = rows[(store.kind[rows] == RowKind.TCP) & (store.length[rows] > 0)]
            carried = np.concatenate([direction.carriers for direction in application.directions])
            alone = frozenset(rows[~np.isin(rows, carried)].tolist())
        with self._lock:
            self._alone |= alone
            if families is not None and families not in self._spoken:
                self._spoken.append(families)
            known[stream] = _ANY if families is None else _FIRST + self._spoken.index(families)
