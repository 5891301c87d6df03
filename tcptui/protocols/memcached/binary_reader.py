"""The messages of the binary protocol that one side sends, one after the other: each header says how long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.http.read_window import Window
from tcptui.protocols.memcached.codes import EXTRAS_MOST, HEADER, KEY_MOST, OPCODES, REQUEST, RESPONSE
from tcptui.protocols.memcached.message import Message, binary_name, key_place
from tcptui.protocols.stream.sound_reader import SoundReader

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.unread import Unread


def is_header(head: bytes, magic: int) -> bool:
    """Whether ``head`` is a header of a message that begins with ``magic``, and is sound."""
    if len(head) < HEADER or head[0] != magic or head[5]:
        return False
    key, extras = int.from_bytes(head[2:4]), head[4]
    return key <= KEY_MOST and extras <= EXTRAS_MOST and key + extras <= int.from_bytes(head[8:12])


class BinaryReader(SoundReader[Message, Window]):
    """Reads one direction, that of the client or the server."""

    def __init__(self, direction: ByteStream, *, is_client: bool) -> None:
        self._magic = REQUEST if is_client else RESPONSE
        super().__init__(direction, Window(direction))

    def _read(self, start: int) -> Message | Unread | None:
        head = self._window.read(start, HEADER)
        if len(head) < HEADER and start + len(head) >= self.direction.length:
            self._ended = True  # of its header not all has passed
            return None
        if not is_header(head, self._magic):
            return self._skip(start)
        at, length = key_place(head)
        key = self._window.read(start + at, length)
        opcode = head[1]
        known, complete, after_unread = self._pass(start, start + HEADER + int.from_bytes(head[8:12]))
        code = int.from_bytes(head[6:8]) if self._magic == RESPONSE else 0
        is_quiet = opcode in OPCODES and OPCODES[opcode].is_quiet
        return Message(
            self.direction, start, known, min(start + at + length, known), complete, after_unread, binary_name(opcode),
            key if len(key) == length else b"", int(bool(length)), may_be_quiet=is_quiet,
            is_answer=self._magic == RESPONSE, value_bytes=int.from_bytes(head[8:12]) + HEADER - at - length,
            values=int(not code), opcode=opcode,
            number=int.from_bytes(head[12:16]), code=code,
        )  # fmt: skip

    # -- where a beginning is not known --------------------------------------------------------
    def _sound_until(self, start: int) -> int:
        """Where a sound message of a known command ends that begins at ``start``; -1: there is none."""
        head = self._window.read(start, HEADER)
        if not is_header(head, self._magic) or head[1] not in OPCODES:
            return -1
        return start + HEADER + int.from_bytes(head[8:12])
