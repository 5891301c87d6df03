"""Which answer belongs to which question: by number and question, in any order (RFC 7766, 7).

The transfer of a zone is one question that many messages answer, up to the one with the SOA record that the first
began with, once more (RFC 5936, 2.2; RFC 1995, 4).
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.dns.codes import IXFR
from tcptui.protocols.dns.message import (
    HEAD_READ,
    HEADER,
    PREFIX,
    Message,
    extended_code,
    is_sound,
    ixfr_serial,
    may_be_message,
    read_head,
    second_zone_numbers,
    zone_numbers,
)  # fmt: skip
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.interface import Carried, Exchange
from tcptui.protocols.result_set import Result, no_result_sets
from tcptui.protocols.stream.message_reader import MessageReader
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_store import I64
    from tcptui.protocols.stream.reassembly import ByteStream


#: Most questions that wait for their answers, as where only one side was captured …
_WAITING_MOST: Final = 100_000
#: … and most of them that may share a number.
_OF_NUMBER_MOST: Final = 64
#: Questions that are looked at beyond the time of an answer, where a capture has them in the wrong order.
_LOOKED_AT_MOST: Final = 16
#: Serial numbers are compared modulo 2**32 (RFC 1982).
_HALF: Final = 1 << 31

#: Messages that follow each other are enough to show where one begins: those that can be read to their last byte, and
#: others.
_SOUND: Final = 2
_LIKELY: Final = 6
#: Bytes of a message that are read to show that it is sound.
_SOUND_MOST: Final = 4_096

#: Number, flags and count of questions; length and count of answers.
_MATCHING_BYTES: Final = 6
_PASSED: Final = struct.Struct("!H6xH").unpack_from


@dataclass(eq=False, slots=True)
class DnsQuery:
    """A question, and what answers it as far as it is known."""

    query: Message | None
    """None: only the answer was captured."""
    first: Message | None = None
    """The first message that answers it."""
    stretches: list[int] = field(default_factory=list)
    """Start and stop of each stretch of its answers' bytes."""
    rows: int = 0
    """Records in the answer sections."""
    complete: bool = True
    """Its answers were captured whole."""
    is_given_up: bool = False
    """Too many questions wait: no answer to it is looked for any more."""
    is_over: bool = False
    """Its last answer was captured."""
    _numbers: bytes = b""
    """The numbers of the zone's newest SOA record, …"""
    _left: int = 2
    """… which come so often still."""

    def answer(self, message: Message, answers: Reader) -> bool:
        """Takes in an answer; returns whether it was the last one."""
        self.is_over = self._answer(message, answers)
        return self.is_over

    def _answer(self, message: Message, answers: Reader) -> bool:
        if self.first is None:
            self.first = message
        if self.stretches and self.stretches[-1] == message.start:
            self.stretches[-1] = message.stop
        else:
            self.stretches += (message.start, message.stop)
        self.complete &= message.complete
        head = message.head
        if head is not None:
            self.rows += head.answers
        query = None if self.query is None else self.query.head
        if query is None or not query.is_transfer or head is None or head.code:
            return True
        return self._is_last(message, answers.data(message), is_incremental=query.kind == IXFR)

    def pass_alike(self, message: Message, answers: Reader) -> None:
        """Takes in the answers right behind ``message`` that say nothing but more records, as far as they were read."""
        stop, rows = answers.pass_alike(message, self._numbers)
        self.stretches[-1] = stop
        self.rows += rows

    def _is_last(self, message: Message, data: bytes, *, is_incremental: bool) -> bool:
        """Whether the zone ends with ``message``, by how often its SOA record came."""
        if message is self.first:
            found = zone_numbers(data)
            if found is None:
                return True
            self._numbers = found[0]
            known = ixfr_serial(self.query.data()) if is_incremental and self.query is not None else None
            head = message.head
            if (
                head is not None
                and head.answers == 1
                and known is not None
                and (known - found[1]) % (2 * _HALF) < _HALF
            ):
                return True  # the client has the newest
            older = second_zone_numbers(data) if is_incremental else None
            self._left = 2 if older is None or older == found[0] else 3  # it begins what is added, too
        self._left -= data.count(self._numbers)
        return self._left <= 0

    @property
    def exchange(self) -> Exchange:
        """It as a request."""
        query, first = self.query, self.first
        message = query or first
        assert message is not None
        answered = None
        if first is not None:
            spans = self.stretches if len(self.stretches) > 2 else ()
            is_whole = self.complete and self.is_over  # a zone ends with its SOA
            answered = Carried(first.direction, self.stretches[0], self.stretches[-1], is_whole, spans)
        head = None if query is None else query.head
        known = message.head
        read = no_result_sets
        if answered is not None and self.rows and known is not None and known.is_transfer:
            read = partial(_result_sets, answered, ended=self.is_over and query is not None)
        return Exchange(
            "dns", "" if head is None else head.operation, "" if first is None else first.status,
            None if query is None else Carried.of(query), answered,
            id=None if known is None else str(known.number), rows=None if first is None else self.rows,
            is_reset=self.is_given_up, result_sets=read,
        )  # fmt: skip


