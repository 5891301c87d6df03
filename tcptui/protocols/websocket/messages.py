"""WebSocket messages: fragments joined, unmasked and inflated (RFC 6455, 5.4; RFC 7692), with limits.

wsproto's permessage-deflate is not used: it inflates without a limit, and stops at the first message that
cannot be inflated; a capture may begin mid-stream, and one unreadable message must not affect the others.
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

#: Most bytes kept of one message; `WebSocketMessage.length` has the number of all.
MAX_STORED_MESSAGE: Final = 1 << 20
#: Most bytes kept of all messages of one direction together.
MAX_STORED_BYTES: Final = 16 << 20
#: Most bytes inflated of one direction, kept or not (with RFC 7692 one byte may become a thousand).
INFLATE_LIMIT: Final = 64 << 20
#: Most payload bytes read of one direction.
READ_LIMIT: Final = 256 << 20
_CHUNK: Final = 65_536
#: Bytes that a sender removes from the end of each compressed message (RFC 7692, 7.2.1).
_TAIL: Final = b"\x00\x00\xff\xff"
_CODES: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


@dataclass(frozen=True, slots=True)
class Deflate:
    """permessage-deflate as negotiated, for one direction."""

    takeover: bool = True
    """Context takeover: the sender keeps its LZ77 window from message to message."""
    window_bits: int = 15


@dataclass(frozen=True, slots=True)
class WebSocketMessage:
    """One message, or one control frame."""

    frames: tuple[Frame, ...]
    opcode: int
    data: bytes
    """Its bytes, unmasked and inflated; at most `MAX_STORED_MESSAGE`."""
    length: int
    """Number of its bytes, unmasked and inflated, kept or not."""
    is_compressed: bool
    finished: bool
    """Its last frame and all of its bytes were captured."""
    readable: bool
    """False when it could not be inflated, or bytes are missing."""

    @property
    def start(self) -> int:
        """Offset of its first frame."""
        return self.frames[0].start

    @property
    def stop(self) -> int:
        """Offset behind its last frame."""
        return self.frames[-1].stop

    @property
    def carried(self) -> int:
        """Payload bytes as sent, before inflating."""
        return sum(frame.payload_length for frame in self.frames)

    @property
    def text(self) -> str:
        """The kept data as text."""
        return self.data.decode("utf-8", "replace")

    @property
    def close_code(self) -> int | None:
        """The status code of a Close frame; 1005 without a code (RFC 6455, 7.1.5); None for other messages."""
        if self.opcode != Opcode.CLOSE:
            return None
        return int.from_bytes(self.data[:2], "big") if len(self.data) >= 2 else 1005

    @property
    def close_reason(self) -> str:
        """The reason text of a Close frame; empty for other messages."""
        return self.data[2:].decode("utf-8", "replace") if self.opcode == Opcode.CLOSE else ""


class MessageReader:
    """Reads the messages of one direction, one after the other; adds faults to ``scan``."""

    def __init__(self, direction: Bytes, scan: FrameScan, deflate: Deflate | None) -> None:
        self._direction = direction
        self._scan = scan
        self._deflate = deflate
        self._inflater = _inflater(deflate)
        self._context_lost = False
        """An earlier message was not inflated: with context takeover, no later one can be inflated."""
        self._inflated = self._kept = self._read = 0

    def __iter__(self) -> Iterator[WebSocketMessage]:
        for frames in messages_of(self._scan.frames):
            yield self._message(frames)

    def _message(self, frames: tuple[Frame, ...]) -> WebSocketMessage:
        first = frames[0]
        compressed = self._deflate is not None and first.is_compressed and not first.is_control
        collected = _Collected(
            first.opcode == Opcode.TEXT, min(MAX_STORED_MESSAGE, max(MAX_STORED_BYTES - self._kept, 0))
        )
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
        """Offset in the byte stream of the first byte that is not UTF-8; of an uncompressed message."""
        left = collected.not_utf8
        for frame in frames:
            if left < frame.payload_length:
                return frame.payload_start + left
            left -= frame.payload_length
        return frames[-1].stop - 1

    def _frame(self, frame: Frame, collected: _Collected, compressed: bool, *, skip: bool) -> bool:
        """Add one frame's payload to ``collected``; whether all of it was captured.  ``skip``: do not inflate it."""
        at = 0
        limit = min(frame.payload_length, CONTROL_LIMIT) if frame.is_control else frame.payload_length
        while at < limit:
            if self._read >= READ_LIMIT:
                return False
            raw = self._direction.read(frame.payload_start + at, min(_CHUNK, limit - at))
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
                # A DEFLATE block with BFINAL set (RFC 7692, 7.2.3.4): what follows is a new DEFLATE stream.
                data = self._inflater.unused_data
                self._inflater = _inflater(self._deflate)
                if data in (b"", _TAIL):
                    return

    def _next_context(self, good: bool) -> bool:
        """Reset the inflater without context takeover, or note a lost context; returns ``good``."""
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
    """Collects a message's bytes up to a limit, counts them all, and checks text for UTF-8."""

    def __init__(self, is_text: bool, limit: int) -> None:
        self.data = bytearray()
        self.length = 0
        self.broken = False
        self.not_utf8 = -1
        self._limit = limit
        self._decoder = getincrementaldecoder("utf-8")() if is_text else None

    def add(self, part: bytes) -> None:
        """Add bytes."""
        if len(self.data) < self._limit:
            self.data += part[: self._limit - len(self.data)]
        self._check(part, final=False)
        self.length += len(part)

    def finish(self) -> None:
        """End the message: check that it does not end within a UTF-8 sequence."""
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
