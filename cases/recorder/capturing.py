"""How the recorder at each end writes what passes: whole and once, or as recorders do that are set up otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WHOLE_FRAMES: Final = 262_144


@dataclass(frozen=True, slots=True)
class Capturing:
    """What is written of each frame; the default is a recorder that does it right."""

    snapshot: int = WHOLE_FRAMES
    """Bytes kept of each frame (``tcpdump -s``)."""
    mirror_after: float | None = None
    """A mirror port that shows every frame twice, the copy so many seconds later; None: once."""
    set_back: tuple[int, float] | None = None
    """The recorder's clock is set back: from which frame on, by how many seconds."""
    reports_dropped: int = 0
    """Packets that the recorder says it lost; which ones is for the scenario's rules to arrange (`miss`)."""

    def clock_error_ns(self, frame: int) -> int:
        """What the recorder's clock is off by at a frame."""
        if self.set_back is None or frame < self.set_back[0]:
            return 0
        return -round(self.set_back[1] * 1e9)


RIGHT: Final = Capturing()
