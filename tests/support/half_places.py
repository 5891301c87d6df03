"""Many places of a direction that are looked up at once are told as each of them alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream


def each_place_is_as_many(direction: ByteStream) -> None:
    """Assert it for every byte, and some beyond the end."""
    offsets = list(range(direction.length + 3))
    frames, times = direction.firsts(np.array(offsets, np.int64))
    last_frames, last_times = direction.deliveries(np.array(offsets, np.int64))
    assert frames.tolist() == [(direction.frames_of(at, at + 1) or (0,))[0] for at in offsets]
    assert times.tolist() == [direction.first_ns(at) for at in offsets]
    assert last_frames.tolist() == [direction.delivered_frame(at) for at in offsets]
    assert last_times.tolist() == [direction.delivered_ns(at) for at in offsets]
