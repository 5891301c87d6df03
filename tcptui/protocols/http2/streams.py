"""The streams of one connection: what each side sent on each, however they are interleaved (RFC 9113, 5)."""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.direction import Block, Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.protocols.http2.frames import Frame
    from tcptui.protocols.stream.reassembly import ByteStream

#: Streams that may be open at a time; beyond that the oldest is taken as it is.
OPEN_MOST: Final = 10_000
#: Streams that were reset and still wait for what the other side had sent before it knew.
CLOSING_MOST: Final = 1_000
#: Streams that ended last, of which the numbers are kept: what still comes of them begins no stream.
ENDED_MOST: Final = 1_000
#: Streams that were reset before anything of them was read.
EARLY_MOST: Final = 1_000
#: Header blocks kept of one side of a stream: interim answers, the final one, trailers.
BLOCKS_MOST: Final = 16
#: DATA frames of one side of a stream of which the place is kept; each takes `_SPAN` bytes.
SPANS_MOST: Final = 1 << 20
_SPAN: Final = 32
#: Streams that end before it is asked again when the oldest of the others began.
_LOOKED_AT: Final = 500
#: Bytes that a field of a header list takes, however short HPACK writes it.
_FIELD: Final = 100
#: Bytes that header blocks and DATA frames of all streams that are open may take; beyond that the oldest stream is
#: taken as it is.
BUFFERED_MOST: Final = 1 << 28


class SentOnStream:
    """All that one side sent on one stream, as it comes."""

    start = -1
    stop = -1
    spans: Sequence[int] = ()
    """Start and stop of the bytes of each DATA frame, without padding."""
    stretches: array[int] | tuple[()] = ()
    """Start and stop of the stretches of its frames, where there are several; else empty."""
    length = 0
    """Bytes in `spans`."""
    ended = False
    """END_STREAM was seen."""
    reset: int | None = None
    """The error code of its RST_STREAM."""
    taken_back = (0, 0)
    """Start and stop of a RST_STREAM behind its end, which does not belong to what it said: nobody sent so long."""
    overflown = False
    """More frames came than are kept."""
    lost = False
    """Bytes were missing while it was open, and with them perhaps frames of it."""

    def __init__(self, direction: ByteStream, epoch: int) -> None:
        self.direction = direction
        self.epoch = epoch
        """How often bytes of this direction had been missing when it began."""
        self.blocks: list[Block] = []

    def __bool__(self) -> bool:
        """Whether anything was sent."""
        return self.start >= 0

    @property
    def frames(self) -> Sequence[int]:
        """Start and stop of the stretches of its frames."""
        return self.stretches or ((self.start, self.stop) if self else ())

    def add_span(self, start: int, stop: int) -> bool:
        """The bytes of a DATA frame; False where there are as many as are kept."""
        spans = self.spans
        if not spans:
            self.spans = start, stop
        elif not isinstance(spans, array):
            self.spans = array("q", (*spans, start, stop))
        elif len(spans) < 2 * SPANS_MOST:
            spans.append(start)
            spans.append(stop)
        else:
            return False
        return True

    def add(self, start: int, stop: int) -> None:
        """A frame, or frames that follow each other."""
        if stop > self.direction.length:
            stop = self.direction.length
        stretches = self.stretches
        if stretches:
            if stretches[-1] == start:
                stretches[-1] = stop
            elif len(stretches) < 2 * SPANS_MOST:
                stretches.append(start)
                stretches.append(stop)
            else:
                self.overflown = True
        elif self.start < 0:
            self.start = start
        elif self.stop != start:
            self.stretches = array("q", (self.start, self.stop, start, stop))
        self.stop = stop


@dataclass(slots=True)
class StreamTalk:
    """One stream: both sides of it."""

    id: int
    client: SentOnStream
    server: SentOnStream
    promise: Block | None = None
    """The PUSH_PROMISE that announced it."""
    held: int = 0
    """About how many bytes of memory its header blocks and the places of its DATA frames take."""
    later_ns: int = 0
    """No stream that comes behind it began before; 0: that is not known."""

    @property
    def sides(self) -> tuple[SentOnStream, SentOnStream]:
        """What each side of the connection sent."""
        return self.client, self.server


