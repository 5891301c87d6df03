"""Fields of requests and their answers, in the packets that carry a byte of either.

They are those that `tcptui.access.requests` reads, which lists and exports have, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.open_capture import rows_seen
from tcptui.access.regrowth import REGROWTH
from tcptui.access.requests import exchanges_with_times
from tcptui.dfilter import types
from tcptui.model.lru import LruCache
from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.occurrences import Occurrences, array_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.field import Field
    from tcptui.model.request import Request
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.filtering.rows import Rows
    from tcptui.session.filtering.trees import TreeReader

#: Connections whose requests are kept: those of the packets asked for at once are among them.
_CACHE_SIZE: Final = 1 << 12

#: What the three fields have of a request, None without one.
_Values = tuple[bytes | None, bytes | None, int | None]


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much there is of a connection: what its requests depend on."""

    packets: int
    """Evicted ones included."""
    evicted: int
    keys: int
    """As `StreamState.keys`."""
    growing: bool
    """Whether there may be more."""


class _DirectionRequests:
    """Which requests the segments of one direction carry."""

    def __init__(self, direction: ByteStream, exchanges: Iterable[Exchange]) -> None:
        told = sorted(
            (start, stop, number)
            for number, exchange in enumerate(exchanges)
            for carried in exchange.carried
            if carried.direction.side == direction.side
            for start, stop in carried.stretches
        )
        starts, self._stops, self._numbers = np.array(told, np.int64).reshape(-1, 3).T.copy()
        segments = direction.segments
        self._rows, self._start = segments.rows, segments.start
        # A message whose end is not known may reach beyond the next one's start.
        ends = np.maximum.accumulate(self._stops)
        self._first = np.searchsorted(ends, segments.start, side="right").astype(np.int32)
        self._after = np.searchsorted(starts, segments.stop, side="left").astype(np.int32)

    def carried_by(self, row: int) -> set[int]:
        """The requests of which the segment in ``row`` carries a byte."""
        at = int(np.searchsorted(self._rows, np.int32(row)))
        if at == len(self._rows) or self._rows[at] != row:
            return set()
        some = slice(int(self._first[at]), int(self._after[at]))
        return set(self._numbers[some][self._stops[some] > self._start[at]].tolist())


class _Requests:
    """The requests of one connection, as far as it has been read."""

    def __init__(self, session: OpenCapture, stream: int, extent: _Extent) -> None:
        self._extent = extent
        found = list(exchanges_with_times(session, stream))
        shared: dict[bytes, bytes] = {}
        self._values = [_values(request, exchange, shared) for request, exchange in found]
        exchanges = [exchange for _, exchange in found]
        directions = {
            carried.direction.side: carried.direction for exchange in exchanges for carried in exchange.carried
        }
        self._directions = [_DirectionRequests(direction, exchanges) for direction in directions.values()]

    def is_fresh(self, now: _Extent, *, whole: bool) -> bool:
        """Whether they need not be read again: with ``whole``, only if the connection has not grown at all."""
        read = self._extent
        factor = REGROWTH if now.growing and not whole else 1
        same = (read.growing, read.evicted, read.keys) == (now.growing, now.evicted, now.keys)
        return same and now.packets <= factor * read.packets

    def carried_by(self, row: int) -> list[_Values]:
        """The requests of which, or of whose answers, the segment in ``row`` carries a byte, in order."""
        numbers = {number for direction in self._directions for number in direction.carried_by(row)}
        return [self._values[number] for number in sorted(numbers)]


class RequestReader:
    """Reads what connections asked for; ``trees`` says whether somebody cancels, and how new it must be."""

    def __init__(self, session: OpenCapture, trees: TreeReader) -> None:
        self._session = session
        self._trees = trees
        self._known: LruCache[int, _Requests] = LruCache(_CACHE_SIZE)

    def clear(self) -> None:
        """Read all anew when they are asked for."""
        self._known.clear()

    def read(self, field: Field, rows: Rows) -> Occurrences:
        """The values of ``field`` in ``rows``, in the order in which they were requested.  Raises Cancelled."""
        store, at = self._session.store, rows.index
        streams = np.where((store.kind[at] == RowKind.TCP) & (store.length[at] > 0), store.stream[at], -1)
        which = _FIELDS.index(field.name)
        found: list[tuple[int, int | bytes]] = []
        order = np.argsort(streams, kind="stable")
        numbers = rows.numbers
        for place in order[int((streams < 0).sum()) :].tolist():
            if self._trees.cancelled():
                raise Cancelled
            of_stream = self._of(int(streams[place]))
            for request in of_stream.carried_by(int(numbers[place])):
                value = request[which]
                if value is not None:
                    found.append((place, value))
        found.sort(key=lambda one: one[0])
        kind = types.type_of(field)
        values = array_of(kind, [value for _, value in found])
        return Occurrences(kind, len(rows), values, np.array([place for place, _ in found], np.int64))

    def _of(self, stream: int) -> _Requests:
        session = self._session
        evicted = int(session.streams.evicted[stream])
        now = _Extent(rows_seen(session, stream), evicted, session.reader.keys.revision, session.progress.growing)
        known = self._known.get(stream)
        if known is None or not known.is_fresh(now, whole=self._trees.whole):
            known = _Requests(session, stream, now)
            self._known.put(stream, known)
        return known


def _values(request: Request, exchange: Exchange, shared: dict[bytes, bytes]) -> _Values:
    """What the fields have; texts that are equal are one of ``shared``."""
    is_asked, is_answered = exchange.request is not None, exchange.response is not None
    operation, status = (text.encode("utf-8", "replace") for text in (request.operation, request.status))
    return (
        shared.setdefault(operation, operation) if is_asked else None,
        shared.setdefault(status, status) if status else None,
        request.duration_ns if is_asked and is_answered else None,
    )


#: Fields that a `RequestReader` knows, in the order of `_Values`.
_FIELDS: Final = ("tcptui.request.operation", "tcptui.request.status", "tcptui.request.duration")
REQUEST_FIELDS: Final = frozenset(_FIELDS)
