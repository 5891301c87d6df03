"""The messages that one side sends, one after the other: each has its length before it (RFC 1035, 4.2.2).

Where a message begins is known from the connection's first byte on.  Where a length is missing, or the capture began
later, it is known again only where it can be shown: messages begin with a segment, and end with one, or are several.
Missing bytes within a message hide nothing: its length stands before it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.dns.message import (
    HEAD_READ,
    HEADER,
    PREFIX,
    Message,
    extended_code,
    is_sound,
    may_be_message,
    read_head,
)  # fmt: skip
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.stream.message_reader import MessageReader

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.unread import Unread

#: Messages that follow each other are enough to show where one begins: those that can be read to their last byte, and
#: others.
_SOUND: Final = 2
_LIKELY: Final = 6
#: Bytes of a message that are read to show that it is sound.
_SOUND_MOST: Final = 4_096

#: Number, flags and count of questions; length and count of answers.
_MATCHING_BYTES: Final = 6
_PASSED: Final = struct.Struct("!H6xH").unpack_from


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
