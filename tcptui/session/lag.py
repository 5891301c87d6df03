"""Measures how far analysis is behind the capture, in seconds: the age of the oldest byte not yet read."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Growth within this many seconds is stored as one entry; doubled whenever there are too many entries.
_SPACING: Final = 0.02
#: Upper bound of entries.
_REMEMBERED: Final = 4_096


class Lag:
    """Records when the spool reached which length; not thread-safe.

    Uses our own clock, not the packets' timestamps: these may be another host's, and may step.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._grown: deque[tuple[float, int]] = deque()
        """When the spool grew, and to what length; the oldest first."""
        self._spacing = _SPACING

    def captured(self, end: int) -> None:
        """Record that the spool is now ``end`` bytes long."""
        now = self._clock()
        if self._grown and end <= self._grown[-1][1]:
            return
        if self._grown and now - self._grown[-1][0] < self._spacing:
            now, _end = self._grown.pop()
        self._grown.append((now, end))
        if len(self._grown) > _REMEMBERED:
            # Merge pairs to the earlier time and the later length: rather overestimate the lag than underestimate it.
            pairs = list(self._grown)
            pairs += pairs[-1:] * (len(pairs) % 2)
            merged = zip(pairs[::2], pairs[1::2], strict=True)
            self._grown = deque((first[0], second[1]) for first, second in merged)
            self._spacing *= 2

    def behind(self, read: int) -> float:
        """How long the first byte after the first ``read`` has been waiting, in seconds; 0 when none is."""
        now = self._clock()
        while self._grown and self._grown[0][1] <= read:
            self._grown.popleft()
        if not self._grown:
            self._spacing = _SPACING
            return 0.0
        return max(0.0, now - self._grown[0][0])
