"""The folders in which temporary spools were created: remembered, so that `tcptui recover` finds what was left there.

One small file for each folder: programs that start at once do not lose each other's.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.spool.files import fallback_directory, spool_directory
from tcptui.ui.user_files import read_private, state_directory, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME: Final = "spool-folders"
#: Of more folders than this, those that were used longest ago are forgotten.
MOST: Final = 32
#: Bytes; a longer path is none of ours.
_LONGEST: Final = 4096


def remember_spool_folder() -> None:
    """Remember where spools are created now, if they would not be looked for there anyway.

    Only a convenience: where it cannot be written, nothing is remembered.
    """
    folder = spool_directory().absolute()
    place = _place()
    if place is None or folder == fallback_directory():
        return
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        write_private(place / name, os.fsencode(folder))
        for old in _newest_first(place)[MOST:]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def remembered_spool_folders() -> tuple[Path, ...]:
    """Folders in which spools were created before, those used last first."""
    place = _place()
    if place is None:
        return ()
    try:
        found = [read_private(path, _LONGEST) for path in _newest_first(place)]
    except OSError:
        return ()
    folders = [Path(os.fsdecode(content)) for content in found if content]
    return tuple(folder for folder in folders if folder.is_absolute())


def _place() -> Path | None:
    directory = state_directory(os.environ)
    return None if directory is None else directory / _NAME


def _newest_first(place: Path) -> Sequence[Path]:
    return sorted(place.iterdir(), key=lambda path: path.lstat().st_mtime_ns, reverse=True) if place.is_dir() else ()
