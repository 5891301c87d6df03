"""WebSocket messages: fragments joined, unmasked, unpacked (RFC 6455, 5.4; RFC 7692), bounded.

wsproto's permessage-deflate is not used: it unpacks without a bound, and stops at the first message that
cannot be unpacked; a capture may begin in the middle, and what cannot be read must cost only itself.
"""

from __future__ import annotations

import zlib
from codecs import getincrementaldecoder
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.websocket.frames import (
    CONTROL_LIMIT,
    Bytes,
    FaultKind,
    Frame,
    FrameScan,
    Opcode,
    messages_of,
    unmask,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bytes kept of a message; what is longer is cut and says so.
MESSAGE_KEPT: Final = 1 << 20
#: Bytes kept of all messages of one direction together.
TOTAL_KEPT: Final = 16 << 20
#: Bytes unpacked of one direction, kept or not (RFC 7692 allows a thousand for one).
INFLATE_LIMIT: Final = 64 << 20
#: Payload bytes read of one direction.
READ_LIMIT: Final = 256 << 20
_CHUNK: Final = 65_536
#: What a sender leaves out at the end of each compressed message (RFC 7692, 7.2.1).
_TAIL: Final = b"\x00\x00\xff\xff"
_CODES: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


@dataclass(frozen=True, slots=True)
class Deflate:
    """permessage-deflate as negotiated, for one direction."""

    takeover: bool = True
    """The sender's window goes on from message to message."""
    window_bits: int = 15


@dataclass(frozen=True, slots=True)
class WebSocketMessage:
    """One message, or one control frame."""

    frames: tuple[Frame, ...]
    opcode: int
    data: bytes
    """Unmasked and unpacked; at most `MESSAGE_KEPT`."""
    length: int
    """Bytes unmasked and unpacked, kept or not."""
    is_compressed: bool
    finished: bool
    """Its last frame is there, and all of its bytes."""
    readable: bool
    """False when it could not be unpacked, or bytes are missing."""

    @property
    def start(self) -> int:
        """Where its first frame begins."""
        return self.frames[0].start

    @property
    def stop(self) -> int:
        """Behind its last frame."""
        return self.frames[-1].stop

    @property
    def carried(self) -> int:
        """Payload bytes as they travelled."""
        return sum(frame.payload_length for frame in self.frames)

    @property
    def text(self) -> str:
        """The data as text."""
        return self.data.decode("utf-8", "replace")

    @property
    def close_code(self) -> int | None:
        """Of a Close frame; 1005 for one without a code (RFC 6455, 7.1.5)."""
        if self.opcode != Opcode.CLOSE:
            return None
        return int.from_bytes(self.data[:2], "big") if len(self.data) >= 2 else 1005

    @property
    def close_reason(self) -> str:
        """Of a Close frame."""
        return self.data[2:].decode("utf-8", "replace") if self.opcode == Opcode.CLOSE else ""


class MessageReader:
    """Reads the messages of one direction, one after the other; faults go into the scan."""

    def __init__(self, half: Bytes, scan: FrameScan, deflate: Deflate | None) -> None:
        self._half = half
        self._scan = scan
        self._deflate = deflate
        self._inflater = _inflater(deflate)
        self._context_lost = False
        """Something before this was not read: with takeover, nothing compressed can be unpacked any more."""
        self._inflated = self._kept = self._read = 0

    def __iter__(self) -> Iterator[WebSocketMessage]:
        for frames in messages_of(self._scan.frames):
            yield self._message(frames)

    def _message(self, frames: tuple[Frame, ...]) -> WebSocketMessage:
        first = frames[0]
        compressed = self._deflate is not None and first.is_compressed and not first.is_control
        collected = _Collected(first.opcode == Opcode.TEXT, min(MESSAGE_KEPT, max(TOTAL_KEPT - self._kept, 0)))
        whole = first.is_control or (frames[-1].fin and first.opcode != Opcode.CONTINUATION)
        readable = not (compressed and self._context_lost)
        complete = True
        for frame in frames:
            complete = self._frame(frame, collected, compressed, skip=not readable) and complete
            readable = readable and complete and not collected.broken
        if compressed and readable and whole:
            self._unpack(_TAIL, collected, first)
            readable = not collected.broken
        if compressed and not self._next_context(readable and whole):
            readable = False
        if whole and readable:
            collected.finish()
        if collected.not_utf8 >= 0:
            self._scan.blame(FaultKind.NOT_UTF8, first.payload_start if compressed else self._place(frames, collected))
        self._kept += len(collected.data)
        message = WebSocketMessage(
            frames, first.opcode, bytes(collected.data), collected.length, compressed, whole and complete, readable
        )
        if first.opcode == Opcode.CLOSE and complete:
            self._check_close(message)
        return message

    @staticmethod
    def _place(frames: tuple[Frame, ...], collected: _Collected) -> int:
        """Where in the half the byte stands that is no UTF-8."""
        left = collected.not_utf8
        for frame in frames:
            if left < frame.payload_length:
                return frame.payload_start + left
            left -= frame.payload_length
        return frames[-1].stop - 1

    def _frame(self, frame: Frame, collected: _Collected, compressed: bool, *, skip: bool) -> bool:
        """Takes in one frame's payload; whether all of it was there.  ``skip``: it could not be unpacked."""
        at = 0
        limit = min(frame.payload_length, CONTROL_LIMIT) if frame.is_control else frame.payload_length
        while at < limit:
            if self._read >= READ_LIMIT:
                return False
            raw = self._half.read(frame.payload_start + at, min(_CHUNK, limit - at))
            if not raw:
                return False
            self._read += len(raw)
            data = unmask(raw, frame.key, at)
            if not compressed:
                collected.add(data)
            elif not skip and not collected.broken:
                self._unpack(data, collected, frame)
            at += len(raw)
        return True

    def _unpack(self, data: bytes, collected: _Collected, frame: Frame) -> None:
        while data and not collected.broken:
            room = min(_CHUNK, INFLATE_LIMIT - self._inflated)
            if room <= 0:
                collected.broken = True
                return
            try:
                part = self._inflater.decompress(data, room)
            except zlib.error:
                self._scan.blame(FaultKind.NOT_INFLATED, frame.payload_start, max(frame.payload_length, 1))
                collected.broken = True
                return
            self._inflated += len(part)
            collected.add(part)
            data = self._inflater.unconsumed_tail
            if self._inflater.eof:
                # A block that calls itself the last (RFC 7692, 7.2.3.4): what follows begins anew.
                data = self._inflater.unused_data
                self._inflater = _inflater(self._deflate)
                if data in (b"", _TAIL):
                    return

    def _next_context(self, good: bool) -> bool:
        """Prepares for the next compressed message; whether this one could be read."""
        if self._deflate is not None and not self._deflate.takeover:
            self._inflater = _inflater(self._deflate)
        elif not good:
            self._context_lost = True
        return good

    def _check_close(self, message: WebSocketMessage) -> None:
        frame = message.frames[0]
        code = int.from_bytes(message.data[:2], "big")
        if len(message.data) == 1 or (message.data and code not in _CODES and not 3000 <= code <= 4999):
            self._scan.blame(FaultKind.CLOSE_CODE, frame.payload_start, min(2, len(message.data)))
        try:
            message.data[2:].decode("utf-8")
        except UnicodeDecodeError as problem:
            self._scan.blame(FaultKind.NOT_UTF8, frame.payload_start + 2 + problem.start)


def _inflater(deflate: Deflate | None) -> zlib._Decompress:
    return zlib.decompressobj(-(deflate.window_bits if deflate else 15))


class _Collected:
    """A message's bytes as they come, up to a bound."""

    def __init__(self, is_text: bool, limit: int) -> None:
        self.data = bytearray()
        self.length = 0
        self.broken = False
        self.not_utf8 = -1
        self._limit = limit
        self._decoder = getincrementaldecoder("utf-8")() if is_text else None

    def add(self, part: bytes) -> None:
        """Takes in bytes."""
        if len(self.data) < self._limit:
            self.data += part[: self._limit - len(self.data)]
        self._check(part, final=False)
        self.length += len(part)

    def finish(self) -> None:
        """The message has ended."""
        self._check(b"", final=True)

    def _check(self, part: bytes, *, final: bool) -> None:
        if self._decoder is None:
            return
        pending = len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(part, final)
        except UnicodeDecodeError as problem:
            self.not_utf8 = self.length - pending + problem.start
            self._decoder = None
