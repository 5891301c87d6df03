"""Which segments of a direction arrived with a wrong checksum: their receiver dropped them (RFC 9293, 3.1).

Sums are read of segments alone for which that matters: those of whose bytes several copies were captured, and those
that the peer has not acknowledged.  So a connection without repeats costs a few passes over its columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import flatnonzero32, indexes_of
from tcptui.wire.checksum import ChecksumState, checksum_states

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I32, I64
    from tcptui.protocols.stream.segments import Segments

    #: Store rows → TCP header and payload of each; empty where not all of it was captured.
    ReadSegments = Callable[[NDArray[np.int64]], list[bytes]]

#: Segments without an acknowledgment that are looked at: what comes behind them waits for these.
UNACKNOWLEDGED: Final = 64
#: Most segments of a direction whose sums are read, to bound the cost of hostile repetition.
SUMMED: Final = 65_536
#: Segments that are read at once.
_AT_ONCE: Final = 256
#: The nearest other segments with payload that are tried where no copy has a right sum.
_TRIED: Final = 6
#: Larger segments may have been joined by the network card (LRO), which leaves the sum of one of them.
_ORDINARY: Final = 1_460
_NONE: Final = np.zeros(0, np.int64)


def wrong_sums(view: StreamView, side: int, segments: Segments, read: ReadSegments) -> I64:
    """Which of ``segments`` of ``side`` have a wrong checksum, while others of that end have a right one.

    Where none has, or one was left to the network card (offload), a wrong sum says nothing; neither does one of what
    cannot be read any more.
    """
    try:
        return _wrong_sums(view, side, segments, read)
    except OSError:
        return _NONE


def _wrong_sums(view: StreamView, side: int, segments: Segments, read: ReadSegments) -> I64:
    chosen = _chosen(segments)
    if not len(chosen):
        return _NONE
    states = _states(view, side, segments, chosen, read)
    bad = chosen[states == ChecksumState.BAD]
    if not len(bad) or (states == ChecksumState.OFFLOADED).any():
        return _NONE
    good = chosen[states == ChecksumState.GOOD]
    if not len(good):
        near = _nearest(segments, chosen, int(bad[0]))
        others = _states(view, side, segments, near, read)
        good = near[others == ChecksumState.GOOD]
        if not len(good) or (others == ChecksumState.OFFLOADED).any():
            return _NONE
    sizes = segments.stop - segments.start
    wrong: I64 = bad[sizes[bad] <= max(_ORDINARY, int(sizes[good].max()))]
    return wrong


def repeated(start: I64, stop: I64) -> NDArray[np.bool_]:
    """Of each of the ranges ``start … stop``, in capture order: whether it has a byte that another one has."""
    several = np.zeros(len(start), np.bool_)
    if len(start) < 2:
        return several
    before = np.maximum.accumulate(stop)[:-1]
    again = indexes_of(start[1:] < before) + 1
    if not len(again):
        return several
    low, high = start[again], np.minimum(stop[again], before[again - 1])
    order = np.argsort(low, kind="stable")
    low, high = low[order], np.maximum.accumulate(high[order])
    # The last of the ranges that begin before a segment ends reaches farthest of all of them.
    at = np.searchsorted(low, stop, side="left") - 1
    several[:] = (at >= 0) & (high[np.maximum(at, 0)] > start)
    return several


def _chosen(segments: Segments) -> I64:
    wanted = repeated(segments.start, segments.stop)
    if segments.acknowledged >= 0:
        late = flatnonzero32(segments.stop > segments.acknowledged)[:UNACKNOWLEDGED]
        wanted[late] = True
    return indexes_of(wanted)[:SUMMED].astype(np.int64)


def _nearest(segments: Segments, chosen: I64, bad: int) -> I64:
    """The segments beside ``bad`` that are none of ``chosen``, the nearest ones."""
    others = np.setdiff1d(np.arange(max(bad - 256, 0), min(bad + 256, len(segments.rows))), chosen)
    return others[np.argsort(np.abs(others - bad), kind="stable")[:_TRIED]]


def _states(
    view: StreamView, side: int, segments: Segments, chosen: I64, read: ReadSegments
) -> NDArray[np.object_]:  # fmt: skip
    """The `ChecksumState` of each of ``chosen``; unknown of what was cut or put together from fragments."""
    ends = view.client.address, view.server.address
    source, destination = ends[side], ends[1 - side]
    states = np.full(len(chosen), ChecksumState.UNKNOWN, object)
    rows: I32 = segments.rows[chosen]
    plain = indexes_of(view.issues[np.searchsorted(view.rows, rows)] == 0)
    for begin in range(0, len(plain), _AT_ONCE):
        some = plain[begin : begin + _AT_ONCE]
        found = read(rows[some].astype(np.int64))
        states[some] = checksum_states(found, [source] * len(found), [destination] * len(found))
    return states
