"""The folders in which temporary spools were created: `tcptui recover` looks for what was left there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tcptui.capture.spool.files import fallback_directory, spool_directory
from tcptui.userdirs.places import state_directory
from tcptui.userdirs.state_file import StateFile

_NAME: Final = "spool-folders.json"
#: Of more folders than this, those that were used longest ago are forgotten.
MOST: Final = 32
#: Bytes; a longer file is none of ours.
_LONGEST: Final = 256 << 10


def remember_spool_folder() -> None:
    """Remember where spools are created now, if they would not be looked for there anyway."""
    folder = spool_directory().absolute()
    if folder != fallback_directory():
        _file().change(lambda listed: (folder, *(other for other in listed if other != folder))[:MOST])


def remembered_spool_folders() -> tuple[Path, ...]:
    """Folders in which spools were created before, those used last first."""
    return _file().read()


def _file() -> StateFile[tuple[Path, ...]]:
    return StateFile(
        state_directory(os.environ), _NAME, _LONGEST, empty=(), decode=_folders,
        encode=lambda folders: [str(folder) for folder in folders],
    )  # fmt: skip


def _folders(listed: object) -> tuple[Path, ...]:
    """The folders of a decoded file.  Raises ValueError where it lists anything else."""
    if not isinstance(listed, list) or not all(isinstance(entry, str) and "\0" not in entry for entry in listed):
        raise ValueError("no list of folders")
    return tuple(path for path in map(Path, listed[:MOST]) if path.is_absolute())
