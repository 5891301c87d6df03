"""The windows of HTTP/2, reckoned from its frames, and when they were used up (RFC 9113, 5.2)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tcptui.analysis.stream.view import NEVER_NS
from tcptui.protocols.http2.frames import DEFAULT_WINDOW, FrameType
from tcptui.protocols.http2.history import Http2History
from tcptui.protocols.http2.messages import value_in
from tcptui.protocols.interface import HeldBack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.http2.history import Event
    from tcptui.protocols.http2.opening import Opening
    from tcptui.protocols.stream.reassembly import ByteStream

#: SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113, 6.5.2).
_INITIAL_WINDOW: Final = 4
_END_STREAM: Final = 1
#: The connection's own window.
CONNECTION: Final = 0


@dataclass(slots=True)
class Stall:
    """A window that was used up, and what followed."""

    window: int
    """The stream that it belongs to, or `CONNECTION`."""
    full: Event
    """The DATA frame that used it up."""
    update: Event | None = None
    """What opened it; its time is that at which the sender can have answered it, as seen here."""
    next: Event | None = None
    """The first DATA frame then; its time is that at which it began."""


@dataclass(slots=True)
class Windows:
    """The windows of what one side may send."""

    connection: int = DEFAULT_WINDOW
    initial: int = DEFAULT_WINDOW
    streams: dict[int, int] = field(default_factory=dict)
    largest: dict[bool, int] = field(default_factory=lambda: {True: DEFAULT_WINDOW, False: DEFAULT_WINDOW})
    """The largest window of the connection, and of a stream, so far."""
    least: int = 0
    """The least room that was left; below 0 these windows are not the true ones."""
    pending: dict[int, Stall] = field(default_factory=dict)
    over: list[Stall] = field(default_factory=list)
    first: Event | None = None
    last: Event | None = None

    def set_initial(self, value: int, event: Event) -> None:
        """The receiver set another initial window, also for the streams that are open."""
        change, self.initial = value - self.initial, value
        for stream in self.streams:
            self.streams[stream] += change
        self.largest[False] = max(self.largest[False], value) if self.first is not None else value
        for stall in self.pending.values():
            if stall.window != CONNECTION and self.streams.get(stall.window, 0) > 0:
                stall.update = stall.update or event

    def credit(self, stream: int, by: int, event: Event) -> None:
        """The receiver opened a window."""
        if stream:
            self.streams[stream] = room = self.streams.get(stream, self.initial) + by
        else:
            self.connection = room = self.connection + by
        self.largest[not stream] = max(self.largest[not stream], room)
        stall = self.pending.get(stream)
        if stall is not None and stall.update is None and room > 0:
            stall.update = event

    def data(self, event: Event, begun_ns: int) -> None:
        """A DATA frame was sent, which began at ``begun_ns``."""
        frame = event.frame
        if not frame.length:
            return
        self.first, self.last = self.first or event, event
        for window in (CONNECTION, frame.stream):
            stall = self.pending.pop(window, None)
            if stall is not None:
                stall.next = event._replace(ns=begun_ns)
                self.over.append(stall)
        self.connection -= frame.length
        self.streams[frame.stream] = room = self.streams.get(frame.stream, self.initial) - frame.length
        self.least = min(self.least, self.connection, room)
        ended = bool(frame.flags & _END_STREAM)
        if self.connection <= 0:
            self.pending[CONNECTION] = Stall(CONNECTION, event)
        elif room <= 0 and not ended:
            self.pending[frame.stream] = Stall(frame.stream, event)
        if ended:
            self.streams.pop(frame.stream, None)

    def forget(self, stream: int) -> None:
        """The stream was reset."""
        self.streams.pop(stream, None)
        self.pending.pop(stream, None)


def _has_more(history: Http2History, stall: Stall) -> bool:
    """Whether a message that ``stall`` holds up was not over: its sender has more, or has not said that it ends.

    One that announces its length says how much it has; any other broke off where the room ended.
    """
    side = stall.full.side
    for call in history.calls:
        if stall.window not in (CONNECTION, call.id):
            continue
        asks = call.asking.direction.side == side
        sending = call.asking if asks else call.answering
        # Behind a whole answer nobody wants the rest of its request.
        if sending.ended or (asks and call.answering.ended):
            continue
        if call.asking.reset is not None or call.answering.reset is not None:
            continue
        length = value_in(sending.blocks[0], b"content-length") if sending.blocks else ""
        if length.isascii() and length.isdigit():
            if int(length[:18]) > sending.length:
                return True
        elif sending and call.id == stall.full.frame.stream:
            return True
    return False


def stuck(history: Http2History, sender: Windows) -> list[Stall]:
    """The waits that lasted to the end, in order: nothing opened the window, and there was more to send."""
    if history.is_limited or history.whole_until_ns < NEVER_NS:
        return []
    waits = sorted(sender.pending.values(), key=lambda one: one.full.ns)
    return [one for one in waits if one.update is None and _has_more(history, one)]


def _until_missing(history: Http2History, side: int) -> list[Event]:
    """The frames up to the first missing byte, and the DATA of ``side`` amid which that is: it began in plain sight."""
    until_ns, direction = history.whole_until_ns, history.directions[side]
    found = [one for one in history.events if one.ns <= until_ns]
    later = (
        one for one in history.events if one.ns > until_ns and one.side == side and one.frame.kind == FrameType.DATA
    )
    amid = next(later, None)
    if amid is not None and (begun_ns := direction.first_ns(amid.frame.start)) <= until_ns:
        found.append(amid._replace(ns=begun_ns))
    return found


def reckoned(history: Http2History, side: int, lag_ns: int) -> Windows:
    """The windows of what ``side`` sends, frame by frame; what opens them counts ``lag_ns`` later.

    Only until a byte is missing: what it opened or used up nobody knows.
    """
    sender, events = Windows(), _until_missing(history, side)
    if lag_ns:
        moved = [one if one.side == side else one._replace(ns=one.ns + lag_ns) for one in events]
        events = sorted(moved, key=lambda one: one.ns)
    for event in events:
        kind, frame = event.frame.kind, event.frame
        if kind == FrameType.RST_STREAM:
            sender.forget(frame.stream)
        elif kind == FrameType.DATA and event.side == side:
            sender.data(event, history.directions[side].first_ns(frame.start))
        elif kind == FrameType.WINDOW_UPDATE and event.side != side:
            sender.credit(frame.stream, history.credit(event), event)
        elif kind == FrameType.SETTINGS and event.side != side:
            initial = history.settings(event).get(_INITIAL_WINDOW)
            if initial is not None:
                sender.set_initial(initial, event)
    return sender


class ClosedWindows:
    """When messages of a connection could not go on; its frames are read once somebody asks."""

    def __init__(self, directions: tuple[ByteStream, ByteStream], opening: Opening) -> None:
        self._directions, self._opening = directions, opening
        self._known: dict[tuple[int, int], Windows] = {}

    @cached_property
    def _said(self) -> Http2History | None:
        """None where the windows are not known."""
        if not all(self._opening.from_start):
            return None
        return Http2History(self._directions, self._opening)

    def _reckoned(self, side: int, lag_ns: int) -> Windows:
        """What was used up, and when; nothing where frames show that the windows are others."""
        found = self._known.get((side, lag_ns))
        if found is None:
            found = Windows()
            if self._said is not None and reckoned(self._said, side, 0).least >= 0:
                found = reckoned(self._said, side, lag_ns)
            self._known[side, lag_ns] = found
        return found

    @cached_property
    def _are_known(self) -> bool:
        return self._said is not None and all(reckoned(self._said, side, 0).least >= 0 for side in (0, 1))

    @cached_property
    def _opened(self) -> tuple[list[int], list[int]]:
        """When each side opened a window of the other, in order (ns)."""
        said = self._said or Http2History(self._directions, self._opening)
        client, server = ([one.ns for one in said.of_kind(FrameType.WINDOW_UPDATE, side)] for side in (0, 1))
        return client, server

    def may_have_held(self, side: int, until_ns: int, reach_ns: int) -> bool:
        """See `MessageWindows`."""
        if self._are_known:
            return False
        opened = self._opened[1 - side]
        place = bisect_right(opened, until_ns)
        return place > 0 and until_ns - opened[place - 1] <= reach_ns

    def held_back(self, exchange: str | None, side: int, lag_ns: int) -> list[HeldBack]:
        """When what ``side`` sends on a stream was held back and went on, in order; see `Exchange.held_back`."""
        windows = CONNECTION, CONNECTION if exchange is None else int(exchange)
        return self._held([one for one in self._reckoned(side, lag_ns).over if one.window in windows])

    def known_until_ns(self, side: int) -> int:
        """See `Exchange.windows_known_ns`."""
        if self._said is None or reckoned(self._said, side, 0).least < 0:
            return 0
        return self._said.whole_until_ns

    def any_held_back(self, side: int, lag_ns: int) -> list[HeldBack]:
        """Times in which ``side`` was held back on any stream, and last what waited to the end, as it were for ever."""
        sender = self._reckoned(side, lag_ns)
        to_the_end = [] if self._said is None else stuck(self._said, sender)
        return [*self._held(sender.over), *(HeldBack(one.full.ns, NEVER_NS, NEVER_NS) for one in to_the_end)]

    @staticmethod
    def _held(stalls: Sequence[Stall]) -> list[HeldBack]:
        return sorted(
            HeldBack(one.full.ns, one.update.ns, one.next.ns)
            for one in stalls
            if one.update is not None and one.next is not None
        )
