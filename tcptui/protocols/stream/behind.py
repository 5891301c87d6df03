"""The bytes of a direction from an offset on: what another protocol says there, as on a connection of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tcptui.protocols.stream.byte_ranges import Runs
from tcptui.protocols.stream.reassembly import ByteStream, Gap, Gaps, Overlap, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_store import I64


class BehindStream(ByteStream):
    """The bytes of ``whole`` from ``offset`` on, counted from there."""

    def __init__(self, whole: ByteStream, offset: int, server_port: int = 0, *, from_start: bool = True) -> None:
        """``server_port``: that of the server which is spoken to there, 0 unknown.

        ``from_start``: it is known that what is said there begins at ``offset``.
        """
        self._whole, self.offset = whole, offset
        segments = whole.segments
        ends = (segments.fin, segments.acknowledged)
        fin, acknowledged = (max(end - offset, 0) if end >= 0 else end for end in ends)
        shifted = replace(
            segments, start=segments.start - offset, stop=segments.stop - offset, held=segments.held - offset,
            fin=fin, acknowledged=acknowledged, from_start=from_start,
        )  # fmt: skip
        super().__init__(
            whole.side, shifted, lambda _row: b"", live=whole.live, server_port=server_port, keys=whole.keys
        )
        self.is_decrypted = whole.is_decrypted
        captured = whole.captured
        first = captured.at(offset)
        begin = np.maximum(captured.start[first:] - offset, 0)
        self._data = Runs(begin, captured.stop[first:] - offset, captured.segment[first:])
        gaps = whole.gaps
        first = int(np.searchsorted(gaps.stop, offset, side="right"))
        begin = np.maximum(gaps.start[first:] - offset, 0)
        self.gaps = Gaps(begin, gaps.stop[first:] - offset, gaps.reason[first:])
        self.finished = whole.finished

    # -- bytes ---------------------------------------------------------------------------
    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[Piece | Gap]:
        """See `ByteStream`."""
        upto = None if stop is None else stop + self.offset
        for piece in self._whole.pieces(max(start, 0) + self.offset, upto):
            yield replace(piece, start=piece.start - self.offset)

    def read(self, start: int, size: int) -> bytes:
        """See `ByteStream`."""
        return self._whole.read(start + self.offset, size)

    def heard(self, peer: ByteStream) -> I64 | None:
        """See `ByteStream`; what was said before answers nothing here, whatever its sender had received by then."""
        heard = super().heard(peer)
        return None if heard is None else np.where(self.segments.stop > 0, heard, 0)

    def places_of(self, received: I64) -> I64:
        """See `ByteStream`."""
        places = self._whole.places_of(received)
        return np.where(places < 0, places, np.maximum(places - self.offset, 0))

    # -- packets -------------------------------------------------------------------------
    def delivered_with(self, offset: int) -> int:
        """See `ByteStream`."""
        return max(self._whole.delivered_with(offset + self.offset) - self.offset, 0)

    def delivered_ns(self, offset: int) -> int:
        """See `ByteStream`."""
        return self._whole.delivered_ns(offset + self.offset)

    def delivered_frame(self, offset: int) -> int:
        """See `ByteStream`."""
        return self._whole.delivered_frame(offset + self.offset)

    def deliveries(self, offsets: I64) -> tuple[I64, I64]:
        """See `ByteStream`."""
        return self._whole.deliveries(offsets + self.offset)

    # -- copies --------------------------------------------------------------------------
    def reaching_back(self, start: int, stop: int) -> dict[int, bool]:
        """See `ByteStream`."""
        return self._whole.reaching_back(start + self.offset, stop + self.offset)

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """See `ByteStream`."""
        found = (replace(one, start=one.start - self.offset) for one in self._whole.overlaps)
        return tuple(one for one in found if one.start >= 0)
