"""A connection that turns from plain commands to TLS (STARTTLS), whose keys are known: both of its parts."""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange, ParsedStream, Unit
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.segment_place import SegmentPlace
    from tcptui.protocols.tls.tls_stream import TlsStream


class TurnedStream:
    """The `ParsedStream` of both: ``before`` the turn, and ``behind`` it."""

    def __init__(self, before: ParsedStream, behind: TlsStream) -> None:
        self.before, self.behind = before, behind

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        return [*self.before.units(place), *self.behind.units(place)]

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        return self.before.was_left_out(place) or self.behind.was_left_out(place)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        found = [one.add_layers(dissection, place) for one in (self.before, self.behind)]
        return any(found)

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        turn = self.behind.conversation.starts
        before = (part for part in self.before.parts() if part.start < turn[part.side])
        return merge(before, self.behind.parts(), key=lambda part: part.time_ns)

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        yield from self.before.requests()
        yield from self.behind.requests()
