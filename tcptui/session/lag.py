"""How far the analysis is behind the capture, in seconds: how long its oldest waiting byte has waited."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Growth within so many seconds counts as one; doubled whenever there are too many to remember.
_SPACING: Final = 0.02
_REMEMBERED: Final = 4_096


class Lag:
    """When the spool reached which length; for one thread.

    By our own clock and not by the packets': theirs may be another host's, and may be stepped.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._grown: deque[tuple[float, int]] = deque()
        """When it grew, and to what length."""
        self._spacing = _SPACING

    def captured(self, end: int) -> None:
        """The spool is ``end`` bytes long now."""
        now = self._clock()
        if self._grown and end <= self._grown[-1][1]:
            return
        if self._grown and now - self._grown[-1][0] < self._spacing:
            now, _end = self._grown.pop()
        self._grown.append((now, end))
        if len(self._grown) > _REMEMBERED:
            # Of two neighbours the earlier time and the later length: rather too much lag than too little.
            pairs = list(self._grown)
            pairs += pairs[-1:] * (len(pairs) % 2)
            merged = zip(pairs[::2], pairs[1::2], strict=True)
            self._grown = deque((first[0], second[1]) for first, second in merged)
            self._spacing *= 2

    def behind(self, read: int) -> float:
        """Seconds that the first byte after ``read`` has been waiting; 0 when none is."""
        now = self._clock()
        while self._grown and self._grown[0][1] <= read:
            self._grown.popleft()
        if not self._grown:
            self._spacing = _SPACING
            return 0.0
        return max(0.0, now - self._grown[0][0])
