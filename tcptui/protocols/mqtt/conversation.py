"""Which packet answers which: by packet identifier, and CONNECT, PINGREQ and AUTH by their order (MQTT 5.0, 4.3, 4.6).

A message of QoS 2 is asked in two steps: PUBLISH, which PUBREC answers, and PUBREL, which PUBCOMP does.  What nobody
answers is no request: QoS 0, DISCONNECT; nor is what a broker delivers, which its client acknowledges.

Identifiers are used again and again, so that where bytes of both sides are missing, the answer to one that came before
may be that to another which came since.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.interface import Carried, Exchange
from tcptui.protocols.mqtt.codes import (
    AUTH,
    CONNACK,
    CONNECT,
    ERROR,
    PINGREQ,
    PINGRESP,
    PUBACK,
    PUBCOMP,
    PUBLISH,
    PUBREC,
    PUBREL,
    SUBACK,
    SUBSCRIBE,
    UNSUBACK,
    UNSUBSCRIBE,
    status_of,
)
from tcptui.protocols.mqtt.message import Message, operation
from tcptui.protocols.mqtt.reader import Reader
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.mqtt.detection import Sides

#: What answers what, at last.
_ANSWERED_BY: Final = {SUBSCRIBE: SUBACK, UNSUBSCRIBE: UNSUBACK, CONNECT: CONNACK, PINGREQ: PINGRESP, AUTH: AUTH}
_LAST_ANSWERS: Final = frozenset({CONNACK, PUBACK, PUBCOMP, SUBACK, UNSUBACK, PINGRESP})
#: Packets without an identifier, which are answered in order.
_IN_ORDER: Final = frozenset({CONNACK, PINGRESP, AUTH})
#: Packets of a kind without an identifier that wait for their answers, at most: as where only one side was captured.
_WAITING_MOST: Final = 1_000
#: Topics that an alias stands for, at most (5.0, 3.3.2.3.4).
_ALIASES_MOST: Final = 65_535
_ONCE: Final = 2


@dataclass(eq=False, slots=True)
class Asked:
    """A request of the client, and its answers as far as they are known."""

    first: Message | None
    """None: only the answer was captured."""
    topics: tuple[bytes, ...] = ()
    """Those of the packet, or what its alias stands for."""
    gaps: tuple[int, int] = (0, 0)
    """How often bytes of either side could not be read before it."""
    release: Message | None = None
    """PUBREL."""
    interim: list[Message] = field(default_factory=list)
    answer: Message | None = None
    is_given_up: bool = False
    """No answer to it is looked for any more."""

    def exchange(self, version: int) -> Exchange:
        """It as a request."""
        first, answer = self.first, self.answer
        head = None if answer is None else answer.head
        status = ""
        if answer is not None:
            status = "?" if head is None else status_of(answer.kind, head.code, version)
        known = first or answer
        number = 0 if known is None or known.head is None else known.head.number
        return Exchange(
            "mqtt", "" if first is None else operation(first, self.topics), status, self._carried_request(),
            None if answer is None else Carried.of(answer), id=str(number),
            is_counted=not number,
            interim=tuple(Carried.of(one) for one in self.interim), is_reset=self.is_given_up,
        )  # fmt: skip

    def _carried_request(self) -> Carried | None:
        first, release = self.first, self.release
        if first is None:
            return None
        if release is None:
            return Carried.of(first)
        spans = () if release.start == first.stop else (first.start, first.stop, release.start, release.stop)
        return Carried(first.direction, first.start, release.stop, first.complete and release.complete, spans)


@dataclass(frozen=True, slots=True)
class Said:
    """A packet with the topics that it is about: its own, or what its alias stands for."""

    message: Message
    topics: tuple[bytes, ...]


#: What a connection consists of.
Element = Said | Asked | Unread


def conversation(sides: Sides) -> Iterator[Element]:
    """All that both sides sent, in order of time; each request when it is answered, or it is known that it is not."""
    return _Pairing(sides).said()


class _Side:
    """One direction: its next packet, and the topics of its aliases."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.next = reader.next()
        self.gaps = int(not reader.from_start)
        self._aliases: dict[int, tuple[bytes, ...]] = {}

    def time_ns(self) -> int:
        """When the next packet was complete."""
        assert self.next is not None
        return self.next.direction.delivered_ns(self.next.stop - 1)

    def take(self) -> Message | Unread:
        """The next packet."""
        found, self.next = self.next, self.reader.next()
        assert found is not None
        self.gaps += isinstance(found, Unread) or found.after_unread
        return found

    def topics(self, message: Message) -> tuple[bytes, ...]:
        """The topics of ``message``, be they its own."""
        head = message.head
        if head is None or message.kind != PUBLISH or not head.alias:
            return () if head is None else head.topics
        if head.topics and len(self._aliases) < _ALIASES_MOST:
            self._aliases[head.alias] = head.topics
        return head.topics or self._aliases.get(head.alias, ())


