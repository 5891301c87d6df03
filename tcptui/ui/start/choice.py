"""The choices of the start screen, and the two ways to leave a capture for another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class OpenFile:
    """Open this capture file."""

    path: Path


@dataclass(frozen=True, slots=True)
class OpenInterface:
    """Capture on this interface."""

    name: str
    """The system's name for it, not passed through `safe_text`."""
    as_root: bool = False
    """Whether to leave the screen and run the sudo command that was shown, because this user may not capture."""
    filter_words: str = ""
    """BPF expression typed with `f`, which libpcap has compiled."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Open the bundled case with this id."""

    id: str


@dataclass(frozen=True, slots=True)
class OpenLeftover:
    """Open this capture, which was interrupted before it was saved."""

    path: Path


@dataclass(frozen=True, slots=True)
class BackToStart:
    """Go back from a capture to the start screen."""


@dataclass(frozen=True, slots=True)
class RestartCapture:
    """Discard what was captured and start the same capture again."""


StartChoice = OpenFile | OpenInterface | OpenCase | OpenLeftover