class Streams:
    """Collects frames into streams; a `Listener` of both directions."""

    counts_frames = False

    def __init__(self, directions: tuple[ByteStream, ByteStream]) -> None:
        self._directions = directions
        self._open: dict[int, StreamTalk] = {}
        self._closing: dict[int, StreamTalk] = {}
        self._ended: set[int] = set()
        self._ended_last: deque[int] = deque()
        """The same in their order: the first of a dict from which the first is always taken out takes long to find."""
        self._early: dict[int, tuple[int, Frame, int]] = {}
        """By stream, a RST_STREAM that was read before the other side's frames: `READ` bytes are read at once."""
        self._epochs = [0, 0]
        self._held = 0
        """What the streams that are not over have in `StreamTalk.held`."""
        self.first = 0
        """The stream of the client's first header block."""
        self.over: deque[StreamTalk] = deque()
        """Streams of which nothing more is expected, to be taken away."""

    def frame(self, side: int, frame: Frame) -> bool:  # noqa: ARG002 - see `counts_frames`
        """See `Listener`."""
        return True

    def block(self, side: int, block: Block) -> None:
        """See `Listener`."""
        if block.promised:
            promised = self._talk(block.promised)
            if promised is not None:
                promised.promise = block
                self._hold(promised, block)
            return
        if not block.stream:
            return
        if side == 0 and not self.first:
            self.first = block.stream
        talk = self._open.get(block.stream) or self._talk(block.stream)
        if talk is None:
            return
        said = talk.server if side else talk.client
        said.add(block.start, block.stop)
        if len(said.blocks) < BLOCKS_MOST:
            said.blocks.append(block)
            self._hold(talk, block)
        else:
            said.overflown = True
        if block.end_stream:
            said.ended = True
            if talk.server.ended:
                self._close(talk)

    def data(self, side: int, stream: int, flags: int, frame: tuple[int, int], payload: tuple[int, int]) -> None:
        """See `Listener`."""
        if not stream:
            return
        talk = self._open.get(stream) or self._talk(stream)
        if talk is None:
            return
        said = talk.server if side else talk.client
        start, stop = payload
        begin, end = frame
        said.add(begin, end)
        if stop > start:
            said.length += stop - start
            if said.add_span(start, stop):
                talk.held += _SPAN
                self._held += _SPAN
                if self._held > BUFFERED_MOST:
                    self._make_room()
            else:
                said.overflown = True
        if flags & 1 and end <= said.direction.length:  # END_STREAM
            said.ended = True
            if talk.server.ended:
                self._close(talk)

    def reset(self, side: int, frame: Frame, code: int) -> None:
        """See `Listener`."""
        talk = self._open.get(frame.stream) or self._closing.get(frame.stream)
        if talk is None:
            if frame.stream not in self._ended and len(self._early) < EARLY_MOST:
                self._early.setdefault(frame.stream, (side, frame, code))
            return
        said = talk.sides[side]
        if said.ended:
            said.taken_back = (frame.start, frame.stop) if said.reset is None else said.taken_back
        else:
            said.add(frame.start, frame.stop)
        if said.reset is None:
            said.reset = code
        if self._open.pop(talk.id, None) is not None:
            self._closing[talk.id] = talk
            if len(self._closing) > CLOSING_MOST:
                self._over(self._closing.pop(next(iter(self._closing))))

    def lost(self, side: int) -> None:
        """See `Listener`."""
        self._epochs[side] += 1

    def finish(self) -> None:
        """Nothing more will come."""
        for talks in (self._closing, self._open):
            self.over.extend(talks.values())
            talks.clear()

    def first_open(self, side: int, behind: int) -> int:
        """Offset of the first frame of ``side`` on a stream that is not over; ``behind`` without one."""
        starts = [
            said.start
            for talks in (self._open, self._closing)
            for talk in talks.values()
            if (said := talk.server if side else talk.client)
        ]
        starts += [frame.start for by, frame, _ in self._early.values() if by == side]
        return min(starts, default=behind)

    def settle(self, talk: StreamTalk) -> StreamTalk:
        """``talk``, with what is known only now that it is over."""
        client, server = self._epochs
        if talk.client.epoch != client:
            talk.client.lost = True
        if talk.server.epoch != server:
            talk.server.lost = True
        return talk

    def _talk(self, stream: int) -> StreamTalk | None:
        """The stream of that number, which may begin now; None where it has just ended."""
        talk = self._open.get(stream) or self._closing.get(stream)
        if talk is None and stream not in self._ended:
            (client, server), (of_client, of_server) = self._directions, self._epochs
            talk = self._open[stream] = StreamTalk(
                stream, SentOnStream(client, of_client), SentOnStream(server, of_server)
            )
            if stream in self._early:
                self.reset(*self._early.pop(stream))
            if len(self._open) > OPEN_MOST:
                self._over(self._open.pop(next(iter(self._open))))
        return talk

    def _close(self, talk: StreamTalk) -> None:
        """The server's side of ``talk`` has ended, and perhaps the client's."""
        if talk.client.ended or talk.promise is not None:
            if (self._open.pop(talk.id, None) or self._closing.pop(talk.id, None)) is not None:
                self._over(talk)
            if talk.id not in self._ended:
                self._ended.add(talk.id)
                self._ended_last.append(talk.id)
                if len(self._ended_last) > ENDED_MOST:
                    self._ended.remove(self._ended_last.popleft())

    def _hold(self, talk: StreamTalk, block: Block) -> None:
        """A header block of ``talk`` is kept until that is over."""
        size = block.stop - block.start + _FIELD * len(block.headers.entries)
        talk.held += size
        self._held += size
        if self._held > BUFFERED_MOST:
            self._make_room()

    def _make_room(self) -> None:
        """Take the oldest streams as they are."""
        while self._held > BUFFERED_MOST and (talks := self._closing or self._open):
            self._over(talks.pop(next(iter(talks))))

    def _over(self, talk: StreamTalk) -> None:
        self._held -= talk.held
        self.over.append(self.settle(talk))


def each_stream(directions: tuple[Direction, Direction], streams: Streams) -> Iterator[StreamTalk]:
    """The streams in about the order in which they ended; both directions are read in step.

    What is over is handed out, so that memory depends on the streams that are open at a time.
    """
    earliest = [one.direction.earliest_after() for one in directions]
    ended = 0
    while True:
        waiting = [one for one in directions if not one.is_over]
        if not waiting:
            break
        (waiting[0] if len(waiting) == 1 else min(waiting, key=Direction.now_ns)).advance()
        ended += len(streams.over)
        if ended >= _LOOKED_AT:
            ended = 0
            streams.over[-1].later_ns = min(
                earliest_ns(min(one.untold, streams.first_open(side, one.untold)))
                for side, (one, earliest_ns) in enumerate(zip(directions, earliest, strict=True))
            )
        while streams.over:
            yield streams.over.popleft()
    for direction in directions:
        direction.finish()
    streams.finish()
    while streams.over:
        yield streams.settle(streams.over.popleft())
