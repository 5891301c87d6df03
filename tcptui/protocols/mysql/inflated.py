"""The bytes of one direction as they were before compression: a `ByteStream` in place of the compressed one.

Behind the login each end sends its packets in frames: length, a number, length without compression (0: as they are).
Frames are opened when they are read, one at a time, and none becomes longer than it says: memory does not grow.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from tcptui.protocols.bounded_inflate import beginning_of
from tcptui.protocols.mysql.packets import Packets
from tcptui.protocols.tls.plain_records import PlainRecords
from tcptui.protocols.tls.plain_stream import PlainStream

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

HEADER: Final = 7
#: Bytes of a stretch without compression that is one record.
_PIECE: Final = 1 << 16
#: Largest window of zstd: a frame has at most 2**24 bytes.
_WINDOW: Final = 1 << 25
#: What stands for a record that is read as it is.
_PLAIN: Final = 0
_COMPRESSED: Final = 1


def inflated(
    directions: tuple[ByteStream, ByteStream], behind: tuple[int, int], *, is_zstd: bool
) -> tuple[InflatedStream, InflatedStream]:
    """Both directions without compression, which begins at the offsets ``behind``; before, they are the same."""
    one, two = (
        InflatedStream(direction, _records(direction, begin), is_zstd=is_zstd)
        for direction, begin in zip(directions, behind, strict=True)
    )
    return one, two


class InflatedStream(PlainStream):
    """The bytes of ``coded`` without compression."""

    def __init__(self, coded: ByteStream, records: PlainRecords, *, is_zstd: bool) -> None:
        self._is_zstd = is_zstd
        super().__init__(coded, records)

    def _unsealed(self, at: int, behind: int) -> bytes:
        """The bytes of record ``at`` without compression; fewer where it is damaged."""
        records = self._records
        data = self._sealed_bytes(records.body[at], records.stop[at], records.stop[behind - 1])
        return self._inflate(data, records.length[at]) if records.number[at] == _COMPRESSED else data

    def _inflate(self, data: bytes, length: int) -> bytes:
        return beginning_of(data, length, is_zstd=self._is_zstd, window=_WINDOW)

    def frame_number(self, at: int) -> int | None:
        """The number of the frame whose first byte without compression is at ``at``; None: none begins there."""
        records = self._records
        record = bisect_right(self._starts, at) - 1
        if record < 0 or self._starts[record] != at or records.body[record] != records.start[record] + HEADER:
            return None
        number = self._sealed.read(records.start[record] + 3, 1)
        return number[0] if number else None

    @property
    def secured(self) -> tuple[int, int] | None:
        """See `ByteStream`."""
        return self._sealed.secured


def _records(direction: ByteStream, begin: int) -> PlainRecords:
    """Where the frames are; what comes before ``begin`` is in records of its own, a packet each."""
    records = PlainRecords(first_record=begin)
    reader = Packets(direction)
    at = 0
    while at < begin:
        packet = reader.packet(at)
        stop = min(getattr(packet, "stop", begin), begin)
        _add(records, at, stop, at, stop - at, _PLAIN)
        at = stop
    while at < direction.length:
        head = reader.read(at, HEADER)
        if len(head) < HEADER:
            records.add_gap(at, direction.length, direction.length - at)
            break
        length, plain = int.from_bytes(head[:3], "little"), int.from_bytes(head[4:], "little")
        body, stop = at + HEADER, at + HEADER + length
        if stop > direction.length or reader.is_missing(at, stop):
            stop = min(stop, direction.length)
            records.add_gap(at, stop, plain or length)
        elif plain:
            _add(records, at, stop, body, plain, _COMPRESSED)
        elif length:
            for place in range(body, stop, _PIECE):
                _add(records, at if place == body else place, min(place + _PIECE, stop), place,
                     min(_PIECE, stop - place), _PLAIN)  # fmt: skip
        at = stop
    return records


def _add(records: PlainRecords, start: int, stop: int, body: int, length: int, number: int) -> None:
    values = {"start": start, "stop": stop, "body": body, "length": length, "number": number, "keys": 0}
    for name, value in values.items():
        getattr(records, name).append(value)
