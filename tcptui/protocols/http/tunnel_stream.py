"""HTTP that ends with a tunnel, and what is said in it: the `ParsedStream` behind a CONNECT."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from tcptui.protocols.interface import CarryingStream, Extent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.http_stream import HttpStream
    from tcptui.protocols.interface import Exchange, Unit
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.behind import BehindStream
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace


class TunnelStream(CarryingStream):
    """The `ParsedStream` of HTTP that ends with a tunnel, and of what is said in it."""

    def __init__(self, before: HttpStream, inside: tuple[BehindStream, BehindStream]) -> None:
        self.before: HttpStream = before
        self._inside = inside

    @property
    def plain(self) -> tuple[ByteStream, ByteStream]:
        """See `CarryingStream`."""
        return self._inside

    @property
    def is_all(self) -> bool:
        """See `CarryingStream`: a tunnel was asked for before."""
        return False

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        found = [one.extent for one in (self.before, self.inner) if one is not None]
        return Extent(sum(one.messages for one in found), any(one.limited for one in found))

    def _segment_inside(self, place: SegmentPlace) -> SegmentPlace | None:
        """What the segment carries of the tunnel; None where that is nothing."""
        direction = self._inside[place.direction.side]
        start, stop = max(place.start - direction.offset, 0), place.stop - direction.offset
        return replace(place, direction=direction, start=start, stop=stop) if start < stop else None

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        inside = self._segment_inside(place)
        found = [] if inside is None or self.inner is None else self.inner.units(inside)
        by = self._inside[place.direction.side].offset
        return [
            *self.before.units(place),
            *(replace(unit, start=unit.start + by, stop=unit.stop + by) for unit in found),
        ]

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        inside = self._segment_inside(place)
        return inside is not None and self.inner is not None and self.inner.was_left_out(inside)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        before = self.before.add_layers(dissection, place)
        segment = self._segment_inside(place.segment)
        if segment is None or self.inner is None:
            return before
        ahead = place.segment.stop - segment.stop + segment.start - place.segment.start
        inside = replace(place, segment=segment, payload=place.payload + ahead)
        return self.inner.add_layers(dissection, inside) or before

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        inside = self._inside
        before = (part for part in self.before.parts() if part.start < inside[part.side].offset)
        return chain(before, map(self._outside, () if self.inner is None else self.inner.parts()))

    def _outside(self, part: Part) -> Part:
        """``part`` of what is in the tunnel, with the places that its bytes have in the connection."""
        by = self._inside[part.side].offset
        return replace(part, start=part.start + by, stop=part.stop + by, blocks=_moved(part, by))

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        return chain(self.before.requests(), () if self.inner is None else self.inner.requests())


def _moved(part: Part, by: int) -> Callable[[], Iterator[tuple[int, bytes]]]:
    return lambda: ((offset + by, data) for offset, data in part.blocks())
