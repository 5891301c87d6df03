"""Which response answers which request: by correlation id, in the order of the requests.

A broker answers the requests of a connection one after the other, but Produce without acknowledgments, which nobody
answers.  Behind bytes that are missing a request may have been answered unseen: without a response it is given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tcptui.protocols.interface import Carried, Exchange
from tcptui.protocols.kafka.apis import FETCH, JOIN_GROUP, SHARE_FETCH, SYNC_GROUP
from tcptui.protocols.kafka.message import Kind, Message, is_answered, operation, status_of, wait_ms, walk_of
from tcptui.protocols.kafka.reader import Reader
from tcptui.protocols.stream.message_reader import in_order
from tcptui.protocols.stream.numbered_requests import NumberedRequests
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.kafka.detection import Sides

#: Requests that wait for their responses, at most: as where only one side was captured.
_WAITING_MOST: Final = 10_000
#: How much later than it was asked to a response is still in time: the way there and back, and the broker's timer.
_IN_TIME_NS: Final = 100_000_000
_MS: Final = 1_000_000
#: Requests that wait for others, or for records for a time that is not read.
_WAITING: Final = frozenset({JOIN_GROUP, SYNC_GROUP, SHARE_FETCH})
#: Requests that show whether a client counts.
_FIRST: Final = 16


@dataclass(eq=False, slots=True)
class Asked:
    """A request of the client, and its response as far as it is known."""

    request: Message
    is_counted: bool
    """Its correlation id was another's, too: only its place tells which response is its own."""
    answer: Message | None = None
    is_given_up: bool = False
    """No response to it is looked for any more."""

    def exchange(self) -> Exchange:
        """It as a request."""
        request, answer = self.request, self.answer
        asked = Carried.of(request)
        answered = None if answer is None else Carried.of(answer)
        return Exchange(
            "kafka", operation(request), "" if answer is None else status_of(answer, request), asked, answered,
            id=str(request.correlation), is_counted=self.is_counted, is_reset=self.is_given_up, waits=self.waits(),
        )  # fmt: skip

    def waits(self) -> bool:
        """Whether the client asked the broker to wait, or may have, and that no longer than it is known to have."""
        request, answer = self.request, self.answer
        if request.api in _WAITING:
            return True
        if request.api != FETCH:
            return False
        if walk_of(request, request) is None:
            return True
        most_ms = wait_ms(request)
        if answer is None or most_ms <= 0:
            return most_ms > 0
        took_ns = answer.direction.first_ns(answer.start) - request.direction.delivered_ns(request.stop - 1)
        return took_ns <= most_ms * _MS + _IN_TIME_NS


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and the request that it is or answers; None where that is not known."""

    message: Message
    request: Message | None


#: What a connection consists of.
Element = Said | Asked | Unread


def conversation(sides: Sides) -> Iterator[Element]:
    """All that both sides sent, in order of time; each request when it is answered, or it is known that it is not."""
    return _Pairing(sides).said()


class _Pairing:
    def __init__(self, sides: Sides) -> None:
        self._client, self._server = Reader(sides.client, is_client=True), Reader(sides.server, is_client=False)
        self._waiting = NumberedRequests[Asked](_WAITING_MOST)
        self._tokens = 0
        """Bytes of an authentication that the broker still answers."""
        self._last: int | None = None
        self._is_counted = _comes_again(sides)
        """A correlation id came again."""

    def said(self) -> Iterator[Element]:
        """See `conversation`."""
        for is_client, found in in_order(self._client, self._server):
            if isinstance(found, Unread):
                self._lost(is_client=is_client)
                yield found
                continue
            if found.after_unread:
                self._lost(is_client=is_client)
            if is_client:
                yield Said(found, found if found.kind is Kind.REQUEST else None)
                yield from self._ask(found)
            else:
                yield from self._answer(found)
        yield from self._waiting.rest()

    def _lost(self, *, is_client: bool) -> None:
        """Bytes are missing: what waits may have been answered by them."""
        if not is_client:
            self._waiting.responses_missing()
        self._tokens = 0

    def _ask(self, message: Message) -> Iterator[Asked]:
        if message.kind is Kind.TOKEN:
            self._tokens += 1
            return
        self._is_counted |= self._last is not None and message.correlation <= self._last
        self._last = message.correlation
        if not is_answered(message):
            return
        # A client that counts has number 0 once, at its beginning: others may have it always.
        is_first = message.start == 0 and message.direction.has_first_byte
        is_counted = self._is_counted or (not message.correlation and not is_first)
        yield from self._waiting.add(message.correlation, Asked(message, is_counted))

    def _answer(self, message: Message) -> Iterator[Element]:
        if self._tokens and (message.kind is Kind.TOKEN or not self._waiting):
            self._tokens -= 1
            yield Said(message, None)
            return
        if message.kind is not Kind.RESPONSE or message.correlation not in self._waiting:
            yield Said(message, None)
            return
        yield from self._waiting.before(message.correlation)
        one = self._waiting.take()
        one.answer, one.is_counted = message, one.is_counted or self._is_counted
        yield Said(message, one.request)
        yield one


def _comes_again(sides: Sides) -> bool:
    """Whether one of the first requests has no higher correlation id than the one before."""
    reader, numbers = Reader(sides.client, is_client=True), list[int]()
    while len(numbers) < _FIRST and (one := reader.next()) is not None:
        if isinstance(one, Message) and one.kind is Kind.REQUEST:
            numbers.append(one.correlation)
    return any(later <= earlier for earlier, later in pairwise(numbers))
