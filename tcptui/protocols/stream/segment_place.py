"""The position of one segment in the byte streams of its connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.protocols.stream.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class SegmentPlace:
    """The bytes ``start … stop`` of one direction that one segment carries."""

    direction: ByteStream
    start: int
    stop: int
    first_copy: bool
    """It brought at least one byte that no earlier segment had carried."""


def place_of(directions: Sequence[ByteStream], row: int, frame: int) -> SegmentPlace | None:
    """The position of the segment in ``row``; None when it carries no byte of either direction."""
    for direction in directions:
        span = direction.range_of_row(row)
        if span is not None:
            return SegmentPlace(direction, *span, first_copy=frame in direction.frames_of(*span))
    return None


def lone_segment(payload: bytes, length: int, row: int, frame: int, time_ns: int) -> tuple[ByteStream, ByteStream]:
    """Both directions of a connection that consists of this segment alone.

    The segment is the client's.  ``payload``: its captured bytes; ``length``: their number on the wire.
    """
    one, none = np.ones(1, np.int64), np.empty(0, np.int64)
    segments = Segments(
        rows=np.array([row], np.int32), frame=np.array([frame], np.uint32), time_ns=one * time_ns,
        start=one * 0, stop=one * length, held=one * len(payload),
        fin=-1, acknowledged=-1, reset=False, from_start=False, first_seq=1,
    )  # fmt: skip
    silent = Segments(
        rows=none.astype(np.int32), frame=none.astype(np.uint32), time_ns=none, start=none, stop=none, held=none,
        fin=-1, acknowledged=-1, reset=False, from_start=False, first_seq=1,
    )  # fmt: skip
    return ByteStream(0, segments, lambda _row: payload), ByteStream(1, silent, lambda _row: b"")
