"""Fields of requests and their answers, in the packets that carry a byte of either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.model.lru import LruCache
from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.occurrences import Occurrences, array_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.field import Field
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.registry import ApplicationStream
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.filtering.rows import Rows
    from tcptui.session.filtering.trees import TreeReader
    from tcptui.session.session import Session

#: Connections whose requests are kept: those of the packets asked for at once are among them.
_KEPT: Final = 1 << 12


class _Half:
    """Which requests the segments of one direction carry."""

    def __init__(self, half: ByteStream, requests: list[Exchange]) -> None:
        told = sorted(
            (start, stop, number)
            for number, request in enumerate(requests)
            for carried in request.carried
            if carried.half.side == half.side
            for start, stop in carried.stretches
        )
        segments = half.segments
        self._rows = segments.rows
        self._told = told
        # A message whose end is not known may reach beyond the next one's start.
        ends = np.maximum.accumulate(np.array([stop for _, stop, _ in told], np.int64))
        self._first = np.searchsorted(ends, segments.start, side="right").astype(np.int32)
        starts = np.array([start for start, _, _ in told], np.int64)
        self._after = np.searchsorted(starts, segments.stop, side="left").astype(np.int32)
        self._start = segments.start

    def carried_by(self, row: int) -> set[int]:
        """The requests of which the segment in ``row`` carries a byte."""
        at = int(np.searchsorted(self._rows, np.int32(row)))
        if at == len(self._rows) or self._rows[at] != row:
            return set()
        told, start = self._told[self._first[at] : self._after[at]], self._start[at]
        return {number for _, stop, number in told if stop > start}


class _Requests:
    """The requests of one connection."""

    def __init__(self, state: tuple[int, bool], application: ApplicationStream, *, is_whole: bool) -> None:
        """``state``: what they depend on.  Unless ``is_whole``, the newest packets may not be among them."""
        self.state = state
        self.is_whole = is_whole
        self._requests = list(application.requests())
        self._halves = [_Half(half, self._requests) for half in application.halves] if self._requests else []

    def carried_by(self, row: int) -> list[Exchange]:
        """The requests of which, or of whose answers, the segment in ``row`` carries a byte, in order."""
        numbers = {number for half in self._halves for number in half.carried_by(row)}
        return [self._requests[number] for number in sorted(numbers)]


class RequestReader:
    """Reads what connections asked for; ``trees`` says whether somebody cancels, and how new it must be."""

    def __init__(self, session: Session, trees: TreeReader) -> None:
        self._session = session
        self._trees = trees
        self._known: LruCache[int, _Requests] = LruCache(_KEPT)

    def clear(self) -> None:
        """Read all anew when they are asked for."""
        self._known.clear()

    def read(self, field: Field, rows: Rows) -> Occurrences:
        """The values of ``field`` in ``rows``, in the order in which they were requested.  Raises Cancelled."""
        store, at = self._session.store, rows.index
        streams = np.where((store.kind[at] == RowKind.TCP) & (store.length[at] > 0), store.stream[at], -1)
        value_of = _VALUES[field.name]
        found: list[tuple[int, int | bytes]] = []
        order = np.argsort(streams, kind="stable")
        numbers = rows.numbers
        for place in order[int((streams < 0).sum()) :].tolist():
            if self._trees.cancelled():
                raise Cancelled
            of_stream = self._of(int(streams[place]))
            for request in of_stream.carried_by(int(numbers[place])):
                value = value_of(request)
                if value is not None:
                    found.append((place, value))
        found.sort(key=lambda one: one[0])
        kind = types.type_of(field)
        values = array_of(kind, [value for _, value in found])
        return Occurrences(kind, len(rows), values, np.array([place for place, _ in found], np.int64))

    def _of(self, stream: int) -> _Requests:
        session, whole = self._session, self._trees.whole
        state = session.seen(stream), session.progress.growing
        known = self._known.get(stream)
        if known is None or known.state != state or (whole and not known.is_whole):
            application = session.application(stream, whole=whole)
            known = _Requests(state, application, is_whole=whole)
            self._known.put(stream, known)
        return known


def _operation(request: Exchange) -> bytes | None:
    return request.operation.encode("utf-8", "replace") if request.request is not None else None


def _status(request: Exchange) -> bytes | None:
    return request.status.encode() if request.status else None


def _duration(request: Exchange) -> int | None:
    is_whole = request.request is not None and request.response is not None
    return max(request.last_ns - request.first_ns, 0) if is_whole else None


#: Of a request: its value, None without one.
_VALUES: Final[dict[str, Callable[[Exchange], int | bytes | None]]] = {
    "tcptui.request.operation": _operation,
    "tcptui.request.status": _status,
    "tcptui.request.duration": _duration,
}
#: Fields that a `RequestReader` knows.
ASKED: Final = frozenset(_VALUES)
