"""How far a stream had been read when its bytes were put together, or its messages parsed."""

from __future__ import annotations

from dataclasses import dataclass

from tcptui.access.regrowth import REGROWTH


@dataclass(frozen=True, slots=True)
class StreamState:
    """The state of a stream that its bytes depend on: an entry is fresh while this is equal."""

    packets: int
    """Rows of the stream so far (`rows_seen`)."""
    growing: bool
    """Whether the capture still grows: missing bytes may come, and incomplete messages may continue."""
    keys: int = 0
    """`KeyLog.revision`: whether secrets have come that were missing."""

    def serves(self, now: StreamState, *, whole: bool) -> bool:
        """Whether messages parsed at this state serve ``now``: with ``whole``, only if the stream has not grown."""
        if (self.growing, self.keys) != (now.growing, now.keys):
            return False
        factor = REGROWTH if now.growing and not whole else 1
        return now.packets <= factor * self.packets
