"""The frames of both directions by their place, and their header blocks: what a header tree needs of a connection."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.frames import Flag, Frame
from tcptui.protocols.http2.streams import Streams

if TYPE_CHECKING:
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.stream.reassembly import ByteStream

#: Frames of one direction that are kept for each message that may be; a message takes some KiB.
FRAMES_PER_UNIT: Final = 100
#: … and at most: of a DATA frame its place within a message is kept, too, some 70 bytes in all.
FRAMES_MOST: Final = 2_000_000


@dataclass(slots=True)
class FrameIndex:
    """The frames of one direction, in order."""

    direction: ByteStream = field(repr=False)
    start: array[int] = field(default_factory=lambda: array("q"))
    length: array[int] = field(default_factory=lambda: array("L"))
    kind: array[int] = field(default_factory=lambda: array("B"))
    flags: array[int] = field(default_factory=lambda: array("B"))
    stream: array[int] = field(default_factory=lambda: array("L"))
    blocks: dict[int, Block] = field(default_factory=dict)
    """Header blocks by the offset behind their last frame."""
    unended: dict[int, Block] = field(default_factory=dict)
    """Those of several frames, by the offset behind each of their other frames."""
    empty: dict[int, array[int]] = field(default_factory=dict)
    """By stream, where the bytes of DATA frames would be that carry none and end nothing."""
    ends: dict[int, int] = field(default_factory=dict)
    """By stream, the start of a HEADERS frame that ends it, and is not the last of its header block."""
    left_out: int | None = None
    """Where reading ended because there was too much."""

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, at: int) -> Frame:
        return Frame(self.start[at], self.length[at], self.kind[at], self.flags[at], self.stream[at])

    def append(self, frame: Frame) -> None:
        """The next frame."""
        self.start.append(frame.start)
        self.length.append(frame.length)
        self.kind.append(frame.kind)
        self.flags.append(frame.flags)
        self.stream.append(frame.stream)

    def fragments(self, message: HttpMessage) -> list[tuple[int, int]]:
        """Start and stop of what each DATA frame of ``message`` carries, also where that is nothing."""
        spans = zip(message.spans[::2], message.spans[1::2], strict=True)
        return sorted([*spans, *((at, at) for at in self.empty.get(message.number, ()))])

    def block(self, frame: Frame) -> Block | None:
        """The header block that ``frame`` has a part of."""
        return self.blocks.get(frame.stop) or self.unended.get(frame.stop)

    def within(self, start: int, stop: int) -> list[Frame]:
        """The frames that have a byte among ``start … stop``."""
        at = max(bisect_right(self.start, start) - 1, 0)
        found = [self[place] for place in range(at, bisect_left(self.start, stop))]
        return [frame for frame in found if frame.stop > start]

    def completed_by(self, packet: int) -> list[Frame]:
        """The frames that were whole with the packet of that frame number."""
        low = bisect_left(self.start, packet, key=self._whole_at)
        high = bisect_right(self.start, packet, lo=low, key=self._whole_at)
        return [self[place] for place in range(low, high)]

    def ended_by(self, message: HttpMessage) -> int:
        """The packet with which that frame was whole that says ``message`` ends."""
        start = self.ends.get(message.number)
        return message.last_frame if start is None else self._whole_at(start)

    def packet_of(self, at: int) -> int:
        """The packet with which the DATA frame that has, or would have, byte ``at`` was whole, padding included."""
        return self._whole_at(self.start[max(bisect_left(self.start, at) - 1, 0)])

    def _whole_at(self, start: int) -> int:
        at = bisect_left(self.start, start)
        return self.direction.delivered_frame(min(self[at].stop, self.direction.length) - 1)


class IndexedStreams(Streams):
    """`Streams` that also remember every frame, up to ``limit`` messages."""

    counts_frames = True

    def __init__(self, directions: tuple[ByteStream, ByteStream], limit: int) -> None:
        super().__init__(directions)
        self.indexes = (FrameIndex(directions[0]), FrameIndex(directions[1]))
        self._limit = limit
        self._frames = min(limit * FRAMES_PER_UNIT, FRAMES_MOST)

    def frame(self, side: int, frame: Frame) -> bool:
        """See `Listener`."""
        index = self.indexes[side]
        if len(index) >= self._frames or len(index.blocks) >= self._limit:
            index.left_out = frame.start
            return False
        index.append(frame)
        return True

    def data(self, side: int, stream: int, flags: int, frame: tuple[int, int], payload: tuple[int, int]) -> None:
        """See `Listener`."""
        start, stop = payload
        if stop <= start and not flags & Flag.END_STREAM:
            self.indexes[side].empty.setdefault(stream, array("q")).append(start)
        super().data(side, stream, flags, frame, payload)

    def block(self, side: int, block: Block) -> None:
        """See `Listener`."""
        index = self.indexes[side]
        index.blocks[block.stop] = block
        if block.end_stream and block.cuts:
            index.ends[block.stream] = block.start
        index.unended.update((stop, block) for stop, _ in block.cuts)
        super().block(side, block)
