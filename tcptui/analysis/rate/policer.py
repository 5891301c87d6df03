"""Whether something on the path drops what is above a rate, without a queue: a token bucket fits what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.send_gaps import largest_segment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I64

#: Fewest lost segments, and fewest stretches between losses, that tell.
LOST_LEAST: Final = 8
#: Between losses at least this share (percent) of the stretches …
STEADY_PERCENT: Final = 80
#: … has a rate that differs by at most so much (percent) from the median.
RATE_PERCENT: Final = 10
#: Losses nearer to each other than this are one.
APART_NS: Final = 20_000_000
#: At a loss the bucket holds less than so many segments, …
EMPTY_SEGMENTS: Final = 3
#: … in this share (percent) of them, …
EMPTY_PERCENT: Final = 85
#: … and of what passed less than this share (percent) met as empty a bucket.
PASSED_PERCENT: Final = 60


def is_policed(view: StreamView, side: int, clock: I64, lost: I64, rtt_ns: int) -> bool:
    """Whether the segments ``lost`` (first copies) fit a bucket that fills at one rate and is empty at each loss.

    After Flach et al., An Internet-Wide Analysis of Traffic Policing (2016).  A bucket that was never full passes the
    same rate between any two losses; one that was full at times still is empty at each.  ``rtt_ns``: the round trip.
    """
    lost = np.unique(lost)
    if len(lost) < LOST_LEAST:
        return False
    gone = np.zeros(len(view), np.bool_)
    gone[lost] = True
    own = (view.from_server == bool(side)) & (view.length > 0)
    passed = np.cumsum(np.where(own & ~gone, view.length, 0), dtype=np.int64)
    return _at_one_rate(passed[lost], clock[lost], rtt_ns) or _meets_empty_bucket(view, side, clock, own, gone, lost)


def _at_one_rate(passed: I64, at: I64, rtt_ns: int) -> bool:
    apart = np.diff(at) > max(rtt_ns, APART_NS)
    rates = np.diff(passed)[apart] / np.diff(at)[apart]
    if len(rates) < LOST_LEAST:
        return False
    near = np.abs(rates / max(float(np.median(rates)), 1e-12) - 1) * 100 < RATE_PERCENT
    return bool(np.mean(near) * 100 >= STEADY_PERCENT)


def _meets_empty_bucket(
    view: StreamView, side: int, clock: I64, own: NDArray[np.bool_], gone: NDArray[np.bool_], lost: I64
) -> bool:
    inside = np.flatnonzero(own[lost[0] : lost[-1] + 1]) + lost[0]
    dropped = gone[inside]
    passed = np.where(dropped, 0, view.length[inside]).astype(np.int64)
    elapsed_ns = int(clock[inside[-1]] - clock[inside[0]])
    if elapsed_ns <= 0:
        return False
    tokens = passed.sum() / elapsed_ns * (clock[inside] - clock[inside[0]]) - (np.cumsum(passed) - passed)
    level = tokens - np.minimum.accumulate(np.minimum(tokens, 0))
    empty = level < EMPTY_SEGMENTS * largest_segment(view, side)
    met = np.mean(empty[dropped]) * 100 >= EMPTY_PERCENT
    return bool(met and np.mean(empty[~dropped]) * 100 < PASSED_PERCENT)
