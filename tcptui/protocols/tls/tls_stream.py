"""One connection parsed as TLS: the `ParsedStream` of TLS."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from tcptui.protocols.interface import EncryptedStream, Extent, Unit
from tcptui.protocols.keylog import KeyLog
from tcptui.protocols.tls.conversation import TlsConversation
from tcptui.protocols.tls.records import HEADER
from tcptui.protocols.tls.suites import is_clear

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace
    from tcptui.protocols.tls.decryption import Decryption


class TlsStream(EncryptedStream):
    """The `ParsedStream` of TLS."""

    def __init__(self, directions: tuple[ByteStream, ByteStream], starts: tuple[int, int], limit: int) -> None:
        self.directions = directions
        self.conversation = TlsConversation(directions, starts, limit, lambda: self.decryption)

    @cached_property
    def decryption(self) -> Decryption | None:
        """What the session's secrets open, or is in clear anyway; None where it has none at all."""
        keys, said = self.directions[0].keys, self.conversation
        if not keys and (said.suite is None or not is_clear(said.suite)):
            return None
        from tcptui.protocols.tls.decryption import decrypt  # OpenSSL: for who has keys

        return decrypt(said, keys or KeyLog())

    @cached_property
    def plain(self) -> tuple[ByteStream, ByteStream] | None:
        """See `EncryptedStream`."""
        from tcptui.protocols.tls.plain_stream import PlainStream

        if self.decryption is None or not self.decryption.is_open:
            return None
        one, two = (
            PlainStream(direction, side) for direction, side in zip(self.directions, self.decryption.sides, strict=True)
        )
        return one, two

    @cached_property
    def _units(self) -> tuple[list[Unit], list[Unit]]:
        """By side: where its records are."""
        one, two = (
            [
                Unit(record.start, record.stop, direction.delivered_frame(record.stop - 1), HEADER)
                for record in records.each
            ]
            for direction, records in zip(self.directions, self.conversation.records, strict=True)
        )
        return one, two

    @cached_property
    def _shown(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """By side: the indexes of the records that each frame completed, which may have no byte of them itself."""
        sides: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
        for shown, units in zip(sides, self._units, strict=True):
            for index, unit in enumerate(units):
                shown.setdefault(unit.frame, []).append(index)
        return sides

    def _side(self, place: SegmentPlace) -> int:
        return int(place.direction is self.directions[1])

    def touched_by(self, place: SegmentPlace) -> range:
        """Indexes of the records of which the segment carries at least one byte."""
        units = self._units[self._side(place)]
        low = max(bisect_right(units, place.start, key=lambda unit: unit.start) - 1, 0)
        if low < len(units) and units[low].stop <= place.start:
            low += 1
        high = low
        while high < len(units) and units[high].start < place.stop:
            high += 1
        return range(low, high)

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        units = self._units[self._side(place)]
        before = [] if self.before is None else self.before.units(place)
        return [*before, *(units[index] for index in self.touched_by(place))]

    @property
    def is_all(self) -> bool:
        """See `EncryptedStream`."""
        return self.before is None and not any(one.limited for one in self.conversation.records)

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        records = self.conversation.records
        found = [Extent(len(one.each), one.limited) for one in records]
        found += [one.extent for one in (self.before, self.inner) if one is not None]
        return Extent(sum(one.messages for one in found), any(one.limited for one in found))

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        side = self._side(place)
        units = self._units[side]
        if self.before is not None and place.start < self.conversation.starts[side]:
            return self.before.was_left_out(place)
        return self.conversation.records[side].limited and (not units or place.start >= units[-1].stop)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        # Imported late: a report needs no tree.
        from tcptui.protocols.tls.plain_place import add_plain
        from tcptui.protocols.tls.tree import add_tls

        side = self._side(place.segment)
        plain = self.before is not None and self.before.add_layers(dissection, place)
        add_tls(dissection, place, self.conversation, side, self._shown[side].get(dissection.view.frame, []))
        if self.inner is not None and self.plain is not None:
            add_plain(dissection, self.inner, self.plain)
        return plain or bool(self.touched_by(place.segment))

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        from tcptui.protocols.tls.parts import tls_parts
        from tcptui.protocols.tls.plain_parts import opened_parts

        parts = tls_parts(self.conversation)
        found = parts if self.decryption is None else opened_parts(parts, self)
        if self.before is None:
            return found
        turn = self.conversation.starts
        return chain((part for part in self.before.parts() if part.start < turn[part.side]), found)

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`: without keys there is none to be seen within."""
        each = (one.requests() for one in (self.before, self.inner) if one is not None)
        return chain.from_iterable(each)
