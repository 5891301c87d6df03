"""Whose home directory the settings and state files are in."""

from __future__ import annotations

import contextlib
import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def home_directory(environ: Mapping[str, str]) -> Path | None:
    """The home directory of the effective user; HOME counts only if that user owns it, for sudo may keep another's."""
    named = Path(environ.get("HOME", ""))
    with contextlib.suppress(OSError):
        if named.is_absolute() and named.stat().st_uid == os.geteuid():
            return named
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        return None
