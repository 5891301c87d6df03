"""When a capture watched: files joined from several captures have long stretches in which nobody did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Without any packet of the whole capture for longer, nobody shows that it was watched: three times the silence
#: between two keep-alives (Linux: tcp_keepalive_time, two hours).
UNWATCHED_NS: Final = 3 * 7_200 * 1_000_000_000


class WatchedSpans:
    """The times of all packets as spans: each ends where no packet follows for `UNWATCHED_NS`."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []
        """First and last time, in order and disjoint; replaced, never changed, as other threads read it."""

    def add(self, times_ns: NDArray[np.int64]) -> None:
        """Note the times of a batch, which is not empty and in any order."""
        low, high = int(times_ns.min()), int(times_ns.max())
        spans = self._spans
        if spans and spans[-1][0] <= low and high - low <= UNWATCHED_NS and low - spans[-1][1] <= UNWATCHED_NS:
            self._spans = [*spans[:-1], (spans[-1][0], max(high, spans[-1][1]))]
            return
        ordered = np.sort(times_ns)
        cuts = np.flatnonzero(ordered[1:] - ordered[:-1] > UNWATCHED_NS) + 1
        fresh = [(int(part[0]), int(part[-1])) for part in np.split(ordered, cuts)]
        joined: list[tuple[int, int]] = []
        for begin, end in sorted([*spans, *fresh]):
            if joined and begin - joined[-1][1] <= UNWATCHED_NS:
                joined[-1] = joined[-1][0], max(end, joined[-1][1])
            else:
                joined.append((begin, end))
        self._spans = joined

    def ends_after(self, times_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """The end of the span of a packet at each of ``times_ns``; that time itself where none is known."""
        begins, ends = np.array([(0, 0), *self._spans], np.int64).T
        place = begins[1:].searchsorted(times_ns, side="right")
        later: NDArray[np.int64] = np.where(place > 0, np.maximum(times_ns, ends[place]), times_ns)
        return later
