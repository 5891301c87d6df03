"""The captures opened lately, newest first, for the start screen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tcptui.ui.state_files import read_private, write_private

#: How many are kept.
KEPT: Final = 20
#: A list longer than this in bytes is not ours.
_LONGEST: Final = 256 * 1024
_FILE: Final = "recent.json"


@dataclass(frozen=True, slots=True)
class RecentFile:
    """One capture and when it was last opened."""

    path: Path
    opened: float
    """Seconds since the epoch."""


class RecentFiles:
    """The list in ``directory`` (`state_files.state_directory`); without one it remembers nothing.

    It is a convenience: a list that cannot be read is empty, one that cannot be
    written is not kept, and neither is worth a message.
    """

    def __init__(self, directory: Path | None) -> None:
        self._file = directory / _FILE if directory is not None else None

    def load(self) -> tuple[RecentFile, ...]:
        """What is remembered, newest first; files that have gone are left out."""
        if self._file is None:
            return ()
        try:
            listed = json.loads(read_private(self._file, _LONGEST) or b"[]")
        except ValueError:
            return ()
        if not isinstance(listed, list):
            return ()
        found = [recent for entry in listed[:KEPT] if (recent := _entry(entry)) is not None]
        return tuple(recent for recent in found if recent.path.is_file())

    def remember(self, path: Path, now: float) -> None:
        """Put ``path`` first; ``now`` in seconds since the epoch."""
        if self._file is None:
            return
        newest = RecentFile(path.absolute(), now)
        others = [recent for recent in self.load() if recent.path != newest.path]
        listed = [{"path": str(recent.path), "opened": recent.opened} for recent in [newest, *others][:KEPT]]
        try:
            write_private(self._file, json.dumps(listed).encode("ascii"))
        except OSError:
            return


def _entry(entry: object) -> RecentFile | None:
    """One entry of the file, if it is one: the file may have been edited."""
    if not isinstance(entry, dict):
        return None
    path, opened = entry.get("path"), entry.get("opened")
    if not isinstance(path, str) or "\0" in path or not Path(path).is_absolute():
        return None
    return RecentFile(Path(path), float(opened)) if isinstance(opened, int | float) else None
