"""What closed a connection of AMQP, or one of its channels, and what had not been acknowledged by then."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.amqp.conversation import Asked, Said, conversation
from tcptui.protocols.amqp.methods import (
    ACK,
    CHANNEL_CLOSE,
    CHANNEL_CLOSE_OK,
    CHANNEL_OPEN,
    CONNECTION_CLOSE,
    CONSUME,
    CONSUME_OK,
    DELIVER,
    GET,
    GET_EMPTY,
    GET_OK,
    METHOD,
    NACK,
    OPEN_OK,
    RECOVER,
    RECOVER_ASYNC,
    REJECT,
    SECURE_OK,
    START_OK,
    TUNE_OK,
)
from tcptui.protocols.stream.reassembly import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.amqp.detection import Sides
    from tcptui.protocols.amqp.message import Message
    from tcptui.protocols.stream.reassembly import ByteStream

#: Frames that are read of a connection, of both sides: what a longer one was closed for is not told.
FRAMES_MOST: Final = 200_000
#: Of a count: bytes are missing, or the channel was opened before the capture began.
UNKNOWN: Final = -1
#: The first bytes of a frame with such a method.
_CLOSES: Final = re.compile(rb"\x01..\0\0..\0(?:\x0a\0\x32|\x14\0\x28)", re.DOTALL)
_CLOSE_HEAD: Final = 10
_REQUEUED: Final = frozenset({RECOVER, RECOVER_ASYNC})


@dataclass(slots=True)
class Close:
    """A method by which the broker closes a channel, or the connection."""

    message: Message
    asked: Message | None
    """The last method of the client with the class and method that the broker names; None where it names none."""
    unacked: int
    """Deliveries that the client had not acknowledged, or `UNKNOWN`."""
    is_opened: bool
    """The connection was open: the broker had let the client in, or the capture began later."""
    unconfirmed: int = 0
    """Messages that the broker had not confirmed, of channels on which it does."""


@dataclass(slots=True)
class Ended:
    """How a connection went, as far as its end is concerned."""

    closes: list[Close] = field(default_factory=list)
    heartbeat_s: int = 0
    """What the client agreed to: it is heard from so often; 0: never, or not known."""
    login: Message | None = None
    """The last method of the login, while nothing answers it."""


@dataclass(slots=True)
class _Channel:
    is_known: bool = False
    """It was opened here, and no byte is missing since."""
    unacked: dict[int, None] = field(default_factory=dict)
    """Delivery tags, ascending."""
    consumes: list[bool] = field(default_factory=list)
    """Of each basic.consume without an answer: whether it acknowledges nothing."""
    gets: list[bool] = field(default_factory=list)
    unasked: set[bytes] = field(default_factory=set)
    """Consumers that acknowledge nothing."""


def may_close(direction: ByteStream) -> bool:
    """Whether a method that closes a channel, or the connection, may be among these bytes: a glance, no reading."""
    before = b""
    for piece in direction.pieces():
        if not isinstance(piece, Piece):
            before = b""
            continue
        before += piece.data
        if _CLOSES.search(before):
            return True
        before = before[-_CLOSE_HEAD:]
    return False


def how_it_began(sides: Sides, messages: tuple[Sequence[Message], Sequence[Message]]) -> Ended:
    """What the first ``messages`` of both sides say of heartbeats and the login."""
    reading = _Reading(sides)
    both = [*messages[0], *messages[1]]
    for one in sorted(both, key=lambda one: one.direction.delivered_ns(one.stop - 1)):
        reading.take(Said(one))
    return reading.ended


def how_it_ended(sides: Sides) -> Ended | None:
    """What closed the connection or its channels; None where there is too much to read."""
    reading = _Reading(sides)
    for count, one in enumerate(conversation(sides)):
        if count >= FRAMES_MOST:
            return None
        reading.take(one)
    return reading.ended


class _Reading:
    def __init__(self, sides: Sides) -> None:
        self.ended = Ended()
        self._client = sides.client
        self._channels: dict[int, _Channel] = {}
        self._last: dict[tuple[int, tuple[int, int]], Message] = {}
        self._is_opened = not sides.client.has_first_byte
        self._new: list[Close] = []
        """Closes behind which come the messages that they left without a confirm."""

    def take(self, one: object) -> None:
        """Take in what comes next of the connection."""
        if isinstance(one, Asked):
            for close in self._new if one.tag and one.answer is None else ():
                close.unconfirmed += 1
            return
        self._new.clear()
        if not isinstance(one, Said):  # bytes that are not read
            self._lose()
            return
        message = one.message
        if message.after_unread:
            self._lose()
        is_client = message.direction is self._client
        if message.kind != METHOD:
            return
        channel = self._channels.setdefault(message.channel, _Channel())
        if is_client:
            self._last[message.channel, message.ids] = message
            self._ask(channel, message)
        else:
            self._answer(channel, message)

    def _lose(self) -> None:
        for channel in self._channels.values():
            channel.is_known = False

    def _ask(self, channel: _Channel, message: Message) -> None:
        ids, said = message.ids, message.arguments()
        if ids == CHANNEL_OPEN:
            self._channels[message.channel] = _Channel(is_known=True)
        elif ids == CHANNEL_CLOSE_OK:
            del self._channels[message.channel]
        elif ids in (START_OK, SECURE_OK):
            self.ended.login = message
        elif ids == TUNE_OK:
            heartbeat = said.get("Heartbeat")
            self.ended.heartbeat_s = heartbeat if isinstance(heartbeat, int) else 0
        elif ids == CONSUME:
            tag = said.get("Consumer-Tag")
            acknowledges_nothing = bool(said.get("No-Ack"))
            if isinstance(tag, bytes) and tag and acknowledges_nothing:
                channel.unasked.add(tag)
            if not said.get("Nowait"):
                channel.consumes.append(acknowledges_nothing)
        elif ids == GET:
            channel.gets.append(bool(said.get("No-Ack")))
        elif ids in _REQUEUED:
            channel.unacked.clear()
        elif ids in (ACK, NACK, REJECT):
            _acknowledge(channel.unacked, said.get("Delivery-Tag"), multiple=bool(said.get("Multiple")))

    def _answer(self, channel: _Channel, message: Message) -> None:
        ids = message.ids
        self._is_opened |= ids == OPEN_OK
        self.ended.login = None
        if ids == CHANNEL_CLOSE_OK:
            del self._channels[message.channel]
        elif ids == CONSUME_OK and channel.consumes:
            tag = message.arguments().get("Consumer-Tag")
            if channel.consumes.pop(0) and isinstance(tag, bytes):
                channel.unasked.add(tag)
        elif ids == GET_EMPTY and channel.gets:
            channel.gets.pop(0)
        elif ids in (DELIVER, GET_OK):
            said = message.arguments()
            tag, consumer = said.get("Delivery-Tag"), said.get("Consumer-Tag")
            is_free = consumer in channel.unasked if ids == DELIVER else bool(channel.gets and channel.gets.pop(0))
            if isinstance(tag, int) and not is_free:
                channel.unacked[tag] = None
        elif ids in (CHANNEL_CLOSE, CONNECTION_CLOSE):
            self._close(message)

    def _close(self, message: Message) -> None:
        said = message.arguments()
        ids = said.get("Class-Id"), said.get("Method-Id")
        named = [
            one
            for (number, asked), one in self._last.items()
            if asked == ids and (message.ids == CONNECTION_CLOSE or number == message.channel)
        ]
        whole = message.ids == CONNECTION_CLOSE
        closed = [one for number, one in self._channels.items() if number and (whole or number == message.channel)]
        unacked = sum(len(one.unacked) for one in closed) if all(one.is_known for one in closed) else UNKNOWN
        last = max(named, key=lambda one: one.start, default=None)
        self._new = [Close(message, last, unacked, self._is_opened)]
        self.ended.closes += self._new
        for one in closed:
            one.unacked.clear()


def _acknowledge(unacked: dict[int, None], tag: int | bytes | None, *, multiple: bool) -> None:
    """The client acknowledges the delivery ``tag``, or all up to it; number 0 is all."""
    if not isinstance(tag, int):
        return
    if not multiple:
        unacked.pop(tag, None)
        return
    while unacked and (not tag or next(iter(unacked)) <= tag):
        del unacked[next(iter(unacked))]


def passive(message: Message | None) -> bool:
    """Whether ``message`` only asks if something is there."""
    return message is not None and bool(message.arguments().get("Passive"))
