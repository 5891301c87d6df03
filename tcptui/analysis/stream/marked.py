"""Judges segments that the decoder marked, by stream and end: what they are is told by the rest of their stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.arrays import flatnonzero32

if TYPE_CHECKING:
    from tcptui.analysis.stream.columns import SegmentBlock
    from tcptui.model.packet_store import I32


def of_each_end(block: SegmentBlock, marked: I32, of_end: Callable[[I32, bool], I32]) -> I32:
    """Indexes into ``block`` that ``of_end`` returns for the streams of the ``marked`` segments, ascending.

    ``of_end`` is called for both ends of each stream, with the indexes of all segments of the stream, ascending, and
    whether the end is B.
    """
    if not len(marked):
        return marked
    stream = block.raw("stream")
    rows = flatnonzero32(np.isin(stream, stream[marked]))
    rows = rows[np.argsort(stream[rows], kind="stable")]
    starts = flatnonzero32(np.diff(stream[rows]) != 0) + 1
    found: I32 = np.concatenate(
        [of_end(segments, from_b) for segments in np.split(rows, starts) for from_b in (False, True)]
    )
    found.sort()
    return found
