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


RIGHT: Final = Capturing()
