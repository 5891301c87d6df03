"""Which method answers which: on each channel in order, and messages by their delivery tags where they are confirmed.

What nobody answers is no request: messages without confirms, acknowledgments, what has *nowait*.  A broker that closes
a channel, or the connection, names the method for which it does so, which that answers.

Behind bytes that are missing methods wait for no answer any more, and where they are the client's, its messages cannot
be counted on until a channel is opened.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.amqp.message import Message, operation, reply_of, status_of
from tcptui.protocols.amqp.methods import (
    ACK,
    ANSWERED_BY,
    BODY,
    CHANNEL_CLOSE,
    CHANNEL_OPEN,
    CONFIRM,
    CONNECTION_CLOSE,
    GET_EMPTY,
    HEADER,
    METHOD,
    NACK,
    OPEN,
    PUBLISH,
    SECURE_OK,
    START_OK,
)
from tcptui.protocols.amqp.reader import Reader
from tcptui.protocols.interface import Carried, Exchange
from tcptui.protocols.stream.message_reader import in_order
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.amqp.detection import Sides

#: Requests of a channel that wait for their answers, at most: as where only one side was captured.
_WAITING_MOST: Final = 10_000
_CHANNELS_MOST: Final = 65_536
_LOGIN: Final = frozenset({START_OK, SECURE_OK, OPEN})


@dataclass(eq=False, slots=True)
class Asked:
    """A request of the client, and its answer as far as it is known."""

    first: Message
    last: Message
    """The last frame of a message; of a method itself."""
    tag: int = 0
    """Delivery tag of a message; 0 of a method."""
    left: int = -1
    """Bytes of a message's body that are still to come; -1: its header is."""
    answer: Message | None = None
    is_given_up: bool = False
    """No answer to it is looked for any more."""

    def exchange(self) -> Exchange:
        """It as a request."""
        first, answer = self.first, self.answer
        request = Carried(first.direction, first.start, self.last.stop, first.complete and self.last.complete)
        response = None if answer is None else Carried.of(answer)
        return Exchange(
            "amqp", operation(first), "" if answer is None else _status(answer), request, response,
            id=f"{first.channel}/{self.tag}" if self.tag else str(first.channel), is_counted=not self.tag,
            is_reset=self.is_given_up,
        )  # fmt: skip


def _status(answer: Message) -> str:
    if answer.ids in (CHANNEL_CLOSE, CONNECTION_CLOSE):
        return status_of(*reply_of(answer))
    return {NACK: "nack", GET_EMPTY: "empty"}.get(answer.ids, "OK")


@dataclass(frozen=True, slots=True)
class Said:
    """A frame."""

    message: Message


#: What a connection consists of.
Element = Said | Asked | Unread


def conversation(sides: Sides) -> Iterator[Element]:
    """All that both sides sent, in order of time; each request when it is answered, or it is known that it is not."""
    return _Pairing(sides).said()


@dataclass(slots=True)
class _Channel:
    waiting: deque[Asked] = field(default_factory=deque)
    confirms: bool = False
    """Messages are confirmed, and counted from the channel's opening on."""
    is_counted: bool = False
    sent: int = 0
    published: dict[int, Asked] = field(default_factory=dict)
    """By delivery tag, ascending."""
    writes: Asked | None = None
    """The message whose frames come."""