def _result_sets(answer: Carried, *, ended: bool) -> Iterator[Result]:
    from tcptui.protocols.dns.result_rows import result_sets  # seldom asked for

    return result_sets(answer, ended=ended)


@dataclass(frozen=True, slots=True)
class DnsMessage:
    """A message, with the question that it is, or answers; None where that is not known."""

    message: Message
    asked: DnsQuery | None


def conversation(
    client: ByteStream, server: ByteStream, *, whole: bool = True
) -> Iterator[DnsQuery | DnsMessage | Unread]:
    """All that both sides sent: each message as it comes, each question when no answer to it can follow any more.

    Without ``whole`` messages of a zone that are alike are counted, and not told.
    """
    return _Pairing(client, server, whole=whole).said()


class _Pairing:
    def __init__(self, client: ByteStream, server: ByteStream, *, whole: bool) -> None:
        self._whole = whole
        self._asks, self._answers = Reader(client), Reader(server)
        self._next: Message | Unread | None = self._asks.next()
        self._waiting: dict[int, list[DnsQuery]] = {}
        self._count = 0
        self._given_up: Counter[int] = Counter()
        """By number: questions that were given up; their answers, when they come, are no requests of their own."""

    def said(self) -> Iterator[DnsQuery | DnsMessage | Unread]:
        """See `conversation`."""
        while (found := self._answers.next()) is not None:
            if isinstance(found, Unread):
                yield found
                continue
            begin_ns = found.direction.first_ns(found.start)
            yield from self._ask_until(begin_ns)
            asked = self._find(found)
            ahead = _LOOKED_AT_MOST
            while asked is None and found.is_response and self._next is not None and ahead:
                yield from self._ask()
                asked, ahead = self._find(found), ahead - 1
            yield from self._answer(found, asked)
        while self._next is not None:
            yield from self._ask()
        for waiting in self._waiting.values():
            yield from waiting

    def _ask_until(self, time_ns: int) -> Iterator[DnsQuery | DnsMessage | Unread]:
        while self._next is not None and self._next.direction.first_ns(self._next.start) <= time_ns:
            yield from self._ask()

    def _ask(self) -> Iterator[DnsQuery | DnsMessage | Unread]:
        """Takes the client's next message."""
        message, self._next = self._next, self._asks.next()
        if not isinstance(message, Message) or message.is_response or message.head is None:
            if isinstance(message, Unread):
                yield message
            elif message is not None:
                yield DnsMessage(message, None)
            return
        asked = DnsQuery(message)
        waiting = self._waiting.setdefault(message.head.number, [])
        waiting.append(asked)
        self._count += 1
        yield DnsMessage(message, asked)
        if len(waiting) > _OF_NUMBER_MOST:
            yield self._give_up(message.head.number)
        if self._count > _WAITING_MOST:
            yield self._give_up(next(iter(self._waiting)))

    def _give_up(self, number: int) -> DnsQuery:
        """The oldest question of that number, for whose answer nobody looks any more."""
        asked = self._waiting[number][0]
        asked.is_given_up = True
        self._given_up[number] += 1
        self._forget(number, asked)
        return asked

    def _answer(self, message: Message, query: DnsQuery | None) -> Iterator[DnsQuery | DnsMessage]:
        if query is None:
            if message.is_response:
                alone = DnsQuery(None)
                alone.answer(message, self._answers)
                yield DnsMessage(message, alone)
                number = -1 if message.head is None else message.head.number
                if self._given_up[number] > 0:
                    self._given_up[number] -= 1
                else:
                    yield alone
            else:
                yield DnsMessage(message, None)
            return
        is_last = query.answer(message, self._answers)
        yield DnsMessage(message, query)
        if not is_last and not self._whole and self._next is None:  # nothing may be asked meanwhile
            query.pass_alike(message, self._answers)
        if is_last and message.head is not None:
            self._forget(message.head.number, query)
            yield query

    def _find(self, message: Message) -> DnsQuery | None:
        """The oldest question that ``message`` answers."""
        head = message.head
        if head is None or not head.is_response:
            return None
        for asked in self._waiting.get(head.number, ()):
            question = asked.query.head if asked.query is not None else None
            if question is not None and (head.asked is None or head.asked == question.asked):
                return asked
        return None

    def _forget(self, number: int, query: DnsQuery) -> None:
        waiting = self._waiting[number]
        waiting.remove(query)
        self._count -= 1
        if not waiting:
            del self._waiting[number]


