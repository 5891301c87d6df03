"""Packets of one direction: a length of three bytes, a number, a payload; a longer payload goes on in the next packet.

A payload is not read beyond its first bytes, and jumped over: memory and time do not grow with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from struct import Struct
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.mysql.codes import EOF
from tcptui.wire.message_runs import LONG, MYSQL_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.wire.numba_compile import Kernel

HEADER: Final = 4
#: Payload bytes of a packet that says: another one follows with the rest.
FULL: Final = 0xFF_FFFF
#: Bytes of the first read behind a jump, and of the largest.
_FIRST_BLOCK: Final = 4_096
_BLOCK: Final = 1 << 18
#: Bytes behind a block that are rather read than jumped over.
_NEAR: Final = 8_192
#: Payload bytes that `Packet.head` keeps.
HEAD_BYTES: Final = 48
#: Bytes between the places that are remembered in a run of many packets: about those of a segment, for who asks for the
#: packets of each segment reads those behind the last such place, and rows may be of five bytes.
MARK_EVERY: Final = 1 << 11
_HEAD_AND_FIRST: Final = Struct("<IB")


class Fault(Enum):
    """Why there is no packet."""

    END = auto()
    """The direction ends before its header does."""
    GAP = auto()
    """Bytes of its header are missing."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet with those that continue it; offsets count from the first byte of the direction."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int
    """Where it ends, though that may not have been captured."""
    number: int
    """Its number, 0 of what begins a command; that of the first part."""
    length: int
    """Payload bytes of all parts."""
    head: bytes
    """The first bytes of its payload, as far as captured."""
    parts: int = 1

    @property
    def kind(self) -> int:
        """The first byte of the payload; -1 where there is none."""
        return self.head[0] if self.head else -1

    def body(self, most: int) -> bytes:
        """The first bytes of the payload, at most ``most``, as far as captured; of one with parts, of the first."""
        size = min(most, self.length, FULL)
        return self.head[:size] if size <= len(self.head) else self.direction.read(self.start + HEADER, size)


class Packets:
    """Reads packets of one direction at given offsets; forward reading is fast."""

    def __init__(self, direction: ByteStream, frame_number: Callable[[int], int | None] | None = None) -> None:
        """``frame_number``: that of the frame that begins at an offset, where the direction is compressed."""
        self.direction = direction
        self._frame_number = frame_number
        self._base = 0
        self._data = b""

    def packet(self, at: int) -> Packet | Fault:
        """The packet at ``at``; its payload may be missing."""
        head = self.read(at, HEADER + HEAD_BYTES)
        if len(head) < HEADER:
            return Fault.END if at + HEADER > self.direction.length else Fault.GAP
        part = length = int.from_bytes(head[:3], "little")
        stop, parts = at + HEADER + length, 1
        while part == FULL:
            more = self.read(stop, HEADER)
            if len(more) < HEADER:
                break
            part = int.from_bytes(more[:3], "little")
            length, stop, parts = length + part, stop + HEADER + part, parts + 1
        return Packet(self.direction, at, stop, head[3], length, head[HEADER : HEADER + min(length, FULL)], parts)

    def follows(self, packet: Packet, number: int) -> bool:
        """Whether ``packet`` is the one of ``number``.

        An end that compresses counts on from its frames' numbers whenever it has sent all it had: its next packet
        begins a frame, and has the number of it.
        """
        if packet.number == number:
            return True
        return self._frame_number is not None and self._frame_number(packet.start) == packet.number

    def skip_rows(self, at: int, number: int, marks: list[int]) -> tuple[int, int]:
        """Skips rows from ``at`` on, as far as their beginnings lie in the block; where it stopped, and how many.

        Stops at what may be no row, or has another number than ``number`` and those behind it.  Some of the places
        where rows begin are appended to ``marks``.
        """
        self.read(at, HEADER + 1)
        data, base = self._data, self._base
        place, last = at - base, len(data) - HEADER - 1
        mark = (marks[-1] if marks else at - MARK_EVERY) - base + MARK_EVERY
        count, wanted = 0, number
        head = _HEAD_AND_FIRST.unpack_from
        long = place + LONG
        while place <= last:
            if place >= long:
                compiled = MYSQL_ROWS.machine_code(len(data) - place)
                if compiled is not None:
                    return self._pass_rows(compiled, place, wanted, count, mark, marks)
                long = len(data)
            word, first = head(data, place)
            length = word & FULL
            if first >= EOF or word >> 24 != wanted or length == FULL or not length:
                break
            if place >= mark:
                marks.append(base + place)
                mark = place + MARK_EVERY
            place += HEADER + length
            wanted = wanted + 1 & 0xFF
            count += 1
        return base + place, count

    def _pass_rows(
        self, compiled: Kernel, place: int, wanted: int, count: int, mark: int, marks: list[int]
    ) -> tuple[int, int]:
        """What `skip_rows` says, which has come to ``place``, and passed over ``count`` rows."""
        base, data = self._base, np.frombuffer(self._data, np.uint8)
        noted = np.empty(len(data) // MARK_EVERY + 1, np.int64)
        place, passed, marked = compiled(data, place, wanted, mark, MARK_EVERY, noted)
        marks += (base + noted[:marked]).tolist()
        return base + place, count + passed

    def read(self, at: int, size: int) -> bytes:
        """The captured bytes at ``at``, at most ``size``."""
        place = at - self._base
        if place < 0 or place + size > len(self._data):
            near = 0 <= place <= len(self._data) + _NEAR
            wanted = min(max(2 * len(self._data), _FIRST_BLOCK), _BLOCK) if near else _FIRST_BLOCK
            self._base, self._data = at, self.direction.read(at, wanted)
            place = 0
        return self._data[place : place + size]

    def is_missing(self, start: int, stop: int) -> bool:
        """Whether any byte from ``start`` to ``stop`` was not captured."""
        if stop > self.direction.length:
            return True
        gaps = self.direction.gaps
        if not len(gaps):
            return False
        at = int(np.searchsorted(gaps.stop, start, side="right"))
        return at < len(gaps) and int(gaps.start[at]) < stop