class _Pairing:
    def __init__(self, sides: Sides) -> None:
        self._client, self._server = Reader(sides.client, is_client=True), Reader(sides.server, is_client=False)
        self._channels: dict[int, _Channel] = {}

    def said(self) -> Iterator[Element]:
        """See `conversation`."""
        for is_client, found in in_order(self._client, self._server):
            if isinstance(found, Unread):
                yield from self._lost(is_client=is_client)
                yield found
                continue
            if found.after_unread:
                yield from self._lost(is_client=is_client)
            yield Said(found)
            channel = self._channel(found.channel)
            yield from self._ask(channel, found) if is_client else self._answer(channel, found)
        for channel in self._channels.values():
            yield from channel.waiting
            yield from channel.published.values()

    def _channel(self, number: int) -> _Channel:
        return self._channels.setdefault(number, _Channel())

    def _lost(self, *, is_client: bool) -> Iterator[Asked]:
        """Bytes are missing: what waits in order has no known answer."""
        for channel in self._channels.values():
            yield from _all_given_up(channel.waiting)
            if is_client:
                yield from self._forget(channel)

    def _forget(self, channel: _Channel) -> Iterator[Asked]:
        """Messages of ``channel`` are not counted any more."""
        yield from map(_give_up, channel.published.values())
        channel.published.clear()
        channel.confirms = channel.is_counted = False
        channel.writes = None

    # -- the client's side -------------------------------------------------------------------
    def _ask(self, channel: _Channel, message: Message) -> Iterator[Asked]:
        if message.kind in (HEADER, BODY):
            _write(channel, message)
            return
        if message.kind != METHOD:
            return
        ids = message.ids
        if ids == CHANNEL_OPEN:
            yield from self._forget(channel)
            channel.is_counted, channel.sent = True, 0
        if ids == PUBLISH:
            channel.sent += channel.confirms
            if channel.confirms and channel.is_counted:
                channel.writes = Asked(message, message, channel.sent)
                channel.published[channel.sent] = channel.writes
                if len(channel.published) > _WAITING_MOST:
                    yield _give_up(channel.published.pop(next(iter(channel.published))))
            return
        if ids == CONFIRM and not channel.confirms:
            channel.confirms = True
        if ids in ANSWERED_BY and not message.arguments().get("Nowait"):
            channel.waiting.append(Asked(message, message))
            if len(channel.waiting) > _WAITING_MOST:
                yield _give_up(channel.waiting.popleft())

    # -- the broker's side -------------------------------------------------------------------
    def _answer(self, channel: _Channel, message: Message) -> Iterator[Asked]:
        if message.kind != METHOD:
            return
        ids = message.ids
        if ids in (ACK, NACK):
            yield from _confirm(channel, message)
        elif ids == CHANNEL_CLOSE:
            yield from self._close([channel], message)
        elif ids == CONNECTION_CLOSE:
            yield from self._close(list(self._channels.values()), message)
        else:
            at = next((at for at, one in enumerate(channel.waiting) if ids in ANSWERED_BY[one.first.ids]), -1)
            for _ in range(at):
                yield _give_up(channel.waiting.popleft())
            if at >= 0:
                yield _answered(channel.waiting.popleft(), message)

    def _close(self, channels: list[_Channel], message: Message) -> Iterator[Asked]:
        """The broker closes ``channels``: it answers the one method that it names."""
        said = message.arguments()
        ids = said.get("Class-Id"), said.get("Method-Id")
        named = [one for channel in channels for one in channel.waiting if one.first.ids == ids]
        if not named and message.ids == CONNECTION_CLOSE:  # a login is refused without a name of it
            named = [one for channel in channels for one in channel.waiting if one.first.ids in _LOGIN]
        for channel in channels:
            for one in channel.waiting:
                yield _answered(one, message) if [one] == named else _give_up(one)
            channel.waiting.clear()
            yield from self._forget(channel)


def _write(channel: _Channel, message: Message) -> None:
    """A frame of the content that is sent on ``channel``."""
    writes = channel.writes
    if writes is None:
        return
    writes.last = message
    writes.left = message.size if message.kind == HEADER else writes.left - message.size
    if writes.left <= 0:
        channel.writes = None


def _confirm(channel: _Channel, message: Message) -> Iterator[Asked]:
    """A broker's confirm: of one message, or of all up to it; number 0 is all."""
    said = message.arguments()
    tag = said.get("Delivery-Tag")
    if not isinstance(tag, int):
        return
    if not said.get("Multiple"):
        one = channel.published.pop(tag, None)
        if one is not None:
            yield _answered(one, message)
        return
    while channel.published:
        number = next(iter(channel.published))
        if tag and number > tag:
            return
        yield _answered(channel.published.pop(number), message)


def _answered(asked: Asked, answer: Message) -> Asked:
    asked.answer = answer
    return asked


def _give_up(asked: Asked) -> Asked:
    asked.is_given_up = True
    return asked


def _all_given_up(asked: deque[Asked]) -> Iterator[Asked]:
    while asked:
        yield _give_up(asked.popleft())
