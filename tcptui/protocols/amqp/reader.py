"""The frames that one side sends, one after the other: each says how long it is, and ends with a byte of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.amqp.message import IDS, Message
from tcptui.protocols.amqp.methods import (
    BODY,
    FRAME_END,
    FRAME_HEAD,
    HEADER,
    HEARTBEAT,
    METHOD,
    METHODS,
    OF_CLIENT,
    OF_SERVER,
    PROTOCOL,
    TYPES,
)
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.stream.sound_reader import SoundReader

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.unread import Unread

_READ: Final = FRAME_HEAD + 12
#: Class, weight and size of a content's header.
_CONTENT: Final = 12


class Reader(SoundReader[Message, Window]):
    """Reads one direction, that of the client or the server."""

    def __init__(self, direction: ByteStream, *, is_client: bool) -> None:
        self._not_sent = OF_SERVER if is_client else OF_CLIENT
        super().__init__(direction, Window(direction))

    def _read(self, start: int) -> Message | Unread | None:
        head = self._window.read(start, _READ)
        if head[:4] == PROTOCOL[:4] and start == 0:
            known, complete, after_unread = self._pass(start, start + len(PROTOCOL))
            return Message(self.direction, start, known, complete, after_unread, 0)
        if len(head) < FRAME_HEAD and start + len(head) >= self.direction.length:
            self._ended = True  # of its length not all has passed
            return None
        if len(head) < FRAME_HEAD or head[0] not in TYPES:
            return self._skip(start)
        length = int.from_bytes(head[3:7])
        stop = start + FRAME_HEAD + length + 1
        end = self._window.read(stop - 1, 1)
        if end and end[0] != FRAME_END:
            return self._skip(start)
        known, complete, after_unread = self._pass(start, stop)
        kind, body = head[0], head[FRAME_HEAD:]
        ids, size = (0, 0), length if kind == BODY else 0
        if kind == METHOD and len(body) >= IDS:
            ids = int.from_bytes(body[:2]), int.from_bytes(body[2:4])
        elif kind == HEADER and len(body) >= _CONTENT:
            ids, size = (int.from_bytes(body[:2]), 0), int.from_bytes(body[4:12])
        return Message(self.direction, start, known, complete, after_unread, kind, int.from_bytes(head[1:3]), ids, size)

    def _sound_until(self, start: int) -> int:
        """Where a sound frame ends that begins at ``start``; -1: there is none."""
        head = self._window.read(start, _READ)
        if len(head) < FRAME_HEAD or head[0] not in TYPES:
            return -1
        length = int.from_bytes(head[3:7])
        if head[0] == METHOD:
            ids = int.from_bytes(head[7:9]), int.from_bytes(head[9:11])
            if ids not in METHODS or ids in self._not_sent:
                return -1
        if head[0] == HEARTBEAT and (length or any(head[1:3])):
            return -1
        end = self._window.read(start + FRAME_HEAD + length, 1)
        return start + FRAME_HEAD + length + 1 if end == bytes((FRAME_END,)) else -1
