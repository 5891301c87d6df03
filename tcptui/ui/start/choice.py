"""What can be chosen on the start screen."""

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
    """As the system spells it: not safe text."""
    as_root: bool = False
    """This user may not; leave the screen and run the sudo command that was shown."""
    filter_words: str = ""
    """BPF expression typed with `f`, which libpcap has taken."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Open the bundled case of this id."""

    id: str


@dataclass(frozen=True, slots=True)
class OpenLeftover:
    """Open this capture, which was interrupted before it was saved."""

    path: Path


@dataclass(frozen=True, slots=True)
class ChooseAgain:
    """Back to the start screen, from a capture."""


@dataclass(frozen=True, slots=True)
class BeginAgain:
    """Forget what was captured and capture on."""


StartChoice = OpenFile | OpenInterface | OpenCase | OpenLeftover
