"""Which message answers which: by its number, which an answer repeats.

A server answers the requests of a connection one after the other, but those whose sender wants no answer.  Where it may
go on without being asked (exhaust), each further answer repeats the number of the one before.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.interface import Carried, Exchange
from tcptui.protocols.mongodb.answer import Answer, answer_of
from tcptui.protocols.mongodb.command import DEFAULT_WAIT_MS, Command, command_of
from tcptui.protocols.mongodb.message import goes_on, is_answered
from tcptui.protocols.mongodb.reader import Reader
from tcptui.protocols.stream.message_reader import in_order
from tcptui.protocols.stream.numbered_requests import NumberedRequests
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.mongodb.detection import Sides
    from tcptui.protocols.mongodb.message import Message

#: Requests that wait for their answers, at most, and cursors that are known to wait for documents.
_WAITING_MOST: Final = 10_000
_TAILS_MOST: Final = 1_000
#: Numbers of requests that are remembered, to see whether a client counts.
_NUMBERS_MOST: Final = 256
#: How much later than it was asked to an answer is still in time: the way there and back, and the server's timers.
_IN_TIME_NS: Final = 1_000_000_000
_MS: Final = 1_000_000


@dataclass(eq=False, slots=True)
class Asked:
    """A request of the client, and its answer as far as it is known."""

    request: Message
    command: Command
    is_counted: bool
    """Its number was another's, too: only its place tells which answer is its own."""
    waits_ms: int
    """How long it lets the server wait."""
    answer: Message | None = None
    said: Answer | None = None
    is_given_up: bool = False
    """No answer to it is looked for any more."""

    def exchange(self) -> Exchange:
        """It as a request."""
        answered = None if self.answer is None else Carried.of(self.answer)
        return Exchange(
            "mongodb", self.command.operation, "" if self.said is None else self.said.status, Carried.of(self.request),
            answered, id=str(self.request.id), is_counted=self.is_counted, is_reset=self.is_given_up,
            waits=self.waits(), statement=self.command.statement,
        )  # fmt: skip

    def waits(self) -> bool:
        """Whether the client asked the server to wait, and that no longer than it did."""
        if self.answer is None or not self.waits_ms:
            return self.waits_ms > 0
        took_ns = self.answer.direction.first_ns(self.answer.start)
        took_ns -= self.request.direction.delivered_ns(self.request.stop - 1)
        return took_ns <= self.waits_ms * _MS + _IN_TIME_NS


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and what it is, or answers; None where that is not known."""

    message: Message
    asked: Asked | None
    pushed: bool = False
    """It answers again, without being asked."""


#: What a connection consists of.
Element = Said | Asked | Unread


def conversation(sides: Sides) -> Iterator[Element]:
    """All that both sides sent, in order of time; each request when it is answered, or it is known that it is not."""
    return _Pairing(sides).said()


class _Pairing:
    def __init__(self, sides: Sides) -> None:
        self._client, self._server = Reader(sides.client, is_client=True), Reader(sides.server, is_client=False)
        self._waiting = NumberedRequests[Asked](_WAITING_MOST)
        self._recent: deque[int] = deque(maxlen=_NUMBERS_MOST)
        self._is_counted = False
        """A number came again."""
        self._tails: dict[int, None] = {}
        self._pushed: tuple[int, Asked] | None = None
        """The number of the last answer behind which others follow by themselves, and what asked for them."""

    def said(self) -> Iterator[Element]:
        """See `conversation`."""
        for is_client, found in in_order(self._client, self._server):
            if not is_client and (isinstance(found, Unread) or found.after_unread):
                self._waiting.responses_missing()
            if isinstance(found, Unread):
                yield found
            elif is_client:
                yield from self._ask(found)
            else:
                yield from self._answer(found)
        yield from self._waiting.rest()

    def _ask(self, message: Message) -> Iterator[Element]:
        self._is_counted |= message.id in self._recent
        self._recent.append(message.id)
        content = message.content()
        command = command_of(message, content)
        tail_ms = DEFAULT_WAIT_MS if command.cursor in self._tails else 0
        one = Asked(message, command, self._is_counted, command.waits_ms or tail_ms)
        yield Said(message, one)
        if is_answered(message, content):
            yield from self._waiting.add(message.id, one)

    def _answer(self, message: Message) -> Iterator[Element]:
        content = message.content()
        if self._pushed is not None and self._pushed[0] == message.answers:
            one = self._pushed[1]
            yield Said(message, one, pushed=True)
            self._pushed = (message.id, one) if goes_on(content) else None
            return
        if message.answers not in self._waiting:
            yield Said(message, None)
            return
        yield from self._waiting.before(message.answers)
        one = self._waiting.take()
        one.answer, one.is_counted = message, one.is_counted or self._is_counted
        one.said = answer_of(message, content, one.command)
        self._remember(one, one.said)
        if goes_on(content):
            self._pushed = (message.id, one)
        yield Said(message, one)
        yield one

    def _remember(self, one: Asked, said: Answer) -> None:
        """What the answer tells of the cursor: whether asking for more is waiting."""
        if one.command.cursor and said.is_of_tail and not one.waits_ms:
            one.waits_ms = DEFAULT_WAIT_MS
        if said.cursor and (one.command.opens_tail or (one.command.cursor and one.waits_ms)):
            self._tails[said.cursor] = None
            if len(self._tails) > _TAILS_MOST:
                del self._tails[next(iter(self._tails))]
