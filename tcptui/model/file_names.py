"""What files are called where there is no room for their paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable


def disambiguate(paths: Iterable[str]) -> list[str]:
    """The names of files as safe text; of those that have the same, with as much of their folders as it takes."""
    known = [Path(path).parts or (path,) for path in paths]
    names = []
    for mine in known:
        length = 1
        while any(other != mine and other[-length:] == mine[-length:] for other in known):
            length += 1
        names.append(safe_text(str(Path(*mine[-length:]))))
    return names
