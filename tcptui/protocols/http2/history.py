"""What happened on an HTTP/2 connection, frame by frame in the order of time: for rules, and bounded.

Times are those at which the last byte of a frame, and all before it, had passed the capture point.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from hyperframe.frame import GoAwayFrame, RstStreamFrame, SettingsFrame

from tcptui.analysis.stream.view import NEVER_NS
from tcptui.protocols.http2.frames import STREAM_MASK, Flag, FrameType, parsed_frame
from tcptui.protocols.http2.messages import final_block
from tcptui.protocols.http2.roles import readers_of, roles_of
from tcptui.protocols.http2.streams import Streams, each_stream

if TYPE_CHECKING:
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.frames import Frame
    from tcptui.protocols.http2.opening import Opening
    from tcptui.protocols.http2.streams import SentOnStream, StreamTalk
    from tcptui.protocols.stream.reassembly import ByteStream

#: Frames of one direction that are read.
FRAMES_MOST: Final = 10_000
#: Streams that are kept.
STREAMS_MOST: Final = 5_000
#: Bytes of a WINDOW_UPDATE's payload.
_CREDIT: Final = 4
#: Types of frames that no rule asks about.
_PASSED_OVER: Final = frozenset({FrameType.PRIORITY, FrameType.PING, FrameType.CONTINUATION})
#: Types of frames that concern the connection and wait for an acknowledgment.
_CONTROL: Final = frozenset({FrameType.PING, FrameType.SETTINGS})


class Event(NamedTuple):
    """A frame, and when it had passed."""

    ns: int
    side: int
    """Who sent it: 0 the client, 1 the server."""
    frame: Frame


class Call:
    """One stream that the client opened: a request, and what came back."""

    def __init__(self, asking: SentOnStream, answering: SentOnStream, number: int) -> None:
        self.id = number
        self.asking = asking
        self.answering = answering

    @property
    def head(self) -> Block | None:
        """The header block of the request; None where it was not captured."""
        return final_block(self.asking, is_response=False)

    @property
    def asked_frame(self) -> int:
        """The packet with which the request's header block had passed."""
        return self._frame(self.asking, self.asking.start)

    @property
    def asked_ns(self) -> int:
        """When the request began."""
        return self.asking.direction.first_ns(self.asking.start)

    @property
    def whole_ns(self) -> int:
        """When the request was complete, as far as it was sent."""
        return self.asking.direction.delivered_ns(self._behind_asked() - 1)

    def _behind_asked(self) -> int:
        """Offset behind the request, a RST_STREAM that takes it back apart."""
        head = self.head
        spans = self.asking.spans
        return max(head.stop if head is not None else self.asking.stop, spans[-1] if spans else 0)

    @property
    def answered_frame(self) -> int:
        """The packet with which the answer began; 0 without one."""
        return self._frame(self.answering, self.answering.blocks[0].start) if self.answering.blocks else 0

    @property
    def answered_ns(self) -> int:
        """When the answer's first header block began; 0 without one."""
        blocks = self.answering.blocks
        return self.answering.direction.first_ns(blocks[0].start) if blocks else 0

    @property
    def over_frame(self) -> int:
        """The packet with the end of the answer, or that of the RST_STREAM that ended it; 0 where it did not end."""
        said = self._last
        return 0 if said is None else said.direction.delivered_frame(max(said.stop, said.taken_back[1]) - 1)

    @property
    def over_ns(self) -> int:
        """When the stream was over; 0 where it is not known to be."""
        said = self._last
        return 0 if said is None else said.direction.delivered_ns(max(said.stop, said.taken_back[1]) - 1)

    @property
    def _last(self) -> SentOnStream | None:
        if self.asking.reset is not None:
            return self.asking
        return self.answering if self.answering.ended or self.answering.reset is not None else None

    @staticmethod
    def _frame(sent: SentOnStream, offset: int) -> int:
        return (sent.direction.frames_of(offset, offset + 1) or (0,))[0]


class _Listener(Streams):
    """`Streams` that keep the frames, up to `FRAMES_MOST` of each direction."""

    counts_frames = True

    def __init__(self, directions: tuple[ByteStream, ByteStream]) -> None:
        super().__init__(directions)
        self.frames: tuple[list[Frame], list[Frame]] = ([], [])
        self.controls = [0, 0]
        self.is_limited = False

    def frame(self, side: int, frame: Frame) -> bool:
        """See `Listener`."""
        kept = self.frames[side]
        if len(kept) >= FRAMES_MOST:
            self.is_limited = True
            return False
        kept.append(frame)
        self.controls[side] += frame.kind in _CONTROL and not frame.flags & Flag.ACK
        return True


