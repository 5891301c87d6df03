"""The packets that one side sends, one after the other: each says behind its first byte how long it is.

Where a packet begins is known from the connection's first byte on.  Where a length is missing, or the capture began
later, it is known again only where it can be shown: packets that are sound to their last byte begin with a segment, and
end with one.  Missing bytes within a packet hide nothing: its length stands before them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.http.read_window import Window
from tcptui.protocols.mqtt.beginning import HEADER_MOST
from tcptui.protocols.mqtt.codes import OF_CLIENT, OF_SERVER, VERSION_5, VERSION_311
from tcptui.protocols.mqtt.fields import length_of
from tcptui.protocols.mqtt.message import HEAD_READ, Message, may_begin, read_head
from tcptui.protocols.stream.sound_reader import SoundReader

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.unread import Unread


class Reader(SoundReader[Message, Window]):
    """Reads one direction, that of the client or the server."""

    def __init__(self, direction: ByteStream, version: int, *, is_client: bool) -> None:
        self._version = version
        self._not_sent = OF_SERVER if is_client else OF_CLIENT
        super().__init__(direction, Window(direction))

    def _read(self, start: int) -> Message | Unread | None:
        head = self._window.read(start, HEADER_MOST)
        found = length_of(head)
        if found is None and len(head) < HEADER_MOST and start + len(head) >= self.direction.length:
            self._ended = True  # of its length not all has passed
            return None
        if found is None or not may_begin(head[0]):
            return self._skip(start)
        return self._message(start, head[0], *found)

    def _message(self, start: int, first: int, before: int, length: int) -> Message:
        body = start + before
        data = self._window.read(body, min(length, HEAD_READ))
        said = read_head(first, data, self._version)
        known, complete, after_unread = self._pass(start, body + length)
        return Message(self.direction, start, body, known, first, complete, said, after_unread)

    # -- where a beginning is not known --------------------------------------------------------
    def _sound_until(self, start: int) -> int:
        """Where a sound packet ends that begins at ``start``; -1: there is none."""
        head = self._window.read(start, HEADER_MOST)
        found = length_of(head)
        if found is None or not may_begin(head[0]) or head[0] >> 4 in self._not_sent:
            return -1
        before, length = found
        data = self._window.read(start + before, min(length, HEAD_READ))
        if len(data) < min(length, HEAD_READ):
            return -1
        versions = (self._version,) if self._version else (VERSION_311, VERSION_5)
        whole = len(data) == length
        if all(read_head(head[0], data, version, whole=whole) is None for version in versions):
            return -1
        return start + before + length