class _Pairing:
    def __init__(self, sides: Sides) -> None:
        self._client = _Side(Reader(sides.client, sides.version, is_client=True))
        self._server = _Side(Reader(sides.server, sides.version, is_client=False))
        self._open: dict[int, Asked] = {}
        """Requests by packet identifier: 65,535 at most."""
        self._in_order: dict[int, deque[Asked]] = {kind: deque() for kind in _IN_ORDER}
        """Those without one by the kind of their answer."""

    def said(self) -> Iterator[Element]:
        """See `conversation`."""
        client, server = self._client, self._server
        while client.next is not None or server.next is not None:
            is_client = server.next is None or (client.next is not None and client.time_ns() <= server.time_ns())
            side = client if is_client else server
            found = side.take()
            if isinstance(found, Unread):
                yield from self._lost()
                yield found
                continue
            if found.after_unread:
                yield from self._lost()
            topics = side.topics(found)
            yield Said(found, topics)
            yield from self._ask(found, topics) if is_client else self._answer(found)
        yield from self._open.values()
        for waiting in self._in_order.values():
            yield from waiting

    def _lost(self) -> Iterator[Asked]:
        """Bytes are missing: who answers in order is not known for those that are open."""
        for waiting in self._in_order.values():
            yield from map(_give_up, waiting)
            waiting.clear()

    def _gaps(self) -> tuple[int, int]:
        return self._client.gaps, self._server.gaps

    # -- the client's side -------------------------------------------------------------------
    def _ask(self, message: Message, topics: tuple[bytes, ...]) -> Iterator[Asked]:
        kind, head = message.kind, message.head
        number = 0 if head is None else head.number
        if kind == PUBREL:
            yield from self._release(message, number)
        elif kind in (CONNECT, PINGREQ) or (kind == AUTH and not self._in_order[CONNACK]):
            waiting = self._in_order[_ANSWERED_BY[kind]]
            waiting.append(Asked(message, topics))
            if len(waiting) > _WAITING_MOST:
                yield _give_up(waiting.popleft())
        elif number and (kind in (SUBSCRIBE, UNSUBSCRIBE) or (kind == PUBLISH and message.qos)):
            before = self._open.get(number)
            if before is not None and message.is_again and kind == PUBLISH:
                return  # the same once more
            if before is not None:
                yield _give_up(before)
            self._open[number] = Asked(message, topics, self._gaps())

    def _release(self, message: Message, number: int) -> Iterator[Asked]:
        asked = self._open.get(number)
        if asked is not None and asked.first is not None and asked.first.kind == PUBLISH and asked.first.qos == _ONCE:
            asked.release = asked.release or message
        elif asked is None and number:
            self._open[number] = Asked(message, (), self._gaps())  # of a message that was sent before
        yield from ()

    # -- the broker's side -------------------------------------------------------------------
    def _answer(self, message: Message) -> Iterator[Asked]:
        kind, head = message.kind, message.head
        if kind in _IN_ORDER:
            yield from self._answer_in_order(message)
            return
        if head is None or not head.number:
            return
        asked = self._open.get(head.number)
        if asked is not None and all(now != then for now, then in zip(self._gaps(), asked.gaps, strict=True)):
            yield _give_up(self._open.pop(head.number))
            asked = None
        if asked is None or not _may_answer(asked, kind):
            if asked is None and kind in _LAST_ANSWERS:
                yield Asked(None, answer=message)
            return
        if kind == PUBREC and head.code < ERROR:
            asked.interim[:] = asked.interim or [message]
            return
        asked.answer = message
        yield self._open.pop(head.number)

    def _answer_in_order(self, message: Message) -> Iterator[Asked]:
        kind = message.kind
        if kind == AUTH and self._in_order[CONNACK]:
            self._in_order[CONNACK][0].interim.append(message)
            return
        waiting = self._in_order[kind]
        if kind == CONNACK:
            self._in_order[AUTH].clear()
        if waiting:
            asked = waiting.popleft()
            asked.answer = message
            yield asked
        elif kind in _LAST_ANSWERS:
            yield Asked(None, answer=message)


def _may_answer(asked: Asked, kind: int) -> bool:
    """Whether a packet of ``kind`` answers what was ``asked``."""
    first = asked.first
    if first is None:
        return False
    if first.kind == PUBLISH:
        return kind == PUBACK if first.qos < _ONCE else kind in (PUBREC, PUBCOMP)
    if first.kind == PUBREL:
        return kind == PUBCOMP
    return kind == _ANSWERED_BY[first.kind]


def _give_up(asked: Asked) -> Asked:
    asked.is_given_up = True
    return asked
