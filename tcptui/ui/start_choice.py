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


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Open the bundled case of this id."""

    id: str


StartChoice = OpenFile | OpenInterface | OpenCase