# The messages that one side sends, one after the other: each has its length before it (RFC 1035, 4.2.2).
#
# Where a message begins is known from the connection's first byte on.  Where a length is missing, or the capture began
# later, it is known again only where it can be shown: messages begin with a segment, and end with one, or are several.
# Missing bytes within a message hide nothing: its length stands before it.


class Reader(MessageReader[Message, Window]):
    """Reads one direction."""

    def __init__(self, direction: ByteStream) -> None:
        super().__init__(direction, Window(direction))

    def _read(self, start: int) -> Message | Unread | None:
        prefix = self._window.read(start, PREFIX)
        size = int.from_bytes(prefix)
        if len(prefix) == PREFIX and size >= HEADER:
            return self._message(start, size)
        if len(prefix) < PREFIX and start + len(prefix) >= self.direction.length:
            self._ended = True  # of the length only one byte has passed
            return None
        return self._skip(start)

    def data(self, message: Message) -> bytes:
        """The bytes of ``message``, as `Message.data`; of the message that was read last they cost nothing."""
        return self._window.read(message.start + PREFIX, message.stop - message.start - PREFIX)

    def _message(self, start: int, size: int) -> Message:
        data = self._window.read(start + PREFIX, size)  # all of it: the next one is read ahead then
        known, complete, after_unread = self._pass(start, start + PREFIX + size)
        head = read_head(data[:HEAD_READ])
        extended = 0
        if head is not None and head.is_response and head.additional and not head.answers:
            extended = extended_code(data, head)
        return Message(self.direction, start, known, complete, head, extended, after_unread)

    def pass_alike(self, message: Message, unlike: bytes) -> tuple[int, int]:
        """Passes over the messages right behind ``message`` that begin as it does, without ``unlike`` in them.

        They have its number, flags and question, and lie in the block that was read; returns where they end, and how
        many answers they have.  A zone may be sent record by record, in millions of messages.
        """
        base, data = self._window.block
        first, place, rows = message.start - base + PREFIX, self._at - base, 0
        question = None if message.head is None else message.head.written_question
        if self._at != message.stop or first < 0 or question is None:
            return self._at, rows
        alike = data[first : first + _MATCHING_BYTES]
        if not data.startswith(question, first + HEADER):
            return self._at, rows  # its name is shortened
        end = data.find(unlike, place)
        end = len(data) if end < 0 else end
        while place + PREFIX + HEADER <= end:
            size, answers = _PASSED(data, place)
            behind = place + PREFIX + size
            if (
                behind > end
                or size < HEADER + len(question)
                or not data.startswith(alike, place + PREFIX)
                or not data.startswith(question, place + PREFIX + HEADER)
            ):
                break
            rows += answers
            place = behind
        self._at = base + place
        return self._at, rows

    # -- where a beginning is not known --------------------------------------------------------
    def _starts(self) -> I64:
        return self.direction.captured.start

    def _is_proved(self, start: int) -> bool:
        """Whether a message begins at ``start``."""
        ends, at, sound = self.direction.captured.stop, start, 0
        for count in range(1, _LIKELY + 1):
            self._tried += 1
            size = int.from_bytes(self._window.read(at, PREFIX))
            data = self._window.read(at + PREFIX, min(size, _SOUND_MOST))
            if not may_be_message(data, size):
                return False
            sound += is_sound(data, size)
            at += PREFIX + size
            place = int(np.searchsorted(ends, at))
            ends_here = place < len(ends) and int(ends[place]) == at
            if sound >= _SOUND or count == _LIKELY or (ends_here and (sound or count >= _SOUND)):
                return True
        return False
