"""The requests of the connections of a capture: what lists, exports and filter fields read."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.access.cancelled import cancelled
from tcptui.access.open_capture import state_of, view_of
from tcptui.access.truncated import truncated_before
from tcptui.model.lru import LruCache
from tcptui.model.safe_text import safe_text
from tcptui.protocols.application import requests_of as exchanges_of
from tcptui.protocols.registry import CLOSED, OVER_UDP
from tcptui.protocols.request_times import timed_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.access.open_capture import OpenCapture
    from tcptui.access.stream_state import StreamState
    from tcptui.model.packet_store import I64
    from tcptui.model.request import Request
    from tcptui.protocols.interface import Exchange

#: Requests of one connection that are read, the first ones: each takes some KiB until all are in order.
REQUESTS_MOST: Final = 500_000
#: Connections whose requests are kept.
CONNECTIONS_CACHED: Final = 200_000


def requests_of(capture: OpenCapture, stream: int) -> list[Request]:
    """The requests of ``stream`` in the order in which they began; none where no protocol with requests is read.

    Raises OSError when its packets cannot be read again.
    """
    return [request for request, _ in exchanges_with_times(capture, stream)]


def exchanges_with_times(
    capture: OpenCapture, stream: int, *, whole: bool = False
) -> Iterator[tuple[Request, Exchange]]:
    """`requests_of`, each with the exchange it was made of; with ``whole``, that has its messages."""
    client, server = capture.directions(stream)
    exchanges = exchanges_of(client, server) if client.length or server.length else None
    first = islice(exchanges or (), REQUESTS_MOST)
    found = timed_requests(view_of(capture, stream), first, whole=whole)
    return ((_with_others(capture, one, exchange), exchange) for one, exchange in found)


def _with_others(capture: OpenCapture, one: Request, exchange: Exchange) -> Request:
    """``one`` with what other connections say of it where it asks for another one's end, or what datagrams do."""
    if exchange.cancels:
        return one._replace(cancels=cancelled(capture, one.stream, exchange.cancels))
    if one.protocol not in OVER_UDP:
        return one
    if one.request is not None:
        answered = truncated_before(capture, one.stream, exchange.operation, one.request.first_ns)
        return one if answered is None else one._replace(truncated=answered)
    return one


def with_payload(capture: OpenCapture) -> I64:
    """The connections that may have requests, ascending: those in which anybody sent payload."""
    store = capture.store
    rows = np.flatnonzero((store.length[: store.count] > 0) & (store.stream[: store.count] >= 0))
    return np.unique(store.stream[rows]).astype(np.int64)


class Closed(NamedTuple):
    """A connection whose requests nobody could read: its data are encrypted, and nothing opened them."""

    stream: int
    host: str
    """Whom the client asked for, by its ClientHello; empty unknown.  Safe to print."""


def closed_in(capture: OpenCapture, stream: int) -> Closed | None:
    """What is said of ``stream`` if nothing opened what it encrypted, else None.  Raises OSError as `requests_of`."""
    client, server = capture.directions(stream)
    host = CLOSED(client, server) if client.length or server.length else None
    return None if host is None else Closed(stream, safe_text(host))


class RequestCache:
    """The requests of connections, read again only where a connection has grown.  For several threads."""

    def __init__(self, capture: OpenCapture) -> None:
        self._capture = capture
        self._known: LruCache[int, tuple[StreamState, tuple[Request, ...], Closed | None]] = LruCache(
            CONNECTIONS_CACHED, locked=True
        )

    def of(self, stream: int) -> tuple[tuple[Request, ...], Closed | None]:
        """The requests of ``stream`` as far as it has been read, and `closed_in`.  Raises OSError as `requests_of`."""
        capture = self._capture
        state = state_of(capture, stream)
        known = self._known.get(stream)
        if known is None or known[0] != state:
            known = state, tuple(requests_of(capture, stream)), closed_in(capture, stream)
            self._known.put(stream, known)
        return known[1:]


def cached_requests(capture: OpenCapture, stream: int) -> tuple[Request, ...]:
    """`requests_of`, read again only where ``stream`` has grown since the last call."""
    return _cached(capture, stream)[0]


def cached_closed(capture: OpenCapture, stream: int) -> Closed | None:
    """`closed_in`, read again only where ``stream`` has grown since the last call."""
    return _cached(capture, stream)[1]


def _cached(capture: OpenCapture, stream: int) -> tuple[tuple[Request, ...], Closed | None]:
    return capture.indexes.of(RequestCache, lambda: RequestCache(capture)).of(stream)
