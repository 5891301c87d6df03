"""A read-ahead buffer over one byte stream, and the reason where its bytes end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import NO_ROW
from tcptui.protocols.http.fault import Cut
from tcptui.protocols.stream.reassembly import Ending, GapReason

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes per read when reading sequentially: chunk sizes and pipelined heads lie close together.
SEQUENTIAL_READ: Final = 65_536
#: Bytes of the first read after a jump, as over a body: usually only a head is wanted.
FIRST_READ: Final = 4_096


class Window:
    """Reads a byte stream in blocks of at most `SEQUENTIAL_READ`, and keeps the last block."""

    def __init__(self, direction: ByteStream) -> None:
        self.direction = direction
        self._start = 0
        self._data = b""
        self._short = False
        """The block ends at a gap or at the end of the stream."""

    def read(self, offset: int, size: int, first: int = FIRST_READ) -> bytes:
        """As `ByteStream.read`, for ``size`` up to `SEQUENTIAL_READ`: stops at a gap and at the end.

        ``first``: how much is read at least after a jump.
        """
        begin = offset - self._start
        if 0 <= begin <= len(self._data) and (begin + size <= len(self._data) or self._short):
            return self._data[begin : begin + size]
        wanted = SEQUENTIAL_READ if 0 <= begin <= len(self._data) else max(size, first)
        self._start = offset
        self._data = self.direction.read(offset, wanted)
        self._short = len(self._data) < wanted
        return self._data[:size]

    @property
    def block(self) -> tuple[int, bytes]:
        """The offset of the block that was read last, and its bytes."""
        return self._start, self._data

    def cut_at(self, offset: int) -> Cut:
        """Why there is no byte at ``offset``."""
        direction = self.direction
        if offset >= direction.length:
            return Cut.CAPTURE_END if direction.ending is Ending.OPEN else Cut.CLOSED
        at = int(np.searchsorted(direction.gaps.stop, offset, side="right"))
        pending = at < len(direction.gaps) and direction.gaps[at].reason is GapReason.PENDING
        return Cut.CAPTURE_END if pending else Cut.GAP

    def missing(self, start: int, stop: int) -> tuple[int, int]:
        """Offset of the first missing byte from ``start`` to ``stop`` and the number missing; (stop, 0) without any."""
        gaps = self.direction.gaps
        low = int(np.searchsorted(gaps.stop, start, side="right"))
        high = int(np.searchsorted(gaps.start, stop, side="left"))
        if low >= high:
            return stop, 0
        begins = np.maximum(gaps.start[low:high], start)
        ends = np.minimum(gaps.stop[low:high], stop)
        return int(begins[0]), int((ends - begins).sum())

    def past_gap(self, offset: int) -> int:
        """``offset``, or the end of the gap that contains it."""
        gaps = self.direction.gaps
        at = int(np.searchsorted(gaps.stop, offset, side="right"))
        if at < len(gaps) and int(gaps.start[at]) <= offset:
            return int(gaps.stop[at])
        return offset

    def carried_by(self, offset: int) -> tuple[int, int]:
        """Frame number and time (ns) of the packet that first carried the byte at ``offset``; (0, 0) when none did."""
        row = self.direction.row_at(offset)
        if row == NO_ROW:
            return 0, 0
        segments = self.direction.segments
        at = int(np.searchsorted(segments.rows, np.int32(row)))
        return int(segments.frame[at]), int(segments.time_ns[at])
