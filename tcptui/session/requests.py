"""The requests of the connections of a capture: what lists, exports and filter fields read."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.lru import LruCache
from tcptui.protocols.application import requests_of as exchanges_of
from tcptui.protocols.registry import OVER_UDP
from tcptui.protocols.request_times import timed_requests
from tcptui.session.cancelled import cancelled
from tcptui.session.truncated import truncated_before

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_store import I64
    from tcptui.model.request import Request
    from tcptui.protocols.interface import Exchange
    from tcptui.session.session import Session
    from tcptui.session.stream_state import StreamState

#: Requests of one connection that are read, the first ones: each takes some KiB until all are in order.
REQUESTS_MOST: Final = 500_000
#: Connections whose requests are kept.
CONNECTIONS_CACHED: Final = 200_000


def requests_of(session: Session, stream: int) -> list[Request]:
    """The requests of ``stream`` in the order in which they began; none where no protocol with requests is read.

    Raises OSError when its packets cannot be read again.
    """
    return [request for request, _ in exchanges_with_times(session, stream)]


def exchanges_with_times(session: Session, stream: int, *, whole: bool = False) -> Iterator[tuple[Request, Exchange]]:
    """`requests_of`, each with the exchange it was made of; with ``whole``, that has its messages."""
    client, server = session.directions(stream)
    exchanges = exchanges_of(client, server) if client.length or server.length else None
    first = islice(exchanges or (), REQUESTS_MOST)
    found = timed_requests(session.view(stream), first, whole=whole)
    return ((_with_others(session, one, exchange), exchange) for one, exchange in found)


def _with_others(session: Session, one: Request, exchange: Exchange) -> Request:
    """``one`` with what other connections say of it where it asks for another one's end, or what datagrams do."""
    if exchange.cancels:
        return one._replace(cancels=cancelled(session, one.stream, exchange.cancels))
    if one.protocol not in OVER_UDP:
        return one
    if one.request is not None:
        answered = truncated_before(session, one.stream, exchange.operation, one.request.first_ns)
        return one if answered is None else one._replace(truncated=answered)
    return one


def with_payload(session: Session) -> I64:
    """The connections that may have requests, ascending: those in which anybody sent payload."""
    store = session.store
    rows = np.flatnonzero((store.length[: store.count] > 0) & (store.stream[: store.count] >= 0))
    return np.unique(store.stream[rows]).astype(np.int64)


class RequestCache:
    """The requests of connections, read again only where a connection has grown.  For several threads."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: LruCache[int, tuple[StreamState, tuple[Request, ...]]] = LruCache(CONNECTIONS_CACHED, locked=True)

    def of(self, stream: int) -> tuple[Request, ...]:
        """The requests of ``stream`` as far as it has been read.  Raises OSError as `requests_of`."""
        session = self._session
        state = session.state_of(stream)
        known = self._known.get(stream)
        if known is None or known[0] != state:
            known = state, tuple(requests_of(session, stream))
            self._known.put(stream, known)
        return known[1]
