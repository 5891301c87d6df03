"""The messages that one side sends, one after the other: each says how long it is."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.http.read_window import Window
from tcptui.protocols.mongodb.bson import Source
from tcptui.protocols.mongodb.codes import ANSWERS, ASKS, HEADER, LONGEST
from tcptui.protocols.mongodb.message import Message, is_sound
from tcptui.protocols.stream.sound_reader import SoundReader

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.unread import Unread

_HEAD: Final = struct.Struct("<iIIi")


class Head(NamedTuple):
    """What the header of a message says."""

    size: int
    id: int
    answers: int
    opcode: int

    @staticmethod
    def of(data: bytes, *, is_client: bool) -> Head | None:
        """The header that ``data`` begins with; None where that is none of this side, or is not there."""
        if len(data) < HEADER:
            return None
        head = Head(*_HEAD.unpack_from(data))
        fits = HEADER < head.size <= LONGEST and head.opcode in (ASKS if is_client else ANSWERS)
        return head if fits else None


class Reader(SoundReader[Message, Window]):
    """Reads one direction, that of the client or the server."""

    def __init__(self, direction: ByteStream, *, is_client: bool) -> None:
        self._is_client = is_client
        super().__init__(direction, Window(direction))

    def _read(self, start: int) -> Message | Unread | None:
        data = self._window.read(start, HEADER)
        head = Head.of(data, is_client=self._is_client)
        if head is None:
            if len(data) < HEADER and start + len(data) >= self.direction.length:
                self._ended = True
                return None
            return self._skip(start)
        stop, complete, after_unread = self._pass(start, start + head.size)
        return Message(
            self.direction, start, stop, complete, after_unread, head.size, head.id, head.answers, head.opcode
        )

    def _sound_until(self, start: int) -> int:
        """Where a sound message ends that begins at ``start``; -1: there is none."""
        head = Head.of(self._window.read(start, HEADER), is_client=self._is_client)
        if head is None:
            return -1
        stop = start + head.size
        source = Source(self.direction.read, min(stop, self.direction.length))
        return stop if is_sound(source, start + HEADER, head.opcode, stop, is_client=self._is_client) else -1