class Http2History:
    """The frames and streams of one connection, as far as they are read."""

    def __init__(self, directions: tuple[ByteStream, ByteStream], opening: Opening) -> None:
        self.directions = directions
        self.opening = opening
        self._listener = _Listener(directions)
        self._talks: list[StreamTalk] = []
        self._credits: dict[tuple[int, int], int] = {}
        for talk in each_stream(readers_of(directions, opening, self._listener), self._listener):
            if len(self._talks) < STREAMS_MOST:
                self._talks.append(talk)
            else:
                self._listener.is_limited = True

    @property
    def controls(self) -> tuple[int, int]:
        """How many PING and SETTINGS frames client and server sent, acknowledgments apart."""
        client, server = self._listener.controls
        return client, server

    @property
    def is_limited(self) -> bool:
        """Whether more came than is read."""
        return self._listener.is_limited

    @cached_property
    def whole_until_ns(self) -> int:
        """Until when no byte of either direction is missing."""
        known = [
            direction.delivered_ns(int(direction.gaps.start[0]) - 1)
            for direction in self.directions
            if len(direction.gaps)
        ]
        return min(known, default=NEVER_NS)

    @cached_property
    def events(self) -> list[Event]:
        """The frames of both directions that rules ask about, in the order in which they passed."""
        found = [
            Event(direction.delivered_ns(min(frame.stop, direction.length) - 1), side, frame)
            for side, direction in enumerate(self.directions)
            for frame in self._listener.frames[side]
            if frame.kind not in _PASSED_OVER and frame.stop <= direction.length
        ]
        found.sort(key=lambda event: event.ns)  # stable: frames of one direction keep their order
        return found

    @cached_property
    def calls(self) -> list[Call]:
        """The requests, in the order in which they were asked; of an upgraded one only the answer is a stream."""
        found = []
        for talk in self._talks:
            asking, answering = roles_of(talk)
            if asking and asking.blocks:
                found.append(Call(asking, answering, talk.id))
        found.sort(key=lambda call: (call.asked_ns, call.id))
        return found

    def packet(self, event: Event) -> int:
        """The packet with which the frame had passed."""
        return self.directions[event.side].delivered_frame(event.frame.stop - 1)

    def first_packet(self, event: Event) -> int:
        """The packet in which the frame began."""
        start = event.frame.start
        return (self.directions[event.side].frames_of(start, start + 1) or (0,))[0]

    def settings(self, event: Event) -> dict[int, int]:
        """What a SETTINGS frame sets."""
        parsed = parsed_frame(event.frame, self.directions[event.side])
        return dict(parsed.settings) if isinstance(parsed, SettingsFrame) else {}

    def credit(self, event: Event) -> int:
        """By how much a WINDOW_UPDATE opens its window (RFC 9113, 6.9)."""
        place = event.side, event.frame.start
        credit = self._credits.get(place)
        if credit is None:
            raw = self.directions[event.side].read(event.frame.payload, _CREDIT)
            credit = int.from_bytes(raw) & STREAM_MASK if event.frame.length == len(raw) == _CREDIT else 0
            self._credits[place] = credit
        return credit

    def goaway(self, event: Event) -> tuple[int, int, bytes] | None:
        """Error code, last stream and debug data of a GOAWAY frame; None where it breaks the rules."""
        parsed = parsed_frame(event.frame, self.directions[event.side])
        if not isinstance(parsed, GoAwayFrame):
            return None
        return parsed.error_code, parsed.last_stream_id, parsed.additional_data

    def reset_code(self, event: Event) -> int:
        """The error code of a RST_STREAM frame."""
        parsed = parsed_frame(event.frame, self.directions[event.side])
        return parsed.error_code if isinstance(parsed, RstStreamFrame) else 0

    def of_kind(self, kind: FrameType, side: int | None = None) -> list[Event]:
        """The frames of that type, of one side or of both."""
        return [event for event in self.events if event.frame.kind == kind and side in (None, event.side)]
