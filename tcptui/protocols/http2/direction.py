"""Reads the frames of one direction in order, and decodes its header blocks; what they mean is up to the listener."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from tcptui.protocols.http.read_window import Window
from tcptui.protocols.http2.frames import (
    HEADER,
    PAYLOAD_PARSED,
    PROMISED_SIZE,
    STREAM_MASK,
    Flag,
    Frame,
    FrameType,
    block_part,
    unpack_head,
)
from tcptui.protocols.http2.hpack import HeaderList, HpackReader
from tcptui.protocols.http2.huffman import prefetch_texts
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.http2.synchronise import find_frame

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes read at once.
READ: Final = 65_536
#: Header blocks among those from which on their texts are read together.
_MANY_BLOCKS: Final = 8
#: Most bytes of one header block, with its CONTINUATION frames; servers take 8 KiB to 1 MiB.
BLOCK_MOST: Final = 1 << 20
#: Most frames of one header block whose place is kept.
CUTS_MOST: Final = 1_000
#: How far the numbers of streams may go beyond those that this direction has named: of requests under way, or left out.
_STREAMS_BEYOND_MOST: Final = 4_096
_HEAD_FRAMES: Final = frozenset({FrameType.HEADERS, FrameType.PUSH_PROMISE, FrameType.CONTINUATION})
# As integers: an operation on an enum takes longer than all the rest of a frame.
_DATA, _HEADERS, _CONTINUATION = int(FrameType.DATA), int(FrameType.HEADERS), int(FrameType.CONTINUATION)
_END, _END_HEADERS, _PADDED = int(Flag.END_STREAM), int(Flag.END_HEADERS), int(Flag.PADDED)
_PREFIXED: Final = int(Flag.PADDED | Flag.PRIORITY)
_PUSH_PROMISE: Final = int(FrameType.PUSH_PROMISE)
_RST_STREAM: Final = int(FrameType.RST_STREAM)
#: Bytes of an error code.
_CODE: Final = 4
#: Where only the last of these is set, a HEADERS frame is a header block, with nothing before or behind it.
_NOT_ALONE: Final = _PREFIXED | _END_HEADERS


class Block:
    """A header block: HEADERS or PUSH_PROMISE, with the CONTINUATION frames behind it."""

    # Of the class, as most have them: there are two of each request.
    promised = 0
    """The stream that a PUSH_PROMISE announces."""
    is_whole = True
    """All of it was captured and could be decoded."""
    is_cut = False
    """It has more fields than are kept."""
    cuts: tuple[tuple[int, int], ...] = ()
    """Behind each of its frames but the last: the offset in the direction, and in the bytes of the header list."""

    def __init__(self, stream: int, start: int, stop: int, headers: HeaderList, *, end_stream: bool) -> None:
        self.stream = stream
        self.start = start
        """Its frames are bytes ``start … stop`` of the direction."""
        self.stop = stop
        self.headers = headers
        self.end_stream = end_stream

    def first(self, name: bytes) -> bytes | None:
        """The value of the first field of that name: empty without one, None where it is not known."""
        return self.headers.values.get(name, b"")


class Listener(Protocol):
    """What a `Direction` tells of its frames, in order; ``side`` is that of the byte stream."""

    counts_frames: bool
    """Whether it wants to be told of every frame as it begins."""

    def frame(self, side: int, frame: Frame) -> bool:
        """A frame begins; False: no more shall be read."""
        ...

    def block(self, side: int, block: Block) -> None:
        """A header block ended."""
        ...

    def data(self, side: int, stream: int, flags: int, frame: tuple[int, int], payload: tuple[int, int]) -> None:
        """A DATA frame: where it begins and ends, and where its bytes without padding do, as far as they were sent."""
        ...

    def reset(self, side: int, frame: Frame, code: int) -> None:
        """A RST_STREAM frame."""
        ...

    def lost(self, side: int) -> None:
        """Bytes are missing, and with them perhaps frames."""
        ...


@dataclass(slots=True)
class _Pending:
    """A header block whose end has not come."""

    block: Block
    data: bytearray
    cuts: list[tuple[int, int]] = field(default_factory=list)
    """Of `Block.cuts`."""


class Direction:
    """The frames of ``direction`` from offset ``start`` on."""

    def __init__(self, direction: ByteStream, start: int, listener: Listener, *, from_start: bool) -> None:
        """``from_start``: the first frame of this direction begins at ``start``, perhaps behind the preface."""
        self.direction = direction
        self.position = start
        self._listener = listener
        self._hpack = HpackReader(from_start=from_start)
        self._pending: _Pending | None = None
        self._blocks = 0
        """How many header blocks of one frame were among the bytes that were read last."""
        self._window = Window(direction)
        self._highest: int | None = 0 if from_start else None
        """The highest number of a stream so far; None unknown."""
        if from_start and direction.read(start, len(PREFACE)) == PREFACE:
            self.position += len(PREFACE)
        elif not from_start:
            self._seek(start)

    @property
    def is_over(self) -> bool:
        """Whether all was read."""
        return self.position >= self.direction.length

    @property
    def untold(self) -> int:
        """The offset from which on frames have not been told, header blocks that have not ended among them."""
        return self.position if self._pending is None else self._pending.block.start

    def now_ns(self) -> int:
        """When the next byte to be read had passed."""
        return self.direction.delivered_ns(self.position)

    def advance(self) -> None:
        """Read the frames of the next `READ` bytes."""
        base, side, listener, sent = self.position, self.direction.side, self._listener, self.direction.length
        data = self.direction.read(base, READ)
        at, size, highest, counts = 0, len(data), self._highest or 0, listener.counts_frames
        if size < HEADER:
            self._end_or_gap(base + size)
            return
        if self._blocks >= _MANY_BLOCKS:
            prefetch_texts(data)
        blocks = 0
        while at + HEADER <= size:
            high, low, kind, flags, stream = unpack_head(data, at)
            length = high << 16 | low
            behind = at + HEADER + length
            if behind > size and kind != _DATA and at:
                break  # read again, so that the buffer begins with it
            stream &= STREAM_MASK
            if stream > highest:
                self._highest = highest = stream
            if counts and not listener.frame(side, Frame(base + at, length, kind, flags, stream)):
                self.position = self.direction.length
                return
            if kind == _DATA:
                if self._pending is not None:
                    self._break()
                start, end = base + at + HEADER, base + behind
                stop = end if end <= sent else sent
                if flags & _PADDED and length:
                    padding = data[at + HEADER] if at + HEADER < size else (self.direction.read(start, 1) or b"\0")[0]
                    start += 1
                    stop = min(max(end - padding, start), sent)
                listener.data(side, stream, flags, (base + at, end), (start, stop))
            elif kind == _HEADERS and flags & _NOT_ALONE == _END_HEADERS and behind <= size and self._pending is None:
                blocks += 1
                said = self._hpack.decode(data[at + HEADER : behind])
                block = Block(stream, base + at, base + behind, said, end_stream=flags & _END != 0)
                if said.is_cut or not said.is_valid:
                    block.is_whole, block.is_cut = said.is_valid, said.is_cut
                listener.block(side, block)
            else:
                frame = Frame(base + at, length, kind, flags, stream)
                whole = data[at:behind] if behind <= size else self._payload(frame)
                self._other(frame, whole)
            at = behind
        self.position, self._blocks = base + at, blocks

    def finish(self) -> None:
        """Tell of what is left at the end."""
        self._break()

    def _end_or_gap(self, offset: int) -> None:
        behind = self._window.past_gap(offset)
        if behind <= offset:
            self.position = self.direction.length
        else:
            self._seek(behind)

    def _seek(self, begin: int) -> None:
        """Continue with the first frame behind missing bytes."""
        self._break()
        self._hpack.lose()
        self._listener.lost(self.direction.side)
        known = STREAM_MASK
        if self._highest is not None:  # what is missing can have opened so many, each with a frame
            known = self._highest + 2 * ((begin - self.position) // HEADER) + _STREAMS_BEYOND_MOST
        of_client = self._highest is not None and not self.direction.side
        found = find_frame(self.direction, begin, highest=known, of_client=of_client)
        self.position = self.direction.length if found is None else found

    def _payload(self, frame: Frame) -> bytes:
        return self.direction.read(frame.start, HEADER + min(frame.length, PAYLOAD_PARSED))

    def _other(self, frame: Frame, data: bytes) -> None:
        pending = self._pending
        if pending is not None and (frame.kind != _CONTINUATION or frame.stream != pending.block.stream):
            self._break()
        if frame.kind == _RST_STREAM and frame.stream and frame.length == len(data) - HEADER == _CODE:
            self._listener.reset(self.direction.side, frame, int.from_bytes(data[HEADER:]))
        if frame.kind not in _HEAD_FRAMES:
            return
        if frame.kind == _HEADERS and not frame.flags & _PREFIXED and len(data) == HEADER + frame.length:
            self._fragment(frame, data[HEADER:])
            return
        part = block_part(frame, data[HEADER : HEADER + 1]) if len(data) == HEADER + frame.length else None
        if part is None:
            self._unreadable(frame)
            return
        promised = 0
        if frame.kind == _PUSH_PROMISE:
            at = HEADER + part.before
            promised = int.from_bytes(data[at : at + PROMISED_SIZE]) & STREAM_MASK
            if not promised or promised & 1:  # no stream of a server's (RFC 9113, 5.1.1)
                self._unreadable(frame)
                return
        self._fragment(frame, data[HEADER + part.start : HEADER + part.stop], promised)

    def _unreadable(self, frame: Frame) -> None:
        """A frame of a header block that is cut, or breaks the rules."""
        stop = min(frame.stop, self.direction.length)
        if self._pending is None:
            block = Block(frame.stream, frame.start, stop, HeaderList(b"", []), end_stream=False)
            self._pending = _Pending(block, bytearray())
        self._pending.block.stop = stop
        self._break()

    def _fragment(self, frame: Frame, data: bytes, promised: int = 0) -> None:
        pending = self._pending
        if pending is None:
            end_stream = bool(frame.flags & _END) and frame.kind == _HEADERS
            block = Block(frame.stream, frame.start, frame.stop, HeaderList(b"", []), end_stream=end_stream)
            block.promised = promised
            pending = self._pending = _Pending(block, bytearray())
            if frame.kind == _CONTINUATION:
                self._break()  # its beginning was not captured
                return
        else:
            if len(pending.cuts) < CUTS_MOST:
                pending.cuts.append((pending.block.stop, len(pending.data)))
        pending.block.stop = frame.stop
        if len(pending.data) + len(data) > BLOCK_MOST:
            pending.block.is_cut = True
        else:
            pending.data += data
        if frame.flags & _END_HEADERS:
            self._ended(pending)

    def _ended(self, pending: _Pending) -> None:
        block, self._pending = pending.block, None
        block.cuts = tuple(pending.cuts)
        if block.is_cut:
            self._hpack.lose()
            block.is_whole = False
        else:
            block.headers = said = self._hpack.decode(bytes(pending.data))
            block.is_whole, block.is_cut = said.is_valid, said.is_cut
        self._listener.block(self.direction.side, block)

    def _break(self) -> None:
        """A header block will not be continued."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.block.headers = self._hpack.decode(bytes(pending.data))
            pending.block.cuts = tuple(pending.cuts)
            pending.block.is_whole = False
            self._hpack.lose()
            self._listener.block(self.direction.side, pending.block)
