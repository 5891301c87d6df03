"""The requests of an HTTP/1.x connection, each with its answer, for any number of them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tcptui.protocols.http.conversation import messages
from tcptui.protocols.http.two_readings import ReadingShape
from tcptui.protocols.interface import Carried, Exchange
from tcptui.protocols.secrets_out import uri_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.stream.reassembly import ByteStream


def http_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`.  An answer whose request was not captured is an exchange without a request."""
    found = messages(client, server)
    first = next(found, None)
    return None if first is None else http_exchanges(chain((first,), found))


def http_exchanges(found: Iterator[HttpMessage]) -> Iterator[Exchange]:
    """Messages as requests with their answers; a response comes after the request that it answers."""
    waiting: dict[int, HttpMessage] = {}
    doubts = Disputed()
    for message in found:
        if not message.head.is_response:
            doubts.add(message)
            waiting[id(message)] = message
        elif message.request is None:
            yield exchange_of(None, message)
        elif message.request.response is message:
            # Those before it that are still waiting are left without an answer, as answers come in order.
            while (asked := next(iter(waiting.values()))) is not message.request:
                yield exchange_of(waiting.pop(id(asked)), None, doubts)
            yield exchange_of(waiting.pop(id(message.request)), message, doubts)
    for asked in waiting.values():
        yield exchange_of(asked, None, doubts)


class Disputed:
    """Which requests are part of an earlier one's body by the other of its two readings."""

    def __init__(self) -> None:
        self._reach = self._next = -1
        self._starts: set[int] = set()
        """Where such requests begin: few connections have any."""

    def __contains__(self, request: HttpMessage) -> bool:
        return request.start in self._starts

    def add(self, request: HttpMessage) -> None:
        """Look at the next request of a connection."""
        if request.start < self._reach or request.start == self._next:
            self._starts.add(request.start)
        readings = request.readings
        if readings is not None and readings.shape is not ReadingShape.BODY:
            self._next = -1 if readings.earlier.end is None else readings.earlier.end
            self._reach = max(self._reach, readings.reach or -1)


def exchange_of(request: HttpMessage | None, response: HttpMessage | None, doubts: Disputed | None = None) -> Exchange:
    """A request with its final answer, of which one may not have been captured."""
    upgraded = response is not None and response.head.status == 101
    to_websocket = upgraded and response is not None and response.head.value("Upgrade").lower() == "websocket"
    return Exchange(
        protocol="websocket" if to_websocket else "http",
        operation="" if request is None else f"{request.head.method} {uri_without_secrets(request.head.uri)}",
        status="" if response is None else str(response.head.status),
        request=None if request is None else _carried(request),
        response=None if response is None else _carried(response),
        read_messages=lambda: (request, response),
        interim=() if request is None else tuple(map(_carried, request.interim)),
        one_reading=doubts is not None and request is not None and request in doubts,
    )


def _carried(message: HttpMessage) -> Carried:
    stop = max(min(message.body_end, message.direction.length), message.start + 1)
    return Carried(message.direction, message.start, stop, message.complete)
