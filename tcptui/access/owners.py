"""The owners of connections that are known so far, by stream: what lists, filters and reports read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.socket_owner import Missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32
    from tcptui.model.socket_owner import SocketOwner

#: Different owners that are kept: at twice as many the older half is forgotten.
_MOST: Final = 32_768


class OwnerTable:
    """Owners of both ends of each stream; written by one thread, read by any.  It begins empty."""

    def __init__(self) -> None:
        self._places = np.zeros((0, 2), np.int32)
        """Of client and server of each stream: a place in `_owners` from 1; -1 - n: `Missing` number n; 0: nothing."""
        self._owners: list[SocketOwner] = []
        self._known: dict[SocketOwner, int] = {}
        self._lock = threading.Lock()
        self._changed: list[int] = []
        """The streams of which an owner has come, in that order, but for the first `_left_out`."""
        self._left_out = 0

    def __bool__(self) -> bool:
        return bool(self._owners)

    @property
    def revision(self) -> int:
        """How many owners have come."""
        return self._left_out + len(self._changed)

    def changed_since(self, revision: int) -> list[int]:
        """The streams of which an owner has come since `revision` was ``revision``, the last `_MOST` at least."""
        with self._lock:
            return self._changed[max(0, revision - self._left_out) :]

    def put(self, stream: int, end: int, owner: SocketOwner) -> None:
        """The owner of the client (``end`` 0) or the server (1) of ``stream``."""
        with self._lock:
            place = self._known.get(owner)
            if place is None:
                if len(self._owners) >= 2 * _MOST:
                    self._forget_older()
                self._owners.append(owner)
                place = self._known[owner] = len(self._owners)
            self._reach(stream)
            self._places[stream, end] = place
            self._changed.append(stream)
            if len(self._changed) > 2 * _MOST:
                del self._changed[:_MOST]
                self._left_out += _MOST

    def miss(self, stream: int, why: Missing) -> None:
        """Say why those ends of ``stream`` have no owner that have none."""
        with self._lock:
            self._reach(stream)
            self._places[stream, self._places[stream] <= 0] = -1 - _MISSING.index(why)

    def of(self, stream: int) -> tuple[SocketOwner | None, SocketOwner | None]:
        """The owners of client and server; None: not known."""
        with self._lock:
            if stream >= len(self._places):
                return None, None
            client, server = self._places[stream].tolist()
            return self._at(client), self._at(server)

    def why_missing(self, stream: int, end: int = 0) -> Missing:
        """Why the client (``end`` 0) or the server (1) has no owner."""
        place = int(self._places[stream, end]) if stream < len(self._places) else 0
        return _MISSING[-1 - place] if place < 0 else Missing.NOT_ASKED

    def owned(self, streams: I32 | NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of ``streams`` have an owner of either end."""
        with self._lock:
            found = np.zeros(len(streams), np.bool_)
            inside = (streams >= 0) & (streams < len(self._places))
            found[inside] = (self._places[streams[inside]] > 0).any(axis=1)
            return found

    def _at(self, place: int) -> SocketOwner | None:
        return self._owners[place - 1] if place > 0 else None

    def _reach(self, stream: int) -> None:
        if stream >= len(self._places):
            longer = np.zeros((max(1024, 2 * stream), 2), np.int32)
            longer[: len(self._places)] = self._places
            self._places = longer

    def _forget_older(self) -> None:
        self._owners = self._owners[_MOST:]
        self._known = {owner: place for place, owner in enumerate(self._owners, 1)}
        places = self._places
        self._places = np.where(places > _MOST, places - _MOST, np.minimum(places, 0)).astype(np.int32)


_MISSING: Final = tuple(Missing)


def owners_of(capture: OpenCapture) -> OwnerTable:
    """The owners of the connections of ``capture``."""
    return capture.indexes.of(OwnerTable, OwnerTable)
